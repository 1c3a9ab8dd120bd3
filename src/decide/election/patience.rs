//! How long may a leader be silent? As long as this network has lately made live ones seem silent, within bounds.

use std::time::Duration;

use super::timing::SILENCE;
use crate::model::time::Timestamp;

/// Half of how long a gap is remembered.
const WINDOW: Duration = Duration::from_secs(300);
/// A longer gap is an absence, not the network's weather.
const ABSENCE: Duration = Duration::from_secs(5);

/// The largest gaps between two signs of one living leader.
#[derive(Debug, Clone)]
pub struct Patience {
    since: Timestamp,
    now: Duration,
    before: Duration,
    silence: Duration,
}

impl Patience {
    /// Nothing seen yet.
    pub const fn new(now: Timestamp) -> Self {
        Self { since: now, now: Duration::ZERO, before: Duration::ZERO, silence: SILENCE.0 }
    }

    /// How long a claim may be silent; `calm` asks for the most.
    pub const fn silence(&self, calm: bool) -> Duration {
        if calm { SILENCE.1 } else { self.silence }
    }

    /// Takes in that a living leader was not heard for `gap`.
    pub fn saw_gap(&mut self, gap: Duration) {
        if gap > self.now && gap <= ABSENCE {
            self.now = gap;
            self.settle();
        }
    }

    /// Forgets what is long ago.
    pub fn pass(&mut self, now: Timestamp) {
        if now.saturating_sub(self.since) >= WINDOW {
            (self.since, self.before, self.now) = (now, self.now, Duration::ZERO);
            self.settle();
        }
    }

    fn settle(&mut self) {
        let worst = self.now.max(self.before);
        self.silence = (worst * 13 / 10 + Duration::from_millis(100)).clamp(SILENCE.0, SILENCE.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(secs))
    }

    #[test]
    fn patience_grows_with_the_gaps_of_the_network_within_bounds() {
        let mut patience = Patience::new(at(0));
        patience.saw_gap(Duration::from_millis(300));
        assert_eq!(patience.silence(false), SILENCE.0);
        patience.saw_gap(Duration::from_millis(1000));
        assert_eq!(patience.silence(false), Duration::from_millis(1400));
        patience.saw_gap(Duration::from_millis(1900));
        assert_eq!(patience.silence(false), SILENCE.1);
    }

    #[test]
    fn a_gap_is_forgotten_after_ten_minutes() {
        let mut patience = Patience::new(at(0));
        patience.saw_gap(Duration::from_millis(1000));
        patience.pass(at(300));
        assert_eq!(patience.silence(false), Duration::from_millis(1400));
        patience.pass(at(600));
        assert_eq!(patience.silence(false), SILENCE.0);
    }

    #[test]
    fn an_absence_is_no_weather_and_calm_waits_longest() {
        let mut patience = Patience::new(at(0));
        patience.saw_gap(Duration::from_secs(60));
        assert_eq!(patience.silence(false), SILENCE.0);
        assert_eq!(patience.silence(true), SILENCE.1);
    }
}
