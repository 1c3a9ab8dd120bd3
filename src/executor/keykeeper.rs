//! Who has the platform's secrets? New ones are made when somebody is removed, and given to whom they are for.

use std::time::Duration;

use crate::decide::keys;
use crate::model::action::Action;
use crate::model::event::Event;
use crate::model::frame::Frame;
use crate::model::time::Timestamp;
use crate::model::world::World;

use super::Executor;

/// Before secrets that could not be made or written are tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// The keeper of the secrets; every node has one, only a leader's makes new ones.
#[derive(Debug, Default)]
pub struct KeyKeeper {
    /// Until when new secrets are under way to the disk.
    waits_until: Option<Timestamp>,
}

impl Executor for KeyKeeper {
    fn setup(&mut self, _world: &World, _now: Timestamp, _out: &mut Vec<Action>) {
        self.waits_until = None;
    }

    fn execute(&mut self, world: &World, now: Timestamp, event: &Event, out: &mut Vec<Action>) {
        match event {
            Event::LinkUp(peer) if keys::may_give(world, peer) => out.push(Action::SendKeys { to: peer.clone() }),
            Event::FrameArrived { from, frame } => {
                if let Frame::Keys(offer) = &**frame
                    && keys::may_take(world, from, offer)
                {
                    out.push(Action::TakeKeys(offer.clone()));
                }
                return;
            }
            Event::KeysChanged(_) => {
                self.waits_until = None;
                let linked = world.links.iter().filter(|peer| keys::may_give(world, peer));
                out.extend(linked.map(|peer| Action::SendKeys { to: peer.clone() }));
                out.push(Action::Reseal);
            }
            Event::Persisted { .. } | Event::RoleChanged(_) | Event::Tick => {}
            _ => return,
        }
        if self.waits_until.is_none_or(|until| until <= now) {
            self.waits_until = None;
            if let Some(facts) = keys::renewal(world) {
                self.waits_until = Some(now.after(AGAIN));
                out.push(Action::RenewKeys(facts));
            }
        }
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.waits_until
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::decide::sample::{ask, world};
    use crate::model::command::Command;
    use crate::model::id::NodeId;
    use crate::model::join::SecretText;
    use crate::model::keys::{KEYS_FORMAT, KeyOffer};

    fn id(letter: &str) -> NodeId {
        letter.repeat(26).parse().unwrap()
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    fn after_removal() -> World {
        let mut world = world();
        for letter in ["a", "b", "c"] {
            ask(&mut world, Command::AdmitNode { node: id(letter), name: letter.into(), key: "k".into(), invite: None });
        }
        ask(&mut world, Command::RemoveNode { node: id("b") });
        Arc::make_mut(&mut world.links).extend([id("b"), id("c")]);
        world
    }

    fn given(keeper: &mut KeyKeeper, world: &World, second: u64, event: &Event) -> Vec<Action> {
        let mut out = Vec::new();
        keeper.execute(world, at(second), event, &mut out);
        out
    }

    #[test]
    fn new_secrets_are_asked_for_once_and_again_when_nothing_came_of_it() {
        let (world, mut keeper) = (after_removal(), KeyKeeper::default());
        assert!(matches!(given(&mut keeper, &world, 0, &Event::Tick)[..], [Action::RenewKeys(_)]));
        assert_eq!(given(&mut keeper, &world, 29, &Event::Tick), []);
        assert_eq!(keeper.deadline(), Some(at(30)));
        assert!(matches!(given(&mut keeper, &world, 30, &Event::Tick)[..], [Action::RenewKeys(_)]));
    }

    #[test]
    fn once_made_they_go_to_those_they_are_for_and_values_are_sealed_anew() {
        let (mut world, mut keeper) = (after_removal(), KeyKeeper::default());
        let facts = Arc::new(keys::renewal(&world).unwrap());
        world.keys = Arc::clone(&facts);
        let out = given(&mut keeper, &world, 1, &Event::KeysChanged(facts));
        assert_eq!(out, [Action::SendKeys { to: id("c") }, Action::Reseal]);
        assert_eq!(given(&mut keeper, &world, 2, &Event::LinkUp(id("b"))), []);
        assert_eq!(given(&mut keeper, &world, 2, &Event::LinkUp(id("c"))), [Action::SendKeys { to: id("c") }]);
    }

    #[test]
    fn an_offer_is_taken_from_a_member_and_not_from_who_was_removed() {
        let (world, mut keeper) = (after_removal(), KeyKeeper::default());
        let offer = Box::new(KeyOffer { v: KEYS_FORMAT, facts: keys::renewal(&world).unwrap(), keyring: SecretText::new("") });
        let says = |from: &str| Event::FrameArrived { from: id(from), frame: Box::new(Frame::Keys(offer.clone())) };
        assert_eq!(given(&mut keeper, &world, 0, &says("c")), [Action::TakeKeys(offer.clone())]);
        assert_eq!(given(&mut keeper, &world, 0, &says("b")), []);
    }
}
