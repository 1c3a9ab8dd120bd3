//! What becomes of bad inputs? Each gets a precise message and a next step, leaves nothing behind, and what served still serves.

#![allow(clippy::unwrap_used, clippy::panic, reason = "also in what the tests share")]

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
