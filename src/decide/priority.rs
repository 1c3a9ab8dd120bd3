//! How gladly does a machine lead? From what it is made of, unless a person says otherwise.

use std::time::Duration;

use crate::model::document::Machine;
use crate::model::time::Timestamp;

/// How long a machine must be as it is before that counts: a laptop on and off its cable moves no leader.
const STEADY: Duration = Duration::from_secs(600);
const GIB: u64 = 1 << 30;

/// What a machine's priority is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// Whether people rely on it.
    pub reliance: Machine,
    /// Whether its default route goes over a cable.
    pub is_wired: bool,
    /// Whether it has power from the mains.
    pub is_on_mains: bool,
    /// Bytes of memory.
    pub memory: u64,
    /// Processors.
    pub cpus: u32,
}

/// The priority of a machine with these traits: 1 to 254.
#[must_use]
pub fn priority(traits: &Traits) -> u8 {
    let reliance = match traits.reliance {
        Machine::Anchor => 60,
        Machine::Ordinary => 0,
        Machine::Spare => -60,
    };
    let wired = if traits.is_wired { 20 } else { 0 };
    let mains = if traits.is_on_mains { 20 } else { 0 };
    // Boards keep a little of their memory for themselves: 3.7 GiB are sold as four.
    let gib = traits.memory.saturating_add(GIB / 2) / GIB;
    let memory = 2 * i32::try_from(gib.min(8)).unwrap_or(8);
    let cores = 2 * i32::try_from(traits.cpus.min(8)).unwrap_or(8);
    u8::try_from((100 + reliance + wired + mains + memory + cores).clamp(1, 254)).unwrap_or(254)
}

/// The computed priority that counts: the one of the start, until another one held for ten minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steady {
    counts: u8,
    /// Another one, since when.
    other: Option<(u8, Timestamp)>,
}

impl Steady {
    /// What was computed at the start counts at once.
    #[must_use]
    pub const fn new(computed: u8) -> Self {
        Self { counts: computed, other: None }
    }

    /// What counts now that `computed` was computed.
    pub fn take(&mut self, computed: u8, now: Timestamp) -> u8 {
        self.other = match self.other {
            _ if computed == self.counts => None,
            Some((other, since)) if other == computed => Some((other, since)),
            _ => Some((computed, now)),
        };
        if let Some((other, _)) = self.other.take_if(|(_, since)| now.saturating_sub(*since) >= STEADY) {
            self.counts = other;
        }
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traits(reliance: Machine, is_wired: bool, gib: u64, cpus: u32) -> Traits {
        Traits { reliance, is_wired, is_on_mains: is_wired, memory: gib * GIB, cpus }
    }

    #[test]
    fn a_wired_anchor_comes_before_a_laptop_and_size_decides_among_equals() {
        assert_eq!(priority(&traits(Machine::Anchor, true, 4, 4)), 100 + 60 + 20 + 20 + 8 + 8);
        assert_eq!(priority(&traits(Machine::Spare, false, 16, 16)), 100 - 60 + 16 + 16);
        assert_eq!(priority(&traits(Machine::Ordinary, false, 0, 0)), 100);
        let board = Traits { memory: 3_981_000_000, ..traits(Machine::Ordinary, false, 0, 0) };
        assert_eq!(priority(&board), 108);
        assert_eq!(priority(&Traits { memory: u64::MAX, cpus: u32::MAX, ..board }), 132);
    }

    #[test]
    fn a_change_counts_once_it_held_for_ten_minutes() {
        let at = |seconds| Timestamp::new(Duration::from_secs(seconds));
        let mut steady = Steady::new(140);
        assert_eq!(steady.take(120, at(0)), 140);
        assert_eq!(steady.take(140, at(300)), 140);
        assert_eq!(steady.take(120, at(400)), 140, "it began anew");
        assert_eq!(steady.take(120, at(999)), 140);
        assert_eq!(steady.take(120, at(1000)), 120);
        assert_eq!(steady.take(140, at(1001)), 120);
    }
}
