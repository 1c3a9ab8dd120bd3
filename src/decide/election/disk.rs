//! What must be on disk before it is shown? One's own next epoch, and the epoch below which no plan is obeyed.

use super::lead::Part;
use super::timing::RETRY;
use super::{Election, Output};
use crate::model::election::{Durable, raise};
use crate::model::id::Epoch;
use crate::model::time::Timestamp;

/// What is written and what shall be.
#[derive(Debug, Clone)]
pub struct Disk {
    on_disk: Durable,
    wanted: Durable,
    /// A plan of this epoch waits for its fence.
    fence: Option<Epoch>,
    /// After a failure: when to write again, and not to claim before.
    retry_at: Option<Timestamp>,
}

impl Disk {
    /// What was read at the start.
    pub fn new(durable: Durable) -> Self {
        Self { wanted: durable.clone(), on_disk: durable, fence: None, retry_at: None }
    }

    /// Whether the disk failed a moment ago.
    pub const fn is_ailing(&self) -> bool {
        self.retry_at.is_some()
    }
}

impl Election {
    /// The next epoch of this node, on its way to the disk; none if the counters are used up.
    pub(super) fn persist_next_epoch(&mut self, out: &mut Vec<Output>) -> Option<Epoch> {
        let highest = self.seen.as_ref().max(self.disk.wanted.highest.as_ref()).map_or(0, |epoch| epoch.counter);
        // One more than any epoch ever seen, even our own: after a restart we may not reuse a reign.
        let epoch = Epoch { counter: highest.checked_add(1)?, node: self.me.clone() };
        raise(&mut self.disk.wanted.highest, Some(&epoch));
        out.push(Output::Persist(self.disk.wanted.clone()));
        Some(epoch)
    }

    /// A plan of `epoch` may be obeyed once that is on disk. A plan below what is fenced already is never obeyed; then the
    /// leader hears of the higher epoch and takes one above it.
    pub(super) fn fence(&mut self, epoch: Epoch, out: &mut Vec<Output>) {
        raise(&mut self.seen, Some(&epoch));
        if self.disk.on_disk.fenced.as_ref() == Some(&epoch) {
            out.push(Output::Fenced(epoch));
        } else if self.disk.wanted.fenced.as_ref() <= Some(&epoch) {
            let is_on_its_way = self.disk.wanted.fenced.as_ref() == Some(&epoch);
            raise(&mut self.disk.wanted.fenced, Some(&epoch));
            self.disk.fence = Some(epoch);
            if !is_on_its_way {
                out.push(Output::Persist(self.disk.wanted.clone()));
            }
        }
    }

    pub(super) fn persisted(&mut self, now: Timestamp, durable: &Durable, out: &mut Vec<Output>) {
        self.disk.on_disk.join(durable);
        self.disk.retry_at = None;
        if let Some(epoch) = self.disk.fence.take_if(|epoch| self.disk.on_disk.fenced.as_ref() >= Some(epoch)) {
            out.push(Output::Fenced(epoch));
        }
        self.epoch_persisted(now, out);
    }

    /// Whether `epoch`, the last this node asked for, is on disk.
    pub(super) fn is_on_disk(&self, epoch: &Epoch) -> bool {
        self.disk.on_disk.highest.as_ref() >= Some(epoch)
    }

    pub(super) fn persist_failed(&mut self, now: Timestamp) {
        self.disk.retry_at = Some(now.after(RETRY));
        match &mut self.part {
            Part::Claiming { .. } => self.part = Part::Follower,
            Part::Leader { bumping, .. } => *bumping = None,
            Part::Init { .. } | Part::Follower | Part::Isolated => {}
        }
    }

    /// Writes again what a failure left; without that a fence would wait for the next leader.
    pub(super) fn retry_disk(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        if self.disk.retry_at.take_if(|at| now >= *at).is_some() && self.disk.wanted != self.disk.on_disk {
            out.push(Output::Persist(self.disk.wanted.clone()));
        }
    }
}
