//! How does a calendar moment travel? As RFC 3339 in UTC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::time::WallTime;

/// A calendar moment, RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, utoipa::ToSchema)]
#[schema(value_type = String, format = "date-time")]
pub struct Moment(pub WallTime);

impl From<WallTime> for Moment {
    fn from(at: WallTime) -> Self {
        Self(at)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Text that is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a moment such as 2026-11-21T09:04:15.042Z")]
pub struct ParseMomentError;

impl FromStr for Moment {
    type Err = ParseMomentError;

    fn from_str(text: &str) -> Result<Self, ParseMomentError> {
        parse(text).map(|ms| Self(WallTime(ms))).ok_or(ParseMomentError)
    }
}

/// Milliseconds since 1970 of `YYYY-MM-DDTHH:MM:SS[.mmm]Z`.
fn parse(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let (time, ms) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time.splitn(3, ':').map(|part| part.parse::<u64>().ok());
    let (h, m, s) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) || h > 23 || m > 59 || s > 60 {
        return None;
    }
    let ms: u64 = format!("{ms:0<3}").get(..3)?.parse().ok()?;
    Some((((days(year, month, day) * 24 + h) * 60 + m) * 60 + s) * 1000 + ms)
}

/// Day number since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
const fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, yoe) = (year / 400, year % 400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_moment_is_text_on_the_wire() {
        assert_eq!(serde_json::to_string(&Moment(WallTime(1_795_251_855_042))).unwrap(), "\"2026-11-21T09:04:15.042Z\"");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "Z", "2026-11-21", "2026-13-21T09:04:15Z", "2026-11-21T09:04:15", "1969-01-01T00:00:00Z", "x-y-zTa:b:cZ"]
        {
            assert_eq!(text.parse::<Moment>(), Err(ParseMomentError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_reads_back_as_it_is_shown(ms in 0_u64..250_000_000_000_000) {
            let moment = Moment(WallTime(ms));
            prop_assert_eq!(moment.to_string().parse(), Ok(moment));
        }
    }
}
