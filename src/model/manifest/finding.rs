//! What did reading a shipwreck.toml find, and at which place?

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is deployed until it is mended.
    Error,
    /// Deployed, but probably not as meant.
    Warning,
    /// Good to know. A newer program's word means this too.
    #[serde(other)]
    Note,
}

/// One thing that reading a shipwreck.toml found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Line, from 1; none where the finding has no place in the file.
    pub line: Option<u32>,
    /// Column, from 1, in characters: where the text that is meant begins.
    pub column: Option<u32>,
    /// How many characters are meant, from `column` on; none where they span lines.
    pub length: Option<u32>,
    /// `table.key`, or a table, or empty where the whole file is meant.
    pub key: String,
    /// The value as the file writes it, cut to 60 characters; never one of `[env]` or `[secrets]`. Of a file that is not
    /// TOML: the broken line.
    pub value: Option<String>,
    /// What is wrong: `port = "abc" is not a number from 1 to 65535`.
    pub message: String,
    /// What to do next, a sentence without its stop.
    pub next: Option<String>,
    /// What to write in place of the `length` characters at `column`, so that one click mends it.
    pub suggestion: Option<String>,
}

impl Finding {
    /// An error of the whole file: no line of it is to blame. `next` is a sentence without its stop.
    #[must_use]
    pub fn of_file(message: String, next: &str) -> Self {
        Self {
            severity: Severity::Error,
            line: None,
            column: None,
            length: None,
            key: String::new(),
            value: None,
            message,
            next: Some(next.to_owned()),
            suggestion: None,
        }
    }

    /// Whether it keeps the app from being deployed.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self.severity, Severity::Error)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "shipwreck.toml line {line}: {}", self.message)?,
            None => write!(f, "shipwreck.toml: {}", self.message)?,
        }
        match &self.next {
            Some(next) if next.ends_with('?') => write!(f, ". {next}"),
            Some(next) => write!(f, ". {next}."),
            None => Ok(()),
        }
    }
}
