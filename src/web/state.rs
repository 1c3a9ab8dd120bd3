//! What do all routes share? The way to the loop, the newest snapshot, the ports, and the memory of the door.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::events::Streams;
use super::guard::attempts::Attempts;
use super::guard::rate::Rate;
use super::guard::setup::SetupLinks;
use super::host::OwnNames;
use super::ports::Ports;
use super::view::{AuditEntry, Glance, MachineFacts, StatsNow, Viewer};
use crate::edge::desk::Desk;
use crate::model::time::WallTime;
use crate::model::world::World;

/// Requests answered at once; more wait their turn or are told to come back.
const AT_ONCE: usize = 256;
/// Sign-ins that wait for their turn at the password.
const SIGN_INS_WAITING: usize = 8;
/// Entries of the audit log a slow stream may lie behind.
const DEEDS_KEPT: usize = 64;

/// What the front door is made of.
#[derive(Clone)]
pub struct Parts {
    /// Where wishes are handed in.
    pub desk: Desk,
    /// The newest snapshot; it holds a wish before the desk answers.
    pub world: watch::Receiver<World>,
    /// The world outside.
    pub ports: Ports,
    /// What the platform is called.
    pub platform: String,
    /// The names this machine answers to.
    pub own_names: OwnNames,
    /// Calendar time.
    pub wall: fn() -> WallTime,
}

/// What all routes share. Cheap to clone.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

/// Behind [`Web`].
pub struct Inner {
    /// What the front door is made of.
    pub parts: Parts,
    /// Wrong guesses of the password.
    pub attempts: Mutex<Attempts>,
    /// Requests per client.
    pub rate: Mutex<Rate>,
    /// One-time links.
    pub links: Mutex<SetupLinks>,
    /// One password is checked at a time.
    pub password_turn: Semaphore,
    /// And only so many wait for it.
    pub password_queue: Semaphore,
    /// Requests being answered.
    pub requests: Semaphore,
    /// When each token was last used, by digest.
    pub tokens_used: Mutex<BTreeMap<String, WallTime>>,
    /// Changes as they are noted.
    pub deeds: broadcast::Sender<AuditEntry>,
    /// Open event streams.
    pub streams: Streams,
    /// Cancelled when the agent stops: streams never end by themselves.
    pub stopping: CancellationToken,
}

impl std::ops::Deref for Web {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Web {
    /// A front door made of `parts`.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            attempts: Mutex::default(),
            rate: Mutex::default(),
            links: Mutex::default(),
            password_turn: Semaphore::new(1),
            password_queue: Semaphore::new(SIGN_INS_WAITING),
            requests: Semaphore::new(AT_ONCE),
            tokens_used: Mutex::default(),
            deeds: broadcast::channel(DEEDS_KEPT).0,
            streams: Streams::default(),
            stopping: CancellationToken::new(),
        }))
    }

    /// The newest snapshot.
    #[must_use]
    pub fn world(&self) -> World {
        self.parts.world.borrow().clone()
    }

    /// Calendar time now.
    #[must_use]
    pub fn now(&self) -> WallTime {
        (self.parts.wall)()
    }

    /// The newest snapshot with all that is shown beside it.
    #[must_use]
    pub fn scene(&self, viewer: Viewer) -> Scene {
        let stats = &self.parts.ports.stats;
        Scene { world: self.world(), machine: stats.machine(), stats: stats.now(), viewer }
    }
}

/// Locks what no panic can leave half done: every change under it is a single step.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One snapshot with all that is shown beside it.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The snapshot.
    pub world: World,
    /// The machine that answers.
    pub machine: Arc<MachineFacts>,
    /// Measurements.
    pub stats: Arc<StatsNow>,
    /// Who looks.
    pub viewer: Viewer,
}

impl Scene {
    /// For the views.
    #[must_use]
    pub fn glance(&self) -> Glance<'_> {
        Glance::new(&self.world, &self.machine, &self.stats, &self.viewer)
    }
}
