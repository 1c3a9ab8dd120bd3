//! How does one request get its answer? Find its app, send it to a replica, try another where that is safe, and stream
//! the answer back.

use std::sync::Arc;
use std::time::Duration;

use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Uri, Version};
use hyper::body::{Body, Incoming};
use hyper::upgrade::OnUpgrade;
use tokio::time::sleep;

use super::body::{ClientBody, Lease, ReplyBody};
use super::door::{Destination, Visit};
use super::page::Page;
use super::pool::{ConnectUpstreamError, Sender};
use super::table::{App, Upstream};
use super::{cookies, headers, tunnel};
use crate::edge::flow::Guard;
use crate::model::id::ReplicaId;

/// How often one request is tried at most.
const TRIES: usize = 3;
/// How long a connection may take while another replica could serve instead.
const IMPATIENT: Duration = Duration::from_millis(300);
/// How long it may take otherwise.
const PATIENT: Duration = Duration::from_secs(1);
/// The pause before the same replica is tried again: it may just be restarting.
const PAUSE: Duration = Duration::from_millis(50);

/// Why a request got no answer from its app.
#[derive(Debug, thiserror::Error)]
enum ForwardError {
    #[error("no replica takes requests")]
    Nowhere,
    #[error(transparent)]
    Unreachable(#[from] ConnectUpstreamError),
    #[error("the connection to the app broke before it answered")]
    Broken(#[source] hyper::Error),
    #[error("the visitor stopped sending")]
    Stalled(#[source] hyper::Error),
}

/// Answers one request.
pub async fn answer(visit: &Visit, request: Request<Incoming>) -> Response<ReplyBody> {
    let (mut parts, incoming) = request.into_parts();
    let named_length = visit.heads.take_length();
    if incoming.is_end_stream() {
        visit.heads.expect_next();
    }
    let html = super::page::wants_html(&parts.headers);
    if let Err(page) = check(&parts, named_length) {
        return page.answer(html);
    }
    let app = match visit.destination(&parts) {
        Destination::App(app) => app,
        Destination::Elsewhere(response) => return *response,
        Destination::Page(page) => return page.answer(html),
    };
    app.flow.count_request();
    let body = if incoming.is_end_stream() {
        ClientBody::default()
    } else {
        ClientBody::new(incoming, app.flow.clone(), visit.heads.clone())
    };
    let on_upgrade = parts.extensions.remove::<OnUpgrade>();
    let stays = app.sticky.as_ref().and_then(|name| cookies::find(&parts.headers, name)).map(str::to_owned);
    let protocol = prepare(&mut parts, &body, visit);
    let request = Request::from_parts(parts, body);
    match forward(visit, app.clone(), request, stays.as_deref()).await {
        Ok(sent) => reply(visit, &app, sent, stays.as_deref(), on_upgrade.filter(|_| protocol.is_some())),
        Err(error) => failure(&app, &error).answer(html),
    }
}

/// Refuses what two programs could read in two ways, and methods that are not for apps.
fn check(parts: &Parts, named_length: bool) -> Result<(), Page> {
    if named_length && parts.headers.contains_key(header::TRANSFER_ENCODING) {
        let detail = "The request gives its length both by Content-Length and by Transfer-Encoding.";
        return Err(Page::new(StatusCode::BAD_REQUEST, "Bad request", detail).last());
    }
    if let Err(error) = headers::check_coding(&parts.headers) {
        return Err(Page::new(StatusCode::NOT_IMPLEMENTED, "Not implemented", error.to_string()).last());
    }
    if matches!(parts.method, Method::CONNECT | Method::TRACE) {
        let detail = format!("{} is not for apps.", parts.method);
        return Err(Page::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", detail));
    }
    Ok(())
}

/// Makes the head of a request fit for its app; returns the protocol it wants to switch to.
fn prepare(parts: &mut Parts, body: &ClientBody, visit: &Visit) -> Option<HeaderValue> {
    if let Some(host) = super::host::authority(&parts.uri).and_then(|host| HeaderValue::from_str(host).ok()) {
        parts.headers.insert(header::HOST, host);
        let path = parts.uri.path_and_query().cloned();
        parts.uri = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    }
    parts.version = Version::HTTP_11;
    let protocol = headers::to_app(&mut parts.headers, &visit.visitor);
    cookies::strip_request(&mut parts.headers);
    // hyper sends no chunked body with a GET unless told to.
    if !body.is_none() && !parts.headers.contains_key(header::CONTENT_LENGTH) {
        parts.headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    protocol
}

/// A head without a body, to be sent again if need be.
type Spare = (Method, Uri, http::HeaderMap);

/// The copy is two allocations and counted pointers; it is what makes a stale connection invisible.
fn spare(request: &Request<ClientBody>) -> Option<Spare> {
    let repeatable = request.body().is_none() && request.method().is_idempotent();
    repeatable.then(|| (request.method().clone(), request.uri().clone(), request.headers().clone()))
}

fn rebuild((method, uri, headers): Spare) -> Request<ClientBody> {
    let mut request = Request::new(ClientBody::default());
    (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, uri, headers);
    request
}

/// An answer that has begun, and who gives it.
struct Sent {
    response: Response<Incoming>,
    upstream: Arc<Upstream>,
    guard: Guard,
    sender: Sender,
}

async fn forward(
    visit: &Visit,
    mut app: Arc<App>,
    mut request: Request<ClientBody>,
    stays: Option<&str>,
) -> Result<Sent, ForwardError> {
    let mut tried: Vec<ReplicaId> = Vec::new();
    let mut must_be_new = false;
    loop {
        let is_last = tried.len() + 1 >= TRIES;
        let Some((upstream, guard)) = app.pick(stays, &tried) else {
            // A swap in this moment: the replicas of the table this request began with drain, those of the newest serve.
            let newest = visit.newest(&app);
            if Arc::ptr_eq(&newest, &app) {
                return Err(ForwardError::Nowhere);
            }
            app = newest;
            continue;
        };
        let spare = spare(&request);
        let pooled = if must_be_new { None } else { upstream.pool.take(spare.is_some()) };
        let mut sender = match pooled {
            Some(sender) => sender,
            None => match upstream.connect(&visit.gate.beyond, patience(&app, tried.len())).await {
                Ok(sender) => sender,
                Err(error) => {
                    upstream.eject();
                    if is_last {
                        return Err(error.into());
                    }
                    drop(guard);
                    app = visit.again(app, &upstream, &mut tried).await;
                    continue;
                }
            },
        };
        let mut error = match sender.try_send_request(request).await {
            Ok(response) => return Ok(Sent { response, upstream, guard, sender }),
            Err(error) => error,
        };
        drop(guard);
        // Unsent: any request may go again, on a new connection, since this one was stale.
        if let Some(unsent) = error.take_message().filter(|_| !is_last) {
            (request, must_be_new) = (unsent, true);
            tried.push(upstream.replica.clone());
            continue;
        }
        let error = error.into_error();
        match spare.filter(|_| !is_last && !error.is_user() && app.flow.may_repeat()) {
            Some(spare) => request = rebuild(spare),
            None if error.is_user() => return Err(ForwardError::Stalled(error)),
            None => return Err(ForwardError::Broken(error)),
        }
        must_be_new = true;
        app = visit.again(app, &upstream, &mut tried).await;
    }
}

fn patience(app: &App, tried: usize) -> Duration {
    if app.has_other(tried) { IMPATIENT } else { PATIENT }
}

impl Visit {
    /// The app as the newest table knows it, after a failed try.
    async fn again(&self, app: Arc<App>, failed: &Upstream, tried: &mut Vec<ReplicaId>) -> Arc<App> {
        let had_other = app.has_other(tried.len());
        tried.push(failed.replica.clone());
        if !had_other {
            sleep(PAUSE).await;
        }
        self.newest(&app)
    }

    fn newest(&self, app: &Arc<App>) -> Arc<App> {
        self.gate.routes.load().by_id(app.id.as_str()).unwrap_or(app).clone()
    }
}

fn reply(visit: &Visit, app: &Arc<App>, sent: Sent, stays: Option<&str>, on_upgrade: Option<OnUpgrade>) -> Response<ReplyBody> {
    let Sent { mut response, upstream, guard, sender } = sent;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return switch(visit, app, response, guard, on_upgrade);
    }
    if headers::check_coding(response.headers()).is_err() {
        return Page::new(
            StatusCode::BAD_GATEWAY,
            format!("{} answered in a way nobody asked for", app.name),
            "Its Transfer-Encoding is not \"chunked\".",
        )
        .answer(false);
    }
    *response.version_mut() = Version::HTTP_11;
    headers::to_visitor(response.headers_mut());
    cookies::strip_response(response.headers_mut());
    keep_visitor(app, &upstream, stays, response.headers_mut());
    let lease = Lease { guard, pool: upstream.pool.clone(), sender };
    response.map(|incoming| ReplyBody::streamed(incoming, app.flow.clone(), lease))
}

fn keep_visitor(app: &App, upstream: &Upstream, stays: Option<&str>, headers: &mut http::HeaderMap) {
    let Some(name) = app.sticky.as_ref().filter(|_| stays != Some(upstream.replica.as_str())) else { return };
    if let Some(cookie) = cookies::sticky_cookie(name, &upstream.replica) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// The app switches protocols: from here on bytes pass both ways.
fn switch(
    visit: &Visit,
    app: &Arc<App>,
    mut response: Response<Incoming>,
    guard: Guard,
    on_upgrade: Option<OnUpgrade>,
) -> Response<ReplyBody> {
    let protocol = response.headers().get(header::UPGRADE).cloned();
    let (Some(visitor), Some(protocol)) = (on_upgrade, protocol) else {
        let detail = "It switched to another protocol, which the request did not ask for.";
        return Page::new(StatusCode::BAD_GATEWAY, format!("{} answered in a way nobody asked for", app.name), detail)
            .answer(false);
    };
    let behind = hyper::upgrade::on(&mut response);
    headers::to_visitor(response.headers_mut());
    cookies::strip_response(response.headers_mut());
    let is_websocket = protocol.as_bytes().eq_ignore_ascii_case(b"websocket");
    headers::offer(response.headers_mut(), protocol);
    let ends = tunnel::Ends { flow: app.flow.clone(), guard, closing: visit.closing.clone(), is_websocket };
    visit.gate.tasks.spawn(tunnel::open(visitor, behind, ends));
    response.map(|_| ReplyBody::whole(bytes::Bytes::new()))
}

fn failure(app: &App, error: &ForwardError) -> Page {
    let name = &app.name;
    match error {
        ForwardError::Nowhere => {
            let because = if app.because.is_empty() { "No replica of it takes requests." } else { app.because.as_str() };
            Page::new(StatusCode::SERVICE_UNAVAILABLE, format!("{name} is not available"), because).retry_after(5)
        }
        ForwardError::Unreachable(_) => {
            let detail = format!("Nothing answers on port {} of its container. Its log on the dashboard says more.", app.port);
            Page::new(StatusCode::BAD_GATEWAY, format!("{name} cannot be reached"), detail).retry_after(5)
        }
        ForwardError::Broken(_) => {
            let detail = "It closed the connection before it answered. Its log on the dashboard says more.";
            Page::new(StatusCode::BAD_GATEWAY, format!("{name} gave no answer"), detail)
        }
        ForwardError::Stalled(_) => {
            Page::new(StatusCode::REQUEST_TIMEOUT, "The request did not arrive", "Its body stopped on the way.").last()
        }
    }
}
