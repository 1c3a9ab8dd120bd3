//! Which machine does each copy of one deployment belong to? What is there stays, the rest goes where there is room.

use std::collections::BTreeMap;

use crate::decide::choice;
use crate::decide::fleet::{Condition, Fleet, Site};
use crate::decide::machine::Facts;
use crate::decide::placement::{self, Ask, Slot, need};
use crate::decide::room::{Room, size};
use crate::model::deployment::Deployment;
use crate::model::document::Version;
use crate::model::id::{AppId, NodeId, ReplicaId};
use crate::model::manifest::Manifest;
use crate::model::observed::{ReplicaReport, Stage};
use crate::model::world::{App, World};

use super::{Desired, Desiring, Shortage, count};

/// One copy with its machine.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    pub(super) node: NodeId,
    pub(super) why: String,
    /// Bytes set aside for it there.
    pub(super) need: u64,
}

/// The copies of one deployment, by index.
#[derive(Debug, Clone, Default)]
pub(super) struct Placed {
    pub(super) copies: BTreeMap<u32, Copy>,
    pub(super) shortage: Option<Shortage>,
}

impl Placed {
    /// Where each copy is.
    pub(super) fn nodes(&self) -> BTreeMap<u32, NodeId> {
        self.copies.iter().map(|(index, copy)| (*index, copy.node.clone())).collect()
    }
}

/// Machines that take copies, with how many each has and shall have.
struct Slots<'a> {
    nodes: Vec<&'a NodeId>,
    slots: Vec<Slot>,
}

impl<'a> Slots<'a> {
    fn of(ask: Ask<'_>, id: &AppId, fleet: &'a Fleet, room: &Room<'_>, takes: impl Fn(&NodeId) -> bool) -> Self {
        let fitting = |(node, site): (&'a NodeId, &'a Site)| {
            let facts = site.facts.as_ref().filter(|_| site.condition == Condition::Ready)?;
            (ask.misfit(node, facts).is_none() && takes(node)).then(|| (node, slot(ask, facts, room.beside(id, node))))
        };
        let (nodes, slots) = fleet.sites.iter().filter_map(fitting).unzip();
        Self { nodes, slots }
    }

    fn at(&self, node: &NodeId) -> Option<usize> {
        self.nodes.binary_search(&node).ok()
    }

    /// One copy more counts as being there already; whether it may.
    fn count_in(&mut self, node: &NodeId, is_new: bool) -> bool {
        let Some(at) = self.at(node) else { return false };
        let slot = &mut self.slots[at];
        let fits = !is_new || slot.has < slot.limit();
        slot.has += u32::from(fits);
        fits
    }

    /// With `[place] spread` no machine gets more than its even share.
    fn even_out(&mut self, replicas: u32) {
        let machines = u32::try_from(self.slots.len()).unwrap_or(u32::MAX).max(1);
        for slot in &mut self.slots {
            slot.most = replicas.div_ceil(machines);
        }
    }
}

fn slot(ask: Ask<'_>, facts: &Facts, reserved: u64) -> Slot {
    Slot {
        tier: ask.tier(facts.reliance),
        capacity: facts.memory,
        reserved,
        need: need(ask.manifest, facts.memory),
        has: 0,
        most: u32::MAX,
    }
}

/// The machine a first copy of `manifest` would go to, and why; else why there is none.
///
/// # Errors
/// In words for people.
pub fn first_place(
    world: &World,
    desired: &Desired,
    id: &AppId,
    app: &App,
    manifest: &Manifest,
) -> Result<(NodeId, String), String> {
    let homes = choice::homes(world, id);
    let ask = Ask { manifest, chosen: app.place.node.as_ref(), homes: &homes };
    let room = Room::told(world);
    let mut slots = Slots::of(ask, id, &desired.fleet, &room, |_| true);
    if let Some(current) = world.current(app)
        && let Some(node) = desired.targets.get(&ReplicaId::new(id, current.id, 0))
    {
        slots.count_in(node, true);
    }
    let counts = placement::spread(&slots.slots, 1, false);
    match counts.iter().position(|count| *count > 0) {
        Some(at) => Ok((slots.nodes[at].clone(), why(ask, &desired.fleet, &slots.slots[at], slots.nodes.len()))),
        None => Err(choice::shortage(world, id, ask)),
    }
}

/// Why a new copy goes to the machine of `slot`, one of `fitting`.
fn why(ask: Ask<'_>, fleet: &Fleet, slot: &Slot, fitting: usize) -> String {
    if !ask.homes.is_empty() {
        return "its data is here".to_owned();
    }
    if ask.chosen.is_some() {
        return "a person chose this machine".to_owned();
    }
    let free = format!("{} free of {}", size(slot.room()), size(slot.capacity));
    match (fleet.sites.len(), fitting, slot.has) {
        (1, _, _) => format!("the only machine: {free}"),
        (_, 1, _) => format!("the only machine that fits: {free}"),
        (_, _, 0) => format!("most room: {free}"),
        _ => format!("the version before it ran here: {free}"),
    }
}

/// What placing one deployment works on.
struct Work<'a> {
    deployment: &'a Deployment,
    ask: Ask<'a>,
    slots: Slots<'a>,
    copies: BTreeMap<u32, Copy>,
    /// Copies that need a machine that was not decided yet.
    open: Vec<u32>,
    /// Copies that a machine has, and may keep.
    kept: BTreeMap<u32, NodeId>,
    /// Copies whose machine is lost, or fits no longer: they stay if nothing better is there.
    fallback: BTreeMap<u32, NodeId>,
}

impl<'a> Desiring<'a> {
    /// Where each copy of `deployment` belongs; `hints` is where the version before it has them.
    pub(super) fn place(
        &self,
        id: &AppId,
        app: &App,
        deployment: &Deployment,
        version: &Version,
        hints: &BTreeMap<u32, NodeId>,
    ) -> Placed {
        let homes = choice::homes(self.world, id);
        let ask = Ask { manifest: &version.manifest, chosen: app.place.node.as_ref(), homes: &homes };
        let fleet = &self.out.fleet;
        // A side that was cut off most likely builds nothing in place of what runs on the other.
        let has_image = |node: &NodeId| {
            let images = self.world.inventories.get(node).map(|inventory| &inventory.images);
            deployment.is_open() || !fleet.is_few || images.is_some_and(|images| images.contains(&version.id))
        };
        let slots = Slots::of(ask, id, fleet, &self.room, has_image);
        let (copies, open, kept, fallback) = Default::default();
        let mut work = Work { deployment, ask, slots, copies, open, kept, fallback };
        let wanted = count(app, &version.manifest);
        for index in 0..wanted {
            self.settle(id, index, hints, &mut work);
        }
        self.hand_out(id, wanted, work)
    }

    /// Sorts one copy: it stays, it may stay, or it needs a machine.
    fn settle(&self, id: &AppId, index: u32, hints: &BTreeMap<u32, NodeId>, work: &mut Work<'_>) {
        let fleet = &self.out.fleet;
        let replica = ReplicaId::new(id, work.deployment.id, index);
        let Some(holder) = self.primary(&replica, &work.slots) else {
            let lost = self.held.get(&replica).and_then(|holders| holders.keys().next());
            if let Some(lost) = lost {
                work.fallback.insert(index, (*lost).clone());
            } else if !fleet.is_complete && !work.deployment.is_open() {
                // It may well run on a machine that has not told yet.
                return;
            }
            match hints.get(&index) {
                Some(hint) if work.slots.count_in(hint, true) => drop(work.kept.insert(index, hint.clone())),
                _ => work.open.push(index),
            }
            return;
        };
        let is_unsure = fleet.condition(holder) == Condition::Unsure;
        let fits = work.slots.at(holder).is_some();
        if is_unsure || (!fits && !fleet.is_complete) {
            let copy = self.copy(&replica, holder, work, false);
            work.copies.insert(index, copy);
        } else if work.slots.count_in(holder, false) {
            work.kept.insert(index, holder.clone());
        } else {
            work.fallback.insert(index, holder.clone());
            work.open.push(index);
        }
    }

    /// The machine that counts as having the copy, if any that is not lost has it: the one it was given to in this reign, else
    /// one that fits, else one where it serves.
    fn primary<'b>(&'b self, replica: &ReplicaId, slots: &Slots<'_>) -> Option<&'b NodeId> {
        let is_there = |node: &&NodeId| self.out.fleet.condition(node) != Condition::Lost;
        if let Some(before) = self.before.targets.get(replica).filter(is_there) {
            return Some(before);
        }
        let holders = self.held.get(replica)?.iter().filter(|(node, _)| is_there(node));
        let rank = |(node, report): &(&&NodeId, &&ReplicaReport)| (slots.at(node).is_none(), report.stage != Stage::Serving);
        holders.min_by_key(rank).map(|(node, _)| *node)
    }

    /// Gives the open copies their machines, and moves one that may move.
    fn hand_out(&self, id: &AppId, wanted: u32, mut work: Work<'_>) -> Placed {
        if work.ask.manifest.place.spread {
            work.slots.even_out(wanted);
        }
        let replicas = u32::try_from(work.open.len() + work.kept.len()).unwrap_or(u32::MAX);
        let mut left = placement::spread(&work.slots.slots, replicas, self.out.fleet.is_complete);
        for (index, node) in std::mem::take(&mut work.kept) {
            match work.slots.at(&node) {
                Some(at) if left[at] > 0 => {
                    left[at] -= 1;
                    let replica = ReplicaId::new(id, work.deployment.id, index);
                    let copy = self.copy(&replica, &node, &work, false);
                    work.copies.insert(index, copy);
                }
                _ => work.open.push(index),
            }
        }
        let mut placed = u32::try_from(work.copies.len()).unwrap_or(u32::MAX);
        let mut is_short = false;
        for index in std::mem::take(&mut work.open) {
            let replica = ReplicaId::new(id, work.deployment.id, index);
            if let Some(at) = left.iter().position(|left| *left > 0) {
                left[at] -= 1;
                let node = work.slots.nodes[at].clone();
                let copy = self.copy(&replica, &node, &work, true);
                work.copies.insert(index, copy);
                placed += 1;
            } else {
                is_short = true;
                if let Some(node) = work.fallback.get(&index).cloned() {
                    let copy = self.copy(&replica, &node, &work, false);
                    work.copies.insert(index, copy);
                }
            }
        }
        let shortage = is_short.then(|| Shortage { placed, wanted, because: choice::shortage(self.world, id, work.ask) });
        Placed { copies: work.copies, shortage }
    }

    /// One copy on `node`, with the why it came with; a new one is told why it goes there.
    fn copy(&self, replica: &ReplicaId, node: &NodeId, work: &Work<'_>, is_new: bool) -> Copy {
        let report = self.held.get(replica).and_then(|holders| holders.get(node)).copied();
        let slot = work.slots.at(node).map(|at| work.slots.slots[at]);
        let known = if is_new { None } else { self.why(replica, node, report) };
        let fresh = || slot.map(|slot| why(work.ask, &self.out.fleet, &slot, work.slots.nodes.len()));
        Copy {
            node: node.clone(),
            why: known.or_else(fresh).unwrap_or_else(|| "it is here already".to_owned()),
            need: slot.map_or(0, |slot| slot.need),
        }
    }
}
