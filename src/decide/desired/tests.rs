//! Small platforms, and what each of their machines shall run.

use super::*;
use crate::decide::sample;
use crate::model::command::Command;
use crate::model::observed::Observation;

const VOLUME: &str = "[[volume]]\nname = \"data\"\npath = \"/data\"\n";

fn wanted(world: &World) -> Vec<String> {
    let orders = sample::desired(world).orders.remove(&world.me.node).unwrap_or_default();
    orders.into_values().map(|order| format!("{} {}", order.app, order.index)).collect()
}

/// What every machine shall run, by its name: `pi: 0 1`.
fn everywhere(world: &World, desired: &Desired) -> Vec<String> {
    let line = |(node, orders): (&NodeId, &BTreeMap<ReplicaId, ReplicaOrder>)| {
        let indexes: Vec<String> = orders.values().map(|order| order.index.to_string()).collect();
        format!("{}: {}", crate::decide::machine::name(world, node), indexes.join(" "))
    };
    desired.orders.iter().map(line).collect()
}

/// Every copy runs where it belongs, and nothing else does.
fn settle(world: &mut World, desired: &Desired) {
    let nodes: Vec<NodeId> = desired.orders.keys().cloned().collect();
    for node in nodes {
        let here: Vec<ReplicaId> =
            world.inventories.get(&node).map(|inventory| inventory.replicas.keys().cloned().collect()).unwrap_or_default();
        for replica in here.iter().filter(|replica| !desired.orders[&node].contains_key(*replica)) {
            sample::observe_at(world, &node, Observation::Replica(replica.clone(), None));
        }
        for (replica, order) in &desired.orders[&node] {
            sample::observe_at(world, &node, Observation::Replica(replica.clone(), Some(sample::serving(order))));
        }
    }
}

/// pi4 (8 GB) with an app, and so many more machines of so many GiB.
fn platform(gibs: &[u64], more: &str) -> (World, Vec<NodeId>) {
    let mut world = sample::world();
    sample::deploy_done_with(&mut world, "web", more);
    let others = gibs.iter().enumerate().map(|(at, gib)| sample::join(&mut world, &format!("pi-{at}"), *gib)).collect();
    (world, others)
}

fn lost(world: &World, nodes: &[&NodeId]) -> Fleet {
    let mut fleet = Fleet { is_complete: true, ..Fleet::glance(world) };
    for node in nodes {
        fleet.sites.get_mut(*node).unwrap().condition = Condition::Lost;
    }
    fleet
}

#[test]
fn nothing_is_wanted_of_an_app_that_is_off() {
    let (mut world, _) = platform(&[], "");
    assert_eq!(wanted(&world), ["web 0"]);
    sample::ask(&mut world, Command::TurnOff { app: sample::app() });
    assert!(wanted(&world).is_empty());
}

#[test]
fn with_swap_the_old_version_serves_beside_the_new_one() {
    let (mut world, _) = platform(&[], "");
    sample::update_validated(&mut world, "web", "");
    assert_eq!(wanted(&world).len(), 2);
}

#[test]
fn with_a_volume_the_old_one_makes_room_only_when_the_new_image_is_there() {
    let (mut world, _) = platform(&[], VOLUME);
    sample::update_validated(&mut world, "web", VOLUME);
    assert_eq!(wanted(&world).len(), 2, "while it builds, the old one serves");
    sample::hold_all_images(&mut world);
    assert_eq!(wanted(&world).len(), 1);
}

#[test]
fn people_set_the_number_of_replicas_and_an_exclusive_volume_keeps_it_at_one() {
    let (mut world, _) = platform(&[], "");
    sample::ask(&mut world, Command::SetScale { app: sample::app(), replicas: Some(3) });
    assert_eq!(wanted(&world).len(), 3);
    let (mut world, _) = platform(&[], VOLUME);
    let app = std::sync::Arc::make_mut(std::sync::Arc::make_mut(&mut world.apps).get_mut(&sample::app()).unwrap());
    app.scale.replicas = Some(3);
    assert_eq!(wanted(&world).len(), 1);
}

#[test]
fn new_copies_go_where_room_is_and_those_that_run_stay() {
    let (mut world, _) = platform(&[16], "");
    sample::ask(&mut world, Command::SetScale { app: sample::app(), replicas: Some(3) });
    let desired = sample::desired(&world);
    assert_eq!(everywhere(&world, &desired), ["pi4: 0", "pi-0: 1 2"]);
    let why = desired.orders.values().last().unwrap().values().next().unwrap().why.clone();
    assert_eq!(why, "most room: 16 GB free of 16 GB");
    settle(&mut world, &desired);
    let again = super::desired(&world, Fleet::glance(&world), &desired);
    assert_eq!(again.orders, desired.orders, "placing again changes nothing, not even a why");
}

#[test]
fn a_lost_machine_is_replaced_and_its_surplus_goes_when_it_returns() {
    let (mut world, others) = platform(&[16], "");
    sample::ask(&mut world, Command::SetScale { app: sample::app(), replicas: Some(3) });
    let desired = sample::desired(&world);
    settle(&mut world, &desired);
    let alone = super::desired(&world, lost(&world, &[&others[0]]), &desired);
    assert_eq!(everywhere(&world, &alone), ["pi4: 0 1 2", "pi-0: "]);
    let back = super::desired(&world, Fleet::glance(&world), &alone);
    assert_eq!(everywhere(&world, &back), ["pi4: 0 1 2", "pi-0: 1 2"], "the returned copies stay until the new ones serve");
    let me = sample::node();
    for (replica, order) in &alone.orders[&me] {
        sample::observe_at(&mut world, &me, Observation::Replica(replica.clone(), Some(sample::serving(order))));
    }
    let quiet = super::desired(&world, Fleet::glance(&world), &back);
    assert_eq!(everywhere(&world, &quiet), ["pi4: 0 1 2", "pi-0: "]);
}

#[test]
fn before_all_have_reported_nothing_is_replaced_and_no_surplus_goes() {
    let (mut world, others) = platform(&[16], "");
    sample::remove_replicas(&mut world, "web");
    let waiting = Fleet { is_complete: false, ..Fleet::glance(&world) };
    let desired = super::desired(&world, waiting.clone(), &Desired::default());
    assert_eq!(everywhere(&world, &desired), ["pi4: ", "pi-0: "], "it may run where nobody told yet");
    let order = sample::desired(&world).orders[&others[0]].values().next().unwrap().clone();
    let replica = ReplicaId::new(&sample::app(), order.deployment, 0);
    for node in [&sample::node(), &others[0]] {
        sample::observe_at(&mut world, node, Observation::Replica(replica.clone(), Some(sample::serving(&order))));
    }
    let desired = super::desired(&world, waiting, &Desired::default());
    assert_eq!(everywhere(&world, &desired), ["pi4: 0", "pi-0: 0"]);
    let complete = super::desired(&world, Fleet::glance(&world), &desired);
    assert_eq!(everywhere(&world, &complete), ["pi4: 0", "pi-0: "]);
}

#[test]
fn a_new_wish_is_placed_at_once_on_whoever_reported() {
    let (mut world, _) = platform(&[16], "");
    sample::update_validated(&mut world, "web", "");
    let waiting = Fleet { is_complete: false, ..Fleet::glance(&world) };
    let desired = super::desired(&world, waiting, &Desired::default());
    assert_eq!(desired.orders[&sample::node()].len(), 2);
}

#[test]
fn a_chosen_machine_gets_its_copy_before_the_other_one_leaves() {
    let (mut world, others) = platform(&[1], "");
    sample::ask(&mut world, Command::SetPlace { app: sample::app(), node: Some(others[0].clone()) });
    let moving = sample::desired(&world);
    assert_eq!(everywhere(&world, &moving), ["pi4: 0", "pi-0: 0"]);
    assert_eq!(moving.orders[&others[0]].values().next().unwrap().why, "a person chose this machine");
    settle(&mut world, &moving);
    let moved = super::desired(&world, Fleet::glance(&world), &moving);
    assert_eq!(everywhere(&world, &moved), ["pi4: ", "pi-0: 0"]);
}

#[test]
fn an_app_with_data_waits_for_its_machine_and_never_runs_elsewhere() {
    let (mut world, others) = platform(&[16], VOLUME);
    sample::move_volumes(&mut world, &others[0]);
    sample::remove_replicas(&mut world, "web");
    assert_eq!(everywhere(&world, &sample::desired(&world)), ["pi4: ", "pi-0: 0"]);
    let before = sample::desired(&world);
    settle(&mut world, &before);
    sample::hear(&mut world, &others[0], false);
    let desired = super::desired(&world, lost(&world, &[&others[0]]), &before);
    assert_eq!(everywhere(&world, &desired), ["pi4: ", "pi-0: 0"]);
    let because = &desired.short.values().next().unwrap().because;
    assert!(because.starts_with("its volume is on pi-0, which was last heard 08:00 UTC"), "{because}");
}

#[test]
fn few_members_put_nothing_in_place_of_what_runs_elsewhere_without_its_image() {
    let (mut world, others) = platform(&[16, 16], "");
    sample::ask(&mut world, Command::SetPlace { app: sample::app(), node: Some(others[0].clone()) });
    let moving = sample::desired(&world);
    settle(&mut world, &moving);
    let moved = super::desired(&world, Fleet::glance(&world), &moving);
    settle(&mut world, &moved);
    sample::ask(&mut world, Command::SetPlace { app: sample::app(), node: None });
    let few = Fleet { is_few: true, ..lost(&world, &[&others[0], &others[1]]) };
    assert_eq!(super::desired(&world, few.clone(), &moved).orders[&sample::node()].len(), 0);
    sample::hold_all_images(&mut world);
    assert_eq!(super::desired(&world, few, &moved).orders[&sample::node()].len(), 1);
}

#[test]
fn what_does_not_fit_is_counted_and_told() {
    let (mut world, _) = platform(&[], "[resources]\nmemory = \"3GB\"\n");
    sample::ask(&mut world, Command::SetScale { app: sample::app(), replicas: Some(3) });
    let desired = sample::desired(&world);
    assert_eq!(desired.orders[&sample::node()].len(), 2);
    let says = desired.short.values().next().unwrap().says();
    assert!(says.starts_with("placed 2 of 3: "), "{says}");
}

#[test]
fn an_update_stays_with_the_machine_of_the_version_before_it() {
    let (mut world, others) = platform(&[64], "");
    assert_eq!(others.len(), 1);
    sample::update_validated(&mut world, "web", "");
    assert_eq!(everywhere(&world, &sample::desired(&world)), ["pi4: 0 0", "pi-0: "]);
}
