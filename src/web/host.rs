//! What is a Host header's host, and is it this machine? Else a page elsewhere rebinds its own name to this address and reads along.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Endings a home router gives to a machine's name.
const HOME: [&str; 4] = ["local", "lan", "home", "fritz.box"];

/// A host name or address as a visitor wrote it: lower case, without port and final dot; an IPv6 address without brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host<'a>(Cow<'a, str>);

impl<'a> Host<'a> {
    /// Reads `host[:port]`; none for anything else.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix('[') {
            let (inside, after) = rest.split_once(']')?;
            inside.parse::<std::net::Ipv6Addr>().ok()?;
            return is_port(after).then(|| Self(lower(inside)));
        }
        let (name, port) = text.find(':').map_or((text, ""), |colon| text.split_at(colon));
        let name = name.strip_suffix('.').unwrap_or(name);
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        let is_name = (1..=253).contains(&name.len()) && name.bytes().all(plain);
        (is_name && is_port(port)).then(|| Self(lower(name)))
    }

    /// The host as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address, if it is one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }

    /// The host as part of an address: IPv6 in brackets.
    #[must_use]
    pub fn in_url(&self) -> String {
        if self.0.contains(':') { format!("[{}]", self.0) } else { self.0.to_string() }
    }
}

fn is_port(text: &str) -> bool {
    let digits = |port: &str| port.is_empty() || (port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok());
    text.is_empty() || text.strip_prefix(':').is_some_and(digits)
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) }
}

/// The names by which this machine itself may be asked for, at the dashboard's door and at that of the apps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnNames(BTreeSet<String>);

impl OwnNames {
    /// `localhost`; the `machine`'s host name, bare and under the endings of homes and of its `search` domains; its names
    /// through Kraken; and `hosts` of the config.
    #[must_use]
    pub fn new(machine: &str, search: &[String], hosts: &[String]) -> Self {
        let machine = machine.to_ascii_lowercase();
        let bare = machine.split('.').next().unwrap_or_default();
        let mut names = BTreeSet::from(["localhost".to_owned(), "kraken.local".to_owned()]);
        if !bare.is_empty() {
            let endings = HOME.into_iter().chain(search.iter().map(|domain| domain.trim_matches('.')));
            names.extend(endings.map(|ending| format!("{bare}.{}", ending.to_ascii_lowercase())));
            names.extend([bare.to_owned(), format!("{bare}-kraken.local"), machine.clone()]);
        }
        names.extend(hosts.iter().map(|host| host.trim_end_matches('.').to_ascii_lowercase()));
        names.remove("");
        Self(names)
    }

    /// Whether `host` is this machine: any address, or one of its names.
    #[must_use]
    pub fn contains(&self, host: &Host<'_>) -> bool {
        self.0.contains(host.as_str()) || host.ip().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        Host::parse(text).map(|host| host.as_str().to_owned())
    }

    #[test]
    fn a_host_is_lower_case_without_port_and_final_dot() {
        for (text, host) in [
            ("Notes.LocalHost:8080", "notes.localhost"),
            ("notes.localhost.", "notes.localhost"),
            ("notes.localhost.:80", "notes.localhost"),
            ("192.168.1.5:8080", "192.168.1.5"),
            ("[FE80::1]:80", "fe80::1"),
            ("my_app", "my_app"),
        ] {
            assert_eq!(parsed(text).as_deref(), Some(host), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in
            ["", ".", ":80", "a b", "user@host", "a/b", "[::1", "[x]", "[::1]x", "a:b", "a:123456", "a:99999", "a:+1", "a:1:2"]
        {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    fn pi4() -> OwnNames {
        OwnNames::new("Pi4.garden.example", &["garden.example".to_owned(), ".corp.net".to_owned()], &["Apps.example.".to_owned()])
    }

    fn knows(names: &OwnNames, text: &str) -> bool {
        Host::parse(text).is_some_and(|host| names.contains(&host))
    }

    #[test]
    fn the_machine_answers_to_its_own_names() {
        let names = [
            "127.0.0.1",
            "192.0.2.7",
            "[::1]",
            "localhost",
            "LOCALHOST",
            "pi4",
            "pi4.local",
            "PI4.fritz.box",
            "pi4.lan",
            "pi4.home",
            "pi4.garden.example",
            "pi4.corp.net",
            "pi4.local.",
            "kraken.local",
            "pi4-kraken.local",
            "apps.example",
        ];
        for name in names {
            assert!(knows(&pi4(), name), "{name}");
        }
    }

    #[test]
    fn a_name_that_somebody_points_here_is_refused() {
        let names = [
            "evil.example",
            "pi4.evil.example",
            "xpi4.local",
            "pi5.local",
            "pi4.local.evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "local",
        ];
        for name in names {
            assert!(!knows(&pi4(), name), "{name}");
        }
    }

    #[test]
    fn a_machine_without_a_name_has_no_names_but_those_all_have() {
        let nameless = OwnNames::new("", &["garden.example".to_owned()], &[String::new()]);
        assert!(knows(&nameless, "localhost") && knows(&nameless, "10.0.0.1"));
        assert!(!knows(&nameless, "garden.example") && !knows(&nameless, "-kraken.local") && !knows(&nameless, "local"));
    }
}
