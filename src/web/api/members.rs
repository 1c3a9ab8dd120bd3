//! What can be done to a machine? Its settings, who leads, and removing it for good.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{self, At, Key};
use super::wish::{self, Wished};
use crate::model::command::Command;
use crate::model::document::Member;
use crate::model::id::NodeId;
use crate::web::guard::identity::Caller;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};
use crate::web::view::{self, AcceptedView, NodeRemoval, NodeSettings};

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(get_node_settings, set_node_settings))
        .routes(routes!(lead))
        .routes(routes!(lead_anyway))
        .routes(routes!(get_node_removal))
        .routes(routes!(remove_node))
}

fn member<'a>(scene: &'a Scene, id: &NodeId) -> Result<&'a Member, Problem> {
    let known = scene.world.members.get(id);
    known.ok_or_else(|| Problem::not_found("machine", id.short()).next("Look at the list of machines."))
}

/// What people set about a machine.
#[utoipa::path(get, path = "/nodes/{node}/settings", tag = "Machines", params(("node" = NodeId, Path, description = "Which machine.")),
    responses((status = 200, description = "The settings.", body = NodeSettings), Refusals))]
async fn get_node_settings(scene: Scene, At(id): At<NodeId>) -> Result<Json<NodeSettings>, Problem> {
    member(&scene, &id)?;
    Ok(Json(scene.world.node_wishes.get(&id).cloned().unwrap_or_default().into()))
}

/// Sets all of a machine's settings; what is left out goes back to what its own config says.
#[utoipa::path(put, path = "/nodes/{node}/settings", tag = "Machines", params(("node" = NodeId, Path, description = "Which machine.")),
    request_body = NodeSettings, responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn set_node_settings(
    State(web): State<Web>,
    caller: Caller,
    Key(key): Key,
    At(node): At<NodeId>,
    ask::Json(body): ask::Json<NodeSettings>,
) -> Result<Wished, Problem> {
    wish::wish(&web, &caller, &key, Command::SetNode { node, wish: body.into() }).await
}

/// Makes a machine the leader, as soon as it holds everything the present one does.
#[utoipa::path(post, path = "/nodes/{node}/lead", tag = "Machines", params(("node" = NodeId, Path, description = "Which machine.")),
    responses((status = 202, description = "The wish is taken.", body = AcceptedView), Refusals))]
async fn lead(State(web): State<Web>, caller: Caller, Key(key): Key, At(node): At<NodeId>) -> Result<Wished, Problem> {
    wish::wish(&web, &caller, &key, Command::MakeLeader { node }).await
}

/// Lets the machine that answers lead although it hears nobody, not even the router.
#[utoipa::path(post, path = "/platform/lead-anyway", tag = "Machines",
    responses((status = 202, description = "It takes the lead of those it can reach.", body = AcceptedView), Refusals))]
async fn lead_anyway(State(web): State<Web>, caller: Caller, Key(key): Key) -> Result<Wished, Problem> {
    wish::wish(&web, &caller, &key, Command::LeadAnyway).await
}

/// What removing a machine does; to be shown before anybody says yes.
#[utoipa::path(get, path = "/nodes/{node}/removal", tag = "Machines", params(("node" = NodeId, Path, description = "Which machine.")),
    responses((status = 200, description = "What goes and what stays.", body = NodeRemoval), Refusals))]
async fn get_node_removal(scene: Scene, At(id): At<NodeId>) -> Result<Json<NodeRemoval>, Problem> {
    member(&scene, &id)?;
    Ok(Json(view::node_removal(&scene.glance(), &id)))
}

/// Whether it is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RemoveNodeRequest {
    /// The machine's name, typed by a person.
    confirm: String,
}

/// Removes a machine for good, dead or alive: its identity never returns, and the platform's secrets are replaced.
#[utoipa::path(delete, path = "/nodes/{node}", tag = "Machines", params(("node" = NodeId, Path, description = "Which machine.")),
    request_body = RemoveNodeRequest, responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn remove_node(
    State(web): State<Web>,
    scene: Scene,
    caller: Caller,
    Key(key): Key,
    At(node): At<NodeId>,
    ask::Json(body): ask::Json<RemoveNodeRequest>,
) -> Result<Wished, Problem> {
    let name = &member(&scene, &node)?.name;
    if body.confirm != *name {
        let refused = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-confirmed", "The name typed is not the machine's.");
        return Err(refused.next(format!("Type {name} to remove it.")));
    }
    wish::wish(&web, &caller, &key, Command::RemoveNode { node }).await
}
