//! Which changes are on one disk only? What this node wrote and no other member said it holds.

use std::collections::BTreeSet;

use crate::model::id::AppId;
use crate::model::record::{ObjectKey, RevisionId};
use crate::model::vector::Vector;
use crate::model::world::World;

/// How many nodes are known to hold `revision`, of those that said what they hold; this one included if it does.
#[must_use]
pub fn holders(world: &World, revision: &RevisionId) -> u32 {
    let here = u32::from(world.holds.get(&revision.origin) >= revision.seq);
    let there = world.peer_holds.values().filter(|held| held.get(&revision.origin) >= revision.seq).count();
    here + u32::try_from(there).unwrap_or(u32::MAX)
}

/// Apps with changes that only this node holds. None on a platform of one: there is nobody to copy them to.
#[must_use]
pub fn one_copy(world: &World) -> BTreeSet<AppId> {
    let origin = &world.me.origin;
    let copied = world.peer_holds.values().map(|held| held.get(origin)).max().unwrap_or(0);
    let has_others = world.members.keys().any(|member| *member != world.me.node);
    if !has_others || copied >= world.seq {
        return BTreeSet::new();
    }
    let mine = world
        .leaves
        .iter()
        .filter(|(_, leaves)| leaves.iter().any(|leaf| leaf.revision.origin == *origin && leaf.revision.seq > copied));
    mine.filter_map(|(object, _)| app_of(world, object)).collect()
}

/// What every member holds, as far as they said; a member that was not heard yet holds nothing. Alone: what is here.
#[must_use]
pub fn passed_by_all(world: &World) -> Vector {
    let mut passed = (*world.holds).clone();
    for member in world.members.keys().filter(|member| **member != world.me.node) {
        let held = world.peer_holds.get(member);
        passed.0.iter_mut().for_each(|(origin, seq)| *seq = held.map_or(0, |held| held.get(origin)).min(*seq));
    }
    passed
}

/// The app an object belongs to.
#[must_use]
pub fn app_of(world: &World, object: &ObjectKey) -> Option<AppId> {
    match object {
        ObjectKey::App(app, _) | ObjectKey::Secret(app, _) => Some(app.clone()),
        ObjectKey::Version(id) => world.versions.get(id).map(|version| version.app.clone()),
        ObjectKey::Deployment(id) => world.deployments.get(id).map(|deployment| deployment.app.clone()),
        ObjectKey::Volume(id) => world.volumes.get(id).map(|volume| volume.app.clone()),
        ObjectKey::Member(_) | ObjectKey::Node(_) | ObjectKey::Command(_) | ObjectKey::Setting(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::decide::sample;
    use crate::model::document::Member;
    use crate::model::id::NodeId;
    use crate::model::time::WallTime;

    fn peer() -> NodeId {
        "b".repeat(26).parse().unwrap()
    }

    fn with_peer(holds: u64) -> World {
        let mut world = sample::world();
        sample::ask_deploy(&mut world, "web");
        let member = Member { name: "pi3".into(), key: String::new(), joined_at: WallTime(1) };
        Arc::make_mut(&mut world.members).insert(peer(), member);
        let mut held = Vector::default();
        held.raise(&world.me.origin, holds);
        Arc::make_mut(&mut world.peer_holds).insert(peer(), held);
        world
    }

    #[test]
    fn a_change_is_marked_until_another_member_says_it_has_it() {
        let seq = with_peer(0).seq;
        assert_eq!(one_copy(&with_peer(seq - 1)), [sample::app()].into());
        assert!(one_copy(&with_peer(seq)).is_empty());
    }

    #[test]
    fn a_node_alone_marks_nothing() {
        let mut world = with_peer(0);
        world.members = Arc::default();
        assert!(one_copy(&world).is_empty());
    }

    #[test]
    fn every_member_passed_what_the_last_of_them_holds() {
        let mut world = with_peer(2);
        let origin = world.me.origin.clone();
        assert_eq!(passed_by_all(&world).get(&origin), 2);
        world.peer_holds = Arc::default();
        assert_eq!(passed_by_all(&world).get(&origin), 0);
        world.members = Arc::default();
        assert_eq!(passed_by_all(&world).get(&origin), world.seq);
    }

    #[test]
    fn holders_are_counted_by_what_they_said() {
        let world = with_peer(2);
        let revision = |seq| RevisionId { origin: world.me.origin.clone(), seq };
        assert_eq!((holders(&world, &revision(2)), holders(&world, &revision(3))), (2, 1));
    }
}
