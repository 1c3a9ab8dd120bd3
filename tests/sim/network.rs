//! What does the network do to a datagram? Wires deliver in a millisecond; Wi-Fi loses bursts; any link may be cut one way.

use super::random::Random;

/// More machines than any history has.
pub const SLOTS: usize = 16;

/// The network between machines.
pub struct Network {
    /// From, to.
    pub cut: [[bool; SLOTS]; SLOTS],
    /// Lost of a thousand, everywhere.
    pub loss: u64,
    /// Milliseconds that any datagram may take longer.
    pub jitter: u64,
    /// Machines on Wi-Fi.
    pub wifi: [bool; SLOTS],
    /// Whether Wi-Fi behaves.
    pub is_calm: bool,
    /// When the next burst of losses at a machine begins, and when it ends.
    burst: [(u64, u64); SLOTS],
}

impl Network {
    pub const fn new() -> Self {
        Self { cut: [[false; SLOTS]; SLOTS], loss: 0, jitter: 0, wifi: [false; SLOTS], is_calm: false, burst: [(0, 0); SLOTS] }
    }

    /// After how many milliseconds it arrives: not at all, once or twice.
    pub fn carry(&mut self, chance: &mut Random, from: usize, to: usize, now: u64) -> [Option<u64>; 2] {
        if self.cut[from][to] || (self.loss > 0 && chance.chance(self.loss)) {
            return [None, None];
        }
        let by_air = self.wifi[from] || self.wifi[to];
        if by_air && (self.is_lost_in_air(chance, from, now) || self.is_lost_in_air(chance, to, now)) {
            return [None, None];
        }
        let usual = if by_air { 2 + chance.below(28) } else { chance.below(2) };
        let delay = usual + if self.jitter > 0 { chance.below(self.jitter) } else { 0 };
        let twice = (self.jitter > 0 && chance.chance(20)).then(|| delay + chance.below(200));
        [Some(delay), twice]
    }

    /// Bursts of 100 to 900 ms every few seconds, in which most is lost; 1 of 100 else (Gilbert and Elliott's model).
    fn is_lost_in_air(&mut self, chance: &mut Random, at: usize, now: u64) -> bool {
        if !self.wifi[at] {
            return false;
        }
        if self.is_calm {
            return chance.chance(10);
        }
        if now >= self.burst[at].1 {
            let begin = now + 500 + chance.below(12_000);
            self.burst[at] = (begin, begin + chance.between(100, 900));
        }
        chance.chance(if now >= self.burst[at].0 { 750 } else { 10 })
    }

    /// All links whole, no loss but Wi-Fi's own.
    pub fn heal(&mut self) {
        (self.cut, self.loss, self.jitter) = ([[false; SLOTS]; SLOTS], 0, 0);
    }

    /// Cuts or mends both directions.
    pub fn set_link(&mut self, a: usize, b: usize, is_cut: bool) {
        (self.cut[a][b], self.cut[b][a]) = (is_cut, is_cut);
    }
}
