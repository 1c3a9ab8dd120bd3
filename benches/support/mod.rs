//! What do the benchmarks share? A platform full of apps, and the statistics of what was measured.
#![allow(dead_code, reason = "each benchmark uses its own part")]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a benchmark prints, and fails aloud")]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures with the clock it has, and waits for other processes")]

pub mod git_host;
pub mod platform;
pub mod proc;
pub mod samples;
