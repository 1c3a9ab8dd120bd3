//! What shall one node run? The leader's orders to it: one document, replaced whole, never merged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{AppId, DeploymentId, Epoch, NodeId, ReplicaId, VersionId, VolumeId};

/// Version of the plan format on disk and wire.
pub const PLAN_FORMAT: u16 = 1;

/// Orders for one node, ordered by (epoch, seq).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodePlan {
    /// Format version, see [`PLAN_FORMAT`].
    pub v: u16,
    /// For whom.
    pub node: NodeId,
    /// The reign that gives the orders.
    pub epoch: Epoch,
    /// Counts up within a reign.
    pub seq: u64,
    /// What to run.
    pub replicas: BTreeMap<ReplicaId, ReplicaOrder>,
    /// Names to announce, by host name.
    pub names: BTreeMap<String, NameOrder>,
    /// Volumes to delete for good.
    pub delete_volumes: BTreeMap<VolumeId, String>,
}

impl NodePlan {
    /// Whether it orders something else than `other`, whatever their stamps.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        self.replicas != other.replicas || self.names != other.names || self.delete_volumes != other.delete_volumes
    }

    /// Its place in the order of plans.
    #[must_use]
    pub fn stamp(&self) -> (&Epoch, u64) {
        (&self.epoch, self.seq)
    }
}

/// One container to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaOrder {
    /// Whose.
    pub app: AppId,
    /// The deployment whose settings it runs with.
    pub deployment: DeploymentId,
    /// What it runs.
    pub version: VersionId,
    /// Its number among the app's replicas, from 0.
    pub index: u32,
    /// Whether every other replica of the app must have stopped before it starts.
    pub alone: bool,
    /// Why here.
    pub why: String,
}

/// One name to announce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameOrder {
    /// The app it leads to; none = the dashboard.
    pub app: Option<AppId>,
    /// Why this node.
    pub why: String,
}
