//! What if a rule were missing? Each mutant lacks one, in the driver where that can be, else in the election itself. The
//! simulation must notice every one of them.

use std::sync::Arc;

use kraken::decide::election::Weakness;
use kraken::model::election::Heartbeat;

use super::machine::Machine;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// The production rules.
    None,
    /// The driver says "persisted" at once and writes afterwards.
    RevealsEarly,
    /// The leader's claim is missing from its heartbeats while its next epoch is being written.
    SilentBump,
    /// The driver says "persisted" and never writes.
    NoPersist,
    /// Claims of others are not passed on.
    NoRelay,
    /// A leader does not see a higher epoch that has the same counter.
    CountsOnly,
    /// A leader hands over to any better node, not only to the best.
    GrantsAny,
    /// Workers obey whom they follow, without a fence.
    NoFencing,
}

impl Mutant {
    pub const ALL: [Self; 7] = [
        Self::RevealsEarly,
        Self::SilentBump,
        Self::NoPersist,
        Self::NoRelay,
        Self::CountsOnly,
        Self::GrantsAny,
        Self::NoFencing,
    ];

    pub fn weakness(self) -> Weakness {
        Weakness { counts_only: self == Self::CountsOnly, grants_any: self == Self::GrantsAny }
    }

    pub fn answers_at_once(self) -> bool {
        matches!(self, Self::RevealsEarly | Self::NoPersist)
    }

    /// What becomes of a heartbeat before it is sent.
    pub fn says(self, machine: &Machine, said: Arc<Heartbeat>) -> Arc<Heartbeat> {
        let strips_own = self == Self::SilentBump && machine.is_bumping();
        if !strips_own && self != Self::NoRelay {
            return said;
        }
        let mut said = Arc::unwrap_or_clone(said);
        let from = said.from.clone();
        said.claims.retain(|claim| (claim.epoch.node == from) != strips_own);
        Arc::new(said)
    }
}
