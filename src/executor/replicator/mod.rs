//! How do records reach every node? Links say what each side holds; whoever has more sends it; what arrives is told on.
//!
//! One frame of records is on its way to a peer at a time, and one batch of foreign records to the disk. What this node wrote
//! goes to every linked peer at once. What it heard goes a moment later to those that did not hear it from elsewhere.

mod link;
#[cfg(test)]
pub(super) mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::Value;

use crate::decide::{delta, members};
use crate::model::action::{Action, Note};
use crate::model::event::{BatchId, Event};
use crate::model::frame::{Frame, Heads};
use crate::model::id::NodeId;
use crate::model::time::Timestamp;
use crate::model::vector::Vector;
use crate::model::world::World;

use super::Executor;
use link::Link;

/// How long what was heard from others waits before it is told on: whoever wrote it tells its own neighbours first.
const GOSSIP_AFTER: Duration = Duration::from_millis(250);
/// Frames of one peer that wait for the disk: it sends the next only after the receipt of the last.
const MOST_WAITING: usize = 2;
/// Batches of foreign records are told from the orchestrator's own by their numbers.
const FIRST_BATCH: u64 = 1 << 63;

/// Keeps the records of this node and its peers the same.
#[derive(Debug, Default)]
pub struct Replicator {
    links: BTreeMap<NodeId, Link>,
    waiting: VecDeque<Incoming>,
    storing: Option<(BatchId, NodeId, Vector)>,
    last_batch: u64,
    gossip_at: Option<Timestamp>,
}

/// Records that arrived.
#[derive(Debug)]
struct Incoming {
    from: NodeId,
    since: Vector,
    upto: Vector,
    records: Vec<Value>,
    heads: Option<Heads>,
}

impl Executor for Replicator {
    fn setup(&mut self, _world: &World, _now: Timestamp, _out: &mut Vec<Action>) {}

    fn execute(&mut self, world: &World, now: Timestamp, event: &Event, out: &mut Vec<Action>) {
        match event {
            Event::LinkUp(peer) => self.link_up(world, peer, out),
            Event::LinkDown(peer) => {
                self.links.remove(peer);
                self.waiting.retain(|incoming| incoming.from != *peer);
            }
            Event::FrameArrived { from, frame } if !world.removed.contains_key(from) => self.heard(world, now, from, frame, out),
            Event::DeltaSent { to, upto, is_whole } => {
                if let Some(link) = self.links.get_mut(to) {
                    link.sent(now, upto, *is_whole);
                    link.send_on(world, now, to, out);
                }
            }
            Event::Persisted { batch, .. } => self.stored(world, now, *batch, out),
            Event::PersistFailed { batch, because } => self.not_stored(world, *batch, because, out),
            _ => {}
        }
        self.keep_time(world, now, out);
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.links.values().filter_map(Link::deadline).chain(self.gossip_at).min()
    }
}

impl Replicator {
    /// The first word on a link is what this node holds; the answer says what the other lacks.
    fn link_up(&mut self, world: &World, peer: &NodeId, out: &mut Vec<Action>) {
        self.waiting.retain(|incoming| incoming.from != *peer);
        let link = Link::new(&world.holds);
        self.links.insert(peer.clone(), link);
        say_holds(peer, (*world.holds).clone(), out);
    }

    fn heard(&mut self, world: &World, now: Timestamp, from: &NodeId, frame: &Frame, out: &mut Vec<Action>) {
        let Some(link) = self.links.get_mut(from) else { return };
        match frame {
            Frame::Holds { .. } => link.send_on(world, now, from, out),
            Frame::Records { since, upto, records, heads } => {
                let incoming = Incoming {
                    from: from.clone(),
                    since: since.clone(),
                    upto: upto.clone(),
                    records: records.clone(),
                    heads: heads.clone(),
                };
                self.take(incoming, out);
                self.store_next(world, out);
            }
            Frame::Ask { .. } => link.asks = true,
            _ => {}
        }
    }

    /// Lets records wait for the disk, if they are what they should be.
    fn take(&mut self, incoming: Incoming, out: &mut Vec<Action>) {
        if let Err(because) = delta::check(&incoming.since, &incoming.upto, &incoming.records) {
            let says = format!("records that {} sent were refused as a whole: {because}", incoming.from.short());
            out.push(Action::Note(Note::Log(says)));
            return;
        }
        if self.waiting.iter().filter(|other| other.from == incoming.from).count() < MOST_WAITING {
            self.waiting.push_back(incoming);
        }
    }

    /// Has the next frame written, if all it builds on is here.
    fn store_next(&mut self, world: &World, out: &mut Vec<Action>) {
        while self.storing.is_none() {
            let Some(Incoming { from, since, upto, mut records, heads }) = self.waiting.pop_front() else { return };
            if !world.holds.covers(&members::counted(world, &since)) {
                self.say_all(world, &from, out);
                continue;
            }
            let upto = members::counted(world, &upto);
            if world.holds.covers(&upto) && heads.is_none() {
                say_holds(&from, shared(&world.holds, &upto), out);
                continue;
            }
            records.retain(|record| {
                delta::understood(record)
                    .is_none_or(|record| members::may_take(world, &record.revision.origin, record.revision.seq))
            });
            self.last_batch += 1;
            let batch = BatchId(FIRST_BATCH + self.last_batch);
            out.push(Action::Store { batch, records, upto: upto.clone(), heads });
            self.storing = Some((batch, from, upto));
        }
    }

    fn say_all(&mut self, world: &World, peer: &NodeId, out: &mut Vec<Action>) {
        if let Some(link) = self.links.get_mut(peer) {
            link.told = (*world.holds).clone();
            say_holds(peer, (*world.holds).clone(), out);
        }
    }

    /// Something is on the disk: a receipt for foreign records, and for our own the way to the peers.
    fn stored(&mut self, world: &World, now: Timestamp, batch: BatchId, out: &mut Vec<Action>) {
        match self.storing.take_if(|(storing, ..)| *storing == batch) {
            Some((_, from, upto)) => {
                let receipt = shared(&world.holds, &upto);
                if let Some(link) = self.links.get_mut(&from) {
                    link.told.merge(&receipt);
                    say_holds(&from, receipt, out);
                }
                self.tell_news(world, out);
                self.gossip_at.get_or_insert(now.after(GOSSIP_AFTER));
                self.store_next(world, out);
            }
            None => self.send_all(world, now, out),
        }
    }

    fn not_stored(&mut self, world: &World, batch: BatchId, because: &str, out: &mut Vec<Action>) {
        let Some((_, from, _)) = self.storing.take_if(|(storing, ..)| *storing == batch) else { return };
        // The sender gets no receipt and sends again after a while.
        if because.contains("reset-identity") {
            let says = format!("{} sent records that cannot be: {because}", crate::decide::conflict::node_name(world, &from));
            out.push(Action::Note(Note::Event { object: format!("node/{from}"), says }));
        }
        self.store_next(world, out);
    }

    /// Sends every peer what it lacks; who waits for an answer comes first.
    fn send_all(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>) {
        let (asking, others): (Vec<_>, Vec<_>) = self.links.iter_mut().partition(|(_, link)| link.asks);
        for (peer, link) in asking.into_iter().chain(others) {
            link.asks = false;
            link.send_on(world, now, peer, out);
        }
    }

    fn keep_time(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>) {
        for (peer, link) in &mut self.links {
            if link.is_due(now) {
                link.send_on(world, now, peer, out);
            }
        }
        if self.gossip_at.is_some_and(|at| at <= now) {
            self.gossip_at = None;
            self.send_all(world, now, out);
        }
    }

    /// The others hear what is here now, so that they do not send it.
    fn tell_news(&mut self, world: &World, out: &mut Vec<Action>) {
        for (peer, link) in &mut self.links {
            let news = above(&world.holds, &link.told);
            if !news.0.is_empty() {
                link.told.merge(&news);
                say_holds(peer, news, out);
            }
        }
    }
}

fn say_holds(to: &NodeId, vector: Vector, out: &mut Vec<Action>) {
    out.push(Action::Send { to: to.clone(), frame: Box::new(Frame::Holds { vector }) });
}

/// What is held of the origins that `of` names.
fn shared(holds: &Vector, of: &Vector) -> Vector {
    Vector(of.0.keys().map(|origin| (origin.clone(), holds.get(origin))).collect())
}

/// What of `holds` is beyond `told`.
fn above(holds: &Vector, told: &Vector) -> Vector {
    Vector(holds.0.iter().filter(|(origin, seq)| **seq > told.get(origin)).map(|(origin, seq)| (origin.clone(), *seq)).collect())
}
