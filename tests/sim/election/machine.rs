//! One machine: its clock, its disk, and what waits while it is frozen.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use kraken::decide::election::{Election, Gateway, Input};
use kraken::model::election::{Durable, Heartbeat};
use kraken::model::event::Role;
use kraken::model::id::{Epoch, NodeId};
use kraken::model::time::Timestamp;

/// More datagrams than this a frozen machine's kernel does not keep.
const BUFFER: usize = 256;

/// Orders of one reign.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Plan {
    pub epoch: Epoch,
    pub seq: u64,
}

pub struct Machine {
    pub id: NodeId,
    pub priority: u8,
    /// Counts starts, so that what was foreseen for an earlier one does not happen.
    pub life: u32,
    pub boot: u64,
    /// What its clock said when the world began.
    pub clock: u64,
    pub election: Option<Election>,
    pub role: Role,
    /// Its disk is gone for good.
    pub is_gone: bool,
    /// Its disk was put back from a backup, or copied.
    pub was_restored: bool,
    pub disk: Durable,
    /// How long a write takes, least and most.
    pub disk_ms: (u64, u64),
    pub failing_until: u64,
    pub writing: Option<Durable>,
    pub next_write: Option<Durable>,
    /// Answers that a lying driver gives before the write.
    pub early: VecDeque<Input>,
    pub frozen_until: u64,
    /// Frozen with its network: what arrives is lost.
    pub is_suspended: bool,
    pub waiting: VecDeque<Input>,
    pub has_synced: bool,
    pub last_said: Option<Arc<Heartbeat>>,
    pub gateway: Gateway,
    // Its worker.
    pub next_plan: u64,
    pub plans: u64,
    pub pending: Option<Plan>,
    /// The highest epoch it ever obeyed, whatever its disk remembers.
    pub obeyed: Option<Epoch>,
}

impl Machine {
    pub const fn new(id: NodeId, priority: u8) -> Self {
        Self {
            id,
            priority,
            life: 0,
            boot: 0,
            clock: 0,
            election: None,
            role: Role::Starting,
            is_gone: false,
            was_restored: false,
            disk: Durable { highest: None, fenced: None },
            disk_ms: (1, 5),
            failing_until: 0,
            writing: None,
            next_write: None,
            early: VecDeque::new(),
            frozen_until: 0,
            is_suspended: false,
            waiting: VecDeque::new(),
            has_synced: true,
            last_said: None,
            gateway: Gateway::None,
            next_plan: 0,
            plans: 0,
            pending: None,
            obeyed: None,
        }
    }

    pub const fn is_up(&self) -> bool {
        self.election.is_some()
    }

    /// What its own clock says.
    pub fn local(&self, now: u64) -> Timestamp {
        Timestamp::new(Duration::from_millis(self.clock + now))
    }

    pub fn is_doubled(&self, now: u64) -> bool {
        self.election.as_ref().is_some_and(|election| election.standing(self.local(now)).is_doubled)
    }

    pub const fn holds(&self) -> Input {
        Input::Holds { digest: if self.has_synced { 1 } else { 2 }, has_synced: self.has_synced }
    }

    /// Whom it follows, itself included.
    pub const fn follows(&self) -> Option<&Epoch> {
        match &self.role {
            Role::Leader { epoch } => Some(epoch),
            Role::Follower { leader } => leader.as_ref(),
            Role::Starting | Role::Isolated => None,
        }
    }

    pub fn begin(&mut self, election: Election) {
        self.election = Some(election);
        self.role = Role::Starting;
        (self.frozen_until, self.is_suspended, self.pending) = (0, false, None);
    }

    /// `lands`: the write under way reached the disk, though nobody was told.
    pub fn crash(&mut self, lands: bool) {
        if let Some(durable) = self.writing.take().filter(|_| lands) {
            self.disk = durable;
        }
        (self.election, self.next_write, self.pending) = (None, None, None);
        self.early.clear();
        self.waiting.clear();
        self.role = Role::Starting;
    }

    /// What reaches it while it is frozen.
    pub fn wait(&mut self, input: Input) {
        let is_datagram = matches!(input, Input::Heard(_));
        if !is_datagram || (!self.is_suspended && self.waiting.len() < BUFFER) {
            self.waiting.push_back(input);
        }
    }

    /// Whether an epoch above the one it leads in is on its way to the disk.
    pub fn is_bumping(&self) -> bool {
        let Role::Leader { epoch } = &self.role else { return false };
        let on_its_way = [&self.writing, &self.next_write];
        on_its_way.into_iter().flatten().any(|durable| durable.highest.as_ref() > Some(epoch))
    }
}
