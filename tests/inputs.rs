//! What becomes of bad inputs? Each gets a precise message and a next step, leaves nothing behind, and what served still serves.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "also in what the tests share; how long a refusal took is printed"
)]
#![allow(clippy::disallowed_methods, reason = "the time of a test is measured where it runs")]

mod support;

#[path = "inputs/apps.rs"]
mod apps;
#[path = "inputs/builds.rs"]
mod builds;
#[path = "inputs/engine.rs"]
mod engine;
#[path = "inputs/house.rs"]
mod house;
#[path = "inputs/manifests.rs"]
mod manifests;
#[path = "inputs/sources.rs"]
mod sources;
