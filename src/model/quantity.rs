//! How much, and for how long? Sizes and spans of time as a person writes them: `"512MB"`, `"5m"`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A size in bytes. Units count in 1024s, as memory is made and as Docker counts: `512MB` is 512 × 1024 × 1024.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// Units of size, largest first.
const UNITS: [(&str, u64); 4] = [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)];

/// Why a text is not a [`Bytes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseBytesError {
    /// The part before the unit is not a number.
    #[error("a size is a number and a unit, such as \"512MB\"")]
    Number,
    /// The unit is missing or unknown.
    #[error("a size needs one of the units B, KB, MB, GB, TB")]
    Unit,
    /// More than 2⁶⁴ bytes.
    #[error("the size is larger than a computer can count")]
    TooLarge,
}

impl Bytes {
    /// `count` mebibytes.
    #[must_use]
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// As people read it: `512 B`, `48 KB`, `1.2 GB`; the same count on the page and in every command.
    #[must_use]
    pub fn rough(self) -> String {
        let unit = UNITS.iter().find(|(_, size)| self.0 >= *size);
        let Some((name, size)) = unit else { return format!("{} B", self.0) };
        let tenths = u128::from(self.0) * 10 / u128::from(*size);
        if tenths < 100 { format!("{}.{} {name}", tenths / 10, tenths % 10) } else { format!("{} {name}", tenths / 10) }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS.iter().find(|(_, size)| self.0 != 0 && self.0.is_multiple_of(*size));
        let (name, size) = unit.copied().unwrap_or(("B", 1));
        write!(f, "{}{name}", self.0 / size)
    }
}

impl FromStr for Bytes {
    type Err = ParseBytesError;

    fn from_str(text: &str) -> Result<Self, ParseBytesError> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let size = unit_size(unit.trim()).ok_or(ParseBytesError::Unit);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.len() > 6 || fraction.contains('.') {
            return Err(ParseBytesError::Number);
        }
        let size = size?;
        let whole: u64 = whole.parse().map_err(|_| ParseBytesError::TooLarge)?;
        let part: u64 = fraction.parse().map_err(|_| ParseBytesError::Number)?;
        let scale = fraction.bytes().fold(1_u128, |scale, _| scale * 10);
        // At most 10⁶ × 2⁴⁰ over 1, so the fraction fits u64 whatever was written.
        let part = u64::try_from(u128::from(part) * u128::from(size) / scale).map_err(|_| ParseBytesError::TooLarge)?;
        let total = whole.checked_mul(size).and_then(|bytes| bytes.checked_add(part));
        total.map(Self).ok_or(ParseBytesError::TooLarge)
    }
}

fn unit_size(unit: &str) -> Option<u64> {
    let unit = unit.to_ascii_uppercase();
    if unit == "B" {
        return Some(1);
    }
    let letter = unit.trim_end_matches('B').trim_end_matches('I');
    UNITS.iter().find(|(name, _)| name.trim_end_matches('B') == letter).map(|(_, size)| *size)
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Processor cores in thousandths: `0.5` of a core is `Cores(500)`. Written as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cores(pub u32);

impl Cores {
    /// From a number of cores; nothing below a thousandth or above 1024 cores.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before the cast")]
    pub fn from_number(cores: f64) -> Option<Self> {
        let thousandths = (cores * 1000.0).round();
        (1.0..=1_024_000.0).contains(&thousandths).then_some(Self(thousandths as u32))
    }
}

impl Serialize for Cores {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_f64(f64::from(self.0) / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Cores {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let cores = f64::deserialize(input)?;
        Self::from_number(cores).ok_or_else(|| serde::de::Error::custom("not a number of cores above 0"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_megabyte_counts_in_1024s_however_its_unit_is_written() {
        for text in ["512MB", "512 MB", "512mb", "512MiB", "512M", "524288KB", "0.5GB", "536870912B"] {
            assert_eq!(text.parse(), Ok(Bytes::mib(512)), "{text}");
        }
    }

    #[test]
    fn a_size_without_number_or_unit_says_which_is_missing() {
        let refused = [("MB", ParseBytesError::Number), ("1.MB", ParseBytesError::Number), ("512", ParseBytesError::Unit)];
        for (text, why) in refused {
            assert_eq!(text.parse::<Bytes>(), Err(why), "{text}");
        }
        assert_eq!("5 bananas".parse::<Bytes>(), Err(ParseBytesError::Unit));
        assert_eq!("99999999999TB".parse::<Bytes>(), Err(ParseBytesError::TooLarge));
    }

    #[test]
    fn half_a_core_is_stored_as_a_number() {
        let half = Cores::from_number(0.5).unwrap();
        assert_eq!(serde_json::to_string(&half).unwrap(), "0.5");
        assert_eq!(serde_json::from_str::<Cores>("0.5").unwrap(), half);
        assert_eq!([Cores::from_number(0.0), Cores::from_number(f64::NAN), Cores::from_number(1e9)], [None; 3]);
    }

    proptest! {
        #[test]
        fn every_size_reads_back_as_it_is_shown(bytes: u64) {
            prop_assert_eq!(Bytes(bytes).to_string().parse(), Ok(Bytes(bytes)));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<Bytes>();
        }
    }
}
