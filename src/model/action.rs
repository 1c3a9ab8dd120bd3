//! What can the loop ask of the world? Everything the edge ever does for it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use super::command::{Accepted, Refusal};
use super::container::{BuildOrder, ContainerSpec};
use super::document::Source;
use super::event::BatchId;
use super::frame::{Frame, Heads};
use super::id::{ContainerId, DeploymentId, Epoch, NodeId, ReplicaId, RequestId, VersionId, VolumeId};
use super::keys::{KeyFacts, KeyOffer};
use super::manifest::HealthTable;
use super::observed::Observation;
use super::plan::NodePlan;
use super::record::Record;
use super::route::RouteTable;
use super::source::Commit;
use super::vector::Vector;

/// Something to be done. Each names the event that answers it.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Write records; answers `Persisted` or `PersistFailed`.
    Persist {
        /// Which batch.
        batch: BatchId,
        /// All or none.
        records: Vec<Arc<Record>>,
    },
    /// Write what another node sent; answers `Persisted` or `PersistFailed`.
    Store {
        /// Which batch.
        batch: BatchId,
        /// As they were written, also what only a newer Kraken understands. All or none.
        records: Vec<serde_json::Value>,
        /// What is held with them.
        upto: Vector,
        /// Which leaves the sender has, if it told: those of ours that it knows and has not are forgotten.
        heads: Option<Heads>,
    },
    /// Say something to another node; lost if no way leads there.
    Send {
        /// To whom.
        to: NodeId,
        /// What.
        frame: Box<Frame>,
    },
    /// Send another node records it lacks, from the disk: one frame of them; answers `DeltaSent`.
    SendDelta {
        /// To whom.
        to: NodeId,
        /// What it holds.
        since: Vector,
        /// Whether all leaves go with the last frame, if history was ever pruned.
        with_heads: bool,
    },
    /// Tell people.
    Note(Note),
    /// Write down that plans below this epoch are not obeyed any more; answers `Fenced`.
    Fence(Epoch),
    /// Tell the election what people or the loop want of it.
    Elect(ElectionOrder),
    /// Make a new generation of the platform's secrets; answers `KeysChanged`.
    RenewKeys(KeyFacts),
    /// Put away secrets that a member gave; answers `KeysChanged`.
    TakeKeys(Box<KeyOffer>),
    /// Give a member the platform's secrets.
    SendKeys {
        /// To whom.
        to: NodeId,
    },
    /// Seal with the newest key what is sealed with an older one; asks the leader to keep it.
    Reseal,
    /// Answer a question.
    Answer {
        /// Which.
        request: RequestId,
        /// How.
        outcome: Result<Accepted, Refusal>,
    },
    /// Resolve and read a source; answers `Inspected`.
    Inspect {
        /// For which deployment.
        deployment: DeploymentId,
        /// Where.
        source: Source,
        /// Pinned already, if so.
        commit: Option<Commit>,
    },
    /// Give a plan to its node; answers `PlanArrived` there.
    PublishPlan(Arc<NodePlan>),
    /// Keep the plan to obey; answers `PlanStored`.
    StorePlan(Arc<NodePlan>),
    /// Tell the platform; answers `Observed` on the leader.
    Report(Observation),
    /// List what is ours in Docker; answers `Surveyed` or `DockerLost`.
    Survey,
    /// Make an image; answers `BuildProgressed`, then `Built` or `BuildFailed`.
    Build(BuildOrder),
    /// Give up making an image; answers `BuildFailed` with what was given up.
    CancelBuild(VersionId),
    /// Create and start a container; answers `ContainerStarted` or `StartFailed`.
    Start(Box<ContainerSpec>),
    /// Wait until it answers, then keep watching; answers `Healthy` and `Unhealthy` on change.
    Watch {
        /// Which replica.
        replica: ReplicaId,
        /// Docker's id.
        container: ContainerId,
        /// Its address.
        address: Ipv4Addr,
        /// The app's port.
        port: u16,
        /// The rules.
        health: HealthTable,
        /// Whether it served before, so that no grace is due.
        served: bool,
    },
    /// Stop watching.
    Unwatch {
        /// Which replica.
        replica: ReplicaId,
    },
    /// Wait until nothing is in flight to it; answers `Drained`.
    Drain {
        /// Which replica.
        replica: ReplicaId,
        /// At most so long.
        limit: Duration,
    },
    /// Stop and remove a container; answers `Stopped` or `StopFailed`.
    Stop {
        /// Which replica.
        replica: ReplicaId,
        /// Docker's id; none: found by its label.
        container: Option<ContainerId>,
        /// Why.
        why: String,
    },
    /// Stop a crashing container without removing it; answers `Held`.
    Hold {
        /// Which replica.
        replica: ReplicaId,
        /// Docker's id.
        container: ContainerId,
    },
    /// Start a held container again; answers `ContainerStarted` or `StartFailed`.
    Resume {
        /// Which replica.
        replica: ReplicaId,
        /// Docker's id.
        container: ContainerId,
        /// Whether Docker starts it again from now on when it ends.
        keep_up: bool,
    },
    /// Let Docker start a container again whenever it ends: it served. The next survey shows whether Docker does.
    KeepUp {
        /// Which replica.
        replica: ReplicaId,
        /// Docker's id.
        container: ContainerId,
    },
    /// Delete a volume for good; answers `VolumeDeleted`.
    DeleteVolume {
        /// Which.
        volume: VolumeId,
        /// Why.
        why: String,
    },
    /// Remove images, clones and logs that nothing needs; answers `Pruned`.
    Prune {
        /// Versions to keep whatever the quota says.
        keep: BTreeSet<VersionId>,
    },
    /// Serve by this table from now on; answers `PortRefused` where a port cannot be opened.
    Route(Arc<RouteTable>),
}

/// Something people should be able to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// For the agent's own log.
    Log(String),
    /// For the log of changes, and the agent's.
    Event {
        /// What it is about, such as `apps/web`.
        object: String,
        /// What happened, and what to do.
        says: String,
    },
}

/// What the loop wants of the election.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElectionOrder {
    /// Hand the lead to this node now; only the leader can.
    HandOver(NodeId),
    /// Lead although this node is isolated.
    LeadAnyway,
    /// Whether a write is under way that a change of leaders would spoil.
    WritePending(bool),
}
