//! How far is a deployment, what did its build say, and how is it given up?

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{Asking, At, Key};
use super::wish::{self, Wished};
use crate::model::command::Command;
use crate::model::id::{AppId, DeploymentId};
use crate::web::guard::identity::Caller;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};
use crate::web::view::{self, AcceptedView, BuildLog, Deployment};

/// Deployments shown where no limit is given, and at most.
const USUAL: usize = 20;
const MOST: usize = 300;
/// Lines of a build log in one answer.
const LINES: usize = 2000;

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list_deployments))
        .routes(routes!(get_deployment))
        .routes(routes!(get_build_log))
        .routes(routes!(abort_deployment))
}

/// How many.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Limit {
    /// At most so many; 20 where it is not given.
    limit: Option<usize>,
}

/// Deployments of an app, newest first.
#[utoipa::path(get, path = "/apps/{app}/deployments", tag = "Deployments", params(("app" = AppId, Path, description = "Which app."), Limit),
    responses((status = 200, description = "Newest first.", body = Vec<Deployment>), Refusals))]
async fn list_deployments(scene: Scene, At(id): At<AppId>, Asking(ask): Asking<Limit>) -> Result<Json<Vec<Deployment>>, Problem> {
    let app = wish::app(&scene, &id)?;
    let glance = scene.glance();
    let newest = scene.world.deployments_of(app).rev().take(ask.limit.unwrap_or(USUAL).min(MOST));
    Ok(Json(newest.map(|found| view::deployment(&glance, found)).collect()))
}

/// One deployment.
#[utoipa::path(get, path = "/deployments/{deployment}", tag = "Deployments",
    params(("deployment" = DeploymentId, Path, description = "Which deployment.")),
    responses((status = 200, description = "The deployment.", body = Deployment), Refusals))]
async fn get_deployment(scene: Scene, At(id): At<DeploymentId>) -> Result<Json<Deployment>, Problem> {
    let found = scene.world.deployments.get(&id).ok_or_else(|| Problem::not_found("deployment", id))?;
    Ok(Json(view::deployment(&scene.glance(), found)))
}

/// Where to read.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct From {
    /// The number of the first line; 0 where it is not given.
    from: Option<u64>,
}

/// What a deployment's build wrote, at most 2000 lines at once.
#[utoipa::path(get, path = "/deployments/{deployment}/log", tag = "Deployments",
    params(("deployment" = DeploymentId, Path, description = "Which deployment."), From),
    responses((status = 200, description = "Lines in order.", body = BuildLog), Refusals))]
async fn get_build_log(
    State(web): State<Web>,
    scene: Scene,
    At(id): At<DeploymentId>,
    Asking(ask): Asking<From>,
) -> Result<Json<BuildLog>, Problem> {
    let deployment = scene.world.deployments.get(&id).ok_or_else(|| Problem::not_found("deployment", id))?;
    let mut log = web.parts.ports.build_logs.read(id, ask.from.unwrap_or(0), LINES).await?;
    log.ended |= !deployment.is_open() && log.lines.is_empty();
    Ok(Json(log))
}

/// Gives up a deployment; possible until the switch.
#[utoipa::path(post, path = "/deployments/{deployment}/abort", tag = "Deployments",
    params(("deployment" = DeploymentId, Path, description = "Which deployment.")),
    responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn abort_deployment(
    State(web): State<Web>,
    caller: Caller,
    Key(key): Key,
    At(deployment): At<DeploymentId>,
) -> Result<Wished, Problem> {
    wish::wish(&web, &caller, &key, Command::Abort { deployment }).await
}
