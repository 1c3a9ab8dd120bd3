//! The part of a worker that the election serves: orders of the leader it follows, obeyed once their fence is on disk.

use kraken::decide::election::Input;
use kraken::model::event::Role;
use kraken::model::id::Epoch;

use super::machine::Plan;
use super::mutant::Mutant;
use super::world::{Event, World};

/// Between two plans of a leader, in milliseconds.
const PLANS: u64 = 1500;

impl World {
    /// A leader writes plans, and some of them travel for long.
    pub fn plan_on(&mut self, at: usize) {
        let Role::Leader { epoch } = &self.machines[at].role else { return };
        if self.now < self.machines[at].next_plan {
            return;
        }
        let plan = Plan { epoch: epoch.clone(), seq: self.machines[at].plans };
        self.machines[at].next_plan = self.now + PLANS;
        self.machines[at].plans += 1;
        for to in 0..self.machines.len() {
            if !self.network.cut[at][to] {
                let slow = self.chance.chance(100);
                let delay = if slow { self.chance.below(4000) } else { self.chance.below(50) };
                self.foresee(delay, Event::Plan { at: to, plan: plan.clone() });
            }
        }
    }

    pub fn take_plan(&mut self, at: usize, plan: Plan) {
        let machine = &mut self.machines[at];
        if !machine.is_up() || machine.frozen_until > self.now || machine.follows() != Some(&plan.epoch) {
            return;
        }
        if self.mutant == Mutant::NoFencing {
            self.obey(at, &plan);
            return;
        }
        let epoch = plan.epoch.clone();
        machine.pending = Some(plan);
        self.step(at, Input::Fence(epoch));
    }

    pub fn fenced(&mut self, at: usize, epoch: &Epoch) {
        let machine = &mut self.machines[at];
        let follows_it = machine.follows() == Some(epoch);
        if let Some(plan) = machine.pending.take_if(|plan| plan.epoch == *epoch)
            && follows_it
        {
            self.obey(at, &plan);
        }
    }

    /// I8: never a plan below the fence on disk, nor below one obeyed before.
    fn obey(&mut self, at: usize, plan: &Plan) {
        let machine = &mut self.machines[at];
        if machine.disk.fenced.as_ref() > Some(&plan.epoch) || machine.obeyed.as_ref() > Some(&plan.epoch) {
            let obeyed = machine.obeyed.clone();
            self.fail(format!("I8: machine {at} obeys a plan of {} after {obeyed:?}", plan.epoch));
            return;
        }
        machine.obeyed = Some(plan.epoch.clone());
    }
}
