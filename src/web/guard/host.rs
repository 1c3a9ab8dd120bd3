//! Is the Host header one of this machine's names? Else a page elsewhere rebinds its own name to this address and reads along.

use std::net::{IpAddr, Ipv6Addr};

/// Endings a home router gives to machines.
const HOME: [&str; 4] = ["local", "lan", "home", "fritz.box"];

/// The names this machine answers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts {
    /// The machine's host name, bare or full.
    pub machine: String,
    /// Its search domains.
    pub search: Vec<String>,
    /// Names it has through Kraken, and `hosts` of the config.
    pub extra: Vec<String>,
}

impl AllowedHosts {
    /// Whether `host` (without its port) is one: any IP literal, `localhost`, `*.localhost`, the machine's name bare or under a home
    /// ending or search domain, `kraken.local`, `NODE-kraken.local`, or a name of the config.
    #[must_use]
    pub fn allows(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        if is_literal(&host) || host == "localhost" || host.ends_with(".localhost") || host == "kraken.local" {
            return true;
        }
        if self.extra.iter().any(|extra| extra.eq_ignore_ascii_case(&host)) {
            return true;
        }
        let full = self.machine.to_ascii_lowercase();
        let bare = full.split('.').next().unwrap_or_default();
        if bare.is_empty() {
            return false;
        }
        if host == full || host == bare || host == format!("{bare}-kraken.local") {
            return true;
        }
        let Some(ending) = host.strip_prefix(bare).and_then(|rest| rest.strip_prefix('.')) else { return false };
        HOME.contains(&ending) || self.search.iter().any(|domain| domain.trim_matches('.').eq_ignore_ascii_case(ending))
    }
}

/// Splits `host[:port]` as it stands in a Host header; none when it is malformed.
#[must_use]
pub fn split(header: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if header.starts_with('[') {
        let end = header.find(']')?;
        let (host, rest) = header.split_at(end + 1);
        (host, rest.strip_prefix(':').or(rest.is_empty().then_some(""))?)
    } else {
        header.split_once(':').unwrap_or((header, ""))
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':');
    if host.is_empty() || host.len() > 253 || !host.chars().all(plain) {
        return None;
    }
    let port = if port.is_empty() { None } else { Some(port.parse().ok()?) };
    Some((host, port))
}

fn is_literal(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.map_or_else(|| host.parse::<IpAddr>().is_ok(), |inner| inner.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pi4() -> AllowedHosts {
        AllowedHosts {
            machine: "pi4.garden.example".into(),
            search: vec!["garden.example".into()],
            extra: vec!["apps.example".into()],
        }
    }

    #[test]
    fn the_machine_answers_to_its_own_names() {
        let names = [
            "127.0.0.1",
            "192.0.2.7",
            "[::1]",
            "localhost",
            "LOCALHOST",
            "web.localhost",
            "pi4",
            "pi4.local",
            "PI4.fritz.box",
            "pi4.lan",
            "pi4.home",
            "pi4.garden.example",
            "pi4.local.",
            "kraken.local",
            "pi4-kraken.local",
            "apps.example",
        ];
        for name in names {
            assert!(pi4().allows(name), "{name}");
        }
    }

    #[test]
    fn a_name_that_somebody_points_here_is_refused() {
        let names = [
            "evil.example",
            "pi4.evil.example",
            "xpi4.local",
            "pi4.local.evil.example",
            "localhost.evil.example",
            "",
            "127.0.0.1.evil.example",
            "local",
        ];
        for name in names {
            assert!(!pi4().allows(name), "{name}");
        }
        assert!(!AllowedHosts::default().allows(".local"));
    }

    #[test]
    fn a_header_is_split_at_its_port_and_nowhere_else() {
        assert_eq!(split("pi4.local:8000"), Some(("pi4.local", Some(8000))));
        assert_eq!(split("[::1]:8000"), Some(("[::1]", Some(8000))));
        assert_eq!(split("[::1]"), Some(("[::1]", None)));
        for bad in ["", ":80", "a b", "a:b", "a:99999", "[::1", "[::1]x", "user@pi4", "a/b"] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }
}
