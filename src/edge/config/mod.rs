//! How is this agent set up? `/etc/kraken/kraken.toml`, overruled by `KRAKEN_*`, overruled by flags.
//!
//! The reference for people is `docs/configuration.md`; a test keeps its example readable.

mod layers;
mod places;
#[cfg(test)]
mod tests;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

pub use layers::{LoadConfigError, Place};
pub use places::{SYSTEM_CONFIG, SYSTEM_DATA, SYSTEM_SOCKET, Surroundings};

use self::layers::{Kind, Layers};
use super::identity::node_name;
pub use crate::model::document::Machine;
use crate::model::quantity::Bytes;

/// Flags by key as in the file ("api_port", "quota.logs"), with the text a person typed.
pub type Flags = BTreeMap<&'static str, String>;

/// Where nodes meet, unless the config says otherwise.
pub const LINK_PORT: u16 = 7373;

/// Every key there is.
pub(crate) const KEYS: &[(&str, Kind)] = &[
    ("data", Kind::Text),
    ("socket", Kind::Text),
    ("name", Kind::Text),
    ("platform", Kind::Text),
    ("bind", Kind::Text),
    ("api_port", Kind::Text),
    ("ingress_port", Kind::Text),
    ("link_port", Kind::Text),
    ("reserved_ports", Kind::List),
    ("hosts", Kind::List),
    ("peers", Kind::List),
    ("labels", Kind::List),
    ("machine", Kind::Text),
    ("priority", Kind::Text),
    ("preempt", Kind::Text),
    ("docker_host", Kind::Text),
    ("subnet", Kind::Text),
    ("log", Kind::Text),
    ("sources.file_roots", Kind::List),
    ("sources.ca_file", Kind::Text),
    ("quota.images", Kind::Text),
    ("quota.clones", Kind::Text),
    ("quota.logs", Kind::Text),
    ("quota.logs_for", Kind::Text),
];

/// What an agent is set up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where all of its state is.
    pub data_dir: PathBuf,
    /// Where the local command line finds it.
    pub socket: PathBuf,
    /// Its name: of the config, else the machine's.
    pub name: String,
    /// What its platform is called if it makes one.
    pub platform: String,
    /// The address its doors listen on.
    pub bind: IpAddr,
    /// Ports for API and dashboard, tried in order.
    pub api_ports: Vec<u16>,
    /// Ports for the ingress, tried in order.
    pub ingress_ports: Vec<u16>,
    /// The port for other nodes, TCP and UDP.
    pub link_port: u16,
    /// Ports no app may publish, beside those Kraken reserves itself.
    pub reserved_ports: BTreeSet<u16>,
    /// Names under which the dashboard may be opened, beside those Kraken knows itself.
    pub hosts: Vec<String>,
    /// Where other nodes are, for networks without multicast.
    pub peers: Vec<SocketAddr>,
    /// What `[place] labels` of an app may ask for.
    pub labels: BTreeSet<String>,
    /// Whether it stays on.
    pub machine: Machine,
    /// 1 to 254, 0 = never leads; none = computed.
    pub priority: Option<u8>,
    /// Whether it takes over from a leader of lower priority.
    pub preempt: bool,
    /// Where Docker listens.
    pub docker_host: String,
    /// Addresses for the containers' bridge: network and bits; none = chosen.
    pub subnet: Option<(Ipv4Addr, u8)>,
    /// What is logged (the filter of `tracing-subscriber`).
    pub log: String,
    /// Where code may come from.
    pub sources: Sources,
    /// How much of the disk may be used.
    pub quota: Quota,
}

/// Where code may come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    /// `file://` is allowed below these directories.
    pub file_roots: Vec<PathBuf>,
    /// Certificates trusted for Git over https, beside the system's (PEM).
    pub ca_file: Option<PathBuf>,
}

/// How much of the disk may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Images that are not current.
    pub images: Bytes,
    /// Clones and uploaded folders.
    pub clones: Bytes,
    /// Build and deployment logs.
    pub logs: Bytes,
    /// How long those logs are kept.
    pub logs_for: Duration,
}

impl Config {
    /// The config of `flags`, the environment and the file, and what a person should be warned of.
    ///
    /// # Errors
    /// When the file cannot be read, or a value makes no sense; says file, line and key.
    pub fn load(flags: &Flags, around: &Surroundings) -> Result<(Self, Vec<String>), LoadConfigError> {
        let (layers, warnings) = Layers::gather(KEYS, flags, around)?;
        Ok((Self::read(&layers, around)?, warnings))
    }

    fn read(layers: &Layers, around: &Surroundings) -> Result<Self, LoadConfigError> {
        let data_dir = places::data_dir(layers, around)?;
        let link_port = layers.one("link_port", value::port)?.unwrap_or(LINK_PORT);
        let peers = layers.each("peers", value::peer)?.unwrap_or_default();
        Ok(Self {
            socket: places::socket(layers, around, &data_dir)?,
            data_dir,
            name: node_name(layers.text("name")?, &around.host),
            platform: layers.one("platform", value::slug)?.unwrap_or_else(|| "home".to_owned()),
            bind: layers.one("bind", value::address)?.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            api_ports: ports(layers.one("api_port", value::port)?, 8000, 8000..=8009),
            ingress_ports: ports(layers.one("ingress_port", value::port)?, 80, [80, 8080]),
            reserved_ports: layers.each("reserved_ports", value::port)?.unwrap_or_default().into_iter().collect(),
            hosts: layers.each("hosts", value::host)?.unwrap_or_default(),
            link_port,
            peers: peers.into_iter().map(|(ip, port)| SocketAddr::new(ip, port.unwrap_or(link_port))).collect(),
            labels: layers.each("labels", value::label)?.unwrap_or_default().into_iter().collect(),
            machine: layers.one("machine", value::machine)?.unwrap_or_default(),
            priority: layers.one("priority", value::priority)?.flatten(),
            preempt: layers.one("preempt", value::yes_or_no)?.unwrap_or(true),
            docker_host: docker_host(layers, around)?,
            subnet: layers.one("subnet", value::subnet)?,
            log: layers.text("log")?.unwrap_or("info").to_owned(),
            sources: Sources {
                file_roots: layers.each("sources.file_roots", value::absolute)?.unwrap_or_default(),
                ca_file: layers.one("sources.ca_file", value::absolute)?,
            },
            quota: Quota {
                images: layers.one("quota.images", value::bytes)?.unwrap_or(Bytes(10 << 30)),
                clones: layers.one("quota.clones", value::bytes)?.unwrap_or(Bytes(2 << 30)),
                logs: layers.one("quota.logs", value::bytes)?.unwrap_or(Bytes::mib(200)),
                logs_for: layers.one("quota.logs_for", value::span)?.unwrap_or(Duration::from_secs(30 * 86_400)),
            },
        })
    }
}

/// The default port has its fallbacks; another one a person asked for has none.
fn ports(asked: Option<u16>, default: u16, all: impl IntoIterator<Item = u16>) -> Vec<u16> {
    match asked {
        Some(port) if port != default => vec![port],
        _ => all.into_iter().collect(),
    }
}

/// Kraken's own setting, else Docker's, else where Docker listens by default.
fn docker_host(layers: &Layers, around: &Surroundings) -> Result<String, LoadConfigError> {
    let theirs = || around.env.get("DOCKER_HOST").filter(|host| !host.is_empty()).cloned();
    let ours = layers.one("docker_host", value::docker_host)?;
    Ok(ours.or_else(theirs).unwrap_or_else(|| "unix:///var/run/docker.sock".to_owned()))
}
