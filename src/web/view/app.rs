//! What is shown of an app?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::deployment::{Deployment, DeploymentState};
use super::moment::Moment;
use super::source::ReferenceView;
use super::volume::VolumeView;
use crate::model::deployment::Phase;
use crate::model::document::ManifestOrigin;
use crate::model::id::{AppId, DeploymentId, NodeId, ReplicaId, VersionId};
use crate::model::manifest::Finding;

/// An app in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AppSummary {
    /// Slug of the name.
    pub id: AppId,
    /// As people wrote it.
    pub name: String,
    /// Whether it shall run.
    pub wanted: WantedView,
    /// How it stands, why, and what to do.
    pub state: AppState,
    /// The version that is current.
    pub version: Option<VersionRef>,
    /// The address that works for the one who asks.
    pub address: Option<String>,
    /// Every address.
    pub addresses: Addresses,
    /// When its state last changed.
    pub updated_at: Moment,
    /// The deployment under way, or the last one if it failed.
    pub deployment: Option<OpenDeployment>,
    /// `node`, `python3`, `static`, `custom` or `image`.
    pub lang: Option<String>,
    /// What it uses now.
    pub stats: Option<AppStats>,
    /// Whether changes of it are on the disk of this machine alone.
    #[serde(default)]
    pub one_copy: bool,
}

/// An app with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct App {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: AppSummary,
    /// Where its code comes from.
    pub source: SourceView,
    /// The manifest in force.
    pub manifest: ManifestView,
    /// Its copies.
    pub replicas: Vec<Replica>,
    /// Where its copies belong, and why there.
    pub placement: Vec<Placement>,
    /// The machine people chose, and those there are to choose from.
    pub place: Place,
    /// Its data.
    pub volumes: Vec<VolumeView>,
    /// Its environment values.
    pub env: Vec<EnvVar>,
    /// Its secrets, without their values.
    pub secrets: Vec<SecretName>,
    /// How many copies.
    pub scale: Setting<u32>,
    /// Names and published port.
    pub route: Route,
    /// What the manifest in force says that is good to know.
    pub notes: Vec<Finding>,
    /// The last ten, newest first.
    pub deployments: Vec<Deployment>,
    /// How long each phase took of late (median), in milliseconds.
    pub usual_ms: BTreeMap<String, u64>,
}

/// Whether an app shall run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WantedView {
    /// It shall run.
    On,
    /// It shall not run, or goes.
    Off,
}

/// How an app stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppState {
    /// The word for it.
    pub kind: AppStateKind,
    /// Since when.
    pub since: Moment,
    /// Why, in sentences for people.
    pub reason: String,
    /// What to do about it.
    pub next: Option<String>,
    /// When Kraken tries again by itself.
    pub retry_at: Option<Moment>,
}

/// The states of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppStateKind {
    /// All its copies serve.
    Running,
    /// Its first copy is on its way.
    Starting,
    /// A new version is on its way while the old one serves.
    Updating,
    /// Something outside it is missing; Kraken tries again by itself.
    Waiting,
    /// It is at fault; nothing happens until somebody acts.
    Failed,
    /// Some of its copies serve.
    Degraded,
    /// Its copies are being stopped.
    Stopping,
    /// It is turned off.
    Off,
    /// It is being removed.
    Destroying,
    /// It was removed; what is in the trash can be brought back.
    Destroyed,
    /// It runs and does not answer.
    Unhealthy,
    /// It crashed too often and is held back.
    Crashlooping,
}

/// A version by its two names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionRef {
    /// For people.
    pub number: u32,
    /// For programs.
    pub id: VersionId,
}

/// Where an app answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Addresses {
    /// On the machine itself.
    pub localhost: String,
    /// From the network, one for each address of the machine.
    pub lan: Vec<String>,
    /// The published port.
    pub port: Option<u16>,
}

/// The deployment a list points at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenDeployment {
    /// Which.
    pub id: DeploymentId,
    /// How it stands: `failed` tells an update that failed from one under way.
    pub state: DeploymentState,
    /// How far it is, or where it ended.
    pub phase: Phase,
    /// What it brings, once known.
    pub version_number: Option<u32>,
}

/// What an app or a copy uses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AppStats {
    /// Percent of one core.
    pub cpu_percent: f64,
    /// Bytes in use.
    pub memory_bytes: u64,
    /// Bytes it may use.
    pub memory_limit: u64,
}

/// Where an app's code comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceView {
    /// The repository, if it is one.
    pub url: Option<String>,
    /// The content hash of the uploaded folder, if it is one.
    pub upload: Option<String>,
    /// Branch, tag or commit.
    pub reference: ReferenceView,
    /// Folder of the app in a monorepo.
    pub root: Option<String>,
    /// The commit of the current version.
    pub commit: Option<String>,
}

/// The manifest in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestView {
    /// As text.
    pub text: String,
    /// Where the text comes from.
    pub origin: ManifestOrigin,
}

/// One copy of an app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Replica {
    /// Which.
    pub id: ReplicaId,
    /// Where.
    pub node: NodeId,
    /// What it runs.
    pub version_number: Option<u32>,
    /// `preparing`, `queued`, `starting`, `checking`, `serving`, `unhealthy`, `crash_looping`, `waiting`, `failed`, `draining` or `stopping`.
    pub phase: String,
    /// What happens there and why.
    pub reason: String,
    /// Its address on the machine's bridge.
    pub address: Option<String>,
    /// Docker's id of its container.
    pub container: Option<String>,
    /// Since when it stands like this.
    pub started_at: Moment,
    /// Restarts in the last ten minutes.
    pub restarts: u32,
    /// What it uses now.
    pub stats: Option<AppStats>,
}

/// Where a copy belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Placement {
    /// The machine.
    pub node: NodeId,
    /// What it is called.
    pub node_name: String,
    /// Why there.
    pub why: String,
}

/// On which machine an app shall run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// The one a person chose; null = Kraken chooses.
    pub node: Option<NodeId>,
    /// Every machine, by name.
    pub choices: Vec<PlaceChoice>,
}

/// One machine that an app could run on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlaceChoice {
    /// Which.
    pub node: NodeId,
    /// What it is called.
    pub node_name: String,
    /// Whether the app would run there now.
    pub fits: bool,
    /// How much room it has, or why it does not fit.
    pub why: String,
}

/// A value that the file gives and a person may replace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Setting<T> {
    /// In force.
    pub value: T,
    /// Whether a person set it here.
    pub set_here: bool,
    /// What the file says; null where it says nothing.
    pub file: Option<T>,
}

/// Names and published port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Route {
    /// The port on the network.
    pub publish: Setting<Option<u16>>,
    /// Full host names.
    pub hosts: Setting<Vec<String>>,
}

/// One environment value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// In force.
    pub value: String,
    /// Whether a person set it here.
    pub set_here: bool,
    /// What the file says.
    pub file: Option<String>,
}

/// A secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretName {
    /// Its name.
    pub name: String,
    /// Whether it has a value.
    pub is_set: bool,
    /// Whether the manifest asks for it.
    pub wanted: bool,
    /// When it was set.
    pub set_at: Option<Moment>,
    /// What it is for, if the manifest says.
    pub purpose: Option<String>,
}

/// A wish was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Accepted)]
pub struct AcceptedView {
    /// Which app it is about, if one.
    pub app: Option<AppId>,
    /// The deployment it led to, if one.
    pub deployment: Option<DeploymentId>,
    /// How many machines hold the wish on disk.
    pub copies: u32,
    /// Where the wish waits for a leader, if nobody led: its place in the log of the machine that took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued: Option<String>,
    /// What happens next.
    pub message: String,
}
