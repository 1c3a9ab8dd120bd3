//! What does the API need of the world? Small traits that the edge fulfils; tests fulfil them with doubles.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::view::{
    AppSeries, AuditEntry, BuildLine, BuildLog, Check, CommitView, Handshake, HostKeyUse, Joining, Level, LogLine, LogPage,
    MachineFacts, RemoteRef, StatsNow, Vitals,
};
use crate::model::document::{Document, Sealed};
use crate::model::facts::Facts;
use crate::model::id::{AppId, DeploymentId};
use crate::model::record::{ObjectKey, Record};
use crate::model::source::{Pasted, Reference, SourceUrl};

/// What of an app's log is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogAsk {
    /// Whose.
    pub app: AppId,
    /// At most so many lines, the newest; counted after the filters.
    pub tail: usize,
    /// Only what comes after this cursor.
    pub after: Option<String>,
    /// Only lines that matter at least so much.
    pub level: Option<Level>,
    /// Only lines with this text in them, whatever the case.
    pub text: Option<String>,
}

/// What went wrong behind a port, in words for people; never with a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{because}")]
pub struct Trouble {
    /// What kind, for programs: the last part of the problem's type.
    pub slug: &'static str,
    /// HTTP status it is answered with.
    pub status: u16,
    /// What is wrong and where.
    pub because: String,
    /// What to do about it.
    pub next: Option<String>,
}

/// Lines the apps write.
pub trait Logs: Send + Sync {
    /// A page of what was written.
    fn page(&self, ask: LogAsk) -> BoxFuture<'_, Result<LogPage, Trouble>>;
    /// What is written from now on, or after a cursor; ends when the app is gone.
    fn follow(&self, app: &AppId, after: Option<String>) -> BoxStream<'static, LogLine>;
}

/// Logs of deployments' builds.
pub trait BuildLogs: Send + Sync {
    /// At most `limit` lines from line `from` on.
    fn read(&self, deployment: DeploymentId, from: u64, limit: usize) -> BoxFuture<'_, Result<BuildLog, Trouble>>;
    /// Lines from line `from` on as they come; ends with the build.
    fn follow(&self, deployment: DeploymentId, from: u64) -> BoxStream<'static, BuildLine>;
}

/// Measurements; answered from memory.
pub trait Stats: Send + Sync {
    /// What was measured last.
    fn now(&self) -> Arc<StatsNow>;
    /// The last hour of an app; `deployments` is left empty.
    fn series(&self, app: &AppId) -> AppSeries;
    /// This machine's vitals with their last hour, once measured.
    fn vitals(&self) -> Option<Vitals>;
    /// What this machine is.
    fn machine(&self) -> Arc<MachineFacts>;
}

/// Where code comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookAt {
    /// A Git repository.
    Git {
        /// Its address; what was pasted after `/tree/` or `/commit/` decides where no reference is given.
        pasted: Box<Pasted>,
        /// Branch, tag or commit, if given.
        reference: Option<Reference>,
        /// A token for this look; else the one remembered for the repository, if any.
        token: Option<Secret>,
    },
    /// An uploaded folder.
    Upload {
        /// SHA-256 of its content.
        digest: String,
    },
}

/// A text that no log line or debug print shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// A source, looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// Branches of the repository.
    pub branches: Vec<RemoteRef>,
    /// Its tags.
    pub tags: Vec<RemoteRef>,
    /// The branch its HEAD names.
    pub default_branch: Option<String>,
    /// What was looked at.
    pub reference: Reference,
    /// The folder that was looked at (given, or pasted).
    pub root: Option<String>,
    /// What the reference means right now.
    pub commit: CommitView,
    /// shipwreck.toml of the root, if there is one; bytes, as its characters are checked later.
    pub file: Option<Vec<u8>>,
    /// What detection needs if there is none.
    pub facts: Facts,
    /// The SSH server's key, as it was met.
    pub host_key: Option<HostKeyUse>,
}

/// Repositories and uploaded folders.
pub trait Sources: Send + Sync {
    /// Lists, resolves and reads a source; pins a host key met for the first time.
    fn look(&self, at: LookAt, root: Option<String>) -> BoxFuture<'_, Result<Looked, Trouble>>;
    /// Makes a deploy key for `url`: the public line, and the private key in OpenSSH's format.
    ///
    /// # Errors
    /// When the kernel gives no randomness.
    fn new_key(&self, url: &SourceUrl) -> Result<(String, Secret), Trouble>;
}

/// Folders people upload.
pub trait Uploads: Send + Sync {
    /// Keeps a tar.gz; answers the content hash of what is in it, and its size in bytes.
    fn receive(&self, body: BoxStream<'static, io::Result<Bytes>>) -> BoxFuture<'_, Result<(String, u64), Trouble>>;
}

/// A change to be noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub who: String,
    /// What.
    pub verb: String,
    /// To what.
    pub object: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// What was answered, never a secret.
    pub detail: Option<String>,
}

/// The log of changes.
pub trait Audit: Send + Sync {
    /// Notes a deed; gives it its id and time. A log that cannot be written is told to the machine's own log, never to the one who asked.
    fn append(&self, deed: Deed) -> BoxFuture<'_, AuditEntry>;
    /// At most `limit` entries older than the one with the id `before`, newest first.
    fn page(&self, limit: usize, before: Option<String>) -> BoxFuture<'_, Result<Vec<AuditEntry>, Trouble>>;
}

/// The platform's data key.
pub trait Seal: Send + Sync {
    /// Seals `plain` so that it opens only as the value of `object`.
    ///
    /// # Errors
    /// When it is too long, or the kernel gives no randomness.
    fn seal(&self, object: &ObjectKey, plain: &str) -> Result<Sealed, Trouble>;
}

/// The self-examination.
pub trait Doctor: Send + Sync {
    /// Looks at everything Kraken needs.
    fn check(&self) -> BoxFuture<'_, Vec<Check>>;
}

/// The whole state as one readable document.
pub trait States: Send + Sync {
    /// What every object of `leaves` says, as JSON; with the secrets under a passphrase, if one is given.
    fn export(&self, leaves: Leaves, passphrase: Option<Secret>) -> BoxFuture<'_, Result<String, Trouble>>;
    /// What a document says, if all of it can be taken here.
    fn check(&self, text: String, passphrase: Option<Secret>) -> BoxFuture<'_, Result<BTreeMap<ObjectKey, Document>, Trouble>>;
    /// Keeps a document among the last twenty, to go back to.
    fn keep(&self, why: &'static str, document: String) -> BoxFuture<'_, Result<(), Trouble>>;
}

/// Whom to join.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JoinAsk {
    /// An invite.
    pub token: Option<Secret>,
    /// Where a machine of the platform is; none = one that was found.
    pub at: Option<String>,
}

/// Machines that want to be one platform.
pub trait Joins: Send + Sync {
    /// What is found, and every handshake; answered from memory.
    fn joining(&self) -> Joining;
    /// Begins to join; answers once there is a code, or with an invite once it is done.
    fn begin(&self, ask: JoinAsk) -> BoxFuture<'_, Result<Handshake, Trouble>>;
    /// What somebody (`by`) says on this side: yes or no.
    fn answer<'a>(&'a self, id: &'a str, yes: bool, by: &'a str) -> BoxFuture<'a, Result<Handshake, Trouble>>;
    /// A new invite: its token, and the digest it is kept by.
    ///
    /// # Errors
    /// When the kernel gives no randomness.
    fn new_invite(&self) -> Result<(Secret, String), Trouble>;
    /// Starts anew as another machine.
    fn reset_identity(&self) -> BoxFuture<'_, Result<(), Trouble>>;
}

/// The leaves of every object, the head first.
pub type Leaves = Arc<BTreeMap<ObjectKey, Vec<Arc<Record>>>>;

/// All of them.
#[derive(Clone)]
pub struct Ports {
    /// Lines the apps write.
    pub logs: Arc<dyn Logs>,
    /// Logs of builds.
    pub build_logs: Arc<dyn BuildLogs>,
    /// Measurements.
    pub stats: Arc<dyn Stats>,
    /// Repositories.
    pub sources: Arc<dyn Sources>,
    /// Uploaded folders.
    pub uploads: Arc<dyn Uploads>,
    /// The log of changes.
    pub audit: Arc<dyn Audit>,
    /// The data key.
    pub seal: Arc<dyn Seal>,
    /// The self-examination.
    pub doctor: Arc<dyn Doctor>,
    /// Export and import.
    pub states: Arc<dyn States>,
    /// Joining.
    pub joins: Arc<dyn Joins>,
}
