//! Who did what?

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::Asking;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::Web;
use crate::web::view::AuditEntry;

/// Entries where no number is given, and at most.
const USUAL: usize = 100;
const MOST: usize = 1000;

/// Its route.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list_audit))
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// At most so many; 100 where it is not given.
    limit: Option<usize>,
    /// Only entries older than the one with this id.
    before: Option<String>,
}

/// The log of changes, newest first.
#[utoipa::path(get, path = "/audit", tag = "Platform", params(AuditQuery),
    responses((status = 200, description = "Newest first.", body = Vec<AuditEntry>), Refusals))]
async fn list_audit(State(web): State<Web>, Asking(ask): Asking<AuditQuery>) -> Result<Json<Vec<AuditEntry>>, Problem> {
    Ok(Json(web.parts.ports.audit.page(ask.limit.unwrap_or(USUAL).min(MOST), ask.before).await?))
}
