//! How many requests may one client send? A bucket of tokens each, refilled steadily.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// Requests at once.
const BURST: f64 = 1000.0;
/// Requests per second in the long run.
const PER_SECOND: f64 = 500.0;
/// Clients remembered; beyond it the one quiet for longest is forgotten, which only fills its bucket.
const CLIENTS: usize = 4096;

/// The buckets, by client.
#[derive(Debug, Default)]
pub struct Rate {
    buckets: BTreeMap<String, (f64, Instant)>,
}

impl Rate {
    /// Takes a token of `client`'s.
    ///
    /// # Errors
    /// How long until there is one again.
    pub fn take(&mut self, client: &str, now: Instant) -> Result<(), Duration> {
        if !self.buckets.contains_key(client) && self.buckets.len() >= CLIENTS {
            let oldest = self.buckets.iter().min_by_key(|(_, (_, last))| *last).map(|(client, _)| client.clone());
            oldest.and_then(|oldest| self.buckets.remove(&oldest));
        }
        let (level, last) = self.buckets.get(client).copied().unwrap_or((BURST, now));
        let level = (now.saturating_duration_since(last).as_secs_f64().mul_add(PER_SECOND, level)).min(BURST);
        let enough = level >= 1.0;
        self.buckets.insert(client.to_owned(), (if enough { level - 1.0 } else { level }, now));
        if enough { Ok(()) } else { Err(Duration::from_secs_f64((1.0 - level) / PER_SECOND)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_taken_then_only_the_steady_rate() {
        let mut rate = Rate::default();
        let now = Instant::now();
        assert_eq!((0..2000).filter(|_| rate.take("a", now).is_ok()).count(), 1000);
        assert!(rate.take("b", now).is_ok());
        assert_eq!((0..2000).filter(|_| rate.take("a", now + Duration::from_secs(1)).is_ok()).count(), 500);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_whoever_comes() {
        let mut rate = Rate::default();
        let now = Instant::now();
        assert!((0..10_000).all(|n| rate.take(&n.to_string(), now).is_ok()));
        assert_eq!(rate.buckets.len(), CLIENTS);
    }
}
