//! One deployment, step by step, without a world.

use super::*;
use crate::decide::sample;
use crate::model::command::Command;

fn step(world: &mut World, look: &Look) -> Advance {
    let id = sample::app();
    let app = world.apps[&id].clone();
    let advance = advance(world, &sample::desired(world), &id, &app, look);
    sample::write(world, advance.drafts.clone());
    advance
}

fn newest(world: &World) -> Arc<Deployment> {
    let app = &world.apps[&sample::app()];
    world.deployments_of(app).next_back().unwrap().clone()
}

#[test]
fn a_new_deployment_first_looks_at_its_source() {
    let mut world = sample::world();
    sample::ask_deploy(&mut world, "web");
    let advance = step(&mut world, &Look::Due);
    assert!(advance.inspect.is_some());
    assert_eq!(newest(&world).phase(), Phase::Validating);
    assert!(step(&mut world, &Look::Pending).drafts.is_empty());
}

#[test]
fn a_good_manifest_becomes_a_version_with_a_port_and_is_delegated() {
    let mut world = sample::world();
    sample::ask_deploy(&mut world, "web");
    step(&mut world, &Look::Found(Ok(Box::new(sample::inspection(1, "")))));
    let deployment = newest(&world);
    assert_eq!(deployment.phase(), Phase::Delegating);
    assert_eq!(world.version_of(&deployment).unwrap().number, 1);
    assert_eq!(world.apps[&sample::app()].route.port, Some(3000));
}

#[test]
fn a_missing_secret_fails_in_validating_and_is_named() {
    let mut world = sample::world();
    sample::ask_deploy(&mut world, "web");
    let asks = sample::inspection(1, "[secrets]\nAPI_KEY = \"for the weather\"\n");
    step(&mut world, &Look::Found(Ok(Box::new(asks))));
    let Progress::Failed(failure) = &newest(&world).progress else { panic!("{:?}", newest(&world).progress) };
    assert_eq!(failure.phase, Phase::Validating);
    assert!(failure.because.contains("API_KEY"), "{}", failure.because);
    assert!(failure.next.as_ref().unwrap().contains("kraken secret set web API_KEY"));
}

#[test]
fn an_unreachable_git_host_makes_it_wait_longer_each_time() {
    let mut world = sample::world();
    sample::ask_deploy(&mut world, "web");
    let trouble = Trouble {
        fault: Fault::World,
        phase: Phase::Validating,
        because: "git.home does not answer".into(),
        next: None,
        log_tail: vec![],
    };
    for attempt in 1..4 {
        step(&mut world, &Look::Found(Err(trouble.clone())));
        let Progress::Waiting(waiting) = &newest(&world).progress else { panic!() };
        assert_eq!(waiting.attempt, attempt);
    }
}

#[test]
fn phases_follow_the_replica_and_end_in_done() {
    let mut world = sample::world();
    sample::ask_deploy(&mut world, "web");
    step(&mut world, &Look::Found(Ok(Box::new(sample::inspection(1, "")))));
    for (stage, phase) in [
        (Stage::Preparing { phase: Phase::Fetching }, Phase::Fetching),
        (Stage::Preparing { phase: Phase::Building }, Phase::Building),
        (Stage::Starting, Phase::Starting),
        (Stage::Checking, Phase::WaitingHealthy),
    ] {
        sample::report_newest(&mut world, "web", stage);
        step(&mut world, &Look::Pending);
        assert_eq!(newest(&world).phase(), phase);
    }
    sample::report_newest(&mut world, "web", Stage::Serving);
    step(&mut world, &Look::Pending);
    assert!(newest(&world).is_done());
    assert!(step(&mut world, &Look::Pending).drafts.is_empty(), "nothing is left to do");
}

#[test]
fn a_failed_update_leaves_the_version_before_in_force() {
    let mut world = sample::world();
    sample::deploy_done(&mut world, "web", 3000);
    sample::update_validated(&mut world, "web", "");
    let trouble = Trouble {
        fault: Fault::App,
        phase: Phase::WaitingHealthy,
        because: "GET / answered 500".into(),
        next: None,
        log_tail: vec!["boom".into()],
    };
    sample::report_newest(&mut world, "web", Stage::Failed(trouble));
    step(&mut world, &Look::Pending);
    assert!(matches!(newest(&world).progress, Progress::Failed(_)));
    let wanted = sample::orders(&world);
    assert_eq!(wanted.len(), 1);
    assert_eq!(
        wanted.values().next().unwrap().version,
        world.version_of(world.current(&world.apps[&sample::app()]).unwrap()).unwrap().id
    );
}

#[test]
fn a_newer_deployment_aborts_the_older() {
    let mut world = sample::world();
    sample::ask_deploy(&mut world, "web");
    sample::ask(&mut world, Command::Update { app: sample::app(), commit: None });
    step(&mut world, &Look::Due);
    let app = world.apps[&sample::app()].clone();
    let states: Vec<bool> = world.deployments_of(&app).map(|deployment| deployment.is_open()).collect();
    assert_eq!(states, [false, true]);
}

#[test]
fn turning_it_off_aborts_what_is_under_way() {
    let mut world = sample::world();
    sample::ask_deploy(&mut world, "web");
    sample::ask(&mut world, Command::TurnOff { app: sample::app() });
    step(&mut world, &Look::Due);
    assert!(matches!(newest(&world).progress, Progress::Aborted { .. }));
}

#[test]
fn what_became_of_the_tests_stays_in_the_timeline() {
    let mut world = sample::world();
    sample::ask_deploy(&mut world, "web");
    step(&mut world, &Look::Found(Ok(Box::new(sample::inspection(1, "")))));
    let begun = changed(&newest(&world), |deployment| deployment.enter(Phase::Testing, None, world.wall, "npm test"));
    sample::write(&mut world, vec![begun]);
    sample::report_newest(&mut world, "web", Stage::Preparing { phase: Phase::Testing });
    step(&mut world, &Look::Pending);
    let deployment = newest(&world);
    let told = world.replicas_of(&sample::app()).next().unwrap().2.why.clone();
    assert_eq!(deployment.steps.last().unwrap().why, told);
    assert_eq!(deployment.steps.iter().filter(|step| step.phase == Phase::Testing).count(), 1);
}
