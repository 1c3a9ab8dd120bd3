//! When does a leader hand over? To the best node, once it is settled and holds everything, or to the one a person chose. The
//! leader leads until it sees the new claim, so nobody is ever without one.

use super::lead::Part;
use super::timing::HAND_OVER;
use super::{Election, Output};
use crate::model::election::{Grant, Heartbeat};
use crate::model::id::{Epoch, NodeId};
use crate::model::time::Timestamp;

impl Election {
    /// The reign this follower wants: it is better than its leader, has long followed it, hears it and is heard by it, and
    /// holds the same records.
    pub(super) fn wants(&self, now: Timestamp) -> Option<Epoch> {
        let (Part::Follower | Part::Claiming { .. }, Some(following)) = (&self.part, &self.following) else { return None };
        let wait = self.settings.preempt?;
        let (leader, silence) = (&following.epoch.node, self.silence());
        let claim = self.claims.live_of(leader, now, silence)?;
        let is_settled = now.saturating_sub(following.since) >= wait && now.saturating_sub(self.started) >= wait;
        let is_better = (self.settings.priority, &self.me) > (claim.priority, leader);
        let holds_the_same = || self.peers.get(leader)?.heard(now, silence).map(|said| said.digest == self.digest);
        let wants = is_settled
            && is_better
            && !claim.by_hand
            && self.is_eligible()
            && holds_the_same() == Some(true)
            && self.peers.hears_me(leader, self.tag, self.run_tag, now, silence);
        wants.then(|| following.epoch.clone())
    }

    /// Takes what the leader it follows granted, if it still wants it. Whether it claims now.
    pub(super) fn take_grant(&mut self, now: Timestamp, out: &mut Vec<Output>) -> bool {
        let Some(grant) = &self.granted else { return false };
        let follows_it = self.following.as_ref().is_some_and(|following| following.epoch == grant.epoch);
        let still_wants = follows_it && (grant.by_hand || self.wants(now).as_ref() == Some(&grant.epoch));
        let Some(grant) = self.granted.take().filter(|_| still_wants) else { return false };
        if !self.is_eligible() || self.disk.is_ailing() {
            return false;
        }
        self.claim(Some(grant.epoch), grant.by_hand, out)
    }

    /// A person wants `to` to lead; tried for a while, because it may have to catch up first.
    pub(super) fn hand_over_to(&mut self, to: NodeId, now: Timestamp) {
        if matches!(self.part, Part::Leader { .. }) && to != self.me {
            self.hand_over = Some((to, now.after(HAND_OVER)));
        }
    }

    /// As a leader without a rival: to whom it hands over now, if to anybody. Said at once, and as long as it holds.
    pub(super) fn decide_grant(&mut self, now: Timestamp, epoch: &Epoch, out: &mut Vec<Output>) {
        self.hand_over.take_if(|(_, until)| now >= *until);
        let chosen = if self.is_write_pending { None } else { self.chosen(now).or_else(|| self.best_that_wants(now, epoch)) };
        let grant = chosen.map(|(to, by_hand)| Grant { to, epoch: epoch.clone(), by_hand });
        let is_news = grant.is_some() && grant != self.grant;
        self.grant = grant;
        if is_news {
            self.broadcast(now, out);
        }
    }

    fn chosen(&self, now: Timestamp) -> Option<(NodeId, bool)> {
        let (to, _) = self.hand_over.as_ref()?;
        let said = self.peers.get(to)?.heard(now, self.silence())?;
        (said.is_eligible && said.digest == self.digest).then(|| (to.clone(), true))
    }

    /// Only the best may have it: were each better one served, the lead would wander from node to node up to the best.
    fn best_that_wants(&self, now: Timestamp, epoch: &Epoch) -> Option<(NodeId, bool)> {
        let wants = |said: &Heartbeat| said.wants.as_ref() == Some(epoch) && said.digest == self.digest;
        let mut eligible = self.peers.direct(now, self.silence()).filter(|(_, said)| said.is_eligible);
        if self.weakness.grants_any {
            return eligible.find(|(_, said)| wants(said)).map(|(node, _)| (node.clone(), false));
        }
        let (node, said) = eligible.max_by_key(|(node, said)| (said.priority, *node))?;
        let is_better = (said.priority, node) > (self.settings.priority, &self.me);
        (is_better && wants(said)).then(|| (node.clone(), false))
    }
}
