//! Who leads? A state machine over heartbeats and silence; the edge feeds it and does what it says.
//!
//! No majority is asked for: every connected part of a platform has one leader. The rules are in `docs/simulation.md` and in
//! the files here: who is heard (`peers`), who claims (`claims`), who takes the lead and when (`lead`), who hands it over
//! (`grant`), what is written down first (`disk`).

mod claims;
mod disk;
mod grant;
mod interface;
mod lead;
mod patience;
mod peers;
mod standing;
mod timing;

use std::sync::Arc;
use std::time::Duration;

pub use interface::{Gateway, Input, Output, Settings, TICK, Weakness};

use crate::model::election::{Claim, Durable, Grant, HEARTBEAT_FORMAT, Heartbeat, PeerTag, RunTag, raise};
use crate::model::event::Role;
use crate::model::id::{Epoch, Incarnation, NodeId};
use crate::model::time::Timestamp;
use claims::Claims;
use disk::Disk;
use lead::{Following, Part};
use patience::Patience;
use peers::{Peers, Verdict};
use timing::{DEAF, DEAF_GAP, HEARTBEAT, JITTER_MS, LISTEN};

/// One node's view of who leads, and its part in it.
#[derive(Debug, Clone)]
pub struct Election {
    me: NodeId,
    run: Incarnation,
    tag: PeerTag,
    run_tag: RunTag,
    settings: Settings,
    weakness: Weakness,
    started: Timestamp,
    part: Part,
    peers: Peers,
    claims: Claims,
    patience: Patience,
    disk: Disk,
    /// The highest epoch anybody revealed.
    seen: Option<Epoch>,
    following: Option<Following>,
    /// Since when nobody leads.
    lost_since: Option<Timestamp>,
    /// What this node took back, and until when it says so.
    withdrawn: Option<(Claim, Timestamp)>,
    /// As leader: to whom it hands over.
    grant: Option<Grant>,
    /// As leader: whom a person wants to lead, and for how long that is tried.
    hand_over: Option<(NodeId, Timestamp)>,
    /// As follower: what the leader granted to this node.
    granted: Option<Grant>,
    digest: u64,
    has_synced: bool,
    gateway: Gateway,
    has_gateway_answered: bool,
    leads_anyway: bool,
    is_write_pending: bool,
    is_resigned: bool,
    is_doubled: bool,
    seq: u64,
    next_heartbeat: Timestamp,
    last_tick: Timestamp,
    deaf_until: Timestamp,
    told: Told,
}

/// What was last told, to tell only changes.
#[derive(Debug, Clone)]
struct Told {
    role: Role,
    /// Digest of the standing.
    standing: u64,
}

impl Election {
    /// A node that just started; `incarnation` is on disk, `durable` was read from it.
    #[must_use]
    pub fn new(me: NodeId, incarnation: Incarnation, durable: Durable, settings: Settings, now: Timestamp) -> Self {
        let mut peers = Peers::default();
        peers.set(&settings.members);
        let listens = if settings.members.is_empty() { Duration::ZERO } else { LISTEN };
        Self {
            tag: PeerTag::of(&me),
            run_tag: RunTag::of(incarnation),
            me,
            run: incarnation,
            settings,
            weakness: Weakness::default(),
            started: now,
            part: Part::Init { until: now.after(listens) },
            peers,
            claims: Claims::default(),
            patience: Patience::new(now),
            seen: durable.fenced.clone(),
            disk: Disk::new(durable),
            following: None,
            lost_since: None,
            withdrawn: None,
            grant: None,
            hand_over: None,
            granted: None,
            digest: 0,
            has_synced: false,
            gateway: Gateway::None,
            has_gateway_answered: false,
            leads_anyway: false,
            is_write_pending: false,
            is_resigned: false,
            is_doubled: false,
            seq: 0,
            next_heartbeat: now,
            last_tick: now,
            deaf_until: now,
            told: Told { role: Role::Starting, standing: 0 },
        }
    }

    /// The same node with a rule taken away, to show that the simulation notices.
    #[must_use]
    pub fn weakened(mut self, weakness: Weakness) -> Self {
        self.weakness = weakness;
        self
    }

    /// Takes in what happened, and pushes what should be done.
    pub fn step(&mut self, now: Timestamp, input: Input, out: &mut Vec<Output>) {
        self.notice_deafness(now);
        let is_tick = input == Input::Tick;
        match input {
            Input::Tick => self.last_tick = now,
            Input::Heard(said) => self.hear(now, &said),
            Input::Persisted(durable) => self.persisted(now, &durable, out),
            Input::PersistFailed => self.persist_failed(now),
            Input::Settings(settings) => {
                self.peers.set(&settings.members);
                self.settings = settings;
                self.forget_claims(now);
            }
            Input::Holds { digest, has_synced } => (self.digest, self.has_synced) = (digest, has_synced),
            Input::Gateway(gateway) => {
                self.gateway = gateway;
                self.has_gateway_answered |= gateway == Gateway::Answers;
            }
            Input::HandOver(to) => self.hand_over_to(to, now),
            Input::LeadAnyway => self.leads_anyway = matches!(self.part, Part::Isolated),
            Input::WritePending(is_pending) => self.is_write_pending = is_pending,
            Input::Fence(epoch) => self.fence(epoch, out),
            Input::Resign => self.is_resigned = true,
        }
        self.evaluate(now, out);
        if is_tick {
            self.tick(now, out);
        } else if self.is_resigned {
            // Nothing comes after this; once more, because one datagram may be lost.
            self.broadcast(now, out);
        }
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.retry_disk(now, out);
        if now < self.next_heartbeat {
            return;
        }
        let mixed = (self.seq ^ u64::from_be_bytes(self.run_tag.0)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let wait = HEARTBEAT + Duration::from_millis(mixed % (2 * JITTER_MS + 1)) - Duration::from_millis(JITTER_MS);
        // From when it was due, so that ticks do not stretch the rhythm; from now if this node slept.
        let due = self.next_heartbeat.after(wait);
        self.next_heartbeat = if due > now { due } else { now.after(wait) };
        self.patience.pass(now);
        self.forget_claims(now);
        self.broadcast(now, out);
        self.tell_standing(now, out);
    }

    fn forget_claims(&mut self, now: Timestamp) {
        let peers = &self.peers;
        self.claims.forget(now, |node| peers.get(node).is_some());
    }

    /// A gap between ticks means that this node heard nothing, not that nobody spoke.
    fn notice_deafness(&mut self, now: Timestamp) {
        if now.saturating_sub(self.last_tick) > DEAF_GAP {
            self.last_tick = now;
            self.deaf_until = now.after(DEAF);
            self.lost_since = None;
        }
    }

    fn hear(&mut self, now: Timestamp, said: &Arc<Heartbeat>) {
        if self.peers.get(&said.from).is_none() {
            return;
        }
        // Whoever names this run knows it: that is proof enough, and who stands back is not named as heard any more.
        self.is_doubled |= said.doubled.contains(&self.run_tag);
        let verdict = self.peers.take(said, said.acknowledges(self.tag, self.run_tag), self.seq, now);
        if verdict == Verdict::Nothing {
            return;
        }
        raise(&mut self.seen, said.highest.as_ref());
        for claim in &said.claims {
            self.hear_claim(claim, now);
        }
        if let Some(grant) = said.grant.as_ref().filter(|grant| grant.to == self.me && grant.epoch.node == said.from) {
            self.granted = Some(grant.clone());
        }
    }

    fn hear_claim(&mut self, claim: &Claim, now: Timestamp) {
        let holder = &claim.epoch.node;
        raise(&mut self.seen, Some(&claim.epoch));
        if *holder == self.me || self.peers.get(holder).is_none() || self.peers.is_doubled(holder, claim.incarnation) {
            return;
        }
        let at = Timestamp::new(now.since_boot().saturating_sub(Duration::from_millis(claim.age_ms.into())));
        let gap = self.claims.merge(claim, at, now);
        if let Some(gap) = gap.filter(|_| now >= self.deaf_until) {
            self.patience.saw_gap(gap);
        }
    }

    /// Says everything to everybody; a node whose identity another one uses is silent.
    fn broadcast(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        self.seq += 1;
        if self.is_doubled || self.peers.is_empty() {
            return;
        }
        let silence = self.silence();
        let mut claims = Vec::with_capacity(2);
        if let Part::Leader { .. } = self.part {
            claims.extend(self.own_claim(now));
        } else if let Some((claim, _)) = self.withdrawn.as_ref().filter(|(_, until)| now < *until) {
            claims.push(Claim { seq: self.seq, ..claim.clone() });
        }
        self.claims.to_relay(now, &mut claims);
        out.push(Output::Send(Arc::new(Heartbeat {
            v: HEARTBEAT_FORMAT,
            from: self.me.clone(),
            incarnation: self.run,
            seq: self.seq,
            priority: self.settings.priority,
            is_eligible: self.is_eligible() && !matches!(self.part, Part::Init { .. } | Part::Isolated),
            highest: self.seen.clone(),
            follows: self.follows().cloned(),
            digest: self.digest,
            hears: self.peers.hears(now, silence),
            doubled: self.peers.doubled(now),
            wants: self.wants(now),
            grant: self.grant.clone(),
            claims,
        })));
    }

    fn silence(&self) -> Duration {
        self.patience.silence(self.settings.calm)
    }

    /// Whether this node may ever lead as things are.
    fn is_eligible(&self) -> bool {
        self.settings.priority > 0
            && !self.is_resigned
            && !self.is_doubled
            // What a joined node leads with are others' wishes; before it has them it would lead with none.
            && (self.has_synced || self.peers.is_empty())
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
