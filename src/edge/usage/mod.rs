//! What do the apps use? Processor and memory of every container, and what volumes and images weigh; measured more often while
//! somebody looks. Docker is asked once per container, the kernel's files then say the rest.

mod history;
mod readers;
mod sizes;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;

use crate::edge::clock;
use crate::edge::docker::Docker;
use crate::edge::watchers::{Watchers, Watching};
use crate::model::id::{AppId, ReplicaId, VersionId, VolumeId};
use crate::model::time::WallTime;
use crate::model::world::World;
use history::History;
use readers::Readers;
use sizes::Sizes;

/// What a container or an app uses.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Used {
    /// Percent of one core; 0 until measured twice.
    pub cpu_percent: f64,
    /// Bytes in use.
    pub memory: u64,
    /// Bytes it may use; the machine's where there is no limit.
    pub limit: u64,
}

/// What was measured last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageNow {
    /// Sum over the replicas of an app.
    pub apps: BTreeMap<AppId, Used>,
    /// Of each that runs.
    pub replicas: BTreeMap<ReplicaId, Used>,
    /// Bytes in each volume.
    pub volumes: BTreeMap<VolumeId, u64>,
    /// Bytes of each version's image, layers it shares included.
    pub images: BTreeMap<VersionId, u64>,
}

/// What an app used at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UsagePoint {
    /// When.
    pub at: WallTime,
    /// How much.
    pub used: Used,
}

/// The measurements, shared with whoever shows them. Measuring ends when the last clone is gone.
#[derive(Debug, Clone)]
pub struct UsageFeed {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    now: Mutex<Arc<UsageNow>>,
    history: Mutex<History>,
    watchers: Arc<Watchers>,
}

impl Shared {
    fn publish(&self, replicas: BTreeMap<ReplicaId, (AppId, Used)>) {
        let mut apps = BTreeMap::new();
        for (app, used) in replicas.values() {
            add(apps.entry(app.clone()).or_default(), used);
        }
        lock(&self.history).add(&apps, clock::wall(), clock::now());
        let mut now = lock(&self.now);
        let before = Arc::make_mut(&mut now);
        before.apps = apps;
        before.replicas = replicas.into_iter().map(|(replica, (_, used))| (replica, used)).collect();
    }
}

impl UsageFeed {
    /// Starts measuring the containers, volumes and images that `world` names; the names of our images begin with `prefix`.
    /// Needs the runtime.
    #[must_use]
    pub fn start(docker: Docker, world: watch::Receiver<World>, prefix: String) -> Self {
        let feed = Self { shared: Arc::default() };
        tokio::spawn(measure(Arc::downgrade(&feed.shared), docker.clone(), world.clone()));
        tokio::spawn(weigh(Arc::downgrade(&feed.shared), docker, world, prefix));
        feed
    }

    /// What was measured last.
    #[must_use]
    pub fn now(&self) -> Arc<UsageNow> {
        Arc::clone(&lock(&self.shared.now))
    }

    /// The last hour of an app, every 30 s, the oldest first.
    #[must_use]
    pub fn last_hour(&self, app: &AppId) -> Vec<UsagePoint> {
        lock(&self.shared.history).of(app)
    }

    /// Measures every 2 s as long as the answer lives.
    #[must_use]
    pub fn watch(&self) -> Watching {
        self.shared.watchers.watch()
    }
}

async fn measure(shared: Weak<Shared>, docker: Docker, world: watch::Receiver<World>) {
    let mut readers = Readers::default();
    loop {
        let snapshot = world.borrow().clone();
        let measured = readers.read(&docker, &snapshot).await;
        let Some(shared) = shared.upgrade() else { return };
        shared.publish(measured);
        shared.watchers.pause().await;
    }
}

async fn weigh(shared: Weak<Shared>, docker: Docker, mut world: watch::Receiver<World>, prefix: String) {
    let mut sizes = Sizes::new(prefix);
    loop {
        let snapshot = world.borrow_and_update().clone();
        let (images, volumes) = sizes.weigh(&docker, &snapshot).await;
        let Some(shared) = shared.upgrade() else { return };
        {
            let mut now = lock(&shared.now);
            let now = Arc::make_mut(&mut now);
            (now.images, now.volumes) = (images, volumes);
        }
        drop(shared);
        if !sizes.until_due(&mut world).await {
            return;
        }
    }
}

fn add(sum: &mut Used, used: &Used) {
    sum.cpu_percent += used.cpu_percent;
    sum.memory = sum.memory.saturating_add(used.memory);
    sum.limit = sum.limit.saturating_add(used.limit);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_uses_what_its_replicas_use_together() {
        let shared = Shared::default();
        let app: AppId = "web".parse().unwrap();
        let used = |memory| Used { cpu_percent: 1.5, memory, limit: 100 };
        let replica = |name: &str| name.parse::<ReplicaId>().unwrap();
        shared.publish(BTreeMap::from([
            (replica("web-a-0"), (app.clone(), used(7))),
            (replica("web-a-1"), (app.clone(), used(8))),
        ]));
        let feed = UsageFeed { shared: Arc::new(shared) };
        let sum = Used { cpu_percent: 3.0, memory: 15, limit: 200 };
        assert_eq!((feed.now().apps[&app], feed.now().replicas.len()), (sum, 2));
        assert_eq!(feed.last_hour(&app).iter().map(|point| point.used).collect::<Vec<_>>(), [sum]);
        feed.shared.publish(BTreeMap::new());
        assert_eq!((feed.now().apps.len(), feed.last_hour(&app).len()), (0, 1));
    }
}
