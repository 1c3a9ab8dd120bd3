//! How is a line made slow, where the kernel has no netem? Between a host's cable and the bridge sits a forwarder in user
//! space: it takes each frame, and gives it on when its time has come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::kernel::frames;
use super::network::Network;

/// The largest frame: 64 kB of segments that were left to the hardware, and headers.
const LARGEST: usize = 70_000;
/// Frames on their way in one direction; what is too much is lost, as in a radio's queue.
const QUEUE: usize = 4096;
/// How often a reader looks whether it shall end.
const LOOK: Duration = Duration::from_millis(100);

/// A forwarder between two interfaces; it ends when dropped.
#[derive(Debug)]
pub struct Line {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    passed: Arc<AtomicU64>,
}

impl Line {
    /// Between `one` and `other` of `network`. Each frame takes `delay`, and up to `jitter` more, drawn from `seed`, so that
    /// frames overtake each other.
    pub fn between(network: &Network, one: &str, other: &str, delay: Duration, jitter: Duration, seed: u64) -> Self {
        let (left, right) = network.inside(|| (frames(one).unwrap(), frames(other).unwrap()));
        let (stop, passed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut threads = Vec::new();
        for (number, (from, to)) in [(&left, &right), (&right, &left)].into_iter().enumerate() {
            let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let (sender, receiver) = sync_channel(QUEUE);
            let dice = Dice(seed.wrapping_mul(2).wrapping_add(number as u64) | 1);
            let (halt, count) = (Arc::clone(&stop), Arc::clone(&passed));
            threads.push(std::thread::spawn(move || take(&from, &sender, &halt, delay, jitter, dice)));
            threads.push(std::thread::spawn(move || give(&to, &receiver, &count)));
        }
        Self { stop, threads, passed }
    }

    /// Frames that went through.
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

type Frame = (Instant, Vec<u8>);

fn take(from: &UnixDatagram, queue: &SyncSender<Frame>, stop: &AtomicBool, delay: Duration, jitter: Duration, mut dice: Dice) {
    from.set_read_timeout(Some(LOOK)).unwrap();
    let mut room = vec![0; LARGEST];
    while !stop.load(Ordering::Relaxed) {
        let Ok(length) = from.recv(&mut room) else { continue };
        let due = Instant::now() + delay + jitter.mul_f64(dice.roll());
        // A full queue loses the frame.
        let _ = queue.try_send((due, room[..length].to_vec()));
    }
}

fn give(to: &UnixDatagram, queue: &Receiver<Frame>, passed: &AtomicU64) {
    let mut waiting = BinaryHeap::new();
    loop {
        let now = Instant::now();
        while waiting.peek().is_some_and(|Reverse((due, _)): &Reverse<Frame>| *due <= now) {
            let Some(Reverse((_, frame))) = waiting.pop() else { break };
            // An interface that is down loses it.
            if to.send(&frame).is_ok() {
                passed.fetch_add(1, Ordering::Relaxed);
            }
        }
        let left = waiting.peek().map_or(LOOK, |Reverse((due, _))| due.saturating_duration_since(now));
        match queue.recv_timeout(left) {
            Ok(frame) => waiting.push(Reverse(frame)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The same numbers in every run with the same seed (xorshift64).
struct Dice(u64);

impl Dice {
    /// From 0 to 1.
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
