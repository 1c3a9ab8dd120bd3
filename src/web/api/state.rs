//! How is the whole state taken out and put back? As readable JSON; secrets stay sealed, or go under a passphrase.

use std::sync::Arc;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{Asking, Key};
use super::wish;
use crate::model::command::Command;
use crate::model::document::Document;
use crate::model::record::ObjectKey;
use crate::model::setting;
use crate::model::world::World;
use crate::web::guard::identity::Caller;
use crate::web::ports::{Leaves, Secret};
use crate::web::problem::{Problem, Refusals};
use crate::web::state::Web;

/// Largest document taken.
const LARGEST: usize = 64 << 20;
/// The header that carries a passphrase; it never stands in an address, and no header is ever logged.
const PASSPHRASE: &str = "kraken-passphrase";

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(export_state)).routes(routes!(import_state))
}

/// The whole state as a JSON document. Sessions are left out; secrets stay sealed unless a passphrase is sent.
#[utoipa::path(get, path = "/state/export", tag = "Platform",
    params(("Kraken-Passphrase" = Option<String>, Header, description = "At least 10 characters; puts the secrets under it.")),
    responses((status = 200, description = "The document.", body = Object), Refusals))]
async fn export_state(State(web): State<Web>, headers: HeaderMap) -> Result<impl IntoResponse, Problem> {
    let text = web.parts.ports.states.export(lasting(&web.world()), passphrase(&headers)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text))
}

/// All objects but sessions: they would open the door wherever the document is taken.
fn lasting(world: &World) -> Leaves {
    let kept = world.leaves.iter().filter(|(object, _)| !is_session(object));
    Arc::new(kept.map(|(object, leaves)| (object.clone(), leaves.clone())).collect())
}

fn is_session(object: &ObjectKey) -> bool {
    matches!(object, ObjectKey::Setting(name) if name.starts_with(setting::SESSION))
}

fn passphrase(headers: &HeaderMap) -> Option<Secret> {
    headers
        .get(PASSPHRASE)
        .and_then(|value| value.to_str().ok())
        .filter(|text| !text.is_empty())
        .map(|text| Secret(text.to_owned()))
}

/// How to take it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// `1`: only say what would change.
    check: Option<String>,
}

/// What came of an import.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Imported {
    /// Objects that say something else now, or would.
    applied: usize,
    /// What happened.
    message: String,
}

/// Takes over an exported state; the one before is kept among the last twenty.
#[utoipa::path(post, path = "/state/import", tag = "Platform",
    params(ImportQuery, ("Kraken-Passphrase" = Option<String>, Header, description = "The one its secrets are under.")),
    request_body = Object, responses((status = 200, description = "What came of it.", body = Imported), Refusals))]
async fn import_state(
    State(web): State<Web>,
    caller: Caller,
    Key(key): Key,
    Asking(ask): Asking<ImportQuery>,
    request: Request,
) -> Result<Json<Imported>, Problem> {
    let secret = passphrase(request.headers());
    let bytes = to_bytes(request.into_body(), LARGEST).await;
    let bytes = bytes.map_err(|_| {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The document is larger than 64 MB, or broke off.")
    })?;
    let text = String::from_utf8(bytes.into()).map_err(|_| Problem::invalid("The document is not UTF-8 text."))?;
    let states = &web.parts.ports.states;
    let mut documents = states.check(text, secret).await?;
    documents.retain(|object, _| !is_session(object));
    let world = web.world();
    let changed = documents.iter().filter(|(object, document)| says(&world, object) != Some(*document)).count();
    if ask.check.as_deref() == Some("1") {
        return Ok(Json(Imported { applied: changed, message: format!("{changed} objects would change.") }));
    }
    let before = states.export(lasting(&world), None).await?;
    states.keep("before-import", before).await?;
    let wished = wish::wish(&web, &caller, &key, Command::Import { documents }).await?;
    Ok(Json(Imported { applied: changed, message: wished.0.message }))
}

fn says<'a>(world: &'a World, object: &ObjectKey) -> Option<&'a Document> {
    world.head(object)?.document.as_ref()
}
