//! Why does nobody answer on the app's port? Compares what the app listens on with what its manifest says.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// A TCP socket that waits for connections inside a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listening {
    /// Where it listens: loopback, all, or one address.
    pub address: IpAddr,
    /// On which port.
    pub port: u16,
}

impl Listening {
    fn is_loopback(self) -> bool {
        match self.address {
            IpAddr::V4(address) => address.is_loopback(),
            IpAddr::V6(address) => address.is_loopback() || address.to_ipv4_mapped().is_some_and(|address| address.is_loopback()),
        }
    }
}

/// What to tell the app's author: `wanted` is the port in shipwreck.toml; `seen` none when the sockets could not be read.
/// None: it does listen there, so the trouble is elsewhere (its answer, or its speed).
#[must_use]
pub fn explain(wanted: u16, seen: Option<&[Listening]>) -> Option<String> {
    let Some(seen) = seen else {
        return Some(format!(
            "does not show where it listens; check that this is on 0.0.0.0:{wanted}, the port it finds in PORT"
        ));
    };
    let (inner, outer): (Vec<Listening>, Vec<Listening>) = seen.iter().partition(|socket| socket.is_loopback());
    if outer.iter().any(|socket| socket.port == wanted) {
        return None;
    }
    if let Some(socket) = inner.iter().find(|socket| socket.port == wanted) {
        return Some(format!("listens on {} only; make it 0.0.0.0:{wanted}", name(*socket)));
    }
    if !outer.is_empty() {
        let ports = ports(&outer);
        return Some(format!(
            "listens on {ports}, shipwreck.toml says {wanted}; set `port` to {ports}, or listen on the port in PORT"
        ));
    }
    if let Some(socket) = inner.first() {
        return Some(format!("listens on {} only, shipwreck.toml says {wanted}; make it 0.0.0.0:{wanted}", name(*socket)));
    }
    Some(format!(
        "listens on no port yet; shipwreck.toml says {wanted}. Does `run` start a server, and does it need longer than `grace` in [health]?"
    ))
}

/// `127.0.0.1:5000`, `[::1]:5000`.
fn name(socket: Listening) -> String {
    std::net::SocketAddr::new(socket.address, socket.port).to_string()
}

fn ports(sockets: &[Listening]) -> String {
    let ports: BTreeSet<u16> = sockets.iter().map(|socket| socket.port).collect();
    ports.iter().map(u16::to_string).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(address: &str) -> Listening {
        let address: std::net::SocketAddr = address.parse().unwrap();
        Listening { address: address.ip(), port: address.port() }
    }

    #[test]
    fn an_app_on_loopback_is_told_to_open_up() {
        assert_eq!(explain(5000, Some(&[on("127.0.0.1:5000")])).unwrap(), "listens on 127.0.0.1:5000 only; make it 0.0.0.0:5000");
        assert_eq!(explain(5000, Some(&[on("[::1]:5000")])).unwrap(), "listens on [::1]:5000 only; make it 0.0.0.0:5000");
    }

    #[test]
    fn an_app_on_another_port_is_told_both_ports() {
        let said = explain(7211, Some(&[on("0.0.0.0:3030"), on("[::]:3030")])).unwrap();
        assert_eq!(said, "listens on 3030, shipwreck.toml says 7211; set `port` to 3030, or listen on the port in PORT");
    }

    #[test]
    fn an_app_on_another_port_of_loopback_is_told_both_faults() {
        let said = explain(7211, Some(&[on("127.0.0.1:3030")])).unwrap();
        assert_eq!(said, "listens on 127.0.0.1:3030 only, shipwreck.toml says 7211; make it 0.0.0.0:7211");
    }

    #[test]
    fn an_app_that_listens_where_it_should_is_not_blamed() {
        assert_eq!(explain(5000, Some(&[on("0.0.0.0:5000")])), None);
        assert_eq!(explain(5000, Some(&[on("[::]:5000"), on("127.0.0.1:9")])), None);
        assert_eq!(explain(5000, Some(&[on("10.213.0.9:5000")])), None);
    }

    #[test]
    fn an_app_that_listens_nowhere_is_asked_for_a_server() {
        assert!(explain(5000, Some(&[])).unwrap().starts_with("listens on no port yet"));
    }

    #[test]
    fn sockets_we_may_not_see_are_not_guessed() {
        assert!(explain(5000, None).unwrap().contains("check that this is on 0.0.0.0:5000"));
    }
}
