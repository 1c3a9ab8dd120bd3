//! How do two nodes speak that do not know each other yet? In messages of at most 4 KB, over a connection that lives minutes.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

use super::limits::Slot;
use crate::edge::clock;
use crate::model::id::NodeId;
use crate::model::time::Timestamp;

/// The largest message, in bytes.
pub const LARGEST_JOIN_MESSAGE: usize = 4096;
/// A connection that is older is ended: a code lives ten minutes.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// To send one message.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection of `kraken-join/1`. TLS proved that the other end holds `key`, and nothing more.
pub struct JoinLine {
    /// The other node, as its key names it.
    pub peer: NodeId,
    /// Its public key (SPKI, DER).
    pub key: Vec<u8>,
    /// Where it is.
    pub address: SocketAddr,
    /// 32 bytes that only the two ends of this very connection share (RFC 9266 without its label, RFC 8446 section 7.5).
    pub exporter: [u8; 32],
    tls: TlsStream<TcpStream>,
    ends_at: Timestamp,
    _slot: Option<Slot>,
}

/// The label under which TLS derives [`JoinLine::exporter`], without context.
pub(super) const EXPORTER: &[u8] = b"EXPORTER-kraken-join-1";

impl JoinLine {
    pub(super) fn new(
        (peer, key): (NodeId, Vec<u8>),
        exporter: [u8; 32],
        tls: TlsStream<TcpStream>,
        slot: Option<Slot>,
    ) -> io::Result<Self> {
        let address = tls.get_ref().0.peer_addr()?;
        Ok(Self { peer, key, address, exporter, tls, ends_at: clock::now().after(LONGEST), _slot: slot })
    }

    /// The next message, however long its sender thinks.
    ///
    /// # Errors
    /// When the connection ends, is older than 15 minutes, or a message is larger than [`LARGEST_JOIN_MESSAGE`].
    pub async fn receive(&mut self) -> io::Result<Vec<u8>> {
        let left = self.ends_at.saturating_sub(clock::now());
        let tls = &mut self.tls;
        within(left, async {
            let length = tls.read_u32().await? as usize;
            if length > LARGEST_JOIN_MESSAGE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a message of more than 4 KB"));
            }
            let mut message = vec![0; length];
            tls.read_exact(&mut message).await?;
            Ok(message)
        })
        .await
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the connection ended, the other end takes nothing for 10 s, or the message is larger than [`LARGEST_JOIN_MESSAGE`].
    pub async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let too_large = || io::Error::new(io::ErrorKind::InvalidInput, "a message of more than 4 KB");
        let length = u32::try_from(message.len()).ok().filter(|_| message.len() <= LARGEST_JOIN_MESSAGE).ok_or_else(too_large)?;
        let tls = &mut self.tls;
        within(PATIENCE, async {
            tls.write_u32(length).await?;
            tls.write_all(message).await?;
            tls.flush().await
        })
        .await
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
