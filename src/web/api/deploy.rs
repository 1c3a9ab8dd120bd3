//! How does an app come to be? By address or uploaded folder, pinned to the commit that was looked at.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{self, Key};
use super::inspect::{self, Look, setting_name};
use super::wish::{Wished, put, wish};
use super::{reading, secrets};
use crate::decide::manifest::Parsed;
use crate::model::command::{Command, Deploy};
use crate::model::document::{Sealed, Source};
use crate::model::id::AppId;
use crate::model::setting::{self, SETTING_FORMAT, SourceToken};
use crate::model::source::{Commit, Reference, SourceUrl};
use crate::web::guard::identity::Caller;
use crate::web::ports::LookAt;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::Web;
use crate::web::view::{AcceptedView, ReferenceView};

/// Its route.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(deploy))
}

/// What to deploy: either `url` or `upload`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeployRequest {
    /// A repository, as pasted.
    url: Option<String>,
    /// The content hash that uploading a folder answered.
    upload: Option<String>,
    /// Branch, tag or commit; none = as pasted, else the default branch.
    reference: Option<ReferenceView>,
    /// Folder of the app in a monorepo.
    root: Option<String>,
    /// A name other than the manifest's.
    name: Option<String>,
    /// For a private repository; kept sealed for later updates.
    token: Option<String>,
    /// A manifest edited instead of the repository's file.
    manifest: Option<String>,
    /// Environment values to set first.
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Secrets to set first.
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    /// The commit that was looked at; a newer one is not taken instead.
    expected_commit: Option<String>,
    /// The machine it shall run on, by id or name; none = as it was, and for a new app Kraken chooses.
    node: Option<String>,
}

/// Deploys a source: a new app, or an update of the one it already is.
#[utoipa::path(post, path = "/apps", tag = "Apps", request_body = DeployRequest,
    responses((status = 202, description = "The wish is recorded.", body = AcceptedView), Refusals))]
async fn deploy(
    State(web): State<Web>,
    caller: Caller,
    Key(key): Key,
    ask::Json(body): ask::Json<DeployRequest>,
) -> Result<Wished, Problem> {
    let pinned = body.expected_commit.as_deref().map(str::parse::<Commit>).transpose();
    let pinned = pinned.map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-commit", format!("{error}.")))?;
    let node = body.node.as_deref().map(|node| reading::machine(&web.world(), node)).transpose()?;
    let target = match (&body.url, &body.upload) {
        (Some(url), None) => from_git(&web, &caller, &body, url, pinned).await?,
        (None, Some(digest)) => from_upload(&web, &body, digest).await?,
        _ => return Err(Problem::invalid("Either url or upload is needed.").next("Name a repository, or upload a folder first.")),
    };
    let app = reading::app_id(&target.name)?;
    let secrets = seal_all(&web, &app, &body.secrets)?;
    let DeployRequest { manifest, env, .. } = body;
    let Target { name, source, commit } = target;
    wish(&web, &caller, &key, Command::Deploy(Box::new(Deploy { app, name, source, commit, manifest, env, secrets, node }))).await
}

/// What a deploy comes down to.
struct Target {
    name: String,
    source: Source,
    commit: Option<Commit>,
}

async fn from_git(
    web: &Web,
    caller: &Caller,
    body: &DeployRequest,
    url: &str,
    pinned: Option<Commit>,
) -> Result<Target, Problem> {
    let pasted = inspect::parse_url(url, caller)?;
    if let Some(token) = body.token.as_deref().filter(|token| !token.is_empty()) {
        remember(web, caller, &pasted.url, token).await?;
    }
    let given = inspect::reference(body.reference.clone())?;
    let is_plain = given.is_some() || (pasted.tree.is_none() && pasted.commit.is_none());
    if let (Some(name), true) = (body.name.clone().filter(|name| !name.is_empty()), is_plain) {
        let reference = given.unwrap_or(Reference::DefaultBranch);
        let root = body.root.clone().filter(|root| !root.is_empty());
        return Ok(Target { name, source: Source::Git { url: pasted.url, reference, root }, commit: pinned });
    }
    let look = Look {
        url: url.to_owned(),
        reference: body.reference.clone(),
        root: body.root.clone(),
        token: None,
        manifest: body.manifest.clone(),
    };
    let seen = inspect::look(web, &web.world(), caller, &look).await?;
    let name = name_of(body.name.as_deref(), &seen.parsed)?;
    let found = seen.looked.commit.id.parse().ok();
    let source = Source::Git { url: seen.pasted.url, reference: seen.looked.reference, root: seen.looked.root };
    Ok(Target { name, source, commit: pinned.or(found) })
}

async fn from_upload(web: &Web, body: &DeployRequest, digest: &str) -> Result<Target, Problem> {
    let commit: Commit = digest
        .parse()
        .ok()
        .filter(Commit::is_content_hash)
        .ok_or_else(|| Problem::not_found("uploaded folder", "with this hash"))?;
    let root = body.root.clone().filter(|root| !root.is_empty());
    let looked = web.parts.ports.sources.look(LookAt::Upload { digest: commit.to_string() }, root.clone()).await?;
    let (_, parsed) = inspect::read(&web.world(), &looked, body.manifest.as_deref());
    let name = name_of(body.name.as_deref(), &parsed)?;
    Ok(Target { name, source: Source::Upload { digest: commit.to_string(), root }, commit: Some(commit) })
}

/// The name given, else the manifest's; a manifest with errors is refused here, before anything is recorded.
fn name_of(given: Option<&str>, parsed: &Parsed) -> Result<String, Problem> {
    let given = given.filter(|name| !name.is_empty()).map(str::to_owned);
    if let Some(manifest) = &parsed.manifest {
        return Ok(given.unwrap_or_else(|| manifest.app.name.clone()));
    }
    let first = parsed.errors().next();
    let detail = first.map_or_else(|| "The manifest cannot be read.".to_owned(), ToString::to_string);
    let mut refused = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-manifest", detail);
    refused.next = first.and_then(|finding| finding.next.clone());
    refused.findings = parsed.findings.as_slice().into();
    Err(refused)
}

async fn remember(web: &Web, caller: &Caller, url: &SourceUrl, token: &str) -> Result<(), Problem> {
    let object = setting::source_token_of(url);
    let token = web.parts.ports.seal.seal(&object, token)?;
    let kept = SourceToken { v: SETTING_FORMAT, url: url.clone(), token };
    let draft = setting::draft(&setting_name(&object), &kept).map_err(|_| Problem::internal("The token has no JSON form."))?;
    put(web, &caller.name, vec![draft]).await
}

fn seal_all(web: &Web, app: &AppId, plain: &BTreeMap<String, String>) -> Result<BTreeMap<String, Sealed>, Problem> {
    plain.iter().map(|(name, value)| Ok((name.clone(), secrets::seal(web, app, name, value)?))).collect()
}
