//! Who belongs to the platform, and what of those who left still counts?

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::command::{Refusal, RefusalKind};
use crate::model::document::{Document, Member};
use crate::model::id::NodeId;
use crate::model::record::{Draft, ObjectKey, Origin};
use crate::model::vector::Vector;
use crate::model::world::World;

/// The longest name of a machine.
const LONGEST_NAME: usize = 32;

/// This node's own record, if nobody wrote it yet: it founded the platform.
#[must_use]
pub fn own(world: &World) -> Option<Draft> {
    let me = &world.me;
    if world.members.contains_key(&me.node) || is_removed(world) {
        return None;
    }
    let name = unique_name(world, &me.node, &me.name);
    let member = Member { name, key: me.key.clone(), joined_at: world.wall };
    Some(Draft { object: ObjectKey::Member(me.node.clone()), document: Some(Document::Member(member)) })
}

/// Takes in the members this machine was told of when it joined, where no record says more.
pub fn seed(world: &mut World, told: &BTreeMap<NodeId, Member>) {
    let unknown = told.iter().filter(|(id, _)| world.head(&ObjectKey::Member((*id).clone())).is_none());
    let unknown: Vec<_> = unknown.map(|(id, member)| (id.clone(), member.clone())).collect();
    Arc::make_mut(&mut world.members).extend(unknown);
}

/// `wanted` if no other machine is called so, else with the next number: `pi4`, `pi4-2`, `pi4-3`.
#[must_use]
pub fn unique_name(world: &World, node: &NodeId, wanted: &str) -> String {
    let wanted: String = wanted.chars().filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')).take(LONGEST_NAME).collect();
    let wanted = Some(wanted.trim_matches('-')).filter(|name| !name.is_empty()).unwrap_or("node");
    let is_free = |name: &str| world.members.iter().all(|(id, member)| id == node || member.name != name);
    if is_free(wanted) {
        return wanted.to_owned();
    }
    let numbered = (2_usize..).map(|number| {
        let end = format!("-{number}");
        let room = wanted.len().min(LONGEST_NAME - end.len());
        format!("{}{end}", wanted[..room].trim_end_matches('-'))
    });
    numbered.take(world.members.len() + 1).find(|name| is_free(name)).unwrap_or_else(|| node.short().to_owned())
}

/// Whether this node holds its platform's records: among them is that of its own joining. One that joined and does not have
/// them yet would lead with none.
#[must_use]
pub fn has_synced(world: &World) -> bool {
    let is_alone = world.members.keys().all(|member| *member == world.me.node);
    is_alone || world.head(&ObjectKey::Member(world.me.node.clone())).is_some()
}

/// Whether this node was removed from its platform: then it is no member, whatever its key opens.
#[must_use]
pub fn is_removed(world: &World) -> bool {
    world.removed.contains_key(&world.me.node)
}

/// Whether a record of `origin` with `seq` may be taken in, whoever relays it: of a removed machine only what it had
/// written when it was removed.
#[must_use]
pub fn may_take(world: &World, origin: &Origin, seq: u64) -> bool {
    world.removed.get(&origin.node).is_none_or(|removal| seq <= removal.last.get(origin))
}

/// `vector` without what may not be taken in.
#[must_use]
pub fn counted(world: &World, vector: &Vector) -> Vector {
    let last =
        |origin: &Origin, seq: u64| world.removed.get(&origin.node).map_or(seq, |removal| seq.min(removal.last.get(origin)));
    let capped = vector.0.iter().map(|(origin, seq)| (origin.clone(), last(origin, *seq)));
    Vector(capped.filter(|(_, seq)| *seq > 0).collect())
}

/// The part of `holds` that `node` wrote, in every life of its database.
#[must_use]
pub fn last_of(holds: &Vector, node: &NodeId) -> Vector {
    Vector(holds.0.iter().filter(|(origin, _)| origin.node == *node).map(|(origin, seq)| (origin.clone(), *seq)).collect())
}

/// Why a removed machine is not let in, and what it can do.
#[must_use]
pub fn was_removed() -> Refusal {
    Refusal::new(
        RefusalKind::Conflict,
        "this machine was removed from the platform, and its identity never returns",
        Some("Give it a new one there: kraken reset-identity. Then let it join like a new machine.".to_owned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample::{world, write};
    use crate::model::document::Removal;
    use crate::model::time::WallTime;
    use proptest::prelude::*;

    fn id(letter: &str) -> NodeId {
        letter.repeat(26).parse().unwrap()
    }

    fn member(world: &mut World, letter: &str, name: &str) {
        let member = Member { name: name.into(), key: String::new(), joined_at: WallTime(1) };
        write(world, vec![Draft { object: ObjectKey::Member(id(letter)), document: Some(Document::Member(member)) }]);
    }

    #[test]
    fn a_founder_writes_its_own_record_once() {
        let mut world = world();
        let own = own(&world).unwrap();
        write(&mut world, vec![own]);
        assert_eq!(world.members[&world.me.node].name, "pi4");
        assert_eq!(super::own(&world), None);
    }

    #[test]
    fn what_a_machine_was_told_when_it_joined_gives_way_to_records() {
        let mut world = world();
        member(&mut world, "b", "pi5");
        let told = |name: &str| Member { name: name.into(), key: String::new(), joined_at: WallTime(1) };
        let me = world.me.node.clone();
        seed(&mut world, &[(id("b"), told("old")), (me, told("pi4-2"))].into());
        let names: Vec<_> = world.members.values().map(|member| member.name.as_str()).collect();
        assert_eq!((names, own(&world)), (vec!["pi4-2", "pi5"], None));
    }

    #[test]
    fn a_machine_that_joined_has_synced_once_it_holds_the_record_of_its_joining() {
        let mut world = world();
        assert!(has_synced(&world), "alone there is nobody to sync with");
        let me = world.me.node.clone();
        let told = |name: &str| Member { name: name.into(), key: String::new(), joined_at: WallTime(1) };
        seed(&mut world, &[(id("b"), told("pi5")), (me.clone(), told("pi4"))].into());
        assert!(!has_synced(&world));
        member(&mut world, "b", "pi5");
        assert!(!has_synced(&world));
        write(&mut world, vec![Draft { object: ObjectKey::Member(me), document: Some(Document::Member(told("pi4"))) }]);
        assert!(has_synced(&world));
    }

    #[test]
    fn of_a_removed_machine_only_what_it_had_written_before_is_taken() {
        let mut world = world();
        let (known, other) = (Origin { node: id("b"), store: "00000000000000bb".parse().unwrap() }, "00000000000000bc");
        let mut last = Vector::default();
        last.raise(&known, 5);
        let removal = Removal { name: "b".into(), at: WallTime(1), by: "session".into(), last };
        let object = ObjectKey::Member(id("b"));
        write(&mut world, vec![Draft { object, document: Some(Document::Removal(removal)) }]);
        assert!(may_take(&world, &known, 5) && !may_take(&world, &known, 6));
        let new_life = Origin { node: id("b"), store: other.parse().unwrap() };
        assert!(!may_take(&world, &new_life, 1), "a new database of it is as removed as the old one");
        assert!(may_take(&world, &Origin { node: id("c"), store: other.parse().unwrap() }, 9));
    }

    proptest! {
        #[test]
        fn no_two_machines_are_ever_called_alike(names in proptest::collection::vec("[a-cA-C -]{0,40}", 1..12)) {
            let mut world = world();
            for (at, name) in names.iter().enumerate() {
                let letter = char::from(b'b' + u8::try_from(at).unwrap()).to_string();
                let unique = unique_name(&world, &id(&letter), name);
                prop_assert!(!unique.is_empty() && unique.len() <= LONGEST_NAME && !unique.ends_with('-'));
                prop_assert!(world.members.values().all(|member| member.name != unique));
                member(&mut world, &letter, &unique);
            }
        }
    }
}
