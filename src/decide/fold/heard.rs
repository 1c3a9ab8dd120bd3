//! What do the other machines tell about themselves? Their observations in order, so that older never stands over newer.

use std::sync::Arc;

use crate::model::frame::Frame;
use crate::model::id::{Incarnation, NodeId};
use crate::model::observed::{Inventory, Observation};
use crate::model::world::World;

/// Takes in what a frame tells about a machine; whoever was removed tells nothing any more.
pub(super) fn fold_frame(world: &mut World, frame: &Frame) {
    match frame {
        Frame::Inventory { node, incarnation, seq, inventory }
            if is_other(world, node) && world.told.get(node).is_none_or(|told| *told <= (*incarnation, *seq)) =>
        {
            take_all(world, node, inventory);
            tell(world, node, *incarnation, *seq);
        }
        Frame::Observed { node, incarnation, seq, observation }
            if is_other(world, node) && is_next(world, node, *incarnation, *seq) =>
        {
            fold_observation(world, node, observation);
            tell(world, node, *incarnation, *seq);
        }
        _ => {}
    }
}

fn is_other(world: &World, node: &NodeId) -> bool {
    *node != world.me.node && !world.removed.contains_key(node)
}

/// Whether nothing was missed between what `node` told and its observation `seq`.
#[must_use]
pub fn is_next(world: &World, node: &NodeId, incarnation: Incarnation, seq: u64) -> bool {
    world.told.get(node).is_some_and(|(run, last)| *run == incarnation && last.checked_add(1) == Some(seq))
}

fn tell(world: &mut World, node: &NodeId, incarnation: Incarnation, seq: u64) {
    Arc::make_mut(&mut world.told).insert(node.clone(), (incarnation, seq));
}

/// Replaces what was known. A machine whose agent just started has not looked around yet: what ran on it most likely still does.
fn take_all(world: &mut World, node: &NodeId, told: &Arc<Inventory>) {
    let inventories = Arc::make_mut(&mut world.inventories);
    let mut next = Arc::clone(told);
    if let (false, Some(before)) = (told.surveyed, inventories.get(node)) {
        let next = Arc::make_mut(&mut next);
        for (replica, report) in &before.replicas {
            next.replicas.entry(replica.clone()).or_insert_with(|| report.clone());
        }
        next.images.extend(before.images.iter().cloned());
    }
    inventories.insert(node.clone(), next);
}

/// A machine that was removed has nothing that counts.
pub(super) fn forget(world: &mut World, node: &NodeId) {
    Arc::make_mut(&mut world.inventories).remove(node);
    Arc::make_mut(&mut world.told).remove(node);
}

/// Takes in one observation of `node`.
pub(super) fn fold_observation(world: &mut World, node: &NodeId, observation: &Observation) {
    if let Observation::VolumeDeleted(_) = observation {
        return;
    }
    let inventory = Arc::make_mut(&mut world.inventories).entry(node.clone()).or_default();
    observe(Arc::make_mut(inventory), observation);
}

fn observe(inventory: &mut Inventory, observation: &Observation) {
    match observation {
        Observation::Replica(id, Some(report)) => {
            inventory.replicas.insert(id.clone(), report.clone());
        }
        Observation::Replica(id, None) => {
            inventory.replicas.remove(id);
        }
        Observation::ImageHeld(version) => {
            inventory.images.insert(version.clone());
        }
        Observation::ImageGone(version) => {
            inventory.images.remove(version);
        }
        Observation::Machine(facts) => inventory.machine = Some(facts.clone()),
        Observation::Docker(trouble) => inventory.docker_trouble.clone_from(trouble),
        Observation::Surveyed => inventory.surveyed = true,
        Observation::Obeys(epoch, seq) => inventory.obeys = Some((epoch.clone(), *seq)),
        Observation::VolumeDeleted(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;
    use crate::model::id::VersionId;

    fn held(world: &World, node: &NodeId) -> usize {
        world.inventories[node].images.len()
    }

    fn holds(number: u8) -> Observation {
        let version: VersionId = format!("{number:016x}").parse().unwrap();
        Observation::ImageHeld(version)
    }

    fn observed(node: &NodeId, boot: u64, seq: u64) -> Frame {
        let incarnation = Incarnation { boot, random: 0 };
        Frame::Observed { node: node.clone(), incarnation, seq, observation: holds(u8::try_from(seq).unwrap()) }
    }

    #[test]
    fn observations_count_in_order_and_once() {
        let mut world = sample::world();
        let pi = sample::join(&mut world, "pi", 4);
        for (seq, expected) in [(1, 1), (1, 1), (3, 1), (2, 2), (3, 3)] {
            sample::hear_frame(&mut world, &pi, observed(&pi, 0, seq));
            assert_eq!(held(&world, &pi), expected, "after {seq}");
        }
    }

    #[test]
    fn an_older_inventory_never_stands_over_a_newer_one() {
        let mut world = sample::world();
        let pi = sample::join(&mut world, "pi", 4);
        let full = Inventory { surveyed: true, images: [sample_version(7)].into(), ..Inventory::default() };
        sample::tell_all(&mut world, &pi, 5, full);
        sample::tell_all(&mut world, &pi, 4, Inventory { surveyed: true, ..Inventory::default() });
        assert_eq!((held(&world, &pi), world.told[&pi].1), (1, 5));
    }

    #[test]
    fn what_ran_on_a_machine_counts_until_its_new_agent_has_looked_around() {
        let mut world = sample::world();
        let pi = sample::join(&mut world, "pi", 4);
        sample::observe_on(&mut world, &pi, holds(1));
        let restarted = |surveyed| Frame::Inventory {
            node: pi.clone(),
            incarnation: Incarnation { boot: 1, random: 3 },
            seq: u64::from(surveyed),
            inventory: Arc::new(Inventory { surveyed, ..Inventory::default() }),
        };
        sample::hear_frame(&mut world, &pi, restarted(false));
        assert_eq!(held(&world, &pi), 1);
        sample::hear_frame(&mut world, &pi, restarted(true));
        assert_eq!(held(&world, &pi), 0);
    }

    #[test]
    fn a_removed_machine_tells_nothing_any_more() {
        let mut world = sample::world();
        let pi = sample::join(&mut world, "pi", 4);
        sample::remove_member(&mut world, &pi);
        sample::tell_all(&mut world, &pi, 9, Inventory::default());
        assert!(!world.inventories.contains_key(&pi));
    }

    #[test]
    fn nobody_tells_this_machine_about_itself() {
        let mut world = sample::world();
        let me = sample::node();
        sample::tell_all(&mut world, &me, 9, Inventory::default());
        assert!(world.my_inventory().unwrap().surveyed);
    }

    fn sample_version(number: u8) -> VersionId {
        format!("{number:016x}").parse().unwrap()
    }
}
