//! What shall each node run? From wishes and what is there to the copies of every plan, each with its why.
//!
//! Never from old plans: what a reign ordered before is only remembered so that a copy stays with the machine it was given to.

use std::collections::{BTreeMap, BTreeSet};

use crate::decide::fleet::{Condition, Fleet};
use crate::decide::room::Room;
use crate::model::deployment::Deployment;
use crate::model::document::{Version, VolumeState, Wanted};
use crate::model::id::{AppId, DeploymentId, NodeId, ReplicaId, VolumeId};
use crate::model::manifest::{Manifest, Strategy};
use crate::model::observed::{ReplicaReport, Stage};
use crate::model::plan::ReplicaOrder;
use crate::model::world::{App, World};

mod place;

use place::Placed;
pub use place::first_place;

/// What every member shall run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// The members this was made for.
    pub fleet: Fleet,
    /// Orders by member.
    pub orders: BTreeMap<NodeId, BTreeMap<ReplicaId, ReplicaOrder>>,
    /// The machine each copy belongs to; a copy that moves is ordered elsewhere too until the one there serves.
    pub targets: BTreeMap<ReplicaId, NodeId>,
    /// Deployments of which not every copy has a machine, and why.
    pub short: BTreeMap<DeploymentId, Shortage>,
}

/// Fewer machines than copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// How many copies have a machine that can run them.
    pub placed: u32,
    /// How many are wanted.
    pub wanted: u32,
    /// Why, as the end of a sentence.
    pub because: String,
}

impl Shortage {
    /// For people.
    #[must_use]
    pub fn says(&self) -> String {
        match self.placed {
            0 => self.because.clone(),
            placed => format!("placed {placed} of {}: {}", self.wanted, self.because),
        }
    }
}

/// Decides for all members. `before` is what was decided last in this reign.
#[must_use]
pub fn desired(world: &World, fleet: Fleet, before: &Desired) -> Desired {
    let mut desiring = Desiring { world, before, held: held(world), room: Room::told(world), out: Desired::default() };
    desiring.out.orders = fleet.sites.keys().map(|node| (node.clone(), BTreeMap::new())).collect();
    desiring.out.fleet = fleet;
    for (id, app) in world.apps.iter().filter(|(_, app)| app.wanted() == Wanted::On) {
        desiring.app(id, app);
    }
    desiring.out
}

/// Where copies are, each with its report.
type Held<'a> = BTreeMap<&'a ReplicaId, BTreeMap<&'a NodeId, &'a ReplicaReport>>;

fn held(world: &World) -> Held<'_> {
    let mut held: Held<'_> = BTreeMap::new();
    for (node, inventory) in world.inventories.iter() {
        for (replica, report) in inventory.replicas.iter().filter(|(_, report)| !report.stage.is_leaving()) {
            held.entry(replica).or_default().insert(node, report);
        }
    }
    held
}

struct Desiring<'a> {
    world: &'a World,
    before: &'a Desired,
    held: Held<'a>,
    room: Room<'a>,
    out: Desired,
}

impl<'a> Desiring<'a> {
    /// The current deployment's copies, and beside them those of the one under way.
    fn app(&mut self, id: &'a AppId, app: &'a App) {
        let world = self.world;
        let current = world.current(app).and_then(|current| Some((&**current, world.version_of(current)?)));
        let open = world.open(app).and_then(|open| Some((&**open, world.version_of(open)?)));
        let was = current.map(|(deployment, version)| self.place(id, app, deployment, version, &BTreeMap::new()));
        let next = open.map(|(deployment, version)| {
            let hints = was.as_ref().map(Placed::nodes).unwrap_or_default();
            self.place(id, app, deployment, version, &hints)
        });
        self.set_aside(id, [was.as_ref(), next.as_ref()]);
        if let (Some((deployment, version)), Some(placed)) = (current, was) {
            let makes_room = open.zip(next.as_ref()).is_some_and(|((_, version), next)| self.makes_room(version, next));
            if !makes_room {
                self.order(id, deployment, version, placed);
            }
        }
        if let (Some((deployment, version)), Some(placed)) = (open, next) {
            self.order(id, deployment, version, placed);
        }
    }

    /// With stop-first the old copies make room only when the new image is there, so that the gap is a stop and a start, never a
    /// build.
    fn makes_room(&self, version: &Version, next: &Placed) -> bool {
        let has_image =
            |node: &NodeId| self.world.inventories.get(node).is_some_and(|inventory| inventory.images.contains(&version.id));
        stops_first(&version.manifest) && !next.copies.is_empty() && next.copies.values().all(|copy| has_image(&copy.node))
    }

    /// While old and new run side by side, the memory of the larger counts: the old ones go.
    fn set_aside(&mut self, id: &'a AppId, placed: [Option<&Placed>; 2]) {
        let mut most: BTreeMap<&'a NodeId, u64> = BTreeMap::new();
        for placed in placed.into_iter().flatten() {
            let mut sums: BTreeMap<&NodeId, u64> = BTreeMap::new();
            for copy in placed.copies.values() {
                *sums.entry(&copy.node).or_default() += copy.need;
            }
            for (node, sum) in sums {
                let Some((node, _)) = self.world.inventories.get_key_value(node) else { continue };
                let most = most.entry(node).or_default();
                *most = sum.max(*most);
            }
        }
        self.room.clear(id);
        for (node, bytes) in most {
            self.room.add(id, node, bytes);
        }
    }

    /// Turns what was placed into orders. A copy that moves stays where it is until the one that takes its place serves, and
    /// until all have reported; one whose data has one writer never runs twice.
    fn order(&mut self, id: &AppId, deployment: &Deployment, version: &Version, placed: Placed) {
        let alone = stops_first(&version.manifest);
        let has_volumes = has_volumes(self.world, id, &version.manifest);
        for (index, copy) in placed.copies {
            let replica = ReplicaId::new(id, deployment.id, index);
            let order = |why: String| ReplicaOrder {
                app: id.clone(),
                deployment: deployment.id,
                version: version.id.clone(),
                index,
                alone,
                why,
            };
            let holders = self.held.get(&replica);
            let serves = holders.and_then(|holders| holders.get(&copy.node)).is_some_and(|report| report.stage == Stage::Serving);
            let may_leave = serves && self.out.fleet.is_complete;
            if !may_leave && !version.manifest.has_exclusive_volume() {
                let others = holders.into_iter().flatten().filter(|(node, _)| ***node != copy.node);
                for (node, report) in others.filter(|(node, _)| self.out.fleet.condition(node) != Condition::Lost) {
                    let why = self.why(&replica, node, Some(report)).unwrap_or_else(|| "until it serves elsewhere".to_owned());
                    if let Some(orders) = self.out.orders.get_mut(*node) {
                        orders.insert(replica.clone(), order(why));
                    }
                }
            }
            if has_volumes && let Some(orders) = self.out.orders.get_mut(&copy.node) {
                orders.insert(replica.clone(), order(copy.why));
            }
            self.out.targets.insert(replica, copy.node);
        }
        if let Some(shortage) = placed.shortage {
            self.out.short.insert(deployment.id, shortage);
        }
    }

    /// Why a copy was put where it is: it keeps the reason it came with.
    fn why(&self, replica: &ReplicaId, node: &NodeId, report: Option<&ReplicaReport>) -> Option<String> {
        let ordered = self.before.orders.get(node).and_then(|orders| orders.get(replica)).map(|order| &order.why);
        ordered.or_else(|| report.map(|report| &report.placed)).filter(|why| !why.is_empty()).cloned()
    }
}

/// Whether each volume of the manifest has its record: without it nobody knows where the data is.
fn has_volumes(world: &World, id: &AppId, manifest: &Manifest) -> bool {
    let kept: BTreeSet<&str> =
        world.volumes_of(id).filter(|volume| volume.state == VolumeState::Kept).map(|volume| volume.name.as_str()).collect();
    manifest.volumes.iter().all(|volume| kept.contains(volume.name.as_str()))
}

/// Whether the old replica must have stopped before the new one starts.
#[must_use]
pub fn stops_first(manifest: &Manifest) -> bool {
    manifest.deploy.strategy == Strategy::StopFirst || manifest.has_exclusive_volume()
}

/// How many replicas: what people set, else what the file says; one where a volume has one writer.
#[must_use]
pub fn count(app: &App, manifest: &Manifest) -> u32 {
    if manifest.has_exclusive_volume() {
        return 1;
    }
    app.scale.replicas.unwrap_or(manifest.scale.replicas).max(1)
}

/// Volumes of `node` that shall be deleted, each with its why: those given up, and those whose time in the trash is over.
#[must_use]
pub fn volumes_to_delete(world: &World, node: &NodeId) -> BTreeMap<VolumeId, String> {
    let on_node = world.volumes.values().filter(|volume| volume.home == *node);
    on_node
        .filter_map(|volume| match volume.state {
            VolumeState::Deleting => Some((volume.id.clone(), "deleted by a person".to_owned())),
            VolumeState::Trash { until, .. } if until <= world.wall => {
                Some((volume.id.clone(), "its days in the trash are over".to_owned()))
            }
            _ => None,
        })
        .collect()
}

/// The replicas `deployment` shall have.
#[must_use]
pub fn targets(app_id: &AppId, app: &App, deployment: &Deployment, version: &Version) -> Vec<ReplicaId> {
    (0..count(app, &version.manifest)).map(|index| ReplicaId::new(app_id, deployment.id, index)).collect()
}

#[cfg(test)]
mod tests;
