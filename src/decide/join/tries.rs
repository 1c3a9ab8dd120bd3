//! How often may an address try to join? One handshake at a time, three tries, then a pause: a code has a million values.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::model::time::Timestamp;

/// Handshakes that may fail before the pause.
const TRIES: u32 = 3;
/// The pause; after so long without a try, old ones are forgotten.
pub const PAUSE: Duration = Duration::from_secs(600);
/// Handshakes at once, from anywhere: each wants a person's eyes.
const AT_ONCE: usize = 8;
/// Addresses remembered; beyond that whoever is new waits for others' pauses to end.
const ADDRESSES: usize = 256;

/// Who tried, and how often.
#[derive(Debug, Default)]
pub struct Tries {
    by: BTreeMap<IpAddr, Tried>,
}

#[derive(Debug)]
struct Tried {
    failed: u32,
    last: Timestamp,
    is_open: bool,
}

/// Why a handshake is not begun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TooMany {
    /// It has one already.
    #[error("a handshake with this address is under way already")]
    Open,
    /// Too many failed.
    #[error("{TRIES} tries from this address failed; the next one counts in {} min", left.as_secs().div_ceil(60))]
    Paused {
        /// How long the pause still is.
        left: Duration,
    },
    /// Too many others.
    #[error("{AT_ONCE} machines wait to be let in already")]
    Crowd,
}

impl Tries {
    /// Begins a handshake with `address`; [`Self::end`] must follow.
    ///
    /// # Errors
    /// When it may not try now.
    pub fn begin(&mut self, address: IpAddr, now: Timestamp) -> Result<(), TooMany> {
        self.by.retain(|_, tried| tried.is_open || now.saturating_sub(tried.last) < PAUSE);
        if let Some(tried) = self.by.get_mut(&address) {
            if tried.is_open {
                return Err(TooMany::Open);
            }
            if tried.failed >= TRIES {
                return Err(TooMany::Paused { left: PAUSE.saturating_sub(now.saturating_sub(tried.last)) });
            }
        }
        if self.by.values().filter(|tried| tried.is_open).count() >= AT_ONCE || self.by.len() >= ADDRESSES {
            return Err(TooMany::Crowd);
        }
        let tried = self.by.entry(address).or_insert(Tried { failed: 0, last: now, is_open: true });
        (tried.is_open, tried.last) = (true, now);
        Ok(())
    }

    /// Ends it; one that succeeded clears the address.
    pub fn end(&mut self, address: IpAddr, succeeded: bool, now: Timestamp) {
        if succeeded {
            self.by.remove(&address);
        } else if let Some(tried) = self.by.get_mut(&address) {
            (tried.is_open, tried.last) = (false, now);
            tried.failed += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn three_tries_then_ten_minutes_then_three_again() {
        let mut tries = Tries::default();
        for second in 0..3 {
            tries.begin(address(1), at(second)).unwrap();
            tries.end(address(1), false, at(second));
        }
        assert_eq!(tries.begin(address(1), at(62)), Err(TooMany::Paused { left: Duration::from_secs(540) }));
        assert!(TooMany::Paused { left: Duration::from_secs(541) }.to_string().ends_with("in 10 min"));
        tries.begin(address(2), at(62)).unwrap();
        tries.begin(address(1), at(602)).unwrap();
    }

    #[test]
    fn one_at_a_time_per_address_and_eight_in_all() {
        let mut tries = Tries::default();
        tries.begin(address(0), at(0)).unwrap();
        assert_eq!(tries.begin(address(0), at(0)), Err(TooMany::Open));
        for last in 1..8 {
            tries.begin(address(last), at(0)).unwrap();
        }
        assert_eq!(tries.begin(address(9), at(0)), Err(TooMany::Crowd));
        tries.end(address(3), true, at(1));
        tries.begin(address(9), at(1)).unwrap();
    }

    #[test]
    fn whoever_tries_all_codes_needs_years_and_a_blind_person() {
        // A try shows one code of a million, and somebody has to say yes to it on both sides.
        let (mut tries, mut made) = (Tries::default(), 0_u32);
        for second in 0..86_400 {
            if tries.begin(address(1), at(second)).is_ok() {
                tries.end(address(1), false, at(second));
                made += 1;
            }
        }
        assert!(made <= 3 * 145, "{made} tries in a day");
    }

    #[test]
    fn a_flood_of_addresses_is_bounded() {
        let mut tries = Tries::default();
        for n in 0..2_000_u32 {
            let address = IpAddr::from(n.to_be_bytes());
            if tries.begin(address, at(0)).is_ok() {
                tries.end(address, false, at(0));
            }
        }
        assert_eq!(tries.by.len(), ADDRESSES);
    }
}
