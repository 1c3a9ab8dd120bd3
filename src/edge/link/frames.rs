//! How do frames lie on a link? Each is a length (4 bytes, big-endian) and so many bytes of JSON; length 0 says "still here".

use std::io;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::model::frame::{Envelope, FRAME_FORMAT, Frame};
use crate::model::id::NodeId;

/// The largest frame, in bytes.
pub const LARGEST_FRAME: usize = 4 << 20;
/// Written at once; a peer that takes not even that in [`PATIENCE`] is gone, or too slow to be waited for.
const PIECE: usize = 16 << 10;
const PATIENCE: Duration = Duration::from_secs(10);
/// A peer from which nothing comes for so long is gone; a link costs little to open again.
const SILENCE: Duration = Duration::from_secs(6);
/// A word is said at least so often, an empty frame if there is nothing to say.
pub(super) const PING: Duration = Duration::from_millis(1500);
/// More nodes never pass a frame on.
const MOST_HOPS: u8 = 1;

/// What is to be done with a frame that arrived.
#[derive(Debug, PartialEq)]
pub(super) enum Arrived {
    /// It is for this node.
    Mine { from: NodeId, frame: Box<Frame> },
    /// It is for another, and this node may pass it on as it stands here.
    PassOn { to: NodeId, bytes: Vec<u8> },
    /// It cannot be read; what it calls itself.
    Strange(String),
    /// Its envelope is none, or says what the other end may not say.
    Bad,
}

/// The way of an envelope, whatever is in it.
#[derive(Deserialize)]
struct Way {
    v: u16,
    from: NodeId,
    to: NodeId,
    #[serde(default)]
    hops: u8,
}

/// Reads what `peer` sent to `me`.
pub(super) fn read(bytes: &[u8], peer: &NodeId, me: &NodeId) -> Arrived {
    let Ok(way) = serde_json::from_slice::<Way>(bytes) else { return Arrived::Bad };
    // The first says it for itself only; whoever passes on may name another.
    if way.hops > MOST_HOPS || (way.hops == 0 && way.from != *peer) || way.from == *me {
        return Arrived::Bad;
    }
    if way.to != *me {
        return pass_on(bytes, way);
    }
    match serde_json::from_slice::<Envelope>(bytes) {
        Ok(envelope) if way.v <= FRAME_FORMAT && envelope.frame != Frame::Unknown => {
            Arrived::Mine { from: envelope.from, frame: Box::new(envelope.frame) }
        }
        _ => Arrived::Strange(kind_of(bytes)),
    }
}

/// The same envelope one node further, also with a frame that only a newer Kraken understands.
fn pass_on(bytes: &[u8], way: Way) -> Arrived {
    let Ok(Value::Object(mut envelope)) = serde_json::from_slice(bytes) else { return Arrived::Bad };
    if way.hops >= MOST_HOPS {
        return Arrived::Bad;
    }
    envelope.insert("hops".to_owned(), Value::from(way.hops + 1));
    let bytes = serde_json::to_vec(&envelope).expect("JSON that was read is written again");
    Arrived::PassOn { to: way.to, bytes }
}

fn kind_of(bytes: &[u8]) -> String {
    let value: Option<Value> = serde_json::from_slice(bytes).ok();
    let kind = value.as_ref().and_then(|value| value.get("frame")?.get("kind")?.as_str()).unwrap_or("without a kind");
    kind.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(40).collect()
}

/// An envelope as it lies on the wire; none if it is too large for any.
pub(super) fn encode(from: &NodeId, to: &NodeId, frame: Frame) -> Option<Vec<u8>> {
    let envelope = Envelope { v: FRAME_FORMAT, from: from.clone(), to: to.clone(), hops: 0, frame };
    let bytes = serde_json::to_vec(&envelope).ok()?;
    (bytes.len() <= LARGEST_FRAME).then_some(bytes)
}

/// The next frame; empty ones say only that the other end is there.
///
/// # Errors
/// When the link ends, says nothing for 6 s, or announces more than [`LARGEST_FRAME`].
pub(super) async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = in_time(SILENCE, stream.read_u32()).await? as usize;
    if length > LARGEST_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame of more than 4 MiB"));
    }
    let mut rest = stream.take(length as u64);
    let mut bytes = Vec::new();
    while bytes.len() < length {
        // Room grows with what arrives, not with what was announced.
        bytes.reserve(PIECE.min(length - bytes.len()));
        if in_time(SILENCE, rest.read_buf(&mut bytes)).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(bytes)
}

/// Sends a frame.
///
/// # Errors
/// When the link is gone, or the other end takes nothing for 10 s.
pub(super) async fn send(stream: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
    piece(stream, &length.to_be_bytes()).await?;
    for bytes in frame.chunks(PIECE) {
        piece(stream, bytes).await?;
    }
    in_time(PATIENCE, stream.flush()).await
}

async fn piece(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    in_time(PATIENCE, stream.write_all(bytes)).await
}

async fn in_time<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::vector::Vector;

    fn node(letter: &str) -> NodeId {
        letter.repeat(26).parse().unwrap()
    }

    fn holds() -> Frame {
        Frame::Holds { vector: Vector::default() }
    }

    fn text(from: &str, to: &str, hops: u8, frame: &str) -> Vec<u8> {
        let (from, to) = (node(from), node(to));
        format!(r#"{{"v":1,"from":"{from}","to":"{to}","hops":{hops},"frame":{frame}}}"#).into_bytes()
    }

    const HOLDS: &str = r#"{"kind":"holds","vector":[]}"#;

    #[test]
    fn a_frame_reads_like_this_on_the_wire() {
        let bytes = encode(&node("a"), &node("b"), holds()).unwrap();
        assert_eq!(bytes, text("a", "b", 0, HOLDS));
        let mine = Arrived::Mine { from: node("a"), frame: Box::new(holds()) };
        assert_eq!(read(&bytes, &node("a"), &node("b")), mine);
    }

    #[test]
    fn a_node_speaks_for_itself_and_only_what_is_passed_on_speaks_for_another() {
        let read = |bytes: Vec<u8>| read(&bytes, &node("p"), &node("m"));
        assert_eq!(read(text("a", "m", 0, HOLDS)), Arrived::Bad, "said for another");
        assert_eq!(read(text("m", "m", 1, HOLDS)), Arrived::Bad, "said for this node");
        assert!(matches!(read(text("a", "m", 1, HOLDS)), Arrived::Mine { from, .. } if from == node("a")));
        assert_eq!(read(text("a", "m", 2, HOLDS)), Arrived::Bad, "passed on twice");
    }

    #[test]
    fn what_is_for_another_is_passed_on_once_even_if_only_a_newer_kraken_understands_it() {
        let newer = r#"{"kind":"sing","song":[1]}"#;
        let read = |hops| read(&text("p", "z", hops, newer), &node("p"), &node("m"));
        let Arrived::PassOn { to, bytes } = read(0) else { panic!("not passed on") };
        assert_eq!(to, node("z"));
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value, serde_json::from_slice::<Value>(&text("p", "z", 1, newer)).unwrap());
        assert_eq!(read(1), Arrived::Bad);
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_kind() {
        let read = |frame: &str| read(&text("p", "m", 0, frame), &node("p"), &node("m"));
        assert_eq!(read(r#"{"kind":"sing"}"#), Arrived::Strange("sing".into()));
        assert_eq!(read(r#"{"kind":"holds"}"#), Arrived::Strange("holds".into()));
        assert_eq!(read(r#"{"kind":"a\nb\u001b[31m"}"#), Arrived::Strange("ab[31m".into()));
        assert_eq!(read("7"), Arrived::Strange("without a kind".into()));
        assert_eq!(super::read(b"{}", &node("p"), &node("m")), Arrived::Bad);
    }

    #[tokio::test]
    async fn frames_arrive_as_they_were_sent_and_a_torn_or_huge_one_ends_the_link() {
        let (mut near, mut far) = tokio::io::duplex(64 << 10);
        send(&mut near, b"hello").await.unwrap();
        send(&mut near, b"").await.unwrap();
        assert_eq!(receive(&mut far).await.unwrap(), b"hello");
        assert_eq!(receive(&mut far).await.unwrap(), b"");
        near.write_u32(u32::MAX).await.unwrap();
        assert_eq!(receive(&mut far).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        near.write_all(&[0, 0, 0, 9, b'x']).await.unwrap();
        drop(near);
        assert_eq!(receive(&mut far).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_nothing_is_not_waited_for() {
        let (mut near, far) = tokio::io::duplex(1 << 10);
        let error = send(&mut near, &[7; 64 << 10]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(far);
    }
}
