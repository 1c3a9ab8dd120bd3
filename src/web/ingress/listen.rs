//! How do visitors get in? A listener per port, limits per visitor, and one task per connection.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::door::{Door, Gate, Visit};
use super::headers::Visitor;
use super::wire::Wire;
use super::{proxy, relay};

/// Connections per visitor's address; those of this machine itself are only bounded by [`TOTAL`].
pub const PER_ADDRESS: usize = 200;
/// Connections altogether.
pub const TOTAL: usize = 8192;
/// How long the head of a request may take, and how long a connection may be idle between two.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// The largest head of a request, and what is buffered of a body per connection.
const BUFFER: usize = 64 * 1024;
/// Connections the kernel holds for us while we are busy.
const BACKLOG: i32 = 1024;
/// After this silence the kernel asks whether a visitor is still there.
const PROBE_AFTER: Duration = Duration::from_secs(60);
/// The pause when no connection can be accepted (out of file descriptors, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Opens a port; an IPv6 wildcard takes IPv4 too, and falls back to it where there is no IPv6.
///
/// # Errors
/// The port is taken, may not be opened, or the address is not this machine's.
pub fn bind(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    match bind_one(SocketAddr::new(address, port)) {
        Err(error) if address.is_ipv6() && address.is_unspecified() && is_without_v6(&error) => {
            bind_one(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port))
        }
        bound => bound,
    }
}

fn is_without_v6(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL))
}

fn bind_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for old connections to fade; on Linux this takes no port from a living listener.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Who is connected.
#[derive(Debug, Default)]
pub struct Census(Mutex<Seats>);

#[derive(Debug, Default)]
struct Seats {
    by_address: BTreeMap<IpAddr, usize>,
    total: usize,
}

/// The place of one connection, free again when dropped.
#[derive(Debug)]
pub struct Seat {
    census: Arc<Census>,
    address: IpAddr,
}

impl Census {
    /// A place for a connection from `address`; none if it has its share, or the house is full.
    #[must_use]
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.by_address.get(&address).copied().unwrap_or(0);
        if seats.total >= TOTAL || (taken >= PER_ADDRESS && !address.is_loopback()) {
            return None;
        }
        seats.total += 1;
        seats.by_address.insert(address, taken + 1);
        Some(Seat { census: self.clone(), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.census.0.lock().unwrap_or_else(PoisonError::into_inner);
        seats.total -= 1;
        match seats.by_address.get_mut(&self.address) {
            Some(taken) if *taken > 1 => *taken -= 1,
            _ => {
                seats.by_address.remove(&self.address);
            }
        }
    }
}

/// Accepts until `closing`; then its connections end gracefully.
pub async fn accept(listener: TcpListener, gate: Arc<Gate>, census: Arc<Census>, door: Door, closing: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = closing.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(seat) = census.admit(peer.ip().to_canonical()) else {
                    tracing::debug!(%peer, "connection refused: too many");
                    continue;
                };
                let serving = serve(stream, peer, gate.clone(), door, closing.clone());
                gate.tasks.spawn(async move {
                    serving.await;
                    drop(seat);
                });
            }
            // The visitor went away while in the queue.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, gate: Arc<Gate>, door: Door, closing: CancellationToken) {
    // A connection that is gone already shows at its first read.
    stream.set_nodelay(true).ok();
    SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(PROBE_AFTER)).ok();
    let Ok(local) = stream.local_addr() else { return };
    let killed = gate.killed.clone();
    let to = match door {
        Door::Published(port) => gate.routes.load().by_relay(port).cloned(),
        Door::Front => None,
    };
    let served = async {
        match to {
            Some((app, port)) => relay::relay(stream, &app, port, &gate.beyond, &closing).await,
            None => {
                serve_http(
                    stream,
                    Visit {
                        visitor: Visitor::new(peer.ip().to_canonical()),
                        heads: Arc::default(),
                        gate,
                        door,
                        peer,
                        local,
                        closing,
                    },
                )
                .await
            }
        }
    };
    tokio::select! {
        () = served => {}
        () = killed.cancelled() => {}
    }
}

async fn serve_http(stream: TcpStream, visit: Visit) {
    let closing = visit.closing.clone();
    let visit = Arc::new(visit);
    let io = TokioIo::new(Wire::new(stream, visit.heads.clone()));
    let service = service_fn(move |request: Request<Incoming>| {
        let visit = visit.clone();
        async move { Ok::<_, std::convert::Infallible>(proxy::answer(&visit, request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_header_size(BUFFER).max_buf_size(BUFFER);
    let mut connection = std::pin::pin!(builder.serve_connection(io, service).with_upgrades());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_visitor_cannot_take_all_places_and_this_machine_may_take_more() {
        let census = Arc::new(Census::default());
        let visitor: IpAddr = "192.168.1.7".parse().unwrap();
        let mut seats: Vec<Seat> = (0..PER_ADDRESS).map(|_| census.admit(visitor).unwrap()).collect();
        assert!(census.admit(visitor).is_none());
        assert!(census.admit("192.168.1.8".parse().unwrap()).is_some());
        assert!(
            (0..=PER_ADDRESS).map(|_| census.admit(Ipv4Addr::LOCALHOST.into())).collect::<Vec<_>>().iter().all(Option::is_some)
        );
        seats.pop();
        assert!(census.admit(visitor).is_some());
    }

    #[test]
    fn the_house_has_an_end_and_places_become_free() {
        let census = Arc::new(Census::default());
        let all: Vec<_> = (0..TOTAL).map(|_| census.admit(Ipv4Addr::LOCALHOST.into()).unwrap()).collect();
        assert!(census.admit(Ipv4Addr::LOCALHOST.into()).is_none());
        drop(all);
        assert!(census.0.lock().unwrap().by_address.is_empty());
        assert!(census.admit(Ipv4Addr::LOCALHOST.into()).is_some());
    }

    #[tokio::test]
    async fn a_taken_port_is_an_error_and_a_wildcard_takes_both_families() {
        let any = bind(std::net::Ipv6Addr::UNSPECIFIED.into(), 0).unwrap();
        let port = any.local_addr().unwrap().port();
        assert_eq!(bind(Ipv4Addr::LOCALHOST.into(), port).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    }
}
