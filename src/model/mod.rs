//! What is there? Nouns: plain serde data that needs no world.

pub mod action;
pub mod command;
pub mod container;
pub mod deployment;
pub mod document;
pub mod election;
pub mod event;
pub mod facts;
pub mod frame;
pub mod id;
pub mod join;
pub mod keys;
pub mod manifest;
pub mod observed;
pub mod plan;
pub mod quantity;
pub mod record;
pub mod route;
pub mod setting;
pub mod source;
pub mod span;
pub mod standing;
pub mod time;
pub mod vector;
pub mod world;
