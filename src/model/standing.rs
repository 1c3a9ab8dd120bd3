//! How do the machines stand to each other, as this node sees it? Who is heard, who leads, who is next, and why.

use std::collections::BTreeMap;

use super::id::{Epoch, Incarnation, NodeId};

/// What the election tells the loop; only its changes come in, never a heartbeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The other members.
    pub peers: BTreeMap<NodeId, Peer>,
    /// Live nodes that may lead, this one included: the one that would lead first.
    pub rank: Vec<NodeId>,
    /// This node's priority; 0 = never leads.
    pub priority: u8,
    /// Whether this node hears nobody and not even its gateway: the fault is most likely its own.
    pub is_isolated: bool,
    /// Whether another machine uses this node's identity at the same time, so that this one stands back.
    pub is_doubled: bool,
    /// Why it stands as it does, for people ("pi4 has priority 180 and was heard 0.2 s ago").
    pub why: String,
}

/// One other member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// Whether it is heard: by this node, or by one that this node hears.
    pub is_live: bool,
    /// Whether this node hears it itself.
    pub is_direct: bool,
    /// Its priority; 0 = never leads.
    pub priority: u8,
    /// Which run of it was heard last.
    pub incarnation: Option<Incarnation>,
    /// Whom it follows.
    pub follows: Option<Epoch>,
    /// Whether it holds the same records as this node.
    pub is_in_sync: bool,
}
