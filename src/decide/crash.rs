//! Does an app crash too often? Docker restarts it; from the fifth time in ten minutes Kraken holds it back.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::time::Timestamp;

const WINDOW: Duration = Duration::from_secs(600);
const LIMIT: usize = 5;

/// The crashes of one replica in the last ten minutes.
#[derive(Debug, Default)]
pub struct CrashLog {
    recent: VecDeque<Timestamp>,
    held: u32,
}

impl CrashLog {
    /// Notes a crash; true if it is one too many.
    pub fn note(&mut self, now: Timestamp) -> bool {
        self.forget_old(now);
        self.recent.push_back(now);
        self.recent.len() >= LIMIT
    }

    /// How many there were in the last ten minutes.
    pub fn count(&mut self, now: Timestamp) -> u32 {
        self.forget_old(now);
        u32::try_from(self.recent.len()).unwrap_or(u32::MAX)
    }

    /// Begins anew after it was held back; returns how often that happened so far.
    pub fn hold(&mut self) -> u32 {
        self.recent.clear();
        self.held += 1;
        self.held
    }

    fn forget_old(&mut self, now: Timestamp) {
        while self.recent.front().is_some_and(|at| now.saturating_sub(*at) > WINDOW) {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    #[test]
    fn the_fifth_crash_in_ten_minutes_is_one_too_many() {
        let mut log = CrashLog::default();
        assert!((0..4).all(|n| !log.note(at(n * 100))));
        assert!(log.note(at(500)));
    }

    #[test]
    fn crashes_further_apart_are_forgiven() {
        let mut log = CrashLog::default();
        assert!((0..50).all(|n| !log.note(at(n * 200))));
    }

    #[test]
    fn after_being_held_it_starts_from_zero_and_the_holds_count_up() {
        let mut log = CrashLog::default();
        for n in 0..5 {
            log.note(at(n));
        }
        assert_eq!(log.hold(), 1);
        assert_eq!(log.count(at(6)), 0);
        assert_eq!(log.hold(), 2);
    }
}
