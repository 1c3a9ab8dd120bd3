//! Which lines are in these log frames, and where does a reader go on after a break? Pure.
//!
//! Docker cuts long lines into frames of 16 KiB and stamps all alike; the last is shorter and, from the `local` driver of
//! engine 20.10, has no newline either. Its `since` counts whole seconds and answers in the order of its file, in which stamps of the two streams may be slightly out of order. So a
//! [`LogCursor`] is an instant, how many lines from then on were seen, and the newest stamp seen.

use std::fmt;
use std::str::FromStr;

use super::timestamp::{self, Instant};

/// What Docker reads of a line at once.
const WHOLE_FRAME: usize = 16 * 1024;
/// A line longer than this is cut; what follows of it is dropped.
const LONGEST: usize = 64 * 1024;
/// What a cut line ends with.
const CUT: &str = " … (line cut)";

/// Where a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One line an app wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// RFC 3339 with nanoseconds.
    pub at: String,
    /// Where it was written to.
    pub stream: LogStream,
    /// Without its newline; bytes that are not UTF-8 became U+FFFD.
    pub text: String,
    /// Go on from here: everything up to and with this line was seen.
    pub cursor: LogCursor,
}

/// A place in a container's log. As text, five numbers with points between; it survives restarts of the agent and the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogCursor {
    /// Of the lines from here on, in Docker's order…
    from: Instant,
    /// …the first so many were seen…
    seen: u64,
    /// …none of them newer than this.
    newest: Instant,
}

impl LogCursor {
    /// The place before the first line written at `at` (RFC 3339) or later. None: that is no moment.
    #[must_use]
    pub fn before(at: &str) -> Option<Self> {
        let from = timestamp::parse(at)?;
        Some(Self { from, seen: 0, newest: from })
    }

    /// What to ask Docker for: lines from this second on.
    pub(super) fn since(&self) -> i64 {
        self.from.seconds
    }
}

impl fmt::Display for LogCursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, seen, newest } = self;
        write!(out, "{}.{}.{seen}.{}.{}", from.seconds, from.nanos, newest.seconds, newest.nanos)
    }
}

/// What a malformed cursor is called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a place in a log; start again without one")]
pub struct ParseCursorError(String);

impl FromStr for LogCursor {
    type Err = ParseCursorError;
    fn from_str(text: &str) -> Result<Self, ParseCursorError> {
        let read = || {
            let mut parts = text.split('.');
            let from = Instant { seconds: parts.next()?.parse().ok()?, nanos: parts.next()?.parse().ok()? };
            let seen = parts.next()?.parse().ok()?;
            let newest = Instant { seconds: parts.next()?.parse().ok()?, nanos: parts.next()?.parse().ok()? };
            parts.next().is_none().then_some(Self { from, seen, newest })
        };
        read().ok_or_else(|| ParseCursorError(text.to_owned()))
    }
}

/// Puts frames together to lines and leaves out those a cursor has seen.
#[derive(Debug, Default)]
pub(super) struct Frames {
    resumed_at: Option<LogCursor>,
    /// Lines still to be left out.
    skip: u64,
    newest: Instant,
    /// Where the count of lines begins, and the count; of a tail, at its first line.
    base: Option<(Instant, u64)>,
    /// Lines of the newest second, and of the one before: what the count begins with once the base lies behind.
    this_second: u64,
    last_second: u64,
    out: Partial,
    err: Partial,
}

/// The beginning of a line whose end has not come.
#[derive(Debug, Default)]
struct Partial {
    at: String,
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Partial {
    fn push(&mut self, at: &str, bytes: &[u8]) {
        if self.bytes.is_empty() {
            self.at = at.to_owned();
        }
        let room = LONGEST.saturating_sub(self.bytes.len());
        self.is_cut |= bytes.len() > room;
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn take(&mut self) -> (String, String) {
        let mut text = String::from_utf8_lossy(&self.bytes).into_owned();
        if self.is_cut {
            text.push_str(CUT);
        }
        let at = std::mem::take(&mut self.at);
        *self = Self::default();
        (at, text)
    }
}

impl Frames {
    /// Begins at the log's beginning.
    pub fn new() -> Self {
        Self { base: Some((Instant::default(), 0)), ..Self::default() }
    }

    /// Begins somewhere in it: lines that Docker was not asked for stay unread after a break, too.
    pub fn tail() -> Self {
        Self::default()
    }

    /// Goes on at `cursor`, whose [`LogCursor::since`] Docker was asked for.
    pub fn resume(cursor: LogCursor) -> Self {
        let base = Some((cursor.from, 0));
        Self { resumed_at: Some(cursor), skip: cursor.seen, newest: cursor.newest, base, ..Self::default() }
    }

    /// Takes one frame, `STAMP TEXT[\n]`; answers the lines (at most two) that are now complete, and new.
    pub fn take(&mut self, stream: LogStream, frame: &[u8]) -> Vec<LogLine> {
        let space = frame.iter().position(|&byte| byte == b' ').unwrap_or(frame.len());
        let stamp = std::str::from_utf8(&frame[..space]).ok().filter(|stamp| timestamp::parse(stamp).is_some());
        // A frame without a stamp is Docker's own remark; it is shown as it is.
        let text = stamp.map_or(frame, |_| frame.get(space + 1..).unwrap_or_default());
        let stamp = stamp.unwrap_or_default();
        let partial = self.partial(stream);
        // A line that filled its last frame exactly is ended by the next line's stamp.
        let before = if !partial.bytes.is_empty() && partial.at != stamp { self.finish(stream) } else { None };
        let line = text.strip_suffix(b"\n");
        let has_ended = line.is_some() || text.len() < WHOLE_FRAME;
        let line = line.unwrap_or(text);
        self.partial(stream).push(stamp, line.strip_suffix(b"\r").filter(|_| has_ended).unwrap_or(line));
        let now = if has_ended { self.finish(stream) } else { None };
        before.into_iter().chain(now).collect()
    }

    /// The unfinished last lines of a log that has ended.
    pub fn rest(&mut self) -> Vec<LogLine> {
        [LogStream::Out, LogStream::Err]
            .into_iter()
            .filter(|&stream| !self.partial(stream).bytes.is_empty())
            .collect::<Vec<_>>()
            .into_iter()
            .filter_map(|stream| self.finish(stream))
            .collect()
    }

    fn partial(&mut self, stream: LogStream) -> &mut Partial {
        match stream {
            LogStream::Out => &mut self.out,
            LogStream::Err => &mut self.err,
        }
    }

    fn finish(&mut self, stream: LogStream) -> Option<LogLine> {
        let (at, text) = self.partial(stream).take();
        let stamp = timestamp::parse(&at).unwrap_or(self.newest);
        self.count(stamp);
        if self.resumed_at.is_some_and(|cursor| stamp < cursor.from) {
            return None;
        }
        if self.skip > 0 && self.resumed_at.is_some_and(|cursor| stamp <= cursor.newest) {
            self.skip -= 1;
            return None;
        }
        // A line newer than all that were seen: what was to be left out is no longer in Docker's files.
        self.skip = 0;
        Some(LogLine { at, stream, text, cursor: self.cursor() })
    }

    /// Keeps counts of two seconds: a stamp may lie a little before the newest, never a whole second.
    fn count(&mut self, stamp: Instant) {
        let (from, lines) = self.base.get_or_insert((stamp, 0));
        if stamp >= *from {
            *lines += 1;
        }
        match stamp.seconds - self.newest.seconds {
            0 => self.this_second += 1,
            1 => (self.last_second, self.this_second) = (self.this_second, 1),
            ahead if ahead > 1 => (self.last_second, self.this_second) = (0, 1),
            -1 => self.last_second += 1,
            _ => {}
        }
        self.newest = self.newest.max(stamp);
        // From the second after the base's on, every line was seen: the two counts say it all.
        if self.newest.seconds - from.seconds >= 2 {
            let second_before = Instant { seconds: self.newest.seconds - 1, nanos: 0 };
            self.base = Some((second_before, self.last_second + self.this_second));
        }
    }

    fn cursor(&self) -> LogCursor {
        let (from, seen) = self.base.unwrap_or_default();
        LogCursor { from, seen, newest: self.newest }
    }
}

#[cfg(test)]
#[path = "log_frames_tests.rs"]
mod tests;
