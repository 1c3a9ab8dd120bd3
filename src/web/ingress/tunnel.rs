//! How do bytes pass once a connection switched protocols? Both ways until one side ends; a WebSocket whose replica
//! goes away is told so in its own words (close code 1012, service restart; IANA WebSocket close codes).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::edge::flow::{AppFlow, Guard};

/// A close frame with code 1012, unmasked as servers send it (RFC 6455 section 5.5.1).
const CLOSE_1012: [u8; 4] = [0x88, 0x02, 0x03, 0xf4];
/// How long one side may go on after the other has ended.
const GOODBYE: Duration = Duration::from_secs(1);
const BUFFER: usize = 16 * 1024;

/// What a tunnel holds, and what ends it.
#[derive(Debug)]
pub struct Ends {
    /// Counts its bytes.
    pub flow: Arc<AppFlow>,
    /// Counts it as in flight, and tells when its replica waits no longer.
    pub guard: Guard,
    /// Cancelled when the ingress closes.
    pub closing: CancellationToken,
    /// Whether its bytes are WebSocket frames.
    pub is_websocket: bool,
}

/// Joins a visitor and an app that have both switched protocols.
pub async fn open(visitor: OnUpgrade, app: OnUpgrade, ends: Ends) {
    if let (Ok(visitor), Ok(app)) = tokio::join!(visitor, app) {
        join(TokioIo::new(visitor), TokioIo::new(app), &ends).await;
    }
}

/// Why the way from the app to the visitor ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// One side closed or broke.
    Closed,
    /// The replica or the ingress goes away.
    Cut,
}

async fn join(visitor: impl AsyncRead + AsyncWrite, app: impl AsyncRead + AsyncWrite, ends: &Ends) {
    let (visitor_read, visitor_write) = split(visitor);
    let (app_read, app_write) = split(app);
    let mut up = std::pin::pin!(upward(visitor_read, app_write, &ends.flow));
    let mut down = std::pin::pin!(downward(app_read, visitor_write, ends));
    let up_ended = tokio::select! {
        _ = &mut up => true,
        end = &mut down => {
            tracing::debug!(?end, "tunnel closed by its app's side");
            false
        }
    };
    // What one side still has to say after the other has ended: the answer to a close frame.
    if up_ended {
        timeout(GOODBYE, down).await.ok();
    } else {
        timeout(GOODBYE, up).await.ok();
    }
}

async fn upward(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, flow: &AppFlow) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        flow.count_in(read);
        to.write_all(&buffer[..read]).await?;
    }
}

async fn downward(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, ends: &Ends) -> io::Result<End> {
    let mut buffer = vec![0; BUFFER];
    let mut frames = Frames::default();
    loop {
        let read = tokio::select! {
            biased;
            () = ends.guard.cut().cancelled() => break,
            () = ends.closing.cancelled() => break,
            read = from.read(&mut buffer) => read?,
        };
        if read == 0 {
            to.shutdown().await?;
            return Ok(End::Closed);
        }
        ends.flow.count_out(read);
        if ends.is_websocket {
            frames.pass(&buffer[..read]);
        }
        to.write_all(&buffer[..read]).await?;
    }
    if ends.is_websocket && finish_frame(&mut from, &mut to, &mut frames, &mut buffer).await? {
        to.write_all(&CLOSE_1012).await?;
    }
    to.shutdown().await?;
    Ok(End::Cut)
}

/// Lets the frame under way pass to its end, since a close frame cannot stand within another; `false` if it takes too long.
async fn finish_frame(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    frames: &mut Frames,
    buffer: &mut [u8],
) -> io::Result<bool> {
    let mut deadline = std::pin::pin!(sleep(GOODBYE / 2));
    while !frames.is_between() {
        let read = tokio::select! {
            () = &mut deadline => return Ok(false),
            read = from.read(buffer) => read?,
        };
        if read == 0 {
            return Ok(false);
        }
        let end = frames.pass_one(&buffer[..read]);
        to.write_all(&buffer[..end]).await?;
    }
    Ok(true)
}

/// Where one WebSocket frame ends and the next begins (RFC 6455 section 5.2).
#[derive(Debug, Default)]
struct Frames {
    head: [u8; 14],
    /// Bytes of the head so far; once it is complete, 0.
    have: usize,
    /// Bytes of the payload still to come.
    left: u64,
    has_head: bool,
}

impl Frames {
    fn is_between(&self) -> bool {
        self.have == 0 && !self.has_head
    }

    /// Passes all of `bytes`.
    fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            bytes = &bytes[self.pass_one(bytes)..];
        }
    }

    /// Passes `bytes` up to the end of the frame under way; returns how many.
    fn pass_one(&mut self, bytes: &[u8]) -> usize {
        let mut passed = 0;
        while !self.has_head {
            let Some(byte) = bytes.get(passed) else { return passed };
            self.head[self.have] = *byte;
            (self.have, passed) = (self.have + 1, passed + 1);
            if self.have == self.head_len() {
                (self.left, self.has_head, self.have) = (self.payload_len(), true, 0);
            }
        }
        let rest = bytes.len() - passed;
        let take = usize::try_from(self.left).map_or(rest, |left| left.min(rest));
        self.left -= take as u64;
        self.has_head = self.left > 0;
        passed + take
    }

    /// How long the head is, as far as it is known; at least 2.
    fn head_len(&self) -> usize {
        let mask = if self.head[1] & 0x80 == 0 { 0 } else { 4 };
        match (self.have, self.head[1] & 0x7f) {
            (0 | 1, _) => 2,
            (_, 126) => 4 + mask,
            (_, 127) => 10 + mask,
            _ => 2 + mask,
        }
    }

    fn payload_len(&self) -> u64 {
        let wide = |len: usize| self.head[2..2 + len].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        match self.head[1] & 0x7f {
            126 => wide(2),
            127 => wide(8),
            short => u64::from(short),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::flow::Flow;
    use tokio::io::duplex;

    fn frame(len: usize, is_masked: bool) -> Vec<u8> {
        let mask = if is_masked { 0x80 } else { 0 };
        let mut bytes = vec![0x82];
        match len {
            0..126 => bytes.push(mask | u8::try_from(len).unwrap()),
            126..65536 => {
                bytes.push(mask | 126);
                bytes.extend(u16::try_from(len).unwrap().to_be_bytes());
            }
            _ => {
                bytes.push(mask | 127);
                bytes.extend((len as u64).to_be_bytes());
            }
        }
        bytes.extend(vec![0; len + if is_masked { 4 } else { 0 }]);
        bytes
    }

    #[test]
    fn the_end_of_a_frame_is_found_however_it_is_cut() {
        for (len, is_masked) in [(0, false), (1, true), (125, false), (126, true), (65535, false), (70000, true)] {
            let bytes = frame(len, is_masked);
            for step in [1, 2, 3, 7, 4096, bytes.len()] {
                let mut frames = Frames::default();
                let (last, before) = bytes.split_last().unwrap();
                before.chunks(step).for_each(|chunk| frames.pass(chunk));
                assert!(!frames.is_between(), "{len} {step}");
                frames.pass(&[*last]);
                assert!(frames.is_between(), "{len} {step}");
            }
        }
    }

    #[test]
    fn passing_one_frame_stops_at_its_end() {
        let mut two = frame(5, false);
        let first = two.len();
        two.extend(frame(300, false));
        let mut frames = Frames::default();
        assert_eq!(frames.pass_one(&two), first);
        assert_eq!(frames.pass_one(&two[first..]), two.len() - first);
    }

    fn ends(flow: &Flow, is_websocket: bool) -> Ends {
        let replica = "web-1-0".parse().unwrap();
        let app = flow.app(&"web".parse().unwrap());
        let guard = flow.enter(&replica).unwrap();
        Ends { flow: app, guard, closing: CancellationToken::new(), is_websocket }
    }

    #[tokio::test(start_paused = true)]
    async fn a_cut_websocket_finishes_its_frame_and_is_closed_with_1012() {
        let flow = Flow::new();
        let ends = ends(&flow, true);
        let (mut visitor, near) = duplex(1024);
        let (far, mut app) = duplex(1024);
        let closing = ends.closing.clone();
        let tunnel = tokio::spawn(async move { join(near, far, &ends).await });
        let bytes = frame(4, false);
        app.write_all(&bytes[..3]).await.unwrap();
        let mut seen = vec![0; 3];
        visitor.read_exact(&mut seen).await.unwrap();
        closing.cancel();
        let mut rest = bytes[3..].to_vec();
        rest.extend(frame(2, false));
        app.write_all(&rest).await.unwrap();
        visitor.read_to_end(&mut seen).await.unwrap();
        assert_eq!(seen, [&bytes[..], &CLOSE_1012].concat(), "the frame under way, the close, and nothing of the next");
        drop(visitor);
        tunnel.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_that_never_ends_is_cut_without_a_close_frame() {
        let flow = Flow::new();
        let ends = ends(&flow, true);
        ends.closing.cancel();
        let (mut visitor, near) = duplex(1024);
        let (far, mut app) = duplex(1024);
        app.write_all(&frame(4, false)[..3]).await.unwrap();
        let mut frames = Frames { have: 1, ..Frames::default() };
        let (mut from, mut to) = (far, near);
        let finished = finish_frame(&mut from, &mut to, &mut frames, &mut [0; 64]).await.unwrap();
        assert!(!finished);
        drop(to);
        assert!(visitor.read(&mut [0; 8]).await.unwrap() > 0);
    }

    #[tokio::test]
    async fn bytes_are_counted_both_ways() {
        let flow = Flow::new();
        let ends = ends(&flow, false);
        let (mut visitor, near) = duplex(1024);
        let (far, mut app) = duplex(1024);
        let tunnel = tokio::spawn(async move { join(near, far, &ends).await });
        visitor.write_all(b"hello").await.unwrap();
        app.read_exact(&mut [0; 5]).await.unwrap();
        app.write_all(b"hi").await.unwrap();
        visitor.read_exact(&mut [0; 2]).await.unwrap();
        drop((visitor, app));
        tunnel.await.unwrap();
        let counts = flow.counts(&"web".parse().unwrap());
        assert_eq!((counts.bytes_in, counts.bytes_out), (5, 2));
    }
}
