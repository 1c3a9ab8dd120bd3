//! Does the real Docker do what `edge::docker` says of it? Each test has labels, names and addresses of its own.

#![allow(clippy::unwrap_used, reason = "also in what the tests share")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "times real processes, and hands bollard its hash maps")]

mod support;

#[path = "docker/build.rs"]
mod build;
#[path = "docker/containers.rs"]
mod containers;
#[path = "docker/engine.rs"]
mod engine;
#[path = "docker/logs.rs"]
mod logs;
#[path = "docker/ownership.rs"]
mod ownership;
