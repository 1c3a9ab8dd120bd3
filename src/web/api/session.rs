//! Who is signed in? Signing in and out, and the first password through a one-time link.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{self, Client, Maybe};
use super::password::{check_guess, has_password, hash_new, new_password_draft};
use super::wish::put;
use crate::model::setting;
use crate::web::guard::identity::{Caller, Via};
use crate::web::guard::{password, session};
use crate::web::problem::{Problem, Refusals, Told};
use crate::web::state::{Web, lock};
use crate::web::view::SessionView;

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(get_session, sign_in, sign_out)).routes(routes!(set_up)).routes(routes!(make_setup_link))
}

/// Whether the one who asks is signed in.
#[utoipa::path(get, path = "/session", tag = "Session", security(()),
    responses((status = 200, description = "All that is shown to who is not.", body = SessionView), Refusals))]
async fn get_session(State(web): State<Web>, Maybe(caller): Maybe) -> axum::Json<SessionView> {
    let has_password = has_password(&web);
    axum::Json(SessionView { signed_in: caller.is_some(), has_password, platform: web.parts.platform.clone() })
}

/// A guess.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInRequest {
    /// The password.
    password: String,
}

/// Signs in; the answer sets the session's cookie.
#[utoipa::path(post, path = "/session", tag = "Session", security(()), request_body = SignInRequest,
    responses((status = 204, description = "Signed in."), Refusals))]
async fn sign_in(
    State(web): State<Web>,
    Client(client): Client,
    ask::Json(body): ask::Json<SignInRequest>,
) -> Result<Response, Problem> {
    check_guess(&web, &client, body.password).await?;
    let drafts = session::outlived(&web.world(), web.now());
    open(&web, drafts).await
}

/// Opens a session beside writing `drafts`.
async fn open(web: &Web, mut drafts: Vec<crate::model::record::Draft>) -> Result<Response, Problem> {
    let (token, draft) = session::open(web.now()).map_err(|error| Problem::internal(format!("{error}.")))?;
    drafts.push(draft);
    put(web, "session", drafts).await?;
    Ok(with_cookie(Some(&token)))
}

fn with_cookie(token: Option<&str>) -> Response {
    (StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, session::set_cookie(token))])).into_response()
}

/// Signs out: the session ends everywhere.
#[utoipa::path(delete, path = "/session", tag = "Session", responses((status = 204, description = "Signed out."), Refusals))]
async fn sign_out(State(web): State<Web>, caller: Caller) -> Result<Response, Problem> {
    if let Via::Session(digest) = &caller.via {
        put(&web, &caller.name, vec![setting::removal(&format!("{}{digest}", setting::SESSION))]).await?;
    }
    Ok(with_cookie(None))
}

/// The first password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetUpRequest {
    /// What follows `#setup=` in the one-time link.
    token: String,
    /// The new password, at least 8 characters.
    password: String,
}

/// Sets the password through a one-time link and signs in. A link made with `--reset` replaces a password and ends every session.
#[utoipa::path(post, path = "/setup", tag = "Session", security(()), request_body = SetUpRequest,
    responses((status = 204, description = "Set, and signed in."), Refusals))]
async fn set_up(State(web): State<Web>, ask::Json(body): ask::Json<SetUpRequest>) -> Result<Response, Problem> {
    password::check(&body.password).map_err(|error| too_weak(&error))?;
    let spent = lock(&web.links).spend(&body.token, Instant::now());
    let Some(reset) = spent else {
        let refused =
            Problem::new(StatusCode::UNAUTHORIZED, "link-used-up", "This link was used already, or is older than an hour.");
        return Err(refused.next("Make a new one on the machine with `kraken login`."));
    };
    if has_password(&web) && !reset {
        let refused = Problem::new(StatusCode::CONFLICT, "password-is-set", "A password was set since this link was made.");
        return Err(refused.next("Sign in with it, or replace it on the machine with `kraken login --reset` as root."));
    }
    let phc = hash_new(&web, body.password).await?;
    let mut drafts = session::end_all(&web.world(), None);
    drafts.push(new_password_draft(phc)?);
    open(&web, drafts).await
}

/// A new password is not taken.
pub fn too_weak(error: &password::SetPasswordError) -> Problem {
    let refused = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-password", format!("It was not set: {error}."));
    refused.next("Take a few words that only you would put together.")
}

/// What kind of link.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetupLinkRequest {
    /// Whether it may replace the password there is; for root and the agent's own account.
    #[serde(default)]
    reset: bool,
}

/// A one-time link.
#[derive(Serialize, Deserialize, ToSchema)]
struct SetupLink {
    /// What comes after the dashboard's address: `/#setup=TOKEN`.
    path: String,
    /// For the dashboard on this machine itself.
    url: String,
    /// For other machines of the network.
    lan: Vec<String>,
    /// How long it works, in seconds.
    expires_in: u64,
}

/// Makes a one-time link that sets the password. On the local socket only.
#[utoipa::path(post, path = "/setup-link", tag = "Session", request_body = SetupLinkRequest,
    responses((status = 200, description = "The link.", body = SetupLink), Refusals))]
async fn make_setup_link(
    State(web): State<Web>,
    caller: Caller,
    ask::Json(body): ask::Json<SetupLinkRequest>,
) -> Result<Response, Problem> {
    let owns_agent = matches!(caller.via, Via::Socket { owns_agent: true });
    if body.reset && !owns_agent {
        let refused =
            Problem::new(StatusCode::FORBIDDEN, "only-root", "Only root and the agent's own account may replace the password.");
        return Err(refused.next("Run it with sudo."));
    }
    if has_password(&web) && !body.reset {
        let refused = Problem::new(StatusCode::CONFLICT, "password-is-set", "A password is set already.");
        return Err(refused.next("Sign in with it, or replace it with `kraken login --reset` as root."));
    }
    let token = lock(&web.links).make(body.reset, Instant::now()).map_err(|error| Problem::internal(format!("{error}.")))?;
    let machine = web.parts.ports.stats.machine();
    let path = format!("/#setup={token}");
    let lan = machine.addresses.iter().map(|ip| format!("http://{}{path}", std::net::SocketAddr::new(*ip, machine.api_port)));
    let link = SetupLink {
        url: format!("http://localhost:{}{path}", machine.api_port),
        lan: lan.collect(),
        path: path.clone(),
        expires_in: crate::web::guard::setup::LIFETIME.as_secs(),
    };
    let mut response = axum::Json(link).into_response();
    response.extensions_mut().insert(Told(if body.reset { "to replace the password" } else { "to set the password" }.to_owned()));
    Ok(response)
}
