//! What was changed on two sides at once, and which change shall count?

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{self, Key};
use super::wish::{self, Wished};
use crate::model::command::Command;
use crate::model::record::{ObjectKey, RevisionId};
use crate::web::guard::identity::Caller;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};
use crate::web::view::{self, AcceptedView, ConflictView};

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list_conflicts)).routes(routes!(settle_conflict))
}

/// What was changed on two sides while they did not hear each other. The newer change is in force until somebody settles it.
#[utoipa::path(get, path = "/conflicts", tag = "Conflicts",
    responses((status = 200, description = "By object.", body = Vec<ConflictView>), Refusals))]
async fn list_conflicts(scene: Scene) -> Json<Vec<ConflictView>> {
    Json(view::conflicts(&scene.glance()))
}

/// Which change shall count.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettleRequest {
    /// The conflict's object.
    object: String,
    /// The record of the change, as the conflict names it: another one to restore it, the one in force to keep it.
    revision: String,
}

/// Puts one of the changes in force and ends the conflict; the others stay in history.
#[utoipa::path(post, path = "/conflicts/settle", tag = "Conflicts", request_body = SettleRequest,
    responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn settle_conflict(
    State(web): State<Web>,
    caller: Caller,
    Key(key): Key,
    ask::Json(body): ask::Json<SettleRequest>,
) -> Result<Wished, Problem> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-conflict", format!("{error}.")).next("Look at the list of conflicts.")
    };
    let object = body.object.parse::<ObjectKey>().map_err(|error| unreadable(&error))?;
    let revision = body.revision.parse::<RevisionId>().map_err(|error| unreadable(&error))?;
    wish::wish(&web, &caller, &key, Command::Settle { object, revision }).await
}
