//! Whose keys are let in? The members the world knows; when one leaves, all its connections are cut.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::BASE64;
use tokio_util::sync::CancellationToken;

use crate::edge::identity::node_id;
use crate::model::id::NodeId;
use crate::model::world::World;

/// The other members' public keys, each with what cuts its connections.
#[derive(Debug, Default)]
pub struct Members {
    seats: Mutex<BTreeMap<NodeId, Seat>>,
}

#[derive(Debug)]
struct Seat {
    key: Vec<u8>,
    cut: CancellationToken,
}

impl Members {
    /// Who holds this public key (SPKI, DER), and what is cancelled when it leaves; none if no member does.
    #[must_use]
    pub fn admit(&self, spki: &[u8]) -> Option<(NodeId, CancellationToken)> {
        let node = node_id(spki);
        let seats = self.seats();
        let seat = seats.get(&node).filter(|seat| seat.key == spki)?;
        Some((node, seat.cut.clone()))
    }

    /// The other members.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<NodeId> {
        self.seats().keys().cloned().collect()
    }

    /// Whether `node` is one of them.
    #[must_use]
    pub fn has(&self, node: &NodeId) -> bool {
        self.seats().contains_key(node)
    }

    /// From now on these are the members; connections of those who left are cut.
    pub fn replace(&self, keys: BTreeMap<NodeId, Vec<u8>>) {
        let mut seats = self.seats();
        seats.retain(|node, seat| {
            let stays = keys.get(node) == Some(&seat.key);
            if !stays {
                seat.cut.cancel();
            }
            stays
        });
        for (node, key) in keys {
            seats.entry(node).or_insert_with(|| Seat { key, cut: CancellationToken::new() });
        }
    }

    fn seats(&self) -> MutexGuard<'_, BTreeMap<NodeId, Seat>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of all other members of `world`; one that is no key of its node is left out.
#[must_use]
pub fn keys_of(world: &World) -> BTreeMap<NodeId, Vec<u8>> {
    let others = world.members.iter().filter(|(node, _)| **node != world.me.node && !world.removed.contains_key(*node));
    others
        .filter_map(|(node, member)| Some((node.clone(), BASE64.decode(member.key.as_bytes()).ok()?)))
        .filter(|(node, key)| node_id(key) == *node)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;
    use crate::model::document::Member;
    use crate::model::time::WallTime;
    use std::sync::Arc;

    fn keys(keys: &[&[u8]]) -> BTreeMap<NodeId, Vec<u8>> {
        keys.iter().map(|key| (node_id(key), key.to_vec())).collect()
    }

    #[test]
    fn whoever_leaves_is_cut_and_whoever_stays_is_not() {
        let members = Members::default();
        members.replace(keys(&[b"one", b"two"]));
        let (_, one) = members.admit(b"one").unwrap();
        let (_, two) = members.admit(b"two").unwrap();
        members.replace(keys(&[b"two", b"three"]));
        assert!(one.is_cancelled() && !two.is_cancelled());
        assert!(members.admit(b"one").is_none() && members.admit(b"three").is_some());
        assert!(members.has(&node_id(b"two")) && members.ids().len() == 2);
    }

    #[test]
    fn a_key_under_another_nodes_id_and_this_nodes_own_key_let_nobody_in() {
        let mut world = sample::world();
        let member = |key: &[u8]| Member { name: "x".into(), key: BASE64.encode(key), joined_at: WallTime(1) };
        let all = Arc::make_mut(&mut world.members);
        all.insert(node_id(b"good"), member(b"good"));
        all.insert(node_id(b"bad"), member(b"good"));
        all.insert(node_id(b"torn"), Member { key: "?".into(), ..member(b"") });
        all.insert(world.me.node.clone(), member(b"me"));
        assert_eq!(keys_of(&world), keys(&[b"good"]));
    }
}
