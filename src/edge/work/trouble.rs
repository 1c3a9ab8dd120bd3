//! How does an error read to a person? One line with its causes, and whose fault it is.

use std::error::Error;

use crate::edge::docker::{BuildError, DockerError};
use crate::model::deployment::Phase;
use crate::model::observed::Trouble;

use super::fault;

/// The error and all its causes in one line.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let said = source.to_string();
        // Transparent errors say the same twice.
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = source.source();
    }
    text
}

/// Docker's trouble in `phase`.
pub(super) fn docker(phase: Phase, error: &DockerError) -> Trouble {
    let is_worlds = error.is_worlds_fault();
    let next =
        if is_worlds { "Kraken tries again by itself; kraken doctor says more." } else { "Mend that, push, and deploy again." };
    Trouble { fault: fault(is_worlds), phase, because: chain(error), next: Some(next.to_owned()), log_tail: Vec::new() }
}

/// A build's trouble, with the step it broke at and its last lines.
pub(super) fn build(error: &BuildError) -> Trouble {
    let because = match &error.step {
        Some(step) => format!("{step}: {}", chain(error)),
        None => chain(error),
    };
    let is_worlds = error.is_worlds_fault();
    let next = if is_worlds {
        "Kraken tries again by itself; kraken doctor says more."
    } else if error.is_out_of_memory() {
        "Give the build more: [build] memory in shipwreck.toml."
    } else {
        "See its last lines; mend it, push, and deploy again."
    };
    Trouble {
        fault: fault(is_worlds),
        phase: Phase::Building,
        because,
        next: Some(next.to_owned()),
        log_tail: error.last_lines.clone(),
    }
}
