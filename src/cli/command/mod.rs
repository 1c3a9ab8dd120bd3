//! What does each command do? One file for each, or for a few that are alike.

pub mod apps;
pub mod completions;
pub mod conflicts;
pub mod deploy;
pub mod destroy;
pub mod doctor;
pub mod env;
pub mod events;
pub mod failures;
pub mod follow;
pub mod init;
pub mod invite;
pub mod join;
pub mod key;
pub mod lifecycle;
pub mod login;
pub mod logs;
pub mod nodes;
pub mod open;
mod progress;
pub mod secret;
mod source;
pub mod state;
pub mod status;
pub mod token;
pub mod validate;
pub mod versions;

use super::out::Tone;

/// The colour of a state's word.
fn tone(word: &str) -> Tone {
    match word {
        "running" | "serving" | "done" | "ok" | "ready" | "in_use" => Tone::Good,
        "failed" | "unhealthy" | "crashlooping" | "crash_looping" | "no_docker" => Tone::Bad,
        "off" | "kept" | "purged" | "aborted" | "destroyed" | "skipped" | "todo" => Tone::Dim,
        "" => Tone::Plain,
        _ => Tone::Busy,
    }
}

/// `waiting_healthy` → `waiting healthy`, as words stand on a screen.
fn spoken(word: &str) -> String {
    word.replace('_', " ")
}

/// Commits for people: the first seven digits.
fn short(commit: &str) -> String {
    commit.chars().take(7).collect()
}
