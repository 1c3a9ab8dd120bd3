//! What is looked at? One snapshot of the world, what the machine measures beside it, and who looks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::address::Viewer;
use super::app::AppStats;
use crate::decide::{copies, machine};
use crate::model::document::Version;
use crate::model::id::{AppId, NodeId, ReplicaId, VersionId, VolumeId};
use crate::model::observed::ReplicaReport;
use crate::model::world::{App, World};

/// What a node knows of its own machine, beside its vitals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineFacts {
    /// Kernel name and release.
    pub kernel: String,
    /// Version of the Docker engine, if it answered once.
    pub docker_version: Option<String>,
    /// The port the ingress listens on; none when no port could be had.
    pub ingress_port: Option<u16>,
    /// The port the dashboard listens on.
    pub api_port: u16,
    /// Addresses on the network, without loopback and container bridges.
    pub addresses: Vec<IpAddr>,
    /// Milliseconds since the machine was started.
    pub uptime_ms: u64,
    /// How often this node's agent was started.
    pub incarnation: u64,
}

/// What was measured last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StatsNow {
    /// Sum over an app's replicas.
    pub apps: BTreeMap<AppId, AppStats>,
    /// By replica.
    pub replicas: BTreeMap<ReplicaId, AppStats>,
    /// Bytes a volume holds.
    pub volumes: BTreeMap<VolumeId, u64>,
    /// Bytes a version's image takes.
    pub images: BTreeMap<VersionId, u64>,
}

/// One replica as its node reports it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Where.
    pub node: &'a NodeId,
    /// Which.
    pub id: &'a ReplicaId,
    /// How it stands.
    pub report: &'a ReplicaReport,
}

/// A snapshot and what is beside it. The replicas are grouped by app once, so that a list of apps costs no more than its length.
#[derive(Debug)]
pub struct Glance<'a> {
    /// The snapshot.
    pub world: &'a World,
    /// The machine that answers.
    pub machine: &'a MachineFacts,
    /// Measurements.
    pub stats: &'a StatsNow,
    /// Who looks.
    pub viewer: &'a Viewer,
    /// Apps with changes that only this machine holds.
    pub one_copy: BTreeSet<AppId>,
    reports: BTreeMap<&'a AppId, Vec<Seen<'a>>>,
}

impl<'a> Glance<'a> {
    /// Looks at `world`.
    #[must_use]
    pub fn new(world: &'a World, machine: &'a MachineFacts, stats: &'a StatsNow, viewer: &'a Viewer) -> Self {
        let mut reports: BTreeMap<&AppId, Vec<Seen<'_>>> = BTreeMap::new();
        for (node, inventory) in world.inventories.iter() {
            for (id, report) in &inventory.replicas {
                reports.entry(&report.app).or_default().push(Seen { node, id, report });
            }
        }
        Self { one_copy: copies::one_copy(world), world, machine, stats, viewer, reports }
    }

    /// Every replica of an app anywhere.
    #[must_use]
    pub fn replicas(&self, app: &AppId) -> &[Seen<'a>] {
        self.reports.get(app).map_or(&[], Vec::as_slice)
    }

    /// What a machine is called.
    #[must_use]
    pub fn node_name(&self, node: &NodeId) -> String {
        machine::name(self.world, node)
    }

    /// The version in force: the current one, else the newest that was tried.
    #[must_use]
    pub fn version_in_force(&self, app: &'a App) -> Option<&'a Version> {
        let world = self.world;
        if let Some(version) = world.current(app).and_then(|current| world.version_of(current)) {
            return Some(version);
        }
        app.versions.iter().rev().find_map(|id| world.versions.get(id)).map(AsRef::as_ref)
    }

    /// How many copies are wanted while it is on.
    #[must_use]
    pub fn copies_wanted(&self, app: &'a App) -> usize {
        let file = || self.version_in_force(app).map_or(1, |version| version.manifest.scale.replicas);
        usize::try_from(app.scale.replicas.unwrap_or_else(file)).unwrap_or(1).max(1)
    }
}
