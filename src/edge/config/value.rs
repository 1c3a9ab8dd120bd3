//! What does the text of a key mean? Each answers with the value, or with what would be allowed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::Machine;
use super::layers::Meaning;
use crate::model::quantity::Bytes;

pub(super) fn slug(text: &str) -> Meaning<String> {
    let is_slug = (1..=32).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if is_slug { Ok(text.to_owned()) } else { Err("1 to 32 of a-z, 0-9 and -") }
}

pub(super) fn label(text: &str) -> Meaning<String> {
    slug(text).map_err(|_| "1 to 32 of a-z, 0-9 and -, such as \"ssd\"")
}

pub(super) fn host(text: &str) -> Meaning<String> {
    let host = text.trim_end_matches('.').to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let is_host = host.len() <= 253 && host.split('.').all(is_label);
    if is_host { Ok(host) } else { Err("a host name without scheme or port, such as \"box.example.net\"") }
}

pub(super) fn address(text: &str) -> Meaning<IpAddr> {
    text.trim_matches(['[', ']']).parse().map_err(|_| "an IP address, such as \"192.168.1.20\"")
}

/// An address, with its port if it is not the one this node has.
pub(super) fn peer(text: &str) -> Meaning<(IpAddr, Option<u16>)> {
    let with_port = text.parse::<SocketAddr>().ok().filter(|peer| peer.port() != 0);
    let peer = with_port.map(|peer| (peer.ip(), Some(peer.port()))).or_else(|| Some((address(text).ok()?, None)));
    peer.ok_or("an IP address, such as \"192.168.1.20\" or \"192.168.1.20:7373\"")
}

pub(super) fn port(text: &str) -> Meaning<u16> {
    text.parse().map_err(|_| "a port from 1 to 65535 (or 0 for any free one)")
}

pub(super) fn machine(text: &str) -> Meaning<Machine> {
    match text {
        "anchor" => Ok(Machine::Anchor),
        "ordinary" => Ok(Machine::Ordinary),
        "spare" => Ok(Machine::Spare),
        _ => Err("\"anchor\", \"ordinary\" or \"spare\""),
    }
}

/// None = computed.
pub(super) fn priority(text: &str) -> Meaning<Option<u8>> {
    match text.parse() {
        Ok(priority @ 0..=254) => Ok(Some(priority)),
        _ if text == "auto" => Ok(None),
        _ => Err("a number from 1 to 254, 0 (never leads) or \"auto\""),
    }
}

pub(super) fn yes_or_no(text: &str) -> Meaning<bool> {
    match text {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err("true or false"),
    }
}

pub(super) fn docker_host(text: &str) -> Meaning<String> {
    let is_address = ["unix:///", "tcp://", "http://"].iter().any(|scheme| text.starts_with(scheme) && text.len() > scheme.len());
    if is_address { Ok(text.to_owned()) } else { Err("an address of Docker, such as \"unix:///var/run/docker.sock\"") }
}

/// A network whose host bits are zero, of 254 to 65,534 addresses.
pub(super) fn subnet(text: &str) -> Meaning<(Ipv4Addr, u8)> {
    const ALLOWED: &str = "an IPv4 network from /16 to /24, such as \"10.213.0.0/20\"";
    let (base, bits) = text.split_once('/').ok_or(ALLOWED)?;
    let base: Ipv4Addr = base.parse().map_err(|_| ALLOWED)?;
    match bits.parse() {
        Ok(bits @ 16..=24) if base.to_bits().trailing_zeros() >= 32 - u32::from(bits) => Ok((base, bits)),
        _ => Err(ALLOWED),
    }
}

pub(super) fn absolute(text: &str) -> Meaning<PathBuf> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { Err("a path that starts with /") }
}

pub(super) fn bytes(text: &str) -> Meaning<Bytes> {
    text.parse().map_err(|_| "a size such as \"500MB\" or \"10GB\"")
}

pub(super) fn span(text: &str) -> Meaning<Duration> {
    crate::model::span::parse(text).map_err(|_| "a time such as \"12h\" or \"30d\"")
}
