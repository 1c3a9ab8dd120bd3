//! Which host does a request ask for, and is it one of this machine's own names?

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use http::{Uri, header, request::Parts};

/// Suffixes home routers give to a machine's name.
const HOME_SUFFIXES: [&str; 4] = ["local", "lan", "home", "fritz.box"];

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
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit()))
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) }
}

/// A request that does not say for whom it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadHostError {
    /// No Host header (RFC 9112 section 3.2).
    #[error("The request has no Host header.")]
    Missing,
    /// More than one: two programs on the way could each believe another.
    #[error("The request has more than one Host header.")]
    Several,
    /// Neither a name nor an address.
    #[error("The Host header is neither a name nor an address.")]
    Malformed,
}

/// The host a request asks for: exactly one Host header, and an absolute request target wins over it.
///
/// # Errors
/// What is wrong with the Host header; the answer is 400.
pub fn host_of(parts: &Parts) -> Result<Host<'_>, ReadHostError> {
    let mut headers = parts.headers.get_all(header::HOST).iter();
    let header = headers.next().ok_or(ReadHostError::Missing)?;
    if headers.next().is_some() {
        return Err(ReadHostError::Several);
    }
    let text = match authority(&parts.uri) {
        Some(authority) => authority,
        None => header.to_str().map_err(|_| ReadHostError::Malformed)?,
    };
    Host::parse(text).ok_or(ReadHostError::Malformed)
}

/// `host[:port]` of an absolute request target; user information makes it malformed.
#[must_use]
pub fn authority(uri: &Uri) -> Option<&str> {
    uri.authority().map(http::uri::Authority::as_str)
}

/// The names by which this machine itself may be asked for, against DNS rebinding: another name that points here is an
/// attack or a mistake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownHosts(BTreeSet<String>);

impl KnownHosts {
    /// The machine's name, bare and with the suffixes of homes and of its `search` domains, and `hosts` of the config.
    #[must_use]
    pub fn new(machine: &str, search: &[String], hosts: &[String]) -> Self {
        let machine = machine.to_ascii_lowercase();
        let bare = machine.split('.').next().unwrap_or_default();
        let suffixes = HOME_SUFFIXES.into_iter().chain(search.iter().map(String::as_str));
        let mut names: BTreeSet<String> = suffixes.map(|suffix| format!("{bare}.{}", suffix.to_ascii_lowercase())).collect();
        names.extend([bare.to_owned(), machine.clone(), "localhost".to_owned()]);
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

    fn asked(head: http::request::Builder) -> Result<String, ReadHostError> {
        let (parts, ()) = head.body(()).unwrap().into_parts();
        host_of(&parts).map(|host| host.as_str().to_owned())
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
        for text in ["", ".", ":80", "a b", "user@host", "a/b", "[::1", "[x]", "[::1]x", "a:b", "a:123456", "a:1:2"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn no_host_two_hosts_and_a_false_host_are_told_apart() {
        let get = || http::Request::builder().uri("/");
        assert_eq!(asked(get()), Err(ReadHostError::Missing));
        assert_eq!(asked(get().header("host", "a").header("host", "a")), Err(ReadHostError::Several));
        assert_eq!(asked(get().header("host", "a@b")), Err(ReadHostError::Malformed));
        assert_eq!(asked(get().header("host", "a")).as_deref(), Ok("a"));
    }

    #[test]
    fn an_absolute_target_wins_over_the_header() {
        let absolute = http::Request::builder().uri("http://Web.localhost:80/x").header("host", "evil");
        assert_eq!(asked(absolute).as_deref(), Ok("web.localhost"));
        let user = http::Request::builder().uri("http://u:p@web.localhost/x").header("host", "web");
        assert_eq!(asked(user), Err(ReadHostError::Malformed));
    }

    #[test]
    fn the_machine_is_known_by_its_addresses_and_names_only() {
        let known = KnownHosts::new("Pi4.example.org", &["corp.net".to_owned()], &["Home.example.".to_owned()]);
        let knows = |text: &str| known.contains(&Host::parse(text).unwrap());
        for name in [
            "pi4",
            "pi4.local",
            "pi4.fritz.box",
            "pi4.corp.net",
            "pi4.example.org",
            "localhost",
            "home.example",
            "10.0.0.1",
            "[::1]",
        ] {
            assert!(knows(name), "{name}");
        }
        for name in ["evil.com", "pi4.evil.com", "xpi4", "local", "pi5.local"] {
            assert!(!knows(name), "{name}");
        }
    }
}
