//! Where does an app's source come from? A repository's address, the reference asked for, and the pinned commit.
//!
//! An address never carries a secret: `https://user:password@host/…` is refused with the next step (the token field),
//! so nothing downstream (records, logs, errors, the page) has to remember to hide one. A user name alone is dropped from
//! http addresses: it may be a token, and credentials travel separately.

mod host_key;
mod parse;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use super::time::WallTime;

pub use host_key::HostKey;
pub use parse::{ParseSourceUrlError, Pasted};

/// How a repository is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Git's smart protocol over TLS.
    Https,
    /// The same without TLS: a forge on the home network.
    Http,
    /// Git over SSH, with a deploy key.
    Ssh,
    /// A repository on this machine, below one of the configured roots.
    File,
}

impl Scheme {
    /// The scheme as it stands in an address.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
            Self::Ssh => "ssh",
            Self::File => "file",
        }
    }

    /// The port an address means when it names none; `None` for files.
    #[must_use]
    pub fn default_port(self) -> Option<u16> {
        match self {
            Self::Https => Some(443),
            Self::Http => Some(80),
            Self::Ssh => Some(22),
            Self::File => None,
        }
    }
}

/// A repository's address: parsed, normalised, without credentials. Text is its wire and disk form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceUrl {
    scheme: Scheme,
    /// The account of an SSH address (`git`); not a secret, and never set for other schemes.
    user: Option<String>,
    /// Lower case; empty for files. IPv6 addresses stand in brackets.
    host: String,
    /// Only when it differs from the scheme's default.
    port: Option<u16>,
    /// Without a trailing slash; starts with `/` unless it is relative to an SSH account's home (`git@host:a/b`).
    path: String,
}

impl SourceUrl {
    /// How the repository is reached.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host, lower case, IPv6 in brackets; empty for files.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port that is dialled; `None` for files.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port.or(self.scheme.default_port())
    }

    /// The account of an SSH address.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The path as the server sees it (decoded for files, as written otherwise).
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// `host:port`, under which an SSH host key is pinned and errors name the server; the path for files.
    #[must_use]
    pub fn authority(&self) -> String {
        match self.port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.path.clone(),
        }
    }

    /// What two spellings of one repository share: equal identities mean "the same app's source", so deploying again
    /// is an update. `https://h/a/b`, `https://h/a/b.git` and `https://H/a/b/` are one.
    #[must_use]
    pub fn identity(&self) -> String {
        let path = self.path.strip_suffix(".git").unwrap_or(&self.path);
        Self { path: path.to_owned(), ..self.clone() }.to_string()
    }

    /// The name an app gets when nothing else names it: the last part of the path without `.git`.
    #[must_use]
    pub fn repository_name(&self) -> &str {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        last.strip_suffix(".git").unwrap_or(last)
    }
}

impl fmt::Display for SourceUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scheme == Scheme::File {
            return match Url::from_file_path(&self.path) {
                Ok(url) => write!(out, "{url}"),
                Err(()) => write!(out, "file://{}", self.path),
            };
        }
        let user = self.user.as_deref().map(|user| format!("{user}@")).unwrap_or_default();
        if !self.path.starts_with('/') {
            return write!(out, "{user}{}:{}", self.host, self.path);
        }
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        write!(out, "{}://{user}{}{port}{}", self.scheme.as_str(), self.host, self.path)
    }
}

impl FromStr for SourceUrl {
    type Err = ParseSourceUrlError;

    /// An address without a pasted branch; use [`Pasted`] for what a person typed.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<Pasted>().map(|pasted| pasted.url)
    }
}

impl TryFrom<String> for SourceUrl {
    type Error = ParseSourceUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SourceUrl> for String {
    fn from(url: SourceUrl) -> Self {
        url.to_string()
    }
}

/// Which state of a repository was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reference {
    /// Whatever the repository's HEAD names.
    #[default]
    DefaultBranch,
    /// The tip of a branch.
    Branch {
        /// Without `refs/heads/`.
        name: String,
    },
    /// What a tag points at.
    Tag {
        /// Without `refs/tags/`.
        name: String,
    },
    /// Exactly this commit.
    Commit {
        /// The commit.
        id: Commit,
    },
    /// Written by a newer version.
    #[serde(other)]
    Unknown,
}

impl Reference {
    /// The tip of the branch `name`.
    #[must_use]
    pub fn branch(name: impl Into<String>) -> Self {
        Self::Branch { name: name.into() }
    }

    /// What the tag `name` points at.
    #[must_use]
    pub fn tag(name: impl Into<String>) -> Self {
        Self::Tag { name: name.into() }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DefaultBranch => out.write_str("the default branch"),
            Self::Branch { name } => write!(out, "branch {name}"),
            Self::Tag { name } => write!(out, "tag {name}"),
            Self::Commit { id } => write!(out, "commit {}", id.short()),
            Self::Unknown => out.write_str("a reference of a newer version"),
        }
    }
}

/// A pinned state of a source: Git's 40 hex digits, or the 64 of an uploaded folder's content hash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Commit(String);

/// Who wrote a commit, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorship {
    /// The author's name as the commit has it; nobody checks it.
    pub author: String,
    /// By the author's clock.
    pub at: WallTime,
}

/// A commit that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a commit: give all 40 hexadecimal digits, as `git rev-parse` prints them")]
pub struct ParseCommitError(String);

impl Commit {
    /// All digits, lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }

    /// Whether this is the content hash of an uploaded folder rather than a commit of a repository.
    #[must_use]
    pub fn is_content_hash(&self) -> bool {
        self.0.len() == 64
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for Commit {
    type Err = ParseCommitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex && matches!(text.len(), 40 | 64) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(ParseCommitError(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for Commit {
    type Error = ParseCommitError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Commit> for String {
    fn from(commit: Commit) -> Self {
        commit.0
    }
}

#[cfg(test)]
mod tests;
