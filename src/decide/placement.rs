//! Where does each copy of an app go? Hard filters first, then room; what runs stays unless that is badly uneven.

use crate::decide::machine::Facts;
use crate::model::document::Machine;
use crate::model::id::NodeId;
use crate::model::manifest::{Manifest, Prefer};
use crate::model::quantity::Bytes;

/// By how much of its memory a machine may be fuller than the emptiest before a copy moves, in percent.
const IMBALANCE: u64 = 20;

/// What an app asks of its machines.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// The machine a person chose, if one.
    pub chosen: Option<&'a NodeId>,
    /// The machines that hold its volumes; it runs only where all of them are.
    pub homes: &'a [NodeId],
}

/// Why a machine is left out whatever room it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// Its data is elsewhere.
    Home,
    /// A person chose another.
    Chosen,
    /// The image would not run there.
    Arch,
    /// It lacks a label.
    Labels,
    /// Not even an empty machine of its size would do.
    Memory,
}

impl Ask<'_> {
    /// Why `node` is left out, if it is.
    #[must_use]
    pub fn misfit(&self, node: &NodeId, facts: &Facts) -> Option<Misfit> {
        let place = &self.manifest.place;
        if self.homes.iter().any(|home| home != node) {
            return Some(Misfit::Home);
        }
        if self.chosen.is_some_and(|chosen| chosen != node) {
            return Some(Misfit::Chosen);
        }
        if !place.arch.is_empty() && !place.arch.contains(&facts.arch) {
            return Some(Misfit::Arch);
        }
        if !place.labels.iter().all(|label| facts.labels.contains(label)) {
            return Some(Misfit::Labels);
        }
        (need(self.manifest, facts.memory) > facts.memory).then_some(Misfit::Memory)
    }

    /// Which machines come first; the smallest number does.
    #[must_use]
    pub fn tier(&self, reliance: Machine) -> u8 {
        match (self.manifest.place.prefer, reliance) {
            (Some(Prefer::Anchor), Machine::Anchor) | (Some(Prefer::Spare), Machine::Spare) => 0,
            (None | Some(Prefer::Unknown), Machine::Anchor | Machine::Ordinary) => 0,
            (_, Machine::Ordinary) => 1,
            (_, Machine::Anchor | Machine::Spare) => 2,
        }
    }
}

/// The memory that is set aside for one copy on a machine with `memory` bytes: what the file says; where it says nothing, a
/// quarter of what a copy may take at most, for most apps take little.
#[must_use]
pub fn need(manifest: &Manifest, memory: u64) -> u64 {
    let most = manifest.resources.memory_on(Bytes(memory)).0;
    let need = if manifest.resources.memory.is_some() { most } else { most / 4 };
    need.max(1)
}

/// A machine that fits, as it stands without the app that is being placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Which machines come first; the smallest number does.
    pub tier: u8,
    /// Bytes of memory.
    pub capacity: u64,
    /// Bytes set aside for other apps.
    pub reserved: u64,
    /// Bytes one copy takes.
    pub need: u64,
    /// Copies of this app that are there already.
    pub has: u32,
    /// The most copies of this app, whatever room there is.
    pub most: u32,
}

impl Slot {
    /// Bytes that other apps leave.
    #[must_use]
    pub const fn room(&self) -> u64 {
        self.capacity.saturating_sub(self.reserved)
    }

    /// How many copies fit.
    #[must_use]
    pub fn limit(&self) -> u32 {
        u32::try_from(self.room() / self.need.max(1)).unwrap_or(u32::MAX).min(self.most)
    }

    /// How full it is with `copies` of the app, in percent.
    fn load(&self, copies: u32) -> u64 {
        let used = u128::from(self.reserved) + u128::from(self.need) * u128::from(copies);
        u64::try_from(used * 100 / u128::from(self.capacity.max(1))).unwrap_or(u64::MAX)
    }
}

/// How many of `replicas` copies each slot gets, in the order of `slots` (by node id). Copies that are there stay; new ones go to
/// the best tier with room, each to where its share of that tier's room (largest remainder) is least fulfilled. What fits nowhere
/// is missing from the sum.
#[must_use]
pub fn spread(slots: &[Slot], replicas: u32, may_move: bool) -> Vec<u32> {
    let mut counts: Vec<u32> = slots.iter().map(|slot| slot.has).collect();
    let mut sum: u32 = counts.iter().sum();
    while sum > replicas {
        let Some(at) = fullest(slots, &counts, replicas) else { break };
        counts[at] -= 1;
        sum -= 1;
    }
    while sum < replicas {
        let Some(at) = emptiest(slots, &counts, replicas) else { break };
        counts[at] += 1;
        sum += 1;
    }
    if may_move && let Some((from, to)) = uneven(slots, &counts) {
        counts[from] -= 1;
        counts[to] += 1;
    }
    counts
}

/// How far a slot is below its share of the room of its tier, times that room: exact, without fractions.
fn deficit(slots: &[Slot], counts: &[u32], replicas: u32, at: usize) -> (u8, i128, u64) {
    let slot = &slots[at];
    let tier = || slots.iter().filter(|other| other.tier == slot.tier);
    let total: i128 = tier().map(|other| i128::from(other.room())).sum();
    let share = i128::from(replicas) * i128::from(slot.room());
    (slot.tier, i128::from(counts[at]) * total - share, slot.load(counts[at]))
}

fn emptiest(slots: &[Slot], counts: &[u32], replicas: u32) -> Option<usize> {
    let open = (0..slots.len()).filter(|at| counts[*at] < slots[*at].limit());
    open.min_by_key(|at| deficit(slots, counts, replicas, *at))
}

fn fullest(slots: &[Slot], counts: &[u32], replicas: u32) -> Option<usize> {
    let used = (0..slots.len()).filter(|at| counts[*at] > 0);
    used.max_by_key(|at| deficit(slots, counts, replicas, *at))
}

/// One copy that moves to a better tier, or from a machine that is much fuller than another and stays the fuller one.
fn uneven(slots: &[Slot], counts: &[u32]) -> Option<(usize, usize)> {
    let from = (0..slots.len()).filter(|at| counts[*at] > 0).max_by_key(|at| (slots[*at].tier, slots[*at].load(counts[*at])))?;
    let open = (0..slots.len()).filter(|at| *at != from && counts[*at] < slots[*at].limit());
    let to = open.min_by_key(|at| (slots[*at].tier, slots[*at].load(counts[*at])))?;
    let (full, empty) = (&slots[from], &slots[to]);
    if empty.tier != full.tier {
        return (empty.tier < full.tier).then_some((from, to));
    }
    let gap = full.load(counts[from]).saturating_sub(empty.load(counts[to]));
    let stays_fuller = full.load(counts[from] - 1) >= empty.load(counts[to] + 1);
    (gap > IMBALANCE && stays_fuller).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slot(room: u64, has: u32) -> Slot {
        Slot { tier: 0, capacity: 100, reserved: 100 - room, need: 10, has, most: u32::MAX }
    }

    #[test]
    fn one_copy_goes_to_where_most_room_is_and_a_tie_to_the_first() {
        assert_eq!(spread(&[slot(30, 0), slot(70, 0)], 1, true), [0, 1]);
        assert_eq!(spread(&[slot(50, 0), slot(50, 0)], 1, true), [1, 0]);
    }

    #[test]
    fn many_copies_go_by_the_share_of_room() {
        assert_eq!(spread(&[slot(20, 0), slot(40, 0), slot(60, 0)], 6, true), [1, 2, 3]);
    }

    #[test]
    fn a_machine_is_never_overfilled_and_what_is_over_is_missing() {
        assert_eq!(spread(&[slot(25, 0), slot(10, 0)], 5, true), [2, 1]);
    }

    #[test]
    fn what_runs_stays_where_it_is_even_where_there_is_less_room() {
        assert_eq!(spread(&[slot(50, 1), slot(60, 0)], 1, true), [1, 0]);
        assert_eq!(spread(&[slot(5, 1), slot(10, 0)], 1, false), [1, 0]);
    }

    #[test]
    fn a_badly_uneven_app_moves_one_copy_at_a_time_and_comes_to_rest() {
        let mut slots = [slot(40, 3), slot(100, 0)];
        let mut moves = 0;
        loop {
            let counts = spread(&slots, 3, true);
            if counts[0] == slots[0].has {
                break;
            }
            assert_eq!(counts[0] + 1, slots[0].has);
            (slots[0].has, slots[1].has) = (counts[0], counts[1]);
            moves += 1;
        }
        assert_eq!((moves, slots[0].has), (3, 0));
    }

    #[test]
    fn the_preferred_kind_is_filled_first_and_takes_copies_back() {
        let spare = Slot { tier: 2, ..slot(100, 1) };
        assert_eq!(spread(&[slot(10, 0), Slot { has: 0, ..spare }], 2, true), [1, 1]);
        assert_eq!(spread(&[slot(10, 0), spare], 1, true), [1, 0]);
        assert_eq!(spread(&[slot(10, 0), spare], 1, false), [0, 1], "not before all have reported");
    }

    /// The least sum of squared distances from the exact shares, over every way to hand the copies out.
    fn oracle(slots: &[Slot], replicas: u32) -> i128 {
        let room: i128 = slots.iter().map(|slot| i128::from(slot.room())).sum();
        let fits: u32 = slots.iter().map(|slot| slot.limit().min(100)).sum();
        let mut best = i128::MAX;
        let mut counts = vec![0_u32; slots.len()];
        loop {
            if counts.iter().sum::<u32>() == replicas.min(fits) {
                best = best.min(distance(slots, &counts, replicas, room));
            }
            let Some(at) = (0..slots.len()).find(|at| counts[*at] < slots[*at].limit().min(replicas)) else { break };
            counts[at] += 1;
            counts[..at].fill(0);
        }
        best
    }

    fn distance(slots: &[Slot], counts: &[u32], replicas: u32, room: i128) -> i128 {
        let off = |(slot, count): (&Slot, &u32)| {
            let off = i128::from(*count) * room - i128::from(replicas) * i128::from(slot.room());
            off * off
        };
        slots.iter().zip(counts).map(off).sum()
    }

    proptest! {
        #[test]
        fn no_other_way_to_hand_copies_out_is_nearer_to_the_shares(rooms in prop::collection::vec(0_u64..=100, 1..5), replicas in 1_u32..8) {
            let slots: Vec<Slot> = rooms.iter().map(|room| slot(*room, 0)).collect();
            let counts = spread(&slots, replicas, false);
            let room: i128 = slots.iter().map(|slot| i128::from(slot.room())).sum();
            let fits: u32 = slots.iter().map(Slot::limit).sum();
            prop_assert_eq!(counts.iter().sum::<u32>(), replicas.min(fits));
            prop_assert!(counts.iter().zip(&slots).all(|(count, slot)| *count <= slot.limit()));
            prop_assert_eq!(distance(&slots, &counts, replicas, room), oracle(&slots, replicas));
        }

        #[test]
        fn placing_again_changes_nothing_and_moving_ends(rooms in prop::collection::vec(0_u64..=100, 1..6), replicas in 1_u32..12) {
            let mut slots: Vec<Slot> = rooms.iter().map(|room| slot(*room, 0)).collect();
            for round in 0.. {
                let counts = spread(&slots, replicas, true);
                let is_same = slots.iter().zip(&counts).all(|(slot, count)| slot.has == *count);
                if is_same && round > 0 { break; }
                prop_assert!(round < 40, "it never comes to rest");
                for (slot, count) in slots.iter_mut().zip(counts) { slot.has = count; }
            }
        }
    }
}
