//! Do all nodes come to hold the same, whatever happened on the way?

pub mod net;

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use crate::model::action::Note;
use crate::model::document::{Document, Member, Removal};
use crate::model::record::{Draft, ObjectKey};
use crate::model::time::WallTime;
use crate::model::vector::Vector;
use net::{Disk, Net, node};

/// The oldest first.
fn in_order(_: usize) -> usize {
    0
}

fn assert_same(net: &Net) {
    let first = &net.machines[0];
    for machine in &net.machines[1..] {
        assert_eq!(machine.leaves(), first.leaves(), "{} and {}", machine.world.me.node, first.world.me.node);
        assert_eq!(machine.world.holds, first.world.holds);
        assert_eq!(machine.world.apps, first.world.apps);
        assert_eq!(*machine.world.holds, machine.disk.vector);
    }
}

fn scale_at(net: &Net, n: usize, app: &str) -> Option<u32> {
    net.machines[n].world.apps.get(&app.parse().unwrap()).and_then(|app| app.scale.replicas)
}

#[test]
fn a_record_reaches_a_linked_peer_at_once_and_its_receipt_comes_back() {
    let mut net = Net::new(2);
    net.link_all();
    net.settle(in_order);
    let before = net.now;
    net.scale(0, "web", 3);
    while net.step(in_order) {}
    assert_eq!((scale_at(&net, 1, "web"), net.now), (Some(3), before), "no timer was needed");
    let world = &net.machines[0].world;
    assert!(world.peer_holds[&node(1)].covers(&world.holds));
    net.settle(in_order);
    assert_same(&net);
}

#[test]
fn a_record_travels_through_a_third_node() {
    let mut net = Net::new(4);
    for n in 0..3 {
        net.link(n, n + 1, true);
    }
    net.scale(0, "web", 3);
    net.settle(in_order);
    assert_eq!(scale_at(&net, 3, "web"), Some(3));
    assert_same(&net);
}

#[test]
fn nothing_is_said_while_nothing_changes() {
    let mut net = Net::new(5);
    net.link_all();
    net.scale(0, "web", 3);
    net.settle(in_order);
    let frames = net.frames;
    net.settle(in_order);
    assert_eq!(net.frames, frames);
    net.scale(0, "web", 4);
    net.settle(in_order);
    assert!(net.frames - frames <= 4 + 4 * 4, "{} frames for one write of five nodes", net.frames - frames);
}

#[test]
fn a_node_that_was_offline_gets_thousands_of_records_in_bounded_frames() {
    let mut net = Net::new(2);
    for n in 0..1500_u32 {
        net.scale(0, &format!("app-{n}"), 1);
    }
    net.link_all();
    net.settle(in_order);
    assert_eq!(net.machines[1].world.apps.len(), 1500);
    assert!(net.frames >= 2 + 3, "{}", net.frames);
    assert_same(&net);
}

#[test]
fn edits_on_both_sides_of_a_split_are_both_there_after_it() {
    let mut net = Net::new(3);
    net.link_all();
    net.scale(0, "web", 1);
    net.settle(in_order);
    net.link(0, 2, false);
    net.link(1, 2, false);
    net.scale(0, "web", 2);
    net.scale(2, "web", 3);
    net.settle(in_order);
    net.link(1, 2, true);
    net.settle(in_order);
    assert_same(&net);
    let object: ObjectKey = "app/web/scale".parse().unwrap();
    assert_eq!(net.machines[0].leaves()[&object].len(), 2);
}

#[test]
fn a_full_disk_delays_records_and_loses_none() {
    let mut net = Net::new(2);
    net.link_all();
    net.settle(in_order);
    net.machines[1].disk.refuses = true;
    net.scale(0, "web", 3);
    while net.step(in_order) {}
    assert_eq!(scale_at(&net, 1, "web"), None);
    assert!(!net.machines[0].world.peer_holds[&node(1)].covers(&net.machines[0].world.holds));
    net.machines[1].disk.refuses = false;
    net.settle(in_order);
    assert_same(&net);
}

#[test]
fn a_restored_old_database_takes_its_own_records_back_before_it_goes_on() {
    let mut net = Net::new(2);
    net.link_all();
    net.scale(0, "web", 1);
    net.settle(in_order);
    let backup = net.machines[0].disk.clone();
    (2..9).for_each(|n| net.scale(0, "web", n));
    net.settle(in_order);
    net.replace(0, backup);
    assert_eq!(net.machines[0].world.seq, 1);
    net.link_all();
    net.settle(in_order);
    assert_eq!((net.machines[0].world.seq, scale_at(&net, 0, "web")), (8, Some(8)));
    net.scale(0, "web", 9);
    net.settle(in_order);
    assert_same(&net);
}

#[test]
fn a_restored_old_database_that_wrote_first_is_noticed_and_says_what_to_do() {
    let mut net = Net::new(2);
    net.link_all();
    net.scale(0, "web", 1);
    net.settle(in_order);
    let backup = net.machines[0].disk.clone();
    net.scale(0, "web", 2);
    net.settle(in_order);
    net.replace(0, backup);
    net.scale(0, "web", 7);
    net.scale(0, "web", 8);
    net.link_all();
    net.settle(in_order);
    let told = |n: usize| {
        net.machines[n]
            .notes
            .iter()
            .any(|note| matches!(note, Note::Event { says, .. } if says.contains("kraken reset-identity")))
    };
    assert!(told(0) || told(1));
    assert_eq!(scale_at(&net, 1, "web"), Some(2), "nothing of the twin was mixed in");
}

#[test]
fn a_node_that_was_away_while_history_was_pruned_has_the_heads_and_no_false_conflict() {
    let mut net = Net::new(2);
    net.link_all();
    net.scale(0, "web", 1);
    net.scale(0, "old", 1);
    net.settle(in_order);
    net.link(0, 1, false);
    (2..9).for_each(|n| net.scale(0, "web", n));
    net.machines[0].write(vec![Draft { object: "app/old/scale".parse().unwrap(), document: None }]);
    net.run_inbox(0);
    net.scale(1, "mine", 5);
    let mut disk = net.machines[0].disk.clone();
    disk.prune();
    net.replace(0, disk);
    net.link_all();
    net.settle(in_order);
    assert_same(&net);
    assert_eq!((scale_at(&net, 1, "web"), scale_at(&net, 1, "old"), scale_at(&net, 0, "mine")), (Some(8), None, Some(5)));
    let disk = net.machines[1].disk.clone();
    net.replace(1, disk);
    net.link_all();
    net.settle(in_order);
    assert_same(&net);
}

#[test]
fn a_wiped_disk_is_another_origin_and_gets_everything() {
    let mut net = Net::new(2);
    net.link_all();
    net.scale(0, "web", 1);
    net.scale(1, "api", 2);
    net.settle(in_order);
    net.replace(1, Disk::default());
    Arc::make_mut(&mut net.machines[1].world.me).origin.store = "00000000000000ff".parse().unwrap();
    net.link_all();
    net.scale(1, "new", 3);
    net.settle(in_order);
    assert_same(&net);
    assert_eq!(scale_at(&net, 1, "api"), Some(2));
}

fn removal_of_two(last: Vector) -> Draft {
    let removal = Removal { name: "old".into(), at: WallTime(1), by: "session".into(), last };
    Draft { object: ObjectKey::Member(node(2)), document: Some(Document::Removal(removal)) }
}

#[test]
fn records_of_a_removed_machine_are_refused_whoever_relays_them() {
    let mut net = Net::new(3);
    net.link(0, 1, true);
    net.link(1, 2, true);
    net.scale(2, "web", 1);
    net.settle(in_order);
    let last = net.machines[0].disk.vector.clone();
    net.link(0, 1, false);
    net.machines[0].write(vec![removal_of_two(last)]);
    net.run_inbox(0);
    net.scale(2, "web", 66);
    net.settle(in_order);
    assert_eq!(scale_at(&net, 1, "web"), Some(66));
    net.link(0, 1, true);
    net.settle(in_order);
    assert_eq!(scale_at(&net, 0, "web"), Some(1), "the relay's copy was refused");
    assert_eq!(scale_at(&net, 1, "web"), Some(1), "and the relay gave it up");
    net.scale(0, "api", 2);
    net.settle(in_order);
    assert_eq!(scale_at(&net, 1, "api"), Some(2), "the rest goes on");
}

#[test]
fn a_node_that_was_away_knows_the_members_before_anything_else() {
    let mut net = Net::new(2);
    (0..2000_u32).for_each(|n| net.scale(0, &format!("app-{n}"), 1));
    let member = Member { name: "pi3".into(), key: String::new(), joined_at: WallTime(1) };
    net.machines[0].write(vec![Draft { object: ObjectKey::Member(node(2)), document: Some(Document::Member(member)) }]);
    net.run_inbox(0);
    net.link_all();
    while net.machines[1].world.apps.is_empty() {
        assert!(net.step(in_order));
    }
    assert!(net.machines[1].world.members.contains_key(&node(2)));
    net.settle(in_order);
    assert_same(&net);
}

#[test]
fn what_only_a_newer_kraken_understands_passes_through_unharmed() {
    let mut net = Net::new(3);
    net.link(0, 1, true);
    net.link(1, 2, true);
    net.scale(0, "web", 1);
    let newer = serde_json::json!({
        "v": 2, "object": "app/web/backup", "revision": { "origin": { "node": node(0), "store": "0000000000000000" }, "seq": 2 },
        "parents": [], "hlc": { "wall": 1_800_000_000_000_u64, "logical": 0 }, "epoch": null,
        "document": { "kind": "app_backup", "every": "1d" }, "signed": "by nobody"
    });
    let name: crate::model::record::RevisionId = serde_json::from_value(newer["revision"].clone()).unwrap();
    net.machines[0].disk.rows.insert(name.clone(), newer.clone());
    net.machines[0].disk.vector.raise(&name.origin, 2);
    let disk = net.machines[0].disk.clone();
    net.replace(0, disk);
    net.link(0, 1, true);
    net.settle(in_order);
    assert_eq!(net.machines[2].disk.rows[&name], newer);
    assert_same(&net);
}

#[test]
fn a_stamp_from_next_year_is_stored_and_does_not_drag_the_clocks_along() {
    let mut net = Net::new(2);
    net.machines[0].world.wall = WallTime(1_900_000_000_000);
    net.machines[0].world.hlc.wall = 1_900_000_000_000;
    net.scale(0, "web", 4);
    net.link_all();
    net.settle(in_order);
    assert_eq!(scale_at(&net, 1, "web"), Some(4));
    assert!(net.machines[1].world.hlc.wall < 1_900_000_000_000);
    net.scale(1, "web", 5);
    net.settle(in_order);
    assert_eq!(scale_at(&net, 0, "web"), Some(5), "a later edit is above it all the same");
    assert_same(&net);
}

/// What a random history is made of.
#[derive(Debug, Clone)]
enum Deed {
    Write { at: usize, app: u8, replicas: u32 },
    Delete { at: usize, app: u8 },
    Link { a: usize, b: usize, up: bool },
    Steps { picks: Vec<usize> },
    Restart { at: usize },
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..5_usize, 0..3_u8, 1..50_u32).prop_map(|(at, app, replicas)| Deed::Write { at, app, replicas }),
        1 => (0..5_usize, 0..3_u8).prop_map(|(at, app)| Deed::Delete { at, app }),
        3 => (0..5_usize, 0..5_usize, any::<bool>()).prop_map(|(a, b, up)| Deed::Link { a, b, up }),
        4 => proptest::collection::vec(0..1000_usize, 1..30).prop_map(|picks| Deed::Steps { picks }),
        1 => (0..5_usize).prop_map(|at| Deed::Restart { at }),
    ]
}

fn perform(net: &mut Net, deed: Deed) {
    let count = net.machines.len();
    match deed {
        Deed::Write { at, app, replicas } => net.scale(at % count, &format!("app-{app}"), replicas),
        Deed::Delete { at, app } => {
            net.run_inbox(at % count);
            let object = format!("app/app-{app}/scale").parse().unwrap();
            net.machines[at % count].write(vec![Draft { object, document: None }]);
            net.run_inbox(at % count);
        }
        Deed::Link { a, b, up } => net.link(a % count, b % count, up),
        Deed::Steps { picks } => picks.into_iter().for_each(|pick| {
            net.step(|of| pick % of);
        }),
        Deed::Restart { at } => {
            let disk = net.machines[at % count].disk.clone();
            net.replace(at % count, disk);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn after_any_history_all_that_can_reach_each_other_hold_the_same(
        count in 2..=5_usize, deeds in proptest::collection::vec(deed(), 1..40), picks in proptest::collection::vec(0..1000_usize, 1..50),
        is_chain in any::<bool>(),
    ) {
        let mut net = Net::new(count);
        for deed in deeds {
            perform(&mut net, deed);
        }
        for a in 0..count {
            for b in 0..a {
                net.link(a, b, !is_chain || a == b + 1);
            }
        }
        let mut at = 0;
        net.settle(|of| { at += 1; picks[at % picks.len()] % of });
        net.now = net.now.after(Duration::from_secs(600));
        net.settle(in_order);
        assert_same(&net);
    }

    #[test]
    fn no_frame_of_nonsense_is_taken(text in "[ -~]{0,60}", seq in any::<u64>(), from in any::<u64>(), to in any::<u64>()) {
        let origin = net::Machine::new(0).world.me.origin.clone();
        let (mut since, mut upto) = (Vector::default(), Vector::default());
        since.raise(&origin, from);
        upto.raise(&origin, to);
        let record = serde_json::json!({ "v": 1, "object": text, "revision": { "origin": origin, "seq": seq }, "parents": [], "hlc": { "wall": 1, "logical": 0 } });
        let taken = crate::decide::delta::check(&since, &upto, &[record]).is_ok();
        prop_assert_eq!(taken, seq >= from.max(1) && seq <= to && seq <= i64::MAX as u64 && text.parse::<ObjectKey>().is_err());
    }
}
