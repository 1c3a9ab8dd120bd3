//! Which addresses may our bridge have? The configured /20, or one that nothing on this machine uses, the same at each start.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The ranges a bridge's /20 is taken from, in this order: 512, 16 and one. Away from Docker's own pools (172.17–31,
/// 192.168) and from what home routers and other container platforms use; the later ones for machines whose VPN takes all of 10.
pub const POOLS: [&str; 3] = ["10.192.0.0/11", "172.16.0.0/16", "192.168.240.0/20"];
/// Leading bits of a bridge's range: 4093 containers.
const PREFIX: u8 = 20;

/// A range of IPv4 addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subnet {
    first: u32,
    prefix: u8,
}

/// What a malformed subnet is called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a subnet such as 10.213.0.0/20")]
pub struct ParseSubnetError(String);

impl Subnet {
    /// The subnet of `prefix` bits (at most 32) that `address` is in.
    #[must_use]
    pub fn around(address: Ipv4Addr, prefix: u8) -> Self {
        let prefix = prefix.min(32);
        Self { first: u32::from(address) & mask(prefix), prefix }
    }

    /// Its first address, which names it.
    #[must_use]
    pub fn base(self) -> Ipv4Addr {
        Ipv4Addr::from(self.first)
    }

    /// How many leading bits its addresses share.
    #[must_use]
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// The address our bridge has: the first of the range.
    #[must_use]
    pub fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from(self.first.saturating_add(1))
    }

    /// Whether `address` is one of its addresses.
    #[must_use]
    pub fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.prefix) == self.first
    }

    /// Whether the two share an address.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        let wider = mask(self.prefix.min(other.prefix));
        self.first & wider == other.first & wider
    }

    /// The address `offset` places from the start; none beyond the end. 0 is the network, 1 the gateway.
    #[must_use]
    pub fn nth(self, offset: u32) -> Option<Ipv4Addr> {
        self.first.checked_add(offset).map(Ipv4Addr::from).filter(|&address| self.contains(address))
    }
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

impl FromStr for Subnet {
    type Err = ParseSubnetError;
    fn from_str(text: &str) -> Result<Self, ParseSubnetError> {
        let bad = || ParseSubnetError(text.to_owned());
        let (address, prefix) = text.split_once('/').ok_or_else(bad)?;
        let address: Ipv4Addr = address.parse().map_err(|_| bad())?;
        let prefix: u8 = prefix.parse().ok().filter(|bits| *bits <= 32).ok_or_else(bad)?;
        Ok(Self::around(address, prefix))
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", Ipv4Addr::from(self.first), self.prefix)
    }
}

/// Every range the bridge `name` may have, best first. Each name begins elsewhere, so that nodes on one Docker do not all want
/// the same, and a node that makes its bridge anew gets the one it had.
pub(super) fn candidates(name: &str) -> impl Iterator<Item = Subnet> {
    let digest = Sha256::digest(name.as_bytes());
    let start = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    POOLS.iter().filter_map(|text| text.parse::<Subnet>().ok()).flat_map(move |pool| {
        let count = 1_u32 << PREFIX.saturating_sub(pool.prefix);
        (0..count).filter_map(move |turn| {
            let place = start.wrapping_add(turn) % count;
            pool.nth(place << (32 - PREFIX)).map(|address| Subnet::around(address, PREFIX))
        })
    })
}

/// The best candidate for the bridge `name` that overlaps nothing in use.
#[must_use]
pub(super) fn first_free(name: &str, used: &[Subnet]) -> Option<Subnet> {
    candidates(name).find(|candidate| !used.iter().any(|taken| taken.overlaps(*candidate)))
}

/// The destinations of this machine's routes, from the text of `/proc/net/route` (hexadecimal, little-endian, see
/// `proc_net_route(5)`). The default route goes everywhere and so says nothing.
#[must_use]
pub(super) fn routes(table: &str) -> Vec<Subnet> {
    table.lines().skip(1).filter_map(route).filter(|route| route.prefix > 0).collect()
}

fn route(line: &str) -> Option<Subnet> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| u32::from_str_radix(fields.get(at)?, 16).ok().map(u32::swap_bytes);
    let (destination, mask) = (number(1)?, number(7)?);
    Some(Subnet::around(Ipv4Addr::from(destination), u8::try_from(mask.count_ones()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subnet(text: &str) -> Subnet {
        text.parse().unwrap()
    }

    const ROUTES: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
        eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
        docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n\
        eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n";

    #[test]
    fn the_route_table_is_read_and_the_default_route_left_out() {
        assert_eq!(routes(ROUTES), [subnet("172.17.0.0/16"), subnet("192.168.0.0/24")]);
        assert_eq!(routes("garbage\nmore garbage here\n"), []);
    }

    #[test]
    fn a_range_in_use_is_passed_over() {
        let best = first_free("kraken-n1", &routes(ROUTES)).unwrap();
        let next = first_free("kraken-n1", &[best]).unwrap();
        assert_eq!(candidates("kraken-n1").take(2).collect::<Vec<_>>(), [best, next]);
        assert_eq!(first_free("kraken-n1", &[subnet("0.0.0.0/1"), subnet("128.0.0.0/1")]), None);
    }

    #[test]
    fn five_hundred_nodes_on_one_docker_each_get_a_range_of_their_own() {
        let mut used = Vec::new();
        for node in 0..500 {
            used.push(first_free(&format!("kraken-{node}"), &used).unwrap());
        }
        assert!(used.iter().all(|range| subnet("10.192.0.0/11").overlaps(*range)));
    }

    #[test]
    fn a_machine_whose_vpn_takes_all_of_10_still_gets_one() {
        let range = first_free("kraken-n1", &[subnet("10.0.0.0/8")]).unwrap();
        assert!(subnet("172.16.0.0/16").overlaps(range), "{range}");
    }

    #[test]
    fn a_node_wants_the_same_range_each_time_and_another_node_another() {
        let first = |name| candidates(name).next();
        assert_eq!(first("kraken-n1"), first("kraken-n1"));
        assert_ne!(first("kraken-n1"), first("kraken-n2"));
    }

    #[test]
    fn the_gateway_is_the_first_address() {
        assert_eq!(subnet("10.213.0.0/20").gateway(), Ipv4Addr::new(10, 213, 0, 1));
        assert_eq!(subnet("10.213.5.9/20").to_string(), "10.213.0.0/20");
        assert_eq!(subnet("10.213.0.0/20").nth(4095), Some(Ipv4Addr::new(10, 213, 15, 255)));
        assert_eq!(subnet("10.213.0.0/20").nth(4096), None);
    }

    #[test]
    fn what_is_not_a_subnet_is_refused() {
        for text in ["", "10.0.0.0", "10.0.0/8", "10.0.0.0/33", "a/8", "10.0.0.0/-1"] {
            assert!(text.parse::<Subnet>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_candidate_is_a_20_and_none_comes_twice() {
        let all: Vec<Subnet> = candidates("kraken-n1").collect();
        assert!(all.iter().all(|range| range.prefix() == 20));
        let distinct: std::collections::BTreeSet<_> = all.iter().copied().collect();
        assert_eq!((all.len(), distinct.len()), (529, 529));
    }

    proptest! {
        #[test]
        fn two_ranges_overlap_exactly_when_they_share_an_end(a: u32, b: u32, p in 0u8..=32, q in 0u8..=32) {
            let (x, y) = (Subnet::around(a.into(), p), Subnet::around(b.into(), q));
            let shares = x.contains(y.first.into()) || y.contains(x.first.into());
            prop_assert_eq!(x.overlaps(y), shares);
            prop_assert_eq!(x.overlaps(y), y.overlaps(x));
        }
    }
}
