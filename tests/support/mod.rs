//! What do the tests share? One file per outside thing.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's support fails the test")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "waits for another process, and hands bollard its hash maps"
)]

pub mod agent;
pub mod docker;
pub mod dockerd;
pub mod git_server;
pub mod hammer;
pub mod repository;
pub mod ssh_server;
