//! How is each machine of the platform shown? The one that answers from all it knows of itself, another from what it told.

use super::glance::Glance;
use super::moment::Moment;
use super::node::{Node, NodeState, Vitals, apps_on, docker, epoch, node};
use super::standing::{Standing, standing};
use super::words;
use crate::model::id::NodeId;

/// Every machine, the one that answers first.
#[must_use]
pub fn nodes(glance: &Glance<'_>, vitals: Option<Vitals>) -> Vec<Node> {
    let others = glance.world.members.keys().filter(|id| **id != glance.world.me.node);
    std::iter::once(node(glance, vitals)).chain(others.map(|id| other(glance, id))).collect()
}

fn other(glance: &Glance<'_>, id: &NodeId) -> Node {
    let world = glance.world;
    let inventory = world.inventories.get(id);
    let facts = inventory.and_then(|inventory| inventory.machine.as_deref()).cloned().unwrap_or_default();
    let standing = standing(glance, id);
    let trouble = inventory.and_then(|inventory| inventory.docker_trouble.as_ref());
    let leads = epoch(&world.role).is_some_and(|epoch| epoch.node == *id);
    let (state, reason) = match (&standing, trouble) {
        (Standing { live: false, .. }, _) => (NodeState::Silent, "It is not heard; its apps keep running if it does.".to_owned()),
        (_, Some(trouble)) => (NodeState::NoDocker, words::sentence(&trouble.because)),
        _ if inventory.is_none_or(|inventory| !inventory.surveyed) => {
            (NodeState::Starting, "It just started and looks at what runs.".into())
        }
        _ if leads => (NodeState::Ready, "It leads.".to_owned()),
        _ => (NodeState::Ready, "It works for whoever leads.".to_owned()),
    };
    Node {
        id: id.clone(),
        name: glance.node_name(id),
        arch: facts.arch,
        leads,
        state,
        reason,
        since: standing.since.unwrap_or(Moment(world.role_since)),
        version: facts.version,
        standing,
        kernel: None,
        docker: docker(trouble, None),
        vitals: None,
        ingress_port: facts.ingress_port,
        api_port: (facts.api_port > 0).then_some(facts.api_port),
        addresses: facts.addresses.iter().map(ToString::to_string).collect(),
        uptime_ms: None,
        incarnation: None,
        apps: apps_on(inventory.map(AsRef::as_ref)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::model::document::Member;
    use crate::model::event::Role;
    use crate::model::id::Epoch;
    use crate::model::standing::{Peer, Standing as Heard};
    use crate::model::time::WallTime;
    use crate::model::world::World;
    use crate::web::view::{MachineFacts, StatsNow, Viewer, sample};

    fn pi4() -> NodeId {
        "b".repeat(26).parse().unwrap()
    }

    /// `nuc` and `pi4`, of which the latter leads.
    fn two() -> World {
        let mut world = sample::world();
        let member = |name: &str| Member { name: name.into(), key: "key".into(), joined_at: WallTime(1) };
        world.members = Arc::new(BTreeMap::from([(sample::me(), member("nuc")), (pi4(), member("pi4"))]));
        world.role = Role::Follower { leader: Some(Epoch { counter: 2, node: pi4() }) };
        world
    }

    fn hear(world: &mut World) {
        let peer = Peer { is_live: true, ..Peer::default() };
        world.standing = Arc::new(Heard { peers: BTreeMap::from([(pi4(), peer)]), ..Heard::default() });
    }

    fn seen(world: &World) -> Vec<Node> {
        let (facts, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        nodes(&Glance::new(world, &facts, &stats, &viewer), None)
    }

    #[test]
    fn every_member_is_shown_the_one_that_answers_first() {
        let names: Vec<String> = seen(&two()).into_iter().map(|node| node.name).collect();
        assert_eq!(names, ["nuc", "pi4"]);
    }

    #[test]
    fn a_machine_that_is_not_heard_is_silent_even_if_it_was_followed() {
        let mut world = two();
        assert_eq!(seen(&world)[1].state, NodeState::Silent);
        hear(&mut world);
        assert_eq!((seen(&world)[1].state, seen(&world)[1].leads), (NodeState::Starting, true));
    }

    #[test]
    fn what_another_machine_did_not_tell_is_left_open() {
        let mut world = two();
        hear(&mut world);
        let other = &seen(&world)[1];
        assert_eq!((other.api_port, other.uptime_ms, &other.kernel), (None, None, &None));
        assert_eq!((other.version.as_str(), other.apps.len()), ("", 0));
    }
}
