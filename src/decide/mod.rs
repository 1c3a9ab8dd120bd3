//! What should be done? Verbs: pure functions and state machines; `now` is an argument, nothing here touches the world.

pub mod address;
pub mod choice;
pub mod command;
pub mod conflict;
pub mod copies;
pub mod crash;
pub mod delta;
pub mod desired;
pub mod detect;
pub mod dockerignore;
pub mod election;
pub mod fleet;
pub mod fold;
pub mod hlc;
pub mod join;
pub mod keys;
pub mod ladder;
pub mod lifecycle;
pub mod listening;
pub mod log_level;
pub mod machine;
pub mod manifest;
pub mod members;
pub mod placement;
pub mod ports;
pub mod priority;
pub mod prune;
pub mod queue;
pub mod recipe;
pub mod retention;
pub mod room;
pub mod route;
pub mod spec;
pub mod stamp;
pub mod validate;

#[cfg(test)]
pub(crate) mod sample;
