//! Which data outlives its containers, and what lies in the trash?

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
use crate::model::document::Volume;
use crate::model::id::VolumeId;
use crate::web::guard::identity::Caller;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};
use crate::web::view::{self, AcceptedView, TrashItem, VolumeView};

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list_volumes))
        .routes(routes!(delete_volume))
        .routes(routes!(restore_volume))
        .routes(routes!(list_trash))
}

/// Every volume.
#[utoipa::path(get, path = "/volumes", tag = "Volumes", responses((status = 200, description = "By id.", body = Vec<VolumeView>), Refusals))]
async fn list_volumes(scene: Scene) -> Json<Vec<VolumeView>> {
    Json(view::volumes(&scene.glance()))
}

/// Destroyed apps and what is left of their data.
#[utoipa::path(get, path = "/trash", tag = "Volumes", responses((status = 200, description = "By app.", body = Vec<TrashItem>), Refusals))]
async fn list_trash(scene: Scene) -> Json<Vec<TrashItem>> {
    Json(view::trash(&scene.glance()))
}

fn find<'a>(scene: &'a Scene, id: &VolumeId) -> Result<&'a Volume, Problem> {
    scene.world.volumes.get(id).ok_or_else(|| Problem::not_found("volume", id))
}

/// Brings a volume back from the trash, together with its app.
#[utoipa::path(post, path = "/volumes/{volume}/restore", tag = "Volumes", params(("volume" = VolumeId, Path, description = "Which volume.")),
    responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn restore_volume(
    State(web): State<Web>,
    scene: Scene,
    caller: Caller,
    Key(key): Key,
    At(id): At<VolumeId>,
) -> Result<Wished, Problem> {
    let app = find(&scene, &id)?.app.clone();
    wish::wish(&web, &caller, &key, Command::Restore { app }).await
}

/// Whether it is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeleteVolumeRequest {
    /// The volume's name or id, typed by a person.
    confirm: String,
}

/// Deletes a volume of the trash for good.
#[utoipa::path(delete, path = "/volumes/{volume}", tag = "Volumes", params(("volume" = VolumeId, Path, description = "Which volume.")),
    request_body = DeleteVolumeRequest, responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn delete_volume(
    State(web): State<Web>,
    scene: Scene,
    caller: Caller,
    Key(key): Key,
    At(id): At<VolumeId>,
    ask::Json(body): ask::Json<DeleteVolumeRequest>,
) -> Result<Wished, Problem> {
    let volume = find(&scene, &id)?;
    if body.confirm != volume.name && body.confirm != id.as_str() {
        let refused = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-confirmed", "The name typed is not the volume's.");
        return Err(refused.next(format!("Type {} to delete its data for good.", volume.name)));
    }
    wish::wish(&web, &caller, &key, Command::DeleteVolume { volume: id }).await
}
