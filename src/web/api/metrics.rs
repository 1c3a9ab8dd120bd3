//! What does a Prometheus want to know? The text format 0.0.4, from the same snapshot as the API.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::problem::Refusals;
use crate::web::state::{Scene, Web};
use crate::web::view::{self, AppStateKind, Vitals};

/// Its route.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(get_metrics))
}

/// Measurements for Prometheus; needs a token with the scope read.
#[utoipa::path(get, path = "/metrics", tag = "Platform",
    responses((status = 200, description = "Prometheus text.", body = String, content_type = "text/plain"), Refusals))]
async fn get_metrics(State(web): State<Web>, scene: Scene) -> impl IntoResponse {
    let vitals = web.parts.ports.stats.vitals();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render(&scene, vitals.as_ref()))
}

fn render(scene: &Scene, vitals: Option<&Vitals>) -> String {
    let mut text = String::new();
    let apps = view::summaries(&scene.glance());
    let up = |kind| matches!(kind, AppStateKind::Running | AppStateKind::Degraded | AppStateKind::Updating);
    family(
        &mut text,
        "kraken_app_up",
        "Whether the app serves.",
        apps.iter().map(|app| (label("app", app.id.as_str()), f64::from(u8::from(up(app.state.kind))))),
    );
    let used = || apps.iter().filter_map(|app| Some((label("app", app.id.as_str()), app.stats?)));
    family(&mut text, "kraken_app_cpu_percent", "Percent of one core.", used().map(|(app, stats)| (app, stats.cpu_percent)));
    family(&mut text, "kraken_app_memory_bytes", "Bytes in use.", used().map(|(app, stats)| (app, float(stats.memory_bytes))));
    let mut ended: BTreeMap<&str, u32> = BTreeMap::new();
    for deployment in scene.world.deployments.values() {
        *ended.entry(word(&deployment.progress)).or_default() += 1;
    }
    family(
        &mut text,
        "kraken_deployments",
        "Deployments known, by state.",
        ended.iter().map(|(state, n)| (label("state", state), f64::from(*n))),
    );
    let leads = f64::from(u8::from(scene.world.leads()));
    family(&mut text, "kraken_leads", "Whether this machine leads.", [(String::new(), leads)]);
    if let Some(vitals) = vitals {
        let plain = |value: f64| [(String::new(), value)];
        family(&mut text, "kraken_node_cpu_percent", "Percent of all cores.", plain(vitals.cpu_percent));
        family(&mut text, "kraken_node_memory_used_bytes", "Bytes in use.", plain(float(vitals.memory_used)));
        family(&mut text, "kraken_node_memory_bytes", "Bytes there are.", plain(float(vitals.memory_total)));
        family(&mut text, "kraken_node_disk_used_bytes", "Bytes in use.", plain(float(vitals.disk_used)));
        family(&mut text, "kraken_node_disk_bytes", "Bytes there are.", plain(float(vitals.disk_total)));
    }
    text
}

const fn word(progress: &crate::model::deployment::Progress) -> &'static str {
    use crate::model::deployment::Progress;
    match progress {
        Progress::UnderWay => "under_way",
        Progress::Waiting(_) => "waiting",
        Progress::Done { .. } => "done",
        Progress::Failed(_) => "failed",
        Progress::Aborted { .. } => "aborted",
    }
}

fn family(text: &mut String, name: &str, help: &str, samples: impl IntoIterator<Item = (String, f64)>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in samples {
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}

/// Ids and words only: nothing in them needs escaping.
fn label(name: &str, value: &str) -> String {
    format!("{{{name}=\"{value}\"}}")
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has only floats")]
const fn float(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::web::view::sample;

    #[test]
    fn an_app_that_serves_is_up() {
        let (world, _) = sample::running();
        let scene = Scene { world, machine: Arc::default(), stats: Arc::default(), viewer: view::Viewer::Here };
        let text = render(&scene, None);
        assert!(text.contains("# TYPE kraken_app_up gauge\nkraken_app_up{app=\"web\"} 1\n"), "{text}");
        assert!(text.contains("kraken_deployments{state=\"done\"} 1\n"));
    }
}
