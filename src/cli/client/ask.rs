//! What does the agent answer? One connection per question, each with its deadline.

use std::future::Future;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{Method, Request, Response, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_util::io::ReaderStream;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::error::AskAgentError;
use super::problem::Problem;
use super::target::Target;

const CONNECT: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(30);
/// A deploy looks at the repository first, for at most five minutes.
const CHANGE: Duration = Duration::from_secs(360);
/// 500 MB over a slow network.
const UPLOAD: Duration = Duration::from_secs(1800);
/// The largest answer, in bytes: a whole state.
const LARGEST: usize = 256 << 20;

type Body = BoxBody<Bytes, io::Error>;

trait Pipe: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Pipe for T {}

/// A good answer's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// As it came.
    pub text: String,
}

impl Answer {
    /// As a value.
    ///
    /// # Errors
    /// When it has another shape.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, AskAgentError> {
        serde_json::from_str(&self.text).map_err(|error| AskAgentError::Unreadable { because: error.to_string() })
    }
}

/// The rest of an answer that does not end by itself. The sender keeps its connection open.
pub struct Tail {
    body: Incoming,
    _connection: SendRequest<Body>,
}

impl Tail {
    /// The next piece; none at the end.
    ///
    /// # Errors
    /// When the connection breaks off, or nothing comes for so long.
    pub async fn piece(&mut self, within: Duration) -> Result<Option<Bytes>, AskAgentError> {
        loop {
            let slow = |_| AskAgentError::Slow { what: "on the stream of events".into(), after: within };
            match timeout(within, self.body.frame()).await.map_err(slow)? {
                None => return Ok(None),
                Some(Err(error)) => return Err(AskAgentError::BrokeOff(Box::new(error))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

/// Asks one agent.
#[derive(Clone)]
pub struct Client {
    target: Target,
    passphrase: Option<Zeroizing<String>>,
}

impl Client {
    /// For this agent; nothing is dialled yet.
    #[must_use]
    pub const fn new(target: Target) -> Self {
        Self { target, passphrase: None }
    }

    /// The same, whose questions carry the passphrase that secrets of a state are under.
    #[must_use]
    pub fn under(&self, passphrase: Zeroizing<String>) -> Self {
        Self { target: self.target.clone(), passphrase: Some(passphrase) }
    }

    /// Whether it is the agent of this machine, asked over its socket.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(self.target, Target::Sockets(_))
    }

    /// Something to read, below the API's base.
    ///
    /// # Errors
    /// When there is no good answer.
    pub async fn get(&self, path: &str) -> Result<Answer, AskAgentError> {
        let request = self.request(&Method::GET, path).body(empty());
        self.answer(path, READ, request).await
    }

    /// Something to change, with a JSON body.
    ///
    /// # Errors
    /// When there is no good answer.
    pub async fn change(&self, method: Method, path: &str, body: &impl Serialize) -> Result<Answer, AskAgentError> {
        let json = serde_json::to_vec(body).map_err(|error| AskAgentError::Unreadable { because: error.to_string() })?;
        let request = self.request(&method, path).header(header::CONTENT_TYPE, "application/json").body(full(json));
        self.answer(path, CHANGE, request).await
    }

    /// A packed folder of so many bytes.
    ///
    /// # Errors
    /// When there is no good answer.
    pub async fn upload(&self, archive: std::fs::File, bytes: u64) -> Result<Answer, AskAgentError> {
        let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(archive), 64 << 10).map_ok(Frame::data);
        let request = self
            .request(&Method::POST, "/uploads")
            .header(header::CONTENT_TYPE, "application/gzip")
            .header(header::CONTENT_LENGTH, bytes)
            .body(BodyExt::boxed(StreamBody::new(stream)));
        self.answer("/uploads", UPLOAD, request).await
    }

    /// The stream of events, from behind `last`.
    ///
    /// # Errors
    /// When there is no good answer.
    pub async fn stream(&self, path: &str, last: Option<&str>) -> Result<Tail, AskAgentError> {
        let mut request = self.request(&Method::GET, path).header(header::ACCEPT, "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let (connection, response) = self.send(path, READ, request.body(empty())).await?;
        if !response.status().is_success() {
            return Err(refusal(path, response).await);
        }
        Ok(Tail { body: response.into_body(), _connection: connection })
    }

    fn request(&self, method: &Method, path: &str) -> http::request::Builder {
        let mut builder =
            Request::builder().method(method).uri(format!("/api/v1{path}")).header(header::ACCEPT, "application/json");
        builder = match &self.target {
            Target::Sockets(_) => builder.header(header::HOST, "localhost"),
            Target::Server { authority, token } => {
                builder.header(header::HOST, authority).header(header::AUTHORIZATION, format!("Bearer {}", token.as_str()))
            }
        };
        if let Some(passphrase) = &self.passphrase {
            builder = builder.header("kraken-passphrase", passphrase.as_str());
        }
        if *method == Method::GET {
            return builder;
        }
        // A key of its own, so that a request that arrives twice is done once.
        builder.header("x-kraken", "1").header("idempotency-key", Uuid::new_v4().to_string())
    }

    async fn answer(
        &self,
        path: &str,
        deadline: Duration,
        request: http::Result<Request<Body>>,
    ) -> Result<Answer, AskAgentError> {
        let (_connection, response) = self.send(path, deadline, request).await?;
        if !response.status().is_success() {
            return Err(refusal(path, response).await);
        }
        let bytes = read(path, response.into_body()).await?;
        let text = String::from_utf8(bytes).map_err(|error| AskAgentError::Unreadable { because: error.to_string() })?;
        Ok(Answer { text })
    }

    async fn send(
        &self,
        path: &str,
        deadline: Duration,
        request: http::Result<Request<Body>>,
    ) -> Result<(SendRequest<Body>, Response<Incoming>), AskAgentError> {
        let request = request.map_err(AskAgentError::Write)?;
        let (mut sender, connection) = within(path, CONNECT, async {
            handshake(TokioIo::new(self.connect().await?)).await.map_err(|error| AskAgentError::BrokeOff(Box::new(error)))
        })
        .await?;
        // Ends with the sender, or with the answer's body.
        tokio::spawn(connection);
        let response = within(path, deadline, async {
            sender.send_request(request).await.map_err(|error| AskAgentError::BrokeOff(Box::new(error)))
        });
        let response = response.await?;
        Ok((sender, response))
    }

    async fn connect(&self) -> Result<Box<dyn Pipe>, AskAgentError> {
        match &self.target {
            Target::Server { authority, .. } => {
                let stream = TcpStream::connect(authority).await;
                let failed = |source| AskAgentError::Server { server: format!("http://{authority}"), source };
                stream.map(|stream| Box::new(stream) as Box<dyn Pipe>).map_err(failed)
            }
            Target::Sockets(sockets) => {
                for socket in sockets {
                    match UnixStream::connect(socket).await {
                        Ok(stream) => return Ok(Box::new(stream)),
                        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {}
                        Err(source) => return Err(AskAgentError::Socket { socket: socket.clone(), source }),
                    }
                }
                Err(AskAgentError::NotRunning { sockets: sockets.clone() })
            }
        }
    }
}

async fn within<T>(
    what: &str,
    after: Duration,
    work: impl Future<Output = Result<T, AskAgentError>>,
) -> Result<T, AskAgentError> {
    let slow = |_| AskAgentError::Slow { what: what.to_owned(), after };
    timeout(after, work).await.map_err(slow)?
}

async fn read(path: &str, body: Incoming) -> Result<Vec<u8>, AskAgentError> {
    within(path, CHANGE, async {
        let collected = Limited::new(body, LARGEST).collect().await.map_err(AskAgentError::BrokeOff)?;
        Ok(collected.to_bytes().to_vec())
    })
    .await
}

async fn refusal(path: &str, response: Response<Incoming>) -> AskAgentError {
    let status = response.status().as_u16();
    match read(path, response.into_body()).await {
        Ok(body) => AskAgentError::Refused(Box::new(Problem::of(status, &body))),
        Err(error) => error,
    }
}

fn empty() -> Body {
    full(Vec::new())
}

fn full(bytes: Vec<u8>) -> Body {
    Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed()
}
