//! Does only a member come in, only for what it may, and only for as long as it is one? Real connections on loopback.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::edge::identity::Identity;

/// A node's link port on loopback.
pub(super) struct Party {
    pub(super) links: Links,
    pub(super) identity: Identity,
    pub(super) address: SocketAddr,
    shutdown: CancellationToken,
    _dir: tempfile::TempDir,
}

impl Party {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let identity = Identity::open(dir.path()).unwrap();
        let bind = IpAddr::from([127, 0, 0, 1]);
        let listener = TcpListener::bind((bind, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let links = Links::new(&identity, Arc::default(), Arc::new(Book::new(None, Vec::new(), bind)), bind);
        let shutdown = CancellationToken::new();
        links.listen(listener, shutdown.clone()).unwrap();
        Self { links, identity, address, shutdown, _dir: dir }
    }

    pub(super) fn node(&self) -> &NodeId {
        self.identity.node()
    }

    /// From now on these are the other members, and where they listen is known.
    pub(super) fn knows(&self, others: &[&Self]) {
        let keys = others.iter().map(|other| (other.node().clone(), other.identity.public_key().to_vec()));
        self.links.members().replace(keys.collect());
        for other in others {
            self.links.book().suggest(other.node(), other.address);
        }
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

async fn two() -> (Party, Party) {
    let (a, b) = (Party::new().await, Party::new().await);
    a.knows(&[&b]);
    b.knows(&[&a]);
    (a, b)
}

#[tokio::test]
async fn two_members_exchange_bytes_and_know_who_is_there() {
    let (a, b) = two().await;
    let mut taken = b.links.serve(Service::Http);
    let mut out = a.links.dial(b.node(), Service::Http).await.unwrap();
    let mut incoming = taken.recv().await.unwrap();
    assert_eq!(incoming.peer, *a.node());
    out.write_all(b"ping").await.unwrap();
    out.flush().await.unwrap();
    let mut read = [0; 4];
    incoming.stream.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"ping");
    assert_eq!(incoming.stream.remote(), out.local());
}

#[tokio::test]
async fn a_removed_member_loses_its_open_connections_at_once_and_gets_no_new_one() {
    let (a, b) = two().await;
    let mut taken = b.links.serve(Service::File);
    let mut out = a.links.dial(b.node(), Service::File).await.unwrap();
    let mut incoming = taken.recv().await.unwrap();
    let mut read = [0; 1];
    let waits = tokio::spawn(async move { incoming.stream.read_exact(&mut read).await.unwrap_err().kind() });
    b.knows(&[]);
    assert_eq!(waits.await.unwrap(), std::io::ErrorKind::ConnectionAborted);
    assert!(out.read_u8().await.is_err(), "the other end is closed, too");
    assert!(matches!(a.links.dial(b.node(), Service::File).await, Err(DialError::Unreachable { .. })));
    assert!(matches!(b.links.dial(a.node(), Service::File).await, Err(DialError::NoMember(_))));
}

#[tokio::test]
async fn a_foreign_key_is_refused_by_whoever_accepts_and_by_whoever_dials() {
    let (a, b) = two().await;
    let stranger = Party::new().await;
    let _taken = [&a, &b, &stranger].map(|party| party.links.serve(Service::Sync));
    stranger.knows(&[&a]);
    let error = stranger.links.dial(a.node(), Service::Sync).await.err().unwrap();
    assert!(matches!(error, DialError::Unreachable { .. }), "{error}");
    // Where b is said to be, there is now somebody else.
    a.links.book().meet(b.node(), stranger.address);
    a.links.dial(b.node(), Service::Sync).await.unwrap();
    assert_eq!(a.links.book().ways(b.node()), [b.address], "the stranger's address is struck out");
}

#[tokio::test]
async fn a_node_that_dials_itself_notices() {
    let (a, b) = two().await;
    let _taken = a.links.serve(Service::Sync);
    a.links.book().strike(b.node(), b.address);
    a.links.book().suggest(b.node(), a.address);
    let error = a.links.dial(b.node(), Service::Sync).await.err().unwrap();
    assert!(matches!(&error, DialError::Elsewhere { found, .. } if found == a.node()), "{error}");
    assert!(a.links.book().ways(b.node()).is_empty());
    let _joins = a.links.serve_join();
    let error = a.links.dial_join(a.address, None).await.err().unwrap();
    assert!(matches!(error, DialError::Elsewhere { .. }), "{error}");
}

#[tokio::test]
async fn a_service_that_nobody_serves_is_refused_and_so_is_joining() {
    let (a, b) = two().await;
    let _taken = b.links.serve(Service::Sync);
    assert!(matches!(a.links.dial(b.node(), Service::Api).await, Err(DialError::Unreachable { .. })));
    assert!(matches!(a.links.dial_join(b.address, None).await, Err(DialError::Unreachable { .. })));
}

#[tokio::test]
async fn the_service_is_named_by_alpn_and_anything_else_gets_no_answer() {
    let (a, b) = two().await;
    let _taken = b.links.serve(Service::Sync);
    for names in [vec![], vec![b"http/1.1".to_vec()], vec![b"kraken-sync/1".to_vec(), b"kraken-api/1".to_vec()]] {
        let (mut config, _) = a.links.shared.tls.dial(Service::Sync, tls::Expect::Node(b.node().clone())).unwrap();
        config.alpn_protocols = names;
        let tcp = TcpStream::connect(b.address).await.unwrap();
        let name = rustls::pki_types::ServerName::from(b.address.ip());
        assert!(tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.is_err());
    }
    let mut garbage = TcpStream::connect(b.address).await.unwrap();
    garbage.write_all(&[0x5a; 4096]).await.unwrap();
    let mut rest = Vec::new();
    // An alert or a reset; in any case the end.
    drop(garbage.read_to_end(&mut rest).await);
    a.links.dial(b.node(), Service::Sync).await.unwrap();
}

#[tokio::test]
async fn whoever_wants_to_join_is_known_by_its_key_and_both_ends_share_an_exporter() {
    let (host, joiner) = (Party::new().await, Party::new().await);
    let mut joins = host.links.serve_join();
    let mut out = joiner.links.dial_join(host.address, Some(host.node().clone())).await.unwrap();
    let mut incoming = joins.recv().await.unwrap();
    assert_eq!((&incoming.peer, incoming.key.as_slice()), (joiner.node(), joiner.identity.public_key()));
    assert_eq!((&out.peer, out.key.as_slice()), (host.node(), host.identity.public_key()));
    assert_eq!(out.exporter, incoming.exporter);
    let again = joiner.links.dial_join(host.address, None).await.unwrap();
    assert_ne!(again.exporter, out.exporter, "another connection has another");

    out.send(&[7; LARGEST_JOIN_MESSAGE]).await.unwrap();
    assert_eq!(incoming.receive().await.unwrap(), [7; LARGEST_JOIN_MESSAGE]);
    assert!(out.send(&[7; LARGEST_JOIN_MESSAGE + 1]).await.is_err());
    drop(out);
    assert!(incoming.receive().await.is_err());
}

#[tokio::test]
async fn a_joiner_has_two_connections_at_once_and_six_attempts() {
    let (host, joiner) = (Party::new().await, Party::new().await);
    let mut joins = host.links.serve_join();
    let dial = || joiner.links.dial_join(host.address, None);
    let (one, two) = (dial().await.unwrap(), dial().await.unwrap());
    assert!(dial().await.is_err(), "a third at once");
    drop((one, two, joins.recv().await, joins.recv().await));
    for _ in 3..6 {
        drop((dial().await.unwrap(), joins.recv().await));
    }
    assert!(dial().await.is_err(), "a seventh in a minute");
}

#[tokio::test]
async fn the_first_address_that_is_the_member_wins_whatever_the_others_do() {
    let (a, b) = two().await;
    let _taken = b.links.serve(Service::Sync);
    // It listens and never answers, such as a frozen machine.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    a.links.book().suggest(b.node(), "127.0.0.1:1".parse().unwrap());
    a.links.book().meet(b.node(), mute.local_addr().unwrap());
    let begun = crate::edge::clock::now();
    a.links.dial(b.node(), Service::Sync).await.unwrap();
    assert!(crate::edge::clock::now().saturating_sub(begun) < Duration::from_secs(5));
    assert_eq!(a.links.book().ways(b.node())[0], b.address, "and is tried first from now on");
}

#[tokio::test]
async fn connections_that_are_not_taken_are_closed_and_not_piled_up() {
    let (a, b) = two().await;
    let taken = b.links.serve(Service::Api);
    let mut open = Vec::new();
    for _ in 0..WAITING {
        open.push(a.links.dial(b.node(), Service::Api).await.unwrap());
    }
    assert!(a.links.dial(b.node(), Service::Api).await.is_err());
    assert_eq!(taken.len(), WAITING);
}
