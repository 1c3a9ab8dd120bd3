//! What is there? Observed state: each node is the one writer of what is about itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use super::deployment::{Phase, Waiting};
use super::document::Machine;
use super::id::{AppId, ContainerId, DeploymentId, Epoch, ImageId, ReplicaId, VersionId, VolumeId};
use super::time::WallTime;

/// All one node tells about itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    /// Its replicas, wanted or not.
    pub replicas: BTreeMap<ReplicaId, ReplicaReport>,
    /// The images it holds.
    pub images: BTreeSet<VersionId>,
    /// Why it cannot work with Docker right now; none = it can.
    pub docker_trouble: Option<Waiting>,
    /// Whether it looked around since it started; before that, absence means nothing.
    pub surveyed: bool,
    /// What it is made of and where it is reached; none = it did not tell yet.
    pub machine: Option<Box<MachineFacts>>,
    /// The plan it obeys, if any; a leader whose newest is another gives it again.
    #[serde(default)]
    pub obeys: Option<(Epoch, u64)>,
}

/// What a machine is made of, and where it is reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MachineFacts {
    /// Architecture as Docker names it (`amd64`, `arm64`, `arm`).
    pub arch: String,
    /// Bytes of memory.
    pub memory: u64,
    /// Processors.
    pub cpus: u32,
    /// Labels of its config; what people set in the dashboard wins ([`super::document::NodeWish`]).
    pub labels: BTreeSet<String>,
    /// What its config says; what people set in the dashboard wins.
    pub reliance: Machine,
    /// The program it runs.
    pub version: String,
    /// Its own addresses on the LAN, the one of its default route first.
    pub addresses: Vec<IpAddr>,
    /// Where other nodes reach it; none = it does not say.
    #[serde(default)]
    pub link_port: Option<u16>,
    /// The port of its dashboard.
    pub api_port: u16,
    /// The port of its ingress; none = it has none.
    pub ingress_port: Option<u16>,
    /// Ports no app may have on it.
    pub reserved_ports: BTreeSet<u16>,
}

/// How one replica stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplicaReport {
    /// Whose.
    pub app: AppId,
    /// The deployment that brought it.
    pub deployment: DeploymentId,
    /// What it runs.
    pub version: VersionId,
    /// How far it is.
    pub stage: Stage,
    /// Since when.
    pub since: WallTime,
    /// What happens there and why.
    pub why: String,
    /// Why on this node, as its order says.
    #[serde(default)]
    pub placed: String,
    /// Its address on its node's bridge, once it has one.
    pub address: Option<Ipv4Addr>,
    /// Its container, once there is one.
    pub container: Option<ContainerId>,
    /// How often Docker restarted it in the last ten minutes.
    pub restarts: u32,
}

/// The stages of a replica.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Stage {
    /// Its image is being made; `phase` is Fetching, Building or Testing.
    Preparing {
        /// Which of the three.
        phase: Phase,
    },
    /// Another build, or the stop of another replica, comes first.
    Queued,
    /// The container is being created and started.
    Starting,
    /// It runs and is not healthy yet.
    Checking,
    /// It is healthy and takes requests.
    Serving,
    /// It served and is not healthy now.
    Unhealthy,
    /// It crashed too often; held back until the ladder's next rung.
    CrashLooping(Waiting),
    /// The world is at fault.
    Waiting(Waiting),
    /// The app is at fault.
    Failed(Trouble),
    /// It finishes what it answers.
    Draining,
    /// It is being stopped and removed.
    Stopping,
}

impl Stage {
    /// Whether it is on its way out.
    #[must_use]
    pub const fn is_leaving(&self) -> bool {
        matches!(self, Self::Draining | Self::Stopping)
    }
}

/// Whose fault: the app's is not tried again by itself, the world's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Manifest, build, crash, unhealthy, wrong architecture.
    App,
    /// Git host, Docker, disk, no node.
    World,
}

/// Something that went wrong, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Whose fault.
    pub fault: Fault,
    /// In which phase.
    pub phase: Phase,
    /// What went wrong and where.
    pub because: String,
    /// What to do about it.
    pub next: Option<String>,
    /// The last lines of the build or of the app, at most 20.
    pub log_tail: Vec<String>,
}

/// One change of what a node tells about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Observation {
    /// What it is made of and where it is reached.
    Machine(Box<MachineFacts>),
    /// A replica stands differently; none = it is gone.
    Replica(ReplicaId, Option<ReplicaReport>),
    /// It holds the image of a version.
    ImageHeld(VersionId),
    /// It holds it no longer.
    ImageGone(VersionId),
    /// A volume was deleted for good.
    VolumeDeleted(VolumeId),
    /// Docker can be used, or not, why, and when it is asked again.
    Docker(Option<Waiting>),
    /// It looked around: all its replicas are told.
    Surveyed,
    /// It obeys this plan from now on.
    Obeys(Epoch, u64),
}

/// A container of ours, as Docker lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenContainer {
    /// Docker's id.
    pub container: ContainerId,
    /// Which replica, by label.
    pub replica: ReplicaId,
    /// Whose, by label.
    pub app: AppId,
    /// The deployment that brought it, by label.
    pub deployment: DeploymentId,
    /// What it runs, by label.
    pub version: VersionId,
    /// Its fixed address.
    pub address: Option<Ipv4Addr>,
    /// Whether it runs now.
    pub running: bool,
    /// Whether Docker starts it again when it ends.
    pub kept_up: bool,
}

/// An image of ours, as Docker lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenImage {
    /// Docker's id.
    pub image: ImageId,
    /// The version it was built for.
    pub version: VersionId,
}

/// The addresses of a node's bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subnet {
    /// The network's own address.
    pub base: Ipv4Addr,
    /// Bits of the prefix.
    pub prefix: u8,
    /// The host's address on it.
    pub gateway: Ipv4Addr,
}
