//! Who leads? A state machine over heartbeats and silence; the edge feeds it and does what it says.

mod interface;

pub use interface::{Gateway, Input, Output, Settings, TICK};
