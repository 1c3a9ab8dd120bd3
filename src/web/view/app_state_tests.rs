//! Is every state worded as people need it?

use super::*;
use crate::model::observed::{Fault, Trouble};
use crate::model::world::World;
use crate::web::view::sample::{self, change, copy, deployment, fail, running, version, waiting, want};
use crate::web::view::{MachineFacts, StatsNow, Viewer};

fn state(world: &World) -> AppState {
    let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
    let id: AppId = "web".parse().unwrap();
    state_of(&Glance::new(world, &machine, &stats, &viewer), &id, &world.apps[&id])
}

fn says(world: &World) -> (AppStateKind, String) {
    let state = state(world);
    (state.kind, state.reason.replace('\u{a0}', " "))
}

fn stage(world: &mut World, to: Stage, why: &str) {
    let report = sample::inventory(world).replicas.values_mut().next().unwrap();
    report.stage = to;
    report.why = why.into();
}

#[test]
fn a_running_app_says_how_many_copies_and_where() {
    assert_eq!(says(&running().0), (AppStateKind::Running, "1 copy on nuc.".into()));
}

#[test]
fn an_app_that_is_off_says_who_turned_it_off_and_what_is_kept() {
    let (mut world, _) = running();
    want(&mut world, "web", Wanted::Off);
    assert_eq!(
        says(&world),
        (AppStateKind::Stopping, "Turned off by somebody in the dashboard. 1 copy is still being stopped.".into())
    );
    sample::inventory(&mut world).replicas.clear();
    let off = "Turned off by somebody in the dashboard. Its data and versions are kept.";
    assert_eq!(says(&world), (AppStateKind::Off, off.into()));
    assert_eq!(state(&world).next.as_deref(), Some("Turn it on."));
}

#[test]
fn an_app_that_goes_counts_what_is_left_and_then_names_the_trash() {
    let (mut world, _) = running();
    want(&mut world, "web", Wanted::Destroyed);
    assert_eq!(says(&world), (AppStateKind::Destroying, "1 copy is still to be removed.".into()));
    sample::inventory(&mut world).replicas.clear();
    let gone = "Destroyed by somebody in the dashboard. Its data stays in the trash for seven days.";
    assert_eq!(says(&world), (AppStateKind::Destroyed, gone.into()));
    want(&mut world, "web", Wanted::Purged);
    assert!(says(&world).1.ends_with("Its data was deleted with it."));
}

#[test]
fn a_first_deployment_says_its_phase_and_what_happens_in_it() {
    let mut world = sample::world();
    want(&mut world, "web", Wanted::On);
    assert_eq!(says(&world), (AppStateKind::Starting, "It is turned on and about to be deployed.".into()));
    let v1 = version(&mut world, "web", 1);
    let id = deployment(&mut world, "web", "k", Some(v1), Phase::Building, "step 3 of 9");
    assert_eq!(says(&world), (AppStateKind::Starting, "Building the image: step 3 of 9.".into()));
    copy(&mut world, id, 0, Stage::Preparing { phase: Phase::Building }, "step 4 of 9");
    assert_eq!(says(&world).1, "Building the image: step 4 of 9.");
    stage(&mut world, Stage::Checking, "no answer yet");
    assert_eq!(says(&world).1, "Waiting until it answers: no answer yet.");
}

#[test]
fn an_update_says_which_version_still_serves() {
    let (mut world, _) = running();
    let v2 = version(&mut world, "web", 2);
    let second = deployment(&mut world, "web", "second", Some(v2), Phase::Building, "step 1 of 9");
    let kept = "Building the image: step 1 of 9. Version 1 still serves.";
    assert_eq!(says(&world), (AppStateKind::Updating, kept.into()));
    change(&mut world, second, |d| d.progress = Progress::Waiting(waiting()));
    let state = state(&world);
    assert_eq!(state.reason, "Waiting: Docker does not answer. Version 1 still serves.");
    assert_eq!((state.kind, state.retry_at), (AppStateKind::Updating, Some(Moment(WallTime(9000)))));
}

#[test]
fn an_update_that_failed_leaves_the_app_running_and_says_so() {
    let (mut world, _) = running();
    let v2 = version(&mut world, "web", 2);
    let second = deployment(&mut world, "web", "second", Some(v2), Phase::Building, "");
    fail(&mut world, second);
    let reason = "The update to v2 failed while its image was built: npm ci ended with 1. Version 1 still serves.";
    assert_eq!(says(&world), (AppStateKind::Running, reason.into()));
    assert_eq!(state(&world).next.as_deref(), Some("Run npm ci on your machine."));
}

#[test]
fn a_first_deployment_that_failed_names_step_reason_and_next() {
    let mut world = sample::world();
    want(&mut world, "web", Wanted::On);
    let id = deployment(&mut world, "web", "k", None, Phase::Building, "");
    fail(&mut world, id);
    assert_eq!(says(&world), (AppStateKind::Failed, "It failed while its image was built: npm ci ended with 1.".into()));
    assert_eq!(state(&world).next.as_deref(), Some("Run npm ci on your machine."));
}

#[test]
fn a_deployment_given_up_before_anything_served_offers_to_deploy_again() {
    let mut world = sample::world();
    want(&mut world, "web", Wanted::On);
    let id = deployment(&mut world, "web", "k", None, Phase::Building, "");
    change(&mut world, id, |d| d.abort(WallTime(4000), "asked by somebody in the dashboard"));
    assert_eq!(says(&world).1, "Its deployment was given up. asked by somebody in the dashboard.");
    assert_eq!(state(&world).next.as_deref(), Some("Deploy it again."));
}

#[test]
fn fewer_copies_than_wanted_say_what_the_missing_one_waits_for() {
    let (mut world, first) = running();
    sample::app(&mut world, "web").scale.replicas = Some(2);
    assert_eq!(says(&world), (AppStateKind::Degraded, "1 of 2 copies serve: the missing copy is about to start.".into()));
    copy(&mut world, first, 1, Stage::Waiting(waiting()), "Docker does not answer");
    assert_eq!(says(&world), (AppStateKind::Degraded, "1 of 2 copies serve: Docker does not answer.".into()));
    assert_eq!(state(&world).retry_at, Some(Moment(WallTime(9000))));
    stage(&mut world, Stage::Serving, "");
    sample::inventory(&mut world).replicas.values_mut().for_each(|report| report.stage = Stage::Serving);
    assert_eq!(says(&world), (AppStateKind::Running, "2 copies on nuc.".into()));
}

#[test]
fn a_copy_that_does_not_serve_says_why() {
    let (mut world, _) = running();
    stage(&mut world, Stage::Unhealthy, "no answer at /healthz for 15 s");
    let unhealthy = "It runs and does not answer: no answer at /healthz for 15 s.";
    assert_eq!(says(&world), (AppStateKind::Unhealthy, unhealthy.into()));
    stage(&mut world, Stage::CrashLooping(Waiting { because: "it ended 5 times in 10 min".into(), ..waiting() }), "");
    assert_eq!(says(&world), (AppStateKind::Crashlooping, "it ended 5 times in 10 min.".into()));
    assert_eq!(state(&world).retry_at, Some(Moment(WallTime(9000))));
    stage(&mut world, Stage::Waiting(waiting()), "");
    assert_eq!(says(&world), (AppStateKind::Waiting, "Waiting: Docker does not answer.".into()));
    let trouble = Trouble {
        fault: Fault::App,
        phase: Phase::Starting,
        because: "exec format error".into(),
        next: Some("Build for amd64.".into()),
        log_tail: vec![],
    };
    stage(&mut world, Stage::Failed(trouble), "");
    assert_eq!(says(&world), (AppStateKind::Failed, "exec format error.".into()));
    stage(&mut world, Stage::Starting, "");
    assert_eq!(says(&world), (AppStateKind::Starting, "Starting the container.".into()));
}

#[test]
fn an_app_without_a_copy_says_whether_docker_or_time_is_missing() {
    let (mut world, _) = running();
    sample::inventory(&mut world).replicas.clear();
    assert_eq!(says(&world), (AppStateKind::Starting, "A copy is about to start.".into()));
    sample::inventory(&mut world).surveyed = false;
    assert_eq!(says(&world).1, "This machine just started and is looking at what runs.");
    sample::inventory(&mut world).docker_trouble = Some(sample::waiting());
    assert_eq!(says(&world), (AppStateKind::Waiting, "Waiting: Docker does not answer.".into()));
    let state = state(&world);
    assert_eq!((state.next.as_deref(), state.retry_at), (Some("Start Docker."), Some(Moment(WallTime(9000)))));
}

#[test]
fn an_app_that_only_has_secrets_was_never_deployed() {
    let mut world = sample::world();
    sample::app(&mut world, "web").wanted = None;
    assert_eq!(says(&world), (AppStateKind::Off, "It was never deployed.".into()));
}
