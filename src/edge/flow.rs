//! What is in flight to which replica, and how much did each app serve? The ingress counts, the page reads, and the
//! edge waits here until a replica has drained.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::model::id::{AppId, ReplicaId};

/// Minutes of requests kept per app.
pub const MINUTES: usize = 60;
/// How long open sockets have to say goodbye once a drain's limit has passed.
const GOODBYE: Duration = Duration::from_secs(1);
/// Repeated requests an app may always cost in two minutes, however few it serves.
const REPEATS_FLOOR: u64 = 32;

/// The accounts of all replicas and apps of this node; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Flow(Arc<Accounts>);

#[derive(Debug, Default)]
struct Accounts {
    /// Weak, so that a replica nobody routes to any more leaves nothing behind.
    replicas: Mutex<BTreeMap<ReplicaId, Weak<ReplicaFlow>>>,
    apps: Mutex<BTreeMap<AppId, Arc<AppFlow>>>,
    minute: Arc<AtomicU64>,
}

impl Flow {
    /// Empty accounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The account of a replica that takes requests (again): a fresh one if the last was being drained.
    #[must_use]
    pub fn replica(&self, replica: &ReplicaId) -> Arc<ReplicaFlow> {
        let mut replicas = lock(&self.0.replicas);
        replicas.retain(|_, flow| flow.strong_count() > 0);
        if let Some(flow) = replicas.get(replica).and_then(Weak::upgrade).filter(|flow| !flow.is_draining()) {
            return flow;
        }
        let flow = Arc::new(ReplicaFlow::default());
        replicas.insert(replica.clone(), Arc::downgrade(&flow));
        flow
    }

    /// Counts one thing in flight to `replica` until the guard is dropped; none while it drains.
    #[must_use]
    pub fn enter(&self, replica: &ReplicaId) -> Option<Guard> {
        self.replica(replica).enter()
    }

    /// How much is in flight to `replica`.
    #[must_use]
    pub fn in_flight(&self, replica: &ReplicaId) -> usize {
        self.known(replica).map_or(0, |flow| flow.in_flight())
    }

    /// Lets nothing new in to `replica` from this call on, and waits until nothing is in flight to it: `true`. After
    /// `limit` what is still open is told to say goodbye, and at most a second later the answer is `false`.
    pub fn drained(&self, replica: &ReplicaId, limit: Duration) -> impl Future<Output = bool> + Send + use<> {
        let flow = self.known(replica);
        if let Some(flow) = &flow {
            flow.draining.store(true, Ordering::SeqCst);
        }
        async move {
            let Some(flow) = flow else { return true };
            if timeout(limit, flow.idle()).await.is_ok() {
                return true;
            }
            flow.cut.cancel();
            // Whether they made it in time or not: the caller goes on.
            timeout(GOODBYE, flow.idle()).await.ok();
            false
        }
    }

    /// The account of an app.
    #[must_use]
    pub fn app(&self, app: &AppId) -> Arc<AppFlow> {
        let mut apps = lock(&self.0.apps);
        let fresh = || Arc::new(AppFlow::new(self.0.minute.clone()));
        apps.entry(app.clone()).or_insert_with(fresh).clone()
    }

    /// Forgets the apps that `keep` does not name.
    pub fn retain_apps(&self, keep: impl Fn(&AppId) -> bool) {
        lock(&self.0.apps).retain(|app, _| keep(app));
    }

    /// What `app` served; zeros if it never did.
    #[must_use]
    pub fn counts(&self, app: &AppId) -> Counts {
        let flow = lock(&self.0.apps).get(app).cloned();
        flow.map_or_else(Counts::default, |flow| flow.counts())
    }

    /// Says which minute it is, counted from any start; whoever owns a clock calls it at least once a minute.
    pub fn set_minute(&self, minute: u64) {
        self.0.minute.store(minute, Ordering::Relaxed);
    }

    fn known(&self, replica: &ReplicaId) -> Option<Arc<ReplicaFlow>> {
        lock(&self.0.replicas).get(replica).and_then(Weak::upgrade)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while holding these locks, and a count is never half written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The account of one replica.
#[derive(Debug, Default)]
pub struct ReplicaFlow {
    in_flight: AtomicUsize,
    draining: AtomicBool,
    emptied: Notify,
    cut: CancellationToken,
}

impl ReplicaFlow {
    /// Counts one thing in flight until the guard is dropped; none while it drains.
    #[must_use]
    pub fn enter(self: &Arc<Self>) -> Option<Guard> {
        // Counted first, looked at second, and the drain marks first, counts second: one of the two sees the other.
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        let guard = Guard(self.clone());
        (!self.is_draining()).then_some(guard)
    }

    /// How much is in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether nothing new is let in.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Cancelled when the limit of a drain has passed: who is still in flight says goodbye.
    #[must_use]
    pub fn cut(&self) -> &CancellationToken {
        &self.cut
    }

    async fn idle(&self) {
        loop {
            let mut emptied = std::pin::pin!(self.emptied.notified());
            emptied.as_mut().enable();
            if self.in_flight.load(Ordering::SeqCst) == 0 {
                return;
            }
            emptied.await;
        }
    }
}

/// One thing in flight to a replica.
#[derive(Debug)]
pub struct Guard(Arc<ReplicaFlow>);

impl Guard {
    /// Cancelled when the replica waits no longer.
    #[must_use]
    pub fn cut(&self) -> &CancellationToken {
        &self.0.cut
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::SeqCst) == 1 && self.0.is_draining() {
            self.0.emptied.notify_waiters();
        }
    }
}

/// The account of one app.
#[derive(Debug)]
pub struct AppFlow {
    now: Arc<AtomicU64>,
    minutes: [Minute; MINUTES],
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

#[derive(Debug)]
struct Minute {
    number: AtomicU64,
    requests: AtomicU32,
    repeats: AtomicU32,
}

impl AppFlow {
    fn new(now: Arc<AtomicU64>) -> Self {
        let never = |_| Minute { number: AtomicU64::new(u64::MAX), requests: AtomicU32::new(0), repeats: AtomicU32::new(0) };
        Self { now, minutes: std::array::from_fn(never), bytes_in: AtomicU64::new(0), bytes_out: AtomicU64::new(0) }
    }

    /// Counts a request (or a connection of a byte relay).
    pub fn count_request(&self) {
        self.minute().requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request sent a second time, if its app's budget has room: 20 % of the requests of this and the last
    /// minute, and a few more.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        let now = self.now.load(Ordering::Relaxed);
        let recent = |field: fn(&Minute) -> &AtomicU32| -> u64 {
            let of = |minute: u64| self.read(minute, field).unwrap_or(0);
            u64::from(of(now)) + now.checked_sub(1).map_or(0, |last| u64::from(of(last)))
        };
        let allowed = REPEATS_FLOOR + recent(|minute| &minute.requests) / 5;
        if recent(|minute| &minute.repeats) >= allowed {
            return false;
        }
        self.minute().repeats.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Counts bytes from visitors to the app.
    pub fn count_in(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts bytes from the app to visitors.
    pub fn count_out(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn minute(&self) -> &Minute {
        let now = self.now.load(Ordering::Relaxed);
        let minute = &self.minutes[slot(now)];
        let was = minute.number.load(Ordering::Relaxed);
        // One of those who find an old minute empties it; a request counted in that very moment may be lost.
        if was != now && minute.number.compare_exchange(was, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            minute.requests.store(0, Ordering::Relaxed);
            minute.repeats.store(0, Ordering::Relaxed);
        }
        minute
    }

    fn read(&self, number: u64, field: fn(&Minute) -> &AtomicU32) -> Option<u32> {
        let minute = &self.minutes[slot(number)];
        (minute.number.load(Ordering::Relaxed) == number).then(|| field(minute).load(Ordering::Relaxed))
    }

    fn counts(&self) -> Counts {
        let now = self.now.load(Ordering::Relaxed);
        let back = |minutes: u64| now.checked_sub(minutes).and_then(|n| self.read(n, |m| &m.requests)).unwrap_or(0);
        let per_minute: Vec<u32> = (0..MINUTES as u64).rev().map(back).collect();
        Counts {
            last_hour: per_minute.iter().copied().map(u64::from).sum(),
            per_minute,
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the remainder of 60 fits")]
fn slot(minute: u64) -> usize {
    (minute % MINUTES as u64) as usize
}

/// What an app served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests in the last 60 minutes.
    pub last_hour: u64,
    /// The same by minute, the oldest first; empty if it never served.
    pub per_minute: Vec<u32>,
    /// Bytes of bodies from visitors since the agent started.
    pub bytes_in: u64,
    /// Bytes of bodies to visitors since the agent started.
    pub bytes_out: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    fn replica() -> ReplicaId {
        "web-12345678-0".parse().unwrap()
    }

    fn web() -> AppId {
        "web".parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_replica_is_drained_when_the_last_request_ends() {
        let flow = Flow::new();
        let account = flow.replica(&replica());
        let (one, two) = (account.enter().unwrap(), account.enter().unwrap());
        let drained = tokio::spawn(flow.drained(&replica(), SOON));
        drop(one);
        tokio::task::yield_now().await;
        assert!(!drained.is_finished());
        drop(two);
        assert!(drained.await.unwrap());
        assert_eq!(flow.in_flight(&replica()), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_enters_a_replica_once_draining_was_asked_for() {
        let flow = Flow::new();
        let account = flow.replica(&replica());
        let drained = flow.drained(&replica(), SOON);
        assert!(account.enter().is_none());
        assert!(drained.await);
        assert_eq!(account.in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_outlasts_the_limit_is_told_to_say_goodbye_and_then_given_up() {
        let flow = Flow::new();
        let account = flow.replica(&replica());
        let stuck = account.enter().unwrap();
        assert!(!flow.drained(&replica(), SOON).await);
        assert!(stuck.cut().is_cancelled());
    }

    #[tokio::test]
    async fn an_unknown_replica_is_drained_and_a_returning_one_starts_afresh() {
        let flow = Flow::new();
        assert!(flow.drained(&replica(), SOON).await);
        let old = flow.replica(&replica());
        assert!(flow.drained(&replica(), SOON).await);
        let new = flow.replica(&replica());
        assert!(old.enter().is_none());
        assert!(new.enter().is_some());
    }

    #[test]
    fn requests_are_counted_by_minute_and_leave_after_an_hour() {
        let flow = Flow::new();
        let app = flow.app(&web());
        flow.set_minute(7);
        app.count_request();
        app.count_request();
        flow.set_minute(8);
        app.count_request();
        app.count_in(5);
        app.count_out(70);
        let counts = flow.counts(&web());
        assert_eq!((counts.last_hour, counts.bytes_in, counts.bytes_out), (3, 5, 70));
        assert_eq!(counts.per_minute[MINUTES - 2..], [2, 1]);
        flow.set_minute(67);
        assert_eq!(flow.counts(&web()).last_hour, 1);
        flow.set_minute(68);
        assert_eq!(flow.counts(&web()).last_hour, 0);
    }

    #[test]
    fn repeats_stop_at_a_fifth_of_the_requests() {
        let flow = Flow::new();
        let app = flow.app(&web());
        (0..500).for_each(|_| app.count_request());
        let repeated = (0..500).filter(|_| app.may_repeat()).count() as u64;
        assert_eq!(repeated, REPEATS_FLOOR + 100);
        flow.set_minute(2);
        assert!(app.may_repeat(), "a new minute has a new budget");
    }

    #[test]
    fn a_forgotten_app_starts_from_zero() {
        let flow = Flow::new();
        flow.app(&web()).count_request();
        flow.retain_apps(|app| *app == web());
        assert_eq!(flow.counts(&web()).last_hour, 1);
        flow.retain_apps(|_| false);
        assert_eq!(flow.counts(&web()), Counts::default());
    }
}
