//! How do two nodes speak that do not know each other yet? In messages of at most 4 KB, over a connection that lives minutes.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
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
        receive(&mut self.tls, self.ends_at).await
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the connection ended, the other end takes nothing for 10 s, or the message is larger than [`LARGEST_JOIN_MESSAGE`].
    pub async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&mut self.tls, message).await
    }

    /// Its two directions, for whoever hears while it speaks.
    #[must_use]
    pub fn split(self) -> (JoinReader, JoinWriter) {
        let (read, write) = tokio::io::split(self.tls);
        (JoinReader { read, ends_at: self.ends_at, _slot: self._slot }, JoinWriter { write })
    }
}

/// What the other end says.
pub struct JoinReader {
    read: ReadHalf<TlsStream<TcpStream>>,
    ends_at: Timestamp,
    _slot: Option<Slot>,
}

impl JoinReader {
    /// As [`JoinLine::receive`].
    ///
    /// # Errors
    /// As [`JoinLine::receive`].
    pub async fn receive(&mut self) -> io::Result<Vec<u8>> {
        receive(&mut self.read, self.ends_at).await
    }
}

/// What is said to the other end.
pub struct JoinWriter {
    write: WriteHalf<TlsStream<TcpStream>>,
}

impl JoinWriter {
    /// As [`JoinLine::send`].
    ///
    /// # Errors
    /// As [`JoinLine::send`].
    pub async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        send(&mut self.write, message).await
    }

    /// Says that nothing more will be said, once all is on its way.
    pub async fn finish(mut self) {
        // Whoever does not wait for the end has heard enough.
        drop(within(PATIENCE, self.write.shutdown()).await);
    }
}

async fn receive(from: &mut (impl AsyncRead + Unpin), ends_at: Timestamp) -> io::Result<Vec<u8>> {
    within(ends_at.saturating_sub(clock::now()), async {
        let length = from.read_u32().await? as usize;
        if length > LARGEST_JOIN_MESSAGE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a message of more than 4 KB"));
        }
        let mut message = vec![0; length];
        from.read_exact(&mut message).await?;
        Ok(message)
    })
    .await
}

async fn send(to: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let too_large = || io::Error::new(io::ErrorKind::InvalidInput, "a message of more than 4 KB");
    let length = u32::try_from(message.len()).ok().filter(|_| message.len() <= LARGEST_JOIN_MESSAGE).ok_or_else(too_large)?;
    within(PATIENCE, async {
        to.write_u32(length).await?;
        to.write_all(message).await?;
        to.flush().await
    })
    .await
}

async fn within<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
