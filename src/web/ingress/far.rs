//! How is a replica on another machine reached, and how does another machine reach one here? Each connection names its replica
//! in its first line; from then on it is a pipe to it, for requests, WebSockets and relayed ports alike.
//!
//! A pipe ends at a container of the machine that takes it and nowhere else, so nothing ever passes more than one other machine.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::door::Gate;
use super::pool::dial;
use crate::edge::link::{Links, Service};
use crate::model::id::{NodeId, ReplicaId};

/// How a first line begins.
const PREFACE: &str = "kraken-pipe/1";
/// The longest first line; a replica id has at most 128 characters.
const LONGEST_LINE: usize = 256;
/// How long the first line and the way to the container may take.
const LIMIT: Duration = Duration::from_secs(2);
/// What a machine answers that opened the way to its container.
const OPEN: u8 = b'+';
/// What it answers if there is no such replica, or it takes nothing new.
const REFUSED: u8 = b'-';

/// Bytes both ways.
pub trait Pipe: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Pipe for T {}

/// The ways to the ingresses of other machines.
pub trait Ways: Send + Sync {
    /// A connection to the ingress of `node`.
    fn dial<'a>(&'a self, node: &'a NodeId) -> BoxFuture<'a, io::Result<Box<dyn Pipe>>>;
}

impl Ways for Links {
    fn dial<'a>(&'a self, node: &'a NodeId) -> BoxFuture<'a, io::Result<Box<dyn Pipe>>> {
        Box::pin(async move {
            let stream = Self::dial(self, node, Service::Http).await.map_err(io::Error::other)?;
            Ok(Box::new(stream) as Box<dyn Pipe>)
        })
    }
}

/// The ways, once there are any.
#[derive(Default)]
pub struct Beyond(OnceLock<Arc<dyn Ways>>);

impl fmt::Debug for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "Beyond(open)" } else { "Beyond(none)" })
    }
}

impl Beyond {
    /// From now on other machines are reached by `ways`; only the first are taken.
    pub fn open(&self, ways: Arc<dyn Ways>) {
        drop(self.0.set(ways));
    }

    /// A pipe to `port` of `replica` on `node`.
    ///
    /// # Errors
    /// No way there, no such replica there, or no answer within two seconds.
    pub async fn pipe(&self, node: &NodeId, replica: &ReplicaId, port: u16) -> io::Result<Box<dyn Pipe>> {
        let Some(ways) = self.0.get() else { return Err(io::Error::other("this machine has no way to others")) };
        let opening = async {
            let mut pipe = ways.dial(node).await?;
            pipe.write_all(format!("{PREFACE} {replica} {port}\n").as_bytes()).await?;
            pipe.flush().await?;
            match pipe.read_u8().await? {
                OPEN => Ok(pipe),
                _ => Err(io::Error::new(io::ErrorKind::ConnectionRefused, "the replica takes nothing there")),
            }
        };
        timeout(LIMIT, opening).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Joins a pipe of another machine to the replica it names, until either side ends, the replica waits no longer, or the ingress
/// closes.
pub(super) async fn answer(gate: Arc<Gate>, mut pipe: impl Pipe, closing: CancellationToken) {
    let Ok(Some((replica, port))) = timeout(LIMIT, first_line(&mut pipe)).await else { return };
    let here = gate.routes.load().here(&replica, port).cloned();
    let Some((upstream, guard)) = here.and_then(|upstream| upstream.enter().map(|guard| (upstream, guard))) else {
        pipe.write_u8(REFUSED).await.ok();
        return;
    };
    let Ok(mut container) = dial(SocketAddr::new(upstream.address.ip(), port), LIMIT).await else {
        pipe.write_u8(REFUSED).await.ok();
        return;
    };
    if pipe.write_u8(OPEN).await.is_err() || pipe.flush().await.is_err() {
        return;
    }
    tokio::select! {
        copied = copy_bidirectional(&mut pipe, &mut container) => drop(copied),
        () = guard.cut().cancelled() => {}
        () = closing.cancelled() => {}
    }
}

/// Nothing comes after the line before it is answered, so a buffer never holds more than the line.
async fn first_line(pipe: &mut impl Pipe) -> Option<(ReplicaId, u16)> {
    let mut line = [0; LONGEST_LINE];
    let mut len = 0;
    while !line[..len].ends_with(b"\n") {
        let read = pipe.read(line.get_mut(len..).filter(|rest| !rest.is_empty())?).await.ok().filter(|read| *read > 0)?;
        len += read;
    }
    read_line(std::str::from_utf8(&line[..len]).ok()?)
}

fn read_line(line: &str) -> Option<(ReplicaId, u16)> {
    let mut words = line.strip_suffix('\n')?.split(' ');
    let is_ours = words.next() == Some(PREFACE);
    let (replica, port) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    (is_ours && words.next().is_none()).then_some((replica, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_names_its_replica_and_port_and_nothing_else() {
        let replica: ReplicaId = "web-01234567-0".parse().unwrap();
        assert_eq!(read_line("kraken-pipe/1 web-01234567-0 3000\n"), Some((replica, 3000)));
        for bad in [
            "kraken-pipe/2 web 3000\n",
            "kraken-pipe/1 web\n",
            "kraken-pipe/1 ../x 3000\n",
            "kraken-pipe/1 web 99999\n",
            "GET / HTTP/1.1\n",
            "kraken-pipe/1 web 1 2\n",
            "",
        ] {
            assert_eq!(read_line(bad), None, "{bad:?}");
        }
    }

    #[tokio::test]
    async fn a_first_line_without_end_is_given_up() {
        let (mut near, mut far) = tokio::io::duplex(4096);
        near.write_all(&[b'a'; 2 * LONGEST_LINE]).await.unwrap();
        assert_eq!(first_line(&mut far).await, None);
    }
}
