//! One node, event by event, without Docker.

use std::net::Ipv4Addr;

use super::*;
use crate::decide::{fold, sample};
use crate::model::command::Command;
use crate::model::deployment::Progress;
use crate::model::event::Role;
use crate::model::id::{ContainerId, Epoch};
use crate::model::observed::{Fault, SeenContainer};

const BRIDGE: Subnet = Subnet { base: Ipv4Addr::new(198, 18, 0, 0), prefix: 20, gateway: Ipv4Addr::new(198, 18, 0, 1) };

/// A worker with its world; observations come back at once, as on a lone node.
struct Bench {
    world: World,
    worker: Worker,
    now: u64,
    seq: u64,
}

impl Bench {
    fn new(world: World) -> Self {
        let mut bench = Self { world, worker: Worker::default(), now: 0, seq: 0 };
        let mut out = Vec::new();
        bench.worker.setup(&bench.world, Timestamp::default(), &mut out);
        assert_eq!(out, [Action::Survey]);
        bench
    }

    fn tell(&mut self, event: Event) -> Vec<Action> {
        let mut events = std::collections::VecDeque::from([event]);
        let mut done = Vec::new();
        while let Some(event) = events.pop_front() {
            let wall = self.world.wall;
            fold::fold(&mut self.world, wall, &event);
            let mut out = Vec::new();
            self.worker.execute(&self.world, Timestamp::new(Duration::from_secs(self.now)), &event, &mut out);
            for action in out {
                match action {
                    Action::Report(observation) => events.push_back(Event::Observed { node: sample::node(), observation }),
                    Action::StorePlan(plan) => events.push_back(Event::PlanStored { epoch: plan.epoch.clone(), seq: plan.seq }),
                    Action::Fence(epoch) => events.push_back(Event::Fenced(epoch)),
                    Action::Route(_) => {}
                    other => done.push(other),
                }
            }
        }
        done
    }

    fn plan(&mut self) -> Vec<Action> {
        self.seq += 1;
        let Role::Leader { epoch } = self.world.role.clone() else { panic!("a lone node leads") };
        let plan = NodePlan {
            v: 1,
            node: sample::node(),
            epoch,
            seq: self.seq,
            replicas: sample::orders(&self.world),
            names: BTreeMap::new(),
            delete_volumes: BTreeMap::new(),
        };
        self.tell(Event::PlanArrived(Arc::new(plan)))
    }

    fn survey(&mut self, containers: Vec<SeenContainer>) -> Vec<Action> {
        self.tell(Event::Surveyed { containers, images: vec![], network: BRIDGE })
    }

    fn stage(&self) -> Stage {
        self.worker.locals.values().next().unwrap().stage.clone()
    }
}

/// A validated deployment of "web" whose image is not there.
fn ordered() -> Bench {
    let mut world = sample::world();
    sample::deploy_done(&mut world, "web", 3000);
    sample::remove_replicas(&mut world, "web");
    let mut bench = Bench::new(world);
    bench.survey(vec![]);
    bench
}

fn container() -> ContainerId {
    "c".repeat(64).parse().unwrap()
}

fn replica(bench: &Bench) -> ReplicaId {
    bench.worker.locals.keys().next().unwrap().clone()
}

fn version(bench: &Bench) -> VersionId {
    bench.world.versions.keys().next().unwrap().clone()
}

fn serving() -> Bench {
    let mut bench = ordered();
    bench.plan();
    let version = version(&bench);
    bench.tell(Event::Built { version });
    let replica = replica(&bench);
    bench.tell(Event::ContainerStarted { replica: replica.clone(), container: container() });
    bench.tell(Event::Healthy { replica, after_ms: 400 });
    bench
}

#[test]
fn an_order_is_built_started_checked_and_serves() {
    let mut bench = ordered();
    assert!(matches!(bench.plan()[..], [Action::Build(_)]));
    let version = version(&bench);
    let [Action::Start(spec)] = &bench.tell(Event::Built { version })[..] else { panic!("it starts") };
    assert_eq!(spec.address, Ipv4Addr::new(198, 18, 0, 2));
    let replica = replica(&bench);
    let watched = bench.tell(Event::ContainerStarted { replica: replica.clone(), container: container() });
    assert!(matches!(watched[..], [Action::Watch { port: 3000, .. }]));
    bench.tell(Event::Healthy { replica, after_ms: 400 });
    assert_eq!(bench.stage(), Stage::Serving);
}

#[test]
fn nothing_is_touched_before_a_plan_is_on_disk() {
    let mut world = sample::world();
    sample::deploy_done(&mut world, "web", 3000);
    let mut bench = Bench::new(world);
    let stranger = SeenContainer {
        container: container(),
        replica: "web-00000000-0".parse().unwrap(),
        app: sample::app(),
        deployment: "00000000-0000-5000-8000-000000000000".parse().unwrap(),
        version: version(&bench),
        address: None,
        running: true,
        kept_up: false,
    };
    assert!(bench.survey(vec![stranger]).is_empty());
}

#[test]
fn a_plan_of_a_reign_this_node_does_not_follow_is_ignored() {
    let mut bench = ordered();
    let foreign = NodePlan {
        v: 1,
        node: sample::node(),
        epoch: Epoch { counter: 99, node: "b".repeat(26).parse().unwrap() },
        seq: 1,
        replicas: sample::orders(&bench.world),
        names: BTreeMap::new(),
        delete_volumes: BTreeMap::new(),
    };
    assert!(bench.tell(Event::PlanArrived(Arc::new(foreign))).is_empty());
    assert!(bench.worker.plan.is_none());
}

/// What a survey shows of the one replica.
fn seen(bench: &Bench, running: bool, kept_up: bool) -> SeenContainer {
    let (replica, local) = bench.worker.locals.first_key_value().unwrap();
    SeenContainer {
        container: container(),
        replica: replica.clone(),
        app: local.app.clone(),
        deployment: local.deployment,
        version: local.version.clone(),
        address: local.address,
        running,
        kept_up,
    }
}

/// Its container runs and has not answered yet.
fn checking() -> Bench {
    let mut bench = ordered();
    for deployment in Arc::make_mut(&mut bench.world.deployments).values_mut() {
        Arc::make_mut(deployment).progress = Progress::UnderWay;
    }
    bench.plan();
    let version = version(&bench);
    let started = bench.tell(Event::Built { version });
    assert!(matches!(&started[..], [Action::Start(spec)] if !spec.keep_up), "{started:?}");
    let replica = replica(&bench);
    bench.tell(Event::ContainerStarted { replica, container: container() });
    bench
}

fn is_keep_up(action: &Action) -> bool {
    matches!(action, Action::KeepUp { .. })
}

#[test]
fn docker_restarts_a_container_by_itself_only_once_it_served() {
    let mut bench = checking();
    let replica = replica(&bench);
    let served = bench.tell(Event::Healthy { replica: replica.clone(), after_ms: 400 });
    assert!(served.iter().any(is_keep_up), "{served:?}");
    bench.tell(Event::ContainerDied { replica: replica.clone(), exit: 1, oom: false });
    bench.tell(Event::ContainerRuns { replica: replica.clone() });
    assert!(!bench.tell(Event::Healthy { replica, after_ms: 1 }).iter().any(is_keep_up), "once is enough");
}

#[test]
fn a_first_end_is_left_to_its_check_and_not_started_again() {
    let mut bench = checking();
    let ended = seen(&bench, false, false);
    assert!(bench.survey(vec![ended]).is_empty());
    assert_eq!(bench.stage(), Stage::Checking);
}

#[test]
fn what_docker_itself_stopped_during_its_first_check_is_started_again() {
    let mut bench = checking();
    bench.tell(Event::DockerLost { trouble: away() });
    let ended = seen(&bench, false, false);
    let actions = bench.survey(vec![ended]);
    assert!(actions.iter().any(|action| matches!(action, Action::Resume { keep_up: false, .. })), "{actions:?}");
}

#[test]
fn a_container_that_served_and_is_not_kept_up_yet_is_after_a_restart_of_the_agent() {
    let bench = serving();
    let mut again = Bench::new(bench.world.clone());
    assert!(again.survey(vec![seen(&bench, true, false)]).iter().any(is_keep_up));
    let kept = seen(&bench, true, true);
    assert!(!again.survey(vec![kept]).iter().any(is_keep_up));
}

fn away() -> Trouble {
    Trouble {
        fault: Fault::World,
        phase: crate::model::deployment::Phase::Starting,
        because: "Docker does not answer".into(),
        next: None,
        log_tail: vec![],
    }
}

#[test]
fn without_docker_it_is_asked_again_by_the_ladder_and_says_when() {
    let mut bench = ordered();
    let mut last = Duration::ZERO;
    for attempt in 1..=20 {
        bench.tell(Event::DockerLost { trouble: away() });
        let waiting = bench.world.my_inventory().unwrap().docker_trouble.clone().unwrap();
        let wait = Duration::from_millis(waiting.retry_at.0 - bench.world.wall.0);
        assert_eq!(waiting.attempt, attempt);
        assert!(wait >= last && wait > Duration::ZERO && wait <= SURVEY_EVERY, "{attempt}: {wait:?}");
        let due = bench.worker.next_survey.unwrap();
        assert_eq!(due, Timestamp::new(Duration::from_secs(bench.now)).after(wait));
        last = wait;
    }
    bench.survey(vec![]);
    assert_eq!((bench.world.my_inventory().unwrap().docker_trouble.clone(), bench.worker.failed_surveys), (None, 0));
}

#[test]
fn a_container_found_after_a_restart_serves_on_untouched() {
    let bench = serving();
    let seen = seen(&bench, true, true);
    let mut again = Bench::new(bench.world.clone());
    let actions = again.survey(vec![seen]);
    assert!(actions.iter().all(|action| matches!(action, Action::Watch { served: true, .. })), "{actions:?}");
    assert_eq!(again.stage(), Stage::Serving);
}

#[test]
fn what_is_no_longer_ordered_drains_then_stops() {
    let mut bench = serving();
    sample::ask(&mut bench.world, Command::TurnOff { app: sample::app() });
    let actions = bench.plan();
    assert!(matches!(actions[..], [Action::Unwatch { .. }, Action::Drain { .. }]), "{actions:?}");
    let replica = replica(&bench);
    let stopped = bench.tell(Event::Drained { replica: replica.clone() });
    assert!(matches!(stopped[..], [Action::Stop { .. }]));
    bench.tell(Event::Stopped { replica });
    assert!(bench.worker.locals.is_empty());
    assert!(bench.world.replicas_of(&sample::app()).next().is_none());
}

#[test]
fn the_apps_fault_is_not_tried_again_and_the_worlds_is() {
    for (fault, is_retried) in [(Fault::App, false), (Fault::World, true)] {
        let mut bench = ordered();
        bench.plan();
        let trouble = Trouble {
            fault,
            phase: crate::model::deployment::Phase::Building,
            because: "no".into(),
            next: None,
            log_tail: vec![],
        };
        let version = version(&bench);
        bench.tell(Event::BuildFailed { version, trouble });
        bench.now += 400;
        let again = bench.tell(Event::Tick);
        assert_eq!(again.iter().any(|action| matches!(action, Action::Build(_))), is_retried, "{fault:?}: {again:?}");
    }
}

#[test]
fn the_fifth_crash_holds_it_back_and_the_ladder_brings_it_again() {
    let mut bench = serving();
    let replica = replica(&bench);
    let mut last = Vec::new();
    for _ in 0..5 {
        last = bench.tell(Event::ContainerDied { replica: replica.clone(), exit: 1, oom: false });
        if !matches!(bench.stage(), Stage::CrashLooping(_)) {
            bench.tell(Event::ContainerRuns { replica: replica.clone() });
            bench.tell(Event::Healthy { replica: replica.clone(), after_ms: 1 });
        }
    }
    assert!(last.iter().any(|action| matches!(action, Action::Hold { .. })), "{last:?}");
    assert!(matches!(bench.stage(), Stage::CrashLooping(_)));
    bench.now += 400;
    assert!(bench.tell(Event::Tick).iter().any(|action| matches!(action, Action::Resume { .. })));
}

#[test]
fn a_container_somebody_removed_by_hand_is_made_again() {
    let mut bench = serving();
    bench.worker.images.insert(version(&bench));
    let actions = bench.tell(Event::Surveyed {
        containers: vec![],
        images: vec![crate::model::observed::SeenImage {
            image: format!("sha256:{}", "a".repeat(64)).parse().unwrap(),
            version: version(&bench),
        }],
        network: BRIDGE,
    });
    assert!(actions.iter().any(|action| matches!(action, Action::Start(_))), "{actions:?}");
}

#[test]
fn a_build_nobody_wants_any_more_is_given_up() {
    let mut bench = ordered();
    bench.plan();
    sample::ask(&mut bench.world, Command::TurnOff { app: sample::app() });
    assert!(bench.plan().iter().any(|action| matches!(action, Action::CancelBuild(_))));
}

/// A worker that follows `leader`, and what it does with a plan of it that orders nothing.
fn following(leader: u64) -> Bench {
    let mut bench = serving();
    bench.tell(Event::RoleChanged(Role::Follower { leader: Some(epoch_of(leader)) }));
    bench
}

fn epoch_of(counter: u64) -> Epoch {
    Epoch { counter, node: "b".repeat(26).parse().unwrap() }
}

fn empty_plan(counter: u64, seq: u64) -> Event {
    let epoch = epoch_of(counter);
    let plan = NodePlan {
        v: 1,
        node: sample::node(),
        epoch: epoch.clone(),
        seq,
        replicas: BTreeMap::new(),
        names: BTreeMap::new(),
        delete_volumes: BTreeMap::new(),
    };
    Event::FrameArrived { from: epoch.node, frame: Box::new(Frame::Plan(Arc::new(plan))) }
}

fn has_stopped_it(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action, Action::Drain { .. }))
}

#[test]
fn a_plan_of_the_leader_that_is_followed_is_obeyed_and_an_older_one_is_not() {
    let mut bench = following(9);
    assert!(has_stopped_it(&bench.tell(empty_plan(9, 2))));
    assert_eq!(bench.world.my_inventory().unwrap().obeys, Some((epoch_of(9), 2)));
    bench.tell(empty_plan(9, 1));
    assert_eq!(bench.worker.plan.as_ref().unwrap().seq, 2);
}

#[test]
fn a_plan_is_written_down_only_after_the_reigns_before_it_are_fenced_off() {
    let mut bench = following(9);
    let Event::FrameArrived { from, frame } = empty_plan(9, 1) else { panic!("a plan") };
    let mut out = Vec::new();
    bench.worker.execute(&bench.world, Timestamp::default(), &Event::FrameArrived { from, frame }, &mut out);
    assert_eq!(out, [Action::Fence(epoch_of(9))]);
    out.clear();
    bench.worker.execute(&bench.world, Timestamp::default(), &Event::Fenced(epoch_of(9)), &mut out);
    assert!(matches!(out[..], [Action::StorePlan(_)]), "{out:?}");
}

#[test]
fn after_the_sides_have_met_the_losers_plan_stops_nothing_here() {
    let mut bench = following(9);
    bench.tell(Event::Fenced(epoch_of(9)));
    assert!(!has_stopped_it(&bench.tell(empty_plan(8, 50))));
    bench.tell(Event::RoleChanged(Role::Follower { leader: Some(epoch_of(8)) }));
    assert!(!has_stopped_it(&bench.tell(empty_plan(8, 51))), "what is fenced off stays so, whoever is followed");
}

#[test]
fn without_a_leader_the_plan_is_kept() {
    let mut bench = following(9);
    for role in [Role::Follower { leader: None }, Role::Isolated] {
        assert!(!has_stopped_it(&bench.tell(Event::RoleChanged(role))));
        assert!(!has_stopped_it(&bench.tell(empty_plan(9, 2))));
    }
    assert_eq!(bench.stage(), Stage::Serving);
}

#[test]
fn a_node_whose_identity_is_used_twice_or_was_removed_obeys_nothing_new() {
    let mut bench = following(9);
    let doubled = crate::model::standing::Standing { is_doubled: true, ..Default::default() };
    bench.tell(Event::StandingChanged(Arc::new(doubled)));
    assert!(!has_stopped_it(&bench.tell(empty_plan(9, 2))));
    bench.tell(Event::StandingChanged(Arc::default()));
    sample::remove_member(&mut bench.world, &sample::node());
    assert!(!has_stopped_it(&bench.tell(empty_plan(9, 3))));
}
