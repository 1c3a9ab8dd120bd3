//! What reaches an open page by itself? One stream per page: changes of the snapshot, lines as they come, vitals, deeds.

mod diff;
mod lines;
mod stream;
mod streams;

pub use stream::{Wanted, open};
pub use streams::Streams;
