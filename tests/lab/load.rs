//! Do visitors notice? Threads that ask for pages from somewhere on the LAN, and count what they get.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::network::Network;
use super::shell::wait_until;
use crate::support::hammer::ask;

/// From an answer to the next question of the same visitor.
const PACE: Duration = Duration::from_millis(20);
/// How long visits may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Failures that are kept in words.
const KEPT: usize = 10;

/// What visitors got.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Questions.
    pub asked: u64,
    /// Those without a good answer.
    pub failed: u64,
    /// The slowest good answer.
    pub slowest: Duration,
    /// The first failures in words.
    pub because: Vec<String>,
}

/// Visitors, until they are sent away or dropped.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    tally: Arc<Mutex<Tally>>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// For each door (address, Host) one visitor in `from`, who asks for `path` and expects 200 with `mark` in it.
    pub fn begin(from: &Arc<Network>, doors: &[(SocketAddr, &str)], path: &str, mark: &str) -> Self {
        let (stop, tally) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Tally::default())));
        let visitor = |&(to, host): &(SocketAddr, &str)| {
            let (network, ended, tally) = (Arc::clone(from), Arc::clone(&stop), Arc::clone(&tally));
            let (host, path, mark) = (host.to_owned(), path.to_owned(), mark.to_owned());
            std::thread::spawn(move || {
                network.inside(|| {
                    while !ended.load(Ordering::Relaxed) {
                        let began = Instant::now();
                        let answer = match ask(to, &host, &path) {
                            Ok((200, body)) if body.contains(&mark) => Ok(began.elapsed()),
                            Ok((status, body)) => Err(format!("{to}: {status} {}", body.chars().take(200).collect::<String>())),
                            Err(error) => Err(format!("{to}: {error} after {:?}", began.elapsed())),
                        };
                        note(&mut tally.lock().unwrap(), answer);
                        std::thread::park_timeout(PACE);
                    }
                });
            })
        };
        let threads = doors.iter().map(visitor).collect();
        Self { stop, tally, threads }
    }

    /// What they got so far.
    pub fn tally(&self) -> Tally {
        self.tally.lock().unwrap().clone()
    }

    /// What they got when so many more have asked.
    #[track_caller]
    pub fn after(&self, visits: u64) -> Tally {
        let from = self.tally().asked;
        wait_until("visits", PATIENCE, || Some(self.tally()).filter(|tally| tally.asked >= from + visits))
    }

    /// Sends them away; what they got.
    pub fn end(mut self) -> Tally {
        self.halt();
        self.tally()
    }

    fn halt(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.halt();
    }
}

fn note(tally: &mut Tally, answer: Result<Duration, String>) {
    tally.asked += 1;
    match answer {
        Ok(took) => tally.slowest = tally.slowest.max(took),
        Err(because) => {
            tally.failed += 1;
            if tally.because.len() < KEPT {
                tally.because.push(because);
            }
        }
    }
}
