//! An agent that answers what was recorded, over a real socket with a real HTTP server.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use clap::Parser;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::net::UnixListener;
use zeroize::Zeroizing;

use crate::cli::args::Cli;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::out::Out;
use crate::cli::prompt::Ask;
use crate::edge::config::Surroundings;

/// What is answered to one question, in order; the last answer is kept for whoever asks again.
type Answers = BTreeMap<String, VecDeque<(u16, String)>>;

/// A request, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub line: String,
    pub key: Option<String>,
    pub own_header: bool,
    pub last_event: Option<String>,
    pub passphrase: Option<String>,
    pub body: String,
}

/// The agent; it ends with the test's runtime.
pub struct Recorded {
    answers: Arc<Mutex<Answers>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    dir: TempDir,
}

impl Recorded {
    /// Listening, with nothing to answer yet.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("api.sock")).unwrap();
        let (answers, seen) = (Arc::<Mutex<Answers>>::default(), Arc::<Mutex<Vec<Seen>>>::default());
        let recorded = Self { answers: answers.clone(), seen: seen.clone(), dir };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, seen) = (answers.clone(), seen.clone());
                let service = service_fn(move |request| answer(answers.clone(), seen.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        recorded
    }

    /// Answers `line` ("GET /apps") with this; a second time for the next time it is asked.
    pub fn on(&self, line: &str, status: u16, body: &str) -> &Self {
        self.answers.lock().unwrap().entry(line.to_owned()).or_default().push_back((status, body.to_owned()));
        self
    }

    /// What was asked.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The request of this line.
    pub fn asked(&self, line: &str) -> Seen {
        self.seen()
            .into_iter()
            .find(|seen| seen.line == line)
            .unwrap_or_else(|| panic!("{line} was not asked: {:?}", self.seen()))
    }

    /// What `kraken LINE` does here.
    pub async fn run(&self, line: &str) -> Ran {
        self.run_with(line, Typed::nobody()).await
    }

    /// What it does with somebody, or something, to answer its questions.
    pub async fn run_with(&self, line: &str, mut typed: Typed) -> Ran {
        let env = BTreeMap::from([("KRAKEN_SOCKET".to_owned(), self.socket().to_str().unwrap().to_owned())]);
        run(line, Surroundings { env, uid: 1000, is_system: false, host: "here".into() }, &mut typed).await
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("api.sock")
    }
}

async fn answer(
    answers: Arc<Mutex<Answers>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    request: Request<Incoming>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, hyper::Error> {
    let path = request.uri().path_and_query().unwrap().as_str().trim_start_matches("/api/v1").to_owned();
    let line = format!("{} {path}", request.method());
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (key, own_header, last_event) =
        (header("idempotency-key"), header("x-kraken").as_deref() == Some("1"), header("last-event-id"));
    let passphrase = header("kraken-passphrase");
    let body = request.into_body().collect().await?.to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    seen.lock().unwrap().push(Seen { line: line.clone(), key, own_header, last_event, passphrase, body });
    let (status, body) = take(&answers, &line);
    if path.starts_with("/events") && status == 200 {
        return Ok(Response::new(events(body)));
    }
    Ok(Response::builder().status(status).body(Full::new(Bytes::from(body)).boxed()).unwrap())
}

fn take(answers: &Mutex<Answers>, line: &str) -> (u16, String) {
    let mut answers = answers.lock().unwrap();
    match answers.get_mut(line) {
        Some(left) if left.len() > 1 => left.pop_front().unwrap(),
        Some(left) => left.front().cloned().unwrap(),
        None => (404, format!(r#"{{"title":"Not found","status":404,"detail":"Nothing is recorded for {line}."}}"#)),
    }
}

/// A stream stays open after its events, unless they say "END".
fn events(body: String) -> BoxBody<Bytes, Infallible> {
    let ends = body.ends_with("END");
    let first = Frame::data(Bytes::from(body.trim_end_matches("END").to_owned()));
    let told = stream::iter([Ok(first)]);
    if ends {
        return BodyExt::boxed(StreamBody::new(told));
    }
    use futures_util::StreamExt;
    BodyExt::boxed(StreamBody::new(told.chain(stream::pending())))
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub exit: Exit,
    pub out: String,
    /// What was remarked, and the error told at the end.
    pub err: String,
}

/// Runs a command as [`crate::cli::main`] does, with these surroundings.
pub async fn run(line: &str, around: Surroundings, ask: &mut Typed) -> Ran {
    let words = line.split_whitespace();
    let cli = Cli::try_parse_from(std::iter::once("kraken").chain(words)).unwrap();
    let (stdout, stderr) = (Sink::default(), Sink::default());
    let mut out = Out::new(&cli.global, Box::new(stdout.clone()), Box::new(stderr.clone()));
    let done = crate::cli::ask_agent(cli, &around, &mut out, ask).await;
    let (exit, told) = done.map_or_else(|error| (error.exit(), error.tell()), |()| (Exit::Done, String::new()));
    out.err(&told);
    Ran { exit, out: stdout.text(), err: stderr.text() }
}

/// Whoever answers questions in a test.
#[derive(Debug, Default)]
pub struct Typed {
    is_terminal: bool,
    lines: VecDeque<String>,
    pub asked: Vec<String>,
}

impl Typed {
    /// No terminal, and nothing piped in.
    pub fn nobody() -> Self {
        Self::default()
    }

    /// Somebody who types this, line by line.
    pub fn somebody(lines: &[&str]) -> Self {
        Self { is_terminal: true, ..Self::piped(lines) }
    }

    /// This is piped in.
    pub fn piped(lines: &[&str]) -> Self {
        Self { lines: lines.iter().map(|line| (*line).to_owned()).collect(), ..Self::default() }
    }
}

impl Ask for Typed {
    fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    fn line(&mut self, question: &str) -> Result<String, RunCommandError> {
        self.asked.push(question.to_owned());
        Ok(self.lines.pop_front().unwrap_or_default())
    }

    fn secret(&mut self, question: &str) -> Result<Zeroizing<String>, RunCommandError> {
        self.line(question).map(Zeroizing::new)
    }

    fn all(&mut self) -> Result<Zeroizing<String>, RunCommandError> {
        Ok(Zeroizing::new(std::mem::take(&mut self.lines).into_iter().collect::<Vec<_>>().join("\n")))
    }
}

#[derive(Debug, Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().replace('\u{a0}', " ")
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
