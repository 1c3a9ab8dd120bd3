//! How does a command speak to the agent? By the public HTTP API, over its local socket or the network.

mod ask;
mod error;
mod event;
mod feed;
mod path;
mod problem;
mod target;

pub use ask::{Answer, Client, Tail};
pub use error::AskAgentError;
pub use event::{Event, EventParser};
pub use feed::{Feed, News};
pub use path::{app_id, app_path, query, segment};
pub use problem::Problem;
pub use target::{Target, target};
