//! Which values, copies, names and ports did people set?

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{self, At, Key};
use super::reading;
use super::wish::{self, Wished};
use crate::model::command::Command;
use crate::model::id::AppId;
use crate::web::guard::identity::Caller;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Scene, Web};
use crate::web::view::{self, AcceptedView, EnvVar};

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list_env, set_env))
        .routes(routes!(set_scale))
        .routes(routes!(set_place))
        .routes(routes!(set_route))
}

/// An app's environment values: what the file says, under what people set.
#[utoipa::path(get, path = "/apps/{app}/env", tag = "Settings", params(("app" = AppId, Path, description = "Which app.")),
    responses((status = 200, description = "By name.", body = Vec<EnvVar>), Refusals))]
async fn list_env(scene: Scene, At(id): At<AppId>) -> Result<Json<Vec<EnvVar>>, Problem> {
    let app = wish::app(&scene, &id)?;
    Ok(Json(view::env(app, scene.glance().version_in_force(app))))
}

/// Values to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EnvRequest {
    /// New values by name.
    #[serde(default)]
    set: BTreeMap<String, String>,
    /// Names that go back to what the file says.
    #[serde(default)]
    reset: Vec<String>,
}

/// Changes environment values; a deployment without a build follows.
#[utoipa::path(put, path = "/apps/{app}/env", tag = "Settings", params(("app" = AppId, Path, description = "Which app.")),
    request_body = EnvRequest, responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn set_env(
    State(web): State<Web>,
    caller: Caller,
    Key(key): Key,
    At(app): At<AppId>,
    ask::Json(body): ask::Json<EnvRequest>,
) -> Result<Wished, Problem> {
    if let Some(bad) = body.set.keys().chain(&body.reset).find(|name| !is_name(name)) {
        return Err(bad_name(bad));
    }
    wish::wish(&web, &caller, &key, Command::SetEnv { app, set: body.set, reset: body.reset }).await
}

/// Whether an environment takes it as a name.
pub fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    first && name.len() <= 128 && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// It does not.
pub fn bad_name(name: &str) -> Problem {
    let shown: String = name.chars().take(40).collect();
    let refused =
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-name", format!("\"{shown}\" cannot be the name of a value."));
    refused.next("Use letters, digits and _, and begin with a letter.")
}

/// How many copies.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScaleRequest {
    /// At least 1; null = as the file says.
    #[schema(minimum = 1)]
    replicas: Option<u32>,
}

/// Sets how many copies run.
#[utoipa::path(put, path = "/apps/{app}/scale", tag = "Settings", params(("app" = AppId, Path, description = "Which app.")),
    request_body = ScaleRequest, responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn set_scale(
    State(web): State<Web>,
    caller: Caller,
    Key(key): Key,
    At(app): At<AppId>,
    ask::Json(body): ask::Json<ScaleRequest>,
) -> Result<Wished, Problem> {
    wish::wish(&web, &caller, &key, Command::SetScale { app, replicas: body.replicas }).await
}

/// On which machine.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlaceRequest {
    /// A machine's id or name; null = Kraken chooses.
    node: Option<String>,
}

/// Chooses the machine an app runs on, or lets Kraken choose. The copy there serves before the one elsewhere leaves.
#[utoipa::path(put, path = "/apps/{app}/place", tag = "Settings", params(("app" = AppId, Path, description = "Which app.")),
    request_body = PlaceRequest, responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn set_place(
    State(web): State<Web>,
    scene: Scene,
    caller: Caller,
    Key(key): Key,
    At(app): At<AppId>,
    ask::Json(body): ask::Json<PlaceRequest>,
) -> Result<Wished, Problem> {
    let node = body.node.map(|node| reading::machine(&scene.world, &node)).transpose()?;
    wish::wish(&web, &caller, &key, Command::SetPlace { app, node }).await
}

/// Published port and names; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RouteRequest {
    /// The port on the network; null = as the file says.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u16>)]
    publish: Option<Option<u16>>,
    /// Full host names; null = as the file says.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    hosts: Option<Option<Vec<String>>>,
}

/// Tells null from absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(input).map(Some)
}

/// Sets the published port and the host names.
#[utoipa::path(put, path = "/apps/{app}/route", tag = "Settings", params(("app" = AppId, Path, description = "Which app.")),
    request_body = RouteRequest, responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn set_route(
    State(web): State<Web>,
    scene: Scene,
    caller: Caller,
    Key(key): Key,
    At(app): At<AppId>,
    ask::Json(body): ask::Json<RouteRequest>,
) -> Result<Wished, Problem> {
    let known = wish::app(&scene, &app)?;
    let publish = body.publish.unwrap_or(known.route.publish);
    let hosts = body.hosts.unwrap_or_else(|| known.route.hosts.clone());
    wish::wish(&web, &caller, &key, Command::SetRoute { app, publish, hosts }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_a_shell_takes() {
        assert!(is_name("API_KEY") && is_name("_x1"));
        assert!(!is_name("") && !is_name("1A") && !is_name("A-B") && !is_name("A=B") && !is_name(&"A".repeat(129)));
    }

    #[test]
    fn null_resets_and_absence_keeps() {
        let read = |text: &str| serde_json::from_str::<RouteRequest>(text).unwrap();
        assert_eq!(read("{}").publish, None);
        assert_eq!(read(r#"{"publish":null}"#).publish, Some(None));
        assert_eq!(read(r#"{"publish":7211}"#).publish, Some(Some(7211)));
    }
}
