//! What do nodes say to each other over their links? One JSON frame at a time; what a newer Kraken says is dropped, never obeyed.
//!
//! Heartbeats do not travel here (see [`super::election`]); neither do bytes (logs, images, proxied requests).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::command::{Accepted, Command, Refusal};
use super::id::{Incarnation, NodeId, RequestId, StoreId};
use super::keys::KeyOffer;
use super::observed::{Inventory, Observation};
use super::plan::NodePlan;
use super::record::{Origin, RevisionId};
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
    /// All records of some origins between two vectors, after the last one the receiver has; what is missing in between was
    /// pruned. Records about members may come ahead of their turn, beyond `upto`.
    Records {
        /// What the receiver is taken to hold; if it does not, it answers with [`Frame::Holds`].
        since: Vector,
        /// What it holds once these are on its disk.
        upto: Vector,
        /// In the order of their origins' sequences, as they were written, also what only a newer Kraken understands.
        records: Vec<serde_json::Value>,
        /// With the last frame of what was missing, where history was pruned: which leaves there are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heads: Option<Heads>,
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

/// All leaves of all objects a node knows: for a peer that was away while what replaced its own was pruned. A leaf of the
/// peer's that the sender knows, and that is none of these, was replaced or deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heads {
    /// What the sender holds.
    pub knows: Vector,
    /// The sequences of the leaves, by origin, ascending.
    pub leaves: Vec<(NodeId, StoreId, Vec<u64>)>,
}

impl Heads {
    /// Of a node that holds `knows` and has these leaves.
    #[must_use]
    pub fn new(knows: Vector, leaves: BTreeSet<RevisionId>) -> Self {
        let mut by_origin: BTreeMap<Origin, Vec<u64>> = BTreeMap::new();
        for leaf in leaves {
            by_origin.entry(leaf.origin).or_default().push(leaf.seq);
        }
        Self { knows, leaves: by_origin.into_iter().map(|(origin, seqs)| (origin.node, origin.store, seqs)).collect() }
    }

    /// Whether the sender has `revision` as a leaf.
    #[must_use]
    pub fn names(&self, revision: &RevisionId) -> bool {
        let of = self.leaves.iter().find(|(node, store, _)| *node == revision.origin.node && *store == revision.origin.store);
        of.is_some_and(|(_, _, seqs)| seqs.binary_search(&revision.seq).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(seq: u64) -> RevisionId {
        let node = "a".repeat(26).parse().unwrap();
        RevisionId { origin: Origin { node, store: "0123456789abcdef".parse().unwrap() }, seq }
    }

    #[test]
    fn records_read_like_this_on_the_wire() {
        let mut upto = Vector::default();
        upto.raise(&revision(3).origin, 3);
        let heads = Some(Heads::new(upto.clone(), [revision(3), revision(1)].into()));
        let frame = Frame::Records { since: Vector::default(), upto, records: vec![], heads };
        let text = r#"{"kind":"records","since":[],"upto":[["aaaaaaaaaaaaaaaaaaaaaaaaaa","0123456789abcdef",3]],"records":[],"heads":{"knows":[["aaaaaaaaaaaaaaaaaaaaaaaaaa","0123456789abcdef",3]],"leaves":[["aaaaaaaaaaaaaaaaaaaaaaaaaa","0123456789abcdef",[1,3]]]}}"#;
        assert_eq!(serde_json::to_string(&frame).unwrap(), text);
        assert_eq!(serde_json::from_str::<Frame>(text).unwrap(), frame);
    }

    #[test]
    fn what_a_newer_kraken_says_is_known_as_such() {
        assert_eq!(serde_json::from_str::<Frame>(r#"{"kind":"song","text":"la"}"#).unwrap(), Frame::Unknown);
    }

    #[test]
    fn heads_name_leaves_and_nothing_else() {
        let heads = Heads::new(Vector::default(), [revision(3), revision(1)].into());
        assert!(heads.names(&revision(1)) && heads.names(&revision(3)) && !heads.names(&revision(2)));
    }
}
