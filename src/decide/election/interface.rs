//! What goes into the election and what comes out? Its driver lives in the edge, on a thread of its own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::model::election::{Durable, Heartbeat};
use crate::model::event::Role;
use crate::model::id::{Epoch, NodeId};

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Time went on. Every [`TICK`]; a gap tells that this node was deaf.
    Tick,
    /// A heartbeat sealed with the current key arrived. All of them go in: whether one counts (it names this run and is new)
    /// is judged here; one that does not may still tell which run its sender is.
    Heard(Arc<Heartbeat>),
    /// This is on disk. A later write covers all earlier ones, so the driver may skip to the newest.
    Persisted(Durable),
    /// The newest write failed; what was on disk still is.
    PersistFailed,
    /// Members or wishes changed.
    Settings(Settings),
    /// What this node holds.
    Holds {
        /// Digest of its vector; equal digests are equal records.
        digest: u64,
        /// Whether it holds its platform's records: it founded the platform, or completed a sync since it joined.
        has_synced: bool,
    },
    /// The default gateway was asked.
    Gateway(Gateway),
    /// A person wants this node to lead; only the leader can do it.
    HandOver(NodeId),
    /// A person wants this node to lead although it is isolated.
    LeadAnyway,
    /// Whether a write is under way that a change of leaders would spoil.
    WritePending(bool),
    /// The worker wants to obey a plan of this epoch; answered by [`Output::Fenced`].
    Fence(Epoch),
    /// The agent stops cleanly; what comes out now is the last.
    Resign,
}

/// How often the driver ticks.
pub const TICK: Duration = Duration::from_millis(50);

/// What the default gateway did when it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gateway {
    /// There is none, or nobody asked.
    #[default]
    None,
    /// It answered.
    Answers,
    /// It did not answer, twice. Counts only after it once did.
    Silent,
}

/// What members and people decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The other members.
    pub members: BTreeSet<NodeId>,
    /// This node's priority; 0 = never leads.
    pub priority: u8,
    /// How long a better node follows before it asks for the lead; none = it never asks.
    pub preempt: Option<Duration>,
    /// Whether a leader may be silent for two seconds, always, before it is replaced.
    pub calm: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { members: BTreeSet::new(), priority: 100, preempt: Some(Duration::from_secs(30)), calm: false }
    }
}

/// What should be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send it to every member, at every address it may have.
    Send(Arc<Heartbeat>),
    /// Write this down; answers [`Input::Persisted`] or [`Input::PersistFailed`]. Nothing waits for it meanwhile.
    Persist(Durable),
    /// This node's part changed.
    RoleChanged(Role),
    /// [`super::Election::standing`] changed.
    StandingChanged,
    /// Plans below this epoch are not obeyed any more, and that is on disk.
    Fenced(Epoch),
}

/// A rule taken away. Only the simulation sets one, to prove that it would notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weakness {
    /// A leader compares the counters of epochs only, and does not see a higher epoch with the same counter.
    pub counts_only: bool,
    /// A leader hands over to any better node that asks, not only to the best.
    pub grants_any: bool,
}
