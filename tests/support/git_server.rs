//! A smart HTTP Git server on loopback: Git's own `http-backend` behind a small CGI server, in clear or over TLS, public or private.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::routing::any;
use axum::{Router, serve::Listener};
use futures_util::StreamExt;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_util::io::ReaderStream;

/// How the server behaves.
#[derive(Clone, Default)]
pub struct Behaviour {
    /// Basic authentication: user and password that are let in; an empty user stands for any.
    pub only: Option<(String, String)>,
    /// Wait before each 64 KB piece of an answer.
    pub pause: Duration,
    /// Answer everything with this status.
    pub status: Option<u16>,
}

/// Serves every bare repository of a folder; stops when dropped.
pub struct GitServer {
    address: SocketAddr,
    folder: tempfile::TempDir,
    scheme: &'static str,
    ca_pem: Option<String>,
    // Its own runtime: servable from any kind of test, and gone with all its processes when dropped.
    runtime: Option<tokio::runtime::Runtime>,
}

#[derive(Clone)]
struct Served {
    folder: PathBuf,
    behaviour: Behaviour,
}

impl GitServer {
    /// A public server without TLS.
    pub fn start() -> Self {
        Self::with(Behaviour::default())
    }

    /// A server that lets in only who shows this password, whatever the user's name.
    pub fn private(token: &str) -> Self {
        Self::with(Behaviour { only: Some((String::new(), token.to_owned())), ..Behaviour::default() })
    }

    /// A server that behaves.
    pub fn with(behaviour: Behaviour) -> Self {
        Self::run(behaviour, None)
    }

    /// A server with TLS and a CA of its own; its address says `localhost`.
    pub fn tls() -> Self {
        Self::tls_named("localhost")
    }

    /// The same, with a certificate for this name.
    pub fn tls_named(name: &str) -> Self {
        Self::run(Behaviour::default(), Some(name))
    }

    /// A public server without TLS where somebody listens already, such as in another network namespace.
    pub fn on(listener: std::net::TcpListener) -> Self {
        Self::run_on(listener, Behaviour::default(), None)
    }

    fn run(behaviour: Behaviour, tls: Option<&str>) -> Self {
        Self::run_on(std::net::TcpListener::bind("127.0.0.1:0").unwrap(), behaviour, tls)
    }

    fn run_on(std_listener: std::net::TcpListener, behaviour: Behaviour, tls: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        std_listener.set_nonblocking(true).unwrap();
        let address = std_listener.local_addr().unwrap();
        let app =
            Router::new().fallback(any(answer)).with_state(Arc::new(Served { folder: folder.path().to_owned(), behaviour }));
        let (ca_pem, acceptor) = tls.map(|name| authority(name, address.port()).unwrap()).unzip();
        let listener = {
            let _guard = runtime.enter();
            TcpListener::from_std(std_listener).unwrap()
        };
        match acceptor {
            None => drop(runtime.spawn(async move { axum::serve(listener, app).await })),
            Some(acceptor) => drop(runtime.spawn(async move { axum::serve(TlsListener { listener, acceptor }, app).await })),
        }
        Self { address, folder, scheme: if tls.is_some() { "https" } else { "http" }, ca_pem, runtime: Some(runtime) }
    }

    /// The folder whose repositories are served: make them there.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The address of `NAME.git`.
    pub fn url(&self, name: &str) -> String {
        let host = if self.ca_pem.is_some() { "localhost".to_owned() } else { self.address.ip().to_string() };
        format!("{}://{host}:{}/{name}.git", self.scheme, self.address.port())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Writes the CA's certificate into the server's folder.
    pub fn ca_file(&self) -> PathBuf {
        let path = self.folder.path().join("ca.pem");
        std::fs::write(&path, self.ca_pem.as_ref().expect("only a TLS server has a CA")).unwrap();
        path
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        // In the background, because a test's own runtime may be the one that drops us. Backends are killed with their tasks.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A fresh CA and a certificate of it for `name`.
fn authority(name: &str, port: u16) -> Result<(String, TlsAcceptor), Box<dyn std::error::Error>> {
    let mut ca = CertificateParams::new(Vec::new())?;
    // A name of its own: the certificate would look self-signed, and authorities are looked up by name.
    ca.distinguished_name.push(DnType::CommonName, format!("Test CA {port}"));
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_key = KeyPair::generate()?;
    let pem = ca.self_signed(&ca_key)?.pem();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec![name.to_owned()])?.signed_by(&key, &issuer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok((pem, TlsAcceptor::from(Arc::new(config))))
}

struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = tokio_rustls::server::TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, from)) = self.listener.accept().await else { continue };
            // A client that does not trust us ends the handshake; the next one is served all the same.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

async fn answer(State(served): State<Arc<Served>>, request: Request) -> Response<Body> {
    if let Some(status) = served.behaviour.status {
        return plain(StatusCode::from_u16(status).unwrap());
    }
    if !is_let_in(&served.behaviour, &request) {
        let mut refusal = plain(StatusCode::UNAUTHORIZED);
        refusal.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"git\""));
        return refusal;
    }
    backend(&served, request).await.unwrap_or_else(|_| plain(StatusCode::BAD_GATEWAY))
}

fn plain(status: StatusCode) -> Response<Body> {
    Response::builder().status(status).body(Body::empty()).unwrap()
}

fn is_let_in(behaviour: &Behaviour, request: &Request) -> bool {
    let Some((user, password)) = &behaviour.only else { return true };
    let shown = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "));
    let shown = shown
        .and_then(|value| data_encoding::BASE64.decode(value.as_bytes()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    shown
        .as_deref()
        .and_then(|shown| shown.split_once(':'))
        .is_some_and(|(name, word)| (user.is_empty() || name == user) && word == password)
}

/// Runs `git http-backend` for one request (RFC 3875).
async fn backend(served: &Served, request: Request) -> Result<Response<Body>, Box<dyn std::error::Error>> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20).await?;
    let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", &served.folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("PATH_INFO", parts.uri.path())
        .env("QUERY_STRING", parts.uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", text(header::CONTENT_TYPE))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", text(header::CONTENT_ENCODING))
        .env("GIT_PROTOCOL", text(HeaderName::from_static("git-protocol")))
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut input = child.stdin.take().ok_or("no stdin")?;
    tokio::spawn(async move { input.write_all(&body).await });
    let mut output = BufReader::new(child.stdout.take().ok_or("no stdout")?);
    let mut response = Response::builder();
    loop {
        let mut line = String::new();
        output.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        response = match name {
            "Status" => response.status(value.trim().split(' ').next().unwrap_or_default().parse::<u16>()?),
            name => response.header(name, value.trim()),
        };
    }
    let pause = served.behaviour.pause;
    // The child lives as long as its answer is being sent, and dies with it.
    let pieces = ReaderStream::with_capacity(output, 64 << 10).then(move |piece: std::io::Result<Bytes>| {
        let _child = &child;
        async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            piece
        }
    });
    Ok(response.body(Body::from_stream(pieces))?)
}

/// Accepts connections and never answers.
pub async fn silent_server() -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut ignored = [0; 16];
            let _ = stream.read(&mut ignored).await;
            held.push(stream);
        }
    });
    (address, task)
}
