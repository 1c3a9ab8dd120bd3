//! What arrives at the link port by UDP? Heartbeats of this platform; all else is dropped before it is looked at.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::datagram::{HeartbeatKeys, LARGEST};
use super::driver::Word;
use crate::model::election::Heartbeat;

/// How often it is looked whether this node stops, when nobody speaks.
const LOOK: Duration = Duration::from_millis(500);
/// After an error of the socket, such as a network that is down.
const PAUSE: Duration = Duration::from_millis(100);
/// Heartbeats on their way to the election; more come only if it does not keep up, and then old ones are worth nothing.
const WAITING: usize = 512;

/// The listening thread.
pub(super) struct Ear {
    socket: UdpSocket,
    keys: Arc<ArcSwap<HeartbeatKeys>>,
    words: Sender<Word>,
    stopped: Arc<AtomicBool>,
    waiting: Arc<AtomicUsize>,
}

/// A heartbeat of this platform, as it arrived.
pub(super) struct Heard {
    pub(super) said: Arc<Heartbeat>,
    pub(super) from: SocketAddr,
    /// Whether it was sealed with the current key; else it only hints at an address.
    pub(super) is_current: bool,
    waiting: Arc<AtomicUsize>,
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Ear {
    pub(super) fn new(socket: UdpSocket, keys: Arc<ArcSwap<HeartbeatKeys>>, words: Sender<Word>) -> Self {
        Self { socket, keys, words, stopped: Arc::default(), waiting: Arc::default() }
    }

    /// Set, it ends the thread.
    pub(super) fn stopper(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stopped)
    }

    pub(super) fn run(self) {
        if let Err(error) = self.socket.set_read_timeout(Some(LOOK)) {
            return tracing::error!(because = %error, "no other machine is heard: the link port cannot be used");
        }
        let mut buffer = [0; LARGEST];
        while !self.stopped.load(Ordering::Relaxed) {
            match self.socket.recv_from(&mut buffer) {
                Ok((length, from)) => {
                    if self.take(&buffer[..length], from).is_err() {
                        return;
                    }
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
                Err(error) => {
                    tracing::debug!(because = %error, "the link port gave an error");
                    std::thread::park_timeout(PAUSE);
                }
            }
        }
    }

    fn take(&self, datagram: &[u8], from: SocketAddr) -> Result<(), ()> {
        let Some((opened, is_current)) = self.keys.load().open(datagram) else { return Ok(()) };
        let Ok(said) = Heartbeat::decode(&opened) else {
            tracing::debug!(%from, "a heartbeat of this platform could not be read");
            return Ok(());
        };
        if self.waiting.load(Ordering::Relaxed) >= WAITING {
            return Ok(());
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let heard = Heard { said: Arc::new(said), from, is_current, waiting: Arc::clone(&self.waiting) };
        self.words.send(Word::Heard(heard)).map_err(drop)
    }
}
