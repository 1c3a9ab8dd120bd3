//! Does anybody look? Then machine and apps are measured often, else seldom.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Between measurements while somebody looks.
pub(super) const LIVELY: Duration = Duration::from_secs(2);
/// Between measurements else, and between those that are kept.
pub(super) const QUIET: Duration = Duration::from_secs(30);
/// The processor's use is a difference: over less than this it says nothing.
const SHORTEST: Duration = Duration::from_millis(250);

/// How many look at the measurements of one feed.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    count: AtomicUsize,
    somebody_came: Notify,
}

/// Somebody looks, as long as this lives.
#[derive(Debug)]
pub struct Watching(Arc<Watchers>);

impl Watchers {
    /// One more looks, as long as the answer lives; the first is not kept waiting.
    pub(super) fn watch(self: &Arc<Self>) -> Watching {
        if self.count.fetch_add(1, Ordering::Relaxed) == 0 {
            self.somebody_came.notify_one();
        }
        Watching(Arc::clone(self))
    }

    /// Waits until it is time for the next measurement.
    pub(super) async fn pause(&self) {
        // An early wake-up is at most one measurement too many.
        let _ = tokio::time::timeout(self.until_next(), self.somebody_came.notified()).await;
        tokio::time::sleep(SHORTEST).await;
    }

    fn until_next(&self) -> Duration {
        if self.count.load(Ordering::Relaxed) > 0 { LIVELY } else { QUIET }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn while_anybody_looks_it_is_measured_often_and_the_first_one_is_not_kept_waiting() {
        let watchers = Arc::new(Watchers::default());
        let waited = async || {
            let from = tokio::time::Instant::now();
            watchers.pause().await;
            from.elapsed()
        };
        assert_eq!(waited().await, QUIET + SHORTEST);
        let (one, two) = (watchers.watch(), watchers.watch());
        assert_eq!(waited().await, SHORTEST, "somebody came");
        drop(one);
        assert_eq!(waited().await, LIVELY + SHORTEST);
        drop(two);
        assert_eq!(waited().await, QUIET + SHORTEST);
    }
}
