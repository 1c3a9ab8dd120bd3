//! Does every node take a question, is each wish done once, and is nobody answered before it is true?

use std::sync::Arc;
use std::time::Duration;

use super::orchestrator::Orchestrator;
use super::replicator::tests::net::{Net, node};
use crate::decide::sample;
use crate::model::command::{Accepted, Command, Refusal};
use crate::model::document::{Document, Member, Setting};
use crate::model::event::{Event, Role};
use crate::model::id::{Epoch, RequestId};
use crate::model::record::{Draft, ObjectKey};
use crate::model::time::WallTime;

fn in_order(_: usize) -> usize {
    0
}

fn epoch(counter: u64, n: usize) -> Epoch {
    Epoch { counter, node: node(n) }
}

/// So many machines that know each other, all linked, of which the first leads; they deployed an app `web`.
fn house(count: usize) -> Net {
    let mut net = Net::new(count);
    for n in 0..count {
        net.machines[n].orchestrator = Some(Orchestrator::default());
        net.machines[n].world.role = Role::Starting;
    }
    let members = (0..count).map(|n| {
        let member = Member { name: format!("pi{n}"), key: String::new(), joined_at: WallTime(1) };
        Draft { object: ObjectKey::Member(node(n)), document: Some(Document::Member(member)) }
    });
    net.machines[0].write(members.collect());
    net.run_inbox(0);
    net.link_all();
    net.settle(in_order);
    lead(&mut net, Some((1, 0)));
    ask(&mut net, 0, 1, "deploy", sample::wish("web"));
    settle(&mut net);
    net
}

/// The machine of the pair leads in that reign, or none does.
fn lead(net: &mut Net, leader: Option<(u64, usize)>) {
    for n in 0..net.machines.len() {
        let role = match leader {
            Some((counter, of)) if of == n => Role::Leader { epoch: epoch(counter, of) },
            Some((counter, of)) => Role::Follower { leader: Some(epoch(counter, of)) },
            None => Role::Follower { leader: None },
        };
        net.machines[n].tell(Event::RoleChanged(role));
    }
    settle(net);
}

/// All that happens at once, without waiting for a timer.
fn settle(net: &mut Net) {
    while net.step(in_order) {}
}

/// After so many milliseconds.
fn wait(net: &mut Net, ms: u64) {
    net.now = net.now.after(Duration::from_millis(ms));
    net.machines.iter_mut().for_each(|machine| machine.tell(Event::Tick));
    settle(net);
}

fn id(number: u128) -> RequestId {
    RequestId(uuid::Uuid::from_u128(number))
}

fn ask(net: &mut Net, n: usize, request: u128, key: &str, command: Command) {
    net.machines[n].tell(Event::Asked { request: id(request), by: "session".into(), key: key.into(), command });
}

fn answer(net: &Net, n: usize, request: u128) -> Option<&Result<Accepted, Refusal>> {
    net.machines[n].answers.get(&id(request))
}

fn granted(net: &Net, n: usize, request: u128) -> &Accepted {
    answer(net, n, request).unwrap().as_ref().unwrap()
}

fn scale(replicas: u32) -> Command {
    Command::SetScale { app: sample::app(), replicas: Some(replicas) }
}

fn scale_at(net: &Net, n: usize) -> Option<u32> {
    net.machines[n].world.apps[&sample::app()].scale.replicas
}

#[test]
fn a_node_alone_answers_at_once_with_one_copy() {
    let net = house(1);
    assert_eq!(granted(&net, 0, 1).copies, 1);
}

#[test]
fn the_leader_answers_once_another_node_has_the_wish_on_disk() {
    let mut net = house(2);
    ask(&mut net, 0, 2, "k", scale(3));
    settle(&mut net);
    assert_eq!((granted(&net, 0, 2).copies, scale_at(&net, 1)), (2, Some(3)));
}

#[test]
fn a_second_disk_is_waited_for_half_a_second_and_no_longer() {
    let mut net = house(2);
    net.machines[1].disk.refuses = true;
    ask(&mut net, 0, 2, "k", scale(3));
    settle(&mut net);
    wait(&mut net, 499);
    assert_eq!(answer(&net, 0, 2), None);
    wait(&mut net, 1);
    assert_eq!(granted(&net, 0, 2).copies, 1);
    assert_eq!(crate::decide::copies::one_copy(&net.machines[0].world), [sample::app()].into());
    net.machines[1].disk.refuses = false;
    net.settle(in_order);
    assert!(crate::decide::copies::one_copy(&net.machines[0].world).is_empty());
}

#[test]
fn a_followers_question_is_decided_by_the_leader_and_answered_when_the_follower_reads_it() {
    let mut net = house(3);
    ask(&mut net, 2, 2, "k", scale(3));
    while answer(&net, 2, 2).is_none() {
        assert!(net.step(|of| of - 1), "it is answered without a timer");
    }
    assert!(granted(&net, 2, 2).copies >= 2);
    assert_eq!(scale_at(&net, 2), Some(3), "read your writes");
    let stamped = net.machines[2].world.head(&"app/web/scale".parse().unwrap()).unwrap().epoch.clone();
    assert_eq!(stamped, Some(epoch(1, 0)));
}

#[test]
fn a_refusal_comes_back_to_the_node_that_asked() {
    let mut net = house(2);
    ask(&mut net, 1, 2, "k", scale(1000));
    settle(&mut net);
    assert!(answer(&net, 1, 2).unwrap().as_ref().unwrap_err().because.contains("1 to 100"));
}

#[test]
fn a_question_whose_leader_is_lost_goes_to_the_next_one_with_its_key_and_is_done_once() {
    let mut net = house(3);
    ask(&mut net, 2, 2, "again", Command::Update { app: sample::app(), commit: None });
    // The leader writes it down and tells one other node; then it is gone before it answers.
    net.run_inbox(2);
    net.link(0, 2, false);
    settle(&mut net);
    assert_eq!(answer(&net, 2, 2), None);
    net.link(0, 1, false);
    let before = net.machines[1].world.deployments.len();
    lead(&mut net, Some((2, 1)));
    wait(&mut net, 2000);
    assert!(granted(&net, 2, 2).deployment.is_some());
    assert_eq!(net.machines[1].world.deployments.len(), before.max(2));
    net.link_all();
    lead(&mut net, Some((2, 1)));
    net.settle(in_order);
    assert_eq!(net.machines[0].world.deployments.len(), 2);
}

#[test]
fn the_same_key_never_does_anything_twice_also_on_the_next_leader() {
    let mut net = house(2);
    ask(&mut net, 1, 2, "off", Command::TurnOff { app: sample::app() });
    settle(&mut net);
    let first = granted(&net, 1, 2).clone();
    ask(&mut net, 1, 3, "on", Command::TurnOn { app: sample::app() });
    settle(&mut net);
    lead(&mut net, Some((2, 1)));
    ask(&mut net, 1, 4, "off", Command::TurnOff { app: sample::app() });
    settle(&mut net);
    assert_eq!(granted(&net, 1, 4).says, first.says);
    assert_eq!(net.machines[1].world.apps[&sample::app()].wanted(), crate::model::document::Wanted::On);
}

#[test]
fn without_a_leader_a_wish_is_written_down_here_and_done_once_by_the_next_one() {
    let mut net = house(2);
    lead(&mut net, None);
    net.link(0, 1, false);
    ask(&mut net, 1, 2, "k", scale(3));
    settle(&mut net);
    assert_eq!(answer(&net, 1, 2), None, "a leader may come any moment");
    wait(&mut net, 3000);
    let queued = granted(&net, 1, 2).queued.clone().unwrap();
    assert_eq!(queued.origin.node, node(1));
    assert_eq!((net.machines[1].world.queued.len(), scale_at(&net, 1)), (1, None));
    let disk = net.machines[1].disk.clone();
    net.replace(1, disk);
    net.machines[1].orchestrator = Some(Orchestrator::default());
    assert_eq!(net.machines[1].world.queued.len(), 1, "it survives a restart");
    net.link_all();
    lead(&mut net, Some((2, 0)));
    net.settle(in_order);
    assert_eq!((scale_at(&net, 1), net.machines[1].world.queued.len()), (Some(3), 0));
    ask(&mut net, 1, 3, "k", scale(3));
    settle(&mut net);
    assert_eq!(granted(&net, 1, 3).queued, None, "asked again, it gets what came of it");
}

#[test]
fn a_queued_wish_that_cannot_be_carried_out_says_why() {
    let mut net = house(2);
    lead(&mut net, None);
    ask(&mut net, 1, 2, "k", scale(1000));
    settle(&mut net);
    wait(&mut net, 3000);
    lead(&mut net, Some((2, 0)));
    net.settle(in_order);
    let told = |n: usize| format!("{:?}", net.machines[n].notes);
    assert!(told(0).contains("1 to 100"), "{}", told(0));
    assert!(net.machines[1].world.done.values().any(|done| done.outcome.is_err()));
}

#[test]
fn an_isolated_node_writes_down_at_once_what_is_asked_of_it() {
    let mut net = house(2);
    net.machines[1].tell(Event::RoleChanged(Role::Isolated));
    ask(&mut net, 1, 2, "k", scale(3));
    settle(&mut net);
    assert!(granted(&net, 1, 2).queued.is_some());
}

#[test]
fn signing_in_needs_no_leader_and_no_other_node() {
    let mut net = house(2);
    let session = |name: &str| Command::Put {
        drafts: vec![Draft {
            object: ObjectKey::Setting(format!("session/{name}")),
            document: Some(Document::Setting(Setting { value: serde_json::json!({}) })),
        }],
    };
    ask(&mut net, 1, 2, "a", session("one"));
    net.run_inbox(1);
    assert!(net.machines[1].world.settings.contains_key("session/one"), "written where it was asked");
    lead(&mut net, None);
    ask(&mut net, 1, 3, "b", session("two"));
    settle(&mut net);
    assert!(answer(&net, 1, 3).unwrap().is_ok());
    net.settle(in_order);
    assert_eq!(net.machines[0].world.settings, net.machines[1].world.settings);
    let head = net.machines[0].world.head(&"setting/session/two".parse().unwrap()).unwrap();
    assert_eq!((head.epoch.clone(), head.revision.origin.node.clone()), (None, node(1)));
}

#[test]
fn a_full_disk_of_the_leader_refuses_and_nothing_changes() {
    let mut net = house(2);
    net.machines[0].disk.refuses = true;
    ask(&mut net, 1, 2, "k", scale(3));
    settle(&mut net);
    assert!(answer(&net, 1, 2).unwrap().as_ref().unwrap_err().because.contains("could not be written"));
    assert_eq!(scale_at(&net, 0), None);
}

#[test]
fn too_many_questions_are_refused() {
    let mut net = house(1);
    net.machines[0].disk.refuses = true;
    lead(&mut net, None);
    let other = net.machines[0].world.members[&node(0)].clone();
    Arc::make_mut(&mut net.machines[0].world.members).insert(node(1), other);
    for n in 0..257 {
        ask(&mut net, 0, 100 + n, &n.to_string(), scale(3));
    }
    settle(&mut net);
    assert!(answer(&net, 0, 100).is_none());
    assert!(answer(&net, 0, 356).unwrap().is_err());
}
