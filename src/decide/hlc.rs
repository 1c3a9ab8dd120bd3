//! Which stamp does a change get? The rules of the hybrid logical clock, for machines whose clocks are wrong.
//!
//! After Kulkarni et al., "Logical Physical Clocks" (2014), with two rules for home networks: a Pi wakes up in 1970, and
//! one machine whose clock is a year ahead must not drag the whole platform there.

use crate::model::time::{Hlc, WallTime};

/// A stamp this much ahead of our wall time (milliseconds) is kept with its record but does not advance our clock.
pub const TOO_FAR_AHEAD_MS: u64 = 10 * 60 * 1000;

/// When this program was built, or earlier: no honest clock shows less. From `SOURCE_DATE_EPOCH` at build time, else
/// 2026-11-01.
pub const BUILD_DATE: WallTime = WallTime(match option_env!("SOURCE_DATE_EPOCH") {
    Some(text) => seconds(text) * 1000,
    None => 1_793_491_200_000,
});

/// Seconds written in decimal; a build with anything else in `SOURCE_DATE_EPOCH` fails to compile.
const fn seconds(text: &str) -> u64 {
    let digits = text.as_bytes();
    let (mut value, mut at) = (0, 0);
    while at < digits.len() {
        assert!(digits[at].is_ascii_digit(), "SOURCE_DATE_EPOCH is a number of seconds");
        value = value * 10 + (digits[at] - b'0') as u64;
        at += 1;
    }
    value
}

/// Whether a clock that shows `wall` was ever set.
#[must_use]
pub const fn is_set(wall: WallTime) -> bool {
    wall.0 >= BUILD_DATE.0
}

/// The stamp of a change made now: above `last`, the greatest stamp of our clock, and not below our wall time if that is set.
///
/// A change that replaces others needs [`next_above`]: their stamps may lie beyond our clock.
#[must_use]
pub const fn next(last: Hlc, wall: WallTime) -> Hlc {
    if is_set(wall) && wall.0 > last.wall { Hlc { wall: wall.0, logical: 0 } } else { last.next() }
}

/// The stamp of a change made now that replaces what `parents` stamped: above `last` and above each of them.
#[must_use]
pub fn next_above(last: Hlc, parents: impl IntoIterator<Item = Hlc>, wall: WallTime) -> Hlc {
    next(parents.into_iter().fold(last, Hlc::max), wall)
}

/// Our clock after a record stamped `seen` arrived.
///
/// Without a set clock of our own nobody can say what is too far ahead; then every stamp advances it.
#[must_use]
pub fn observe(last: Hlc, seen: Hlc, wall: WallTime) -> Hlc {
    let too_far = is_set(wall) && seen.wall > wall.0.saturating_add(TOO_FAR_AHEAD_MS);
    if too_far { last } else { last.max(seen) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TODAY: WallTime = WallTime(BUILD_DATE.0 + 86_400_000);

    fn stamp(wall: u64, logical: u32) -> Hlc {
        Hlc { wall, logical }
    }

    #[test]
    fn a_clock_that_still_shows_1970_is_ignored() {
        let last = stamp(TODAY.0, 3);
        assert_eq!(next(last, WallTime(5)), stamp(TODAY.0, 4));
        assert_eq!(next(Hlc::default(), WallTime(5)), stamp(0, 1));
    }

    #[test]
    fn a_set_clock_shows_in_the_stamp() {
        assert_eq!(next(stamp(TODAY.0 - 1, 9), TODAY), stamp(TODAY.0, 0));
    }

    #[test]
    fn a_stamp_a_year_ahead_does_not_advance_our_clock_but_its_successor_is_above_it() {
        let ahead = stamp(TODAY.0 + 365 * 86_400_000, 0);
        let clock = observe(stamp(TODAY.0, 0), ahead, TODAY);
        assert_eq!(clock, stamp(TODAY.0, 0));
        assert!(next_above(clock, [ahead], TODAY) > ahead);
        assert_eq!(next(clock, TODAY), stamp(TODAY.0, 1));
    }

    #[test]
    fn ten_minutes_ahead_is_still_taken_in() {
        let edge = stamp(TODAY.0 + TOO_FAR_AHEAD_MS, 0);
        assert_eq!(observe(Hlc::default(), edge, TODAY), edge);
        assert_eq!(observe(Hlc::default(), stamp(edge.wall + 1, 0), TODAY), Hlc::default());
    }

    #[test]
    fn a_build_date_reads_as_seconds() {
        assert_eq!(seconds("1793491200") * 1000, 1_793_491_200_000);
    }

    fn any_stamp() -> impl Strategy<Value = Hlc> {
        (0..u64::MAX / 2, any::<u32>()).prop_map(|(wall, logical)| Hlc { wall, logical })
    }

    proptest! {
        #[test]
        fn a_new_stamp_is_above_our_clock_and_all_parents(
            last in any_stamp(), parents in proptest::collection::vec(any_stamp(), 0..5), wall in 0..u64::MAX / 2,
        ) {
            let new = next_above(last, parents.clone(), WallTime(wall));
            prop_assert!(new > last);
            prop_assert!(parents.iter().all(|parent| new > *parent));
        }

        #[test]
        fn our_clock_never_goes_back(last in any_stamp(), seen in any_stamp(), wall in any::<u64>()) {
            prop_assert!(observe(last, seen, WallTime(wall)) >= last);
        }

        #[test]
        fn nobody_drags_a_set_clock_more_than_ten_minutes_ahead(seen in proptest::collection::vec(any_stamp(), 0..20)) {
            let clock = seen.into_iter().fold(Hlc::default(), |clock, seen| observe(clock, seen, TODAY));
            prop_assert!(clock.wall <= TODAY.0 + TOO_FAR_AHEAD_MS);
        }

        #[test]
        fn stamps_of_one_machine_rise_whatever_its_clock_does(walls in proptest::collection::vec(0..u64::MAX / 2, 1..20)) {
            let mut last = Hlc::default();
            for wall in walls {
                let new = next(last, WallTime(wall));
                prop_assert!(new > last);
                last = new;
            }
        }
    }
}
