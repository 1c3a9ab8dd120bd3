//! How long? Spans of time as text, `"1h30m"`, for `#[serde(with = "crate::model::span")]`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

/// Units in milliseconds, largest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Nobody means more than this; it keeps every sum of spans far from overflow.
const LONGEST: Duration = Duration::from_secs(3650 * 86_400);

/// Why a text is not a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseSpanError {
    /// Not numbers each followed by a unit.
    #[error("a time is a number and a unit, such as \"30s\", \"5m\", \"1h30m\" or \"7d\"")]
    Shape,
    /// Beyond ten years.
    #[error("a time is at most ten years")]
    TooLong,
}

/// Read `500ms`, `30s`, `5m`, `2h`, `7d`, or several of them in a row.
///
/// # Errors
/// When the text has another shape, or means more than ten years.
pub fn parse(text: &str) -> Result<Duration, ParseSpanError> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(ParseSpanError::Shape)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let size = UNITS.iter().find(|(name, _)| *name == unit).ok_or(ParseSpanError::Shape)?.1;
        if number.is_empty() {
            return Err(ParseSpanError::Shape);
        }
        let count: u64 = number.parse().map_err(|_| ParseSpanError::TooLong)?;
        let span = count.checked_mul(size).map(Duration::from_millis).ok_or(ParseSpanError::TooLong)?;
        total = total.saturating_add(span);
        rest = tail.trim_start();
    }
    match total {
        _ if text.trim().is_empty() => Err(ParseSpanError::Shape),
        long if long > LONGEST => Err(ParseSpanError::TooLong),
        fits => Ok(fits),
    }
}

/// The shortest text that [`parse`] reads back; below a millisecond is cut off.
#[must_use]
pub fn render(span: Duration) -> String {
    let mut left = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    if left == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, size) in UNITS {
        if left >= size {
            text.push_str(&format!("{}{unit}", left / size));
            left %= size;
        }
    }
    text
}

/// For serde.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(span: &Duration, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&render(*span))
}

/// For serde.
///
/// # Errors
/// When the text is no span of time.
pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(input)?).map_err(serde::de::Error::custom)
}

/// The same for a span that may be absent: `#[serde(with = "crate::model::span::option")]`.
pub mod option {
    use super::{Deserialize, Deserializer, Duration, Serializer};

    /// For serde.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(span: &Option<Duration>, out: S) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => super::serialize(span, out),
            None => out.serialize_none(),
        }
    }

    /// For serde.
    ///
    /// # Errors
    /// When the text is no span of time.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Duration>, D::Error> {
        let text = Option::<String>::deserialize(input)?;
        text.map(|text| super::parse(&text).map_err(serde::de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_add_up() {
        let expected = [("30s", 30), ("5m", 300), ("1h30m", 5400), ("7d", 604_800), ("1h 1s", 3601), ("0s", 0)];
        for (text, seconds) in expected {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn a_number_without_unit_and_a_unit_without_number_are_refused() {
        for text in ["", " ", "5", "m", "-5m", "5 minutes", "1.5h", "5m3"] {
            assert_eq!(parse(text), Err(ParseSpanError::Shape), "{text}");
        }
    }

    #[test]
    fn more_than_ten_years_is_refused_however_it_is_written() {
        for text in ["3651d", "99999999999999999999s", "18446744073709551615d", "3650d1ms"] {
            assert_eq!(parse(text), Err(ParseSpanError::TooLong), "{text}");
        }
    }

    #[test]
    fn an_absent_span_stays_absent_in_json() {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Nap {
            #[serde(with = "option")]
            after: Option<Duration>,
        }
        let json = |after| serde_json::to_string(&Nap { after }).unwrap();
        assert_eq!(json(None), r#"{"after":null}"#);
        assert_eq!(json(Some(Duration::from_secs(90))), r#"{"after":"1m30s"}"#);
        assert_eq!(serde_json::from_str::<Nap>(r#"{"after":"5m"}"#).unwrap().after, Some(Duration::from_secs(300)));
    }

    proptest! {
        #[test]
        fn every_span_reads_back_as_it_is_shown(ms in 0_u64..315_360_000_000) {
            let span = Duration::from_millis(ms);
            prop_assert_eq!(parse(&render(span)), Ok(span));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
