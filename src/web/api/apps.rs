//! Which apps are there, and how does each stand?

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::At;
use super::{reading, wish};
use crate::model::id::AppId;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};
use crate::web::view::{self, App, AppSeries, AppSummary, DeploymentMark, Destruction, Moment};

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list_apps))
        .routes(routes!(get_app))
        .routes(routes!(get_destruction))
        .routes(routes!(get_stats))
}

/// Every app.
#[utoipa::path(get, path = "/apps", tag = "Apps", responses((status = 200, description = "By id.", body = Vec<AppSummary>), Refusals))]
async fn list_apps(scene: Scene) -> Json<Vec<AppSummary>> {
    Json(view::summaries(&scene.glance()))
}

/// One app with everything that belongs to it.
#[utoipa::path(get, path = "/apps/{app}", tag = "Apps", params(("app" = AppId, Path, description = "Which app.")),
    responses((status = 200, description = "The app.", body = App), Refusals))]
async fn get_app(scene: Scene, At(id): At<AppId>) -> Result<Json<App>, Problem> {
    let app = wish::app(&scene, &id)?;
    let glance = scene.glance();
    let notes = glance.version_in_force(app).map(|version| reading::notes(&version.text)).unwrap_or_default();
    Ok(Json(view::app(&glance, &id, app, notes)))
}

/// What destroying an app would do.
#[utoipa::path(get, path = "/apps/{app}/destruction", tag = "Apps", params(("app" = AppId, Path, description = "Which app.")),
    responses((status = 200, description = "What goes and what stays.", body = Destruction), Refusals))]
async fn get_destruction(scene: Scene, At(id): At<AppId>) -> Result<Json<Destruction>, Problem> {
    let app = wish::app(&scene, &id)?;
    Ok(Json(view::destruction(&scene.glance(), &id, app)))
}

/// What an app used over the last hour.
#[utoipa::path(get, path = "/apps/{app}/stats", tag = "Apps", params(("app" = AppId, Path, description = "Which app.")),
    responses((status = 200, description = "Measurements in order of time.", body = AppSeries), Refusals))]
async fn get_stats(State(web): State<Web>, scene: Scene, At(id): At<AppId>) -> Result<Json<AppSeries>, Problem> {
    let app = wish::app(&scene, &id)?;
    let mut series = web.parts.ports.stats.series(&id);
    let since = series.series.first().map(|point| point.at);
    let switched = scene.world.deployments_of(app).filter_map(|deployment| {
        let crate::model::deployment::Progress::Done { at } = deployment.progress else { return None };
        Some(DeploymentMark { at: Moment(at), version_number: scene.world.version_of(deployment)?.number })
    });
    series.deployments = switched.filter(|mark| since.is_some_and(|since| mark.at >= since)).collect();
    Ok(Json(series))
}
