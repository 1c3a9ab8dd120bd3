//! Does an app answer? One probe (a TCP connection, or an HTTP GET), and waiting until it succeeds for the first time.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// How an app shows that it is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Whom to ask.
    pub target: SocketAddr,
    /// None: a TCP connection is enough. `/`: any answer below 500 is; another path was named by the manifest, so it must
    /// answer 200–399.
    pub path: Option<String>,
    /// From one probe's end to the next one's begin.
    pub every: Duration,
    /// For one probe.
    pub timeout: Duration,
    /// For the first success.
    pub grace: Duration,
}

/// The app did not become well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{because}")]
pub struct Unhealthy {
    /// For people.
    pub because: String,
    /// The container's process ended; waiting longer would not have helped.
    pub has_exited: bool,
}

impl Probe {
    /// Probes until the first success; answers how long that took. `exited` completes, with a reason, when the container's
    /// process ends, which ends the waiting at once.
    ///
    /// # Errors
    /// [`Unhealthy`], with what the last probe met.
    pub async fn wait_healthy(&self, exited: impl Future<Output = String>) -> Result<Duration, Unhealthy> {
        let began = Instant::now();
        let mut last = String::from("it was never asked");
        let asking = async {
            loop {
                match self.ask().await {
                    Ok(()) => return began.elapsed(),
                    Err(because) => last = because,
                }
                sleep(self.every).await;
            }
        };
        let outcome = tokio::select! {
            biased;
            because = exited => return Err(Unhealthy { because, has_exited: true }),
            outcome = timeout(self.grace, asking) => outcome,
        };
        outcome.map_err(|_| Unhealthy {
            because: format!("not healthy after {} s: {last}", self.grace.as_secs()),
            has_exited: false,
        })
    }

    /// Probes once.
    ///
    /// # Errors
    /// What went wrong, as a clause: `nothing listens on port 7211`.
    pub async fn ask(&self) -> Result<(), String> {
        let too_slow = |_| format!("no answer within {} ms", self.timeout.as_millis());
        timeout(self.timeout, self.try_once()).await.map_err(too_slow)?
    }

    async fn try_once(&self) -> Result<(), String> {
        let stream = TcpStream::connect(self.target).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::ConnectionRefused => format!("nothing listens on port {}", self.target.port()),
            _ => format!("cannot connect to port {}: {error}", self.target.port()),
        })?;
        let Some(path) = &self.path else { return Ok(()) };
        let status = get(stream, self.target, path).await?;
        let is_well = if path == "/" { status < 500 } else { (200..400).contains(&status) };
        if is_well { Ok(()) } else { Err(format!("GET {path} answers {status}")) }
    }
}

/// The status of a GET; the body is not read.
async fn get(stream: TcpStream, target: SocketAddr, path: &str) -> Result<u16, String> {
    let no_http = |error: hyper::Error| format!("port {} does not answer HTTP: {error}", target.port());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(no_http)?;
    let request = http::Request::get(path)
        .header(http::header::HOST, target.to_string())
        .header(http::header::USER_AGENT, "kraken-health")
        .header(http::header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| format!("{path:?} is not a path: {error}"))?;
    let mut connection = std::pin::pin!(connection);
    let mut answer = std::pin::pin!(sender.send_request(request));
    let status = |answer: hyper::Result<http::Response<hyper::body::Incoming>>| {
        answer.map(|answer| answer.status().as_u16()).map_err(no_http)
    };
    tokio::select! {
        biased;
        answer = &mut answer => status(answer),
        ended = &mut connection => {
            ended.map_err(no_http)?;
            // The connection ended in order: its answer, if there was one, is ready.
            status(answer.await)
        }
    }
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
