//! What does an app write?

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{Asking, At};
use super::wish;
use crate::model::id::AppId;
use crate::web::ports::LogAsk;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};
use crate::web::view::{Level, LogPage};

/// Lines where no number is given, and at most.
const USUAL: usize = 200;
const MOST: usize = 5000;

/// Its route.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(get_logs))
}

/// Which lines.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    /// The newest so many, at most 5000; 200 where it is not given.
    tail: Option<usize>,
    /// Only what comes after this cursor.
    after: Option<String>,
    /// Only lines that matter at least so much.
    level: Option<Level>,
    /// Only lines with this text in them, whatever the case.
    q: Option<String>,
}

/// What an app wrote, from all its copies in order of time.
#[utoipa::path(get, path = "/apps/{app}/logs", tag = "Apps", params(("app" = AppId, Path, description = "Which app."), LogQuery),
    responses((status = 200, description = "Lines in order of time.", body = LogPage), Refusals))]
async fn get_logs(
    State(web): State<Web>,
    scene: Scene,
    At(app): At<AppId>,
    Asking(ask): Asking<LogQuery>,
) -> Result<Json<LogPage>, Problem> {
    wish::app(&scene, &app)?;
    let LogQuery { tail, after, level, q } = ask;
    let ask = LogAsk { app, tail: tail.unwrap_or(USUAL).min(MOST), after, level, text: q.filter(|text| !text.is_empty()) };
    Ok(Json(web.parts.ports.logs.page(ask).await?))
}
