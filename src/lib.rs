//! Kraken: the computers on a home network as one app platform.
//!
//! The folders in reading order; a file may `use` only what stands above it: [`model`], [`decide`], [`executor`], [`agent`],
//! [`edge`], [`web`], [`cli`].

pub mod agent;
pub mod cli;
pub mod decide;
pub mod edge;
pub mod executor;
pub mod model;
pub mod web;
