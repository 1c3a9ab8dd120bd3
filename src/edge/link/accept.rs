//! Who comes in at the link port? Whoever finishes the handshake in time, is a member or wants to join, and finds a place.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::{StartHandshake, TlsStream};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::limits::{Rate, Slot, Slots};
use super::line::{EXPORTER, JoinLine};
use super::stream::LinkStream;
use super::{Incoming, Service, Shared, WELCOME, tls};
use crate::edge::clock;
use crate::edge::identity::node_id;

/// From the first byte to the welcome.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Connections of one address, and of all; a request of an app forwarded by another node is one.
const EACH: usize = 512;
const ALL: usize = 4096;
/// Unfinished handshakes of one address, and of all.
const STRANGERS_EACH: usize = 32;
const STRANGERS_ALL: usize = 256;
/// Connections of joiners at once, of one address and of all.
const JOINERS_EACH: usize = 2;
pub(super) const JOINERS: usize = 8;
/// Attempts to join of one address: so many at once, then one per interval.
const ATTEMPTS: u32 = 6;
const ATTEMPT_EVERY: Duration = Duration::from_secs(10);
/// After an error that is not the connection's own, such as too many open files.
const PAUSE: Duration = Duration::from_millis(200);

/// The listener's side of all services.
pub(super) struct Door {
    shared: Arc<Shared>,
    configs: BTreeMap<Service, Arc<ServerConfig>>,
    connections: Slots,
    strangers: Slots,
    joiners: Slots,
    attempts: Mutex<Rate>,
}

/// Why a connection was closed before it was anybody's.
#[derive(Debug, thiserror::Error)]
enum AcceptError {
    #[error("the handshake failed")]
    Handshake(#[from] io::Error),
    #[error("the handshake took too long")]
    Slow,
    #[error("it asks for no service that is served here")]
    Service,
    #[error("it has too many connections")]
    Crowded,
    #[error("it tries too often to join")]
    Rate,
    #[error("it is no member")]
    Stranger,
    #[error("connections of this service are not taken fast enough")]
    Busy,
}

impl Door {
    pub(super) fn new(shared: Arc<Shared>) -> Result<Arc<Self>, rustls::Error> {
        let config = |service| Ok((service, Arc::new(shared.tls.accept(service, &shared.members)?)));
        let configs = Service::ALL.into_iter().map(config).collect::<Result<_, rustls::Error>>()?;
        Ok(Arc::new(Self {
            configs,
            connections: Slots::new(EACH, ALL),
            strangers: Slots::new(STRANGERS_EACH, STRANGERS_ALL),
            joiners: Slots::new(JOINERS_EACH, JOINERS),
            attempts: Mutex::new(Rate::new(ATTEMPTS, ATTEMPT_EVERY)),
            shared,
        }))
    }

    pub(super) async fn run(self: Arc<Self>, listener: TcpListener, shutdown: CancellationToken) {
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((tcp, address)) => {
                    let (Some(stranger), Some(slot)) = (self.strangers.take(address.ip()), self.connections.take(address.ip()))
                    else {
                        debug!(%address, "too many connections; one was closed");
                        continue;
                    };
                    tokio::spawn(Arc::clone(&self).admit(tcp, slot, stranger));
                }
                Err(error) => {
                    warn!(because = %error, "a connection to the link port could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn admit(self: Arc<Self>, tcp: TcpStream, slot: Slot, stranger: Slot) {
        let Ok(address) = tcp.peer_addr() else { return };
        let greeted = tokio::time::timeout(HANDSHAKE, self.greet(tcp, address.ip(), slot)).await;
        drop(stranger);
        if let Err(error) = greeted.unwrap_or(Err(AcceptError::Slow)) {
            debug!(%address, because = %crate::edge::work::chain(&error), "a connection to the link port was closed");
        }
    }

    async fn greet(&self, tcp: TcpStream, address: IpAddr, slot: Slot) -> Result<(), AcceptError> {
        tcp.set_nodelay(true)?;
        let start = LazyConfigAcceptor::new(Acceptor::default(), tcp).await?;
        let service = asked_service(&start).ok_or(AcceptError::Service)?;
        match service {
            Service::Join => self.greet_joiner(start, address).await,
            _ => self.greet_member(start, service, slot).await,
        }
    }

    async fn handshake(&self, start: StartHandshake<TcpStream>, service: Service) -> Result<TlsStream<TcpStream>, AcceptError> {
        let config = self.configs.get(&service).ok_or(AcceptError::Service)?;
        Ok(start.into_stream(Arc::clone(config)).await?)
    }

    async fn greet_member(&self, start: StartHandshake<TcpStream>, service: Service, slot: Slot) -> Result<(), AcceptError> {
        let taker = self.shared.services.lock().unwrap_or_else(PoisonError::into_inner).get(&service).cloned();
        let taker = taker.ok_or(AcceptError::Service)?;
        let mut tls = self.handshake(start, service).await?;
        // Asked again: it may have been removed since its certificate was looked at.
        let (peer, cut) = self.shared.members.admit(&key_of(&tls)?).ok_or(AcceptError::Stranger)?;
        let place = taker.try_reserve_owned().map_err(|_| AcceptError::Busy)?;
        tls.write_all(&[WELCOME]).await?;
        tls.flush().await?;
        let stream = LinkStream::new(tls.into(), cut, Some(slot))?;
        place.send(Incoming { peer, stream });
        Ok(())
    }

    async fn greet_joiner(&self, start: StartHandshake<TcpStream>, address: IpAddr) -> Result<(), AcceptError> {
        let taker = self.shared.joins.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(AcceptError::Service)?;
        let is_allowed = self.attempts.lock().unwrap_or_else(PoisonError::into_inner).allows(address, clock::now());
        if !is_allowed {
            return Err(AcceptError::Rate);
        }
        let slot = self.joiners.take(address).ok_or(AcceptError::Crowded)?;
        let mut tls = self.handshake(start, Service::Join).await?;
        let key = key_of(&tls)?;
        let exporter = tls.get_ref().1.export_keying_material([0; 32], EXPORTER, None).map_err(io::Error::other)?;
        let place = taker.try_reserve_owned().map_err(|_| AcceptError::Busy)?;
        tls.write_all(&[WELCOME]).await?;
        tls.flush().await?;
        place.send(JoinLine::new((node_id(&key), key), exporter, tls.into(), Some(slot))?);
        Ok(())
    }
}

/// The one service that the dialler names; several are as good as none.
fn asked_service(start: &StartHandshake<TcpStream>) -> Option<Service> {
    let hello = start.client_hello();
    let mut names = hello.alpn()?;
    let service = Service::of(names.next()?)?;
    names.next().is_none().then_some(service)
}

fn key_of(stream: &TlsStream<TcpStream>) -> Result<Vec<u8>, AcceptError> {
    let certificate = stream.get_ref().1.peer_certificates().and_then(|all| all.first()).ok_or(AcceptError::Stranger)?;
    tls::public_key(certificate).map_err(|_| AcceptError::Stranger)
}
