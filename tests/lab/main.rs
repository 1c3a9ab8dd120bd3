//! Does a platform of several machines hold? The real program on two to four hosts of one machine: docs/lab.md says what a
//! host is, how to look into one, and what the lab cannot show.
//!
//! `cargo test --test lab` runs the short selection, `make lab` everything.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests; what took how long is printed")]
#![allow(clippy::disallowed_methods, reason = "the time of a test is measured where it runs")]
#![allow(missing_docs, reason = "a test's parts are public to its other files only")]

#[path = "../support/mod.rs"]
mod support;

mod fault;
mod figures;
mod fleet;
mod host;
mod itself;
mod joining;
mod kernel;
mod lan;
mod leftover;
mod line;
mod load;
mod losses;
mod network;
mod one_node;
mod onlookers;
mod phases;
mod platform;
mod shell;
mod splits;
