//! How long does a node think that holds a thousand apps? What every event costs that changes what is wanted: the replicas of
//! the plan, the route table, and one whole pass of the orchestrator over every app, the look for what has expired included.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

mod support;

use std::time::Duration;

use kraken::decide::route;
use kraken::executor::Executor;
use kraken::executor::orchestrator::Orchestrator;
use kraken::model::action::Action;
use kraken::model::event::Event;
use kraken::model::time::Timestamp;
use kraken::model::world::World;
use support::samples::{Samples, print_surroundings, verdict};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const APPS: u16 = 1000;
const VERSIONS: u16 = 3;
const RUNS: usize = 200;
const TARGET_MS: f64 = 50.0;

/// A pass right after the node began to lead: everything is due, and the plan is given for the first time.
fn orchestrate(world: &World) -> Vec<Action> {
    let now = Timestamp::new(Duration::from_secs(3600));
    let (mut orchestrator, mut out) = (Orchestrator::default(), Vec::new());
    orchestrator.setup(world, now, &mut out);
    orchestrator.execute(world, now, &Event::Tick, &mut out);
    out
}

fn main() {
    print_surroundings();
    let world = support::platform::platform(APPS, VERSIONS);
    let [Action::PublishPlan(plan)] = &orchestrate(&world)[..] else { unreachable!("nothing but the plan is due") };
    assert_eq!((plan.replicas.len(), route::table(&world).apps.len()), (usize::from(APPS), usize::from(APPS)));
    println!("{APPS} apps, {} versions, {} deployments, 1 node", world.versions.len(), world.deployments.len());

    Samples::of(RUNS, || support::platform::decide(&world)).print("decide::desired::desired");
    Samples::of(RUNS, || route::table(&world)).print("decide::route::table");
    Samples::of(RUNS, || orchestrate(&world)).print("Orchestrator::execute, everything due");
    let all = Samples::of(RUNS, || (support::platform::decide(&world), route::table(&world), orchestrate(&world)));
    all.print("all three");
    verdict("planner of 1000 apps, p99", all.percentile(99), TARGET_MS, "ms");
}
