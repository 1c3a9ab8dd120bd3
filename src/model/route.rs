//! Where does a request go? The route table the ingress reads on every request.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::id::{AppId, NodeId, ReplicaId};

/// All this node's ingress serves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteTable {
    /// Apps by id.
    pub apps: BTreeMap<AppId, AppRoutes>,
    /// Full host names (lower case, no port, no final dot) besides `APP.localhost`.
    pub hosts: BTreeMap<String, AppId>,
    /// Published HTTP ports: any Host is accepted there.
    pub ports: BTreeMap<u16, AppId>,
    /// Published TCP ports: a plain byte relay to the port of the app's replica.
    pub relays: BTreeMap<u16, (AppId, u16)>,
}

/// One app at the front door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRoutes {
    /// As people wrote it.
    pub name: String,
    /// The port it listens on in its container.
    pub port: u16,
    /// Replicas that take requests.
    pub upstreams: Vec<Upstream>,
    /// Shown when there is none ("is turned off", "is starting: …").
    pub because: String,
    /// Whether a visitor stays with one replica.
    pub sticky: bool,
}

/// One replica that takes requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Which.
    pub replica: ReplicaId,
    /// The machine it runs on; none = this one.
    pub node: Option<NodeId>,
    /// The container's own address, which only its machine reaches, and the app's port.
    pub address: SocketAddr,
}
