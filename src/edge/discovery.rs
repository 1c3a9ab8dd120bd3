//! Who else is in the house? Nodes say over mDNS where they are (RFC 6762, 6763); it only suggests, and proves nothing.
//!
//! `_kraken._tcp.local`, instance = node id. The TXT record holds only what does not change while an agent runs, as caches
//! keep it for 75 minutes: `v` format, `p` platform's fingerprint, `id` node, `n` its name, `k` SHA-256 of its public key,
//! `api` and `web` the ports of dashboard and ingress. The link port is the service's own.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use data_encoding::HEXLOWER;
use mdns_sd::{IfKind, IfPredicate, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::addresses::is_of_network;
use super::link::Links;
use crate::model::id::{NodeId, PlatformId};

const SERVICE: &str = "_kraken._tcp.local.";
const FORMAT: &str = "1";
/// Between looks at this machine's addresses, in seconds: within ten of a change everybody has found everybody.
const LOOK_S: u32 = 2;
/// Nodes that are remembered; anybody can announce any number.
const MOST: usize = 64;
/// Addresses of one node.
const ADDRESSES: usize = 8;

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Which node.
    pub node: NodeId,
    /// What it is called.
    pub name: String,
    /// The platform it belongs to.
    pub platform: PlatformId,
    /// SHA-256 of its public key (SPKI, DER), in hex.
    pub key: String,
    /// Where other nodes reach it.
    pub link_port: u16,
    /// The port of its dashboard.
    pub api_port: u16,
    /// The port of its ingress; none = it has none.
    pub ingress_port: Option<u16>,
}

/// A node that announces itself, and where. It may lie: only a handshake tells who it is, and whether it is fresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it says.
    pub says: Announcement,
    /// Where it is said to be.
    pub addresses: Vec<SocketAddr>,
}

/// Whoever announces itself now, this node left out.
pub type Neighbours = BTreeMap<NodeId, Found>;

/// Why nobody is looked for.
#[derive(Debug, thiserror::Error)]
#[error("machines cannot be found by multicast here; name their addresses as peers in the config")]
pub struct DiscoverError(#[from] mdns_sd::Error);

/// The fingerprint of a public key (SPKI, DER) that an announcement carries.
#[must_use]
pub fn key_fingerprint(spki: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(spki))
}

/// Announces this node and looks for others until `shutdown`; addresses of members are suggested to `links`.
///
/// # Errors
/// When multicast cannot be used.
pub fn discover(
    me: Announcement,
    bind: IpAddr,
    links: Links,
    shutdown: CancellationToken,
) -> Result<watch::Receiver<Neighbours>, DiscoverError> {
    let (found, neighbours) = watch::channel(Neighbours::new());
    // Whom only this machine can reach, nobody needs to know.
    if bind.is_loopback() {
        return Ok(neighbours);
    }
    let daemon = ServiceDaemon::new()?;
    choose_interfaces(&daemon, bind)?;
    daemon.set_ip_check_interval(LOOK_S)?;
    daemon.register(service(&me)?)?;
    let events = daemon.browse(SERVICE)?;
    tokio::spawn(async move {
        loop {
            let event = tokio::select! {
                () = shutdown.cancelled() => break,
                event = events.recv_async() => event,
            };
            match event {
                Ok(event) => digest(&me.node, event, &links, &found),
                Err(_) => return,
            }
        }
        // Says goodbye for what was announced; nothing is left to do about a failure.
        drop(daemon.shutdown());
    });
    Ok(neighbours)
}

/// The interfaces of the network that this node listens on, without those of containers and tunnels.
fn choose_interfaces(daemon: &ServiceDaemon, bind: IpAddr) -> mdns_sd::Result<()> {
    if !bind.is_unspecified() {
        daemon.disable_interface(IfKind::All)?;
        return daemon.enable_interface(IfKind::Addr(bind));
    }
    let is_inner = |interface: &str| !is_of_network(interface);
    daemon.disable_interface(IfKind::Predicate(IfPredicate::new(move |interface| is_inner(&interface.name))))?;
    if bind.is_ipv4() { daemon.disable_interface(IfKind::IPv6) } else { Ok(()) }
}

fn service(me: &Announcement) -> mdns_sd::Result<ServiceInfo> {
    // A host name of its own: the machine's belongs to the machine.
    let host = format!("kraken-{}.local.", me.node.short());
    let txt = txt(me);
    Ok(ServiceInfo::new(SERVICE, me.node.as_str(), &host, "", me.link_port, txt.as_slice())?.enable_addr_auto())
}

fn txt(me: &Announcement) -> Vec<(&'static str, String)> {
    let web = me.ingress_port.map(|port| ("web", port.to_string()));
    let fixed = [
        ("v", FORMAT.to_owned()),
        ("p", me.platform.to_string()),
        ("id", me.node.to_string()),
        ("n", me.name.clone()),
        ("k", me.key.clone()),
        ("api", me.api_port.to_string()),
    ];
    fixed.into_iter().chain(web).collect()
}

fn digest(me: &NodeId, event: ServiceEvent, links: &Links, found: &watch::Sender<Neighbours>) {
    match event {
        ServiceEvent::ServiceResolved(service) => {
            let Some(neighbour) = read(&service) else {
                return debug!(service = %service.fullname, "an announcement that no node makes");
            };
            if neighbour.says.node != *me {
                take_in(neighbour, links, found);
            }
        }
        ServiceEvent::ServiceRemoved(_, name) => {
            let gone = name.split('.').next().and_then(|node| node.parse::<NodeId>().ok());
            found.send_if_modified(|all| gone.is_some_and(|node| all.remove(&node).is_some()));
        }
        _ => {}
    }
}

fn take_in(neighbour: Found, links: &Links, found: &watch::Sender<Neighbours>) {
    let node = neighbour.says.node.clone();
    if links.members().has(&node) {
        for address in &neighbour.addresses {
            links.book().suggest(&node, *address);
        }
    }
    found.send_if_modified(|all| {
        if all.get(&node) == Some(&neighbour) || (all.len() >= MOST && !all.contains_key(&node)) {
            return false;
        }
        if !all.contains_key(&node) {
            info!(%node, name = neighbour.says.name, platform = %neighbour.says.platform, "another machine announces itself");
        }
        all.insert(node, neighbour);
        true
    });
}

fn read(service: &ResolvedService) -> Option<Found> {
    let text = |key: &str| service.txt_properties.get_property_val_str(key).map(str::to_owned);
    let addresses = service.addresses.iter().map(mdns_sd::ScopedIp::to_ip_addr);
    found(text, service.port, addresses.collect())
}

/// What an announcement says; none if it is of another format, or nonsense.
fn found(text: impl Fn(&str) -> Option<String>, link_port: u16, mut addresses: Vec<IpAddr>) -> Option<Found> {
    if text("v")? != FORMAT {
        return None;
    }
    let is_name = |name: &String| (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_fingerprint = |key: &String| key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit());
    let says = Announcement {
        node: text("id")?.parse().ok()?,
        name: text("n").filter(is_name)?,
        platform: text("p")?.parse().ok()?,
        key: text("k").filter(is_fingerprint)?,
        link_port,
        api_port: text("api")?.parse().ok()?,
        ingress_port: text("web").and_then(|port| port.parse().ok()),
    };
    addresses.sort();
    addresses.retain(|address| !address.is_loopback() && !address.is_unspecified() && !address.is_multicast());
    addresses.truncate(ADDRESSES);
    Some(Found { says, addresses: addresses.into_iter().map(|address| SocketAddr::new(address, link_port)).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announcement() -> Announcement {
        Announcement {
            node: "a".repeat(26).parse().unwrap(),
            name: "pi4".into(),
            platform: "0123456789abcdef".parse().unwrap(),
            key: key_fingerprint(b""),
            link_port: 7373,
            api_port: 8000,
            ingress_port: Some(80),
        }
    }

    fn back(txt: &[(&'static str, String)]) -> Option<Found> {
        let text = |key: &str| txt.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone());
        found(text, 7373, vec!["192.168.1.7".parse().unwrap(), "127.0.0.1".parse().unwrap()])
    }

    #[test]
    fn an_announcement_reads_like_this() {
        let text: Vec<String> = txt(&announcement()).iter().map(|(key, value)| format!("{key}={value}")).collect();
        let key = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let expected = format!("v=1 p=0123456789abcdef id=aaaaaaaaaaaaaaaaaaaaaaaaaa n=pi4 k={key} api=8000 web=80");
        assert_eq!(text.join(" "), expected);
        assert!(service(&announcement()).is_ok());
        let found = back(&txt(&announcement())).unwrap();
        assert_eq!((found.says, found.addresses), (announcement(), vec!["192.168.1.7:7373".parse().unwrap()]));
    }

    #[test]
    fn what_no_node_announces_is_left_out() {
        for (key, value) in
            [("v", "2"), ("p", "home"), ("id", "../etc"), ("n", "<script>"), ("n", ""), ("k", "00"), ("api", "70000")]
        {
            let mut wrong = txt(&announcement());
            wrong.iter_mut().find(|(name, _)| *name == key).unwrap().1 = value.to_owned();
            assert_eq!(back(&wrong), None, "{key}={value}");
        }
        assert!(back(&txt(&Announcement { ingress_port: None, ..announcement() })).is_some());
    }
}
