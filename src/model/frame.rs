//! What do nodes say to each other over their links? One JSON frame at a time; what a newer Kraken says is dropped, never obeyed.
//!
//! Heartbeats do not travel here (see [`super::election`]); neither do bytes (logs, images, proxied requests).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::command::{Accepted, Command, Refusal};
use super::id::{Incarnation, NodeId, RequestId};
use super::keys::KeyOffer;
use super::observed::{Inventory, Observation};
use super::plan::NodePlan;
use super::vector::Vector;

/// Version of the frame format on the wire.
pub const FRAME_FORMAT: u16 = 1;

/// One frame on a link, with its way: a node that cannot reach `to` itself hands it to one that can.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Format version, see [`FRAME_FORMAT`].
    pub v: u16,
    /// Who said it.
    pub from: NodeId,
    /// Whom it is for.
    pub to: NodeId,
    /// How many nodes passed it on already; more than one is dropped.
    #[serde(default)]
    pub hops: u8,
    /// What is said.
    pub frame: Frame,
}

/// One thing said, tagged by `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Frame {
    /// What the sender holds on disk: its first word on a link, and its receipt for records.
    Holds {
        /// The last sequence of each origin.
        vector: Vector,
    },
    /// All records of some origins between two vectors; what is missing in between was pruned.
    Records {
        /// What the receiver is taken to hold; if it does not, it answers with [`Frame::Holds`].
        since: Vector,
        /// What it holds once these are on its disk.
        upto: Vector,
        /// In the order of their origins' sequences, as they were written, also what only a newer Kraken understands.
        records: Vec<serde_json::Value>,
    },
    /// The leader's orders to the receiver.
    Plan(Arc<NodePlan>),
    /// All a node knows about itself; answers a new link, and a gap in its observations.
    Inventory {
        /// About whom; passed on for nodes that cannot hear it themselves.
        node: NodeId,
        /// Which run of it.
        incarnation: Incarnation,
        /// The number of the last observation that is in it.
        seq: u64,
        /// What.
        inventory: Arc<Inventory>,
    },
    /// Something that the receiver told was missed: it shall send its [`Frame::Inventory`].
    TellAll,
    /// A node observed something about itself.
    Observed {
        /// About whom.
        node: NodeId,
        /// Which run of it.
        incarnation: Incarnation,
        /// Counts up by one in that run.
        seq: u64,
        /// What.
        observation: Observation,
    },
    /// A question for the leader, from the node that took it.
    Ask {
        /// The answer carries it.
        request: RequestId,
        /// Who asks ("session", "local root", "token ci").
        by: String,
        /// The same key twice is the same wish.
        key: String,
        /// What.
        command: Command,
    },
    /// The leader's answer. Whoever asked answers once it holds `holds`.
    Answered {
        /// To which question.
        request: RequestId,
        /// How.
        outcome: Result<Accepted, Refusal>,
        /// What must be on the asking node's disk before it answers.
        holds: Vector,
    },
    /// The platform's secrets, to a member they were made for; the edge hands them over and puts them away.
    Keys(Box<KeyOffer>),
    /// Said by a newer Kraken.
    #[serde(other)]
    Unknown,
}
