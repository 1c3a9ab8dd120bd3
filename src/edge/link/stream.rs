//! What is a connection to a member? A stream of bytes that ends at once when the member is removed.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::limits::Slot;

/// An authenticated connection. Reads and writes fail once the member at its other end is none any more.
pub struct LinkStream {
    tls: TlsStream<TcpStream>,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    local: SocketAddr,
    remote: SocketAddr,
    /// Its place among the connections of its address; none if this node dialled.
    _slot: Option<Slot>,
}

impl LinkStream {
    pub(super) fn new(tls: TlsStream<TcpStream>, cut: CancellationToken, slot: Option<Slot>) -> io::Result<Self> {
        let socket = tls.get_ref().0;
        let (local, remote) = (socket.local_addr()?, socket.peer_addr()?);
        Ok(Self { tls, cut: Box::pin(cut.cancelled_owned()), local, remote, _slot: slot })
    }

    /// This machine's end.
    #[must_use]
    pub const fn local(&self) -> SocketAddr {
        self.local
    }

    /// The member's end.
    #[must_use]
    pub const fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Also wakes whoever waits for bytes when the member leaves.
    fn poll_cut(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.cut.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "it is no member any more")),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for LinkStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll_cut(cx)?;
        Pin::new(&mut self.tls).poll_read(cx, buf)
    }
}

impl AsyncWrite for LinkStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_cut(cx)?;
        Pin::new(&mut self.tls).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_cut(cx)?;
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}
