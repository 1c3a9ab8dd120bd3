//! What is a build saying? Turns the classic builder's chunks into lines, steps, and the images it made. Pure.

use std::collections::VecDeque;

use crate::decide::recipe::OWN_ARGS;

/// Lines of a failed build that are kept for the record.
const KEPT_LINES: usize = 20;
/// A line longer than this is broken in two.
const LONGEST: usize = 8 * 1024;
/// The builder wraps what a step writes to its error stream in red.
const RED: &str = "\u{1b}[91m";

/// Who says a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildStream {
    /// A step begins.
    Step,
    /// A step's command writes.
    Out,
    /// To its error stream.
    Err,
    /// The builder remarks.
    Note,
}

/// One line of a build's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildLine {
    /// Who says it.
    pub stream: BuildStream,
    /// Without its newline and without colours.
    pub text: String,
}

/// What has been heard of one build.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    /// The step under way, as `Step 3/7 : RUN npm ci`.
    pub step: Option<String>,
    pub steps: u32,
    pub cached_steps: u32,
    /// Short ids of images that steps of this build made, not took from the cache.
    pub made: Vec<String>,
    /// Short ids of the containers its steps ran in.
    pub containers: Vec<String>,
    last: VecDeque<String>,
    is_cached: bool,
    /// The newline of a `Step` line comes as a chunk of its own.
    owes_newline: bool,
    out: String,
    err: String,
}

impl Transcript {
    /// Takes one chunk of the stream.
    pub fn take(&mut self, chunk: &str) -> Vec<BuildLine> {
        let mut lines = Vec::new();
        if is_builders(chunk) {
            // The builder speaks in whole lines; what a command left without a newline ends here.
            self.flush(&mut lines);
            self.note(chunk.trim_end(), &mut lines);
            self.owes_newline = !chunk.ends_with('\n');
        } else if is_about_own_args(chunk) {
            // Every Dockerfile is offered all of them; which it uses is no news to anybody.
        } else if !(chunk == "\n" && std::mem::take(&mut self.owes_newline)) {
            let stream = if chunk.starts_with(RED) { BuildStream::Err } else { BuildStream::Out };
            self.output(stream, &without_colours(chunk), &mut lines);
        }
        self.remember(&lines);
        lines
    }

    /// A remark that is no output of a step, such as the progress of a pull.
    pub fn remark(&mut self, text: String) -> BuildLine {
        BuildLine { stream: BuildStream::Note, text }
    }

    /// What a command left without a newline when the build ended.
    pub fn finish(&mut self) -> Vec<BuildLine> {
        let mut lines = Vec::new();
        self.flush(&mut lines);
        self.remember(&lines);
        lines
    }

    /// The image the step under way begins with; an argument's value in its name is not known here.
    pub fn base(&self) -> String {
        let image = self.step.as_deref().and_then(image_of).filter(|image| !image.contains('$'));
        image.map_or_else(|| "that it is built on".to_owned(), str::to_owned)
    }

    /// The last lines steps wrote, oldest first.
    pub fn last_lines(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }

    fn note(&mut self, text: &str, lines: &mut Vec<BuildLine>) {
        let mut stream = BuildStream::Note;
        if text.starts_with("Step ") {
            stream = BuildStream::Step;
            self.steps += 1;
            self.is_cached = false;
            self.step = Some(text.to_owned());
        } else if let Some(container) = text.strip_prefix(" ---> Running in ") {
            self.containers.push(container.to_owned());
        } else if text == " ---> Using cache" {
            self.is_cached = true;
            self.cached_steps += 1;
        } else if let Some(id) = text.strip_prefix(" ---> ").filter(|id| is_short_id(id)) {
            // `FROM` names its base the same way, and the base was not made here.
            let is_base = self.step.as_deref().is_some_and(is_from);
            if !self.is_cached && !is_base {
                self.made.push(id.to_owned());
            }
        }
        if !is_chatter(text) {
            lines.push(BuildLine { stream, text: text.to_owned() });
        }
    }

    fn output(&mut self, stream: BuildStream, text: &str, lines: &mut Vec<BuildLine>) {
        let mut line = std::mem::take(self.unfinished(stream));
        for piece in text.split_inclusive('\n') {
            line.push_str(piece.trim_end_matches('\n'));
            if piece.ends_with('\n') || line.len() > LONGEST {
                lines.push(BuildLine { stream, text: overwritten(&line) });
                line.clear();
            }
        }
        *self.unfinished(stream) = line;
    }

    fn flush(&mut self, lines: &mut Vec<BuildLine>) {
        for stream in [BuildStream::Out, BuildStream::Err] {
            let text = std::mem::take(self.unfinished(stream));
            if !text.is_empty() {
                lines.push(BuildLine { stream, text: overwritten(&text) });
            }
        }
    }

    fn unfinished(&mut self, stream: BuildStream) -> &mut String {
        if stream == BuildStream::Err { &mut self.err } else { &mut self.out }
    }

    fn remember(&mut self, lines: &[BuildLine]) {
        for line in lines.iter().filter(|line| !line.text.trim().is_empty() && line.stream != BuildStream::Note) {
            if self.last.len() == KEPT_LINES {
                self.last.pop_front();
            }
            self.last.push_back(line.text.clone());
        }
    }
}

fn is_builders(chunk: &str) -> bool {
    ["Step ", " ---> ", "Removing intermediate container ", "Successfully built ", "Successfully tagged "]
        .iter()
        .any(|start| chunk.starts_with(start))
}

/// Nothing a person wants to read.
fn is_chatter(text: &str) -> bool {
    text.starts_with("Removing intermediate container ")
        || text.starts_with("Successfully ")
        || text.starts_with(" ---> Running in ")
        || text.trim() == "--->"
        || text.strip_prefix(" ---> ").is_some_and(is_short_id)
}

/// The builder's complaint that a Dockerfile leaves unused what Kraken offers to each; it may not hide an argument of a person's.
fn is_about_own_args(chunk: &str) -> bool {
    let unused =
        chunk.trim().strip_prefix("[Warning] One or more build-args [").and_then(|rest| rest.strip_suffix("] were not consumed"));
    unused.is_some_and(|names| names.split_whitespace().all(|name| OWN_ARGS.contains(&name)))
}

fn is_short_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The image of a `FROM` step.
fn image_of(step: &str) -> Option<&str> {
    let (_, instruction) = step.split_once(" : ").filter(|_| is_from(step))?;
    instruction.split_whitespace().skip(1).find(|word| !word.starts_with("--"))
}

fn is_from(step: &str) -> bool {
    step.split_once(" : ").is_some_and(|(_, instruction)| instruction.to_ascii_uppercase().starts_with("FROM "))
}

/// What a terminal would show of a line in which a progress bar went back to the start.
fn overwritten(line: &str) -> String {
    line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default().to_owned()
}

/// Without escape sequences `ESC [ … letter`.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';' || c == '?');
        rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
#[path = "build_output_tests.rs"]
mod tests;
