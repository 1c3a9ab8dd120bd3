//! What can be asked over HTTP? One file per resource; the OpenAPI document is made from the same lines as the routes.

mod apps;
mod ask;
mod audit;
mod changes;
mod conflicts;
mod deploy;
mod deployments;
mod doctor;
mod env;
mod events;
mod health;
mod inspect;
mod invites;
mod joining;
mod keys;
mod logs;
mod members;
mod metrics;
mod nodes;
mod openapi;
mod password;
mod reading;
mod secrets;
mod session;
mod sources;
mod state;
mod tokens;
mod uploads;
mod versions;
mod volumes;
mod wish;

pub use openapi::openapi_json;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use super::state::Web;

/// Where the API begins.
pub const BASE: &str = "/api/v1";

/// Every route with its document.
fn documented() -> OpenApiRouter<Web> {
    let api = OpenApiRouter::new()
        .merge(session::routes())
        .merge(password::routes())
        .merge(tokens::routes())
        .merge(nodes::routes())
        .merge(members::routes())
        .merge(joining::routes())
        .merge(invites::routes())
        .merge(doctor::routes())
        .merge(sources::routes())
        .merge(keys::routes())
        .merge(uploads::routes())
        .merge(apps::routes())
        .merge(deploy::routes())
        .merge(changes::routes())
        .merge(conflicts::routes())
        .merge(versions::routes())
        .merge(deployments::routes())
        .merge(env::routes())
        .merge(secrets::routes())
        .merge(logs::routes())
        .merge(volumes::routes())
        .merge(audit::routes())
        .merge(events::routes())
        .merge(state::routes())
        .merge(openapi::routes());
    OpenApiRouter::with_openapi(openapi::head()).nest(BASE, api).merge(health::routes()).merge(metrics::routes())
}

/// Every route of the API, `/healthz` and `/metrics`.
pub fn router() -> Router<Web> {
    documented().split_for_parts().0
}
