//! Who takes the lead, who keeps it, who steps down? What the claims that are alive mean for this node.

use super::claims::beats;
use super::timing::{PROBATION, SKEW, WITHDRAWN};
use super::{Election, Gateway, Output};
use crate::model::election::{Claim, raise};
use crate::model::event::Role;
use crate::model::id::{Epoch, Incarnation, NodeId};
use crate::model::time::Timestamp;

/// What this node does in the election.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// It just started and listens.
    Init { until: Timestamp },
    /// It follows, or waits for somebody to follow.
    Follower,
    /// The fault is its own: no peer, no gateway.
    Isolated,
    /// Its next epoch is on its way to the disk; nobody knows.
    Claiming { epoch: Epoch, supersedes: Option<Epoch>, by_hand: bool },
    /// It leads. With `bumping`, a higher epoch is on its way to the disk.
    Leader { epoch: Epoch, since: Timestamp, supersedes: Option<Epoch>, by_hand: bool, bumping: Option<Epoch> },
}

/// Whom a follower follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Following {
    pub epoch: Epoch,
    pub incarnation: Incarnation,
    /// Since when it is this run of this node, whatever its epoch.
    pub since: Timestamp,
}

impl Election {
    /// Looks at everything anew until nothing changes.
    pub(super) fn evaluate(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        if self.is_doubled {
            // Not even a withdrawal: our words are not believed any more, and the other machine's must be.
            (self.part, self.following, self.grant) = (Part::Isolated, None, None);
        } else {
            // Init, Follower, Claiming is the longest way that one event can go.
            for _ in 0..3 {
                if !self.turn(now, out) {
                    break;
                }
            }
        }
        self.tell_role(out);
    }

    /// One transition; whether there was one.
    fn turn(&mut self, now: Timestamp, out: &mut Vec<Output>) -> bool {
        match self.part {
            Part::Init { until } => self.turn_init(now, until),
            Part::Follower => self.turn_follower(now, out),
            Part::Isolated => self.turn_isolated(now),
            Part::Claiming { .. } => self.turn_claiming(now),
            Part::Leader { .. } => self.turn_leader(now, out),
        }
    }

    fn turn_init(&mut self, now: Timestamp, until: Timestamp) -> bool {
        let is_over = now >= until || self.peers.is_empty() || self.claims.best(now, self.silence()).is_some();
        if is_over {
            self.part = Part::Follower;
        }
        is_over
    }

    fn turn_follower(&mut self, now: Timestamp, out: &mut Vec<Output>) -> bool {
        self.follow_best(now);
        if self.following.is_some() {
            return self.take_grant(now, out);
        }
        if now < self.deaf_until {
            return false;
        }
        if self.is_cut_off(now) {
            self.part = Part::Isolated;
            return true;
        }
        let since = *self.lost_since.get_or_insert(now);
        if !self.is_eligible() || self.disk.is_ailing() || now.saturating_sub(since) < SKEW * self.better_alive(now) {
            return false;
        }
        self.claim(None, false, out)
    }

    /// Follows the best living claim; keeps whom it follows unless that one is strictly beaten.
    fn follow_best(&mut self, now: Timestamp) {
        let silence = self.silence();
        let Some(mut best) = self.claims.best(now, silence) else {
            self.following = None;
            return;
        };
        self.lost_since = None;
        if let Some(following) = &self.following {
            let same = self.claims.live_of(&following.epoch.node, now, silence);
            if let Some(same) = same.filter(|same| !beats(best, same)) {
                best = same;
            }
            if following.epoch == best.epoch && following.incarnation == best.incarnation {
                return;
            }
        }
        let is_same_run =
            |following: &&Following| following.epoch.node == best.epoch.node && following.incarnation == best.incarnation;
        let since = self.following.as_ref().filter(is_same_run).map_or(now, |following| following.since);
        self.following = Some(Following { epoch: best.epoch.clone(), incarnation: best.incarnation, since });
    }

    pub(super) fn claim(&mut self, supersedes: Option<Epoch>, by_hand: bool, out: &mut Vec<Output>) -> bool {
        let Some(epoch) = self.persist_next_epoch(out) else { return false };
        self.part = Part::Claiming { epoch, supersedes, by_hand };
        true
    }

    fn turn_isolated(&mut self, now: Timestamp) -> bool {
        let is_over = !self.is_cut_off(now);
        if is_over {
            (self.part, self.lost_since) = (Part::Follower, None);
        }
        is_over
    }

    /// A rival is any living claim but that of the leader who hands over.
    fn turn_claiming(&mut self, now: Timestamp) -> bool {
        if !matches!(self.part, Part::Claiming { .. }) {
            return false;
        }
        self.follow_best(now);
        let Part::Claiming { supersedes, .. } = &self.part else { return false };
        let has_rival = self.claims.live(now, self.silence()).any(|said| Some(&said.claim.epoch) != supersedes.as_ref());
        // Deaf, it does not know whether there is one.
        let gives_up = has_rival || now < self.deaf_until || !self.is_eligible() || self.is_cut_off(now);
        if gives_up {
            self.part = Part::Follower;
        }
        gives_up
    }

    /// An epoch of this node is on disk: if it is still good for something, it counts from now on.
    pub(super) fn epoch_persisted(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        if self.turn_claiming(now) {
            return;
        }
        match &self.part {
            Part::Claiming { epoch, supersedes, by_hand } if self.is_on_disk(epoch) => {
                let (epoch, supersedes, by_hand) = (epoch.clone(), supersedes.clone(), *by_hand);
                raise(&mut self.seen, Some(&epoch));
                self.part = Part::Leader { epoch, since: now, supersedes, by_hand, bumping: None };
                (self.following, self.granted, self.lost_since, self.withdrawn) = (None, None, None, None);
                self.broadcast(now, out);
            }
            Part::Leader { since, by_hand, bumping: Some(epoch), .. } if self.is_on_disk(epoch) => {
                let (epoch, since, by_hand) = (epoch.clone(), *since, *by_hand);
                raise(&mut self.seen, Some(&epoch));
                self.part = Part::Leader { epoch, since, supersedes: None, by_hand, bumping: None };
                self.broadcast(now, out);
            }
            _ => {}
        }
    }

    fn turn_leader(&mut self, now: Timestamp, out: &mut Vec<Output>) -> bool {
        let Some(own) = self.own_claim(now) else { return false };
        let silence = self.silence();
        if self.claims.live(now, silence).any(|said| beats(&said.claim, &own)) || !self.is_eligible() {
            self.step_down(own, Part::Follower, now, out);
            return true;
        }
        if now >= self.deaf_until && self.is_cut_off(now) {
            self.step_down(own, Part::Isolated, now, out);
            return true;
        }
        if self.claims.live(now, silence).next().is_some() {
            self.grant = None;
            return false;
        }
        self.bump(&own.epoch, out);
        self.decide_grant(now, &own.epoch, out);
        false
    }

    /// Takes an epoch above all that were seen, so that no worker stays fenced above its leader. Leads on meanwhile.
    fn bump(&mut self, own: &Epoch, out: &mut Vec<Output>) {
        let is_below = match &self.seen {
            Some(seen) if self.weakness.counts_only => seen.counter > own.counter,
            seen => seen.as_ref() > Some(own),
        };
        let is_bumping = matches!(self.part, Part::Leader { bumping: Some(_), .. });
        if !is_below || is_bumping || self.disk.is_ailing() {
            return;
        }
        let next = self.persist_next_epoch(out);
        if let Part::Leader { bumping, .. } = &mut self.part {
            *bumping = next;
        }
    }

    fn step_down(&mut self, own: Claim, to: Part, now: Timestamp, out: &mut Vec<Output>) {
        self.withdrawn = Some((Claim { is_withdrawn: true, ..own }, now.after(WITHDRAWN)));
        (self.part, self.grant, self.hand_over, self.lost_since) = (to, None, None, None);
        if self.part == Part::Follower {
            self.follow_best(now);
        }
        self.broadcast(now, out);
        // Again at the next tick: one datagram may be lost.
        self.next_heartbeat = self.next_heartbeat.min(now);
    }

    /// This node's claim as it is now; none if it does not lead.
    pub(super) fn own_claim(&self, now: Timestamp) -> Option<Claim> {
        let Part::Leader { epoch, since, supersedes, by_hand, .. } = &self.part else { return None };
        let weight = match now.saturating_sub(*since) >= PROBATION {
            true => u8::try_from(1 + self.peers.followers(&self.me, now, self.silence())).unwrap_or(u8::MAX),
            false => 0,
        };
        Some(Claim {
            epoch: epoch.clone(),
            incarnation: self.run,
            seq: self.seq,
            age_ms: 0,
            priority: self.settings.priority,
            weight,
            supersedes: supersedes.clone(),
            by_hand: *by_hand,
            is_withdrawn: false,
        })
    }

    /// How many better nodes are alive and may claim before this one.
    fn better_alive(&self, now: Timestamp) -> u32 {
        let mine = (self.settings.priority, &self.me);
        let is_better = |(node, priority): (&NodeId, u8)| (priority, node) > mine;
        let direct = self.peers.direct(now, self.silence()).filter(|(_, said)| said.is_eligible);
        u32::try_from(direct.filter(|(node, said)| is_better((node, said.priority))).count()).unwrap_or(u32::MAX)
    }

    /// Whether the fault is this node's own: it hears no peer, and its gateway, which did answer before, is silent too.
    fn is_cut_off(&mut self, now: Timestamp) -> bool {
        let hears_nobody = !self.peers.is_empty() && self.peers.direct(now, self.silence()).next().is_none();
        let is_cut_off = hears_nobody && self.has_gateway_answered && self.gateway == Gateway::Silent;
        self.leads_anyway &= is_cut_off;
        is_cut_off && !self.leads_anyway
    }

    /// Whom this node follows; itself if it leads.
    pub(super) fn follows(&self) -> Option<&Epoch> {
        match &self.part {
            Part::Leader { epoch, .. } => Some(epoch),
            _ => self.following.as_ref().map(|following| &following.epoch),
        }
    }

    fn role(&self) -> Role {
        match &self.part {
            Part::Init { .. } => Role::Starting,
            Part::Isolated => Role::Isolated,
            Part::Leader { epoch, .. } => Role::Leader { epoch: epoch.clone() },
            Part::Follower | Part::Claiming { .. } => Role::Follower { leader: self.follows().cloned() },
        }
    }

    fn is_told(&self) -> bool {
        match (&self.told.role, &self.part) {
            (Role::Starting, Part::Init { .. }) | (Role::Isolated, Part::Isolated) => true,
            (Role::Leader { epoch: told }, Part::Leader { epoch, .. }) => told == epoch,
            (Role::Follower { leader }, Part::Follower | Part::Claiming { .. }) => leader.as_ref() == self.follows(),
            _ => false,
        }
    }

    fn tell_role(&mut self, out: &mut Vec<Output>) {
        if !self.is_told() {
            self.told.role = self.role();
            out.push(Output::RoleChanged(self.told.role.clone()));
        }
    }
}
