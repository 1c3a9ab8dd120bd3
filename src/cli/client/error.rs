//! Why is there no answer from the agent, and what can a person do about it?

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::problem::Problem;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskAgentError {
    /// Nobody listens.
    #[error("no agent listens at {}", place(sockets))]
    NotRunning {
        /// Where one was looked for.
        sockets: Vec<PathBuf>,
    },
    /// Somebody else's agent.
    #[error("the agent at {} cannot be asked", socket.display())]
    Socket {
        /// Which socket.
        socket: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not reached.
    #[error("{server} cannot be reached")]
    Server {
        /// Which.
        server: String,
        /// Why.
        source: io::Error,
    },
    /// Too slow.
    #[error("the agent did not answer {what} within {} s", after.as_secs())]
    Slow {
        /// What was asked.
        what: String,
        /// How long was waited.
        after: Duration,
    },
    /// The connection ended.
    #[error("the connection to the agent broke off")]
    BrokeOff(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was asked is no request.
    #[error("the request cannot be written")]
    Write(#[source] http::Error),
    /// The answer is not what this program knows.
    #[error("the agent's answer makes no sense to this program: {because}")]
    Unreadable {
        /// What the parser says.
        because: String,
    },
    /// It says no.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
}

impl AskAgentError {
    /// What to do about it.
    #[must_use]
    pub fn next(&self) -> Option<String> {
        let next = match self {
            Self::NotRunning { .. } => "Start one with: kraken agent. One of another data directory is meant with --data DIR.",
            Self::Socket { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "Ask as root, or as a member of the group kraken."
            }
            Self::Server { .. } => "Look whether the machine is on and Kraken runs there, and whether the port is right.",
            Self::Slow { .. } | Self::BrokeOff(_) => "Look at the agent's log, then try again: nothing is done twice.",
            Self::Unreadable { .. } => {
                "Agent and command line may be of different versions: compare kraken --version with kraken nodes."
            }
            Self::Refused(problem) => return problem.next.clone(),
            Self::Socket { .. } | Self::Write(_) => return None,
        };
        Some(next.to_owned())
    }
}

fn place(sockets: &[PathBuf]) -> String {
    sockets.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_is_not_ours_says_who_may_ask() {
        let denied =
            AskAgentError::Socket { socket: "/run/kraken/api.sock".into(), source: io::ErrorKind::PermissionDenied.into() };
        assert!(denied.next().unwrap().contains("group kraken"));
        let other = AskAgentError::Socket { socket: "/run/kraken/api.sock".into(), source: io::ErrorKind::Other.into() };
        assert_eq!(other.next(), None);
    }

    #[test]
    fn every_place_that_was_looked_at_is_named() {
        let error = AskAgentError::NotRunning { sockets: vec!["/a.sock".into(), "/b.sock".into()] };
        assert_eq!(error.to_string(), "no agent listens at /a.sock or /b.sock");
    }
}
