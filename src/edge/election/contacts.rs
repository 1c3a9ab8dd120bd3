//! Where does a heartbeat go? To where its receiver is heard from; to everywhere it may be, while it is not.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use crate::model::election::Heartbeat;
use crate::model::id::{Incarnation, NodeId};
use crate::model::time::Timestamp;

/// Heard within this time, a peer is where it was heard from.
const FRESH: Duration = Duration::from_secs(1);
/// Not heard for so long, it is most likely switched off.
const AWAY: Duration = Duration::from_secs(60);
/// Then only each of so many heartbeats goes out to it.
const SELDOM: u64 = 8;

/// From where each peer is heard.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    peers: BTreeMap<NodeId, Contact>,
}

#[derive(Debug)]
struct Contact {
    /// The last heartbeat that counted: its run, number, way and time.
    heard: Option<(Incarnation, u64, SocketAddr, Timestamp)>,
    since: Timestamp,
}

impl Contacts {
    /// From now on these are the peers.
    pub(super) fn set(&mut self, members: &BTreeSet<NodeId>, now: Timestamp) {
        self.peers.retain(|node, _| members.contains(node));
        for node in members {
            self.peers.entry(node.clone()).or_insert(Contact { heard: None, since: now });
        }
    }

    pub(super) fn has(&self, node: &NodeId) -> bool {
        self.peers.contains_key(node)
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeId> {
        self.peers.keys()
    }

    /// A heartbeat that names this run arrived from `from`. Whether it is new: what was recorded and said again tells nothing
    /// about where its sender is.
    pub(super) fn meet(&mut self, said: &Heartbeat, from: SocketAddr, now: Timestamp) -> bool {
        let Some(contact) = self.peers.get_mut(&said.from) else { return false };
        let is_new = contact.heard.as_ref().is_none_or(|(run, seq, ..)| {
            let (this, last) = ((said.incarnation, said.seq), (*run, *seq));
            if said.incarnation == *run { this.1 > last.1 } else { said.incarnation.boot >= run.boot }
        });
        if is_new {
            contact.heard = Some((said.incarnation, said.seq, from, now));
        }
        is_new
    }

    /// Where heartbeat `seq` goes for `node`, which may be at `ways`.
    pub(super) fn targets(
        &self,
        node: &NodeId,
        seq: u64,
        now: Timestamp,
        ways: impl FnOnce() -> Vec<SocketAddr>,
    ) -> Vec<SocketAddr> {
        let Some(contact) = self.peers.get(node) else { return Vec::new() };
        let silent_since = contact.heard.as_ref().map_or(contact.since, |(.., at)| *at);
        let silence = now.saturating_sub(silent_since);
        match &contact.heard {
            Some((.., address, _)) if silence <= FRESH => vec![*address],
            _ if silence > AWAY && !seq.is_multiple_of(SELDOM) => Vec::new(),
            heard => {
                let mut all = ways();
                if let Some((.., address, _)) = heard
                    && !all.contains(address)
                {
                    all.push(*address);
                }
                all
            }
        }
    }
}
