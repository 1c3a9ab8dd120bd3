//! Which plan is obeyed? Only one of the leader this node follows, only a newer one, only once the reigns before it are fenced
//! off, and only once it is on disk.

use std::sync::Arc;
use std::time::Duration;

use crate::model::action::Action;
use crate::model::event::Role;
use crate::model::id::Epoch;
use crate::model::observed::Observation;
use crate::model::plan::NodePlan;
use crate::model::time::Timestamp;
use crate::model::world::World;

use super::Worker;

/// A plan or a fence whose write got no answer is written once more.
pub(super) const STORE_AGAIN: Duration = Duration::from_secs(5);

/// A plan that may be obeyed, on its way to be.
#[derive(Debug)]
pub(super) struct Coming {
    plan: Arc<NodePlan>,
    /// Whether it is being written; before that, its fence is.
    is_fenced: bool,
    /// When that was asked for.
    pub(super) since: Timestamp,
}

impl Coming {
    fn write(&self) -> Action {
        if self.is_fenced { Action::StorePlan(Arc::clone(&self.plan)) } else { Action::Fence(self.plan.epoch.clone()) }
    }
}

/// The reign this node follows, if it may obey anybody at all.
fn follows(world: &World) -> Option<&Epoch> {
    if world.standing.is_doubled || world.removed.contains_key(&world.me.node) {
        return None;
    }
    match &world.role {
        Role::Leader { epoch } => Some(epoch),
        Role::Follower { leader } => leader.as_ref(),
        Role::Starting | Role::Isolated => None,
    }
}

impl Worker {
    /// A plan arrived: keep it if it is from the leader this node follows and newer than the one obeyed.
    pub(super) fn consider(&mut self, world: &World, now: Timestamp, plan: &Arc<NodePlan>, out: &mut Vec<Action>) {
        let is_newer = |other: &Arc<NodePlan>| plan.stamp() > other.stamp();
        if plan.node != world.me.node
            || follows(world) != Some(&plan.epoch)
            || self.fenced.as_ref().is_some_and(|fenced| *fenced > plan.epoch)
            || !self.plan.as_ref().is_none_or(is_newer)
            || !self.coming.as_ref().is_none_or(|coming| is_newer(&coming.plan))
        {
            return;
        }
        let is_fenced = self.fenced.as_ref() == Some(&plan.epoch);
        let coming = Coming { plan: Arc::clone(plan), is_fenced, since: now };
        out.push(coming.write());
        self.coming = Some(coming);
    }

    /// No plan below `epoch` is obeyed any more, whatever happens.
    pub(super) fn note_fence(&mut self, now: Timestamp, epoch: &Epoch, out: &mut Vec<Action>) {
        if self.fenced.as_ref().is_none_or(|fenced| fenced < epoch) {
            self.fenced = Some(epoch.clone());
        }
        self.coming.take_if(|coming| coming.plan.epoch < *epoch);
        if let Some(coming) = self.coming.as_mut().filter(|coming| coming.plan.epoch == *epoch && !coming.is_fenced) {
            coming.is_fenced = true;
            coming.since = now;
            out.push(coming.write());
        }
    }

    /// A plan is on disk.
    pub(super) fn adopt_plan(&mut self, epoch: &Epoch, seq: u64, out: &mut Vec<Action>) {
        if let Some(coming) = self.coming.take_if(|coming| coming.is_fenced && coming.plan.stamp() == (epoch, seq)) {
            self.plan = Some(coming.plan);
            out.push(Action::Report(Observation::Obeys(epoch.clone(), seq)));
        }
    }

    /// A plan of a leader that is not followed any more is dropped; one whose write was not answered is written again.
    pub(super) fn obey(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>) {
        self.coming.take_if(|coming| follows(world) != Some(&coming.plan.epoch));
        if let Some(coming) = &mut self.coming
            && now.saturating_sub(coming.since) >= STORE_AGAIN
        {
            coming.since = now;
            out.push(coming.write());
        }
    }
}
