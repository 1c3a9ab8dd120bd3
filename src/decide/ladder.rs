//! When is something tried again that the world, not the app, made fail?

use std::time::Duration;

/// Seconds before each try; from then on every five minutes.
const RUNGS: [u64; 10] = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];
const TOP: u64 = 300;

/// The wait before try number `attempt` (from 1), spread by ±20 % so that many waiting things do not come back at once.
/// The spread is a hash of (`id`, attempt): the same on every node and in every replay.
#[must_use]
pub fn wait(id: &str, attempt: u32) -> Duration {
    let rung = RUNGS.get(attempt.saturating_sub(1) as usize).copied().unwrap_or(TOP);
    let spread = spread_permille(id, attempt);
    Duration::from_millis(rung * (800 + spread * 400 / 1000))
}

/// 0 to 999, from FNV-1a over the id and the attempt.
fn spread_permille(id: &str, attempt: u32) -> u64 {
    let bytes = id.bytes().chain(attempt.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 32) % 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_within_a_fifth_of_their_rung() {
        for (attempt, rung) in (1..).zip(RUNGS) {
            let wait = wait("web", attempt).as_secs_f64();
            let rung = Duration::from_secs(rung).as_secs_f64();
            assert!((rung * 0.8..=rung * 1.2).contains(&wait), "attempt {attempt}: {wait}");
        }
    }

    #[test]
    fn after_the_last_rung_it_is_about_five_minutes() {
        let wait = wait("web", 400).as_secs();
        assert!((240..=360).contains(&wait));
    }

    #[test]
    fn two_things_do_not_come_back_at_the_same_moment() {
        assert_ne!(wait("web", 5), wait("api", 5));
    }
}
