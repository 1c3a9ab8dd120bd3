//! Where does what we say go? Results to the standard output, the rest to the error stream; colours only for a terminal.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use serde::de::DeserializeOwned;

use super::args::Global;
use super::client::Answer;
use super::error::RunCommandError;
use super::table::Table;

/// What a text tells by its colour, beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing.
    Plain,
    /// Runs, serves, done.
    Good,
    /// Under way, degraded.
    Busy,
    /// Failed.
    Bad,
    /// Less important.
    Dim,
    /// What one looks for.
    Strong,
}

/// What the place we write to can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether lines can be drawn anew.
    pub is_terminal: bool,
    /// Whether colours are wanted.
    pub color: bool,
    /// Columns; none where nothing needs to fit.
    pub width: Option<usize>,
}

impl Look {
    /// Of a file or a pipe.
    #[must_use]
    pub const fn plain() -> Self {
        Self { is_terminal: false, color: false, width: None }
    }

    /// `text` in its colour, where there are any.
    #[must_use]
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Busy => "33",
            Tone::Bad => "31",
            Tone::Dim => "2",
            Tone::Strong => "1",
            Tone::Plain => return text.to_owned(),
        };
        if self.color && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn of(stream: &(impl IsTerminal + std::os::fd::AsFd), wants_color: bool) -> Self {
        if !stream.is_terminal() {
            return Self::plain();
        }
        let columns = rustix::termios::tcgetwinsize(stream).map(|size| usize::from(size.ws_col)).unwrap_or(0);
        Self { is_terminal: true, color: wants_color, width: Some(if columns >= 20 { columns } else { 80 }) }
    }
}

/// Whether colours are wanted: not with `--no-color`, `NO_COLOR` (no-color.org) or a terminal that has none.
#[must_use]
pub fn wants_color(asked_not: bool, env: &BTreeMap<String, String>) -> bool {
    let says_no = env.get("NO_COLOR").is_some_and(|value| !value.is_empty());
    !asked_not && !says_no && env.get("TERM").is_none_or(|term| term != "dumb")
}

/// The two streams of a command.
pub struct Out {
    /// Whether the API's own JSON is wanted.
    pub json: bool,
    /// Whether only results are wanted.
    pub quiet: bool,
    /// What the standard output can show.
    pub look: Look,
    /// What the error stream can show.
    pub err_look: Look,
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
}

impl Out {
    /// Those of this process.
    #[must_use]
    pub fn of_this_process(global: &Global, env: &BTreeMap<String, String>) -> Self {
        let color = wants_color(global.no_color, env);
        let (look, err_look) = (Look::of(&io::stdout(), color), Look::of(&io::stderr(), color));
        Self { look, err_look, ..Self::new(global, Box::new(io::stdout()), Box::new(io::stderr())) }
    }

    /// To any two streams, plain.
    #[must_use]
    pub fn new(global: &Global, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self { json: global.json, quiet: global.quiet, look: Look::plain(), err_look: Look::plain(), out, err }
    }

    /// A line of the result.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn line(&mut self, text: &str) -> Result<(), RunCommandError> {
        writeln!(self.out, "{text}").and_then(|()| self.out.flush()).map_err(RunCommandError::Write)
    }

    /// Text of the result as it is, with its own line ends.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), RunCommandError> {
        self.out.write_all(bytes).and_then(|()| self.out.flush()).map_err(RunCommandError::Write)
    }

    /// Many lines of the result.
    ///
    /// # Errors
    /// When nobody reads them.
    pub fn lines(&mut self, lines: impl IntoIterator<Item = impl AsRef<str>>) -> Result<(), RunCommandError> {
        lines.into_iter().try_for_each(|line| self.line(line.as_ref()))
    }

    /// A remark beside the result; not with `--quiet` or `--json`. Remarks that cannot be written are lost: the result counts.
    pub fn note(&mut self, text: &str) {
        if !self.quiet && !self.json {
            let _ = writeln!(self.err, "{text}").and_then(|()| self.err.flush());
        }
    }

    /// Something on the error stream, without a line end, whatever the flags.
    pub fn err(&mut self, text: &str) {
        let _ = write!(self.err, "{text}").and_then(|()| self.err.flush());
    }

    /// The answer as it came with `--json`, else the lines that `told` makes of it.
    ///
    /// # Errors
    /// When the answer makes no sense, or nobody reads.
    pub fn show<T: DeserializeOwned>(
        &mut self,
        answer: &Answer,
        told: impl FnOnce(T, &Look) -> Vec<String>,
    ) -> Result<(), RunCommandError> {
        if self.json {
            return self.line(answer.text.trim_end());
        }
        let lines = told(answer.read()?, &self.look);
        self.lines(lines)
    }

    /// The answer as it came with `--json`, else the table that `told` makes of it, or `empty` as a remark.
    ///
    /// # Errors
    /// When the answer makes no sense, or nobody reads.
    pub fn table<T: DeserializeOwned>(
        &mut self,
        answer: &Answer,
        empty: &str,
        told: impl FnOnce(&[T]) -> Table,
    ) -> Result<(), RunCommandError> {
        if self.json {
            return self.line(answer.text.trim_end());
        }
        let rows: Vec<T> = answer.read()?;
        if rows.is_empty() {
            self.note(empty);
            return Ok(());
        }
        let lines = told(&rows).lines(&self.look);
        self.lines(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_left_out_when_anything_says_so() {
        let env = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        assert!(wants_color(false, &env("TERM", "xterm")));
        assert!(wants_color(false, &env("NO_COLOR", "")));
        assert!(!wants_color(true, &env("TERM", "xterm")));
        assert!(!wants_color(false, &env("NO_COLOR", "1")));
        assert!(!wants_color(false, &env("TERM", "dumb")));
    }

    #[test]
    fn no_escape_sequence_goes_into_a_file() {
        for tone in [Tone::Good, Tone::Bad, Tone::Busy, Tone::Dim, Tone::Strong, Tone::Plain] {
            assert_eq!(Look::plain().paint(tone, "x"), "x");
        }
    }
}
