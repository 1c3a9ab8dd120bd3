//! Under which addresses is this machine reached on the network? Those of its interfaces, without containers' and tunnels'.

use std::net::IpAddr;

/// More are not shown: a machine may have a hundred temporary IPv6 addresses.
const MOST: usize = 8;

/// This machine's addresses, IPv4 first; none when the kernel does not tell.
#[must_use]
pub fn addresses() -> Vec<IpAddr> {
    let Ok(interfaces) = if_addrs::get_if_addrs() else { return Vec::new() };
    let there = interfaces.iter().filter(|interface| is_of_network(&interface.name));
    let mut found: Vec<IpAddr> = there.map(if_addrs::Interface::ip).collect();
    found.retain(is_reachable);
    found.sort();
    found.dedup();
    found.truncate(MOST);
    found
}

/// Whether others on the network meet this interface: Docker's, virtual machines' and tunnels' are for this machine only.
pub(crate) fn is_of_network(interface: &str) -> bool {
    const INNER: [&str; 10] = ["lo", "docker", "br-", "veth", "cni", "flannel", "virbr", "tailscale", "kraken", "tun"];
    !INNER.iter().any(|inner| interface.starts_with(inner))
}

/// Link-local addresses need an interface's name beside them, which no browser takes.
fn is_reachable(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local() && !address.is_unspecified(),
        IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local() && !address.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bridges_of_containers_are_not_the_network() {
        for name in ["lo", "docker0", "br-0123456789ab", "veth12ab", "cni0", "virbr0", "tailscale0", "kraken-abcdefgh"] {
            assert!(!is_of_network(name), "{name}");
        }
        for name in ["eth0", "enp3s0", "wlan0", "end0", "bond0", "br0"] {
            assert!(is_of_network(name), "{name}");
        }
    }

    #[test]
    fn addresses_that_only_this_machine_or_link_can_use_are_left_out() {
        let reachable = |text: &str| is_reachable(&text.parse().unwrap());
        assert!(["192.168.1.7", "10.0.0.2", "fd00::7", "2001:db8::7"].iter().all(|text| reachable(text)));
        assert!(!["127.0.0.1", "::1", "169.254.1.1", "fe80::1", "0.0.0.0"].iter().any(|text| reachable(text)));
    }

    #[test]
    fn this_machine_names_no_loopback() {
        assert!(addresses().iter().all(is_reachable));
    }
}
