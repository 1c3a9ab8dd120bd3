//! How do nodes reach each other? TCP on the link port, TLS with pinned keys, one service per connection.
//!
//! The service is named by ALPN (RFC 7301). All but joining are for members only; an acceptor that agrees says so with one
//! byte, [`WELCOME`], before anything else, so that a dialler knows that it was let in.

mod accept;
mod book;
mod dial;
mod follow;
mod frames;
mod hearing;
mod limits;
mod line;
mod members;
mod pipe;
mod stream;
mod switchboard;
mod tls;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use book::Book;
pub use dial::DialError;
pub use follow::follow_members;
pub use frames::LARGEST_FRAME;
pub use hearing::Hearing;
pub use line::{JoinLine, JoinReader, JoinWriter, LARGEST_JOIN_MESSAGE};
pub use members::{Members, keys_of};
pub use stream::LinkStream;
pub use switchboard::{NoWay, Switchboard};

use self::tls::Tls;
use crate::edge::identity::Identity;
use crate::model::id::NodeId;

/// What an acceptor says first.
const WELCOME: u8 = 1;
/// Connections of one service that wait to be taken; what comes then is closed.
const WAITING: usize = 64;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Joining a platform; the only one for nodes that are no members.
    Join,
    /// Frames between members.
    Sync,
    /// A request for an app, forwarded by another node's ingress.
    Http,
    /// A request of the API, forwarded by another node's API.
    Api,
    /// Uploaded folders, by their digest.
    File,
}

impl Service {
    const ALL: [Self; 5] = [Self::Join, Self::Sync, Self::Http, Self::Api, Self::File];

    /// Its name in ALPN.
    #[must_use]
    pub const fn alpn(self) -> &'static [u8] {
        match self {
            Self::Join => b"kraken-join/1",
            Self::Sync => b"kraken-sync/1",
            Self::Http => b"kraken-http/1",
            Self::Api => b"kraken-api/1",
            Self::File => b"kraken-file/1",
        }
    }

    fn of(alpn: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.alpn() == alpn)
    }
}

/// A connection that a member opened.
pub struct Incoming {
    /// Who; TLS proved it.
    pub peer: NodeId,
    /// Its bytes.
    pub stream: LinkStream,
}

/// The link port of this node, and the way to others'. Cheap to clone.
#[derive(Clone)]
pub struct Links {
    shared: Arc<Shared>,
}

struct Shared {
    tls: Tls,
    members: Arc<Members>,
    book: Arc<Book>,
    bind: IpAddr,
    services: Mutex<BTreeMap<Service, mpsc::Sender<Incoming>>>,
    joins: Mutex<Option<mpsc::Sender<JoinLine>>>,
}

impl Links {
    /// Links of the node `identity`, from and to `members`, dialled from `bind` at the addresses in `book`.
    #[must_use]
    pub fn new(identity: &Identity, members: Arc<Members>, book: Arc<Book>, bind: IpAddr) -> Self {
        let (services, joins) = (Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { tls: Tls::new(identity), members, book, bind, services, joins }) }
    }

    /// Accepts connections on `listener` until `shutdown`.
    ///
    /// # Errors
    /// When this node's certificate cannot be used.
    pub fn listen(&self, listener: TcpListener, shutdown: CancellationToken) -> Result<(), rustls::Error> {
        let door = accept::Door::new(Arc::clone(&self.shared))?;
        tokio::spawn(door.run(listener, shutdown));
        Ok(())
    }

    /// From now on connections for `service` come here; without a taker they are refused. Not for [`Service::Join`].
    #[must_use]
    pub fn serve(&self, service: Service) -> mpsc::Receiver<Incoming> {
        let (sender, receiver) = mpsc::channel(WAITING);
        self.shared.services.lock().unwrap_or_else(PoisonError::into_inner).insert(service, sender);
        receiver
    }

    /// From now on connections of whoever wants to join come here; without a taker they are refused.
    #[must_use]
    pub fn serve_join(&self) -> mpsc::Receiver<JoinLine> {
        let (sender, receiver) = mpsc::channel(accept::JOINERS);
        *self.shared.joins.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    /// Opens a connection to a member at the first of its known addresses where it answers.
    ///
    /// # Errors
    /// When it is no member, answers nowhere, or does not offer the service.
    pub async fn dial(&self, peer: &NodeId, service: Service) -> Result<LinkStream, DialError> {
        dial::dial(&self.shared, peer, service).await
    }

    /// Opens a connection for joining to whoever listens at `address`, or to `expect` and nobody else.
    ///
    /// # Errors
    /// When nobody answers there, or another node than expected.
    pub async fn dial_join(&self, address: SocketAddr, expect: Option<NodeId>) -> Result<JoinLine, DialError> {
        dial::dial_join(&self.shared, address, expect).await
    }

    /// The members whose connections are let in.
    #[must_use]
    pub fn members(&self) -> &Arc<Members> {
        &self.shared.members
    }

    /// Where members were met or may be met.
    #[must_use]
    pub fn book(&self) -> &Arc<Book> {
        &self.shared.book
    }
}
