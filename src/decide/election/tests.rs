//! The rules, one sentence each, on a perfect network. Bad weather is in `tests/sim`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::*;
use lan::{Lan, Node, id, run};

#[path = "tests_lan.rs"]
mod lan;

#[test]
fn a_node_alone_leads_once_its_epoch_is_on_disk() {
    let mut lan = Lan::with_disks(1, 20);
    lan.tick();
    assert_eq!(lan.nodes[0].role, Role::Follower { leader: None });
    lan.pass(1100);
    assert_eq!(lan.nodes[0].role, Role::Leader { epoch: Epoch { counter: 1, node: id(0) } });
    assert_eq!(lan.nodes[0].disk.highest, Some(Epoch { counter: 1, node: id(0) }));
    assert_eq!(lan.why(0), "it is the only machine");
}

#[test]
fn the_best_leads_after_listening_and_all_follow() {
    let mut lan = Lan::of(4);
    lan.pass(2900);
    assert_eq!(lan.leader(), None);
    lan.pass(600);
    assert_eq!(lan.leader(), Some(3));
    assert_eq!(lan.why(0), "dddddddd leads with priority 130; this node has 100");
}

#[test]
fn a_leader_that_falls_silent_is_replaced_by_the_next_within_a_second_and_a_half() {
    let mut lan = Lan::of(3);
    lan.pass(6000);
    let old = lan.epoch(2);
    lan.die(2);
    lan.pass(1000);
    assert_eq!(lan.nodes[1].role, Role::Follower { leader: Some(old.clone()) });
    lan.pass(500);
    assert_eq!(lan.leader(), Some(1));
    assert!(lan.epoch(1) > old);
}

#[test]
fn a_leader_that_stops_cleanly_is_replaced_at_once() {
    let mut lan = Lan::of(3);
    lan.pass(6000);
    lan.step(2, Input::Resign);
    lan.tick();
    lan.die(2);
    lan.pass(200);
    assert_eq!(lan.leader(), Some(1));
}

#[test]
fn nothing_names_a_claimed_epoch_before_it_is_on_disk() {
    let mut lan = Lan::of(2);
    lan.nodes[1].latency = 30;
    lan.step(0, Input::Settings(Settings { priority: 0, ..lan.settings(0) }));
    lan.pass(3300);
    assert!(!lan.nodes[1].writes.is_empty(), "{}", lan.why(1));
    assert_eq!(lan.nodes[0].election.as_ref().unwrap().seen, None);
    lan.die(1);
    lan.start(1, 2);
    lan.pass(6000);
    assert_eq!((lan.leader(), lan.epoch(1).counter), (Some(1), 1), "what was not written was never held");
}

#[test]
fn a_failed_write_makes_no_leader_and_is_tried_again() {
    let mut lan = Lan::with_disks(1, 1000);
    lan.pass(100);
    lan.nodes[0].writes.clear();
    lan.step(0, Input::PersistFailed);
    assert!(lan.why(0).contains("cannot write"), "{}", lan.why(0));
    lan.nodes[0].latency = 0;
    lan.pass(900);
    assert_eq!(lan.nodes[0].role, Role::Follower { leader: None });
    lan.pass(300);
    assert_eq!(lan.leader(), Some(0));
}

#[test]
fn a_better_node_takes_over_after_half_a_minute_and_nobody_is_ever_without_a_leader() {
    let mut lan = Lan::of(3);
    lan.isolate(2, true);
    lan.pass(6000);
    lan.isolate(2, false);
    lan.pass(2000);
    assert_eq!(lan.leader(), Some(1), "the larger side wins");
    lan.pass(20_000);
    assert_eq!(lan.leader(), Some(1));
    assert!(lan.why(2).contains("takes over once it was in sync for 30 s"), "{}", lan.why(2));
    for _ in 0..400 {
        lan.tick();
        assert!((0..3).all(|at| lan.nodes[at].role != Role::Follower { leader: None }));
    }
    assert_eq!(lan.leader(), Some(2));
}

#[test]
fn a_node_that_lacks_records_neither_claims_nor_asks() {
    let mut lan = Lan::of(2);
    lan.step(1, Input::Holds { digest: 9, has_synced: false });
    lan.pass(60_000);
    assert_eq!(lan.leader(), Some(0));
    lan.step(1, Input::Holds { digest: 9, has_synced: true });
    lan.pass(60_000);
    assert_eq!(lan.leader(), Some(0), "its records differ from the leader's");
    lan.step(1, Input::Holds { digest: 1, has_synced: true });
    lan.pass(1000);
    assert_eq!(lan.leader(), Some(1));
}

#[test]
fn a_person_makes_any_node_leader_at_once_and_it_stays_leader() {
    let mut lan = Lan::of(3);
    lan.pass(6000);
    lan.step(2, Input::HandOver(id(0)));
    lan.pass(300);
    assert_eq!(lan.leader(), Some(0));
    lan.pass(90_000);
    assert_eq!(lan.leader(), Some(0));
    assert_eq!(lan.why(0), "somebody made it leader");
}

#[test]
fn a_write_under_way_holds_a_change_of_leaders_back() {
    let mut lan = Lan::of(2);
    lan.pass(6000);
    lan.step(1, Input::WritePending(true));
    lan.step(1, Input::HandOver(id(0)));
    lan.pass(2000);
    assert_eq!(lan.leader(), Some(1));
    lan.step(1, Input::WritePending(false));
    lan.pass(300);
    assert_eq!(lan.leader(), Some(0));
}

#[test]
fn two_sides_that_meet_keep_the_larger_sides_leader_in_an_epoch_above_both() {
    let mut lan = Lan::of(4);
    lan.pass(6000);
    lan.isolate(3, true);
    lan.pass(6000);
    let highest = lan.epoch(3).max(lan.epoch(2));
    lan.isolate(3, false);
    lan.pass(1000);
    assert_eq!(lan.leader(), Some(2));
    assert!(lan.epoch(2) >= highest);
}

#[test]
fn a_leader_leads_on_while_its_higher_epoch_is_written() {
    let mut lan = Lan::of(2);
    lan.pass(6000);
    let old = lan.epoch(1);
    lan.nodes[1].latency = 40;
    let higher = Epoch { counter: old.counter + 5, node: id(0) };
    lan.step(0, Input::Fence(higher.clone()));
    for _ in 0..38 {
        lan.tick();
        assert_eq!((lan.leader(), lan.epoch(0)), (Some(1), old.clone()));
    }
    lan.pass(600);
    assert_eq!((lan.leader(), lan.epoch(0)), (Some(1), Epoch { counter: higher.counter + 1, node: id(1) }));
}

#[test]
fn one_leader_serves_nodes_that_cannot_hear_each_other() {
    let mut lan = Lan::of(3);
    lan.cut.extend([(0, 2), (2, 0)]);
    lan.pass(8000);
    assert_eq!(lan.leader(), Some(2));
    let standing = lan.nodes[0].election.as_ref().unwrap().standing(lan.at());
    assert!(standing.peers[&id(2)].is_live && !standing.peers[&id(2)].is_direct);
    assert_eq!(standing.rank, [id(2), id(1), id(0)]);
}

#[test]
fn a_node_without_peers_and_router_stands_back_unless_a_person_wants_it() {
    let mut lan = Lan::of(2);
    lan.pass(6000);
    lan.step(1, Input::Gateway(Gateway::Answers));
    lan.isolate(1, true);
    lan.step(1, Input::Gateway(Gateway::Silent));
    lan.pass(1500);
    assert_eq!(lan.nodes[1].role, Role::Isolated);
    lan.step(1, Input::LeadAnyway);
    lan.pass(200);
    assert!(matches!(lan.nodes[1].role, Role::Leader { .. }));
    lan.isolate(1, false);
    lan.pass(3000);
    assert_eq!(lan.leader(), Some(1));
}

#[test]
fn a_router_that_never_answered_proves_nothing() {
    let mut lan = Lan::of(2);
    lan.step(1, Input::Gateway(Gateway::Silent));
    lan.isolate(1, true);
    lan.pass(6000);
    assert!(matches!(lan.nodes[1].role, Role::Leader { .. }));
}

#[test]
fn a_node_that_was_frozen_accuses_nobody_until_it_has_listened() {
    let mut lan = Lan::of(2);
    lan.pass(6000);
    let asleep = lan.nodes[0].election.take();
    lan.pass(3000);
    lan.nodes[0].election = asleep;
    lan.step(0, Input::Tick);
    assert!(lan.nodes[0].writes.is_empty());
    lan.pass(1000);
    assert_eq!((lan.leader(), lan.epoch(0).counter), (Some(1), 1));
}

#[test]
fn priority_zero_never_leads_and_a_leader_that_gets_it_steps_down() {
    let mut lan = Lan::of(2);
    lan.pass(6000);
    lan.step(1, Input::Settings(Settings { priority: 0, ..lan.settings(1) }));
    lan.pass(500);
    assert_eq!(lan.leader(), Some(0));
    lan.die(0);
    lan.pass(10_000);
    assert_eq!(lan.leader(), None);
    assert!(lan.why(1).contains("priority 0"), "{}", lan.why(1));
}

#[test]
fn a_removed_member_is_not_listened_to_and_the_last_one_leads_alone() {
    let mut lan = Lan::of(2);
    lan.pass(6000);
    lan.step(0, Input::Settings(Settings { members: BTreeSet::new(), ..lan.settings(0) }));
    lan.pass(100);
    assert!(matches!(lan.nodes[0].role, Role::Leader { .. }));
}

#[test]
fn a_fence_is_answered_once_it_is_on_disk_and_never_goes_down() {
    let mut lan = Lan::of(2);
    lan.nodes[0].latency = 4;
    lan.pass(6000);
    let epoch = lan.epoch(0);
    lan.step(0, Input::Fence(epoch.clone()));
    lan.pass(100);
    assert_eq!(lan.nodes[0].fenced, []);
    lan.pass(200);
    assert_eq!(lan.nodes[0].fenced, std::slice::from_ref(&epoch));
    lan.step(0, Input::Fence(Epoch { counter: 0, node: id(1) }));
    lan.pass(1000);
    lan.step(0, Input::Fence(epoch.clone()));
    assert_eq!(lan.nodes[0].fenced, [epoch.clone(), epoch.clone()]);
    assert_eq!(lan.nodes[0].disk.fenced, Some(epoch));
}

#[test]
fn a_restart_within_300_ms_is_no_double() {
    let mut lan = Lan::of(3);
    lan.pass(6000);
    lan.die(2);
    lan.pass(300);
    lan.start(2, 2);
    lan.pass(60_000);
    assert_eq!(lan.leader(), Some(2));
}

#[test]
fn of_two_machines_with_one_identity_the_later_stands_back_and_says_so() {
    let mut lan = Lan::of(3);
    lan.pass(6000);
    // The last node is another copy of the one before it, with a life of its own.
    let copy = Election::new(id(1), run(9), Durable::default(), lan.settings(1), lan.at());
    let copied_at = lan.nodes.len();
    let (disk, role) = (Durable::default(), Role::Starting);
    let node = Node { election: Some(copy), disk, latency: 0, writes: VecDeque::new(), role, fenced: Vec::new() };
    lan.nodes.push(node);
    lan.cut.extend([(1, copied_at), (copied_at, 1)]);
    lan.pass(3000);
    assert_eq!(lan.nodes[copied_at].role, Role::Isolated);
    assert!(lan.why(copied_at).contains("reset-identity"), "{}", lan.why(copied_at));
    assert!(lan.nodes[copied_at].writes.is_empty() && lan.nodes[copied_at].disk == Durable::default());
    lan.nodes.truncate(copied_at);
    assert_eq!(lan.leader(), Some(2));
}

#[test]
fn a_heartbeat_played_again_changes_nothing() {
    let mut lan = Lan::of(2);
    lan.pass(5000);
    lan.tick();
    lan.next_beat_of(1);
    let recorded = lan.sent.pop().unwrap().1;
    lan.step(0, Input::Heard(Arc::clone(&recorded)));
    lan.die(1);
    for _ in 0..40 {
        lan.tick();
        lan.step(0, Input::Heard(Arc::clone(&recorded)));
    }
    assert_eq!(lan.leader(), Some(0), "a dead leader is not kept alive by a recording");
}

#[test]
fn a_change_of_standing_is_told_once() {
    let mut lan = Lan::of(2);
    lan.pass(6000);
    let mut told: BTreeMap<usize, usize> = BTreeMap::new();
    let now = lan.at();
    for step in 0..100 {
        let mut out = Vec::new();
        let later = now.after(Duration::from_millis(50 * step));
        lan.nodes[1].election.as_mut().unwrap().step(later, Input::Tick, &mut out);
        *told.entry(0).or_default() += out.iter().filter(|output| **output == Output::StandingChanged).count();
    }
    assert_eq!(told[&0], 1, "the other one fell silent");
}
