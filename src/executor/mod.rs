//! Which roles does a node play? All at once; they fold decisions over events and stay pure.

pub mod keykeeper;
pub mod orchestrator;
mod planner;
mod questions;
#[cfg(test)]
mod questions_tests;
pub mod replicator;
pub mod reports;
pub mod worker;

use crate::model::action::Action;
use crate::model::event::Event;
use crate::model::time::Timestamp;
use crate::model::world::World;

#[cfg(test)]
mod fleet_tests;

/// One role.
pub trait Executor {
    /// Once, when the node starts or its role changes: what should be done first.
    fn setup(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>);

    /// Digests one event, which the world has folded already; pushes what should be done. No I/O, no clock, no await.
    fn execute(&mut self, world: &World, now: Timestamp, event: &Event, out: &mut Vec<Action>);

    /// When this role next wants a [`Event::Tick`].
    fn deadline(&self) -> Option<Timestamp>;
}

/// Every role of a node, in the order in which they digest an event.
#[must_use]
pub fn all() -> Vec<Box<dyn Executor + Send>> {
    vec![
        Box::new(orchestrator::Orchestrator::default()),
        Box::new(worker::Worker::default()),
        Box::new(reports::Reports::default()),
        Box::new(replicator::Replicator::default()),
        Box::new(keykeeper::KeyKeeper::default()),
    ]
}
