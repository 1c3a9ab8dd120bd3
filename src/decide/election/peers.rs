//! Who is heard, and is it who it says? Heartbeats count if they name this run and are new; a run that answers what was said
//! only after a newer run of the same node had been heard is another machine with a copied identity.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::timing::TELL_DOUBLE;
use crate::model::election::{Heard, Heartbeat, PeerTag, RunTag};
use crate::model::id::{Epoch, Incarnation, NodeId};
use crate::model::time::Timestamp;

/// How many runs of one peer are remembered, so that recordings of them are known as such.
const RUNS: usize = 16;

/// What a heartbeat is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Counts,
    /// An older run's last words: its claims count, what it says about itself does not.
    Straggler,
    /// It proves nothing: not said to this run, said before, or said by a run that stands back.
    Nothing,
}

#[derive(Debug, Clone)]
struct Run {
    incarnation: Incarnation,
    seq: u64,
    /// This node's own last heartbeat when the run was first heard.
    after: u64,
}

/// One other member.
#[derive(Debug, Clone)]
pub struct Peer {
    tag: PeerTag,
    /// Told back in heartbeats: the one that counted last; before any did, the first that was hinted at.
    run: Option<Incarnation>,
    /// In the order in which they were first heard; the last is the one that counts.
    runs: Vec<Run>,
    /// Runs up to this boot were forgotten.
    floor: u64,
    /// Another run that spoke lately: named as well, so that it hears us, until it is known who is who.
    in_doubt: Option<(Incarnation, Timestamp)>,
    /// Runs that shall stand back, and when each was last heard.
    doubled: Vec<(Incarnation, Timestamp)>,
    /// The last heartbeat that counted.
    said: Option<(Arc<Heartbeat>, Timestamp)>,
}

impl Peer {
    fn new(node: &NodeId) -> Self {
        Self { tag: PeerTag::of(node), run: None, runs: Vec::new(), floor: 0, in_doubt: None, doubled: Vec::new(), said: None }
    }

    /// Its short name on the wire.
    pub const fn tag(&self) -> PeerTag {
        self.tag
    }

    /// Whether it was heard within `silence`.
    pub fn is_direct(&self, now: Timestamp, silence: Duration) -> bool {
        self.said.as_ref().is_some_and(|(_, at)| now.saturating_sub(*at) <= silence)
    }

    /// The last heartbeat that counted, if it is not older than `silence`.
    pub fn heard(&self, now: Timestamp, silence: Duration) -> Option<&Heartbeat> {
        self.said.as_ref().filter(|(_, at)| now.saturating_sub(*at) <= silence).map(|(said, _)| &**said)
    }

    /// The last heartbeat that counted, however long ago.
    pub fn last(&self) -> Option<&Heartbeat> {
        self.said.as_ref().map(|(said, _)| &**said)
    }

    /// `answers` is the heartbeat of this node that its sender had heard; `own` is this node's last.
    fn judge(&mut self, said: &Heartbeat, answers: Option<u64>, own: u64, now: Timestamp) -> Verdict {
        let run = said.incarnation;
        if let Some((_, at)) = self.doubled.iter_mut().find(|(doubled, _)| *doubled == run) {
            *at = now;
            return Verdict::Nothing;
        }
        let Some(answers) = answers else {
            // It may be a recording, so it only tells a run to name as well; the true one will name us back.
            match self.run {
                None => self.run = Some(run),
                Some(known) if known == run => {}
                Some(_) => self.in_doubt = Some((run, now)),
            }
            return Verdict::Nothing;
        };
        let newest = self.runs.len().saturating_sub(1);
        match self.runs.iter().position(|known| known.incarnation == run) {
            Some(at) if said.seq <= self.runs[at].seq => Verdict::Nothing,
            Some(at) => {
                self.runs[at].seq = said.seq;
                if at != newest {
                    return self.old_run_spoke(run, answers, now);
                }
                self.run = Some(run);
                Verdict::Counts
            }
            None if run.boot <= self.floor => Verdict::Nothing,
            None => {
                self.heard_first(run, said.seq, own);
                Verdict::Counts
            }
        }
    }

    fn heard_first(&mut self, run: Incarnation, seq: u64, own: u64) {
        if self.runs.len() == RUNS {
            self.floor = self.floor.max(self.runs.remove(0).incarnation.boot);
        }
        self.runs.push(Run { incarnation: run, seq, after: own });
        self.run = Some(run);
    }

    /// Last words of a run that ended arrive late, and recordings of it whenever somebody likes; but what answers a
    /// heartbeat that followed the newer run's first words was said while both were running.
    fn old_run_spoke(&mut self, run: Incarnation, answers: u64, now: Timestamp) -> Verdict {
        if self.runs.last().is_some_and(|newest| answers <= newest.after) {
            self.in_doubt = Some((run, now));
            return Verdict::Straggler;
        }
        self.in_doubt = None;
        if let Some(later) = self.runs.pop() {
            self.doubled.truncate(RUNS - 1);
            self.doubled.insert(0, (later.incarnation, now));
        }
        self.run = Some(run);
        match self.runs.last() {
            Some(newest) if newest.incarnation == run => Verdict::Counts,
            _ => Verdict::Straggler,
        }
    }

    /// The last word of `run` that counted.
    fn last_of(&self, run: Incarnation) -> u64 {
        self.runs.iter().find(|known| known.incarnation == run).map_or(0, |known| known.seq)
    }
}

/// The other members.
#[derive(Debug, Clone, Default)]
pub struct Peers {
    of: BTreeMap<NodeId, Peer>,
}

impl Peers {
    /// Keeps exactly `members`.
    pub fn set(&mut self, members: &BTreeSet<NodeId>) {
        self.of.retain(|node, _| members.contains(node));
        for node in members {
            self.of.entry(node.clone()).or_insert_with(|| Peer::new(node));
        }
    }

    /// Whether this node knows no other.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// One of them.
    pub fn get(&self, node: &NodeId) -> Option<&Peer> {
        self.of.get(node)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&NodeId, &Peer)> {
        self.of.iter()
    }

    /// Takes in a heartbeat, and says what it is worth. `answers` is the heartbeat of this run that it names, `own` the last.
    pub fn take(&mut self, said: &Arc<Heartbeat>, answers: Option<u64>, own: u64, now: Timestamp) -> Verdict {
        let Some(peer) = self.of.get_mut(&said.from) else { return Verdict::Nothing };
        let verdict = peer.judge(said, answers, own, now);
        if verdict == Verdict::Counts {
            peer.said = Some((Arc::clone(said), now));
        }
        verdict
    }

    /// Whether `run` of `node` shall stand back.
    pub fn is_doubled(&self, node: &NodeId, run: Incarnation) -> bool {
        self.of.get(node).is_some_and(|peer| peer.doubled.iter().any(|(doubled, _)| *doubled == run))
    }

    /// Those heard directly within `silence`, each with its last heartbeat.
    pub fn direct(&self, now: Timestamp, silence: Duration) -> impl Iterator<Item = (&NodeId, &Heartbeat)> {
        self.of.iter().filter_map(move |(node, peer)| Some((node, peer.heard(now, silence)?)))
    }

    /// Whether any of those heard directly says that it hears `tag`.
    pub fn is_heard_by_any(&self, tag: PeerTag, now: Timestamp, silence: Duration) -> bool {
        self.direct(now, silence).any(|(_, said)| said.hears.iter().any(|heard| heard.peer == tag && heard.is_live))
    }

    /// How many of those heard directly follow `node`.
    pub fn followers(&self, node: &NodeId, now: Timestamp, silence: Duration) -> usize {
        let is_follower = |said: &Heartbeat| said.follows.as_ref().is_some_and(|epoch: &Epoch| epoch.node == *node);
        self.direct(now, silence).filter(|(_, said)| is_follower(said)).count()
    }

    /// What a heartbeat says about whom this node has heard.
    pub fn hears(&self, now: Timestamp, silence: Duration) -> Vec<Heard> {
        let mut hears = Vec::with_capacity(self.of.len());
        for peer in self.of.values() {
            let heard = |run, is_live| Heard { peer: peer.tag, run: RunTag::of(run), is_live, seq: peer.last_of(run) };
            hears.extend(peer.run.map(|run| heard(run, peer.is_direct(now, silence))));
            let in_doubt = peer.in_doubt.filter(|(_, at)| now.saturating_sub(*at) <= silence);
            hears.extend(in_doubt.map(|(run, _)| heard(run, false)));
        }
        hears
    }

    /// Runs to tell that they shall stand back.
    pub fn doubled(&self, now: Timestamp) -> Vec<RunTag> {
        let recent = |peer: &Peer| -> Vec<RunTag> {
            let is_recent = |at: Timestamp| now.saturating_sub(at) <= TELL_DOUBLE;
            peer.doubled.iter().filter(|(_, at)| is_recent(*at)).map(|(run, _)| RunTag::of(*run)).collect()
        };
        self.of.values().filter(|peer| !peer.doubled.is_empty()).flat_map(recent).collect()
    }

    /// Whether `node`, heard within `silence`, says that it hears run `run` of `me`.
    pub fn hears_me(&self, node: &NodeId, me: PeerTag, run: RunTag, now: Timestamp, silence: Duration) -> bool {
        let said = self.of.get(node).and_then(|peer| peer.heard(now, silence));
        said.is_some_and(|said| said.hears.iter().any(|heard| heard.peer == me && heard.run == run && heard.is_live))
    }
}

#[cfg(test)]
#[path = "peers_tests.rs"]
mod tests;
