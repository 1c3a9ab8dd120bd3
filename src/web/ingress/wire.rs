//! Did the head of this request name its length twice, by Content-Length and by Transfer-Encoding? hyper hides it (it
//! drops the length, which is safe); RFC 9112 section 6.3 lets us refuse what only an attacker sends. So we look at the
//! bytes of each head as they come in.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

const LENGTH: &[u8] = b"content-length";

/// What was seen of the heads on one connection, shared by its stream and whoever answers its requests.
#[derive(Debug)]
pub struct Heads {
    /// The next bytes are those of a head.
    awaited: AtomicBool,
    has_length: AtomicBool,
}

impl Default for Heads {
    fn default() -> Self {
        Self { awaited: AtomicBool::new(true), has_length: AtomicBool::new(false) }
    }
}

impl Heads {
    /// Whether the head just read had a Content-Length. A pipelined head that came in one packet with the end of the
    /// request before it is not seen; then hyper's own rule stands.
    pub fn take_length(&self) -> bool {
        self.awaited.store(false, Ordering::Relaxed);
        self.has_length.swap(false, Ordering::Relaxed)
    }

    /// The body is over: a head comes next.
    pub fn expect_next(&self) {
        self.awaited.store(true, Ordering::Relaxed);
    }
}

/// A visitor's connection, with an eye on its heads.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    heads: Arc<Heads>,
    line: Line,
}

impl Wire {
    /// Watches `stream`.
    #[must_use]
    pub fn new(stream: TcpStream, heads: Arc<Heads>) -> Self {
        Self { stream, heads, line: Line::default() }
    }
}

/// The line being read: its first bytes are enough to know it.
#[derive(Debug, Default)]
struct Line {
    start: [u8; LENGTH.len()],
    len: usize,
    is_within_head: bool,
}

impl Line {
    /// Reads on; stops at the end of the head.
    fn read(&mut self, heads: &Heads, mut bytes: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (rest_of_line, rest) = bytes.split_at(end);
            self.extend(rest_of_line.strip_suffix(b"\r").unwrap_or(rest_of_line));
            bytes = &rest[1..];
            if self.len == 0 && self.is_within_head {
                *self = Self::default();
                heads.awaited.store(false, Ordering::Relaxed);
                return;
            }
            if self.start[..self.len.min(LENGTH.len())].eq_ignore_ascii_case(LENGTH) {
                heads.has_length.store(true, Ordering::Relaxed);
            }
            self.is_within_head |= self.len > 0;
            self.len = 0;
        }
        self.extend(bytes.strip_suffix(b"\r").unwrap_or(bytes));
    }

    fn extend(&mut self, bytes: &[u8]) {
        if self.len < LENGTH.len() {
            let take = bytes.len().min(LENGTH.len() - self.len);
            self.start[self.len..self.len + take].copy_from_slice(&bytes[..take]);
        }
        self.len += bytes.len();
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        if this.heads.awaited.load(Ordering::Relaxed) {
            this.line.read(&this.heads, &buf.filled()[before..]);
        }
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a length is seen in the head that `text` begins with, cut at every place.
    fn sees_length(text: &str) -> bool {
        let seen = |cut: usize| {
            let (heads, mut line) = (Heads::default(), Line::default());
            for part in [&text.as_bytes()[..cut], &text.as_bytes()[cut..]] {
                if heads.awaited.load(Ordering::Relaxed) {
                    line.read(&heads, part);
                }
            }
            heads.take_length()
        };
        let whole = seen(0);
        assert!((0..text.len()).all(|cut| seen(cut) == whole), "{text:?} depends on where it is cut");
        whole
    }

    #[test]
    fn a_length_in_the_head_is_seen_however_it_is_written() {
        assert!(sees_length("POST / HTTP/1.1\r\nHost: a\r\nCONTENT-length: 5\r\n\r\nhello"));
        assert!(sees_length("\r\nPOST / HTTP/1.1\nContent-Length:5\nHost: a\n\nhello"));
        assert!(!sees_length("GET / HTTP/1.1\r\nHost: a\r\nX-Content-Length: 5\r\n\r\n"));
    }

    #[test]
    fn a_length_in_the_body_is_none_of_the_head() {
        assert!(!sees_length("POST / HTTP/1.1\r\nHost: a\r\n\r\nContent-Length: 5\r\n\r\n"));
    }

    #[test]
    fn after_a_head_nothing_is_looked_at_until_the_next_is_due() {
        let (heads, mut line) = (Heads::default(), Line::default());
        line.read(&heads, b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n");
        assert!(!heads.awaited.load(Ordering::Relaxed));
        assert!(heads.take_length());
        assert!(!heads.take_length(), "it is told once");
        heads.expect_next();
        line.read(&heads, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(!heads.take_length());
    }
}
