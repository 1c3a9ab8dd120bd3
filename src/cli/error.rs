//! Why did a command fail, and what is to be done? Said once, at the end, with its chain of causes.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use super::client::{AskAgentError, Problem};
use super::exit::Exit;
use super::finding;
use crate::edge::config::LoadConfigError;
use crate::edge::pack::PackError;

/// A command that did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RunCommandError {
    /// The agent refused.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// The agent was not reached, or its answer made no sense.
    #[error(transparent)]
    Ask(AskAgentError),
    /// What this machine's config says makes no sense.
    #[error("the config cannot be used")]
    Config(#[from] LoadConfigError),
    /// A folder that cannot be deployed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A file of the person who asks.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// `read`, `write`.
        verb: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Anything that needs no cause.
    #[error("{because}")]
    Said {
        /// What it means.
        exit: Exit,
        /// What is wrong, and where.
        because: String,
        /// What to do.
        next: Option<String>,
    },
    /// The terminal, or what stands in its place, cannot be read.
    #[error("cannot read what is typed")]
    Read(#[source] io::Error),
    /// Nobody reads what we write any more, or the disk is full.
    #[error("cannot write the output")]
    Write(#[source] io::Error),
    /// The agent itself does not run.
    #[error(transparent)]
    Agent(#[from] super::agent::RunAgentError),
    /// Ctrl-C; what there was to say was said.
    #[error("interrupted")]
    Interrupted,
}

impl From<AskAgentError> for RunCommandError {
    fn from(error: AskAgentError) -> Self {
        match error {
            AskAgentError::Refused(problem) => Self::Problem(problem),
            other => Self::Ask(other),
        }
    }
}

impl RunCommandError {
    /// What was typed makes no sense.
    pub fn usage(because: impl Into<String>, next: impl Into<String>) -> Self {
        Self::said(Exit::Usage, because, next)
    }

    /// With the meaning `exit`.
    pub fn said(exit: Exit, because: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Said { exit, because: because.into(), next: Some(next.into()) }
    }

    /// What it means to a script.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Problem(problem) if problem.is("bad-manifest") => Exit::AppAtFault,
            Self::Problem(problem) => Exit::of_status(problem.status),
            Self::Ask(_) | Self::Agent(_) => Exit::NoAgent,
            Self::Config(_) | Self::File { .. } | Self::Read(_) | Self::Pack(_) => Exit::Usage,
            Self::Said { exit, .. } => *exit,
            // `kraken apps | head -1` is no failure.
            Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Write(_) => Exit::Usage,
            Self::Interrupted => Exit::Interrupted,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn next(&self) -> Option<String> {
        match self {
            Self::Problem(problem) => problem.next.clone(),
            Self::Ask(error) => error.next(),
            Self::Said { next, .. } => next.clone(),
            _ => None,
        }
    }

    /// What a person reads on the error stream; empty where nothing is left to say.
    #[must_use]
    pub fn tell(&self) -> String {
        if matches!(self, Self::Interrupted) || self.exit() == Exit::Done {
            return String::new();
        }
        let mut text = format!("error: {}\n", chain(self));
        if let Self::Problem(problem) = self {
            problem.findings.iter().for_each(|found| text.push_str(&finding::line(found)));
        }
        if let Some(next) = self.next() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "next: {next}");
        }
        text
    }
}

/// A message with its causes, each said once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(because) = cause {
        let said = because.to_string();
        if !text.ends_with(&said) {
            text = format!("{}: {said}", text.trim_end_matches('.'));
        }
        cause = because.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_with_its_findings_and_its_next_step() {
        let problem: Problem = serde_json::from_str(
            r#"{"type":"urn:kraken:problem:bad-manifest","title":"Bad manifest","status":422,"detail":"shipwreck.toml has an error.",
                "next":"Mend it.","findings":[{"severity":"error","line":3,"column":8,"key":"config.port","message":"port = 0 is no port"}]}"#,
        )
        .unwrap();
        let error = RunCommandError::Problem(Box::new(problem));
        assert_eq!(
            error.tell(),
            "error: shipwreck.toml has an error.\n  shipwreck.toml:3:8: error: port = 0 is no port\nnext: Mend it.\n"
        );
        // As for a deployment that fails on it.
        assert_eq!(error.exit(), Exit::AppAtFault);
    }

    #[test]
    fn the_chain_of_causes_is_told_once() {
        let error = RunCommandError::File {
            verb: "read",
            path: "x.toml".into(),
            source: io::Error::new(io::ErrorKind::NotFound, "no such file"),
        };
        assert_eq!(error.tell(), "error: cannot read x.toml: no such file\n");
        assert_eq!(error.exit(), Exit::Usage);
    }

    #[test]
    fn a_closed_pipe_is_no_failure_and_a_full_disk_is() {
        let closed = RunCommandError::Write(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((closed.exit(), closed.tell().as_str()), (Exit::Done, ""));
        assert_ne!(RunCommandError::Write(io::Error::from(io::ErrorKind::StorageFull)).exit(), Exit::Done);
    }

    #[test]
    fn after_an_interruption_nothing_is_left_to_say() {
        assert_eq!((RunCommandError::Interrupted.exit(), RunCommandError::Interrupted.tell().as_str()), (Exit::Interrupted, ""));
    }
}
