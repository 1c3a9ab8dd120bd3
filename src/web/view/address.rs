//! Which address of an app works for the one who looks?

use std::net::IpAddr;

use super::app::Addresses;
use super::glance::MachineFacts;
use crate::model::id::AppId;

/// How the one who looks reached this node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Viewer {
    /// On this machine: by `localhost`, a loopback address or the local socket.
    #[default]
    Here,
    /// From the network, by this name or address (no port; IPv6 in brackets).
    ByHost(String),
}

impl Viewer {
    /// From the Host header's name part, without its port.
    #[must_use]
    pub fn from_host(host: &str) -> Self {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let loopback = bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if loopback || bare == "localhost" || bare.ends_with(".localhost") {
            return Self::Here;
        }
        Self::ByHost(host.to_owned())
    }
}

/// Every address of an app; `port` is its published one.
pub fn all(app: &AppId, port: Option<u16>, machine: &MachineFacts) -> Addresses {
    let lan = port.map_or_else(Vec::new, |port| machine.addresses.iter().map(|ip| url(&literal(ip), port)).collect());
    Addresses { localhost: localhost(app, machine), lan, port }
}

/// The one that works for `viewer`; none where only a published port would and there is none.
pub fn best(app: &AppId, port: Option<u16>, machine: &MachineFacts, viewer: &Viewer, endpoint: Option<&str>) -> Option<String> {
    let base = match viewer {
        Viewer::Here => localhost(app, machine),
        Viewer::ByHost(host) => url(host, port?),
    };
    let path = endpoint.map(|path| path.trim_start_matches('/')).filter(|path| !path.is_empty());
    Some(path.map_or_else(|| base.clone(), |path| format!("{base}/{path}")))
}

fn localhost(app: &AppId, machine: &MachineFacts) -> String {
    url(&format!("{app}.localhost"), machine.ingress_port.unwrap_or(80))
}

fn url(host: &str, port: u16) -> String {
    if port == 80 { format!("http://{host}") } else { format!("http://{host}:{port}") }
}

fn literal(ip: &IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web() -> AppId {
        "web".parse().unwrap()
    }

    fn machine() -> MachineFacts {
        let addresses = vec!["192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()];
        MachineFacts { addresses, ingress_port: Some(8080), ..MachineFacts::default() }
    }

    #[test]
    fn who_sits_at_the_machine_gets_the_name_and_others_what_they_came_by() {
        let here = Viewer::from_host("127.0.0.1");
        assert_eq!(best(&web(), Some(7211), &machine(), &here, None).unwrap(), "http://web.localhost:8080");
        let phone = Viewer::from_host("192.0.2.7");
        assert_eq!(best(&web(), Some(7211), &machine(), &phone, Some("/admin")).unwrap(), "http://192.0.2.7:7211/admin");
        assert_eq!(best(&web(), None, &machine(), &phone, None), None);
    }

    #[test]
    fn an_address_of_the_machine_is_written_so_that_a_browser_takes_it() {
        assert_eq!(all(&web(), Some(7211), &machine()).lan, ["http://192.0.2.7:7211", "http://[2001:db8::7]:7211"]);
    }
}
