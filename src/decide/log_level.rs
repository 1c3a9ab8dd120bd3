//! How much does this line of a log matter? Read from the line itself, in the ways programs commonly write it.

use serde::Deserialize;

/// Where in a line its level stands, if it stands anywhere: what comes later is the message.
const HEAD: usize = 160;

/// How much a line matters, by its own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something went wrong.
    Error,
    /// Something may go wrong.
    Warn,
    /// Good to know.
    Info,
    /// For whoever looks for a fault.
    Debug,
}

/// The level a line gives itself. None: it does not say.
#[must_use]
pub fn log_level(text: &str) -> Option<LogLevel> {
    let line = text.trim_start();
    if line.starts_with('{') {
        return of_json(line);
    }
    let head = head(line);
    of_pair(&head).or_else(|| of_glog(&head)).or_else(|| of_words(&head))
}

/// The fields JSON loggers put it in: most, Google Cloud, Python, Elastic.
#[derive(Deserialize)]
struct Fields {
    level: Option<serde_json::Value>,
    severity: Option<serde_json::Value>,
    levelname: Option<serde_json::Value>,
    #[serde(rename = "log.level")]
    log_level: Option<serde_json::Value>,
}

fn of_json(line: &str) -> Option<LogLevel> {
    let fields: Fields = serde_json::from_str(line).ok()?;
    match fields.level.or(fields.severity).or(fields.levelname).or(fields.log_level)? {
        serde_json::Value::String(word) => of_word(&word),
        // Pino and Bunyan: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal.
        serde_json::Value::Number(number) => Some(match number.as_u64()? {
            50.. => LogLevel::Error,
            40.. => LogLevel::Warn,
            30.. => LogLevel::Info,
            _ => LogLevel::Debug,
        }),
        _ => None,
    }
}

/// The beginning of a line, without the colours of a terminal.
fn head(line: &str) -> String {
    let mut head = String::new();
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            // ESC [ … letter (ECMA-48, control sequences).
            letters.by_ref().skip_while(|letter| *letter == '[').find(char::is_ascii_alphabetic);
            continue;
        }
        head.push(letter);
        if head.len() >= HEAD {
            break;
        }
    }
    head
}

/// `level=warn`, as logfmt writes it.
fn of_pair(head: &str) -> Option<LogLevel> {
    head.split([' ', '\t']).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        matches!(key, "level" | "lvl" | "severity").then(|| of_word(value.trim_matches('"')))?
    })
}

/// `E1120 09:04:15.042`, as glog and klog begin.
fn of_glog(head: &str) -> Option<LogLevel> {
    let (letter, rest) = head.split_at_checked(1)?;
    let is_date = rest.as_bytes().get(..5).is_some_and(|date| date[..4].iter().all(u8::is_ascii_digit) && date[4] == b' ');
    match letter {
        "E" | "F" if is_date => Some(LogLevel::Error),
        "W" if is_date => Some(LogLevel::Warn),
        "I" if is_date => Some(LogLevel::Info),
        _ => None,
    }
}

/// The first word that names a level: in capitals anywhere; else only in brackets or before a colon, as in prose "error" is a
/// word like others.
fn of_words(head: &str) -> Option<LogLevel> {
    if head.starts_with("Traceback (most recent call last)") {
        return Some(LogLevel::Error);
    }
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut rest = head;
    let mut before = ' ';
    while let Some(start) = rest.find(is_word) {
        before = rest[..start].chars().next_back().unwrap_or(before);
        let word = &rest[start..];
        let end = word.find(|letter| !is_word(letter)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        let is_marked = after.starts_with(':')
            || matches!((before, after.chars().next()), ('[', Some(']')) | ('(', Some(')')) | ('<', Some('>')));
        let is_shouted = word.chars().all(|letter| letter.is_ascii_uppercase());
        if (is_marked || is_shouted)
            && let Some(level) = of_word(word)
        {
            return Some(level);
        }
        // `TypeError: x is not a function`, `java.lang.IllegalStateException: closed`.
        if after.starts_with(": ") && (word.ends_with("Error") || word.ends_with("Exception")) {
            return Some(LogLevel::Error);
        }
        rest = after;
    }
    None
}

fn of_word(word: &str) -> Option<LogLevel> {
    match word.to_ascii_lowercase().as_str() {
        "error" | "err" | "eror" | "fatal" | "critical" | "crit" | "panic" | "alert" | "emerg" | "emergency" | "severe" => {
            Some(LogLevel::Error)
        }
        "warn" | "warning" | "wrn" => Some(LogLevel::Warn),
        "info" | "inf" | "notice" | "information" => Some(LogLevel::Info),
        "debug" | "dbg" | "trace" | "trc" | "verbose" | "fine" => Some(LogLevel::Debug),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(lines: &[&str], level: Option<LogLevel>) {
        for line in lines {
            assert_eq!(log_level(line), level, "{line}");
        }
    }

    #[test]
    fn a_word_in_capitals_says_it() {
        all(
            &["2026-11-20 09:04:15 ERROR db: no route", "[2026-11-20] CRITICAL - down", "FATAL out of memory"],
            Some(LogLevel::Error),
        );
        all(&["2026-11-20T09:04:15Z  WARN web: slow", "WARNING:root:disk"], Some(LogLevel::Warn));
        all(&["INFO:     Uvicorn running on http://0.0.0.0:8000", "09:04 INFO started"], Some(LogLevel::Info));
        all(&["DEBUG x=1", "12:00 TRACE in"], Some(LogLevel::Debug));
    }

    #[test]
    fn a_small_word_counts_where_it_is_marked_as_a_level() {
        all(
            &["2026/11/20 09:04:15 [error] 7#7: *1 open() failed", "error: cannot open", "npm error: code 1"],
            Some(LogLevel::Error),
        );
        all(&["[warn] slow", "warning: unused variable"], Some(LogLevel::Warn));
        all(&["[info] listening", "<info> up"], Some(LogLevel::Info));
    }

    #[test]
    fn in_prose_error_is_a_word_like_others() {
        all(&["no error was found", "listening on port 3000", "", "GET /errors 200", "info about warnings"], None);
    }

    #[test]
    fn json_says_it_in_its_field_and_nowhere_else() {
        all(&[r#"{"level":"error","msg":"x"}"#, r#"{"time":1,"level":50}"#, r#"{"severity":"CRITICAL"}"#], Some(LogLevel::Error));
        all(&[r#"{"level":40}"#, r#"{"log.level":"warn"}"#], Some(LogLevel::Warn));
        all(&[r#"{"level":30,"msg":"ERROR is a word here"}"#, r#"{"levelname":"INFO"}"#], Some(LogLevel::Info));
        all(&[r#"{"level":20}"#], Some(LogLevel::Debug));
        all(&[r#"{"msg":"ERROR"}"#, r#"{"level":null}"#, r#"{"level":-1}"#, "{ERROR"], None);
    }

    #[test]
    fn logfmt_and_glog_are_read() {
        all(&["time=2026 level=error msg=\"INFO\"", "E1120 09:04:15.042 1 main.go:7] x"], Some(LogLevel::Error));
        all(&["lvl=warn", "W1120 09:04:15.042 1 main.go:7] x"], Some(LogLevel::Warn));
        all(&["level=\"info\" x", "I1120 09:04:15.042 1 main.go:7] x"], Some(LogLevel::Info));
        all(&["E1120x", "Ü"], None);
    }

    #[test]
    fn an_exception_is_an_error() {
        let lines = [
            "TypeError: x is not a function",
            "Traceback (most recent call last):",
            "java.io.IOException: closed",
            "panic: index out of range",
        ];
        all(&lines, Some(LogLevel::Error));
    }

    #[test]
    fn colours_hide_nothing() {
        all(&["\u{1b}[31mERROR\u{1b}[0m x", "\u{1b}[2m2026\u{1b}[0m \u{1b}[31m[error]\u{1b}[39m"], Some(LogLevel::Error));
        all(&["\u{1b}", "\u{1b}["], None);
    }

    #[test]
    fn a_level_far_into_a_line_is_part_of_the_message() {
        assert_eq!(log_level(&format!("{} ERROR", "é".repeat(200))), None);
    }
}
