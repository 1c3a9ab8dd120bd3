//! What is in a repository? Checked as people type.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask;
use super::inspect::{self, Look};
use super::reading;
use crate::model::id::AppId;
use crate::model::manifest::Finding;
use crate::web::guard::identity::Caller;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::Web;
use crate::web::view::{Inspection, ReferenceView};

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(inspect_source)).routes(routes!(validate_manifest))
}

/// A source to look at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InspectRequest {
    /// As pasted: https, ssh, `git@host:a/b`, or a forge's page.
    url: String,
    /// Branch, tag or commit; none = as pasted, else the default branch.
    reference: Option<ReferenceView>,
    /// Folder of the app in a monorepo.
    root: Option<String>,
    /// For a private repository; used for this look only.
    token: Option<String>,
    /// A name other than the manifest's.
    name: Option<String>,
    /// A manifest edited instead of the repository's file.
    manifest: Option<String>,
}

/// Looks at a repository: its branches, its manifest, and the app it would be.
#[utoipa::path(post, path = "/sources/inspect", tag = "Sources", request_body = InspectRequest,
    responses((status = 200, description = "What was found.", body = Inspection), Refusals))]
async fn inspect_source(
    State(web): State<Web>,
    caller: Caller,
    ask::Json(body): ask::Json<InspectRequest>,
) -> Result<Json<Inspection>, Problem> {
    let InspectRequest { url, reference, root, token, name, manifest } = body;
    let world = web.world();
    let seen = inspect::look(&web, &world, &caller, &Look { url, reference, root, token, manifest }).await?;
    Ok(Json(inspect::show(&world, seen, name.as_deref())))
}

/// A manifest to check.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ValidateRequest {
    /// The text of a shipwreck.toml.
    text: String,
}

/// What checking a manifest found.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Validation {
    /// In the order of the file.
    findings: Vec<Finding>,
    /// Whether it can be deployed.
    ok: bool,
    /// The app it names, where that can be read.
    app: Option<NamedApp>,
}

/// An app by its two names.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct NamedApp {
    /// Slug of the name.
    id: AppId,
    /// As the manifest writes it.
    name: String,
}

/// Checks the text of a shipwreck.toml.
#[utoipa::path(post, path = "/manifests/validate", tag = "Sources", request_body = ValidateRequest,
    responses((status = 200, description = "What was found.", body = Validation), Refusals))]
async fn validate_manifest(State(web): State<Web>, ask::Json(body): ask::Json<ValidateRequest>) -> Json<Validation> {
    let parsed = reading::text(&web.world(), &body.text);
    let name = parsed.manifest.as_ref().map(|manifest| manifest.app.name.clone());
    let app = name.and_then(|name| Some(NamedApp { id: reading::app_id(&name).ok()?, name }));
    let ok = parsed.manifest.is_some();
    Json(Validation { ok, findings: parsed.findings, app })
}
