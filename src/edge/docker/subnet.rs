//! Which addresses may our bridge have? The configured /20, or the first that nothing on this machine uses.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// Tried in this order. Away from Docker's own pools (172.17–31, 192.168.0–240) and from what home routers hand out.
pub const DEFAULT_SUBNETS: [&str; 6] =
    ["10.213.0.0/20", "10.214.16.0/20", "10.87.32.0/20", "172.16.48.0/20", "10.171.64.0/20", "192.168.240.0/20"];

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

/// The first candidate that overlaps nothing in use.
#[must_use]
pub(super) fn first_free(candidates: &[Subnet], used: &[Subnet]) -> Option<Subnet> {
    candidates.iter().copied().find(|candidate| !used.iter().any(|taken| taken.overlaps(*candidate)))
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
        let candidates = [subnet("172.17.16.0/20"), subnet("10.213.0.0/20")];
        assert_eq!(first_free(&candidates, &routes(ROUTES)), Some(candidates[1]));
        assert_eq!(first_free(&candidates, &[subnet("0.0.0.0/1"), subnet("128.0.0.0/1")]), None);
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
    fn every_default_is_a_20() {
        assert!(DEFAULT_SUBNETS.iter().all(|text| subnet(text).prefix() == 20 && subnet(text).to_string() == *text));
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
