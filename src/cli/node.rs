//! How does a node come to life? Opens its data directory, wires the layers together, and runs until it is told to stop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::network::{LinkPort, Network, NetworkParts, StartNetworkError};
use crate::agent::{Agent, Clock};
use crate::decide::fold::fold_record;
use crate::decide::members;
use crate::edge::clock;
use crate::edge::config::Config;
use crate::edge::desk::Desk;
use crate::edge::discovery::Neighbours;
use crate::edge::disk::{DiskError, make_private_dir};
use crate::edge::docker::{Docker, DockerError, Labels};
use crate::edge::election::Elections;
use crate::edge::epoch::{EpochFile, OpenEpochError, PersistEpochError};
use crate::edge::flow::Flow;
use crate::edge::git::{GitSources, OpenSourcesError};
use crate::edge::identity::{Identity, OpenIdentityError, node_name};
use crate::edge::join::switch::{self, SwitchError};
use crate::edge::keyring::{Keyring, OpenKeyringError};
use crate::edge::keys::KeySafe;
use crate::edge::link::{Links, Switchboard};
use crate::edge::seal::Sealer;
use crate::edge::sources::Sources;
use crate::edge::store::{Loaded, OpenStoreError, Store};
use crate::edge::upkeep;
use crate::edge::upload::Uploads;
use crate::edge::vitals;
use crate::edge::work::{BuildLogs, ImageLedger, Tools, Work};
use crate::model::event::Event;
use crate::model::id::Incarnation;
use crate::model::observed::Subnet;
use crate::model::record::Origin;
use crate::model::route::RouteTable;
use crate::model::time::{Timestamp, WallTime};
use crate::model::vector::Vector;
use crate::model::world::{Me, World};
use crate::web::host::OwnNames;
use crate::web::ingress::{Ingress, IngressSettings};

/// Events that wait for the loop before their senders do.
const INBOX: usize = 4096;

/// Why a node does not come to life.
#[derive(Debug, thiserror::Error)]
pub enum StartNodeError {
    /// The data directory.
    #[error("the data directory cannot be used")]
    Disk(#[from] DiskError),
    /// Something in it.
    #[error("{what} cannot be used")]
    Open {
        /// What.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A change of platform that was decided before cannot be carried out.
    #[error(transparent)]
    Switch(#[from] SwitchError),
    /// The database.
    #[error(transparent)]
    Store(#[from] OpenStoreError),
    /// The node's key.
    #[error(transparent)]
    Identity(#[from] OpenIdentityError),
    /// The platform's keys.
    #[error(transparent)]
    Keyring(#[from] OpenKeyringError),
    /// The epoch file.
    #[error(transparent)]
    OpenEpoch(#[from] OpenEpochError),
    /// The epoch could not be written; without it nobody may lead.
    #[error(transparent)]
    PersistEpoch(#[from] PersistEpochError),
    /// The address of Docker makes no sense; one that does not answer is waited for.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// Git.
    #[error(transparent)]
    Sources(#[from] OpenSourcesError),
    /// What it has to do with other nodes.
    #[error(transparent)]
    Network(#[from] StartNetworkError),
}

impl StartNodeError {
    /// Whether this process itself still has the directory.
    #[must_use]
    pub fn is_locked_by(&self, process: u32) -> bool {
        let (Self::Store(error) | Self::Switch(SwitchError::Busy(error))) = self else { return false };
        matches!(error, OpenStoreError::Locked { holder, .. } if *holder == format!("process {process}"))
    }
}

/// A node that runs.
pub struct Node {
    /// Where wishes are handed in.
    pub desk: Desk,
    /// What it knows.
    pub world: watch::Receiver<World>,
    /// The edge.
    pub tools: Tools,
    /// The front door to the apps.
    pub ingress: Arc<Ingress>,
    /// How often this node's agent was started.
    pub incarnation: u64,
    /// Whoever announces itself in the house.
    pub neighbours: watch::Receiver<Neighbours>,
    /// Where other nodes reach this one; none = it stays alone.
    pub link_port: Option<u16>,
    /// What its platform is called.
    pub platform_name: String,
    stop_loop: watch::Sender<bool>,
    shutdown: CancellationToken,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// The real clocks.
struct BootClock;

impl Clock for BootClock {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn wall(&self) -> WallTime {
        clock::wall()
    }

    async fn reach(&self, at: Option<Timestamp>) {
        let Some(at) = at else { return std::future::pending().await };
        // Tokio's clock stops during a suspend: never sleep so long that it would matter.
        loop {
            let left = at.saturating_sub(clock::now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(Duration::from_secs(30))).await;
        }
    }
}

impl Node {
    /// Brings the node of `config` to life; `dashboard` is the port its dashboard has. Needs a tokio runtime.
    ///
    /// # Errors
    /// See [`StartNodeError`]; nothing was changed that a second try would not find.
    pub fn start(config: &Config, dashboard: u16) -> Result<Self, StartNodeError> {
        let dir = &config.data_dir;
        make_private_dir(dir)?;
        // Before anything is opened: from here on this machine is wholly in one platform.
        switch::finish(dir)?;
        let known = switch::known(dir)?.unwrap_or_default();
        let (store, loaded) = Store::open(dir)?;
        let identity = Identity::open(dir)?;
        let keyring = Keyring::open(dir)?;
        let mut epochs = EpochFile::open(dir)?;
        let incarnation = epochs.claim_boot()?;
        let link_port = open_link_port(config);
        let mut world = world(config, &identity, &keyring, incarnation, loaded);
        Arc::make_mut(&mut world.me).reserved_ports.extend(link_port.as_ref().map(|link| link.port));
        members::seed(&mut world, &known.members);
        world.keys = Arc::new(keyring.facts().clone());

        let (inbox, events) = mpsc::channel(INBOX);
        let (snapshot, snapshots) = watch::channel(world.clone());
        let (table, tables) = watch::channel(Arc::default());
        let (actions, to_do) = mpsc::unbounded_channel();
        let (stop_loop, stopped) = watch::channel(false);
        let shutdown = CancellationToken::new();
        let desk = Desk::new(inbox.clone());
        let flow = Flow::new();
        let ingress = Ingress::start(ingress_settings(config, dashboard), flow.clone(), inbox.clone(), shutdown.clone());
        let ingress = Arc::new(ingress);
        let parts = NetworkParts {
            config,
            identity: &identity,
            keyring: &keyring,
            incarnation,
            world: snapshots.clone(),
            inbox: inbox.clone(),
            ingress: Arc::clone(&ingress),
            dashboard,
            shutdown: shutdown.clone(),
        };
        let network = Network::start(&parts, link_port, epochs)?;
        known.met.iter().for_each(|(node, address)| network.links.book().suggest(node, *address));
        let parts = Parts {
            config,
            world: &world,
            store,
            keyring,
            desk: desk.clone(),
            inbox: inbox.clone(),
            snapshots,
            table,
            flow,
            links: network.links,
            switchboard: network.switchboard,
            elections: network.elections,
        };
        let (tools, git) = parts.assemble()?;

        let agent = Agent::new(BootClock, world, events, actions, snapshot);
        let tasks = vec![
            tokio::spawn(agent.run(stopped)),
            tokio::spawn(Work::new(tools.clone()).run(to_do)),
            tokio::spawn(apply_tables(Arc::clone(&ingress), tables)),
            tokio::spawn(upkeep::look_after(tools.clone(), git, config.quota, shutdown.clone())),
        ];
        let (world, neighbours, link_port) = (tools.world.clone(), network.neighbours, network.port);
        let incarnation = incarnation.boot;
        let platform_name = Some(known.platform_name).filter(|name| !name.is_empty()).unwrap_or_else(|| config.platform.clone());
        Ok(Self { desk, world, tools, ingress, incarnation, platform_name, neighbours, link_port, stop_loop, shutdown, tasks })
    }

    /// Stops the loop and the doors; containers run on.
    pub async fn stop(self) {
        self.tools.elections.resign().await;
        self.stop_loop.send_replace(true);
        self.ingress.closed(Duration::from_secs(5)).await;
        self.shutdown.cancel();
        for task in self.tasks {
            task.abort();
            // An aborted task answers with an error, which is what was asked for.
            drop(task.await);
        }
    }
}

/// The port for other nodes; without it a node leads itself, and apps and dashboard work.
fn open_link_port(config: &Config) -> Option<LinkPort> {
    let opened = LinkPort::open(config.bind, config.link_port);
    if let Err(error) = &opened {
        let next = "stop what holds it and restart Kraken, or set link_port in the config of every machine";
        tracing::error!(port = config.link_port, because = %error, next, "no other machine can reach this one: its link port cannot be opened");
    }
    opened.ok()
}

async fn apply_tables(ingress: Arc<Ingress>, mut tables: watch::Receiver<Arc<RouteTable>>) {
    while tables.changed().await.is_ok() {
        let table = Arc::clone(&tables.borrow_and_update());
        ingress.apply(table);
    }
}

fn ingress_settings(config: &Config, dashboard: u16) -> IngressSettings {
    IngressSettings { bind: config.bind, ports: config.ingress_ports.clone(), dashboard, known: own_names(config) }
}

/// The names by which this machine may be asked for.
pub(super) fn own_names(config: &Config) -> OwnNames {
    OwnNames::new(&config.name, &search_domains(), &config.hosts)
}

/// The search domains of resolv.conf(5); none where there is no such file.
fn search_domains() -> Vec<String> {
    let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix("search ").or_else(|| line.strip_prefix("domain ")));
    lines.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

/// What the disk held.
fn world(config: &Config, identity: &Identity, keyring: &Keyring, incarnation: Incarnation, loaded: Loaded) -> World {
    let origin = Origin { node: identity.node().clone(), store: loaded.store_id };
    let mut world = World::new(Me {
        node: identity.node().clone(),
        name: node_name(Some(&config.name), &config.name),
        key: data_encoding::BASE64.encode(identity.public_key()),
        platform: keyring.platform_id(),
        incarnation,
        origin: origin.clone(),
        arch: arch().to_owned(),
        memory: vitals::memory(),
        labels: config.labels.clone(),
        reserved_ports: config.reserved_ports.clone(),
        subnet: config.subnet,
    });
    world.wall = clock::wall();
    world.holds = Arc::new(Vector(loaded.vector.clone()));
    for record in &loaded.records {
        fold_record(&mut world, record);
    }
    // The last record may have been pruned; its sequence is never used again all the same.
    world.seq = world.seq.max(loaded.vector.get(&origin).copied().unwrap_or(0));
    for plan in loaded.plans {
        Arc::make_mut(&mut world.plans).insert(plan.node.clone(), Arc::new(plan));
    }
    world
}

/// This machine's architecture as Docker names it.
fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

/// What the edge is assembled from.
struct Parts<'a> {
    config: &'a Config,
    world: &'a World,
    store: Store,
    keyring: Keyring,
    desk: Desk,
    inbox: mpsc::Sender<Event>,
    snapshots: watch::Receiver<World>,
    table: watch::Sender<Arc<RouteTable>>,
    flow: Flow,
    links: Links,
    switchboard: Switchboard,
    elections: Elections,
}

impl Parts<'_> {
    fn assemble(self) -> Result<(Tools, GitSources), StartNodeError> {
        let dir = &self.config.data_dir;
        let me = &self.world.me;
        let opened = |what: &'static str| move |source: io::Error| StartNodeError::Open { what, source };
        let labels = Labels { platform: me.platform.to_string(), node: me.node.to_string() };
        let git = GitSources::open(&dir.join("clones"), &self.config.sources.file_roots, self.config.sources.ca_file.as_deref())?;
        let uploads = Arc::new(Uploads::open(&dir.join("uploads")).map_err(opened("the folder of uploads"))?);
        let sealer = Arc::new(Sealer::new(&self.keyring));
        let keys = Arc::new(KeySafe::new(dir, self.keyring, Arc::clone(&sealer)));
        let sources = Sources::new(git.clone(), uploads, Arc::clone(&sealer), self.desk.clone(), self.snapshots.clone());
        let tools = Tools {
            node: me.node.clone(),
            platform: me.platform.clone(),
            docker: Docker::connect(Some(&self.config.docker_host), labels)?,
            store: self.store,
            keys,
            sealer,
            sources,
            logs: BuildLogs::open(&dir.join("builds")).map_err(opened("the folder of build logs"))?,
            images: Arc::new(ImageLedger::open(dir)),
            flow: self.flow,
            links: self.links,
            switchboard: self.switchboard,
            elections: self.elections,
            desk: self.desk,
            inbox: self.inbox,
            world: self.snapshots,
            table: self.table,
            subnet: self.config.subnet.map(|(base, prefix)| Subnet { base, prefix, gateway: base }),
            image_quota: self.config.quota.images.0,
            data: dir.clone(),
        };
        Ok((tools, git))
    }
}
