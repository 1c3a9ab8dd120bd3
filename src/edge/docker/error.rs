//! What can go wrong with Docker, and whose fault is it: the app's (no retry helps) or the world's (wait and try again)?

use std::fmt;
use std::time::Duration;

use bollard::errors::Error as Cause;

/// What was being done when a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "its text says each in full")]
pub enum Verb {
    Connect,
    Ask,
    Build,
    Pull,
    InspectImage,
    RemoveImage,
    MakeNetwork,
    RemoveNetwork,
    MakeVolume,
    RemoveVolume,
    CreateContainer,
    StartContainer,
    StopContainer,
    RemoveContainer,
    UpdateContainer,
    InspectContainer,
    List,
    ReadLogs,
    Wait,
}

impl fmt::Display for Verb {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Connect => "connect to Docker",
            Self::Ask => "ask Docker about itself",
            Self::Build => "build the image",
            Self::Pull => "pull the image",
            Self::InspectImage => "inspect the image",
            Self::RemoveImage => "remove the image",
            Self::MakeNetwork => "make the network",
            Self::RemoveNetwork => "remove the network",
            Self::MakeVolume => "make the volume",
            Self::RemoveVolume => "remove the volume",
            Self::CreateContainer => "create the container",
            Self::StartContainer => "start the container",
            Self::StopContainer => "stop the container",
            Self::RemoveContainer => "remove the container",
            Self::UpdateContainer => "update the container",
            Self::InspectContainer => "inspect the container",
            Self::List => "list",
            Self::ReadLogs => "read the logs of",
            Self::Wait => "wait for",
        })
    }
}

/// A call to Docker that did not succeed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what it means")]
pub enum DockerError {
    #[error("Docker does not answer at {socket}; it is stopped or starting (see `systemctl status docker`)")]
    Unreachable { socket: String, source: Option<Cause> },
    #[error(
        "this user may not use Docker's socket {socket}; add it to the group docker (`usermod -aG docker USER`) and start Kraken again"
    )]
    NotAllowed { socket: String },
    #[error("Docker did not {verb} {object} within {} s", limit.as_secs())]
    TimedOut { verb: Verb, object: String, limit: Duration },
    #[error(
        "the disk that holds Docker's data is full, so Docker could not {verb} {object}; make room (`docker system df` shows what uses it)"
    )]
    DiskFull { verb: Verb, object: String, source: Option<Cause> },
    #[error("could not {verb} {object}: the registry cannot be reached")]
    RegistryUnreachable { verb: Verb, object: String, source: Option<Cause> },
    #[error("there is no image {image}, or it is private; check the name, or make it public")]
    NoSuchImage { image: String },
    #[error("could not {verb} {object}: it does not exist")]
    NotFound { verb: Verb, object: String },
    #[error("the image {image} is for {has}, this node is {wants}; use an image that is built for {wants} as well")]
    WrongArchitecture { image: String, has: String, wants: String },
    #[error("could not start {container}: its command cannot be run: {because}; check `run` in shipwreck.toml")]
    CannotRun { container: String, because: String },
    #[error("the {kind} {name} exists and is not Kraken's, so it is left alone; rename or remove it")]
    Foreign { kind: &'static str, name: String },
    #[error("{kind} {text:?} is not a name Docker allows")]
    BadName { kind: &'static str, text: String },
    #[error(
        "no subnet is free for {network}: every /20 of {tried} overlaps with this machine's routes or other Docker networks; set another in Kraken's config"
    )]
    NoSubnet { network: String, tried: String },
    #[error("Docker refused to {verb} {object}: {message}")]
    Refused { verb: Verb, object: String, status: u16, message: String },
    #[error("Docker's answer to {verb} {object} cannot be read")]
    Garbled { verb: Verb, object: String, source: Cause },
}

impl DockerError {
    /// Whether waiting and trying again can help. False: the app (or its image) must change first.
    #[must_use]
    pub fn is_worlds_fault(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::NotAllowed { .. }
            | Self::TimedOut { .. }
            | Self::DiskFull { .. }
            | Self::RegistryUnreachable { .. }
            | Self::NoSubnet { .. }
            | Self::Garbled { .. } => true,
            Self::NoSuchImage { .. }
            | Self::NotFound { .. }
            | Self::WrongArchitecture { .. }
            | Self::CannotRun { .. }
            | Self::Foreign { .. }
            | Self::BadName { .. } => false,
            // 409 is another call on the same object under way, 429 a registry's limit.
            Self::Refused { status, .. } => *status >= 500 || matches!(status, 409 | 429),
        }
    }

    /// Whether the object asked for does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. } | Self::NoSuchImage { .. })
    }

    /// An answer that is not what Docker's documentation says.
    pub(super) fn odd(verb: Verb, object: &str, answer: &str) -> Self {
        let message = format!("an answer that is no id: {answer:?}");
        Self::Refused { verb, object: object.to_owned(), status: 500, message }
    }

    /// Sorts what bollard says into what a caller can act on.
    pub(super) fn classify(verb: Verb, object: &str, socket: &str, cause: Cause) -> Self {
        let object = object.to_owned();
        match &cause {
            Cause::DockerResponseServerError { status_code, message } => {
                let (status, message) = (*status_code, message.clone());
                Self::from_reply(verb, object, status, message, cause)
            }
            Cause::DockerStreamError { error } => {
                let message = error.clone();
                Self::from_reply(verb, object, 500, message, cause)
            }
            Cause::RequestTimeoutError => Self::TimedOut { verb, object, limit: Duration::from_secs(120) },
            Cause::SocketNotFoundError(_) => Self::Unreachable { socket: socket.to_owned(), source: Some(cause) },
            Cause::JsonDataError { .. } | Cause::JsonSerdeError { .. } | Cause::APIVersionParseError {} => {
                Self::Garbled { verb, object, source: cause }
            }
            _ if is_denied(&cause) => Self::NotAllowed { socket: socket.to_owned() },
            _ => Self::Unreachable { socket: socket.to_owned(), source: Some(cause) },
        }
    }

    fn from_reply(verb: Verb, object: String, status: u16, message: String, cause: Cause) -> Self {
        let text = message.to_lowercase();
        if is_disk_full(&text) {
            return Self::DiskFull { verb, object, source: Some(cause) };
        }
        match verb {
            Verb::Pull if is_network_trouble(&text) => Self::RegistryUnreachable { verb, object, source: Some(cause) },
            Verb::Pull if is_missing_image(&text) => Self::NoSuchImage { image: object },
            Verb::Pull if text.contains("no matching manifest") => {
                Self::WrongArchitecture { image: object, has: "other machines".into(), wants: "another architecture".into() }
            }
            Verb::CreateContainer if text.contains("no such image") => Self::NoSuchImage { image: object },
            Verb::InspectImage if status == 404 => Self::NoSuchImage { image: object },
            Verb::StartContainer if is_bad_command(&text) => {
                Self::CannotRun { container: object, because: last_clause(&message) }
            }
            _ if status == 404 => Self::NotFound { verb, object },
            _ => Self::Refused { verb, object, status, message },
        }
    }
}

/// Docker says it in many ways, all with the kernel's own words.
pub(super) fn is_disk_full(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("no space left on device") || text.contains("disk quota exceeded")
}

fn is_network_trouble(text: &str) -> bool {
    [
        "dial tcp",
        "no such host",
        "i/o timeout",
        "connection refused",
        "connection reset",
        "tls handshake",
        "network is unreachable",
        "client.timeout",
        "temporary failure",
        "toomanyrequests",
        "context deadline exceeded",
        "eof",
        "service unavailable",
        "bad gateway",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

fn is_missing_image(text: &str) -> bool {
    ["not found", "manifest unknown", "access denied", "does not exist", "unauthorized", "authentication required", "denied"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// runc's words when the command itself is at fault.
fn is_bad_command(text: &str) -> bool {
    [
        "executable file not found",
        "no such file or directory",
        "permission denied",
        "exec format error",
        "not a directory",
        "unable to find user",
        "chdir to cwd",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

/// runc wraps its reason in six layers of `caused by`; people need the innermost.
fn last_clause(message: &str) -> String {
    let inner = message.rsplit("caused: ").next().unwrap_or(message);
    inner.trim().trim_end_matches(": unknown").to_owned()
}

fn is_denied(cause: &Cause) -> bool {
    // Transparent, so not part of its own chain of sources.
    if let Cause::IOError { err } = cause {
        return err.kind() == std::io::ErrorKind::PermissionDenied;
    }
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(cause);
    while let Some(error) = source {
        if error.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::PermissionDenied) {
            return true;
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(verb: Verb, status_code: u16, message: &str) -> DockerError {
        let cause = Cause::DockerResponseServerError { status_code, message: message.into() };
        DockerError::classify(verb, "nginx:1", "/run/docker.sock", cause)
    }

    #[test]
    fn a_full_disk_is_the_worlds_fault_whatever_was_being_done() {
        for verb in [Verb::Build, Verb::Pull, Verb::CreateContainer, Verb::StartContainer] {
            let error = reply(verb, 500, "write /var/lib/docker/tmp/x: no space left on device");
            assert!(matches!(error, DockerError::DiskFull { .. }), "{error}");
            assert!(error.is_worlds_fault());
        }
    }

    #[test]
    fn an_image_that_does_not_exist_is_the_apps_fault_and_a_dead_network_is_not() {
        let missing = reply(Verb::Pull, 404, "pull access denied for x, repository does not exist or may require 'docker login'");
        assert!(matches!(missing, DockerError::NoSuchImage { .. }) && !missing.is_worlds_fault());
        let offline = reply(
            Verb::Pull,
            500,
            "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host",
        );
        assert!(matches!(offline, DockerError::RegistryUnreachable { .. }) && offline.is_worlds_fault());
    }

    #[test]
    fn a_command_that_cannot_run_is_named_by_its_innermost_reason() {
        let error = reply(
            Verb::StartContainer,
            400,
            "OCI runtime create failed: container_linux.go:380: starting container process caused: exec: \"nope\": executable file not found in $PATH: unknown",
        );
        assert_eq!(
            error.to_string(),
            "could not start nginx:1: its command cannot be run: exec: \"nope\": executable file not found in $PATH; check `run` in shipwreck.toml"
        );
        assert!(!error.is_worlds_fault());
    }

    #[test]
    fn what_the_daemon_could_not_do_is_worth_another_try_and_what_it_refused_is_not() {
        assert!(reply(Verb::MakeNetwork, 500, "iptables failed").is_worlds_fault());
        assert!(reply(Verb::RemoveContainer, 409, "removal is already in progress").is_worlds_fault());
        assert!(!reply(Verb::CreateContainer, 400, "invalid mount path").is_worlds_fault());
    }

    #[test]
    fn a_socket_this_user_may_not_open_says_how_to_be_allowed() {
        let cause = Cause::IOError { err: std::io::ErrorKind::PermissionDenied.into() };
        let error = DockerError::classify(Verb::Connect, "", "/run/docker.sock", cause);
        assert!(error.to_string().contains("usermod -aG docker"), "{error}");
    }
}
