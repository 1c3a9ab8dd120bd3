//! How do connections become requests? HTTP/1.1 on port 8000 and on the local socket, bounded, ended in order.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service as _;

use super::accounts::Accounts;
use super::guard::door::door;
use super::guard::identity::Peer;
use super::state::Web;
use super::{api, assets};

/// Connections at once.
const CONNECTIONS: usize = 512;
/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(10);
/// How long open answers get when the agent stops; streams are cut then.
const FAREWELL: Duration = Duration::from_secs(3);
/// The pause after a failed accept: out of file descriptors, most likely.
const BREATH: Duration = Duration::from_millis(100);

/// Where connections come from.
#[derive(Debug, Default)]
pub struct Listeners {
    /// Port 8000, else the next free of 8001 to 8009, bound by the caller.
    pub tcp: Vec<TcpListener>,
    /// The local socket, bound by the caller.
    pub socket: Option<UnixListener>,
}

/// Every route behind the door.
pub fn router(web: &Web) -> Router {
    let routes = api::router().fallback(assets::serve).method_not_allowed_fallback(no_such_method);
    routes.layer(middleware::from_fn_with_state(web.clone(), door)).with_state(web.clone())
}

async fn no_such_method(method: axum::http::Method, uri: axum::http::Uri) -> super::problem::Problem {
    let text = format!("{method} is not done at {}.", uri.path());
    super::problem::Problem::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "no-such-method", text)
        .next("Look it up in /api/v1/openapi.json.")
}

/// Serves until `shutdown`; returns when the last answer is given, or three seconds later.
pub async fn serve(listeners: Listeners, web: Web, shutdown: CancellationToken) {
    let server = Server {
        router: router(&web),
        places: Arc::new(Semaphore::new(CONNECTIONS)),
        connections: TaskTracker::new(),
        shutdown: shutdown.clone(),
    };
    let accepting = TaskTracker::new();
    for listener in listeners.tcp {
        accepting.spawn(server.clone().accept_tcp(listener));
    }
    if let Some(listener) = listeners.socket {
        accepting.spawn(server.clone().accept_socket(listener));
    }
    accepting.close();
    accepting.wait().await;
    web.stopping.cancel();
    server.connections.close();
    if timeout(FAREWELL, server.connections.wait()).await.is_err() {
        tracing::info!(open = server.connections.len(), "open answers were cut at the end");
    }
}

#[derive(Clone)]
struct Server {
    router: Router,
    places: Arc<Semaphore>,
    connections: TaskTracker,
    shutdown: CancellationToken,
}

impl Server {
    async fn accept_tcp(self, listener: TcpListener) {
        while let Some(place) = self.place().await {
            let accepted = tokio::select! {
                () = self.shutdown.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => {
                    // A refusal only costs a little latency.
                    drop(stream.set_nodelay(true));
                    self.answer(stream, Peer::Tcp(address), place);
                }
                Err(error) => self.breathe(&error).await,
            }
        }
    }

    async fn accept_socket(self, listener: UnixListener) {
        while let Some(place) = self.place().await {
            let accepted = tokio::select! {
                () = self.shutdown.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => match stream.peer_cred() {
                    Ok(cred) => match Accounts::read().admit(cred.uid(), cred.gid()) {
                        Some(peer) => self.answer(stream, peer, place),
                        None => {
                            tracing::warn!(uid = cred.uid(), "an account outside the group kraken knocked at the local socket")
                        }
                    },
                    Err(error) => tracing::warn!(%error, "the other end of the local socket is unknown"),
                },
                Err(error) => self.breathe(&error).await,
            }
        }
    }

    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            () = self.shutdown.cancelled() => None,
            place = Arc::clone(&self.places).acquire_owned() => place.ok(),
        }
    }

    async fn breathe(&self, error: &std::io::Error) {
        tracing::warn!(%error, "a connection could not be accepted");
        tokio::time::sleep(BREATH).await;
    }

    fn answer(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: Peer, place: OwnedSemaphorePermit) {
        let router = self.router.clone();
        let shutdown = self.shutdown.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer.clone());
            router.clone().call(request.map(axum::body::Body::new))
        });
        self.connections.spawn(async move {
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_headers(64).max_buf_size(64 * 1024);
            let connection = http.serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = shutdown.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                                    timeout(FAREWELL, connection).await.unwrap_or(Ok(()))
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
            drop(place);
        });
    }
}

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
