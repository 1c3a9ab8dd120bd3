//! Which machines are there, and how does each stand?

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::At;
use crate::model::id::NodeId;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};
use crate::web::view::{self, Node, Platform};

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(get_platform)).routes(routes!(list_nodes)).routes(routes!(get_node))
}

/// The platform at a glance.
#[utoipa::path(get, path = "/platform", tag = "Machines", responses((status = 200, description = "The platform.", body = Platform), Refusals))]
async fn get_platform(State(web): State<Web>, scene: Scene) -> Json<Platform> {
    Json(view::platform(&scene.glance(), &web.parts.platform))
}

/// Every machine.
#[utoipa::path(get, path = "/nodes", tag = "Machines", responses((status = 200, description = "The machines.", body = Vec<Node>), Refusals))]
async fn list_nodes(State(web): State<Web>, scene: Scene) -> Json<Vec<Node>> {
    Json(view::nodes(&scene.glance(), web.parts.ports.stats.vitals()))
}

/// One machine.
#[utoipa::path(get, path = "/nodes/{node}", tag = "Machines", params(("node" = NodeId, Path, description = "Which machine.")),
    responses((status = 200, description = "The machine.", body = Node), Refusals))]
async fn get_node(State(web): State<Web>, scene: Scene, At(id): At<NodeId>) -> Result<Json<Node>, Problem> {
    let nodes = view::nodes(&scene.glance(), web.parts.ports.stats.vitals());
    nodes.into_iter().find(|node| node.id == id).map(Json).ok_or_else(|| Problem::not_found("machine", id.short()))
}
