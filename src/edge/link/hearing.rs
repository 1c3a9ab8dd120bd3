//! Who hears whom? What each member's heartbeats say, for finding a way around a link that cannot be had.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::model::election::{Heartbeat, PeerTag};
use crate::model::id::NodeId;

/// Written by whoever hears heartbeats, read by whoever sends frames.
#[derive(Debug, Default)]
pub struct Hearing {
    live: Mutex<BTreeMap<NodeId, BTreeSet<PeerTag>>>,
}

impl Hearing {
    /// Takes in what a heartbeat that counts says.
    pub fn learn(&self, said: &Heartbeat) {
        let heard = said.hears.iter().filter(|heard| heard.is_live).map(|heard| heard.peer).collect();
        self.live.lock().unwrap_or_else(PoisonError::into_inner).insert(said.from.clone(), heard);
    }

    /// Whether `node` last said that it hears `other`.
    #[must_use]
    pub fn hears(&self, node: &NodeId, other: &NodeId) -> bool {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.get(node).is_some_and(|heard| heard.contains(&PeerTag::of(other)))
    }
}
