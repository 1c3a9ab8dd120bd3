//! When did Docker say that? RFC 3339 with nanoseconds, as seconds and nanoseconds since 1970 (UTC).

/// An instant of Docker's clock. Ordered; for comparing with other instants of the same engine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant {
    pub seconds: i64,
    pub nanos: u32,
}

/// Reads `2026-11-20T09:03:12.123456789Z` (or with an offset such as `+02:00`). None for anything else.
pub(super) fn parse(text: &str) -> Option<Instant> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let is = |at: usize, byte: u8| text.as_bytes().get(at) == Some(&byte);
    if !(is(4, b'-') && is(7, b'-') && is(10, b'T') && is(13, b':') && is(16, b':')) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let rest = text.get(19..)?;
    let zone = rest.find(['Z', '+', '-'])?;
    let local = days_since_1970(year, month, day)? * 86_400 + hour * 3600 + minute * 60 + second;
    Some(Instant { seconds: local - offset(rest.get(zone..)?)?, nanos: fraction(rest.get(..zone)?)? })
}

/// `.5` is 500 000 000 ns; nothing is 0.
fn fraction(text: &str) -> Option<u32> {
    let Some(digits) = text.strip_prefix('.') else { return text.is_empty().then_some(0) };
    let is_number = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { format!("{digits:0<9}").parse().ok() } else { None }
}

/// Seconds east of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some(sign * (hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60))
}

/// Days in the proleptic Gregorian calendar, with years that begin in March so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, nanos: u32) -> Option<Instant> {
        Some(Instant { seconds, nanos })
    }

    #[test]
    fn known_instants_are_read() {
        assert_eq!(parse("1970-01-01T00:00:00Z"), at(0, 0));
        assert_eq!(parse("2000-02-29T12:00:00.5Z"), at(951_825_600, 500_000_000));
        assert_eq!(parse("2026-11-20T09:03:12.123456789Z"), at(1_795_165_392, 123_456_789));
        assert_eq!(parse("2026-11-20T11:03:12+02:00"), at(1_795_165_392, 0));
        assert_eq!(parse("0001-01-01T00:00:00Z"), at(-62_135_596_800, 0));
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "now",
            "2026-11-20",
            "2026-13-20T09:03:12Z",
            "2026-11-20T09:03:12",
            "2026-11-20T09:03:12.Z",
            "2026-11-20T09:03:12.1x3Z",
            "ü026-11-20T09:03:12Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn instants_are_ordered_by_time() {
        assert!(parse("2026-11-20T09:03:12.9Z") < parse("2026-11-20T09:03:13.1Z"));
    }
}
