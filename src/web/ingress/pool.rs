//! Which open connection to a replica can be used again? One small stack per replica, the most recent on top.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::body::ClientBody;
use super::far::Pipe;
use crate::model::id::NodeId;

/// A connection to a replica that can take a request.
pub type Sender = http1::SendRequest<ClientBody>;

/// Node closes an idle connection after 5 s; we must be first.
const IDLE: Duration = Duration::from_secs(4);
/// A request that cannot be repeated takes only a connection that was used just now: one the app is about to close would
/// lose it for good.
const FRESH: Duration = Duration::from_millis(500);
/// Idle connections kept per replica.
const KEPT: usize = 128;
/// How long an answered connection may take to be ready again (the rest of a long upload, say).
const SETTLE: Duration = Duration::from_secs(1);
/// The largest head of an answer, and what is buffered of a body per connection.
const BUFFER: usize = 64 * 1024;

/// Idle connections to one replica.
#[derive(Debug, Default)]
pub struct Pool(Mutex<Stack>);

#[derive(Debug, Default)]
struct Stack {
    idle: Vec<Idle>,
    is_closed: bool,
}

#[derive(Debug)]
struct Idle {
    sender: Sender,
    since: Instant,
}

impl Pool {
    fn stack(&self) -> MutexGuard<'_, Stack> {
        // Nothing panics while holding this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection used last; `replayable` says whether the request can be sent again if it turns out dead.
    pub fn take(&self, replayable: bool) -> Option<Sender> {
        let now = Instant::now();
        let limit = if replayable { IDLE } else { FRESH };
        let mut stack = self.stack();
        while let Some(idle) = stack.idle.pop_if(|top| now.duration_since(top.since) <= limit) {
            if idle.sender.is_ready() {
                return Some(idle.sender);
            }
        }
        None
    }

    /// Keeps a connection whose answer is complete.
    pub fn give_back(self: &Arc<Self>, mut sender: Sender) {
        if sender.is_closed() {
            return;
        }
        if sender.is_ready() {
            self.keep(sender);
            return;
        }
        let pool = self.clone();
        tokio::spawn(async move {
            if let Ok(Ok(())) = timeout(SETTLE, sender.ready()).await {
                pool.keep(sender);
            }
        });
    }

    fn keep(&self, sender: Sender) {
        let mut stack = self.stack();
        if !stack.is_closed && stack.idle.len() < KEPT {
            stack.idle.push(Idle { sender, since: Instant::now() });
        }
    }

    /// Closes what was idle too long.
    pub fn sweep(&self) {
        let now = Instant::now();
        self.stack().idle.retain(|idle| now.duration_since(idle.since) <= IDLE && !idle.sender.is_closed());
    }

    /// Closes all idle connections, and those given back later: the replica takes no requests any more.
    pub fn close(&self) {
        let mut stack = self.stack();
        stack.is_closed = true;
        stack.idle.clear();
    }
}

/// A replica that cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectUpstreamError {
    /// Refused, or no way there.
    #[error("cannot connect to {address}")]
    Connect {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Nobody answered.
    #[error("{address} did not answer within {} ms", limit.as_millis())]
    Silent {
        /// Where.
        address: SocketAddr,
        /// How long we waited.
        limit: Duration,
    },
    /// No way to it on its machine.
    #[error("cannot reach it on {}", node.short())]
    Beyond {
        /// Which machine.
        node: NodeId,
        /// Why.
        source: io::Error,
    },
    /// hyper refused the connection.
    #[error("cannot speak HTTP with {address}")]
    Handshake {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: hyper::Error,
    },
}

/// A plain connection to `address`, with small packets sent at once.
///
/// # Errors
/// Refused, unreachable, or no answer within `limit`.
pub async fn dial(address: SocketAddr, limit: Duration) -> Result<TcpStream, ConnectUpstreamError> {
    let connecting = timeout(limit, TcpStream::connect(address)).await;
    let connected = connecting.map_err(|_| ConnectUpstreamError::Silent { address, limit })?;
    let refused = |source| ConnectUpstreamError::Connect { address, source };
    let stream = connected.map_err(refused)?;
    stream.set_nodelay(true).map_err(refused)?;
    Ok(stream)
}

/// HTTP over a connection to the app at `address`.
///
/// # Errors
/// hyper refused the connection.
pub async fn shake(stream: impl Pipe + 'static, address: SocketAddr) -> Result<Sender, ConnectUpstreamError> {
    let mut builder = http1::Builder::new();
    builder.max_header_size(BUFFER).max_buf_size(BUFFER);
    let handshake = builder.handshake(TokioIo::new(stream)).await;
    let (sender, connection) = handshake.map_err(|source| ConnectUpstreamError::Handshake { address, source })?;
    // It ends with its sender; what goes wrong on it, the request that it carries is told.
    tokio::spawn(async move { connection.with_upgrades().await.ok() });
    Ok(sender)
}
