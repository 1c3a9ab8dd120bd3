//! What do the machines tell each other about themselves? Each numbers what it observes and sends it to all; a gap is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::action::Action;
use crate::model::event::Event;
use crate::model::frame::Frame;
use crate::model::id::NodeId;
use crate::model::observed::Observation;
use crate::model::time::Timestamp;
use crate::model::world::World;

use super::Executor;

/// How long an answer to "tell me all" may take before it is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(3);

/// This node's reports to the others, and theirs to it.
#[derive(Debug, Default)]
pub struct Reports {
    /// The number of the last observation of this run.
    seq: u64,
    /// Whether all that ran here was told once.
    has_surveyed: bool,
    /// Members that know all up to `seq`, as far as the way to them keeps its word.
    audience: BTreeSet<NodeId>,
    /// Members of which something was missed, and when that was said to them.
    asked: BTreeMap<NodeId, Timestamp>,
}

impl Executor for Reports {
    fn setup(&mut self, _world: &World, _now: Timestamp, _out: &mut Vec<Action>) {}

    fn execute(&mut self, world: &World, now: Timestamp, event: &Event, out: &mut Vec<Action>) {
        match event {
            Event::Observed { node, observation } if *node == world.me.node => self.tell(world, observation, out),
            Event::LinkUp(peer) => {
                // What was on its way over another link may be lost.
                self.audience.remove(peer);
                self.asked.remove(peer);
            }
            Event::LinkDown(peer) => drop(self.asked.remove(peer)),
            Event::FrameArrived { from, frame } => self.note_frame(world, now, from, frame, out),
            _ => {}
        }
        if matches!(event, Event::LinkUp(_) | Event::LinkDown(_) | Event::StandingChanged(_)) {
            self.meet(world, out);
        }
        self.ask_again(world, now, out);
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.asked.values().map(|at| at.after(ASK_AGAIN)).min()
    }
}

impl Reports {
    /// One observation to all. That it looked around the first time means that nothing else is here: then all is told, so that
    /// what others remember of its last run ends.
    fn tell(&mut self, world: &World, observation: &Observation, out: &mut Vec<Action>) {
        let is_survey = *observation == Observation::Surveyed;
        if is_survey && self.has_surveyed {
            return;
        }
        self.seq += 1;
        self.has_surveyed |= is_survey;
        for to in &self.audience {
            out.push(if is_survey { self.all(world, to) } else { self.one(world, to, observation) });
        }
    }

    fn one(&self, world: &World, to: &NodeId, observation: &Observation) -> Action {
        let me = &world.me;
        let frame = Frame::Observed {
            node: me.node.clone(),
            incarnation: me.incarnation,
            seq: self.seq,
            observation: observation.clone(),
        };
        Action::Send { to: to.clone(), frame: Box::new(frame) }
    }

    fn all(&self, world: &World, to: &NodeId) -> Action {
        let (me, inventory) = (&world.me, world.my_inventory().cloned().unwrap_or_default());
        let frame = Frame::Inventory { node: me.node.clone(), incarnation: me.incarnation, seq: self.seq, inventory };
        Action::Send { to: to.clone(), frame: Box::new(frame) }
    }

    /// Tells all to whoever can be reached since now: over a link, or through a member that hears both.
    fn meet(&mut self, world: &World, out: &mut Vec<Action>) {
        let through_others = world.standing.peers.iter().filter(|(_, peer)| peer.is_live && !peer.is_direct);
        let reached: BTreeSet<NodeId> = world
            .links
            .iter()
            .chain(through_others.map(|(node, _)| node))
            .filter(|node| !world.removed.contains_key(*node))
            .cloned()
            .collect();
        for to in reached.difference(&self.audience) {
            out.push(self.all(world, to));
        }
        self.audience = reached;
    }

    fn note_frame(&mut self, world: &World, now: Timestamp, from: &NodeId, frame: &Frame, out: &mut Vec<Action>) {
        match frame {
            Frame::TellAll => out.push(self.all(world, from)),
            Frame::Inventory { node, .. } => drop(self.asked.remove(node)),
            Frame::Observed { node, incarnation, seq, .. } => {
                // The world took it in if it was the next: what is ahead of the world has a gap before it.
                let is_missed = world.told.get(node).is_none_or(|told| *told < (*incarnation, *seq));
                if is_missed && !world.removed.contains_key(node) && *node != world.me.node && !self.asked.contains_key(node) {
                    self.asked.insert(node.clone(), now);
                    out.push(tell_all(node));
                }
            }
            _ => {}
        }
    }

    fn ask_again(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>) {
        self.asked.retain(|node, _| world.members.contains_key(node));
        for (node, at) in self.asked.iter_mut().filter(|(_, at)| at.after(ASK_AGAIN) <= now) {
            *at = now;
            out.push(tell_all(node));
        }
    }
}

fn tell_all(node: &NodeId) -> Action {
    Action::Send { to: node.clone(), frame: Box::new(Frame::TellAll) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::decide::{fold::fold, sample};
    use crate::model::id::VersionId;

    /// Two members whose frames arrive at once, unless they are lost.
    struct Pair {
        worlds: [World; 2],
        reports: [Reports; 2],
        is_cut: bool,
        sent: usize,
    }

    impl Pair {
        fn linked() -> Self {
            let mut worlds = [sample::world(), sample::world()];
            let pi = sample::join(&mut worlds[0], "pi", 4);
            Arc::make_mut(&mut worlds[1].me).node = pi.clone();
            Arc::make_mut(&mut worlds[0].inventories).remove(&pi);
            Arc::make_mut(&mut worlds[0].told).clear();
            worlds[1].members = worlds[0].members.clone();
            let member = worlds[0].members[&pi].clone();
            Arc::make_mut(&mut worlds[1].members).insert(sample::node(), member);
            Arc::make_mut(&mut worlds[1].inventories).clear();
            let mut pair = Self { worlds, reports: Default::default(), is_cut: false, sent: 0 };
            pair.link();
            pair
        }

        fn link(&mut self) {
            let ids = self.ids();
            self.tell(0, Event::LinkUp(ids[1].clone()));
            self.tell(1, Event::LinkUp(ids[0].clone()));
        }

        fn ids(&self) -> [NodeId; 2] {
            [self.worlds[0].me.node.clone(), self.worlds[1].me.node.clone()]
        }

        fn tell(&mut self, to: usize, event: Event) {
            let mut events = std::collections::VecDeque::from([(to, event)]);
            while let Some((at, event)) = events.pop_front() {
                let wall = self.worlds[at].wall;
                fold(&mut self.worlds[at], wall, &event);
                let mut out = Vec::new();
                self.reports[at].execute(&self.worlds[at], Timestamp::default(), &event, &mut out);
                let from = self.worlds[at].me.node.clone();
                for action in out {
                    let Action::Send { frame, .. } = action else { panic!("{action:?}") };
                    self.sent += 1;
                    if !self.is_cut {
                        events.push_back((1 - at, Event::FrameArrived { from: from.clone(), frame }));
                    }
                }
            }
        }

        fn observe(&mut self, number: u8) {
            let version: VersionId = format!("{number:016x}").parse().unwrap();
            let node = self.ids()[1].clone();
            self.tell(1, Event::Observed { node, observation: Observation::ImageHeld(version) });
        }

        fn known(&self) -> usize {
            self.worlds[0].inventories.get(&self.ids()[1]).map_or(0, |inventory| inventory.images.len())
        }
    }

    #[test]
    fn what_a_machine_observes_is_known_to_the_other() {
        let mut pair = Pair::linked();
        pair.observe(1);
        pair.observe(2);
        assert_eq!(pair.known(), 2);
    }

    #[test]
    fn a_new_link_brings_all_that_was_observed_before() {
        let mut pair = Pair::linked();
        pair.is_cut = true;
        pair.observe(1);
        pair.is_cut = false;
        pair.link();
        assert_eq!(pair.known(), 1);
    }

    #[test]
    fn a_gap_is_noticed_with_the_next_observation_and_filled() {
        let mut pair = Pair::linked();
        pair.is_cut = true;
        pair.observe(1);
        pair.is_cut = false;
        pair.observe(2);
        assert_eq!(pair.known(), 2);
    }

    #[test]
    fn a_survey_that_finds_nothing_new_is_not_told_again() {
        let mut pair = Pair::linked();
        let node = pair.ids()[1].clone();
        let surveyed = Event::Observed { node, observation: Observation::Surveyed };
        pair.tell(1, surveyed.clone());
        let sent = pair.sent;
        pair.tell(1, surveyed);
        assert_eq!(pair.sent, sent);
        assert!(pair.worlds[0].inventories[&pair.ids()[1]].surveyed);
    }

    #[test]
    fn a_member_that_is_heard_through_another_only_is_told_too() {
        let mut pair = Pair::linked();
        let ids = pair.ids();
        pair.tell(1, Event::LinkDown(ids[0].clone()));
        let mut standing = crate::model::standing::Standing::default();
        let peer = crate::model::standing::Peer { is_live: true, is_direct: false, ..Default::default() };
        standing.peers.insert(ids[0].clone(), peer);
        pair.tell(1, Event::StandingChanged(Arc::new(standing)));
        pair.observe(1);
        assert_eq!(pair.known(), 1);
    }
}
