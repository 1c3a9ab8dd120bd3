//! Who claims to lead? Claims come from their holders and from everybody who passes them on; the newest word of each holder
//! counts, and is as old as its oldest messenger says.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use super::timing::SILENCE;
use crate::model::election::Claim;
use crate::model::id::NodeId;
use crate::model::time::Timestamp;

/// How many claims a heartbeat passes on at most; more exist only for moments.
const MOST_RELAYED: usize = 12;

/// A claim and when its holder said it.
#[derive(Debug, Clone)]
pub struct Said {
    /// What; its age is of when it was said here.
    pub claim: Claim,
    /// When, by this node's clock; never later than it was but for the way.
    pub at: Timestamp,
}

/// The newest claim of each other node.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    of: BTreeMap<NodeId, Said>,
}

/// Whether claim `a` wins over claim `b`: what was handed over, then the larger side, then priority, then the epoch.
pub fn beats(a: &Claim, b: &Claim) -> bool {
    if a.supersedes.as_ref() == Some(&b.epoch) {
        return true;
    }
    if b.supersedes.as_ref() == Some(&a.epoch) {
        return false;
    }
    (a.weight, a.priority, &a.epoch) > (b.weight, b.priority, &b.epoch)
}

impl Claims {
    /// Takes in a claim said at `at`. Tells how long its holder had seemed silent if this is a newer sign of the same run.
    pub fn merge(&mut self, claim: &Claim, at: Timestamp, now: Timestamp) -> Option<Duration> {
        let Some(known) = self.of.get_mut(&claim.epoch.node) else {
            if now.saturating_sub(at) <= SILENCE.1 {
                self.of.insert(claim.epoch.node.clone(), Said { claim: claim.clone(), at });
            }
            return None;
        };
        let is_same_run = claim.incarnation == known.claim.incarnation;
        if !is_same_run {
            // A restored node counts its runs from lower again: once its old claim is dead, the new run is believed.
            if claim.incarnation > known.claim.incarnation || now.saturating_sub(known.at) > SILENCE.1 {
                *known = Said { claim: claim.clone(), at };
            }
            return None;
        }
        match claim.seq.cmp(&known.claim.seq) {
            Ordering::Less => None,
            Ordering::Equal => {
                // The later estimate would let messengers keep a dead leader alive among themselves.
                known.at = known.at.min(at);
                None
            }
            Ordering::Greater => {
                let gap = now.saturating_sub(known.at);
                let was_claiming = !known.claim.is_withdrawn && !claim.is_withdrawn;
                known.claim.clone_from(claim);
                known.at = at;
                was_claiming.then_some(gap)
            }
        }
    }

    /// Forgets claims so old that nobody passes them on any more, and those of nodes that are no members.
    pub fn forget(&mut self, now: Timestamp, is_member: impl Fn(&NodeId) -> bool) {
        self.of.retain(|node, said| now.saturating_sub(said.at) <= SILENCE.1 * 2 && is_member(node));
    }

    /// The claims that are alive if a holder may be silent for `silence`.
    pub fn live(&self, now: Timestamp, silence: Duration) -> impl Iterator<Item = &Said> {
        let is_live = move |said: &&Said| !said.claim.is_withdrawn && now.saturating_sub(said.at) <= silence;
        self.of.values().filter(is_live)
    }

    /// The claim of `node`, if it is alive.
    pub fn live_of(&self, node: &NodeId, now: Timestamp, silence: Duration) -> Option<&Claim> {
        let said = self.of.get(node)?;
        (!said.claim.is_withdrawn && now.saturating_sub(said.at) <= silence).then_some(&said.claim)
    }

    /// The living claim that wins over all others.
    pub fn best(&self, now: Timestamp, silence: Duration) -> Option<&Claim> {
        let mut best: Option<&Claim> = None;
        for said in self.live(now, silence) {
            if best.is_none_or(|best| beats(&said.claim, best)) {
                best = Some(&said.claim);
            }
        }
        best
    }

    /// Claims to pass on, with their ages: all that may be alive somewhere, and fresh withdrawals.
    pub fn to_relay(&self, now: Timestamp, into: &mut Vec<Claim>) {
        for said in self.of.values() {
            let age = now.saturating_sub(said.at);
            if age <= SILENCE.1 && into.len() < MOST_RELAYED {
                into.push(Claim { age_ms: u32::try_from(age.as_millis()).unwrap_or(u32::MAX), ..said.claim.clone() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{Epoch, Incarnation};

    fn node(letter: &str) -> NodeId {
        letter.repeat(26).parse().unwrap()
    }

    fn claim(letter: &str, counter: u64, seq: u64) -> Claim {
        Claim {
            epoch: Epoch { counter, node: node(letter) },
            incarnation: Incarnation { boot: 1, random: 0 },
            seq,
            age_ms: 0,
            priority: 100,
            weight: 2,
            supersedes: None,
            by_hand: false,
            is_withdrawn: false,
        }
    }

    fn at(ms: u64) -> Timestamp {
        Timestamp::new(Duration::from_millis(ms))
    }

    #[test]
    fn the_larger_side_wins_then_priority_then_the_epoch() {
        let base = claim("b", 5, 1);
        assert!(beats(&Claim { weight: 3, priority: 1, ..claim("a", 1, 1) }, &base));
        assert!(beats(&Claim { priority: 101, ..claim("a", 1, 1) }, &base));
        assert!(beats(&claim("a", 6, 1), &base) && beats(&claim("c", 5, 1), &base));
        assert!(!beats(&base, &base));
        let heir = Claim { supersedes: Some(base.epoch.clone()), weight: 0, ..claim("a", 6, 1) };
        assert!(beats(&heir, &base) && !beats(&base, &heir));
    }

    #[test]
    fn messengers_cannot_make_a_claim_younger() {
        let mut claims = Claims::default();
        claims.merge(&claim("a", 1, 7), at(1000), at(1100));
        claims.merge(&claim("a", 1, 7), at(1400), at(1500));
        claims.merge(&claim("a", 1, 6), at(1500), at(1500));
        assert!(claims.best(at(2250), SILENCE.0).is_some());
        assert!(claims.best(at(2251), SILENCE.0).is_none());
        claims.merge(&claim("a", 1, 7), at(900), at(1500));
        assert!(claims.best(at(2200), SILENCE.0).is_none());
    }

    #[test]
    fn a_newer_word_counts_and_tells_how_long_the_silence_was() {
        let mut claims = Claims::default();
        assert_eq!(claims.merge(&claim("a", 1, 1), at(0), at(0)), None);
        assert_eq!(claims.merge(&claim("a", 1, 2), at(900), at(950)), Some(Duration::from_millis(950)));
        let withdrawn = Claim { is_withdrawn: true, ..claim("a", 1, 3) };
        assert_eq!(claims.merge(&withdrawn, at(1000), at(1000)), None);
        claims.merge(&claim("a", 1, 2), at(1000), at(1000));
        assert!(claims.best(at(1000), SILENCE.0).is_none(), "an older word does not revive what was taken back");
    }

    #[test]
    fn an_older_run_is_believed_only_once_the_newer_ones_claim_is_dead() {
        let mut claims = Claims::default();
        claims.merge(&Claim { incarnation: Incarnation { boot: 9, random: 0 }, ..claim("a", 9, 1) }, at(0), at(0));
        claims.merge(&claim("a", 3, 1), at(1000), at(1000));
        assert_eq!(claims.best(at(1000), SILENCE.0).map(|claim| claim.epoch.counter), Some(9));
        claims.merge(&claim("a", 3, 2), at(2500), at(2500));
        assert_eq!(claims.best(at(2500), SILENCE.0).map(|claim| claim.epoch.counter), Some(3));
    }

    #[test]
    fn a_claim_is_passed_on_with_its_age_until_it_can_be_alive_nowhere() {
        let (mut claims, mut relayed) = (Claims::default(), Vec::new());
        claims.merge(&claim("a", 1, 1), at(0), at(0));
        claims.to_relay(at(1900), &mut relayed);
        assert_eq!(relayed.drain(..).map(|claim| claim.age_ms).collect::<Vec<_>>(), [1900]);
        claims.to_relay(at(2001), &mut relayed);
        assert_eq!(relayed, []);
        claims.merge(&claim("b", 1, 1), at(0), at(2500));
        assert!(claims.of.len() == 1, "one that is long dead does not come in at all");
        claims.forget(at(2500), |_| false);
        assert!(claims.of.is_empty());
    }
}
