//! What time is it? Three clocks that must never be mixed up.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment of this boot, for measuring: CLOCK_BOOTTIME, so a suspend counts. Meaningless on another node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp(Duration);

impl Timestamp {
    /// The moment `since_boot` after boot.
    #[must_use]
    pub const fn new(since_boot: Duration) -> Self {
        Self(since_boot)
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    #[must_use]
    pub fn saturating_sub(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment `by` later.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }

    /// Time since boot.
    #[must_use]
    pub const fn since_boot(self) -> Duration {
        self.0
    }
}

/// A calendar moment in milliseconds since 1970-01-01T00:00:00Z, for people and for the [`Hlc`]. May jump; never measure with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct WallTime(pub u64);

impl WallTime {
    /// The moment `by` later.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Milliseconds since `earlier`; zero if it lies ahead.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl WallTime {
    /// The time of day in UTC, as `14:02`.
    #[must_use]
    pub fn clock(self) -> String {
        format!("{:02}:{:02}", self.0 / 3_600_000 % 24, self.0 / 60_000 % 60)
    }
}

impl fmt::Display for WallTime {
    /// RFC 3339 in UTC with milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, ms) = (self.0 / 86_400_000, self.0 % 86_400_000);
        let (year, month, day) = civil(days);
        let (h, m, s, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{ms:03}Z")
    }
}

/// Year, month and day of a day number since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
const fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// Hybrid logical clock: orders records across nodes whose clocks differ (Kulkarni et al., 2014).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Hlc {
    /// Milliseconds since 1970, never below the greatest stamp seen.
    pub wall: u64,
    /// Tells stamps of one millisecond apart.
    pub logical: u32,
}

impl Hlc {
    /// The least stamp above this one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self.logical.checked_add(1) {
            Some(logical) => Self { wall: self.wall, logical },
            None => Self { wall: self.wall + 1, logical: 0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_reads_as_rfc_3339() {
        assert_eq!(WallTime(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(WallTime(1_795_251_855_042).clock(), "09:04");
        assert_eq!(WallTime(951_782_400_000).to_string(), "2000-02-29T00:00:00.000Z");
        assert_eq!(WallTime(1_795_251_855_042).to_string(), "2026-11-21T09:04:15.042Z");
    }

    #[test]
    fn a_full_logical_counter_moves_the_stamp_by_a_millisecond() {
        let full = Hlc { wall: 5, logical: u32::MAX };
        assert!(full.next() > full);
    }
}
