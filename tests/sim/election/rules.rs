//! Which rules can be looked at while things happen? The others [`super::verdict`] looks at in the end.

use kraken::model::election::Heartbeat;
use kraken::model::event::Role;
use kraken::model::id::Epoch;

use super::world::World;

impl World {
    /// I1: an epoch is held by one run of one node, ever.
    pub fn check_held(&mut self, at: usize, epoch: &Epoch) {
        let life = self.machines[at].life;
        let holder = self.held.get(epoch).copied();
        match holder {
            None => {
                self.tally.takeovers += 1;
                self.held.insert(epoch.clone(), (at, life));
            }
            Some(first) if first == (at, life) => {}
            Some((first, _)) => {
                // A file put back from a backup knows no more than it did, and neither did anybody it asked.
                let is_excused = self.machines[at].was_restored || self.cloned.contains(&self.machines[first].id);
                if is_excused {
                    self.tally.excused += 1;
                } else {
                    self.fail(format!("I1: {epoch} is held by machine {first} and again by machine {at}, run {life}"));
                }
            }
        }
    }

    /// Nothing names an epoch of one's own that is not on one's disk.
    pub fn check_shown(&mut self, at: usize, said: &Heartbeat) {
        if self.mutant.answers_at_once() {
            return;
        }
        let machine = &self.machines[at];
        let own = said.claims.iter().map(|claim| &claim.epoch).chain(&said.highest).filter(|epoch| epoch.node == machine.id);
        let is_early = |epoch: &Epoch| machine.disk.highest.as_ref() < Some(epoch) && !self.held.contains_key(epoch);
        if let Some(epoch) = own.into_iter().find(|epoch| is_early(epoch)) {
            let epoch = epoch.clone();
            self.fail(format!("shown too early: machine {at} names {epoch}, which is neither held nor on its disk"));
        }
    }

    /// I6: in calm nothing changes but the leader's own epoch; and only the best is handed the lead.
    pub fn check_calm(&mut self, at: usize, role: &Role) {
        if let Some(leader) = &self.calm_leader {
            let still = match role {
                Role::Leader { epoch } | Role::Follower { leader: Some(epoch) } => epoch.node == *leader,
                _ => false,
            };
            if !still {
                self.fail(format!("I6: machine {at} became {role:?} in a quiet network"));
            }
        }
        if let (Some(best), Role::Leader { epoch }) = (&self.best, role)
            && epoch.node != *best
            && matches!(&self.machines[at].role, Role::Follower { leader: Some(_) })
        {
            self.fail(format!("I4: machine {at} was handed the lead, but is not the best"));
        }
    }
}
