//! How often may somebody guess the password? Five times, then a pause that doubles from a minute.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// Guesses one client has before the first pause.
const CLIENT_TRIES: u32 = 5;
/// Guesses all clients together have before the first pause.
const ALL_TRIES: u32 = 25;
/// The first pause.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// A client that stays quiet this long starts anew.
const FORGIVEN_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Clients remembered; beyond it the one quiet for longest is forgotten, and `all` still counts.
const CLIENTS: usize = 1024;

/// Wrong guesses of one client, or of all.
#[derive(Debug, Clone, Copy)]
struct Tally {
    wrong: u32,
    last: Instant,
}

/// Wrong guesses, by client and over all. In memory: a restart of the agent forgives.
#[derive(Debug, Default)]
pub struct Attempts {
    clients: BTreeMap<String, Tally>,
    all: Option<Tally>,
}

/// What a wrong guess led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// So many guesses are left before a pause.
    Left(u32),
    /// No guess counts for so long.
    Pause(Duration),
}

impl Attempts {
    /// How long `client` still has to wait; none when it may guess.
    #[must_use]
    pub fn pause(&self, client: &str, now: Instant) -> Option<Duration> {
        let own = self.clients.get(client).and_then(|tally| tally.pause(CLIENT_TRIES, now));
        let all = self.all.as_ref().and_then(|tally| tally.pause(ALL_TRIES, now));
        own.max(all)
    }

    /// A wrong guess.
    pub fn wrong(&mut self, client: &str, now: Instant) -> Verdict {
        if !self.clients.contains_key(client) && self.clients.len() >= CLIENTS {
            let oldest = self.clients.iter().min_by_key(|(_, tally)| tally.last).map(|(client, _)| client.clone());
            oldest.and_then(|oldest| self.clients.remove(&oldest));
        }
        self.all = Some(Tally::count(self.all, now));
        let tally = Tally::count(self.clients.get(client).copied(), now);
        self.clients.insert(client.to_owned(), tally);
        let left = CLIENT_TRIES.saturating_sub(tally.wrong);
        self.pause(client, now).map_or(Verdict::Left(left), Verdict::Pause)
    }

    /// The right password: the client starts anew.
    pub fn right(&mut self, client: &str) {
        self.clients.remove(client);
    }
}

impl Tally {
    fn count(before: Option<Self>, now: Instant) -> Self {
        let before = before.filter(|tally| now.saturating_duration_since(tally.last) < FORGIVEN_AFTER);
        Self { wrong: before.map_or(0, |tally| tally.wrong).saturating_add(1), last: now }
    }

    fn pause(&self, tries: u32, now: Instant) -> Option<Duration> {
        let over = self.wrong.checked_sub(tries)?;
        let whole = FIRST_PAUSE.saturating_mul(1_u32 << over.min(16)).min(LONGEST_PAUSE);
        whole.checked_sub(now.saturating_duration_since(self.last)).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn five_wrong_guesses_lead_to_a_pause_that_doubles() {
        let mut attempts = Attempts::default();
        let start = Instant::now();
        for left in (1..=4).rev() {
            assert_eq!(attempts.wrong("a", start), Verdict::Left(left));
        }
        assert_eq!(attempts.wrong("a", start), Verdict::Pause(Duration::from_secs(60)));
        let later = start + Duration::from_secs(61);
        assert_eq!(attempts.pause("a", later), None);
        assert_eq!(attempts.wrong("a", later), Verdict::Pause(Duration::from_secs(120)));
        assert_eq!(attempts.pause("b", later), None);
    }

    #[tokio::test(start_paused = true)]
    async fn many_clients_together_are_paused_too_and_memory_is_bounded() {
        let mut attempts = Attempts::default();
        let now = Instant::now();
        for n in 0..5000 {
            attempts.wrong(&format!("client {n}"), now);
        }
        assert!(attempts.pause("somebody else", now).is_some());
        assert_eq!(attempts.clients.len(), CLIENTS);
    }

    #[tokio::test(start_paused = true)]
    async fn the_right_password_starts_anew_and_so_does_a_day() {
        let mut attempts = Attempts::default();
        let now = Instant::now();
        for _ in 0..4 {
            attempts.wrong("a", now);
        }
        attempts.right("a");
        assert_eq!(attempts.wrong("a", now), Verdict::Left(4));
        assert_eq!(attempts.wrong("a", now + FORGIVEN_AFTER), Verdict::Left(4));
    }
}
