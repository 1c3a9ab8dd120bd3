//! How do the machines stand to each other, and why? For the loop, which hears of changes, and for people, who read the why.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::lead::Part;
use super::{Election, Output};
use crate::model::standing::{Peer, Standing};
use crate::model::time::Timestamp;

impl Election {
    /// Who is heard, who is next, and why this node's part is what it is.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        let silence = self.silence();
        let (mut peers, mut ranked) = (BTreeMap::new(), Vec::new());
        for (node, peer) in self.peers.iter() {
            let is_direct = peer.is_direct(now, silence);
            let is_live = is_direct || self.peers.is_heard_by_any(peer.tag(), now, silence);
            let (last, claim) = (peer.last(), self.claims.live_of(node, now, silence));
            // A leader may be known only from what others pass on.
            let priority = claim.map(|claim| claim.priority).or(last.map(|said| said.priority)).unwrap_or(0);
            if is_live && (claim.is_some() || last.is_some_and(|said| said.is_eligible)) {
                ranked.push((priority, node.clone()));
            }
            let stands = Peer {
                is_live,
                is_direct,
                priority,
                incarnation: last.map(|said| said.incarnation),
                follows: last.filter(|_| is_direct).and_then(|said| said.follows.clone()),
                is_in_sync: is_direct && last.is_some_and(|said| said.digest == self.digest),
            };
            peers.insert(node.clone(), stands);
        }
        if self.is_eligible() && !matches!(self.part, Part::Isolated) {
            ranked.push((self.settings.priority, self.me.clone()));
        }
        ranked.sort_by(|a, b| b.cmp(a));
        Standing {
            rank: ranked.into_iter().map(|(_, node)| node).collect(),
            priority: self.settings.priority,
            is_isolated: matches!(self.part, Part::Isolated) && !self.is_doubled,
            is_doubled: self.is_doubled,
            why: self.why(now),
            peers,
        }
    }

    /// Nodes are named by the first eight characters of their ids; the election knows no names.
    fn why(&self, now: Timestamp) -> String {
        if self.is_doubled {
            return "another machine uses this node's identity, a copied disk or a restored backup, so this one stands back; \
                    `kraken reset-identity` makes it a node of its own"
                .to_owned();
        }
        match &self.part {
            Part::Init { .. } => "it just started and listens who leads".to_owned(),
            Part::Isolated => "it hears no other machine and not even the router, so the fault is most likely its own \
                               connection; its apps keep running"
                .to_owned(),
            Part::Claiming { supersedes: Some(old), .. } => format!("{} hands the lead over to it", old.node.short()),
            Part::Claiming { .. } => "nobody leads, and it is next; its claim is being written down".to_owned(),
            Part::Leader { by_hand: true, .. } => "somebody made it leader".to_owned(),
            Part::Leader { supersedes: Some(old), .. } => {
                format!(
                    "{} handed the lead over to it, because its priority {} is higher",
                    old.node.short(),
                    self.settings.priority
                )
            }
            Part::Leader { .. } => self.why_it_leads(now),
            Part::Follower => self.why_it_follows(now),
        }
    }

    fn why_it_leads(&self, now: Timestamp) -> String {
        if self.peers.is_empty() {
            return "it is the only machine".to_owned();
        }
        match self.peers.direct(now, self.silence()).count() {
            0 if self.leads_anyway => "somebody asked it to lead though it hears nobody".to_owned(),
            0 => "it hears no other machine".to_owned(),
            1 => "the one other machine that it hears follows or may follow it".to_owned(),
            n => format!("nobody better claimed the lead; it hears {n} other machines"),
        }
    }

    fn why_it_follows(&self, now: Timestamp) -> String {
        let Some(following) = &self.following else { return self.why_it_waits() };
        let leader = &following.epoch.node;
        let Some(claim) = self.claims.live_of(leader, now, self.silence()) else {
            return format!("{} was the leader and is not heard", leader.short());
        };
        let named = format!("{} leads with priority {}", leader.short(), claim.priority);
        let is_better = (self.settings.priority, &self.me) > (claim.priority, leader);
        if self.settings.priority == 0 {
            format!("{named}; this node has priority 0 and never leads")
        } else if claim.by_hand {
            format!("{named}; somebody made it leader")
        } else if !is_better {
            format!("{named}; this node has {}", self.settings.priority)
        } else if !self.has_synced {
            format!("{named}; this node does not hold the platform's records yet")
        } else if let Some(wait) = self.settings.preempt {
            let wait = wait.as_secs();
            format!("{named}; this node has {} and takes over once it was in sync for {wait} s", self.settings.priority)
        } else {
            format!("{named}; this node has {}, but does not ask for the lead (preempt is off)", self.settings.priority)
        }
    }

    fn why_it_waits(&self) -> String {
        if self.is_resigned {
            "it is stopping".to_owned()
        } else if self.settings.priority == 0 {
            "nobody leads, and this node has priority 0 and never does".to_owned()
        } else if !self.is_eligible() {
            "nobody leads, and this node does not hold the platform's records yet".to_owned()
        } else if self.disk.is_ailing() {
            "nobody leads, and this node cannot write its claim down; it tries again every second".to_owned()
        } else {
            "nobody leads; a better machine may claim first".to_owned()
        }
    }

    /// Tells that something changed, if anything did.
    pub(super) fn tell_standing(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let digest = self.digest_of_standing(now);
        if digest != self.told.standing {
            self.told.standing = digest;
            out.push(Output::StandingChanged);
        }
    }

    /// Covers all that [`Self::standing`] is made of; four times a second that itself would be too dear.
    fn digest_of_standing(&self, now: Timestamp) -> u64 {
        let (silence, mut hasher) = (self.silence(), DefaultHasher::new());
        for (_, peer) in self.peers.iter() {
            let is_direct = peer.is_direct(now, silence);
            (is_direct, is_direct || self.peers.is_heard_by_any(peer.tag(), now, silence)).hash(&mut hasher);
            if let Some(said) = peer.last() {
                let run = (said.incarnation.boot, said.incarnation.random);
                let is_in_sync = said.digest == self.digest;
                (said.priority, said.is_eligible, run, &said.follows, is_in_sync).hash(&mut hasher);
            }
        }
        let part = match &self.part {
            Part::Init { .. } => 0,
            Part::Follower => 1,
            Part::Isolated => 2,
            Part::Claiming { .. } => 3,
            Part::Leader { by_hand, supersedes, .. } => 4 + u8::from(*by_hand) + 2 * u8::from(supersedes.is_some()),
        };
        let leader = self.follows();
        let claim = leader.and_then(|leader| self.claims.live_of(&leader.node, now, silence));
        (part, leader, claim.map(|claim| (claim.priority, claim.by_hand))).hash(&mut hasher);
        (self.settings.priority, self.settings.preempt, self.is_eligible(), self.is_resigned).hash(&mut hasher);
        (self.is_doubled, self.leads_anyway, self.disk.is_ailing()).hash(&mut hasher);
        hasher.finish()
    }
}
