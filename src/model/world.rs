//! What does this node know? Wishes, what was observed, the plans, its own part. [`crate::decide::fold`] changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::deployment::Deployment;
use super::document::{
    AppEnv, AppPlace, AppRoute, AppScale, AppSource, AppWanted, Done, Member, NodeWish, QueuedCommand, Removal, Sealed, Version,
    Volume, Wanted,
};
use super::event::Role;
use super::id::{AppId, DeploymentId, Incarnation, NodeId, PlatformId, ReplicaId, RequestId, VersionId, VolumeId};
use super::keys::KeyFacts;
use super::observed::{Inventory, ReplicaReport};
use super::plan::NodePlan;
use super::record::{ObjectKey, Origin, Record, RevisionId};
use super::standing::Standing;
use super::time::{Hlc, WallTime};
use super::vector::Vector;

/// All one node knows. Cheap to clone: its maps are shared until they change.
#[derive(Debug, Clone)]
pub struct World {
    /// This node.
    pub me: Arc<Me>,
    /// Wall time of the event being digested.
    pub wall: WallTime,
    /// This node's part.
    pub role: Role,
    /// Since when.
    pub role_since: WallTime,
    /// The greatest stamp seen.
    pub hlc: Hlc,
    /// The last sequence this node's origin used.
    pub seq: u64,
    /// The leaves of every object, the head first.
    pub leaves: Arc<BTreeMap<ObjectKey, Vec<Arc<Record>>>>,
    /// Apps, from their records.
    pub apps: Arc<BTreeMap<AppId, Arc<App>>>,
    /// Versions, from their records.
    pub versions: Arc<BTreeMap<VersionId, Arc<Version>>>,
    /// Deployments, from their records.
    pub deployments: Arc<BTreeMap<DeploymentId, Arc<Deployment>>>,
    /// Volumes, from their records.
    pub volumes: Arc<BTreeMap<VolumeId, Volume>>,
    /// Members, from their records.
    pub members: Arc<BTreeMap<NodeId, Member>>,
    /// Settings, from their records.
    pub settings: Arc<BTreeMap<String, serde_json::Value>>,
    /// What each node tells about itself.
    pub inventories: Arc<BTreeMap<NodeId, Arc<Inventory>>>,
    /// How much of what each other node tells is in its inventory: of which run of it, up to which observation.
    pub told: Arc<BTreeMap<NodeId, (Incarnation, u64)>>,
    /// What people set about machines.
    pub node_wishes: Arc<BTreeMap<NodeId, NodeWish>>,
    /// Which generation of the platform's secrets this node holds.
    pub keys: Arc<KeyFacts>,
    /// Machines that were removed.
    pub removed: Arc<BTreeMap<NodeId, Removal>>,
    /// Wishes that wait for a leader, by their names.
    pub queued: Arc<BTreeMap<RequestId, Arc<QueuedCommand>>>,
    /// What came of the wishes of the last hour.
    pub done: Arc<BTreeMap<RequestId, Arc<Done>>>,
    /// Who is heard, who is next, and why.
    pub standing: Arc<Standing>,
    /// Since when each member is heard, or not.
    pub heard_since: Arc<BTreeMap<NodeId, WallTime>>,
    /// Members with an open link.
    pub links: Arc<BTreeSet<NodeId>>,
    /// What is on this node's disk.
    pub holds: Arc<Vector>,
    /// Revisions that others replace and that are not here yet.
    pub expected: Arc<BTreeSet<RevisionId>>,
    /// What each member said it has on its disk, since its link opened last.
    pub peer_holds: Arc<BTreeMap<NodeId, Vector>>,
    /// The plan each node was last given; on a node itself, the one it obeys.
    pub plans: Arc<BTreeMap<NodeId, Arc<NodePlan>>>,
    /// Ports this node could not open, and why.
    pub refused_ports: Arc<BTreeMap<u16, String>>,
}

/// What does not change while the agent runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Me {
    /// This node.
    pub node: NodeId,
    /// Its name.
    pub name: String,
    /// Its public key (SPKI, DER), base64: what members are known by.
    pub key: String,
    /// The platform it belongs to.
    pub platform: PlatformId,
    /// Which run of its agent this is.
    pub incarnation: Incarnation,
    /// Who it writes as.
    pub origin: Origin,
    /// Architecture as Docker names it (`amd64`, `arm64`, `arm`).
    pub arch: String,
    /// Bytes of memory.
    pub memory: u64,
    /// Labels of the config.
    pub labels: BTreeSet<String>,
    /// Ports no app may have, beside those the design reserves.
    pub reserved_ports: BTreeSet<u16>,
    /// Addresses given to the containers' bridge, if the config says so.
    pub subnet: Option<(Ipv4Addr, u8)>,
}

/// One app, put together from its concerns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct App {
    /// Where its code comes from.
    pub source: Option<AppSource>,
    /// Values people set.
    pub env: AppEnv,
    /// Replicas people asked for.
    pub scale: AppScale,
    /// Names and ports.
    pub route: AppRoute,
    /// The machine people chose.
    pub place: AppPlace,
    /// On, off or destroyed.
    pub wanted: Option<AppWanted>,
    /// Sealed values by name.
    pub secrets: BTreeMap<String, Sealed>,
    /// Its deployments, oldest first.
    pub deployments: Vec<DeploymentId>,
    /// Its versions, oldest first.
    pub versions: Vec<VersionId>,
}

impl App {
    /// What a person wants of it; an app that only has secrets waits for its first deployment.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        self.wanted.as_ref().map_or(Wanted::Off, |wanted| wanted.state)
    }

    /// Whether people see it as an app: it has a source and was not destroyed.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.source.is_some() && matches!(self.wanted(), Wanted::On | Wanted::Off)
    }

    /// Whether nothing is known of it any more.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl World {
    /// A world in which nothing happened yet.
    #[must_use]
    pub fn new(me: Me) -> Self {
        Self {
            me: Arc::new(me),
            wall: WallTime::default(),
            role: Role::Starting,
            role_since: WallTime::default(),
            hlc: Hlc::default(),
            seq: 0,
            leaves: Arc::default(),
            apps: Arc::default(),
            versions: Arc::default(),
            deployments: Arc::default(),
            volumes: Arc::default(),
            members: Arc::default(),
            settings: Arc::default(),
            node_wishes: Arc::default(),
            keys: Arc::default(),
            removed: Arc::default(),
            queued: Arc::default(),
            done: Arc::default(),
            standing: Arc::default(),
            heard_since: Arc::default(),
            links: Arc::default(),
            holds: Arc::default(),
            expected: Arc::default(),
            peer_holds: Arc::default(),
            inventories: Arc::default(),
            told: Arc::default(),
            plans: Arc::default(),
            refused_ports: Arc::default(),
        }
    }

    /// The head of an object, tombstone or not.
    #[must_use]
    pub fn head(&self, object: &ObjectKey) -> Option<&Arc<Record>> {
        self.leaves.get(object)?.first()
    }

    /// The deployments of an app, oldest first.
    pub fn deployments_of<'a>(&'a self, app: &'a App) -> impl DoubleEndedIterator<Item = &'a Arc<Deployment>> {
        app.deployments.iter().filter_map(|id| self.deployments.get(id))
    }

    /// The deployment that made the app's current revision current.
    #[must_use]
    pub fn current<'a>(&'a self, app: &'a App) -> Option<&'a Arc<Deployment>> {
        self.deployments_of(app).rev().find(|deployment| deployment.is_done())
    }

    /// The newest deployment, if it is still under way.
    #[must_use]
    pub fn open<'a>(&'a self, app: &'a App) -> Option<&'a Arc<Deployment>> {
        self.deployments_of(app).next_back().filter(|deployment| deployment.is_open())
    }

    /// The version a deployment makes current.
    #[must_use]
    pub fn version_of(&self, deployment: &Deployment) -> Option<&Arc<Version>> {
        self.versions.get(deployment.version.as_ref()?)
    }

    /// What this node tells about itself.
    #[must_use]
    pub fn my_inventory(&self) -> Option<&Arc<Inventory>> {
        self.inventories.get(&self.me.node)
    }

    /// Every replica of an app anywhere, with its node.
    pub fn replicas_of<'a>(&'a self, app: &'a AppId) -> impl Iterator<Item = (&'a NodeId, &'a ReplicaId, &'a ReplicaReport)> {
        self.inventories.iter().flat_map(move |(node, inventory)| {
            inventory.replicas.iter().filter(move |(_, report)| report.app == *app).map(move |(id, report)| (node, id, report))
        })
    }

    /// The volumes of an app.
    pub fn volumes_of<'a>(&'a self, app: &'a AppId) -> impl Iterator<Item = &'a Volume> {
        self.volumes.values().filter(move |volume| volume.app == *app)
    }

    /// Whether this node leads.
    #[must_use]
    pub const fn leads(&self) -> bool {
        matches!(self.role, Role::Leader { .. })
    }
}
