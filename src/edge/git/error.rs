//! Why is there no source? Each reason in words that say what to do next, and whose fault it is.

use std::path::PathBuf;
use std::time::Duration;

use git2::{ErrorClass, ErrorCode};

use super::connection::Access;
use super::credentials::Credentials;
use crate::edge::tree::{OpenTreeError, megabytes};
use crate::model::source::{Commit, HostKey, Scheme, SourceUrl};

/// What libgit2 or the server said, with every credential struck out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Said(String);

/// A source that cannot be listed or fetched.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No connection, no such host, or a connection that broke.
    #[error("cannot reach {server}: check the address, and that the server is up and reachable from this node")]
    Unreachable {
        /// `host:port`.
        server: String,
        /// What failed.
        source: Said,
    },
    /// The server went silent.
    #[error("{server} stopped answering")]
    Silent {
        /// `host:port`.
        server: String,
        /// What failed.
        source: Said,
    },
    /// The whole operation took too long.
    #[error("{doing} took longer than {} s", after.as_secs_f32())]
    TimedOut {
        /// What was being done.
        doing: &'static str,
        /// The limit.
        after: Duration,
    },
    /// 429 or 5xx.
    #[error("{server} answered with HTTP status {status}: the server has a problem")]
    ServerFailed {
        /// `host:port`.
        server: String,
        /// The status.
        status: u16,
    },
    /// Something else went wrong between this node and the server.
    #[error("cannot fetch from {server}")]
    Failed {
        /// `host:port`.
        server: String,
        /// What failed.
        source: Said,
    },
    /// This node's disk.
    #[error("cannot store the repository on this node: check its disk space")]
    Storage(#[source] Said),
    /// Somebody asked to stop.
    #[error("fetching was cancelled")]
    Cancelled,
    /// The node is shutting down.
    #[error("fetching was interrupted")]
    Interrupted,
    /// A certificate nobody here trusts.
    #[error("the certificate of {server} is not trusted: renew it, or name its CA's file in `sources.ca_file` of kraken.toml")]
    Certificate {
        /// `host:port`.
        server: String,
        /// What is wrong with it.
        source: Said,
    },
    /// The server wants credentials and there are none.
    #[error("{url} is private or does not exist: {}", next_step_for(url))]
    AuthenticationNeeded {
        /// The repository.
        url: SourceUrl,
    },
    /// The server did not take the credentials.
    #[error("{url} refused the {}: {}", name_of(url), next_step_for(url))]
    AuthenticationRefused {
        /// The repository.
        url: SourceUrl,
    },
    /// No such repository.
    #[error("there is no repository at {url}{}", if *with_credentials { ", or the given credentials may not see it" } else { ": check its address" })]
    NotFound {
        /// The repository.
        url: SourceUrl,
        /// Whether credentials were sent.
        with_credentials: bool,
    },
    /// A web server, but not Git.
    #[error("{url} is no Git repository: check the address")]
    NotGit {
        /// The address.
        url: SourceUrl,
        /// What it answered.
        source: Said,
    },
    /// Another key than the pinned one.
    #[error(
        "the host key of {server} changed from {known} to {seen}: somebody may be in between; if the server really has a new key, forget the old one in the app's source settings and try again"
    )]
    HostKeyChanged {
        /// `host:port`.
        server: String,
        /// The pinned one.
        known: HostKey,
        /// What the server shows now.
        seen: HostKey,
    },
    /// No such branch or tag.
    #[error("the repository has no {kind} \"{name}\"{}", nearest_text(nearest))]
    MissingReference {
        /// `branch` or `tag`.
        kind: &'static str,
        /// As asked for.
        name: String,
        /// The most similar names, best first.
        nearest: Vec<String>,
    },
    /// A repository without a commit.
    #[error("the repository has no commit yet: push one first")]
    Empty,
    /// HEAD names nothing.
    #[error("the repository does not say which branch is its default: name a branch")]
    NoDefaultBranch,
    /// A commit that no branch or tag leads to.
    #[error("the repository has no commit {commit}: it was removed by a force push, or never pushed")]
    MissingCommit {
        /// The commit.
        commit: Commit,
    },
    /// Over the limit.
    #[error(
        "the repository is too large: {} received, the limit is {}; remove large files from its history, or deploy from a folder with `kraken deploy DIR`",
        megabytes(*so_far), megabytes(*limit)
    )]
    TooLarge {
        /// Bytes.
        limit: u64,
        /// Bytes received when it was stopped.
        so_far: u64,
    },
    /// A file address outside the allowed folders.
    #[error("{} is not below a folder that `sources.file_roots` of kraken.toml allows: add its folder there, or use another address", path.display())]
    OutsideFileRoots {
        /// As given.
        path: PathBuf,
    },
    /// A reference kind this version does not know.
    #[error("the app's reference was written by a newer version of Kraken: update this node")]
    UnknownReference,
    /// What lies in the commit cannot be built.
    #[error(transparent)]
    Tree(#[from] OpenTreeError),
}

impl SourceError {
    /// Whether waiting may help: the network, the server or this node's disk failed, not the app and not what a person entered.
    #[must_use]
    pub fn is_worlds_fault(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::TimedOut { .. }
            | Self::ServerFailed { .. }
            | Self::Failed { .. }
            | Self::Storage(_)
            | Self::Interrupted
            | Self::Tree(OpenTreeError::Read(_)) => true,
            Self::Cancelled
            | Self::Certificate { .. }
            | Self::AuthenticationNeeded { .. }
            | Self::AuthenticationRefused { .. }
            | Self::NotFound { .. }
            | Self::NotGit { .. }
            | Self::HostKeyChanged { .. }
            | Self::MissingReference { .. }
            | Self::Empty
            | Self::NoDefaultBranch
            | Self::MissingCommit { .. }
            | Self::TooLarge { .. }
            | Self::OutsideFileRoots { .. }
            | Self::UnknownReference
            | Self::Tree(_) => false,
        }
    }

    /// What to do next, as a sentence of its own.
    #[must_use]
    pub fn next(&self) -> String {
        match self {
            Self::AuthenticationNeeded { url } | Self::AuthenticationRefused { url } if url.scheme() == Scheme::Ssh => {
                format!("Add the key that this prints to the repository's deploy keys, then deploy again: kraken key show {url}")
            }
            Self::AuthenticationNeeded { .. } | Self::AuthenticationRefused { .. } => {
                "Give a token that may read it: kraken deploy URL --token-stdin < FILE".to_owned()
            }
            Self::NotFound { .. } | Self::NotGit { .. } => {
                "Deploy with the address that the repository's own page shows for cloning.".to_owned()
            }
            Self::HostKeyChanged { server, .. } => {
                format!("If the server really has a new key: kraken key forget {server}. Then deploy again.")
            }
            Self::MissingReference { .. } | Self::NoDefaultBranch => {
                "Name one that is there, or push it; then deploy again.".to_owned()
            }
            Self::OutsideFileRoots { .. } => {
                "Set it on this machine and start the agent again, or use another address.".to_owned()
            }
            Self::UnknownReference => "Install the newest release on this machine.".to_owned(),
            Self::Certificate { .. } => "Then deploy again.".to_owned(),
            other if other.is_worlds_fault() => "Try again once that is mended.".to_owned(),
            _ => "Mend it, push, and deploy again.".to_owned(),
        }
    }

    /// What a libgit2 error means for whoever asked for `access`.
    pub(super) fn from_git(error: &git2::Error, access: &Access) -> Self {
        let message = access.credentials.struck_from(error.message());
        let said = Said(message.trim().to_owned());
        let server = access.url.authority();
        let lower = message.to_ascii_lowercase();
        if error.code() == ErrorCode::Timeout || lower.contains("timed out") || lower.contains("timeout") {
            return if lower.contains("connect") {
                Self::Unreachable { server, source: said }
            } else {
                Self::Silent { server, source: said }
            };
        }
        if error.code() == ErrorCode::Auth {
            return Self::authentication(access);
        }
        match error.class() {
            ErrorClass::Http => Self::from_http(&lower, said, access),
            ErrorClass::Ssl => Self::from_tls(error.code(), &lower, server, said),
            ErrorClass::Ssh => Self::from_ssh(&lower, server, said, access),
            _ if error.code() == ErrorCode::Certificate => Self::Certificate { server, source: said },
            _ => Self::from_text(error, &lower, server, said, access),
        }
    }

    fn authentication(access: &Access) -> Self {
        let url = access.url.clone();
        if access.credentials == Credentials::None {
            Self::AuthenticationNeeded { url }
        } else {
            Self::AuthenticationRefused { url }
        }
    }

    fn not_found(access: &Access) -> Self {
        Self::NotFound { url: access.url.clone(), with_credentials: access.credentials != Credentials::None }
    }

    fn from_http(lower: &str, said: Said, access: &Access) -> Self {
        let server = access.url.authority();
        let status = lower.rsplit_once("status code: ").and_then(|(_, status)| status.trim().parse::<u16>().ok());
        match status {
            Some(401 | 403) => Self::authentication(access),
            Some(404 | 410) => Self::not_found(access),
            Some(status @ (408 | 429 | 500..)) => Self::ServerFailed { server, status },
            Some(_) => Self::NotGit { url: access.url.clone(), source: said },
            None if lower.contains("authentication") => Self::authentication(access),
            None if lower.contains("content-type") => Self::NotGit { url: access.url.clone(), source: said },
            None => Self::Failed { server, source: said },
        }
    }

    fn from_tls(code: ErrorCode, lower: &str, server: String, said: Said) -> Self {
        if code == ErrorCode::Certificate || lower.contains("certificate") || lower.contains("x509") {
            return Self::Certificate { server, source: said };
        }
        Self::Unreachable { server, source: said }
    }

    /// OpenSSH and forges answer in prose on stderr; libgit2 hands it on.
    fn from_ssh(lower: &str, server: String, said: Said, access: &Access) -> Self {
        if lower.contains("not found")
            || lower.contains("does not appear to be a git repository")
            || lower.contains("no such file")
        {
            return Self::not_found(access);
        }
        if lower.contains("authenticat")
            || lower.contains("permission denied")
            || lower.contains("public key")
            || lower.contains("access denied")
        {
            return Self::authentication(access);
        }
        Self::Failed { server, source: said }
    }

    fn from_text(error: &git2::Error, lower: &str, server: String, said: Said, access: &Access) -> Self {
        if lower.contains("failed to connect") || lower.contains("failed to resolve") {
            return Self::Unreachable { server, source: said };
        }
        if lower.contains("not found")
            || lower.contains("no such") && access.url.scheme() == Scheme::File
            || error.code() == ErrorCode::NotFound
        {
            return Self::not_found(access);
        }
        if matches!(error.class(), ErrorClass::Os | ErrorClass::Filesystem | ErrorClass::Odb) || lower.contains("no space") {
            return Self::Storage(said);
        }
        Self::Failed { server, source: said }
    }

    /// The node's own repository failed.
    pub(super) fn storage(error: impl std::fmt::Display) -> Self {
        Self::Storage(Said(error.to_string()))
    }
}

fn name_of(url: &SourceUrl) -> &'static str {
    if url.scheme() == Scheme::Ssh { "deploy key" } else { "token" }
}

fn next_step_for(url: &SourceUrl) -> &'static str {
    if url.scheme() == Scheme::Ssh {
        "add the app's deploy key to the repository's deploy keys on the server, read access is enough"
    } else {
        "check the address, and put an access token that may read the repository into the token field"
    }
}

fn nearest_text(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        [one] => format!("; did you mean \"{one}\"?"),
        many => format!("; nearest: {}", many.join(", ")),
    }
}

#[cfg(test)]
mod tests;
