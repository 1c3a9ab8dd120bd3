//! What shape must a value have? One function per kind of value, each saying what is allowed.

use std::time::Duration;

use toml_edit::Value;

use crate::model::quantity::{Bytes, Cores};
use crate::model::span;

/// Why a value is refused; completes "`key = value` …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// "is not a number from 1 to 65535".
    pub sentence: String,
    /// What to do.
    pub next: Option<String>,
    /// The value to write instead, as TOML.
    pub suggestion: Option<String>,
}

impl Wrong {
    pub fn says(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), next: None, suggestion: None }
    }

    pub fn is_not(allowed: impl std::fmt::Display) -> Self {
        Self::says(format!("is not {allowed}"))
    }

    pub fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }

    /// `text` is quoted as TOML wants it.
    pub fn suggest(self, text: impl Into<String>) -> Self {
        Self { suggestion: Some(quoted(&text.into())), ..self }
    }

    fn suggest_raw(self, text: String) -> Self {
        Self { suggestion: Some(text), ..self }
    }
}

/// As a TOML string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string().trim().to_owned()
}

/// Any text, line breaks and all, without the outer blanks.
pub(super) fn text(value: &Value) -> Result<String, Wrong> {
    match value {
        Value::String(text) if text.value().contains('\0') => Err(Wrong::says("contains a NUL character")),
        Value::String(text) => Ok(text.value().trim().to_owned()),
        Value::Array(_) | Value::InlineTable(_) => Err(Wrong::is_not("a text in quotes")),
        other => Err(Wrong::is_not("a text in quotes").suggest(bare(other))),
    }
}

/// A text of one line, at most 200 characters.
pub(super) fn line(value: &Value) -> Result<String, Wrong> {
    let text = text(value)?;
    if text.chars().any(char::is_control) {
        return Err(Wrong::is_not("a text of one line"));
    }
    if text.chars().count() > 200 {
        return Err(Wrong::says("is longer than 200 characters"));
    }
    Ok(text)
}

/// A text, or a number or flag that is meant as one (`version = 1.0`).
pub(super) fn loose_line(value: &Value) -> Result<String, Wrong> {
    match value {
        Value::Array(_) | Value::InlineTable(_) | Value::String(_) => line(value),
        plain => Ok(bare(plain)),
    }
}

/// A shell command of one line.
pub(super) fn command(value: &Value) -> Result<String, Wrong> {
    let text = text(value)?;
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err(Wrong::is_not("a command of one line").next("Join its lines with &&, or put them into a script"));
    }
    if text.len() > 4096 {
        return Err(Wrong::says("is longer than 4096 characters").next("Put it into a script of the repository"));
    }
    Ok(text)
}

pub(super) fn flag(value: &Value) -> Result<bool, Wrong> {
    let wrong = || Wrong::is_not("true or false");
    match value {
        Value::Boolean(flag) => Ok(*flag.value()),
        Value::String(text) => Err(match text.value().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => wrong().suggest_raw("true".to_owned()),
            "false" | "no" | "off" => wrong().suggest_raw("false".to_owned()),
            _ => wrong(),
        }),
        _ => Err(wrong()),
    }
}

/// A whole number in `range`.
pub(super) fn count(value: &Value, range: std::ops::RangeInclusive<u32>) -> Result<u32, Wrong> {
    let wrong = || Wrong::is_not(format!("a number from {} to {}", range.start(), range.end()));
    let fits = |number: i64| u32::try_from(number).ok().filter(|number| range.contains(number));
    match value {
        Value::Integer(number) => fits(*number.value()).ok_or_else(wrong),
        Value::String(text) => match text.value().trim().parse::<i64>().ok().and_then(fits) {
            Some(meant) => Err(wrong().suggest_raw(meant.to_string())),
            None => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

/// A TCP port.
pub(super) fn port(value: &Value) -> Result<u16, Wrong> {
    let port = count(value, 1..=65535)?;
    u16::try_from(port).map_err(|_| Wrong::is_not("a number from 1 to 65535"))
}

/// A span of time between the two; a bare number counts seconds.
pub(super) fn time(value: &Value, least: Duration, most: Duration) -> Result<Duration, Wrong> {
    let allowed = || Wrong::is_not("a time such as \"30s\", \"5m\", \"1h30m\" or \"7d\"");
    let time = match value {
        Value::String(text) => span::parse(text.value()).map_err(|_| allowed())?,
        Value::Integer(seconds) => u64::try_from(*seconds.value()).map(Duration::from_secs).map_err(|_| allowed())?,
        _ => return Err(allowed()),
    };
    if (least..=most).contains(&time) {
        return Ok(time);
    }
    Err(Wrong::is_not(format!("between {} and {}", span::render(least), span::render(most))))
}

/// A size of at least `least`.
pub(super) fn size(value: &Value, least: Bytes) -> Result<Bytes, Wrong> {
    let wrong = || Wrong::is_not("a size with its unit, such as \"512MB\" or \"2GB\"");
    let bytes: Bytes = match value {
        Value::String(text) => text.value().parse().map_err(|_| wrong())?,
        Value::Integer(number) => return Err(wrong().suggest(format!("{}MB", number.value()))),
        _ => return Err(wrong()),
    };
    if bytes < least { Err(Wrong::says(format!("is less than {least}, with which nothing starts"))) } else { Ok(bytes) }
}

/// A number of processor cores.
pub(super) fn cores(value: &Value) -> Result<Cores, Wrong> {
    #[expect(clippy::cast_precision_loss, reason = "a number of cores that large is refused anyway")]
    let number = match value {
        Value::Float(number) => Some(*number.value()),
        Value::Integer(number) => Some(*number.value() as f64),
        _ => None,
    };
    number.and_then(Cores::from_number).ok_or_else(|| Wrong::is_not("a number of processor cores, such as 0.5 or 2"))
}

/// One of a few words; a near miss is offered.
pub(super) fn choice<T: Copy>(value: &Value, words: &[(&str, T)]) -> Result<T, Wrong> {
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let wrong = || Wrong::is_not(format!("one of {}", names.join(", ")));
    let text = value.as_str().ok_or_else(wrong)?.trim();
    if let Some((_, meant)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*meant);
    }
    Err(match nearest(text, names.iter().copied()) {
        Some(word) => wrong().suggest(word),
        None => wrong(),
    })
}

/// The candidate that `text` most probably meant.
pub(super) fn nearest<'w>(text: &str, candidates: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    // Longer words stay themselves only by comparison bounded like this: the cost is the product of both lengths.
    let text: String = text.chars().take(40).collect::<String>().to_lowercase();
    let far = |word: &str| strsim::damerau_levenshtein(&text, word);
    let close = candidates.map(|word| (far(word), word)).filter(|(distance, word)| *distance <= word.len().div_ceil(3));
    close.min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// A plain value as the file writes it, without quotes.
pub(super) fn bare(value: &Value) -> String {
    match value {
        Value::String(text) => text.value().clone(),
        Value::Integer(number) => number.display_repr().into_owned(),
        Value::Float(number) => number.display_repr().into_owned(),
        Value::Boolean(flag) => flag.value().to_string(),
        Value::Datetime(time) => time.value().to_string(),
        Value::Array(_) | Value::InlineTable(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        text.parse().unwrap()
    }

    fn sentence<T: std::fmt::Debug>(read: Result<T, Wrong>) -> String {
        read.unwrap_err().sentence
    }

    #[test]
    fn a_port_is_a_number_from_1_to_65535() {
        assert_eq!(port(&value("7211")), Ok(7211));
        for wrong in ["0", "70000", "\"abc\"", "-1", "80.0", "[80]", "9223372036854775807"] {
            assert_eq!(sentence(port(&value(wrong))), "is not a number from 1 to 65535", "{wrong}");
        }
    }

    #[test]
    fn a_number_in_quotes_is_offered_without_them() {
        assert_eq!(port(&value("\"7211\"")).unwrap_err().suggestion.as_deref(), Some("7211"));
        assert_eq!(flag(&value("\"yes\"")).unwrap_err().suggestion.as_deref(), Some("true"));
    }

    #[test]
    fn a_bare_size_is_refused_because_nobody_means_bytes() {
        let wrong = size(&value("512"), Bytes::mib(6)).unwrap_err();
        assert_eq!(wrong.suggestion.as_deref(), Some("\"512MB\""));
        assert_eq!(size(&value("\"1.5GB\""), Bytes::mib(6)), Ok(Bytes::mib(1536)));
        assert_eq!(sentence(size(&value("\"1KB\""), Bytes::mib(6))), "is less than 6MB, with which nothing starts");
    }

    #[test]
    fn a_bare_time_counts_seconds_and_bounds_are_said() {
        let (least, most) = (Duration::from_secs(1), Duration::from_secs(3600));
        assert_eq!(time(&value("30"), least, most), Ok(Duration::from_secs(30)));
        assert_eq!(sentence(time(&value("\"2h\""), least, most)), "is not between 1s and 1h");
        assert_eq!(sentence(time(&value("-1"), least, most)), "is not a time such as \"30s\", \"5m\", \"1h30m\" or \"7d\"");
    }

    #[test]
    fn a_word_close_to_an_allowed_one_is_offered() {
        let words = [("poll", 1), ("hook", 2)];
        let wrong = choice(&value("\"pol\""), &words).unwrap_err();
        assert_eq!((wrong.sentence.as_str(), wrong.suggestion.as_deref()), ("is not one of poll, hook", Some("\"poll\"")));
        assert_eq!(choice(&value("\"something\""), &words).unwrap_err().suggestion, None);
    }

    #[test]
    fn a_command_is_one_line_and_a_version_may_be_a_number() {
        assert_eq!(sentence(command(&value("\"a\\nb\""))), "is not a command of one line");
        assert_eq!(loose_line(&value("1.0")), Ok("1.0".to_owned()));
        assert_eq!(text(&value("3")).unwrap_err().suggestion.as_deref(), Some("\"3\""));
    }

    #[test]
    fn cores_are_a_number_above_zero() {
        assert_eq!(cores(&value("0.5")), Ok(Cores(500)));
        assert_eq!(cores(&value("2")), Ok(Cores(2000)));
        assert_eq!(sentence(cores(&value("0"))), "is not a number of processor cores, such as 0.5 or 2");
    }
}
