//! Does a door stay open? One address asked again and again, from a thread of its own, and all that was heard.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// From an answer to the next question.
const PACE: Duration = Duration::from_millis(10);
/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(5);

/// GET of `path` from `to`, with `host` as its Host: status and body.
pub fn ask(to: SocketAddr, host: &str, path: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    exchange(&mut stream, host, path, PATIENCE)
}

/// One GET over a connection that is closed after it.
pub fn exchange<S: Read + Write>(stream: &mut S, host: &str, path: &str, patience: Duration) -> io::Result<(u16, String)> {
    let began = Instant::now();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let heard = answer(stream);
    if began.elapsed() > patience {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "the answer came too late"));
    }
    heard
}

/// Status and body of the answer to a request that asked for the connection to be closed.
pub fn answer<R: Read>(mut stream: R) -> io::Result<(u16, String)> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let cut = || io::Error::other(format!("the answer was cut off: {answer:?}"));
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
    Ok((status, body.to_owned()))
}

/// What one question led to.
#[derive(Debug, Clone)]
pub struct Heard {
    /// When it was asked.
    pub asked: Instant,
    /// When it was answered.
    pub at: Instant,
    /// Which of the marks stood in the answer, or what went wrong.
    pub outcome: Result<usize, String>,
}

/// Asks until it is ended or dropped.
pub struct Hammer {
    stop: Arc<AtomicBool>,
    heard: Arc<Mutex<Vec<Heard>>>,
    thread: Option<JoinHandle<()>>,
}

impl Hammer {
    /// Asks `to`; an answer is good if it is a 200 with one of `marks` in it.
    pub fn begin(to: SocketAddr, host: &str, path: &str, marks: &[&str]) -> Self {
        let (stop, heard) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let marks: Vec<String> = marks.iter().map(|mark| (*mark).to_owned()).collect();
        let (host, path) = (host.to_owned(), path.to_owned());
        let (ended, noted) = (Arc::clone(&stop), Arc::clone(&heard));
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let asked = Instant::now();
                let outcome = judge(ask(to, &host, &path), &marks);
                noted.lock().unwrap().push(Heard { asked, at: Instant::now(), outcome });
                std::thread::park_timeout(PACE);
            }
        });
        Self { stop, heard, thread: Some(thread) }
    }

    /// When this mark was first heard in the answer to a question asked after `from`.
    pub fn first(&self, mark: usize, from: Instant) -> Option<Instant> {
        self.heard.lock().unwrap().iter().find(|heard| heard.asked >= from && heard.outcome == Ok(mark)).map(|heard| heard.at)
    }

    /// How often this mark was heard since `from`.
    pub fn count(&self, mark: usize, from: Instant) -> usize {
        self.heard.lock().unwrap().iter().filter(|heard| heard.asked >= from && heard.outcome == Ok(mark)).count()
    }

    /// The longest time without a good answer that ended after `from`; none if every question had one.
    pub fn gap(&self, from: Instant) -> Option<Duration> {
        gap(&self.heard.lock().unwrap(), from)
    }

    /// Ends it; everything it heard, in order.
    pub fn end(mut self) -> Vec<Heard> {
        self.halt();
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    fn halt(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Hammer {
    fn drop(&mut self) {
        self.halt();
    }
}

fn judge(answer: io::Result<(u16, String)>, marks: &[String]) -> Result<usize, String> {
    match answer {
        Ok((200, body)) => marks.iter().position(|mark| body.contains(mark.as_str())).ok_or_else(|| format!("200 with {body:?}")),
        Ok((status, body)) => Err(format!("{status} with {:?}", body.chars().take(300).collect::<String>())),
        Err(error) => Err(error.to_string()),
    }
}

/// The questions without a good answer.
pub fn failures(heard: &[Heard]) -> Vec<&Heard> {
    heard.iter().filter(|heard| heard.outcome.is_err()).collect()
}

/// The longest time from one good answer to the next with a failure between them, that ended after `from`.
pub fn gap(heard: &[Heard], from: Instant) -> Option<Duration> {
    let (mut last_good, mut has_failed, mut longest) = (None, false, None);
    for one in heard {
        if one.outcome.is_err() {
            has_failed = true;
            continue;
        }
        if has_failed
            && one.at >= from
            && let Some(last) = last_good
        {
            longest = longest.max(Some(one.at.duration_since(last)));
        }
        (last_good, has_failed) = (Some(one.at), false);
    }
    longest
}
