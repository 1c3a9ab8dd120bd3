//! Which orders does each member get, and when again? One plan per node, replaced whole, stamped by the reign.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::decide::desired::{self, Desired};
use crate::decide::fleet::Watch;
use crate::decide::machine;
use crate::model::action::Action;
use crate::model::event::{Event, Role};
use crate::model::frame::Frame;
use crate::model::id::{Epoch, NodeId};
use crate::model::plan::{NodePlan, PLAN_FORMAT};
use crate::model::time::Timestamp;
use crate::model::world::World;

/// A member that shows another plan than its own so long after it was given is given it again.
const GIVE_AGAIN: Duration = Duration::from_secs(2);

/// What the leader ordered in its reign.
#[derive(Debug, Default)]
pub(super) struct Planner {
    /// Who cannot be used, and since when; kept while others lead.
    watch: Watch,
    reign: Option<Epoch>,
    desired: Desired,
    given: BTreeMap<NodeId, Given>,
    last_seq: u64,
    next: Option<Timestamp>,
}

#[derive(Debug)]
struct Given {
    plan: Arc<NodePlan>,
    at: Timestamp,
}

impl Planner {
    /// What was decided last.
    pub(super) const fn desired(&self) -> &Desired {
        &self.desired
    }

    /// Takes in an event that the world has folded.
    pub(super) fn note(&mut self, world: &World, now: Timestamp, event: &Event) {
        self.watch.note(world, now);
        match event {
            Event::RoleChanged(Role::Leader { epoch }) => self.lead(epoch, now),
            Event::RoleChanged(_) => {
                self.reign = None;
                self.next = None;
            }
            // Whatever was on its way over the old link may be lost.
            Event::LinkUp(peer) => drop(self.given.remove(peer)),
            _ => {}
        }
    }

    /// A new reign plans from wishes and inventories alone; one that only takes a higher epoch stamps its plans anew.
    fn lead(&mut self, epoch: &Epoch, now: Timestamp) {
        if self.reign.is_none() {
            self.desired = Desired::default();
            self.watch.begin(now);
        }
        self.reign = Some(epoch.clone());
        self.last_seq = 0;
        self.given.clear();
    }

    /// Decides anew.
    pub(super) fn look(&mut self, world: &World, now: Timestamp) {
        self.desired = desired::desired(world, self.watch.fleet(world, now), &self.desired);
        self.next = self.watch.deadline(world, now);
    }

    /// Gives each member that is heard its plan, if that changed or the member shows another.
    pub(super) fn give(&mut self, world: &World, now: Timestamp, epoch: &Epoch, out: &mut Vec<Action>) {
        let members: BTreeSet<&NodeId> = machine::members(world).into_iter().filter(|node| has_looked(world, node)).collect();
        self.given.retain(|node, _| members.contains(node));
        for node in members {
            let plan = self.plan(world, epoch, node);
            let is_me = *node == world.me.node;
            let Some(given) = self.given.get_mut(node).filter(|given| !plan.differs_from(&given.plan)) else {
                self.last_seq += 1;
                let plan = Arc::new(NodePlan { seq: self.last_seq, ..plan });
                self.given.insert(node.clone(), Given { plan: Arc::clone(&plan), at: now });
                out.push(order(is_me, plan));
                continue;
            };
            let obeys = world.inventories.get(node).and_then(|inventory| inventory.obeys.as_ref());
            if obeys.is_some_and(|(epoch, seq)| given.plan.stamp() == (epoch, *seq)) {
                continue;
            }
            if given.at.after(GIVE_AGAIN) <= now {
                given.at = now;
                out.push(order(is_me, Arc::clone(&given.plan)));
            }
            let again = given.at.after(GIVE_AGAIN);
            self.next = Some(self.next.map_or(again, |next| next.min(again)));
        }
    }

    fn plan(&self, world: &World, epoch: &Epoch, node: &NodeId) -> NodePlan {
        NodePlan {
            v: PLAN_FORMAT,
            node: node.clone(),
            epoch: epoch.clone(),
            seq: 0,
            replicas: self.desired.orders.get(node).cloned().unwrap_or_default(),
            names: BTreeMap::new(),
            delete_volumes: desired::volumes_to_delete(world, node),
        }
    }

    /// When to decide again though nothing happens.
    pub(super) const fn deadline(&self) -> Option<Timestamp> {
        self.next
    }
}

/// To this node orders go through the loop, to the others over their links.
fn order(is_me: bool, plan: Arc<NodePlan>) -> Action {
    if is_me {
        return Action::PublishPlan(plan);
    }
    Action::Send { to: plan.node.clone(), frame: Box::new(Frame::Plan(plan)) }
}

/// Whether `node` is heard and told what runs on it: a plan made without knowing that would stop it.
fn has_looked(world: &World, node: &NodeId) -> bool {
    machine::is_heard(world, node) && world.inventories.get(node).is_some_and(|inventory| inventory.surveyed)
}

#[cfg(test)]
mod tests;
