//! Which secrets has an app? Sealed before they enter a wish; their values never come out here.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{self, At, Key};
use super::env::{bad_name, is_name};
use super::wish::{self, Wished};
use crate::model::command::Command;
use crate::model::document::Sealed;
use crate::model::id::AppId;
use crate::model::record::ObjectKey;
use crate::web::guard::identity::Caller;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};
use crate::web::view::{self, AcceptedView, SecretName};

/// Longest value, in bytes.
const LONGEST: usize = 64 * 1024;

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list_secrets)).routes(routes!(set_secret, remove_secret))
}

/// An app's secrets by name, also before its first deployment.
#[utoipa::path(get, path = "/apps/{app}/secrets", tag = "Settings", params(("app" = AppId, Path, description = "Which app.")),
    responses((status = 200, description = "By name, without values.", body = Vec<SecretName>), Refusals))]
async fn list_secrets(scene: Scene, At(id): At<AppId>) -> Result<Json<Vec<SecretName>>, Problem> {
    let app = scene.world.apps.get(&id).ok_or_else(|| wish::missing(&scene, &id))?;
    Ok(Json(view::secrets(app, scene.glance().version_in_force(app))))
}

/// A value to seal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SecretRequest {
    /// At most 64 KB; never shown again.
    value: String,
}

/// Sets a secret; the app need not exist yet.
#[utoipa::path(put, path = "/apps/{app}/secrets/{name}", tag = "Settings",
    params(("app" = AppId, Path, description = "Which app."), ("name" = String, Path, description = "The secret's name.")),
    request_body = SecretRequest, responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn set_secret(
    State(web): State<Web>,
    caller: Caller,
    Key(key): Key,
    At((app, name)): At<(AppId, String)>,
    ask::Json(body): ask::Json<SecretRequest>,
) -> Result<Wished, Problem> {
    let value = Some(seal(&web, &app, &name, &body.value)?);
    wish::wish(&web, &caller, &key, Command::SetSecret { app, name, value }).await
}

/// Removes a secret.
#[utoipa::path(delete, path = "/apps/{app}/secrets/{name}", tag = "Settings",
    params(("app" = AppId, Path, description = "Which app."), ("name" = String, Path, description = "The secret's name.")),
    responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn remove_secret(
    State(web): State<Web>,
    caller: Caller,
    Key(key): Key,
    At((app, name)): At<(AppId, String)>,
) -> Result<Wished, Problem> {
    if !is_name(&name) {
        return Err(bad_name(&name));
    }
    wish::wish(&web, &caller, &key, Command::SetSecret { app, name, value: None }).await
}

/// Seals the value of one secret of one app.
pub fn seal(web: &Web, app: &AppId, name: &str, value: &str) -> Result<Sealed, Problem> {
    if !is_name(name) {
        return Err(bad_name(name));
    }
    if value.is_empty() || value.len() > LONGEST || value.contains('\0') {
        let refused = Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "bad-secret",
            format!("The value of {name} is empty, over 64 KB, or has a zero byte."),
        );
        return Err(refused.next("Give a text of 1 to 65536 bytes."));
    }
    Ok(web.parts.ports.seal.seal(&ObjectKey::Secret(app.clone(), name.to_owned()), value)?)
}
