//! In which order are the rules of the door applied? Host, rate, who, scope, origin; then the answer, hardened and noted.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, timeout};

use super::access::{self, Needs};
use super::identity::{Caller, Peer, identify};
use super::{audit, headers, origin};
use crate::model::setting::Scope;
use crate::web::host::Host;
use crate::web::problem::Problem;
use crate::web::state::{Web, lock};

/// How long most answers may take: the desk's 20 s and some.
const USUAL: Duration = Duration::from_secs(30);
/// Looking at a Git server.
const LOOKING: Duration = Duration::from_secs(75);
/// Half a gigabyte over a slow wireless network.
const UPLOADING: Duration = Duration::from_secs(15 * 60);
/// How long a request waits for its turn.
const TURN: Duration = Duration::from_secs(5);

/// The middleware around every route.
pub async fn door(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().cloned();
    let change = audit::verb(request.method(), request.uri().path());
    let mut response = match admit(&web, &mut request, peer.as_ref()) {
        Ok(()) => {
            let who = request.extensions().get::<Caller>().map_or_else(|| nobody(peer.as_ref()), |caller| caller.name.clone());
            let response = in_turn(&web, request, next).await;
            if let Some(change) = change {
                let deed = audit::deed(who, change, &response);
                audit::note(&web, deed).await;
            }
            response
        }
        Err(problem) => problem.into_response(),
    };
    headers::harden(response.headers_mut());
    response
}

fn nobody(peer: Option<&Peer>) -> String {
    peer.map_or_else(|| "nobody".to_owned(), |peer| format!("nobody at {}", peer.client()))
}

async fn in_turn(web: &Web, request: Request, next: Next) -> Response {
    let Ok(Ok(_turn)) = timeout(TURN, web.requests.acquire()).await else {
        let busy = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "This machine is answering as many requests as it can.");
        return busy.next("Try again in a moment.").retry_after(5).into_response();
    };
    let limit = limit_of(request.uri().path());
    timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        let slow = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too-slow",
            format!("There was no answer within {} s.", limit.as_secs()),
        );
        slow.next("Ask again with the same Idempotency-Key; nothing is ever done twice.").into_response()
    })
}

fn limit_of(path: &str) -> Duration {
    match path {
        "/api/v1/uploads" => UPLOADING,
        "/api/v1/sources/inspect" | "/api/v1/apps" | "/api/v1/doctor" => LOOKING,
        _ => USUAL,
    }
}

/// Lets a request in, with its caller, or says why not.
fn admit(web: &Web, request: &mut Request, peer: Option<&Peer>) -> Result<(), Problem> {
    let Some(peer) = peer else { return Err(Problem::internal("The connection has no other end.")) };
    if matches!(peer, Peer::Tcp(_)) {
        check_host(web, request)?;
        check_rate(web, peer)?;
    }
    let caller = identify(web, request.headers(), peer);
    let path = request.uri().path();
    match (access::needs(request.method(), path), &caller) {
        (Needs::Nothing, _) => {}
        (_, None) => return Err(nobody_yet(request)),
        (Needs::LocalSocket, Some(caller)) if !caller.is_local() => return Err(only_here()),
        (Needs::Scope(scope), Some(caller)) if !access::allows(&caller.scopes, scope) => return Err(out_of_scope(caller, scope)),
        _ => {}
    }
    let bearer = request.headers().contains_key(header::AUTHORIZATION);
    if is_change(request.method()) && matches!(peer, Peer::Tcp(_)) && !(bearer && caller.is_some()) {
        origin::check(request.headers()).map_err(foreign)?;
    }
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    Ok(())
}

fn check_host(web: &Web, request: &Request) -> Result<(), Problem> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let only = hosts.next().filter(|_| hosts.next().is_none()).and_then(|value| value.to_str().ok());
    let Some(host) = only.and_then(Host::parse) else {
        return Err(Problem::invalid("The request needs exactly one Host header that names this machine."));
    };
    let name = host.as_str();
    // `*.localhost` never leaves the visitor's own machine.
    if web.parts.own_names.contains(&host) || name.ends_with(".localhost") {
        return Ok(());
    }
    let refused = Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown-host",
        format!("\"{name}\" is no name of this machine, so a page elsewhere may be pretending to be it."),
    );
    Err(refused.next("Open the dashboard by the machine's address or name, or add the name to hosts in kraken.toml."))
}

fn check_rate(web: &Web, peer: &Peer) -> Result<(), Problem> {
    lock(&web.rate).take(&peer.client(), Instant::now()).map_err(|wait| {
        let refused = Problem::new(StatusCode::TOO_MANY_REQUESTS, "slow-down", "Too many requests from this address.");
        refused.next("Wait a moment, then go on.").retry_after(wait.as_secs().max(1))
    })
}

fn nobody_yet(request: &Request) -> Problem {
    let refused = Problem::new(StatusCode::UNAUTHORIZED, "not-signed-in", "Nobody is signed in.");
    if request.headers().contains_key(header::AUTHORIZATION) {
        return Problem { detail: "That token opens nothing here, or no longer.".into(), ..refused }
            .next("Make a new one in the settings.");
    }
    refused.next("Sign in, or send a token as Authorization: Bearer.")
}

fn only_here() -> Problem {
    let refused = Problem::new(StatusCode::FORBIDDEN, "only-here", "This is done on the machine itself only.");
    refused.next("Use the kraken command there.")
}

fn out_of_scope(caller: &Caller, scope: Scope) -> Problem {
    let word = match scope {
        Scope::Read => "read",
        Scope::Write => "write",
        Scope::Admin => "admin",
    };
    let refused = Problem::new(StatusCode::FORBIDDEN, "out-of-scope", format!("The {} lacks the scope \"{word}\".", caller.name));
    refused.next("Make a token with that scope in the settings.")
}

fn foreign(why: origin::ForeignChange) -> Problem {
    let refused = Problem::new(StatusCode::FORBIDDEN, "foreign-page", format!("The change was not taken: {why}."));
    refused.next("Changes are made from the dashboard's own page, with a token, or on the machine itself.")
}

fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
