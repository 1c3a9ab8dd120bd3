//! What is on its way to one peer? At most one frame of records, until its receipt comes.

use std::time::Duration;

use crate::decide::{ladder, members};
use crate::model::action::Action;
use crate::model::id::NodeId;
use crate::model::time::Timestamp;
use crate::model::vector::Vector;
use crate::model::world::World;

/// How long the receipt of a frame may take: a slow SD card writes a batch in less.
const RECEIPT_LIMIT: Duration = Duration::from_secs(10);

/// One peer with an open link.
#[derive(Debug)]
pub struct Link {
    /// What it was last told this node holds.
    pub told: Vector,
    /// Whether it waits for an answer, so that it is served first.
    pub asks: bool,
    sending: Sending,
    /// Whether it was given all leaves on this link: only they tell what was pruned while it was away.
    had_heads: bool,
    /// Frames in a row without a receipt.
    misses: u32,
}

#[derive(Debug)]
enum Sending {
    /// Nothing is on its way.
    Nothing,
    /// The disk is asked for records.
    Reading(Timestamp),
    /// Records are on their way.
    OnItsWay { upto: Vector, until: Timestamp },
    /// No receipt came; the next try is then.
    Again(Timestamp),
}

impl Link {
    /// A link on which all of `told` was said to be held here.
    pub fn new(told: &Vector) -> Self {
        Self { told: told.clone(), asks: false, sending: Sending::Nothing, had_heads: false, misses: 0 }
    }

    /// When it wants to be looked at again.
    pub const fn deadline(&self) -> Option<Timestamp> {
        match self.sending {
            Sending::Nothing => None,
            Sending::Reading(until) | Sending::OnItsWay { until, .. } | Sending::Again(until) => Some(until),
        }
    }

    /// Whether a wait is over.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }

    /// The disk gave what is now on its way; an empty `upto` of a part means that it refused.
    pub fn sent(&mut self, now: Timestamp, upto: &Vector, is_whole: bool) {
        self.had_heads |= is_whole;
        self.sending = match (upto.0.is_empty(), is_whole) {
            (true, true) => Sending::Nothing,
            (true, false) => Sending::Again(now.after(RECEIPT_LIMIT)),
            (false, _) => Sending::OnItsWay { upto: upto.clone(), until: now.after(RECEIPT_LIMIT) },
        };
    }

    /// Asks the disk for what the peer lacks, if nothing is on its way and it said what it holds.
    pub fn send_on(&mut self, world: &World, now: Timestamp, peer: &NodeId, out: &mut Vec<Action>) {
        let Some(holds) = world.peer_holds.get(peer) else { return };
        match &self.sending {
            // What it refuses of a removed machine will never be confirmed, and does not count here either.
            Sending::OnItsWay { upto, .. } if holds.covers(&members::counted(world, upto)) => {
                self.sending = Sending::Nothing;
                self.misses = 0;
            }
            Sending::Reading(until) | Sending::OnItsWay { until, .. } if *until <= now => self.miss(peer, now),
            Sending::Again(at) if *at <= now => self.sending = Sending::Nothing,
            _ => {}
        }
        let Sending::Nothing = self.sending else { return };
        if self.had_heads && holds.covers(&members::counted(world, &world.holds)) {
            return;
        }
        self.sending = Sending::Reading(now.after(RECEIPT_LIMIT));
        out.push(Action::SendDelta { to: peer.clone(), since: holds.clone(), with_heads: !self.had_heads });
    }

    fn miss(&mut self, peer: &NodeId, now: Timestamp) {
        self.misses = self.misses.saturating_add(1);
        self.sending = Sending::Again(now.after(ladder::wait(peer.as_str(), self.misses)));
    }
}
