//! Does it survive bad weather? The production code in a simulated world; docs/simulation.md says how to run and replay it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod election;
mod network;
mod random;
mod seeds;
