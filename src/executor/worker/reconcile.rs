//! What must change for the replicas of this node to become those of its plan? Leaving ones first, then coming ones.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use crate::decide::spec;
use crate::model::action::Action;
use crate::model::deployment::Phase;
use crate::model::id::ReplicaId;
use crate::model::observed::{Fault, Stage, Trouble};
use crate::model::plan::{NodePlan, ReplicaOrder};
use crate::model::time::Timestamp;
use crate::model::world::World;

use super::local::Local;
use super::survey::stop;
use super::{Build, Worker};

/// How long a replica may finish what it answers.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);

impl Worker {
    /// One pass; without a plan nothing is touched.
    pub(super) fn reconcile(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>) {
        let Some(plan) = self.plan.clone() else { return };
        self.send_away(world, now, &plan, out);
        for (replica, order) in &plan.replicas {
            let has_served = || world.deployments.get(&order.deployment).is_some_and(|deployment| deployment.is_done());
            let ordered = || Local::ordered(order, has_served(), world.wall);
            self.locals.entry(replica.clone()).or_insert_with(ordered).placed.clone_from(&order.why);
            self.bring(world, now, &plan, replica, order, out);
        }
        self.cancel_unwanted_build(out);
        for (volume, why) in &plan.delete_volumes {
            let is_used = self.locals.values().any(|local| local.container.is_some() && uses(world, local, volume));
            if !is_used && self.deleting.insert(volume.clone()) {
                out.push(Action::DeleteVolume { volume: volume.clone(), why: why.clone() });
            }
        }
        self.prune(world, out);
    }

    /// What is here and not ordered leaves: what serves is drained first.
    fn send_away(&mut self, world: &World, now: Timestamp, plan: &NodePlan, out: &mut Vec<Action>) {
        let leaving: Vec<ReplicaId> = self.locals.keys().filter(|id| !plan.replicas.contains_key(*id)).cloned().collect();
        for replica in leaving {
            let Some(local) = self.locals.get_mut(&replica) else { continue };
            match local.stage {
                // A start under way tells its end first; then it can be stopped.
                Stage::Starting | Stage::Draining => {}
                Stage::Stopping => {
                    if local.is_due(now) {
                        local.retry_at = None;
                        out.push(stop(&replica, local));
                    }
                }
                Stage::Serving | Stage::Unhealthy if local.container.is_some() => {
                    local.enter(Stage::Draining, "no longer ordered; it finishes what it answers", world.wall);
                    out.push(Action::Unwatch { replica: replica.clone() });
                    out.push(Action::Drain { replica, limit: DRAIN_LIMIT });
                }
                _ if local.container.is_some() => {
                    local.retry_at = None;
                    local.enter(Stage::Stopping, "no longer ordered", world.wall);
                    out.push(Action::Unwatch { replica: replica.clone() });
                    out.push(stop(&replica, local));
                }
                _ => {
                    if let Some(address) = local.address {
                        self.addresses.release(address, now);
                    }
                    self.locals.remove(&replica);
                }
            }
        }
    }

    /// Moves one ordered replica on by a step, if it can.
    fn bring(
        &mut self,
        world: &World,
        now: Timestamp,
        plan: &Arc<NodePlan>,
        replica: &ReplicaId,
        order: &ReplicaOrder,
        out: &mut Vec<Action>,
    ) {
        self.retry(world, now, replica, out);
        let Some(local) = self.locals.get(replica) else { return };
        if local.stage != Stage::Queued {
            return;
        }
        if !self.images.contains(&order.version) {
            self.build(world, replica, order, out);
        } else if order.alone && self.has_other(replica, order) {
            self.say(replica, "the copy before it stops first: they share a volume", world);
        } else {
            self.start(world, now, plan, replica, order, out);
        }
    }

    /// What waited long enough, or stopped by itself, goes on.
    fn retry(&mut self, world: &World, now: Timestamp, replica: &ReplicaId, out: &mut Vec<Action>) {
        let Some(local) = self.locals.get_mut(replica) else { return };
        let is_due = local.is_due(now);
        let is_stopped = !local.is_running;
        match (&local.stage, local.container.clone()) {
            (Stage::CrashLooping(_), Some(container)) if is_due => {
                local.retry_at = None;
                local.enter(Stage::Starting, "it was held back after crashing and is tried again", world.wall);
                out.push(Action::Resume { replica: replica.clone(), container, keep_up: local.has_served });
            }
            (Stage::Waiting(_) | Stage::CrashLooping(_), _) if is_due => {
                local.retry_at = None;
                local.enter(Stage::Queued, "it is tried again", world.wall);
            }
            // Before it ever served, its first check says why it ended.
            (Stage::Checking, _) if !local.has_served && !local.was_cut_off => {}
            (Stage::Serving | Stage::Unhealthy | Stage::Checking, Some(container)) if is_stopped => {
                local.enter(Stage::Starting, "its container was stopped and is started again", world.wall);
                out.push(Action::Unwatch { replica: replica.clone() });
                out.push(Action::Resume { replica: replica.clone(), container, keep_up: local.has_served });
            }
            _ => {}
        }
    }

    fn say(&mut self, replica: &ReplicaId, why: &str, world: &World) {
        if let Some(local) = self.locals.get_mut(replica) {
            local.enter(Stage::Queued, why, world.wall);
        }
    }

    /// Whether a replica of another deployment of the app still has a container.
    fn has_other(&self, replica: &ReplicaId, order: &ReplicaOrder) -> bool {
        self.locals.iter().any(|(id, other)| {
            id != replica
                && other.app == order.app
                && other.deployment != order.deployment
                && (other.container.is_some() || other.stage == Stage::Starting)
        })
    }

    /// One build at a time; whoever wants the same version joins in.
    fn build(&mut self, world: &World, replica: &ReplicaId, order: &ReplicaOrder, out: &mut Vec<Action>) {
        match &self.building {
            Some(build) if build.version != order.version || build.is_cancelled => {
                self.say(replica, "another build is under way on this machine; its turn comes next", world);
                return;
            }
            Some(_) => {}
            None => {
                let Some(build) = spec::build(world, order) else {
                    self.say(replica, "the record of its version has not arrived yet", world);
                    return;
                };
                self.building = Some(Build { version: order.version.clone(), is_cancelled: false });
                out.push(Action::Build(build));
            }
        }
        if let Some(local) = self.locals.get_mut(replica) {
            local.enter(Stage::Preparing { phase: Phase::Fetching }, "fetching its files", world.wall);
        }
    }

    fn start(
        &mut self,
        world: &World,
        now: Timestamp,
        plan: &NodePlan,
        replica: &ReplicaId,
        order: &ReplicaOrder,
        out: &mut Vec<Action>,
    ) {
        let used = self.used_addresses();
        let Some(subnet) = self.network else { return };
        let Some(local) = self.locals.get_mut(replica) else { return };
        let Some(address) = local.address.or_else(|| self.addresses.take(subnet, &used, now)) else {
            local.trouble(replica, no_address(), now, world.wall);
            return;
        };
        match spec::container(world, replica, order, &plan.epoch, address, subnet, local.has_served) {
            Some(spec) => {
                local.address = Some(address);
                local.enter(Stage::Starting, format!("starting it; {}", order.why), world.wall);
                out.push(Action::Start(Box::new(spec)));
            }
            None => local.enter(Stage::Queued, "its records have not all arrived yet", world.wall),
        }
    }

    fn used_addresses(&self) -> BTreeSet<Ipv4Addr> {
        self.locals.values().filter_map(|local| local.address).collect()
    }

    /// A build nobody waits for any more is given up.
    fn cancel_unwanted_build(&mut self, out: &mut Vec<Action>) {
        let Some(build) = &mut self.building else { return };
        let is_wanted =
            self.locals.values().any(|local| local.version == build.version && matches!(local.stage, Stage::Preparing { .. }));
        if !is_wanted && !build.is_cancelled {
            build.is_cancelled = true;
            out.push(Action::CancelBuild(build.version.clone()));
        }
    }

    /// Images of versions that are not known any more go.
    fn prune(&mut self, world: &World, out: &mut Vec<Action>) {
        let has_stale = self.images.iter().any(|version| !world.versions.contains_key(version));
        if has_stale && !self.is_pruning && self.building.is_none() {
            self.is_pruning = true;
            let wanted: BTreeMap<_, _> = self.locals.values().map(|local| (&local.version, ())).collect();
            let keep = world.versions.keys().chain(wanted.into_keys()).cloned().collect();
            out.push(Action::Prune { keep });
        }
    }
}

fn uses(world: &World, local: &Local, volume: &crate::model::id::VolumeId) -> bool {
    world.volumes.get(volume).is_some_and(|volume| volume.app == local.app)
}

fn no_address() -> Trouble {
    Trouble {
        fault: Fault::World,
        phase: Phase::Starting,
        because: "every address of this machine's bridge is used".to_owned(),
        next: Some("Destroy apps that nobody needs, or give the bridge a larger subnet in the config.".to_owned()),
        log_tail: Vec::new(),
    }
}
