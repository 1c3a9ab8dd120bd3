//! What does Docker show, and what happened to a container? Adopt what is ours, notice what vanished.

use std::collections::BTreeSet;

use crate::model::action::Action;
use crate::model::event::Event;
use crate::model::id::ReplicaId;
use crate::model::observed::{Fault, Observation, SeenContainer, SeenImage, Stage, Trouble};
use crate::model::time::Timestamp;
use crate::model::world::World;

use super::Worker;
use super::local::Local;

impl Worker {
    pub(super) fn note_images(&mut self, images: &[SeenImage], out: &mut Vec<Action>) {
        let seen: BTreeSet<_> = images.iter().map(|image| image.version.clone()).collect();
        for version in seen.difference(&self.images) {
            out.push(Action::Report(Observation::ImageHeld(version.clone())));
        }
        for version in self.images.difference(&seen) {
            out.push(Action::Report(Observation::ImageGone(version.clone())));
        }
        self.images = seen;
    }

    pub(super) fn note_containers(&mut self, world: &World, containers: &[SeenContainer], out: &mut Vec<Action>) {
        let seen: BTreeSet<&ReplicaId> = containers.iter().map(|container| &container.replica).collect();
        self.forget_vanished(world, &seen);
        for container in containers {
            match self.locals.get_mut(&container.replica) {
                Some(local) => {
                    local.container = Some(container.container.clone());
                    local.address = container.address.or(local.address);
                    local.was_cut_off &= !container.running;
                    // A start or stop under way tells its own end.
                    if !matches!(local.stage, Stage::Starting | Stage::Stopping) {
                        local.is_running = container.running;
                    }
                    keep_up(container, local, out);
                }
                None => self.adopt(world, container, out),
            }
        }
    }

    fn adopt(&mut self, world: &World, seen: &SeenContainer, out: &mut Vec<Action>) {
        let has_served = world.deployments.get(&seen.deployment).is_some_and(|deployment| deployment.is_done());
        let local = Local::adopted(seen, has_served, world.wall);
        if local.is_running {
            watch(world, &seen.replica, &local, out);
        }
        keep_up(seen, &local, out);
        self.locals.insert(seen.replica.clone(), local);
    }

    /// A container somebody removed by hand: made again if it is wanted, forgotten if it was leaving.
    fn forget_vanished(&mut self, world: &World, seen: &BTreeSet<&ReplicaId>) {
        self.locals.retain(|replica, local| {
            if local.container.is_none() || seen.contains(replica) || local.stage == Stage::Starting {
                return true;
            }
            local.container = None;
            local.is_running = false;
            let is_leaving = local.stage.is_leaving();
            if !is_leaving && !matches!(local.stage, Stage::Failed(_)) {
                local.enter(Stage::Queued, "its container was gone and is made again", world.wall);
            }
            !is_leaving
        });
    }

    /// Takes in what happened to one replica.
    pub(super) fn note_replica(&mut self, world: &World, now: Timestamp, event: &Event, out: &mut Vec<Action>) {
        let wall = world.wall;
        let replica = match event {
            Event::ContainerStarted { replica, .. }
            | Event::StartFailed { replica, .. }
            | Event::Healthy { replica, .. }
            | Event::Unhealthy { replica, .. }
            | Event::ContainerDied { replica, .. }
            | Event::ContainerRuns { replica }
            | Event::Drained { replica }
            | Event::Stopped { replica }
            | Event::StopFailed { replica, .. } => replica,
            _ => return,
        };
        let Some(local) = self.locals.get_mut(replica) else { return };
        match event {
            Event::ContainerStarted { container, .. } => {
                local.container = Some(container.clone());
                local.is_running = true;
                if local.stage == Stage::Starting {
                    local.was_cut_off = false;
                    local.enter(Stage::Checking, "it runs; waiting until it answers", wall);
                    watch(world, replica, local, out);
                }
            }
            Event::StartFailed { trouble, .. } => {
                local.is_running = false;
                local.trouble(replica, trouble.clone(), now, wall);
                out.push(Action::Survey);
            }
            Event::Healthy { after_ms, .. } if matches!(local.stage, Stage::Checking | Stage::Unhealthy) => {
                if let (false, Some(container)) = (local.has_served, local.container.clone()) {
                    out.push(Action::KeepUp { replica: replica.clone(), container });
                }
                local.has_served = true;
                local.attempts = 0;
                local.enter(Stage::Serving, format!("answered after {} s", seconds(*after_ms)), wall);
            }
            Event::Unhealthy { trouble, .. } => note_unhealthy(local, replica, trouble, now, world),
            Event::ContainerDied { exit, oom, .. } => note_death(local, replica, (*exit, *oom), now, world, out),
            Event::ContainerRuns { .. } => note_restart(local, replica, world, out),
            Event::Drained { .. } if local.stage == Stage::Draining => {
                local.enter(Stage::Stopping, "it has answered all", wall);
                out.push(stop(replica, local));
            }
            Event::Stopped { .. } => {
                if let Some(address) = local.address {
                    self.addresses.release(address, now);
                }
                self.locals.remove(replica);
            }
            Event::StopFailed { trouble, .. } => {
                let because = trouble.because.clone();
                local.trouble(replica, Trouble { fault: Fault::World, ..trouble.clone() }, now, wall);
                local.enter(Stage::Stopping, format!("could not be stopped yet: {because}"), wall);
            }
            _ => {}
        }
    }
}

fn note_unhealthy(local: &mut Local, replica: &ReplicaId, trouble: &Trouble, now: Timestamp, world: &World) {
    match local.stage {
        Stage::Checking if local.was_cut_off => {
            local.trouble(replica, Trouble { fault: Fault::World, ..trouble.clone() }, now, world.wall);
        }
        Stage::Checking if !local.has_served => local.trouble(replica, trouble.clone(), now, world.wall),
        Stage::Checking | Stage::Serving => local.enter(Stage::Unhealthy, trouble.because.clone(), world.wall),
        _ => {}
    }
}

/// Docker restarts it by itself; one crash too many and it is held back.
fn note_death(
    local: &mut Local,
    replica: &ReplicaId,
    (exit, oom): (i64, bool),
    now: Timestamp,
    world: &World,
    out: &mut Vec<Action>,
) {
    let was_up = matches!(local.stage, Stage::Serving | Stage::Unhealthy) || (local.stage == Stage::Checking && local.has_served);
    // Before it ever served, its first check tells why it ended, with its last lines.
    if !was_up {
        return;
    }
    local.is_running = false;
    let how = if oom {
        "was killed for using more memory than [resources] memory allows".to_owned()
    } else {
        format!("ended with code {exit}")
    };
    match (local.crashes.note(now), local.container.clone()) {
        (true, Some(container)) => {
            local.hold(replica, format!("it {how}, five times in ten minutes"), now, world.wall);
            out.push(Action::Unwatch { replica: replica.clone() });
            out.push(Action::Hold { replica: replica.clone(), container });
        }
        _ => {
            // Docker brings it back; until it says so, nothing else starts it.
            local.is_running = true;
            local.enter(Stage::Unhealthy, format!("it {how}; Docker restarts it"), world.wall);
        }
    }
}

fn note_restart(local: &mut Local, replica: &ReplicaId, world: &World, out: &mut Vec<Action>) {
    local.is_running = true;
    if local.stage == Stage::Unhealthy {
        local.enter(Stage::Checking, "it was restarted; waiting until it answers", world.wall);
        watch(world, replica, local, out);
    }
}

/// A container that served before, in a life of the agent that ended too soon to say so, is Docker's to restart as well.
fn keep_up(seen: &SeenContainer, local: &Local, out: &mut Vec<Action>) {
    if local.has_served && !seen.kept_up && matches!(local.stage, Stage::Checking | Stage::Serving | Stage::Unhealthy) {
        out.push(Action::KeepUp { replica: seen.replica.clone(), container: seen.container.clone() });
    }
}

/// Watches a running replica; without its version's record there is nothing to check by yet.
pub(super) fn watch(world: &World, replica: &ReplicaId, local: &Local, out: &mut Vec<Action>) {
    let (Some(container), Some(address), Some(version)) =
        (local.container.clone(), local.address, world.versions.get(&local.version))
    else {
        return;
    };
    out.push(Action::Watch {
        replica: replica.clone(),
        container,
        address,
        port: version.manifest.config.port,
        health: version.manifest.health.clone(),
        served: local.has_served,
    });
}

pub(super) fn stop(replica: &ReplicaId, local: &Local) -> Action {
    Action::Stop { replica: replica.clone(), container: local.container.clone(), why: local.why.clone() }
}

fn seconds(ms: u64) -> String {
    format!("{}.{}", ms / 1000, ms % 1000 / 100)
}
