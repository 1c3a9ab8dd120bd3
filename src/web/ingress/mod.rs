//! How do requests reach apps? The front door: one port that routes by host, one port per published app, and byte
//! relays, all by a route table that is swapped whole.

pub mod body;
pub mod cookies;
pub mod door;
pub mod far;
pub mod headers;
pub mod host;
pub mod listen;
pub mod page;
pub mod pool;
pub mod proxy;
pub mod relay;
pub mod table;
pub mod tunnel;
pub mod wire;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::door::{Door, Gate};
use self::far::{Beyond, Pipe, Ways};
use self::listen::{Census, accept, bind};
use self::table::Routes;
use crate::edge::clock;
use crate::edge::flow::Flow;
use crate::model::event::Event;
use crate::model::route::RouteTable;
use crate::web::host::OwnNames;

/// How often idle connections are looked at.
const SWEEP: Duration = Duration::from_secs(1);
/// After how many sweeps refused ports are tried again.
const SWEEPS_PER_RETRY: u64 = 30;

/// Where the ingress listens, and what it has to know.
#[derive(Debug, Clone)]
pub struct IngressSettings {
    /// The address all ports are opened at; `::` is every address of both families.
    pub bind: IpAddr,
    /// The ports of the front door: the first that can be opened is taken.
    pub ports: Vec<u16>,
    /// The dashboard's port on this machine.
    pub dashboard: u16,
    /// The machine's own names.
    pub known: OwnNames,
}

/// The running ingress.
#[derive(Debug)]
pub struct Ingress(Arc<Running>);

#[derive(Debug)]
struct Running {
    settings: IngressSettings,
    gate: Arc<Gate>,
    census: Arc<Census>,
    flow: Flow,
    doors: Mutex<Doors>,
    refused: mpsc::Sender<Event>,
    shutdown: CancellationToken,
}

/// Open ports, each with what closes it.
#[derive(Debug, Default)]
struct Doors {
    table: Arc<RouteTable>,
    open: BTreeMap<u16, CancellationToken>,
    /// Ports that could not be opened, until they can.
    refused: BTreeSet<u16>,
}

impl Ingress {
    /// Opens the front door and serves until `shutdown`. A port that cannot be opened is told through `refused`, now or
    /// later, and tried again every 30 s. Needs a tokio runtime.
    #[must_use]
    pub fn start(settings: IngressSettings, flow: Flow, refused: mpsc::Sender<Event>, shutdown: CancellationToken) -> Self {
        let gate = Gate {
            routes: ArcSwap::default(),
            known: settings.known.clone(),
            dashboard: settings.dashboard,
            port: AtomicU16::new(0),
            beyond: Beyond::default(),
            tasks: TaskTracker::new(),
            killed: CancellationToken::new(),
        };
        let (gate, census, doors) = (Arc::new(gate), Arc::default(), Mutex::default());
        // Our own, so that closing the ingress closes nothing else.
        let shutdown = shutdown.child_token();
        let running = Arc::new(Running { settings, gate, census, flow, doors, refused, shutdown });
        // Before the first request, which else would count for a minute long past.
        running.flow.set_minute(minute());
        running.open_front(true);
        tokio::spawn(running.clone().sweep());
        Self(running)
    }

    /// The port of the front door, if one could be opened.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        Some(self.0.gate.port.load(Ordering::Relaxed)).filter(|port| *port != 0)
    }

    /// Serves by `table` from now on: new ports are open and every new request goes by it when this returns.
    /// Connections of removed ports end gracefully.
    pub fn apply(&self, table: Arc<RouteTable>) {
        self.0.apply(&mut self.0.doors(), table, true);
    }

    /// From now on replicas on other machines are reached by `ways`.
    pub fn reach(&self, ways: Arc<dyn Ways>) {
        self.0.gate.beyond.open(ways);
    }

    /// Joins a pipe of another machine to the replica here that it names.
    pub fn take(&self, pipe: impl Pipe + 'static) {
        self.0.gate.tasks.spawn(far::answer(self.0.gate.clone(), pipe, self.0.shutdown.child_token()));
    }

    /// Takes no new connections, and waits until those there are have ended well; after `limit` they are cut.
    pub async fn closed(&self, limit: Duration) {
        self.0.shutdown.cancel();
        let gate = &self.0.gate;
        gate.tasks.close();
        if timeout(limit, gate.tasks.wait()).await.is_err() {
            gate.killed.cancel();
            gate.tasks.wait().await;
        }
    }
}

fn minute() -> u64 {
    clock::now().since_boot().as_secs() / 60
}

impl Running {
    fn doors(&self) -> MutexGuard<'_, Doors> {
        // Nothing panics while holding this lock.
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_front(&self, tell: bool) {
        for port in &self.settings.ports {
            match bind(self.settings.bind, *port) {
                Ok(listener) => {
                    let port = listener.local_addr().map_or(*port, |address| address.port());
                    self.gate.port.store(port, Ordering::Relaxed);
                    self.listen(listener, Door::Front, self.shutdown.child_token());
                    tracing::info!(port, "ingress open");
                    return;
                }
                Err(error) => self.refuse(*port, &error, tell),
            }
        }
    }

    fn apply(&self, doors: &mut Doors, table: Arc<RouteTable>, tell: bool) {
        let before = self.gate.routes.load_full();
        let routes = Arc::new(Routes::compile(&table, &self.flow, &before));
        // Opened before the table is swapped, closed after: no visitor finds a door without an app behind it.
        for port in routes.open_ports() {
            if !doors.open.contains_key(&port) && !self.shutdown.is_cancelled() {
                match bind(self.settings.bind, port) {
                    Ok(listener) => {
                        let closing = self.shutdown.child_token();
                        doors.open.insert(port, closing.clone());
                        if doors.refused.remove(&port) {
                            self.tell(Event::PortOpened { port });
                        }
                        self.listen(listener, Door::Published(port), closing);
                    }
                    Err(error) => {
                        doors.refused.insert(port);
                        self.refuse(port, &error, tell);
                    }
                }
            }
        }
        self.gate.routes.store(routes.clone());
        before.retire(&routes);
        self.flow.retain_apps(|app| table.apps.contains_key(app));
        let is_wanted = |port: &u16| table.ports.contains_key(port) || table.relays.contains_key(port);
        doors.open.retain(|port, closing| {
            is_wanted(port) || {
                closing.cancel();
                false
            }
        });
        doors.table = table;
    }

    fn listen(&self, listener: TcpListener, door: Door, closing: CancellationToken) {
        let accepting = accept(listener, self.gate.clone(), self.census.clone(), door, closing);
        self.gate.tasks.spawn(accepting);
    }

    fn refuse(&self, port: u16, error: &std::io::Error, tell: bool) {
        if !tell {
            return;
        }
        let because = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another program listens on it".to_owned(),
            std::io::ErrorKind::PermissionDenied => "ports below 1024 need root or CAP_NET_BIND_SERVICE".to_owned(),
            _ => error.to_string(),
        };
        tracing::warn!(port, %because, "port cannot be opened");
        self.tell(Event::PortRefused { port, because });
    }

    fn tell(&self, event: Event) {
        if let Err(mpsc::error::TrySendError::Full(event)) = self.refused.try_send(event) {
            let refused = self.refused.clone();
            tokio::spawn(async move { refused.send(event).await });
        }
    }

    async fn sweep(self: Arc<Self>) {
        let mut ticks = interval(SWEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for sweeps in 0_u64.. {
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                _ = ticks.tick() => {}
            }
            self.flow.set_minute(minute());
            self.gate.routes.load().sweep();
            if sweeps > 0 && sweeps % SWEEPS_PER_RETRY == 0 {
                self.retry();
            }
        }
    }

    /// Tries refused ports again, without telling a second time.
    fn retry(&self) {
        if self.gate.port.load(Ordering::Relaxed) == 0 {
            self.open_front(false);
        }
        let mut doors = self.doors();
        let table = doors.table.clone();
        if !table.ports.keys().chain(table.relays.keys()).all(|port| doors.open.contains_key(port)) {
            self.apply(&mut doors, table, false);
        }
    }
}
