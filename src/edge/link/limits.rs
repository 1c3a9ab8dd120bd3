//! How much may one address ask of the link port? So many connections at once, and so many attempts to join in a while.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::model::time::Timestamp;

/// Places for connections, so many for each address.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    taken: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
    each: usize,
    all: usize,
}

/// One place; free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Slots,
    address: IpAddr,
}

impl Slots {
    /// `each` for one address, `all` for all together.
    pub(super) fn new(each: usize, all: usize) -> Self {
        Self { taken: Arc::default(), each, all }
    }

    /// A place for a connection from `address`, if there is one.
    pub(super) fn take(&self, address: IpAddr) -> Option<Slot> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.all {
            return None;
        }
        let count = taken.entry(address).or_default();
        if *count >= self.each {
            return None;
        }
        *count += 1;
        Some(Slot { slots: self.clone(), address })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

/// Attempts per address: so many at once, then one per interval.
#[derive(Debug)]
pub(super) struct Rate {
    burst: u32,
    refill: Duration,
    /// When each address will have its whole burst again.
    full_at: BTreeMap<IpAddr, Timestamp>,
}

/// Addresses remembered; beyond that nobody new gets in until one is forgotten, which a flood from forged addresses cannot
/// bring about over TCP.
const REMEMBERED: usize = 1024;

impl Rate {
    pub(super) const fn new(burst: u32, refill: Duration) -> Self {
        Self { burst, refill, full_at: BTreeMap::new() }
    }

    /// Whether `address` may try once more.
    pub(super) fn allows(&mut self, address: IpAddr, now: Timestamp) -> bool {
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() >= REMEMBERED && !self.full_at.contains_key(&address) {
            return false;
        }
        let full_at = self.full_at.get(&address).copied().unwrap_or(now).max(now).after(self.refill);
        if full_at.saturating_sub(now) > self.refill * self.burst {
            return false;
        }
        self.full_at.insert(address, full_at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 168, 1, last])
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    #[test]
    fn a_place_is_free_again_when_its_connection_ended() {
        let slots = Slots::new(2, 3);
        let (one, two) = (slots.take(address(1)).unwrap(), slots.take(address(1)).unwrap());
        assert!(slots.take(address(1)).is_none(), "two are all it gets");
        let other = slots.take(address(2)).unwrap();
        assert!(slots.take(address(3)).is_none(), "three are all there are");
        drop((one, other));
        assert!(slots.take(address(1)).is_some());
        drop(two);
        assert!(slots.taken.lock().unwrap().is_empty(), "nobody is remembered");
    }

    #[test]
    fn an_address_gets_its_burst_then_one_per_interval_and_others_are_not_held_up() {
        let mut rate = Rate::new(3, Duration::from_secs(10));
        assert_eq!([0, 0, 0, 0].map(|s| rate.allows(address(1), at(s))), [true, true, true, false]);
        assert!(rate.allows(address(2), at(0)));
        assert_eq!([10, 10].map(|s| rate.allows(address(1), at(s))), [true, false]);
        assert_eq!([100; 4].map(|s| rate.allows(address(1), at(s))), [true, true, true, false]);
        assert_eq!(rate.full_at.len(), 1, "who has its burst again is forgotten");
    }
}
