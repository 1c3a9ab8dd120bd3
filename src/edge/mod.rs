//! What does the world outside offer? One file or folder per outside thing; each answers the loop with events.

pub mod addresses;
pub mod clock;
pub mod config;
pub mod desk;
pub mod disk;
pub mod docker;
pub mod epoch;
pub mod firewall;
pub mod flow;
pub mod git;
pub mod identity;
pub mod keyring;
pub mod pack;
pub mod port_holder;
pub mod probe;
pub mod seal;
pub mod snapshot;
pub mod sources;
pub mod states;
pub mod store;
pub mod tree;
pub mod upkeep;
pub mod upload;
pub mod usage;
pub mod vitals;
pub mod work;
