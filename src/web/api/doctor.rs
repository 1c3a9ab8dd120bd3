//! Is all well with what Kraken needs?

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::problem::Refusals;
use crate::web::state::Web;
use crate::web::view::Check;

/// Its route.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(examine))
}

/// Looks at everything Kraken needs.
#[utoipa::path(get, path = "/doctor", tag = "Machines", responses((status = 200, description = "What was found.", body = Vec<Check>), Refusals))]
async fn examine(State(web): State<Web>) -> Json<Vec<Check>> {
    Json(web.parts.ports.doctor.check().await)
}
