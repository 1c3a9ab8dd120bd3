//! How are figures told? Median, 99th percentile and the worst, of all that were measured.

use std::fmt;
use std::time::Duration;

/// Times of one kind.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
        self.0.sort();
    }

    /// The smallest time that this share of all is not above.
    pub fn share(&self, percent: usize) -> Duration {
        let at = (self.0.len() * percent).div_ceil(100).max(1) - 1;
        self.0.get(at).copied().unwrap_or_default()
    }

    pub fn most(&self) -> Duration {
        self.share(100)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, most] = [self.share(50), self.share(99), self.most()].map(|time| time.as_millis());
        write!(f, "{} times: p50 {p50} ms, p99 {p99} ms, max {most} ms", self.0.len())
    }
}

#[test]
fn a_percentile_is_a_time_that_was_measured() {
    let mut times = Times::default();
    assert_eq!(times.most(), Duration::ZERO);
    (1..=50).rev().for_each(|n| times.add(Duration::from_millis(n)));
    assert_eq!((times.share(50), times.share(99), times.most()), (ms(25), ms(50), ms(50)));
    assert_eq!(times.to_string(), "50 times: p50 25 ms, p99 50 ms, max 50 ms");

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }
}
