//! Which versions does an app have, and what went wrong with it?

use axum::Json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::At;
use super::wish;
use crate::model::id::AppId;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};
use crate::web::view::{self, Failure, Version};

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list_versions)).routes(routes!(list_failures_of_app)).routes(routes!(list_failures))
}

/// Every version of an app, newest first.
#[utoipa::path(get, path = "/apps/{app}/versions", tag = "Apps", params(("app" = AppId, Path, description = "Which app.")),
    responses((status = 200, description = "Newest first.", body = Vec<Version>), Refusals))]
async fn list_versions(scene: Scene, At(id): At<AppId>) -> Result<Json<Vec<Version>>, Problem> {
    let app = wish::app(&scene, &id)?;
    Ok(Json(view::versions(&scene.glance(), app)))
}

/// Deployments of an app that failed or were given up, newest first.
#[utoipa::path(get, path = "/apps/{app}/failures", tag = "Apps", params(("app" = AppId, Path, description = "Which app.")),
    responses((status = 200, description = "Newest first.", body = Vec<Failure>), Refusals))]
async fn list_failures_of_app(scene: Scene, At(id): At<AppId>) -> Result<Json<Vec<Failure>>, Problem> {
    wish::app(&scene, &id)?;
    Ok(Json(view::failures(&scene.glance(), Some(&id))))
}

/// Deployments of all apps that failed or were given up, newest first.
#[utoipa::path(get, path = "/failures", tag = "Apps", responses((status = 200, description = "Newest first.", body = Vec<Failure>), Refusals))]
async fn list_failures(scene: Scene) -> Json<Vec<Failure>> {
    Json(view::failures(&scene.glance(), None))
}
