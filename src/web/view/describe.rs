//! How is an app put together for the eye? From its records, its copies, and what was measured.

use std::collections::BTreeMap;

use super::address;
use super::app::{
    App, AppSummary, ManifestView, OpenDeployment, Place, PlaceChoice, Placement, Replica, Route, Setting, SourceView,
    VersionRef, WantedView,
};
use super::app_state::state_of;
use super::deployment::{deployment, state as deployment_state};
use super::glance::{Glance, Seen};
use super::moment::Moment;
use super::settings_of::{env, secrets};
use super::source::ReferenceView;
use super::volume::volume;
use crate::decide::choice;
use crate::model::deployment::{Deployment, Progress};
use crate::model::document::{ManifestOrigin, Source, Version, Wanted};
use crate::model::id::AppId;
use crate::model::manifest::Finding;
use crate::model::observed::Stage;
use crate::model::source::Reference;
use crate::model::time::WallTime;
use crate::model::world::App as Wished;

/// How many deployments an app's page shows.
const SHOWN: usize = 10;

/// Every app people see, by id: those not destroyed, and those still being removed.
#[must_use]
pub fn summaries(glance: &Glance<'_>) -> Vec<AppSummary> {
    let seen = glance.world.apps.iter().filter(|(id, app)| is_seen(glance, id, app));
    seen.map(|(id, app)| summary(glance, id, app)).collect()
}

fn is_seen(glance: &Glance<'_>, id: &AppId, app: &Wished) -> bool {
    app.is_listed() || (app.source.is_some() && !glance.replicas(id).is_empty())
}

/// One app for a list.
#[must_use]
pub fn summary<'a>(glance: &Glance<'a>, id: &AppId, app: &'a Wished) -> AppSummary {
    let world = glance.world;
    let current = world.current(app);
    let version = current.and_then(|current| world.version_of(current));
    let state = state_of(glance, id, app);
    let newest = world.deployments_of(app).next_back();
    let in_force = glance.version_in_force(app);
    let endpoint = in_force.and_then(|version| version.manifest.app.endpoint.as_deref());
    AppSummary {
        id: id.clone(),
        name: app.source.as_ref().map_or_else(|| id.to_string(), |source| source.name.clone()),
        wanted: if app.wanted() == Wanted::On { WantedView::On } else { WantedView::Off },
        updated_at: Moment(updated_at(glance, app, newest.map(AsRef::as_ref), state.since.0, id)),
        state,
        version: version.map(|version| VersionRef { number: version.number, id: version.id.clone() }),
        address: address::best(id, app.route.port, glance.machine, glance.viewer, endpoint),
        addresses: address::all(id, app.route.port, glance.machine),
        deployment: newest.filter(|newest| matters(newest)).map(|newest| OpenDeployment {
            id: newest.id,
            state: deployment_state(&newest.progress),
            phase: newest.phase(),
            version_number: world.version_of(newest).map(|version| version.number),
        }),
        lang: in_force.map(|version| version.manifest.config.lang.word().to_owned()),
        stats: glance.stats.apps.get(id).copied(),
        one_copy: glance.one_copy.contains(id),
    }
}

const fn matters(newest: &Deployment) -> bool {
    newest.is_open() || matches!(newest.progress, Progress::Failed(_))
}

fn updated_at(glance: &Glance<'_>, app: &Wished, newest: Option<&Deployment>, since: WallTime, id: &AppId) -> WallTime {
    let wanted = app.wanted.as_ref().map(|wanted| wanted.at);
    let step = newest.and_then(|newest| newest.steps.last()).map(|step| step.ended_at.unwrap_or(step.started_at));
    let copies = glance.replicas(id).iter().map(|seen| seen.report.since).max();
    [wanted, step, copies, Some(since)].into_iter().flatten().max().unwrap_or_default()
}

/// An app with everything that belongs to it; `notes` are what reading its manifest in force found.
#[must_use]
pub fn app<'a>(glance: &Glance<'a>, id: &AppId, app: &'a Wished, notes: Vec<Finding>) -> App {
    let world = glance.world;
    let version = glance.version_in_force(app);
    let newest_first = world.deployments_of(app).rev();
    App {
        summary: summary(glance, id, app),
        source: source(glance, app),
        manifest: manifest(version),
        replicas: glance.replicas(id).iter().map(|seen| replica(glance, seen)).collect(),
        placement: placement(glance, id),
        place: place(glance, id, app, version),
        volumes: world.volumes_of(id).map(|found| volume(glance, found)).collect(),
        env: env(app, version),
        secrets: secrets(app, version),
        scale: scale(app, version),
        route: route(app, version),
        notes,
        deployments: newest_first.take(SHOWN).map(|found| deployment(glance, found)).collect(),
        usual_ms: usual(glance, app),
    }
}

fn source(glance: &Glance<'_>, app: &Wished) -> SourceView {
    let current = glance.world.current(app).and_then(|current| glance.world.version_of(current));
    let commit = current.map(|version| version.commit.to_string());
    match app.source.as_ref().map(|source| &source.source) {
        Some(Source::Git { url, reference, root }) => SourceView {
            url: Some(url.to_string()),
            upload: None,
            reference: ReferenceView::from(reference),
            root: root.clone(),
            commit,
        },
        Some(Source::Upload { digest, root }) => {
            SourceView { url: None, upload: Some(digest.clone()), reference: ReferenceView::Default, root: root.clone(), commit }
        }
        None => {
            SourceView { url: None, upload: None, reference: ReferenceView::from(&Reference::DefaultBranch), root: None, commit }
        }
    }
}

fn manifest(version: Option<&Version>) -> ManifestView {
    version.map_or_else(
        || ManifestView { text: String::new(), origin: ManifestOrigin::File },
        |version| ManifestView { text: version.text.clone(), origin: version.origin },
    )
}

fn replica(glance: &Glance<'_>, seen: &Seen<'_>) -> Replica {
    let report = seen.report;
    Replica {
        id: seen.id.clone(),
        node: seen.node.clone(),
        version_number: glance.world.versions.get(&report.version).map(|version| version.number),
        phase: stage_word(&report.stage).to_owned(),
        reason: report.why.clone(),
        address: report.address.map(|address| address.to_string()),
        container: report.container.as_ref().map(ToString::to_string),
        started_at: Moment(report.since),
        restarts: report.restarts,
        stats: glance.stats.replicas.get(seen.id).copied(),
    }
}

const fn stage_word(stage: &Stage) -> &'static str {
    match stage {
        Stage::Preparing { .. } => "preparing",
        Stage::Queued => "queued",
        Stage::Starting => "starting",
        Stage::Checking => "checking",
        Stage::Serving => "serving",
        Stage::Unhealthy => "unhealthy",
        Stage::CrashLooping(_) => "crash_looping",
        Stage::Waiting(_) => "waiting",
        Stage::Failed(_) => "failed",
        Stage::Draining => "draining",
        Stage::Stopping => "stopping",
    }
}

/// As the copies' own reports say it, so that every machine says the same.
fn placement(glance: &Glance<'_>, id: &AppId) -> Vec<Placement> {
    let ordered = glance.replicas(id).iter().filter(|seen| !seen.report.placed.is_empty());
    let placed = |seen: &Seen<'_>| Placement {
        node: seen.node.clone(),
        node_name: glance.node_name(seen.node),
        why: seen.report.placed.clone(),
    };
    ordered.map(placed).collect()
}

fn place(glance: &Glance<'_>, id: &AppId, app: &Wished, version: Option<&Version>) -> Place {
    let mut choices: Vec<PlaceChoice> = choice::choices(glance.world, id, version.map(|version| &version.manifest))
        .into_iter()
        .map(|choice| {
            let node_name = glance.node_name(choice.node);
            PlaceChoice { node: choice.node.clone(), node_name, fits: choice.fits, why: choice.why }
        })
        .collect();
    choices.sort_by(|a, b| a.node_name.cmp(&b.node_name));
    Place { node: app.place.node.clone(), choices }
}

fn scale(app: &Wished, version: Option<&Version>) -> Setting<u32> {
    let file = version.map(|version| version.manifest.scale.replicas);
    Setting { value: app.scale.replicas.or(file).unwrap_or(1), set_here: app.scale.replicas.is_some(), file }
}

fn route(app: &Wished, version: Option<&Version>) -> Route {
    let says = version.map(|version| &version.manifest.route);
    let hosts = says.map(|route| route.hosts.clone());
    Route {
        publish: Setting { value: app.route.port, set_here: app.route.publish.is_some(), file: says.map(|route| route.publish) },
        hosts: Setting {
            value: app.route.hosts.clone().or_else(|| hosts.clone()).unwrap_or_default(),
            set_here: app.route.hosts.is_some(),
            file: hosts,
        },
    }
}

/// The median of each phase over the last ten deployments that went well.
fn usual(glance: &Glance<'_>, app: &Wished) -> BTreeMap<String, u64> {
    let mut spans: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for deployment in glance.world.deployments_of(app).rev().filter(|deployment| deployment.is_done()).take(SHOWN) {
        for step in &deployment.steps {
            let Some(ended) = step.ended_at else { continue };
            let word = serde_json::to_value(step.phase).ok().and_then(|value| value.as_str().map(str::to_owned));
            spans.entry(word.unwrap_or_default()).or_default().push(ended.millis_since(step.started_at));
        }
    }
    spans
        .into_iter()
        .filter_map(|(phase, mut spans)| {
            spans.sort_unstable();
            spans.get(spans.len() / 2).map(|median| (phase, *median))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::deployment::Phase;
    use crate::model::world::World;
    use crate::web::view::sample::{self, fail, running, version, want};
    use crate::web::view::{AppStateKind, MachineFacts, StatsNow, Viewer};

    fn with<T>(world: &World, look: impl FnOnce(&Glance<'_>, &AppId, &Wished) -> T) -> T {
        let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        let id: AppId = "web".parse().unwrap();
        look(&Glance::new(world, &machine, &stats, &viewer), &id, &world.apps[&id])
    }

    fn summary_of(world: &World) -> AppSummary {
        let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        summaries(&Glance::new(world, &machine, &stats, &viewer)).remove(0)
    }

    #[test]
    fn a_list_names_version_and_language_and_points_at_nothing_while_all_is_well() {
        let summary = summary_of(&running().0);
        assert_eq!((summary.version.unwrap().number, summary.lang.as_deref()), (1, Some("node")));
        assert_eq!((summary.deployment, summary.address.as_deref()), (None, Some("http://web.localhost")));
    }

    #[test]
    fn a_list_points_at_the_deployment_that_failed_last() {
        let (mut world, _) = running();
        let v2 = version(&mut world, "web", 2);
        let second = sample::deployment(&mut world, "web", "2", Some(v2), Phase::Building, "");
        fail(&mut world, second);
        let summary = summary_of(&world);
        assert_eq!(summary.deployment.unwrap().version_number, Some(2));
        assert_eq!((summary.version.unwrap().number, summary.state.kind), (1, AppStateKind::Running));
    }

    #[test]
    fn a_destroyed_app_is_listed_while_copies_are_left_and_an_app_of_secrets_never() {
        let (mut world, _) = running();
        want(&mut world, "web", crate::model::document::Wanted::Destroyed);
        assert_eq!(summary_of(&world).state.kind, AppStateKind::Destroying);
        sample::inventory(&mut world).replicas.clear();
        let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        assert_eq!(summaries(&Glance::new(&world, &machine, &stats, &viewer)), []);
        sample::app(&mut world, "web").source = None;
        assert_eq!(summaries(&Glance::new(&world, &machine, &stats, &viewer)), []);
    }

    #[test]
    fn what_a_person_set_stands_beside_what_the_file_says() {
        let (mut world, _) = running();
        sample::app(&mut world, "web").scale.replicas = Some(3);
        sample::app(&mut world, "web").route.port = Some(7211);
        let app = with(&world, |glance, id, wished| app(glance, id, wished, vec![]));
        assert_eq!(app.scale, Setting { value: 3, set_here: true, file: Some(1) });
        assert_eq!(app.route.publish, Setting { value: Some(7211), set_here: false, file: Some(None) });
        assert_eq!((app.replicas.len(), app.replicas[0].phase.as_str()), (1, "serving"));
        assert_eq!(app.usual_ms["starting"], 900);
    }

    #[test]
    fn a_thousand_apps_are_all_listed() {
        let (mut world, first) = running();
        for n in 0..999 {
            let id = format!("app-{n}");
            want(&mut world, &id, crate::model::document::Wanted::On);
            sample::app(&mut world, &id).deployments = vec![first];
        }
        let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        assert_eq!(summaries(&Glance::new(&world, &machine, &stats, &viewer)).len(), 1000);
    }
}
