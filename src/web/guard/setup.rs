//! How does the first password get in? By a link made on the machine itself: one hour, once.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::token;

/// How long a link works.
pub const LIFETIME: Duration = Duration::from_secs(3600);
/// Links at once; beyond it the oldest ends.
const MOST: usize = 10;

/// The links handed out, by digest. In memory: a restart of the agent ends them.
#[derive(Debug, Default)]
pub struct SetupLinks {
    links: BTreeMap<String, Link>,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    made: Instant,
    reset: bool,
}

impl SetupLinks {
    /// A new link's token; `reset`: it may replace a password that is set.
    ///
    /// # Errors
    /// When the kernel gives no randomness.
    pub fn make(&mut self, reset: bool, now: Instant) -> Result<String, token::MakeTokenError> {
        let token = token::fresh()?;
        self.links.retain(|_, link| now.saturating_duration_since(link.made) < LIFETIME);
        if self.links.len() >= MOST {
            let oldest = self.links.iter().min_by_key(|(_, link)| link.made).map(|(digest, _)| digest.clone());
            oldest.and_then(|oldest| self.links.remove(&oldest));
        }
        self.links.insert(token::digest(&token), Link { made: now, reset });
        Ok(token)
    }

    /// Uses a link up; whether it may replace a password. None: it is no link, or no longer.
    pub fn spend(&mut self, token: &str, now: Instant) -> Option<bool> {
        let link = self.links.remove(&token::digest(token))?;
        (now.saturating_duration_since(link.made) < LIFETIME).then_some(link.reset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_link_works_once_and_for_an_hour() {
        let mut links = SetupLinks::default();
        let now = Instant::now();
        let token = links.make(true, now).unwrap();
        assert_eq!(links.spend(&token, now), Some(true));
        assert_eq!(links.spend(&token, now), None);
        let late = links.make(false, now).unwrap();
        assert_eq!(links.spend(&late, now + LIFETIME), None);
        assert_eq!(links.spend("guess", now), None);
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_newest_ten_links_work() {
        let mut links = SetupLinks::default();
        let start = Instant::now();
        let first = links.make(false, start).unwrap();
        (1..=10).for_each(|n| drop(links.make(false, start + Duration::from_secs(n)).unwrap()));
        assert_eq!(links.spend(&first, start), None);
    }
}
