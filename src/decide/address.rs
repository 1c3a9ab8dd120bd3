//! Which address does a container get? One of the bridge's, not used by another for ten minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

use crate::model::observed::Subnet;
use crate::model::time::Timestamp;

/// Neighbours' caches and pooled connections still lead to an old holder for a while.
const REST: Duration = Duration::from_secs(600);

/// The addresses of one bridge that are free.
#[derive(Debug, Default)]
pub struct AddressPool {
    released: BTreeMap<Ipv4Addr, Timestamp>,
}

impl AddressPool {
    /// Notes that `address` has no holder any more.
    pub fn release(&mut self, address: Ipv4Addr, now: Timestamp) {
        self.released.insert(address, now);
    }

    /// The lowest free address of `subnet` that nobody in `used` has. If all others rest, the one that rested longest;
    /// none only when every address is used.
    pub fn take(&mut self, subnet: Subnet, used: &BTreeSet<Ipv4Addr>, now: Timestamp) -> Option<Ipv4Addr> {
        self.released.retain(|_, at| now.saturating_sub(*at) < REST);
        let is_free = |address: &Ipv4Addr| *address != subnet.gateway && !used.contains(address);
        let fresh = hosts(subnet).find(|address| is_free(address) && !self.released.contains_key(address));
        let address = fresh.or_else(|| {
            let mut resting: Vec<_> = self.released.iter().filter(|(address, _)| is_free(address)).collect();
            resting.sort_by_key(|(_, at)| **at);
            resting.first().map(|(address, _)| **address)
        })?;
        self.released.remove(&address);
        Some(address)
    }
}

/// All host addresses of a network, without its own and its broadcast address.
fn hosts(subnet: Subnet) -> impl Iterator<Item = Ipv4Addr> {
    let size = 1_u32.checked_shl(32 - u32::from(subnet.prefix.min(32))).unwrap_or(u32::MAX);
    let base = u32::from(subnet.base);
    (1..size.saturating_sub(1)).map(move |host| Ipv4Addr::from(base.saturating_add(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRIDGE: Subnet = Subnet { base: Ipv4Addr::new(198, 18, 0, 0), prefix: 29, gateway: Ipv4Addr::new(198, 18, 0, 1) };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    #[test]
    fn the_gateway_and_held_addresses_are_left_out() {
        let used = BTreeSet::from([Ipv4Addr::new(198, 18, 0, 2)]);
        assert_eq!(AddressPool::default().take(BRIDGE, &used, at(0)), Some(Ipv4Addr::new(198, 18, 0, 3)));
    }

    #[test]
    fn a_released_address_rests_ten_minutes() {
        let mut pool = AddressPool::default();
        pool.release(Ipv4Addr::new(198, 18, 0, 2), at(0));
        assert_eq!(pool.take(BRIDGE, &BTreeSet::new(), at(599)), Some(Ipv4Addr::new(198, 18, 0, 3)));
        assert_eq!(pool.take(BRIDGE, &BTreeSet::new(), at(600)), Some(Ipv4Addr::new(198, 18, 0, 2)));
    }

    #[test]
    fn a_full_bridge_reuses_the_one_that_rested_longest_and_then_has_none() {
        let mut pool = AddressPool::default();
        let used: BTreeSet<_> = (3..7).map(|n| Ipv4Addr::new(198, 18, 0, n)).collect();
        pool.release(Ipv4Addr::new(198, 18, 0, 2), at(0));
        assert_eq!(pool.take(BRIDGE, &used, at(1)), Some(Ipv4Addr::new(198, 18, 0, 2)));
        let all: BTreeSet<_> = (2..7).map(|n| Ipv4Addr::new(198, 18, 0, n)).collect();
        assert_eq!(pool.take(BRIDGE, &all, at(1)), None);
    }
}
