//! How is a member reached? Where it was met last, and 150 ms later everywhere else it may be; whoever proves to be it first wins.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::line::{EXPORTER, JoinLine};
use super::stream::LinkStream;
use super::tls::Expect;
use super::{Service, Shared, WELCOME};
use crate::edge::identity::node_id;
use crate::model::id::NodeId;

/// To connect to one address.
const CONNECT: Duration = Duration::from_millis(800);
/// What the address where it was met last has before the others.
const HEAD_START: Duration = Duration::from_millis(150);
/// From the connection to the welcome.
const HANDSHAKE: Duration = Duration::from_secs(3);

/// Why nobody was reached.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// It is not, or no longer, a member.
    #[error("{0} is no member of this platform")]
    NoMember(NodeId),
    /// Nothing was ever heard of an address of it.
    #[error("no address of {0} is known")]
    NoAddress(NodeId),
    /// Another node answered.
    #[error("{address} is {} and not the node that was looked for", found.short())]
    Elsewhere {
        /// Where.
        address: SocketAddr,
        /// Who.
        found: NodeId,
    },
    /// Nobody answered, or not as a node of this platform would.
    #[error("{address} cannot be reached")]
    Unreachable {
        /// The last that was tried.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// TLS cannot be spoken with this node's key.
    #[error("this node's certificate cannot be used")]
    Tls(#[from] rustls::Error),
}

/// A connection of `service` to the member `peer`.
pub(super) async fn dial(shared: &Arc<Shared>, peer: &NodeId, service: Service) -> Result<LinkStream, DialError> {
    if !shared.members.has(peer) {
        return Err(DialError::NoMember(peer.clone()));
    }
    let ways = shared.book.ways(peer);
    let mut attempts: FuturesUnordered<_> =
        ways.into_iter().enumerate().map(|(index, address)| connect_after(shared.bind, address, index > 0)).collect();
    let mut last = DialError::NoAddress(peer.clone());
    while let Some((address, connected)) = attempts.next().await {
        let outcome = match connected {
            Ok(tcp) => handshake(shared, tcp, address, service, Expect::Node(peer.clone())).await,
            Err(source) => Err(DialError::Unreachable { address, source }),
        };
        match outcome {
            Ok(greeted) => {
                // Asked again: it may have been removed while it was dialled.
                let admitted = shared.members.admit(&greeted.key).filter(|(node, _)| node == peer);
                let (_, cut) = admitted.ok_or_else(|| DialError::NoMember(peer.clone()))?;
                shared.book.meet(peer, address);
                return LinkStream::new(greeted.tls.into(), cut, None)
                    .map_err(|source| DialError::Unreachable { address, source });
            }
            Err(error) => {
                if let DialError::Elsewhere { found, .. } = &error {
                    shared.book.strike(peer, address);
                    if shared.members.has(found) {
                        shared.book.suggest(found, address);
                    }
                }
                last = error;
            }
        }
    }
    Err(last)
}

/// A connection for joining to whoever is at `address`.
pub(super) async fn dial_join(shared: &Arc<Shared>, address: SocketAddr, expect: Option<NodeId>) -> Result<JoinLine, DialError> {
    let unreachable = |source| DialError::Unreachable { address, source };
    let tcp = connect(shared.bind, address).await.map_err(unreachable)?;
    let expect = expect.map_or(Expect::Anybody, Expect::Node);
    let greeted = handshake(shared, tcp, address, Service::Join, expect).await?;
    let exporter = greeted.tls.get_ref().1.export_keying_material([0; 32], EXPORTER, None)?;
    JoinLine::new((node_id(&greeted.key), greeted.key), exporter, greeted.tls.into(), None).map_err(unreachable)
}

struct Greeted {
    tls: TlsStream<TcpStream>,
    key: Vec<u8>,
}

async fn connect_after(bind: IpAddr, address: SocketAddr, waits: bool) -> (SocketAddr, io::Result<TcpStream>) {
    if waits {
        tokio::time::sleep(HEAD_START).await;
    }
    (address, connect(bind, address).await)
}

async fn connect(bind: IpAddr, address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Several nodes of one machine are told apart by their addresses.
    if !bind.is_unspecified() && bind.is_ipv4() == address.is_ipv4() {
        socket.bind(SocketAddr::new(bind, 0))?;
    }
    let stream = tokio::time::timeout(CONNECT, socket.connect(address)).await.unwrap_or_else(|_| timed_out())?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn handshake(
    shared: &Shared,
    tcp: TcpStream,
    address: SocketAddr,
    service: Service,
    expect: Expect,
) -> Result<Greeted, DialError> {
    let (config, answered) = shared.tls.dial(service, expect.clone())?;
    let name = ServerName::from(address.ip());
    let greeting = async {
        let mut tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        // Only now has the other end looked at this node's key, and taken the connection.
        match tls.read_u8().await? {
            WELCOME => Ok(tls),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it does not say welcome")),
        }
    };
    let greeted = tokio::time::timeout(HANDSHAKE, greeting).await.unwrap_or_else(|_| timed_out());
    match (greeted, answered.key()) {
        (Ok(tls), Some(key)) => Ok(Greeted { tls, key: key.to_vec() }),
        (Err(_), Some(key))
            if matches!(&expect, Expect::Node(node) if *node != node_id(key)) || node_id(key) == shared.tls.me =>
        {
            Err(DialError::Elsewhere { address, found: node_id(key) })
        }
        (Err(source), _) => Err(DialError::Unreachable { address, source }),
        (Ok(_), None) => Err(DialError::Unreachable { address, source: io::ErrorKind::InvalidData.into() }),
    }
}

fn timed_out<T>() -> io::Result<T> {
    Err(io::ErrorKind::TimedOut.into())
}
