//! When does blocking Git work end before it is done? On cancel or deadline, noticed inside libgit2's callbacks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::error::SourceError;

/// How long a stopped operation may take to notice and clean up before its caller goes on without it. It then ends by the
/// socket timeouts and still cleans up: its locks and paths moved into it.
const GRACE: Duration = Duration::from_secs(3);

/// Tells the blocking thread to stop.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A caller that goes away (its task was aborted) stops the thread, too.
struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// Runs `work` on a blocking thread until it is done, cancelled, or `limit` is over.
pub(super) async fn run_until<T: Send + 'static>(
    doing: &'static str,
    limit: Duration,
    cancel: &CancellationToken,
    work: impl FnOnce(Stop) -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let stop = StopOnDrop(Stop::default());
    let for_work = stop.0.clone();
    let mut work = tokio::task::spawn_blocking(move || work(for_work));
    let because = tokio::select! {
        biased;
        done = &mut work => return done.unwrap_or(Err(SourceError::Interrupted)),
        () = cancel.cancelled() => SourceError::Cancelled,
        () = tokio::time::sleep(limit) => SourceError::TimedOut { doing, after: limit },
    };
    stop.0.set();
    // What it answers now no longer matters, only that it has cleaned up.
    let _ = tokio::time::timeout(GRACE, work).await;
    Err(because)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Work that ends only when told to.
    fn endless(stop: Stop) -> Result<(), SourceError> {
        while !stop.is_set() {
            std::thread::yield_now();
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_cancelled_operation_stops_and_says_so() {
        let cancel = CancellationToken::new();
        let canceller = cancel.clone();
        let work = move |stop| {
            canceller.cancel();
            endless(stop)
        };
        let error = run_until("testing", Duration::from_secs(600), &cancel, work).await.unwrap_err();
        assert!(matches!(error, SourceError::Cancelled), "{error}");
    }

    #[tokio::test]
    async fn an_operation_over_its_limit_is_the_worlds_fault_and_names_the_limit() {
        let error = run_until("testing", Duration::from_millis(20), &CancellationToken::new(), endless).await.unwrap_err();
        assert!(error.is_worlds_fault());
        assert!(error.to_string().contains("testing") && error.to_string().contains("0.02 s"), "{error}");
    }

    #[tokio::test]
    async fn finished_work_is_handed_out() {
        let done = run_until("testing", Duration::from_secs(600), &CancellationToken::new(), |_| Ok(7)).await;
        assert_eq!(done.unwrap(), 7);
    }
}
