//! One leader and its members, without a network.

use super::*;
use crate::decide::sample;
use crate::model::observed::{Inventory, Observation};

struct Bench {
    world: World,
    planner: Planner,
    epoch: Epoch,
}

impl Bench {
    fn new(gibs: &[u64]) -> (Self, Vec<NodeId>) {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        let others = gibs.iter().enumerate().map(|(at, gib)| sample::join(&mut world, &format!("pi-{at}"), *gib)).collect();
        let epoch = Epoch { counter: 1, node: sample::node() };
        let mut bench = Self { world, planner: Planner::default(), epoch: epoch.clone() };
        bench.lead(1);
        (bench, others)
    }

    fn lead(&mut self, counter: u64) {
        self.epoch = Epoch { counter, node: sample::node() };
        self.planner.note(&self.world, at(0), &Event::RoleChanged(Role::Leader { epoch: self.epoch.clone() }));
    }

    /// The plans given in one pass.
    fn pass(&mut self, seconds: u64) -> Vec<Arc<NodePlan>> {
        let mut out = Vec::new();
        self.planner.note(&self.world, at(seconds), &Event::Tick);
        self.planner.look(&self.world, at(seconds));
        self.planner.give(&self.world, at(seconds), &self.epoch.clone(), &mut out);
        let plan = |action| match action {
            Action::PublishPlan(plan) => plan,
            Action::Send { frame, .. } => match *frame {
                Frame::Plan(plan) => plan,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        out.into_iter().map(plan).collect()
    }

    /// Every member obeys what it was given.
    fn obey(&mut self, plans: &[Arc<NodePlan>]) {
        for plan in plans {
            let obeys = Observation::Obeys(plan.epoch.clone(), plan.seq);
            sample::observe_at(&mut self.world, &plan.node, obeys);
        }
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::new(Duration::from_secs(seconds))
}

fn whose(plans: &[Arc<NodePlan>]) -> Vec<&NodeId> {
    plans.iter().map(|plan| &plan.node).collect()
}

#[test]
fn each_member_gets_its_plan_once() {
    let (mut bench, others) = Bench::new(&[4]);
    let plans = bench.pass(0);
    assert_eq!(whose(&plans), [&sample::node(), &others[0]]);
    bench.obey(&plans);
    assert!(bench.pass(1).is_empty() && bench.pass(5).is_empty());
    assert_eq!(bench.planner.deadline(), None, "nothing is waited for");
}

#[test]
fn a_member_that_shows_another_plan_is_given_its_own_again() {
    let (mut bench, others) = Bench::new(&[4]);
    let plans = bench.pass(0);
    bench.obey(&plans[..1]);
    assert!(bench.pass(1).is_empty());
    let again = bench.pass(2);
    assert_eq!((whose(&again), again[0].seq), (vec![&others[0]], plans[1].seq));
    bench.obey(&again);
    let other = Observation::Obeys(Epoch { counter: 9, node: others[0].clone() }, 1);
    sample::observe_at(&mut bench.world, &others[0], other);
    assert_eq!(whose(&bench.pass(4)), [&others[0]]);
}

#[test]
fn a_new_link_brings_the_plan_again_at_once() {
    let (mut bench, others) = Bench::new(&[4]);
    let plans = bench.pass(0);
    bench.obey(&plans);
    bench.planner.note(&bench.world, at(1), &Event::LinkUp(others[0].clone()));
    let again = bench.pass(1);
    assert_eq!(whose(&again), [&others[0]]);
    assert!(again[0].seq > plans[1].seq);
}

#[test]
fn a_higher_epoch_of_the_same_reign_stamps_the_same_orders_anew() {
    let (mut bench, _) = Bench::new(&[4]);
    let plans = bench.pass(0);
    bench.obey(&plans);
    bench.lead(7);
    let again = bench.pass(1);
    assert_eq!(again.len(), 2);
    for (before, after) in plans.iter().zip(&again) {
        assert!(!before.differs_from(after) && after.stamp() > before.stamp());
    }
}

#[test]
fn a_member_that_has_not_looked_around_is_given_nothing() {
    let (mut bench, others) = Bench::new(&[4]);
    sample::tell_all(&mut bench.world, &others[0], 5, Inventory::default());
    assert_eq!(whose(&bench.pass(0)), [&sample::node()]);
    sample::hear(&mut bench.world, &others[0], false);
    assert_eq!(whose(&bench.pass(60)), [&sample::node()], "its own is given again until it is obeyed");
}
