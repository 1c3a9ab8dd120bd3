//! What can be asked of the platform? Every change a person makes, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::document::{Document, NodeWish, Sealed, Source};
use super::id::{AppId, DeploymentId, NodeId, VersionId, VolumeId};
use super::record::{Draft, ObjectKey, RevisionId};
use super::source::Commit;

/// One wish.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Command {
    /// Deploy a source: a new app, or an update of the one it already is.
    Deploy(Box<Deploy>),
    /// To the newest commit of its branch, or to the one named.
    Update {
        /// Whose.
        app: AppId,
        /// Pinned by the caller.
        commit: Option<Commit>,
    },
    /// To a kept version.
    Rollback {
        /// Whose.
        app: AppId,
        /// Which.
        version: VersionId,
    },
    /// The version that serves, or the last one tried, once more.
    Restart {
        /// Whose.
        app: AppId,
    },
    /// It shall run.
    TurnOn {
        /// Whose.
        app: AppId,
    },
    /// It shall not run.
    TurnOff {
        /// Whose.
        app: AppId,
    },
    /// It goes.
    Destroy {
        /// Whose.
        app: AppId,
        /// Volumes too, at once; else they stay in the trash for seven days.
        with_volumes: bool,
    },
    /// Back from the trash.
    Restore {
        /// Whose.
        app: AppId,
    },
    /// Change environment values.
    SetEnv {
        /// Whose.
        app: AppId,
        /// New values.
        set: BTreeMap<String, String>,
        /// Names that go back to what the file says.
        reset: Vec<String>,
    },
    /// Set or remove a secret; the app need not exist yet.
    SetSecret {
        /// Whose.
        app: AppId,
        /// Its name.
        name: String,
        /// None removes it.
        value: Option<Sealed>,
    },
    /// How many replicas; none = as the file says.
    SetScale {
        /// Whose.
        app: AppId,
        /// At least 1.
        replicas: Option<u32>,
    },
    /// On which machine it shall run.
    SetPlace {
        /// Whose.
        app: AppId,
        /// None = Kraken chooses.
        node: Option<NodeId>,
    },
    /// Published port and host names; none = as the file says.
    SetRoute {
        /// Whose.
        app: AppId,
        /// LAN port.
        publish: Option<u16>,
        /// Full host names.
        hosts: Option<Vec<String>>,
    },
    /// Give up a deployment.
    Abort {
        /// Which.
        deployment: DeploymentId,
    },
    /// Delete a volume of the trash for good.
    DeleteVolume {
        /// Which.
        volume: VolumeId,
    },
    /// A machine joins; its name is made unique.
    AdmitNode {
        /// Which.
        node: NodeId,
        /// What it would like to be called.
        name: String,
        /// Its public key (SPKI, DER), base64.
        key: String,
        /// The digest of the invite it came with, which is used up by it; none: two people said yes.
        invite: Option<String>,
    },
    /// A machine leaves for good, dead or alive: its id never returns.
    RemoveNode {
        /// Which.
        node: NodeId,
    },
    /// What people set about a machine, all of it.
    SetNode {
        /// Which.
        node: NodeId,
        /// Priority, labels, kind; none = as its own config says.
        wish: NodeWish,
    },
    /// Another machine leads from now on.
    MakeLeader {
        /// Which.
        node: NodeId,
    },
    /// Values sealed anew with the newest key; each counts only where the old one is still there.
    Reseal {
        /// Which, by object: the document it was read from, and the one with the new seal.
        values: BTreeMap<ObjectKey, (Document, Document)>,
    },
    /// The machine that was asked leads although it hears nobody; never forwarded.
    LeadAnyway,
    /// End a conflict: what this leaf of an object says is in force, and the other leaves become history.
    Settle {
        /// Of which object.
        object: ObjectKey,
        /// Which leaf.
        revision: RevisionId,
    },
    /// Write settings of the layers above (sessions, tokens, host keys); only `setting/…` objects.
    Put {
        /// What.
        drafts: Vec<Draft>,
    },
    /// Take over an exported state.
    Import {
        /// Documents by object.
        documents: BTreeMap<ObjectKey, Document>,
    },
}

/// A deployment asked for by source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deploy {
    /// Slug of the name.
    pub app: AppId,
    /// As people wrote it.
    pub name: String,
    /// Where the code is.
    pub source: Source,
    /// The commit the caller looked at; pinned if given.
    pub commit: Option<Commit>,
    /// A manifest edited instead of the repository's file.
    pub manifest: Option<String>,
    /// Environment values to set first.
    pub env: BTreeMap<String, String>,
    /// Secrets to set first.
    pub secrets: BTreeMap<String, Sealed>,
    /// The machine it shall run on; none leaves that as it is.
    #[serde(default)]
    pub node: Option<NodeId>,
}

/// The wish is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Which app it is about, if one.
    pub app: Option<AppId>,
    /// The deployment it led to, if one.
    pub deployment: Option<DeploymentId>,
    /// How many nodes hold the wish on disk.
    pub copies: u32,
    /// The record that waits for a leader, if nobody led: its place in the log of the machine that took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued: Option<RevisionId>,
    /// What happens next, for people.
    pub says: String,
}

/// The wish is refused; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{because}")]
pub struct Refusal {
    /// What kind, for programs.
    pub kind: RefusalKind,
    /// What is wrong.
    pub because: String,
    /// What to do about it.
    pub next: Option<String>,
}

/// Kinds of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// There is no such thing.
    NotFound,
    /// It clashes with what is there.
    Conflict,
    /// It makes no sense.
    Invalid,
    /// Not now: the disk or the queue is full.
    Unavailable,
}

impl Refusal {
    /// A refusal of `kind`.
    #[must_use]
    pub fn new(kind: RefusalKind, because: impl Into<String>, next: Option<String>) -> Self {
        Self { kind, because: because.into(), next }
    }
}
