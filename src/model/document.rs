//! What can a record say? The documents of people's wishes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::command::{Accepted, Command, Refusal};
use super::deployment::Deployment;
use super::id::{AppId, NodeId, VersionId, VolumeId};
use super::manifest::Manifest;
use super::source::{Authorship, Commit, Reference, SourceUrl};
use super::time::WallTime;
use super::vector::Vector;

/// One document, tagged by `kind`; a kind from a newer version is kept as it is and changes nothing here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Document {
    /// `app/ID/source`
    AppSource(AppSource),
    /// `app/ID/env`
    AppEnv(AppEnv),
    /// `app/ID/scale`
    AppScale(AppScale),
    /// `app/ID/route`
    AppRoute(AppRoute),
    /// `app/ID/wanted`
    AppWanted(AppWanted),
    /// `secret/APP/NAME`
    Secret(Sealed),
    /// `version/ID`
    Version(Arc<Version>),
    /// `deployment/ID`
    Deployment(Arc<Deployment>),
    /// `volume/ID`
    Volume(Volume),
    /// `app/ID/place`
    AppPlace(AppPlace),
    /// `member/ID`
    Member(Member),
    /// `member/ID` of a machine that was removed; wins over every concurrent document, and is never deleted
    Removal(Removal),
    /// `node/ID`
    NodeWish(NodeWish),
    /// `command/ID`
    Command(Box<QueuedCommand>),
    /// `command/ID`, once something came of it
    Done(Box<Done>),
    /// `setting/NAME`: text or JSON the layers above agree on
    Setting(Setting),
    /// Written by a newer Kraken.
    #[serde(other)]
    Unknown,
}

/// Where an app's code comes from, and what it is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppSource {
    /// As people wrote it.
    pub name: String,
    /// Repository or uploaded folder.
    pub source: Source,
    /// A manifest a person edited instead of the repository's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// When the app came to be.
    pub created_at: WallTime,
}

/// Where code comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// A Git repository.
    Git {
        /// Its address, without credentials.
        url: SourceUrl,
        /// Branch, tag or commit.
        reference: Reference,
        /// Folder of the app in a monorepo.
        root: Option<String>,
    },
    /// A folder somebody uploaded; its commit is the content hash.
    Upload {
        /// SHA-256 of the content, 64 hex digits.
        digest: String,
        /// Folder of the app in the upload.
        root: Option<String>,
    },
}

/// Environment values a person set; they win over the file's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppEnv {
    /// Values by name.
    pub set: BTreeMap<String, String>,
}

/// How many replicas a person asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppScale {
    /// None = as the file says.
    pub replicas: Option<u32>,
}

/// Host names and ports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppRoute {
    /// LAN port a person asked for; none = as the file says, else chosen.
    pub publish: Option<u16>,
    /// Host names a person asked for; none = as the file says.
    pub hosts: Option<Vec<String>>,
    /// The LAN port in force: chosen once, kept.
    pub port: Option<u16>,
}

/// Whether an app shall run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppWanted {
    /// On, off or destroyed.
    pub state: Wanted,
    /// Who said so ("session", "local root", "token ci").
    pub by: String,
    /// When.
    pub at: WallTime,
}

/// What a person wants of an app as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// It shall run.
    On,
    /// It shall not run; everything is kept.
    Off,
    /// It goes; its volumes stay in the trash for seven days.
    Destroyed,
    /// It goes with everything it has.
    Purged,
}

/// A value only this platform can read (XChaCha20-Poly1305).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Generation of the data key.
    pub generation: u32,
    /// 24 bytes, base64.
    pub nonce: String,
    /// Ciphertext and tag, base64.
    pub ciphertext: String,
    /// When it was set.
    pub at: WallTime,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed(generation {})", self.generation)
    }
}

/// One built state of an app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Hash of commit, `[config]`, `[build]` and edited manifest.
    pub id: VersionId,
    /// Whose.
    pub app: AppId,
    /// Counts up per app, for display only.
    pub number: u32,
    /// The commit it is built from.
    pub commit: Commit,
    /// First line of the commit's message; empty for a folder.
    pub summary: String,
    /// Who wrote that commit, and when; none for a folder, and in records of an older Kraken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorship: Option<Authorship>,
    /// Where that commit was found.
    pub source: Source,
    /// The manifest in force, as text.
    pub text: String,
    /// Where that text came from.
    pub origin: ManifestOrigin,
    /// The manifest, validated.
    pub manifest: Manifest,
    /// When it was first deployed.
    pub created_at: WallTime,
}

/// Where a manifest came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ManifestOrigin {
    /// shipwreck.toml of the repository.
    File,
    /// Offered by detection.
    Detected,
    /// Edited by a person.
    Edited,
}

/// What becomes of a volume; its Docker volume has the same name and cannot say so itself, labels never change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Also the Docker volume's name.
    pub id: VolumeId,
    /// Whose.
    pub app: AppId,
    /// Its name in the manifest.
    pub name: String,
    /// Where it is mounted.
    pub path: String,
    /// The node that holds it.
    pub home: NodeId,
    /// Kept, in the trash, or going.
    pub state: VolumeState,
}

/// A volume's fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum VolumeState {
    /// Its app uses it, or may again.
    Kept,
    /// Its app was destroyed; restorable until `until`.
    Trash {
        /// When it was put there.
        at: WallTime,
        /// When it is deleted.
        until: WallTime,
    },
    /// It is being deleted.
    Deleting,
}

/// A machine of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name, unique in the platform.
    pub name: String,
    /// Its public key (SPKI, DER), base64.
    pub key: String,
    /// When it joined.
    pub joined_at: WallTime,
}

/// A machine that was removed: its id never returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// What it was called.
    pub name: String,
    /// When it was removed.
    pub at: WallTime,
    /// Who removed it ("session", "local root", "token ci").
    pub by: String,
    /// The last sequence of it that counts, for each life of its database; later ones are refused whoever relays them.
    pub last: Vector,
}

/// What people set about a machine; none = as its own config says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeWish {
    /// 1 to 254, 0 = never leads.
    #[serde(default)]
    pub priority: Option<u8>,
    /// What `[place] labels` of an app may ask for.
    #[serde(default)]
    pub labels: Option<BTreeSet<String>>,
    /// Whether it is one to rely on.
    #[serde(default)]
    pub machine: Option<Machine>,
}

/// Whether a machine is one to rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Machine {
    /// Always on: leads and runs apps with preference.
    Anchor,
    /// Neither.
    #[default]
    Ordinary,
    /// Often away, such as a laptop: only when nothing else is there.
    Spare,
}

/// The machine a person chose for an app; none = Kraken chooses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPlace {
    /// Which.
    pub node: Option<NodeId>,
}

/// A wish taken while nobody led; the next leader carries it out, or says why not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueuedCommand {
    /// Who asked.
    pub by: String,
    /// The same key twice is the same wish.
    pub key: String,
    /// What.
    pub command: Command,
    /// The machine that took it.
    pub taken_by: NodeId,
    /// When.
    pub at: WallTime,
    /// When it is given up.
    pub until: WallTime,
}

/// What came of a wish: whoever asks the same again gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// When.
    pub at: WallTime,
    /// The answer.
    pub outcome: Result<Accepted, Refusal>,
}

/// A setting of the platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// What the layer that owns the setting put there; never a plain secret.
    pub value: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_a_newer_kraken_is_kept_out_of_the_way() {
        let newer: Document = serde_json::from_str(r#"{"kind":"app_backup","every":"1d"}"#).unwrap();
        assert_eq!(newer, Document::Unknown);
    }

    #[test]
    fn the_wish_for_off_reads_like_this_on_disk() {
        let off = Document::AppWanted(AppWanted { state: Wanted::Off, by: "session".into(), at: WallTime(5) });
        assert_eq!(serde_json::to_string(&off).unwrap(), r#"{"kind":"app_wanted","state":"off","by":"session","at":5}"#);
    }

    #[test]
    fn a_sealed_value_never_shows_itself_in_a_log() {
        let sealed = Sealed { generation: 1, nonce: "n".into(), ciphertext: "SECRET".into(), at: WallTime(0) };
        assert!(!format!("{sealed:?}").contains("SECRET"));
    }
}
