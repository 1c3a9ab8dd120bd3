//! When does the platform need new secrets, who gets them, and from whom are they taken?

use crate::decide::{hlc, members};
use crate::model::id::NodeId;
use crate::model::keys::{KEYS_FORMAT, KeyFacts, KeyOffer};
use crate::model::world::World;

/// The generation this leader has to make: somebody who was removed knows the present one.
#[must_use]
pub fn renewal(world: &World) -> Option<KeyFacts> {
    let knows = |node: &NodeId| world.keys.members.as_ref().is_none_or(|members| members.contains(node));
    if !world.leads() || members::is_removed(world) || !world.removed.keys().any(knows) {
        return None;
    }
    Some(KeyFacts {
        generation: world.keys.generation.saturating_add(1),
        hlc: hlc::next(world.hlc, world.wall),
        members: Some(world.members.keys().cloned().collect()),
    })
}

/// Whether `peer` is given the secrets this node has: it is one of those they were made for, and belongs to the platform still.
#[must_use]
pub fn may_give(world: &World, peer: &NodeId) -> bool {
    let is_for = world.keys.members.as_ref().is_some_and(|members| members.contains(peer));
    is_for && world.members.contains_key(peer) && !world.removed.contains_key(peer) && !members::is_removed(world)
}

/// Whether the secrets that `from` offers are taken.
#[must_use]
pub fn may_take(world: &World, from: &NodeId, offer: &KeyOffer) -> bool {
    let is_member = world.members.contains_key(from) && !world.removed.contains_key(from);
    let is_for_me = offer.facts.members.as_ref().is_some_and(|members| members.contains(&world.me.node));
    offer.v == KEYS_FORMAT && is_member && is_for_me && offer.facts.is_above(&world.keys)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::decide::sample::{ask, world};
    use crate::model::command::Command;
    use crate::model::join::SecretText;
    use crate::model::time::Hlc;

    fn id(letter: &str) -> NodeId {
        letter.repeat(26).parse().unwrap()
    }

    /// `a` leads, `b` and `c` belong to it.
    fn three() -> World {
        let mut world = world();
        for letter in ["a", "b", "c"] {
            let key = format!("key-{letter}");
            ask(&mut world, Command::AdmitNode { node: id(letter), name: letter.into(), key, invite: None });
        }
        world
    }

    fn offer(generation: u32, wall: u64, members: &[&str]) -> KeyOffer {
        let members: BTreeSet<NodeId> = members.iter().map(|letter| id(letter)).collect();
        let facts = KeyFacts { generation, hlc: Hlc { wall, logical: 0 }, members: Some(members) };
        KeyOffer { v: KEYS_FORMAT, facts, keyring: SecretText::new("") }
    }

    #[test]
    fn a_removal_needs_new_secrets_for_those_who_stay_once() {
        let mut world = three();
        assert_eq!(renewal(&world), None);
        ask(&mut world, Command::RemoveNode { node: id("b") });
        let facts = renewal(&world).unwrap();
        assert_eq!((facts.generation, facts.members.clone().unwrap()), (2, [id("a"), id("c")].into()));
        world.keys = Arc::new(facts);
        assert_eq!(renewal(&world), None);
        assert!(may_give(&world, &id("c")) && !may_give(&world, &id("b")));
        ask(&mut world, Command::RemoveNode { node: id("c") });
        assert_eq!(renewal(&world).unwrap().generation, 3);
        assert!(!may_give(&world, &id("c")), "it was made for it, but it was removed since");
    }

    #[test]
    fn two_sides_that_removed_different_machines_need_a_third_generation_when_they_meet() {
        let mut world = three();
        ask(&mut world, Command::RemoveNode { node: id("b") });
        // The other side removed c, and its generation won: b knows it.
        world.keys = Arc::new(offer(2, u64::MAX, &["a", "b"]).facts);
        let facts = renewal(&world).unwrap();
        assert_eq!((facts.generation, facts.members.unwrap()), (3, [id("a"), id("c")].into()));
    }

    #[test]
    fn secrets_are_taken_only_from_a_member_only_newer_ones_and_only_if_made_for_this_node() {
        let mut world = three();
        ask(&mut world, Command::RemoveNode { node: id("b") });
        assert!(may_take(&world, &id("c"), &offer(2, 1, &["a", "c"])));
        assert!(!may_take(&world, &id("b"), &offer(2, 1, &["a", "c"])), "a removed machine gives nothing");
        assert!(!may_take(&world, &id("z"), &offer(2, 1, &["a", "c"])));
        assert!(!may_take(&world, &id("c"), &offer(2, 1, &["c"])));
        world.keys = Arc::new(offer(2, 5, &["a"]).facts);
        assert!(!may_take(&world, &id("c"), &offer(2, 5, &["a"])) && may_take(&world, &id("c"), &offer(2, 6, &["a"])));
    }

    #[test]
    fn who_does_not_lead_or_was_removed_makes_no_secrets() {
        let mut world = three();
        ask(&mut world, Command::RemoveNode { node: id("b") });
        let mut follower = world.clone();
        follower.role = crate::model::event::Role::Follower { leader: None };
        assert_eq!(renewal(&follower), None);
        Arc::make_mut(&mut world.me).node = id("b");
        assert_eq!(renewal(&world), None);
    }
}
