//! How does a page open its stream?

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::response::sse::{KeepAlive, Sse};
use futures_util::StreamExt;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::Asking;
use crate::model::id::{AppId, DeploymentId};
use crate::web::events::{self, Wanted};
use crate::web::guard::identity::Caller;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};

/// A comment this often keeps proxies from closing a silent stream.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Its route.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(listen))
}

/// What to hear.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// Only changes of this app.
    app: Option<AppId>,
    /// Only changes of this deployment.
    deployment: Option<DeploymentId>,
    /// Lines of this app as they are written.
    logs: Option<AppId>,
    /// Lines of this deployment's build as they are written.
    build: Option<DeploymentId>,
    /// `1`: vitals every 2 s.
    vitals: Option<String>,
    /// Begin after this: a log's cursor, or the number of the first line of a build.
    after: Option<String>,
}

/// Everything that happens, as server-sent events: `hello`, `apps`, `app`, `gone`, `deployment`, `build`, `log`, `vitals`, `audit`,
/// `skipped`. Lines go on after `Last-Event-ID`.
#[utoipa::path(get, path = "/events", tag = "Platform", params(EventsQuery),
    responses((status = 200, description = "An endless stream.", body = String, content_type = "text/event-stream"), Refusals))]
async fn listen(
    State(web): State<Web>,
    scene: Scene,
    caller: Caller,
    Asking(query): Asking<EventsQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let place = web.streams.enter(caller.stream_key()).ok_or_else(|| {
        let refused = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-streams", "Too many pages are open.");
        refused.next("Close some of them.").retry_after(10)
    })?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let wanted = wanted(query, last);
    let stream = events::open(&web, caller, scene.viewer, wanted, place).map(Ok::<_, Infallible>);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

/// Where lines begin: after what the page heard last, else where it asks, else at the build's first line and the log's end.
fn wanted(query: EventsQuery, last: Option<&str>) -> Wanted {
    let heard = |kind: &str| last.and_then(|id| id.strip_prefix(kind)?.strip_prefix(':'));
    let EventsQuery { app, deployment, logs, build, vitals, after } = query;
    let resumed = heard("build").and_then(|n| n.parse::<u64>().ok()).map(|n| n.saturating_add(1));
    let from = resumed.or_else(|| after.as_deref().and_then(|n| n.parse().ok())).unwrap_or(0);
    Wanted {
        logs: logs.map(|logs| (logs, heard("log").map(str::to_owned).or_else(|| after.clone()))),
        build: build.map(|build| (build, from)),
        app,
        deployment,
        vitals: vitals.as_deref() == Some("1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_on_after_what_was_heard_last() {
        let build: DeploymentId = "00000000-0000-5000-8000-000000000000".parse().unwrap();
        let ask =
            |after: Option<&str>| EventsQuery { build: Some(build), after: after.map(str::to_owned), ..EventsQuery::default() };
        assert_eq!(wanted(ask(None), Some("build:41")).build, Some((build, 42)));
        assert_eq!(wanted(ask(Some("7")), None).build, Some((build, 7)));
        assert_eq!(wanted(ask(None), Some("log:x")).build, Some((build, 0)));
        let logs = EventsQuery { logs: Some("web".parse().unwrap()), ..EventsQuery::default() };
        assert_eq!(wanted(logs, Some("log:1.2.3")).logs.unwrap().1.as_deref(), Some("1.2.3"));
    }
}
