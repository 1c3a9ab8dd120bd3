//! What is a machine called, and what is it made of? From membership, from what it tells, and from what people set.

use std::collections::BTreeSet;

use crate::model::document::Machine;
use crate::model::id::NodeId;
use crate::model::world::World;

/// What placing an app asks of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What it is called.
    pub name: String,
    /// As Docker names it: `amd64`, `arm64`, `arm`.
    pub arch: String,
    /// Bytes.
    pub memory: u64,
    /// What `[place] labels` may ask for.
    pub labels: BTreeSet<String>,
    /// Whether it is one to rely on.
    pub reliance: Machine,
}

/// Every member that was not removed, this node always among them.
#[must_use]
pub fn members(world: &World) -> BTreeSet<&NodeId> {
    let others = world.members.keys().filter(|node| !world.removed.contains_key(*node));
    others.chain([&world.me.node]).collect()
}

/// Whether `node` is heard; this node hears itself.
#[must_use]
pub fn is_heard(world: &World, node: &NodeId) -> bool {
    *node == world.me.node || world.standing.peers.get(node).is_some_and(|peer| peer.is_live)
}

/// What a machine is called.
#[must_use]
pub fn name(world: &World, node: &NodeId) -> String {
    let member = world.members.get(node).map(|member| &member.name);
    let removed = world.removed.get(node).map(|removal| &removal.name);
    match member.or(removed) {
        Some(name) => name.clone(),
        None if *node == world.me.node => world.me.name.clone(),
        None => node.short().to_owned(),
    }
}

/// The member a person means: by its name, its id or the id's short form.
#[must_use]
pub fn named<'a>(world: &'a World, text: &str) -> Option<&'a NodeId> {
    let members = members(world);
    let by_id = members.iter().find(|node| node.as_str() == text || node.short() == text);
    by_id.or_else(|| members.iter().find(|node| name(world, node) == text)).copied()
}

/// What a machine is made of. None while it never told.
#[must_use]
pub fn facts(world: &World, node: &NodeId) -> Option<Facts> {
    let wish = world.node_wishes.get(node);
    let told = world.inventories.get(node).and_then(|inventory| inventory.machine.as_deref());
    let is_me = *node == world.me.node;
    let (arch, memory, labels) = match told {
        Some(told) => (&told.arch, told.memory, &told.labels),
        None if is_me => (&world.me.arch, world.me.memory, &world.me.labels),
        None => return None,
    };
    Some(Facts {
        name: name(world, node),
        arch: arch.clone(),
        memory,
        labels: wish.and_then(|wish| wish.labels.as_ref()).unwrap_or(labels).clone(),
        reliance: wish.and_then(|wish| wish.machine).or_else(|| told.map(|told| told.reliance)).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;
    use crate::model::document::NodeWish;
    use std::sync::Arc;

    #[test]
    fn a_machine_is_found_by_name_id_and_short_id() {
        let mut world = sample::world();
        let pi = sample::join(&mut world, "pi", 4);
        for text in ["pi", pi.as_str(), pi.short()] {
            assert_eq!(named(&world, text), Some(&pi), "{text}");
        }
        assert_eq!(named(&world, "pi4"), Some(&sample::node()));
        assert_eq!(named(&world, "attic"), None);
    }

    #[test]
    fn what_people_set_about_a_machine_wins_over_what_it_tells() {
        let mut world = sample::world();
        let pi = sample::join(&mut world, "pi", 4);
        let wish = NodeWish { labels: Some(["ssd".to_owned()].into()), machine: Some(Machine::Spare), priority: None };
        Arc::make_mut(&mut world.node_wishes).insert(pi.clone(), wish);
        let facts = facts(&world, &pi).unwrap();
        assert_eq!((facts.memory, facts.reliance), (4 << 30, Machine::Spare));
        assert!(facts.labels.contains("ssd"));
    }

    #[test]
    fn a_machine_that_was_removed_is_no_member() {
        let mut world = sample::world();
        let pi = sample::join(&mut world, "pi", 4);
        assert_eq!(members(&world).len(), 2);
        sample::remove_member(&mut world, &pi);
        assert_eq!(members(&world).len(), 1);
        assert!(!world.inventories.contains_key(&pi));
    }
}
