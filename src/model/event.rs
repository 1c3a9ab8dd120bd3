//! What can happen to a node? Everything the loop ever digests.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::command::Command;
use super::deployment::Phase;
use super::frame::Frame;
use super::id::{ContainerId, DeploymentId, Epoch, NodeId, ReplicaId, RequestId, VersionId, VolumeId};
use super::keys::KeyFacts;
use super::observed::{Observation, SeenContainer, SeenImage, Subnet, Trouble};
use super::plan::NodePlan;
use super::record::{ObjectKey, Record};
use super::source::{Authorship, Commit};
use super::standing::Standing;
use super::vector::Vector;

/// Names one batch of records on its way to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BatchId(pub u64);

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A deadline was reached.
    Tick,
    /// This node's part in the platform changed.
    RoleChanged(Role),
    /// Who is heard, who is next, or why changed.
    StandingChanged(Arc<Standing>),
    /// Plans below this epoch are not obeyed any more, and that is on disk.
    Fenced(Epoch),
    /// This node holds another generation of the platform's secrets, and that is on disk.
    KeysChanged(Arc<KeyFacts>),
    /// A link to a member is open.
    LinkUp(NodeId),
    /// A link to a member is gone.
    LinkDown(NodeId),
    /// A member said something.
    FrameArrived {
        /// Who: the link's other end has proved it, or a member that passed it on says so.
        from: NodeId,
        /// What.
        frame: Box<Frame>,
    },
    /// A batch is on disk; only now may it be acted upon.
    Persisted {
        /// Which batch.
        batch: BatchId,
        /// What of it was not there before, as far as this Kraken understands it.
        records: Vec<Arc<Record>>,
        /// What is held with it beyond those records: the vector of records that other nodes sent.
        upto: Vector,
    },
    /// Records are on their way to another node.
    DeltaSent {
        /// To which.
        to: NodeId,
        /// What it holds once they are on its disk, of the origins in the frame; empty: nothing was sent.
        upto: Vector,
        /// Whether nothing is left to send; if not, and nothing was sent, the disk refused.
        is_whole: bool,
    },
    /// Records of some objects do not count any more: another node knows that they were replaced, or their writer was removed.
    Relisted {
        /// What is left of each object, by its leaves.
        leaves: BTreeMap<ObjectKey, Vec<Arc<Record>>>,
        /// Where the logs of removed machines end.
        ends: Vector,
    },
    /// A batch could not be written; nothing of it counts.
    PersistFailed {
        /// Which batch.
        batch: BatchId,
        /// Why.
        because: String,
    },
    /// Somebody asks for a change.
    Asked {
        /// The answer carries it.
        request: RequestId,
        /// Who ("session", "local root", "token ci").
        by: String,
        /// The same key twice is the same wish.
        key: String,
        /// What.
        command: Command,
    },
    /// A deployment's source was looked at.
    Inspected {
        /// For which deployment.
        deployment: DeploymentId,
        /// What was found.
        found: Result<Box<Inspection>, Trouble>,
    },
    /// A plan for this node arrived.
    PlanArrived(Arc<NodePlan>),
    /// A plan is on disk; only now may it be obeyed.
    PlanStored {
        /// Its reign.
        epoch: Epoch,
        /// Its number.
        seq: u64,
    },
    /// A node told something about itself.
    Observed {
        /// Who.
        node: NodeId,
        /// What.
        observation: Observation,
    },
    /// Docker was asked for all that is ours.
    Surveyed {
        /// Containers by label.
        containers: Vec<SeenContainer>,
        /// Images by label.
        images: Vec<SeenImage>,
        /// The node's bridge.
        network: Subnet,
    },
    /// Docker cannot be used.
    DockerLost {
        /// Why, and what to do.
        trouble: Trouble,
    },
    /// Docker can be used again; a survey follows.
    DockerBack,
    /// An image is being made.
    BuildProgressed {
        /// For which version.
        version: VersionId,
        /// Fetching, Building or Testing.
        phase: Phase,
        /// What happens.
        why: String,
    },
    /// An image is made.
    Built {
        /// For which version.
        version: VersionId,
    },
    /// An image could not be made.
    BuildFailed {
        /// For which version.
        version: VersionId,
        /// Why.
        trouble: Trouble,
    },
    /// A container runs.
    ContainerStarted {
        /// Which replica.
        replica: ReplicaId,
        /// Docker's id.
        container: ContainerId,
    },
    /// A container could not be created or started.
    StartFailed {
        /// Which replica.
        replica: ReplicaId,
        /// Why.
        trouble: Trouble,
    },
    /// A replica answers.
    Healthy {
        /// Which.
        replica: ReplicaId,
        /// How long it took since it was started, in milliseconds.
        after_ms: u64,
    },
    /// A replica does not answer.
    Unhealthy {
        /// Which.
        replica: ReplicaId,
        /// Why.
        trouble: Trouble,
    },
    /// Docker says that a container ended.
    ContainerDied {
        /// Which replica.
        replica: ReplicaId,
        /// Exit code.
        exit: i64,
        /// Whether it was killed for its memory.
        oom: bool,
    },
    /// Docker says that a container runs (again).
    ContainerRuns {
        /// Which replica.
        replica: ReplicaId,
    },
    /// Nothing is in flight to a replica any more, or the limit passed.
    Drained {
        /// Which.
        replica: ReplicaId,
    },
    /// A container is stopped and removed.
    Stopped {
        /// Which replica.
        replica: ReplicaId,
    },
    /// A container could not be stopped.
    StopFailed {
        /// Which replica.
        replica: ReplicaId,
        /// Why.
        trouble: Trouble,
    },
    /// A crashing container was stopped but kept, for its log.
    Held {
        /// Which replica.
        replica: ReplicaId,
    },
    /// A volume is deleted.
    VolumeDeleted {
        /// Which.
        volume: VolumeId,
    },
    /// Images were removed.
    Pruned {
        /// For these versions.
        versions: Vec<VersionId>,
    },
    /// A port that could not be opened now is.
    PortOpened {
        /// Which.
        port: u16,
    },
    /// A port could not be opened.
    PortRefused {
        /// Which.
        port: u16,
        /// Why.
        because: String,
    },
}

/// A node's part in the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It just started.
    Starting,
    /// It leads; the epoch is on disk.
    Leader {
        /// Its reign.
        epoch: Epoch,
    },
    /// It follows.
    Follower {
        /// Whom, if anybody leads.
        leader: Option<Epoch>,
    },
    /// It hears nobody, not even its gateway: it keeps its plan and leads nobody.
    Isolated,
}

/// A source, looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Pinned from here on.
    pub commit: Commit,
    /// First line of its message; empty for a folder.
    pub summary: String,
    /// Who wrote it, and when; none for a folder.
    pub authorship: Option<Authorship>,
    /// shipwreck.toml of the root, if there is one.
    pub manifest: Option<String>,
    /// What detection needs if there is none.
    pub facts: crate::model::facts::Facts,
    /// What was fetched, for people ("14 commits, 312 kB").
    pub says: String,
}

/// The container of a replica, for actions upon it.
pub type Target = (ReplicaId, ContainerId);
