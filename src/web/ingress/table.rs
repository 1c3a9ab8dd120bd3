//! Where does this request go? The route table, compiled so that a request finds its app and its replica without a
//! lock and without copying a name.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::cookies::sticky_name;
use super::far::{Beyond, Pipe};
use super::host::Host;
use super::pool::{ConnectUpstreamError, Pool, Sender, dial, shake};
use crate::edge::flow::{AppFlow, Flow, Guard, ReplicaFlow};
use crate::model::id::{AppId, NodeId, ReplicaId};
use crate::model::route::{AppRoutes, RouteTable};

/// How long a replica that could not be reached is passed over while there is another.
const EJECTED: Duration = Duration::from_secs(1);

/// The compiled route table.
#[derive(Debug, Default)]
pub struct Routes {
    apps: BTreeMap<AppId, Arc<App>>,
    hosts: BTreeMap<Box<str>, Arc<App>>,
    ports: BTreeMap<u16, Arc<App>>,
    relays: BTreeMap<u16, (Arc<App>, u16)>,
}

impl Routes {
    /// Compiles `table`; replicas that `previous` had too keep their connections and accounts.
    #[must_use]
    pub fn compile(table: &RouteTable, flow: &Flow, previous: &Self) -> Self {
        let apps: BTreeMap<AppId, Arc<App>> = table
            .apps
            .iter()
            .map(|(id, routes)| (id.clone(), Arc::new(App::compile(id, routes, table, flow, previous))))
            .collect();
        let app = |id: &AppId| apps.get(id).cloned();
        let local = apps.values().map(|app| (format!("{}.localhost", app.id).into(), app.clone()));
        let named = table.hosts.iter().filter_map(|(host, id)| Some((host.as_str().into(), app(id)?)));
        Self {
            hosts: local.chain(named).collect(),
            ports: table.ports.iter().filter_map(|(port, id)| Some((*port, app(id)?))).collect(),
            relays: table.relays.iter().filter_map(|(port, (id, to))| Some((*port, (app(id)?, *to)))).collect(),
            apps,
        }
    }

    /// The app a host name belongs to.
    #[must_use]
    pub fn by_host(&self, host: &Host<'_>) -> Option<&Arc<App>> {
        self.hosts.get(host.as_str())
    }

    /// The app a published port belongs to.
    #[must_use]
    pub fn by_port(&self, port: u16) -> Option<&Arc<App>> {
        self.ports.get(&port)
    }

    /// The app a relayed port belongs to, and its own port.
    #[must_use]
    pub fn by_relay(&self, port: u16) -> Option<&(Arc<App>, u16)> {
        self.relays.get(&port)
    }

    /// The app with this id, however it is written.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Arc<App>> {
        self.apps.get(&id.parse::<AppId>().ok()?)
    }

    /// All ports that must be open.
    pub fn open_ports(&self) -> impl Iterator<Item = u16> {
        self.ports.keys().chain(self.relays.keys()).copied()
    }

    /// Closes what was idle too long.
    pub fn sweep(&self) {
        self.upstreams().for_each(|upstream| upstream.pool.sweep());
    }

    /// Closes the idle connections of the replicas that `next` does not have.
    pub fn retire(&self, next: &Self) {
        let stays = |upstream: &Arc<Upstream>| next.upstreams().any(|other| Arc::ptr_eq(other, upstream));
        self.upstreams().filter(|upstream| !stays(upstream)).for_each(|upstream| upstream.pool.close());
    }

    fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.apps.values().flat_map(|app| app.upstreams.iter())
    }

    /// The replica with this name on this machine, if `port` is one that the ingress leads to.
    #[must_use]
    pub fn here(&self, replica: &ReplicaId, port: u16) -> Option<&Arc<Upstream>> {
        let app = self.apps.values().find(|app| app.upstreams.iter().any(|upstream| upstream.is_here(replica)))?;
        let upstream = app.upstreams.iter().find(|upstream| upstream.is_here(replica))?;
        let is_relayed = || self.relays.values().any(|(other, to)| other.id == app.id && *to == port);
        (upstream.address.port() == port || is_relayed()).then_some(upstream)
    }
}

/// One app at the front door.
#[derive(Debug)]
pub struct App {
    /// Which.
    pub id: AppId,
    /// As people wrote it.
    pub name: String,
    /// The port it listens on in its container.
    pub port: u16,
    /// Why there is no replica.
    pub because: String,
    /// The cookie that keeps a visitor with one replica, if the app wants that.
    pub sticky: Option<String>,
    /// Its published port.
    pub published: Option<u16>,
    /// Its account.
    pub flow: Arc<AppFlow>,
    upstreams: Box<[Arc<Upstream>]>,
    turn: AtomicUsize,
}

impl App {
    fn compile(id: &AppId, routes: &AppRoutes, table: &RouteTable, flow: &Flow, previous: &Routes) -> Self {
        let before: &[Arc<Upstream>] = previous.apps.get(id).map_or(&[], |app| &*app.upstreams);
        let upstream = |wanted: &crate::model::route::Upstream| {
            let same = |old: &&Arc<Upstream>| {
                old.replica == wanted.replica
                    && old.node == wanted.node
                    && old.address == wanted.address
                    && !old.flow.is_draining()
            };
            // What is in flight to another machine is drained there; a copy that moves has the same name on both.
            let account = || if wanted.node.is_some() { Arc::default() } else { flow.replica(&wanted.replica) };
            let fresh = || Arc::new(Upstream::new(wanted, account()));
            before.iter().find(same).cloned().unwrap_or_else(fresh)
        };
        Self {
            id: id.clone(),
            name: routes.name.clone(),
            port: routes.port,
            because: routes.because.clone(),
            sticky: routes.sticky.then(|| sticky_name(id)),
            published: table.ports.iter().find(|(_, app)| *app == id).map(|(port, _)| *port),
            flow: flow.app(id),
            upstreams: routes.upstreams.iter().map(upstream).collect(),
            turn: AtomicUsize::new(0),
        }
    }

    /// The replica for a request, counted as in flight: the one the visitor `stays` with, else one on this machine, else
    /// the one with the least in flight. One that was `tried` already, or could not be reached just now, only if there is no other.
    #[must_use]
    pub fn pick(&self, stays: Option<&str>, tried: &[ReplicaId]) -> Option<(Arc<Upstream>, Guard)> {
        let fresh = |upstream: &Upstream| !tried.contains(&upstream.replica) && !upstream.is_ejected();
        let untried = |upstream: &Upstream| !tried.contains(&upstream.replica);
        let stays = stays.and_then(|id| self.enter_least(|upstream| upstream.replica.as_str() == id && fresh(upstream)));
        stays.or_else(|| self.enter_least(fresh)).or_else(|| self.enter_least(untried)).or_else(|| self.enter_least(|_| true))
    }

    /// Whether a request could go to another replica than those `tried`.
    #[must_use]
    pub fn has_other(&self, tried: usize) -> bool {
        self.upstreams.len() > tried + 1
    }

    /// All are looked at: a platform has few nodes, and an app few replicas. The start moves on, so that equals share.
    fn enter_least(&self, fits: impl Fn(&Upstream) -> bool) -> Option<(Arc<Upstream>, Guard)> {
        let count = self.upstreams.len();
        let start = if count > 1 { self.turn.fetch_add(1, Ordering::Relaxed) % count } else { 0 };
        let in_turn = self.upstreams[start..].iter().chain(&self.upstreams[..start]);
        let fitting = in_turn.filter(|upstream| !upstream.flow.is_draining() && fits(upstream));
        let least = fitting.min_by_key(|upstream| (upstream.node.is_some(), upstream.flow.in_flight()))?;
        // If it began to drain in this moment, the next table is about to come; the caller looks again.
        Some((least.clone(), least.flow.enter()?))
    }
}

/// One replica that takes requests.
#[derive(Debug)]
pub struct Upstream {
    /// Which.
    pub replica: ReplicaId,
    /// The machine it runs on; none = this one.
    pub node: Option<NodeId>,
    /// The container's own address, which only its machine reaches, and the app's port.
    pub address: SocketAddr,
    /// Idle connections to it.
    pub pool: Arc<Pool>,
    flow: Arc<ReplicaFlow>,
    born: Instant,
    /// Milliseconds after `born` until which it is passed over; 0: it is not.
    ejected: AtomicU64,
}

impl Upstream {
    fn new(wanted: &crate::model::route::Upstream, flow: Arc<ReplicaFlow>) -> Self {
        let (replica, node, address) = (wanted.replica.clone(), wanted.node.clone(), wanted.address);
        Self { replica, node, address, pool: Arc::default(), flow, born: Instant::now(), ejected: AtomicU64::new(0) }
    }

    /// Counts one thing in flight to it until the guard is dropped; none while it drains.
    #[must_use]
    pub fn enter(&self) -> Option<Guard> {
        self.flow.enter()
    }

    fn is_here(&self, replica: &ReplicaId) -> bool {
        self.node.is_none() && self.replica == *replica
    }

    /// A new connection to it that takes requests.
    ///
    /// # Errors
    /// It cannot be reached.
    pub async fn connect(&self, beyond: &Beyond, limit: Duration) -> Result<Sender, ConnectUpstreamError> {
        match &self.node {
            None => shake(dial(self.address, limit).await?, self.address).await,
            Some(node) => shake(self.pipe(beyond, node, self.address.port()).await?, self.address).await,
        }
    }

    /// A pipe to `port` of it on `node`.
    ///
    /// # Errors
    /// It cannot be reached.
    pub async fn pipe(&self, beyond: &Beyond, node: &NodeId, port: u16) -> Result<Box<dyn Pipe>, ConnectUpstreamError> {
        let failed = |source| ConnectUpstreamError::Beyond { node: node.clone(), source };
        beyond.pipe(node, &self.replica, port).await.map_err(failed)
    }

    /// Passes it over for a while: it could not be reached.
    pub fn eject(&self) {
        let until = self.born.elapsed() + EJECTED;
        self.ejected.store(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn is_ejected(&self) -> bool {
        let until = self.ejected.load(Ordering::Relaxed);
        // Nearly always 0; only then is no clock read.
        until != 0 && self.born.elapsed() < Duration::from_millis(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> AppId {
        text.parse().unwrap()
    }

    fn replica(text: &str) -> ReplicaId {
        text.parse().unwrap()
    }

    fn table(replicas: &[&str]) -> RouteTable {
        let upstream = |(i, name): (usize, &&str)| crate::model::route::Upstream {
            replica: replica(name),
            node: None,
            address: SocketAddr::from(([198, 18, 0, 1], 3000 + u16::try_from(i).unwrap())),
        };
        let web = AppRoutes {
            name: "Web".to_owned(),
            port: 3000,
            upstreams: replicas.iter().enumerate().map(upstream).collect(),
            because: "is turned off".to_owned(),
            sticky: true,
        };
        RouteTable {
            apps: BTreeMap::from([(id("web"), web)]),
            hosts: BTreeMap::from([("web.example".to_owned(), id("web")), ("gone.example".to_owned(), id("gone"))]),
            ports: BTreeMap::from([(4000, id("web"))]),
            relays: BTreeMap::from([(5000, (id("web"), 25))]),
        }
    }

    fn routes(replicas: &[&str]) -> (Routes, Flow) {
        let flow = Flow::new();
        (Routes::compile(&table(replicas), &flow, &Routes::default()), flow)
    }

    fn picked(app: &App, stays: Option<&str>, tried: &[ReplicaId]) -> Option<(String, Guard)> {
        app.pick(stays, tried).map(|(upstream, guard)| (upstream.replica.to_string(), guard))
    }

    #[test]
    fn an_app_is_found_by_localhost_name_own_name_port_and_relay() {
        let (routes, _) = routes(&["a"]);
        for host in ["web.localhost", "WEB.localhost:80", "web.example."] {
            assert_eq!(routes.by_host(&Host::parse(host).unwrap()).unwrap().id, id("web"), "{host}");
        }
        for host in ["gone.example", "localhost", "x.web.localhost"] {
            assert!(routes.by_host(&Host::parse(host).unwrap()).is_none(), "{host}");
        }
        assert_eq!(routes.by_port(4000).unwrap().published, Some(4000));
        assert_eq!(routes.by_relay(5000).unwrap().1, 25);
        assert_eq!(routes.open_ports().collect::<Vec<_>>(), [4000, 5000]);
        assert!(routes.by_id("../web").is_none());
    }

    #[tokio::test]
    async fn the_replica_with_the_least_in_flight_is_picked_and_equals_take_turns() {
        let (routes, _) = routes(&["a", "b"]);
        let app = routes.by_id("web").unwrap();
        let first = picked(app, None, &[]).unwrap();
        let second = picked(app, None, &[]).unwrap();
        assert_ne!(first.0, second.0);
        drop(second.1);
        for _ in 0..3 {
            assert_eq!(picked(app, None, &[]).unwrap().0, second.0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_visitor_stays_unless_the_replica_was_tried_or_ejected() {
        let (routes, _) = routes(&["a", "b"]);
        let app = routes.by_id("web").unwrap();
        let _busy = [app.pick(Some("a"), &[]), app.pick(Some("a"), &[])];
        assert_eq!(picked(app, Some("a"), &[]).unwrap().0, "a");
        assert_eq!(picked(app, Some("a"), &[replica("a")]).unwrap().0, "b");
        routes.here(&replica("a"), 3000).unwrap().eject();
        assert_eq!(picked(app, Some("a"), &[]).unwrap().0, "b");
        assert_eq!(picked(app, None, &[replica("b")]).unwrap().0, "a", "better an ejected one than none");
        tokio::time::advance(EJECTED).await;
        assert_eq!(picked(app, Some("a"), &[]).unwrap().0, "a");
    }

    #[tokio::test]
    async fn a_draining_replica_is_never_picked_and_returns_afresh() {
        let (old, flow) = routes(&["a"]);
        assert!(flow.drained(&replica("a"), Duration::ZERO).await);
        assert!(old.by_id("web").unwrap().pick(None, &[]).is_none());
        let new = Routes::compile(&table(&["a"]), &flow, &old);
        assert!(new.by_id("web").unwrap().pick(None, &[]).is_some());
    }

    #[tokio::test]
    async fn a_replica_that_stays_keeps_its_connections() {
        let (old, flow) = routes(&["a", "b"]);
        let new = Routes::compile(&table(&["a"]), &flow, &old);
        old.retire(&new);
        let (before, after) = (old.here(&replica("a"), 3000).unwrap(), new.here(&replica("a"), 3000).unwrap());
        assert!(Arc::ptr_eq(before, after));
    }
}
