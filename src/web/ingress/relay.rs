//! How do bytes of a `[[port]]` pass? A plain relay to one replica; each direction ends by itself (half-close), as the
//! two programs wish.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::far::{Beyond, Pipe};
use super::pool::{ConnectUpstreamError, dial};
use super::table::{App, Upstream};
use crate::model::id::ReplicaId;

/// How often a connection is tried at most.
const TRIES: usize = 3;
/// How long one try may take.
const LIMIT: Duration = Duration::from_secs(1);

/// Relays one connection to `port` of a replica of `app`, until both sides have ended, the replica waits no longer, or
/// the ingress closes.
pub async fn relay(mut visitor: TcpStream, app: &App, port: u16, beyond: &Beyond, closing: &CancellationToken) {
    app.flow.count_request();
    let mut tried: Vec<ReplicaId> = Vec::new();
    while tried.len() < TRIES {
        let Some((upstream, guard)) = app.pick(None, &tried) else { return };
        let mut behind = match reach(&upstream, port, beyond).await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(replica = %upstream.replica, port, %error, "relay cannot reach its replica");
                tried.push(upstream.replica.clone());
                continue;
            }
        };
        let copied = tokio::select! {
            copied = copy_bidirectional(&mut visitor, &mut behind) => copied,
            () = guard.cut().cancelled() => return,
            () = closing.cancelled() => return,
        };
        if let Ok((sent, received)) = copied {
            app.flow.count_in(usize::try_from(sent).unwrap_or(usize::MAX));
            app.flow.count_out(usize::try_from(received).unwrap_or(usize::MAX));
        }
        return;
    }
}

async fn reach(upstream: &Upstream, port: u16, beyond: &Beyond) -> Result<Box<dyn Pipe>, ConnectUpstreamError> {
    match &upstream.node {
        None => Ok(Box::new(dial(SocketAddr::new(upstream.address.ip(), port), LIMIT).await?)),
        Some(node) => upstream.pipe(beyond, node, port).await,
    }
}
