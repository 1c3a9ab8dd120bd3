//! How does this node fulfil what the API needs? Each port over the real edge.

pub mod audit;
pub mod build_logs;
pub mod doctor;
pub mod joins;
pub mod logs;
pub mod seal;
pub mod sources;
pub mod states;
pub mod stats;
pub mod uploads;

use crate::web::ports::Trouble;

/// A trouble of this machine, which whoever asked can do nothing about.
fn internal(because: impl std::fmt::Display) -> Trouble {
    Trouble {
        slug: "internal",
        status: 500,
        because: format!("{because}."),
        next: Some("See the state of this machine with kraken doctor.".to_owned()),
    }
}
