//! How do the machines stand to each other, as the one that answers sees it? Who is heard, who leads next, and who is relied on.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::glance::Glance;
use super::moment::Moment;
use crate::model::document::{Machine, NodeWish};
use crate::model::id::NodeId;

/// How a machine stands to the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Standing {
    /// Whether it is heard: by the machine that answers, or by one that hears it.
    pub live: bool,
    /// Whether the machine that answers hears it itself.
    pub direct: bool,
    /// Whether the machine that answers holds a connection to it.
    pub linked: bool,
    /// Since when it is heard, or not; null: it never was.
    pub since: Option<Moment>,
    /// Whether it holds the same records as the machine that answers.
    pub in_sync: bool,
    /// The highest leads; 0 = never.
    pub priority: u8,
    /// Its place among those that may lead, from 1; null = it may not now.
    pub rank: Option<usize>,
    /// Whether it is one to rely on.
    pub machine: Machine,
    /// What `[place] labels` of an app may ask for.
    pub labels: Vec<String>,
}

/// How `node` stands.
#[must_use]
pub fn standing(glance: &Glance<'_>, node: &NodeId) -> Standing {
    let world = glance.world;
    let (machine, labels) = relied_on(glance, node);
    let rank = world.standing.rank.iter().position(|one| one == node).map(|place| place + 1);
    if *node == world.me.node {
        // Alone there is no line to stand in.
        let rank = rank.or_else(|| world.leads().then_some(1));
        let since = Some(Moment(world.role_since));
        let priority = world.standing.priority;
        return Standing { live: true, direct: true, linked: true, since, in_sync: true, priority, rank, machine, labels };
    }
    let peer = world.standing.peers.get(node).cloned().unwrap_or_default();
    Standing {
        live: peer.is_live,
        direct: peer.is_direct,
        linked: world.links.contains(node),
        since: world.heard_since.get(node).copied().map(Moment),
        in_sync: peer.is_in_sync,
        priority: peer.priority,
        rank,
        machine,
        labels,
    }
}

/// What people set, else what the machine's own config says.
fn relied_on(glance: &Glance<'_>, node: &NodeId) -> (Machine, Vec<String>) {
    let NodeWish { labels, machine, .. } = glance.world.node_wishes.get(node).cloned().unwrap_or_default();
    let facts = glance.world.inventories.get(node).and_then(|inventory| inventory.machine.as_ref());
    let machine = machine.or_else(|| facts.map(|facts| facts.reliance)).unwrap_or_default();
    let labels = labels.or_else(|| facts.map(|facts| facts.labels.clone())).unwrap_or_default();
    (machine, labels.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use super::*;
    use crate::model::event::Role;
    use crate::model::id::Epoch;
    use crate::model::observed::{Inventory, MachineFacts};
    use crate::model::standing::{Peer, Standing as Heard};
    use crate::model::time::WallTime;
    use crate::model::world::World;
    use crate::web::view::{MachineFacts as Doors, StatsNow, Viewer, sample};

    fn pi4() -> NodeId {
        "b".repeat(26).parse().unwrap()
    }

    fn seen(world: &World, node: &NodeId) -> Standing {
        let (doors, stats, viewer) = (Doors::default(), StatsNow::default(), Viewer::Here);
        standing(&Glance::new(world, &doors, &stats, &viewer), node)
    }

    #[test]
    fn a_lone_leader_is_the_first_in_line() {
        let mut world = sample::world();
        assert_eq!(seen(&world, &sample::me()).rank, None);
        world.role = Role::Leader { epoch: Epoch { counter: 1, node: sample::me() } };
        assert_eq!(seen(&world, &sample::me()).rank, Some(1));
    }

    #[test]
    fn another_machine_stands_as_the_election_says() {
        let mut world = sample::world();
        let peer = Peer { is_live: true, is_in_sync: true, priority: 96, ..Peer::default() };
        world.standing =
            Arc::new(Heard { peers: BTreeMap::from([(pi4(), peer)]), rank: vec![sample::me(), pi4()], ..Heard::default() });
        world.heard_since = Arc::new(BTreeMap::from([(pi4(), WallTime(7))]));
        let found = seen(&world, &pi4());
        assert_eq!((found.live, found.direct, found.in_sync, found.priority, found.rank), (true, false, true, 96, Some(2)));
        assert_eq!(found.since, Some(Moment(WallTime(7))));
    }

    #[test]
    fn what_people_set_wins_over_the_machines_own_config() {
        let mut world = sample::world();
        let facts =
            MachineFacts { reliance: Machine::Spare, labels: BTreeSet::from(["attic".into()]), ..MachineFacts::default() };
        let told = Inventory { machine: Some(Box::new(facts)), ..Inventory::default() };
        world.inventories = Arc::new(BTreeMap::from([(pi4(), Arc::new(told))]));
        assert_eq!((seen(&world, &pi4()).machine, seen(&world, &pi4()).labels), (Machine::Spare, vec!["attic".to_owned()]));
        let wish = NodeWish { machine: Some(Machine::Anchor), ..NodeWish::default() };
        world.node_wishes = Arc::new(BTreeMap::from([(pi4(), wish)]));
        assert_eq!((seen(&world, &pi4()).machine, seen(&world, &pi4()).labels), (Machine::Anchor, vec!["attic".to_owned()]));
    }
}
