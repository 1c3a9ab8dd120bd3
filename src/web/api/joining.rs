//! How do two machines become one platform? What is found, what both show, and the yes or no of this side.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{self, At};
use crate::web::guard::identity::Caller;
use crate::web::ports::{JoinAsk, Secret};
use crate::web::problem::{Problem, Refusals};
use crate::web::state::Web;
use crate::web::view::{Handshake, Joining};

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(get_joining, begin_joining))
        .routes(routes!(approve_joining))
        .routes(routes!(refuse_joining))
        .routes(routes!(reset_identity))
}

/// What is found on the network, and every handshake with its code.
#[utoipa::path(get, path = "/joining", tag = "Machines", responses((status = 200, description = "Joining, as this machine sees it.", body = Joining), Refusals))]
async fn get_joining(State(web): State<Web>) -> Json<Joining> {
    Json(web.parts.ports.joins.joining())
}

/// Whom to join.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct JoinRequest {
    /// An invite: then nobody is asked on the other side.
    token: Option<String>,
    /// Address of a machine of the platform, with or without its port (7373); none = the one that was found.
    at: Option<String>,
}

/// Lets the machine that answers join another platform: with an invite at once, else both sides show a code first.
#[utoipa::path(post, path = "/joining", tag = "Machines", request_body = JoinRequest,
    responses((status = 200, description = "The handshake.", body = Handshake), Refusals))]
async fn begin_joining(
    State(web): State<Web>,
    _caller: Caller,
    ask::Json(body): ask::Json<JoinRequest>,
) -> Result<Json<Handshake>, Problem> {
    let ask = JoinAsk { token: body.token.map(Secret), at: body.at };
    Ok(Json(web.parts.ports.joins.begin(ask).await?))
}

/// Yes: both machines show the same code.
#[utoipa::path(post, path = "/joining/{id}/approve", tag = "Machines", params(("id" = String, Path, description = "Which handshake.")),
    responses((status = 200, description = "The handshake.", body = Handshake), Refusals))]
async fn approve_joining(State(web): State<Web>, caller: Caller, At(id): At<String>) -> Result<Json<Handshake>, Problem> {
    Ok(Json(web.parts.ports.joins.answer(&id, true, &caller.name).await?))
}

/// No.
#[utoipa::path(post, path = "/joining/{id}/refuse", tag = "Machines", params(("id" = String, Path, description = "Which handshake.")),
    responses((status = 200, description = "The handshake.", body = Handshake), Refusals))]
async fn refuse_joining(State(web): State<Web>, caller: Caller, At(id): At<String>) -> Result<Json<Handshake>, Problem> {
    Ok(Json(web.parts.ports.joins.answer(&id, false, &caller.name).await?))
}

/// Gives the machine that answers a new identity and a platform of its own; what it knew is exported to a file and dropped.
/// On the local socket only.
#[utoipa::path(post, path = "/identity/reset", tag = "Machines", responses((status = 204, description = "It starts anew."), Refusals))]
async fn reset_identity(State(web): State<Web>, _caller: Caller) -> Result<axum::http::StatusCode, Problem> {
    web.parts.ports.joins.reset_identity().await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}
