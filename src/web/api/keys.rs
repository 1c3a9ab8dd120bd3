//! Which keys open private repositories, and which servers are known?

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{self, Asking, At};
use super::inspect::{parse_url, setting_name};
use super::wish::put;
use crate::model::setting::{self, DeployKey, HostKey, SETTING_FORMAT};
use crate::model::source::SourceUrl;
use crate::web::guard::identity::Caller;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::Web;
use crate::web::view::{HostKeyView, Moment};

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(get_key, make_key)).routes(routes!(list_hosts)).routes(routes!(forget_host))
}

/// Which repository.
#[derive(Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Repository {
    /// Its ssh address.
    url: String,
}

/// A deploy key's public half.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct PublicKey {
    /// One line, as the forge wants it.
    public_key: String,
}

/// The deploy key of a repository, if it has one.
#[utoipa::path(get, path = "/sources/keys", tag = "Sources", params(Repository),
    responses((status = 200, description = "The key.", body = PublicKey), Refusals))]
async fn get_key(State(web): State<Web>, caller: Caller, Asking(of): Asking<Repository>) -> Result<Json<PublicKey>, Problem> {
    let url = parse_url(&of.url, &caller)?.url;
    let missing = || Problem::not_found("deploy key for", &url).next("Make one, then add it to the repository.");
    known(&web, &url).map(|public_key| Json(PublicKey { public_key })).ok_or_else(missing)
}

/// The deploy key of a repository, made on first ask.
#[utoipa::path(post, path = "/sources/keys", tag = "Sources", request_body = Repository,
    responses((status = 200, description = "The key.", body = PublicKey), Refusals))]
async fn make_key(
    State(web): State<Web>,
    caller: Caller,
    ask::Json(of): ask::Json<Repository>,
) -> Result<Json<PublicKey>, Problem> {
    let url = parse_url(&of.url, &caller)?.url;
    if let Some(public_key) = known(&web, &url) {
        return Ok(Json(PublicKey { public_key }));
    }
    let (public, private) = web.parts.ports.sources.new_key(&url)?;
    let object = setting::deploy_key_of(&url);
    let private = web.parts.ports.seal.seal(&object, &private.0)?;
    let key = DeployKey { v: SETTING_FORMAT, url, public: public.clone(), private };
    let draft = setting::draft(&setting_name(&object), &key).map_err(|_| Problem::internal("The key has no JSON form."))?;
    put(&web, &caller.name, vec![draft]).await?;
    Ok(Json(PublicKey { public_key: public }))
}

fn known(web: &Web, url: &SourceUrl) -> Option<String> {
    let name = setting_name(&setting::deploy_key_of(url));
    setting::read::<DeployKey>(web.parts.world.borrow().settings.get(&name)).map(|key| key.public)
}

/// SSH servers whose key is pinned.
#[utoipa::path(get, path = "/sources/hosts", tag = "Sources", responses((status = 200, description = "By name.", body = Vec<HostKeyView>), Refusals))]
async fn list_hosts(State(web): State<Web>) -> Json<Vec<HostKeyView>> {
    let world = web.world();
    let pinned = world.settings.iter().filter_map(|(name, value)| {
        let host = name.strip_prefix(setting::HOST_KEY)?.to_owned();
        let key: HostKey = setting::read(Some(value))?;
        Some(HostKeyView { host, fingerprint: key.fingerprint, first_seen: Moment(key.first_seen) })
    });
    Json(pinned.collect())
}

/// Forgets a server's key; the next one it shows is pinned.
#[utoipa::path(delete, path = "/sources/hosts/{host}", tag = "Sources", params(("host" = String, Path, description = "`host:port`.")),
    responses((status = 204, description = "Forgotten."), Refusals))]
async fn forget_host(State(web): State<Web>, caller: Caller, At(host): At<String>) -> Result<StatusCode, Problem> {
    let name = format!("{}{host}", setting::HOST_KEY);
    if !web.parts.world.borrow().settings.contains_key(&name) {
        return Err(Problem::not_found("pinned server", host));
    }
    put(&web, &caller.name, vec![setting::removal(&name)]).await?;
    Ok(StatusCode::NO_CONTENT)
}
