//! What can be done to an app? On, off, newer, back, once more, away, and back from the trash.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{self, At, Key};
use super::wish::{self, Wished};
use crate::model::command::Command;
use crate::model::id::{AppId, VersionId};
use crate::model::source::Commit;
use crate::web::guard::identity::Caller;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};
use crate::web::view::AcceptedView;

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(update_app))
        .routes(routes!(roll_back_app))
        .routes(routes!(stop_app))
        .routes(routes!(start_app))
        .routes(routes!(restart_app))
        .routes(routes!(retry_app))
        .routes(routes!(destroy_app))
        .routes(routes!(restore_app))
}

/// To which commit.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateRequest {
    /// All digits; none = the newest of its branch.
    commit: Option<String>,
}

/// To the newest commit of the app's branch, or to the one named.
#[utoipa::path(post, path = "/apps/{app}/update", tag = "Apps", params(("app" = AppId, Path, description = "Which app.")),
    request_body = UpdateRequest, responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn update_app(
    State(web): State<Web>,
    caller: Caller,
    Key(key): Key,
    At(app): At<AppId>,
    ask::Json(body): ask::Json<UpdateRequest>,
) -> Result<Wished, Problem> {
    let commit = body.commit.as_deref().map(str::parse::<Commit>).transpose();
    let commit = commit.map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-commit", format!("{error}.")))?;
    wish::wish(&web, &caller, &key, Command::Update { app, commit }).await
}

/// A version by either of its names.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum VersionName {
    /// For people.
    Number(u32),
    /// For programs.
    Id(VersionId),
}

/// To which version.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RollbackRequest {
    /// Its number or id.
    version: VersionName,
}

/// To a kept version, without a build. What people set stays; data is not rolled back.
#[utoipa::path(post, path = "/apps/{app}/rollback", tag = "Apps", operation_id = "roll_back_app",
    params(("app" = AppId, Path, description = "Which app.")), request_body = RollbackRequest,
    responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn roll_back_app(
    State(web): State<Web>,
    scene: Scene,
    caller: Caller,
    Key(key): Key,
    At(app): At<AppId>,
    ask::Json(body): ask::Json<RollbackRequest>,
) -> Result<Wished, Problem> {
    let known = wish::app(&scene, &app)?;
    let version = match body.version {
        VersionName::Id(id) => id,
        VersionName::Number(number) => {
            let versions = known.versions.iter().filter_map(|id| scene.world.versions.get(id));
            let found = versions.into_iter().find(|version| version.number == number);
            found
                .map(|version| version.id.clone())
                .ok_or_else(|| Problem::not_found("version", number).next("Look at the app's versions."))?
        }
    };
    wish::wish(&web, &caller, &key, Command::Rollback { app, version }).await
}

/// Declares a change of an app that needs nothing but its name.
macro_rules! plain_change {
    ($(#[$doc:meta])* $name:ident, $path:literal, $command:ident) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "Apps", params(("app" = AppId, Path, description = "Which app.")),
            responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
        async fn $name(State(web): State<Web>, caller: Caller, Key(key): Key, At(app): At<AppId>) -> Result<Wished, Problem> {
            wish::wish(&web, &caller, &key, Command::$command { app }).await
        }
    };
}

plain_change!(
    /// Turns an app off. Its data, versions and settings are kept.
    stop_app,
    "/apps/{app}/stop",
    TurnOff
);
plain_change!(
    /// Turns an app on.
    start_app,
    "/apps/{app}/start",
    TurnOn
);
plain_change!(
    /// Starts the current version afresh.
    restart_app,
    "/apps/{app}/restart",
    Restart
);
plain_change!(
    /// Tries the deployment that failed once more.
    retry_app,
    "/apps/{app}/retry",
    Restart
);
plain_change!(
    /// Brings a destroyed app back from the trash, with its data.
    restore_app,
    "/apps/{app}/restore",
    Restore
);

/// What becomes of an app's data.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Volumes {
    /// Seven days in the trash.
    #[default]
    Keep,
    /// Gone at once.
    Delete,
}

/// Whether it is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DestroyRequest {
    /// The app's name or id, typed by a person.
    confirm: String,
    /// What becomes of its data.
    #[serde(default)]
    volumes: Volumes,
}

/// Destroys an app: its copies, versions and settings go; its data stays in the trash for seven days unless told otherwise.
#[utoipa::path(delete, path = "/apps/{app}", tag = "Apps", params(("app" = AppId, Path, description = "Which app.")),
    request_body = DestroyRequest, responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn destroy_app(
    State(web): State<Web>,
    scene: Scene,
    caller: Caller,
    Key(key): Key,
    At(id): At<AppId>,
    ask::Json(body): ask::Json<DestroyRequest>,
) -> Result<Wished, Problem> {
    let app = wish::app(&scene, &id)?;
    let name = app.source.as_ref().map_or(id.as_str(), |source| source.name.as_str());
    if body.confirm != name && body.confirm != id.as_str() {
        let refused = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not-confirmed", "The name typed is not the app's.");
        return Err(refused.next(format!("Type {name} to destroy it.")));
    }
    wish::wish(&web, &caller, &key, Command::Destroy { app: id, with_volumes: body.volumes == Volumes::Delete }).await
}
