//! How is a change asked for? Through the desk; the answer waits until the wish is recorded.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::model::command::{Accepted, Command};
use crate::model::id::AppId;
use crate::model::record::Draft;
use crate::model::world::App;
use crate::web::guard::identity::Caller;
use crate::web::problem::{Meant, Problem, Told};
use crate::web::state::{Scene, Web};
use crate::web::view::AcceptedView;

/// A wish was recorded.
pub struct Wished(pub AcceptedView);

impl IntoResponse for Wished {
    fn into_response(self) -> Response {
        let app = self.0.app.as_ref().map(|app| format!("{app}: ")).unwrap_or_default();
        let told = Told(format!("{app}{}", self.0.message));
        let meant = self.0.app.clone().map(Meant);
        let mut response = (StatusCode::ACCEPTED, Json(self.0)).into_response();
        response.extensions_mut().insert(told);
        if let Some(meant) = meant {
            response.extensions_mut().insert(meant);
        }
        response
    }
}

impl From<Accepted> for Wished {
    fn from(accepted: Accepted) -> Self {
        let Accepted { app, deployment, copies, queued, says } = accepted;
        Self(AcceptedView { app, deployment, copies, queued: queued.map(|queued| queued.to_string()), message: says })
    }
}

/// Asks for `command` on behalf of `caller`; the same `key` twice is the same wish.
pub async fn wish(web: &Web, caller: &Caller, key: &str, command: Command) -> Result<Wished, Problem> {
    Ok(web.parts.desk.ask(&caller.name, key, command).await?.into())
}

/// Writes settings.
pub async fn put(web: &Web, by: &str, drafts: Vec<Draft>) -> Result<(), Problem> {
    let key = uuid::Uuid::new_v4().to_string();
    web.parts.desk.ask(by, &key, Command::Put { drafts }).await?;
    Ok(())
}

/// The app called `id`, as people see it.
pub fn app<'a>(scene: &'a Scene, id: &AppId) -> Result<&'a App, Problem> {
    let known = scene.world.apps.get(id).map(AsRef::as_ref).filter(|app| app.source.is_some());
    known.ok_or_else(|| missing(scene, id))
}

/// There is no such app; the nearest name is offered.
pub fn missing(scene: &Scene, id: &AppId) -> Problem {
    let near = scene.world.apps.iter().filter(|(_, app)| app.is_listed()).map(|(id, _)| id.as_str());
    let nearest = near.map(|name| (strsim::damerau_levenshtein(name, id.as_str()), name)).min().filter(|(far, _)| *far <= 3);
    let problem = Problem::not_found("app", id);
    match nearest {
        Some((_, name)) => problem.next(format!("Did you mean \"{name}\"?")),
        None => problem.next("Look at the list of apps."),
    }
}
