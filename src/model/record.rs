//! What is replicated? Records: immutable revisions of one document per concern.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::document::Document;
use super::id::{AppId, DeploymentId, Epoch, NodeId, RequestId, StoreId, VersionId, VolumeId};
use super::time::Hlc;

/// Version of the record format on disk and wire.
pub const RECORD_FORMAT: u16 = 1;

/// Whose concern a record is: edits of different concerns never conflict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ObjectKey {
    /// One concern of an app.
    App(AppId, Concern),
    /// A secret of an app, sealed.
    Secret(AppId, String),
    /// One built state of an app.
    Version(VersionId),
    /// One deployment.
    Deployment(DeploymentId),
    /// What becomes of a volume.
    Volume(VolumeId),
    /// A machine of the platform.
    Member(NodeId),
    /// What people set about a machine.
    Node(NodeId),
    /// A wish that waits for a leader.
    Command(RequestId),
    /// A setting of the platform, also sessions, tokens and pinned host keys: `setting/NAME`.
    Setting(String),
}

/// The concerns of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// Where its code comes from.
    Source,
    /// Environment values a person set.
    Env,
    /// How many replicas a person asked for.
    Scale,
    /// Host names and published port.
    Route,
    /// On, off or destroyed.
    Wanted,
    /// The machine a person chose.
    Place,
}

impl Concern {
    /// Every concern with its name in keys.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Source, "source"),
        (Self::Env, "env"),
        (Self::Scale, "scale"),
        (Self::Route, "route"),
        (Self::Wanted, "wanted"),
        (Self::Place, "place"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(concern, _)| *concern == self).map_or("", |(_, name)| name)
    }
}

/// Text that names no object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" names no object of the state")]
pub struct ParseObjectKeyError(String);

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(app, concern) => write!(f, "app/{app}/{}", concern.name()),
            Self::Secret(app, name) => write!(f, "secret/{app}/{name}"),
            Self::Version(id) => write!(f, "version/{id}"),
            Self::Deployment(id) => write!(f, "deployment/{id}"),
            Self::Volume(id) => write!(f, "volume/{id}"),
            Self::Member(id) => write!(f, "member/{id}"),
            Self::Node(id) => write!(f, "node/{id}"),
            Self::Command(id) => write!(f, "command/{id}"),
            Self::Setting(name) => write!(f, "setting/{name}"),
        }
    }
}

impl FromStr for ObjectKey {
    type Err = ParseObjectKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_key(text).ok_or_else(|| ParseObjectKeyError(text.chars().take(120).collect()))
    }
}

fn parse_key(text: &str) -> Option<ObjectKey> {
    let (kind, rest) = text.split_once('/')?;
    Some(match kind {
        "app" => {
            let (app, concern) = rest.split_once('/')?;
            let concern = Concern::ALL.iter().find(|(_, name)| *name == concern)?.0;
            ObjectKey::App(app.parse().ok()?, concern)
        }
        "secret" => {
            let (app, name) = rest.split_once('/')?;
            if name.is_empty() {
                return None;
            }
            ObjectKey::Secret(app.parse().ok()?, name.to_owned())
        }
        "version" => ObjectKey::Version(rest.parse().ok()?),
        "deployment" => ObjectKey::Deployment(rest.parse().ok()?),
        "volume" => ObjectKey::Volume(rest.parse().ok()?),
        "member" => ObjectKey::Member(rest.parse().ok()?),
        "node" => ObjectKey::Node(rest.parse().ok()?),
        "command" => ObjectKey::Command(rest.parse().ok()?),
        "setting" if !rest.is_empty() => ObjectKey::Setting(rest.to_owned()),
        _ => return None,
    })
}

impl TryFrom<String> for ObjectKey {
    type Error = ParseObjectKeyError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ObjectKey> for String {
    fn from(key: ObjectKey) -> Self {
        key.to_string()
    }
}

/// Who writes: a node and the life of its database, so that a restored copy is another origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The writing node.
    pub node: NodeId,
    /// The life of its database.
    pub store: StoreId,
}

/// Names one revision: the `seq`-th record of its origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RevisionId {
    /// Who wrote it.
    pub origin: Origin,
    /// Counts up by one per record of that origin, from 1.
    pub seq: u64,
}

/// Text that names no revision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" names no revision (NODE.STORE:SEQUENCE)")]
pub struct ParseRevisionError(String);

impl fmt::Display for RevisionId {
    /// Its place in the log of its origin, `NODE.STORE:SEQUENCE`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}:{}", self.origin.node, self.origin.store, self.seq)
    }
}

impl FromStr for RevisionId {
    type Err = ParseRevisionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let (origin, seq) = text.split_once(':')?;
            let (node, store) = origin.split_once('.')?;
            Some(Self { origin: Origin { node: node.parse().ok()?, store: store.parse().ok()? }, seq: seq.parse().ok()? })
        };
        parsed().ok_or_else(|| ParseRevisionError(text.chars().take(80).collect()))
    }
}

/// One immutable revision of one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Format version, see [`RECORD_FORMAT`].
    pub v: u16,
    /// Whose concern it is.
    pub object: ObjectKey,
    /// Its name.
    pub revision: RevisionId,
    /// The revisions it replaces; empty for a first one.
    pub parents: Vec<RevisionId>,
    /// When, in the platform's order; above its parents'.
    pub hlc: Hlc,
    /// The reign it was written under; none when written without a leader.
    pub epoch: Option<Epoch>,
    /// What it says; none = the object is deleted (a tombstone).
    pub document: Option<Document>,
}

impl Record {
    /// Whether it says that the object is gone.
    #[must_use]
    pub const fn is_tombstone(&self) -> bool {
        self.document.is_none()
    }
}

/// A change somebody wants written; the agent stamps it into a [`Record`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Whose concern it is.
    pub object: ObjectKey,
    /// What it shall say; none deletes.
    pub document: Option<Document>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_keys_read_as_paths_and_come_back() {
        for text in [
            "app/web/env",
            "app/web/wanted",
            "secret/web/API_KEY",
            "version/0123456789abcdef",
            "deployment/00000000-0000-5000-8000-000000000000",
            "volume/web-data-1",
            "app/web/place",
            "node/aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "command/00000000-0000-4000-8000-000000000000",
            "setting/session/abc",
        ] {
            assert_eq!(text.parse::<ObjectKey>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_revision_reads_as_its_place_in_a_log_and_comes_back() {
        let text = "aaaaaaaaaaaaaaaaaaaaaaaaaa.0123456789abcdef:17";
        assert_eq!(text.parse::<RevisionId>().unwrap().to_string(), text);
        for bad in ["", "a", "aaaaaaaaaaaaaaaaaaaaaaaaaa:17", "aaaaaaaaaaaaaaaaaaaaaaaaaa.0123456789abcdef:-1"] {
            assert!(bad.parse::<RevisionId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_names_no_object_is_refused() {
        for text in ["", "app", "app/web", "app/web/mood", "app/../env", "secret/web/", "version/xyz", "setting/", "wish/1"] {
            assert!(text.parse::<ObjectKey>().is_err(), "{text}");
        }
    }
}
