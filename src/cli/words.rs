//! How are numbers said? Durations, sizes and moments, with units, as in the dashboard.

use crate::model::quantity::Bytes;
use crate::model::time::WallTime;

const NBSP: char = '\u{a0}';

/// `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `4 d 2 h`.
#[must_use]
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..10 => format!("{}.{}{NBSP}s", seconds, ms % 1000 / 100),
        10..60 => format!("{seconds}{NBSP}s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3600 % 24, "h"),
    }
}

fn two(first: u64, unit: &str, second: u64, part: &str) -> String {
    if second == 0 { format!("{first}{NBSP}{unit}") } else { format!("{first}{NBSP}{unit} {second}{NBSP}{part}") }
}

/// `512 B`, `48 KB`, `1.2 GB`, held together by a space that does not break.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    Bytes(bytes).rough().replace(' ', &NBSP.to_string())
}

/// `just now`, `5 min ago`, `3 h ago`, else the date; as it is where it cannot be read.
#[must_use]
pub fn moment(text: &str, now: WallTime) -> String {
    let Some(at) = parse(text) else { return text.to_owned() };
    let date = || format!("{} {}{NBSP}UTC", text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default());
    match now.0.checked_sub(at.0).map(|ms| ms / 1000) {
        Some(0..60) => "just now".to_owned(),
        Some(seconds @ 60..3600) => format!("{}{NBSP}min ago", seconds / 60),
        Some(seconds @ 3600..86_400) => format!("{}{NBSP}h ago", seconds / 3600),
        // A clock that is a little behind the node's.
        None if at.0 - now.0 < 60_000 => "just now".to_owned(),
        _ => date(),
    }
}

/// Milliseconds between two moments as the API writes them.
#[must_use]
pub fn between(start: &str, end: &str) -> Option<u64> {
    Some(parse(end)?.millis_since(parse(start)?))
}

/// `2026-11-21T09:04:15.042Z`, with any number of decimals.
#[must_use]
pub fn parse(text: &str) -> Option<WallTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (clock, decimals) = time.split_once('.').unwrap_or((time, ""));
    let [year, month, day] = three(date, '-')?;
    let [hour, minute, second] = three(clock, ':')?;
    let fits = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !fits || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let millis: u64 = format!("{decimals:0<3}").get(..3)?.parse().ok()?;
    Some(WallTime((((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis))
}

fn three(text: &str, mark: char) -> Option<[u64; 3]> {
    let parts: Option<Vec<u64>> = text.split(mark).map(|part| part.parse().ok()).collect();
    parts?.try_into().ok()
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
const fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `1 app`, `3 apps`.
#[must_use]
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n}{NBSP}{}", if n == 1 { one } else { many })
}

/// With its stop, if it has none.
#[must_use]
pub fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spaced(text: String) -> String {
        text.replace(NBSP, " ")
    }

    #[test]
    fn durations_have_the_two_units_that_matter() {
        let said = [400, 9_990, 12_300, 60_000, 185_000, 7_800_000, 90_000_000].map(|ms| spaced(duration(ms)));
        assert_eq!(said, ["0.4 s", "9.9 s", "12 s", "1 min", "3 min 5 s", "2 h 10 min", "1 d 1 h"]);
    }

    #[test]
    fn sizes_have_two_or_three_digits() {
        let said = [12, 2048, 150 << 20, 1_288_490_189, 1 << 45].map(|n| spaced(bytes(n)));
        assert_eq!(said, ["12 B", "2.0 KB", "150 MB", "1.2 GB", "32 TB"]);
    }

    #[test]
    fn moments_are_relative_within_a_day_and_dates_beyond() {
        let now = parse("2026-11-21T09:04:15.042Z").unwrap();
        assert_eq!(now.to_string(), "2026-11-21T09:04:15.042Z");
        let said = |text: &str| spaced(moment(text, now));
        assert_eq!(said("2026-11-21T09:04:01Z"), "just now");
        assert_eq!(said("2026-11-21T09:04:20Z"), "just now");
        assert_eq!(said("2026-11-21T08:59:01Z"), "5 min ago");
        assert_eq!(said("2026-11-21T01:00:00Z"), "8 h ago");
        assert_eq!(said("2026-11-01T01:00:00Z"), "2026-11-01 01:00 UTC");
        assert_eq!(said("yesterday"), "yesterday");
    }

    #[test]
    fn a_sentence_ends_once() {
        assert_eq!(
            ["It is full", "Is it full?", "", "(see this)"].map(sentence),
            ["It is full.", "Is it full?", "", "(see this)."]
        );
    }

    proptest! {
        #[test]
        fn every_moment_reads_back(ms in 0_u64..253_402_300_799_000) {
            prop_assert_eq!(parse(&WallTime(ms).to_string()), Some(WallTime(ms)));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = moment(&text, WallTime(0));
        }
    }
}
