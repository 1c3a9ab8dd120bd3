//! How does a command end? One number for each meaning; `docs/cli.md` tells them to people.

use std::process::ExitCode;

/// What a command's end means to a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// It is done.
    Done = 0,
    /// The app is at fault: its deployment failed, its manifest has errors.
    AppAtFault = 1,
    /// What was typed makes no sense.
    Usage = 2,
    /// The agent cannot be reached, or failed itself.
    NoAgent = 3,
    /// There is no such thing.
    NotFound = 4,
    /// It clashes with what is there, or was not confirmed.
    Refused = 5,
    /// Not signed in, or not allowed.
    NotAllowed = 6,
    /// The world is at fault (a Git host, Docker, the disk), or `--wait` ran out.
    Waiting = 7,
    /// Ctrl-C (128 + SIGINT, as shells count).
    Interrupted = 130,
}

impl Exit {
    /// The meaning of a refusal with this HTTP status.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            400 | 411 | 413 | 414 | 415 => Self::Usage,
            401 | 403 => Self::NotAllowed,
            404 | 410 => Self::NotFound,
            502..=504 => Self::Waiting,
            402..=499 => Self::Refused,
            _ => Self::NoAgent,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_api_has_its_meaning() {
        let pairs = [
            (400, Exit::Usage),
            (401, Exit::NotAllowed),
            (403, Exit::NotAllowed),
            (404, Exit::NotFound),
            (409, Exit::Refused),
            (421, Exit::Refused),
            (422, Exit::Refused),
            (429, Exit::Refused),
            (500, Exit::NoAgent),
            (502, Exit::Waiting),
            (503, Exit::Waiting),
        ];
        for (status, exit) in pairs {
            assert_eq!(Exit::of_status(status), exit, "{status}");
        }
    }

    #[test]
    fn the_numbers_are_those_of_the_documentation() {
        let page = include_str!("../../docs/cli.md");
        let all = [
            Exit::Done,
            Exit::AppAtFault,
            Exit::Usage,
            Exit::NoAgent,
            Exit::NotFound,
            Exit::Refused,
            Exit::NotAllowed,
            Exit::Waiting,
            Exit::Interrupted,
        ];
        for exit in all {
            assert!(page.contains(&format!("| {} |", exit as u8)), "docs/cli.md has no row for {exit:?}");
        }
    }
}
