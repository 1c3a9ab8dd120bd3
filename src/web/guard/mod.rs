//! Who may come in, and how often? Every rule of the door, each in its own file; [`door`] puts them in order.

pub mod access;
pub mod attempts;
pub mod audit;
pub mod door;
pub mod headers;
pub mod identity;
pub mod origin;
pub mod password;
pub mod rate;
pub mod session;
pub mod setup;
pub mod token;
