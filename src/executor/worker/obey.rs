//! Which plan is obeyed? Only one of the leader this node follows, only a newer one, and only once it is on disk.

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

/// A plan whose write got no answer is written once more.
pub(super) const STORE_AGAIN: Duration = Duration::from_secs(5);

impl Worker {
    /// A plan arrived: keep it if it is from the leader this node follows and newer than the one obeyed.
    pub(super) fn consider(&mut self, world: &World, now: Timestamp, plan: &Arc<NodePlan>, out: &mut Vec<Action>) {
        let follows = match &world.role {
            Role::Leader { epoch } => Some(epoch),
            Role::Follower { leader } => leader.as_ref(),
            Role::Starting | Role::Isolated => None,
        };
        let is_newer = |other: &Arc<NodePlan>| plan.stamp() > other.stamp();
        let beats_storing = self.storing.as_ref().is_none_or(|(storing, _)| is_newer(storing));
        if plan.node != world.me.node
            || follows != Some(&plan.epoch)
            || !self.plan.as_ref().is_none_or(is_newer)
            || !beats_storing
        {
            return;
        }
        self.storing = Some((Arc::clone(plan), now));
        out.push(Action::StorePlan(Arc::clone(plan)));
    }

    /// A plan is on disk.
    pub(super) fn adopt_plan(&mut self, epoch: &Epoch, seq: u64, out: &mut Vec<Action>) {
        if let Some((plan, _)) = self.storing.take_if(|(plan, _)| plan.stamp() == (epoch, seq)) {
            self.plan = Some(plan);
            out.push(Action::Report(Observation::Obeys(epoch.clone(), seq)));
        }
    }

    /// Writes a plan again whose write was not answered.
    pub(super) fn obey(&mut self, _world: &World, now: Timestamp, out: &mut Vec<Action>) {
        if let Some((plan, since)) = &mut self.storing
            && now.saturating_sub(*since) >= STORE_AGAIN
        {
            *since = now;
            out.push(Action::StorePlan(Arc::clone(plan)));
        }
    }
}
