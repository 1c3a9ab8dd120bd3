//! What is a container to be made of? All the edge needs to build and start one replica, decided before.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::id::{AppId, DeploymentId, Epoch, ReplicaId, VersionId, VolumeId};
use super::manifest::HealthTable;

/// One container to create and start.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerSpec {
    /// Which replica; also in its name and label.
    pub replica: ReplicaId,
    /// Whose.
    pub app: AppId,
    /// The deployment that brings it.
    pub deployment: DeploymentId,
    /// What it runs.
    pub version: VersionId,
    /// The reign that ordered it; for people, never compared.
    pub epoch: Epoch,
    /// The command; none = the image's own.
    pub command: Option<Vec<String>>,
    /// Plain environment values, `PORT` among them.
    pub env: BTreeMap<String, String>,
    /// Names of the sealed values to add.
    pub secrets: Vec<String>,
    /// What the app listens on.
    pub port: u16,
    /// Its fixed address on the node's bridge.
    pub address: Ipv4Addr,
    /// Bytes.
    pub memory: u64,
    /// Thousandths of a core; none = no limit.
    pub cpu_millis: Option<u32>,
    /// What it may do.
    pub hardening: Hardening,
    /// Docker volume and mount point.
    pub volumes: Vec<(VolumeId, String)>,
    /// When it counts as healthy.
    pub health: HealthTable,
    /// Whether Docker starts it again when it ends. Not before it served once: its first end shall stay to be seen.
    pub keep_up: bool,
}

/// What a container may do beside running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hardening {
    /// No capability at all; our dockerfiles run as another user than root.
    Strict,
    /// The few capabilities that ordinary images need to start as root and step down.
    Image,
}

/// One image to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildOrder {
    /// For which version; its record says all the rest.
    pub version: VersionId,
    /// Whose.
    pub app: AppId,
    /// The deployment whose log it writes to.
    pub deployment: DeploymentId,
    /// Memory cap in bytes.
    pub memory: u64,
}
