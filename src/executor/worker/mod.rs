//! What does this node do about the plan it obeys? Level-triggered: orders on one side, what Docker shows on the other.

mod local;
mod obey;
mod reconcile;
mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::decide::address::AddressPool;
use crate::decide::{ladder, route};
use crate::model::action::Action;
use crate::model::deployment::Waiting;
use crate::model::event::Event;
use crate::model::frame::Frame;
use crate::model::id::{Epoch, ReplicaId, VersionId, VolumeId};
use crate::model::observed::{Observation, ReplicaReport, Stage, Subnet, Trouble};
use crate::model::plan::NodePlan;
use crate::model::route::RouteTable;
use crate::model::time::Timestamp;
use crate::model::world::World;

use super::Executor;
use local::Local;

/// How often Docker is asked for all that is ours, in case an event was missed.
const SURVEY_EVERY: Duration = Duration::from_secs(60);

/// The worker of this node.
#[derive(Debug, Default)]
pub struct Worker {
    /// The plan that is obeyed: it is on disk.
    plan: Option<Arc<NodePlan>>,
    /// A newer plan on its way to the disk.
    coming: Option<obey::Coming>,
    /// Plans below this epoch are not obeyed any more; it is on disk.
    fenced: Option<Epoch>,
    locals: BTreeMap<ReplicaId, Local>,
    images: BTreeSet<VersionId>,
    building: Option<Build>,
    network: Option<Subnet>,
    addresses: AddressPool,
    /// Whether Docker can be used, and was asked for all that is ours.
    is_surveyed: bool,
    next_survey: Option<Timestamp>,
    /// How often in a row Docker could not be used.
    failed_surveys: u32,
    deleting: BTreeSet<VolumeId>,
    is_pruning: bool,
    reported: BTreeMap<ReplicaId, ReplicaReport>,
    table: Arc<RouteTable>,
}

/// The one build under way.
#[derive(Debug)]
struct Build {
    version: VersionId,
    is_cancelled: bool,
}

impl Executor for Worker {
    fn setup(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>) {
        self.plan = world.plans.get(&world.me.node).cloned();
        self.next_survey = Some(now.after(SURVEY_EVERY));
        out.push(Action::Survey);
    }

    fn execute(&mut self, world: &World, now: Timestamp, event: &Event, out: &mut Vec<Action>) {
        self.note(world, now, event, out);
        self.obey(world, now, out);
        if self.is_surveyed {
            self.reconcile(world, now, out);
        }
        self.look_around(now, out);
        self.report(now, out);
        let changes_routes = match event {
            Event::Persisted { .. } | Event::Observed { .. } | Event::RoleChanged(_) | Event::StandingChanged(_) => true,
            Event::FrameArrived { frame, .. } => matches!(**frame, Frame::Observed { .. } | Frame::Inventory { .. }),
            _ => false,
        };
        if changes_routes {
            self.serve(world, out);
        }
    }

    fn deadline(&self) -> Option<Timestamp> {
        let retries = self.locals.values().filter_map(|local| local.retry_at);
        let coming = self.coming.as_ref().map(|coming| coming.since.after(obey::STORE_AGAIN));
        retries.chain(self.next_survey).chain(coming).min()
    }
}

impl Worker {
    /// Takes in what happened.
    fn note(&mut self, world: &World, now: Timestamp, event: &Event, out: &mut Vec<Action>) {
        match event {
            Event::PlanArrived(plan) => self.consider(world, now, plan, out),
            Event::FrameArrived { from, frame } => {
                if let Frame::Plan(plan) = &**frame
                    && *from == plan.epoch.node
                {
                    self.consider(world, now, plan, out);
                }
            }
            Event::Fenced(epoch) => self.note_fence(now, epoch, out),
            Event::PlanStored { epoch, seq } => self.adopt_plan(epoch, *seq, out),
            Event::Surveyed { containers, images, network } => {
                self.network = Some(*network);
                self.failed_surveys = 0;
                // Whatever of these was not answered is asked for again.
                self.deleting.clear();
                self.is_pruning = false;
                self.note_images(images, out);
                self.note_containers(world, containers, out);
                self.is_surveyed = true;
                out.push(Action::Report(Observation::Docker(None)));
                // Reports of what was found come first: "surveyed" says that nothing is missing.
                self.report(now, out);
                out.push(Action::Report(Observation::Surveyed));
            }
            Event::DockerLost { trouble } => self.note_lost(world, now, trouble, out),
            Event::DockerBack => out.push(Action::Survey),
            Event::BuildProgressed { version, phase, why } => {
                self.each_preparing(version, |local| {
                    local.enter(Stage::Preparing { phase: *phase }, why.clone(), world.wall);
                });
            }
            Event::Built { version } => {
                self.building = None;
                self.images.insert(version.clone());
                out.push(Action::Report(Observation::ImageHeld(version.clone())));
                self.each_preparing(version, |local| local.enter(Stage::Queued, "its image is made", world.wall));
            }
            Event::BuildFailed { version, trouble } => self.note_failed_build(world, now, version, trouble),
            Event::VolumeDeleted { volume } => {
                self.deleting.remove(volume);
                out.push(Action::Report(Observation::VolumeDeleted(volume.clone())));
            }
            Event::Pruned { versions } => {
                self.is_pruning = false;
                for version in versions {
                    self.images.remove(version);
                    out.push(Action::Report(Observation::ImageGone(version.clone())));
                }
            }
            other => self.note_replica(world, now, other, out),
        }
    }

    /// Docker cannot be used: it is asked again by the ladder, and what it may have stopped is not blamed for it.
    fn note_lost(&mut self, world: &World, now: Timestamp, trouble: &Trouble, out: &mut Vec<Action>) {
        self.is_surveyed = false;
        self.failed_surveys = self.failed_surveys.saturating_add(1);
        let wait = ladder::wait(world.me.node.as_str(), self.failed_surveys).min(SURVEY_EVERY);
        self.next_survey = Some(now.after(wait));
        self.locals
            .values_mut()
            .filter(|local| local.stage == Stage::Checking && !local.has_served)
            .for_each(|local| local.was_cut_off = true);
        let waiting = Waiting {
            because: trouble.because.clone(),
            next: trouble.next.clone(),
            attempt: self.failed_surveys,
            retry_at: world.wall.after(wait),
        };
        out.push(Action::Report(Observation::Docker(Some(waiting))));
    }

    fn each_preparing(&mut self, version: &VersionId, change: impl Fn(&mut Local)) {
        let is_meant = |local: &&mut Local| local.version == *version && matches!(local.stage, Stage::Preparing { .. });
        self.locals.values_mut().filter(is_meant).for_each(change);
    }

    fn note_failed_build(&mut self, world: &World, now: Timestamp, version: &VersionId, trouble: &Trouble) {
        let was_cancelled = self.building.take().is_some_and(|build| build.is_cancelled);
        for (replica, local) in &mut self.locals {
            if local.version != *version || !matches!(local.stage, Stage::Preparing { .. }) {
                continue;
            }
            if was_cancelled {
                local.enter(Stage::Queued, "its build was given up and is wanted again", world.wall);
            } else {
                local.trouble(replica, trouble.clone(), now, world.wall);
            }
        }
    }

    /// Asks Docker again when it is time.
    fn look_around(&mut self, now: Timestamp, out: &mut Vec<Action>) {
        if self.next_survey.is_some_and(|at| at <= now) {
            self.next_survey = Some(now.after(SURVEY_EVERY));
            out.push(Action::Survey);
        }
    }

    /// Tells what changed.
    fn report(&mut self, now: Timestamp, out: &mut Vec<Action>) {
        let reports: BTreeMap<_, _> = self.locals.iter_mut().map(|(id, local)| (id.clone(), local.report(now))).collect();
        for (id, report) in &reports {
            if self.reported.get(id) != Some(report) {
                out.push(Action::Report(Observation::Replica(id.clone(), Some(report.clone()))));
            }
        }
        for id in self.reported.keys().filter(|id| !reports.contains_key(*id)) {
            out.push(Action::Report(Observation::Replica(id.clone(), None)));
        }
        self.reported = reports;
    }

    /// Gives the ingress its table, if that changed.
    fn serve(&mut self, world: &World, out: &mut Vec<Action>) {
        let table = route::table(world);
        if *self.table != table {
            self.table = Arc::new(table);
            out.push(Action::Route(Arc::clone(&self.table)));
        }
    }
}

#[cfg(test)]
mod tests;
