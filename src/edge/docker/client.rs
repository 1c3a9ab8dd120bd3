//! How does a call reach the engine? Over its Unix socket, in an API version both sides speak, and never for ever.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bollard::API_DEFAULT_VERSION;
use bollard::errors::Error as Cause;

use tokio::sync::OnceCell;

use super::error::{DockerError, Verb};
use super::labels::Labels;

/// Where Docker listens when nobody says otherwise.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
/// Enough for an inspection on a Pi whose SD card is busy.
pub(super) const QUICK: Duration = Duration::from_secs(20);
/// Enough to create, start or remove on such a Pi.
pub(super) const SLOW: Duration = Duration::from_secs(60);
/// Bollard's own limit to the first byte of an answer. A stream's first byte may come late (a build reads its
/// whole context first), so ours, around each call, is the one that counts.
const FIRST_BYTE_S: u64 = 3600;

/// The engine on this machine. Cheap to clone; made without asking Docker anything, so it can be made while Docker is down.
#[derive(Clone)]
pub struct Docker {
    shared: Arc<Shared>,
}

struct Shared {
    socket: String,
    labels: Labels,
    /// The connection in the version agreed on; none before the first answer, and again after Docker went away.
    agreed: RwLock<Option<bollard::Docker>>,
    /// What the engine runs on, once it said so; another machine never gets this socket.
    architecture: OnceCell<String>,
}

impl std::fmt::Debug for Docker {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Docker").field("socket", &self.shared.socket).finish_non_exhaustive()
    }
}

impl Docker {
    /// Names the engine to use. `socket` is a path or `unix://…`; without one, `DOCKER_HOST` or Docker's default.
    ///
    /// # Errors
    /// [`DockerError::BadName`] when the socket is not on this machine: Kraken runs containers where it runs itself.
    pub fn connect(socket: Option<&str>, identity: Labels) -> Result<Self, DockerError> {
        let from_environment = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
        let named = socket.map(str::to_owned).or(from_environment).unwrap_or_else(|| DEFAULT_SOCKET.to_owned());
        let path = named.strip_prefix("unix://").unwrap_or(&named).to_owned();
        if !path.starts_with('/') {
            return Err(DockerError::BadName { kind: "Docker socket", text: named });
        }
        let shared = Shared { socket: path, labels: identity, agreed: RwLock::new(None), architecture: OnceCell::new() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Whose objects this handle makes and may change.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        &self.shared.labels
    }

    /// The path of the engine's socket.
    #[must_use]
    pub fn socket(&self) -> &str {
        &self.shared.socket
    }

    /// Agrees with the engine on an API version (an old engine speaks an old one); asked once, and again after [`Self::forget`].
    ///
    /// # Errors
    /// Unreachable, not allowed, timed out.
    pub async fn negotiate(&self) -> Result<(), DockerError> {
        self.client().await.map(|_| ())
    }

    /// Whether the engine answers now.
    ///
    /// # Errors
    /// Unreachable, not allowed, timed out.
    pub async fn ping(&self) -> Result<(), DockerError> {
        self.within(Verb::Ask, "", Duration::from_secs(5), |client| async move { client.ping().await.map(|_| ()) }).await
    }

    /// What the engine runs on, in Docker's words (`amd64`); asked once, since `docker info` is a slow question.
    pub(super) async fn architecture(&self) -> Result<&str, DockerError> {
        let asked = self.shared.architecture.get_or_try_init(|| async { Ok(self.info().await?.architecture) });
        asked.await.map(String::as_str)
    }

    /// Drops what was agreed on: the next call may meet another engine.
    pub(super) fn forget(&self) {
        *self.shared.agreed.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A connection to make a streaming call on; the caller puts its own deadline around what it reads.
    pub(super) async fn client(&self) -> Result<bollard::Docker, DockerError> {
        if let Some(client) = self.shared.agreed.read().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(client);
        }
        let connect = async {
            bollard::Docker::connect_with_unix(&self.shared.socket, FIRST_BYTE_S, API_DEFAULT_VERSION)?.negotiate_version().await
        };
        let client = self.limited(Verb::Connect, "", QUICK, connect).await?;
        *self.shared.agreed.write().unwrap_or_else(PoisonError::into_inner) = Some(client.clone());
        Ok(client)
    }

    /// One call with a deadline. `object` is what a person would call the thing it is about.
    pub(super) async fn within<T, F, Call>(&self, verb: Verb, object: &str, limit: Duration, call: Call) -> Result<T, DockerError>
    where
        F: Future<Output = Result<T, Cause>>,
        Call: FnOnce(bollard::Docker) -> F,
    {
        let client = self.client().await?;
        self.limited(verb, object, limit, call(client)).await
    }

    async fn limited<T>(
        &self,
        verb: Verb,
        object: &str,
        limit: Duration,
        call: impl Future<Output = Result<T, Cause>>,
    ) -> Result<T, DockerError> {
        match tokio::time::timeout(limit, call).await {
            Ok(answer) => answer.map_err(|cause| self.classify(verb, object, cause)),
            Err(_) => Err(DockerError::TimedOut { verb, object: object.to_owned(), limit }),
        }
    }

    pub(super) fn classify(&self, verb: Verb, object: &str, cause: Cause) -> DockerError {
        DockerError::classify(verb, object, &self.shared.socket, cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docker_at(socket: &str) -> Result<Docker, DockerError> {
        Docker::connect(Some(socket), Labels { platform: "home".into(), node: "n1".into() })
    }

    #[tokio::test]
    async fn a_docker_that_is_not_there_is_an_answer_not_a_crash() {
        let docker = docker_at("/nonexistent/docker.sock").unwrap();
        let error = docker.ping().await.unwrap_err();
        assert!(error.is_worlds_fault() && matches!(error, DockerError::Unreachable { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_docker_that_accepts_and_never_answers_is_given_up() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("docker.sock");
        let _accepts = tokio::net::UnixListener::bind(&path).unwrap();
        let docker = docker_at(path.to_str().unwrap()).unwrap();
        let client = bollard::Docker::connect_with_unix(docker.socket(), FIRST_BYTE_S, API_DEFAULT_VERSION).unwrap();
        let error = docker.limited(Verb::Ask, "", Duration::from_millis(200), client.ping()).await.unwrap_err();
        assert!(matches!(error, DockerError::TimedOut { .. }), "{error}");
    }

    #[test]
    fn a_docker_on_another_machine_is_refused() {
        assert!(docker_at("tcp://10.0.0.1:2375").is_err());
        assert_eq!(docker_at("unix:///run/d.sock").unwrap().socket(), "/run/d.sock");
    }
}
