//! Is the agent there at all?

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::problem::Refusals;
use crate::web::state::Web;

/// Its route.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(get_health))
}

/// It is there.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Health {
    /// True.
    ok: bool,
}

/// Whether the agent answers; for watchdogs.
#[utoipa::path(get, path = "/healthz", tag = "Platform", security(()), responses((status = 200, description = "It does.", body = Health), Refusals))]
async fn get_health() -> Json<Health> {
    Json(Health { ok: true })
}
