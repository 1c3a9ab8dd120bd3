//! How does the daemon run? It opens its doors, says where they are, and stops in order when it is told to.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::node::{Node, StartNodeError};
use crate::edge::clock;
use crate::edge::config::{Config, Flags, LoadConfigError, Surroundings};
use crate::edge::discovery::Neighbours;
use crate::edge::disk::make_private_dir;
use crate::edge::join::{Joins, Neighbour, Parts as JoinParts};
use crate::edge::vitals::VitalsFeed;
use crate::web::ports::Ports;
use crate::web::real;
use crate::web::real::doctor::Doors;
use crate::web::real::stats::IngressPort;
use crate::web::{Listeners, Parts, Web};

/// Why the daemon does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunAgentError {
    /// Its config.
    #[error(transparent)]
    Config(#[from] LoadConfigError),
    /// Its node.
    #[error(transparent)]
    Node(#[from] StartNodeError),
    /// No port for the dashboard.
    #[error("none of the ports {tried} can be opened for the dashboard; stop what holds them, or set api_port in the config")]
    NoPort {
        /// Which.
        tried: String,
        /// Of the last.
        source: io::Error,
    },
    /// The local socket.
    #[error("the local socket {path} cannot be opened")]
    Socket {
        /// Where.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The runtime.
    #[error("the agent cannot start")]
    Start(#[source] io::Error),
}

/// Runs the agent with `flags` until SIGTERM or SIGINT.
///
/// # Errors
/// See [`RunAgentError`].
pub fn run(flags: &Flags) -> Result<(), RunAgentError> {
    let (mut config, warnings) = Config::load(flags, &Surroundings::of_this_process())?;
    log_to_stderr(&config.log);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    loop {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(RunAgentError::Start)?;
        let outcome = runtime.block_on(serve(&config));
        match outcome {
            Ok(Next::Again(held)) => {
                // Everything of the old platform ends with its runtime, whoever may still hold it.
                runtime.shutdown_timeout(CLEARED);
                held.keep(&mut config);
            }
            ended => {
                // Whatever still blocks on a silent server has nothing left to write.
                runtime.shutdown_background();
                return ended.map(|_| ());
            }
        }
    }
}

/// For what still runs when the agent starts anew in this process.
const CLEARED: Duration = Duration::from_secs(10);

/// How a run of the agent ended.
enum Next {
    /// It was told to stop.
    Stop,
    /// It starts anew, as this machine changed its platform.
    Again(Held),
}

/// The ports an agent held, which it has again after it started anew.
struct Held {
    api: u16,
    ingress: Option<u16>,
    link: Option<u16>,
}

impl Held {
    fn keep(self, config: &mut Config) {
        config.api_ports = vec![self.api];
        if let Some(port) = self.ingress {
            config.ingress_ports = vec![port];
        }
        if let Some(port) = self.link {
            config.link_port = port;
        }
    }
}

/// Bollard and hyper log whole requests, environments included, below `info`.
fn log_to_stderr(filter: &str) {
    let filter = format!("{filter},bollard=info,hyper=info,h2=info");
    let filter = tracing_subscriber::EnvFilter::new(filter);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false);
    if lines.try_init().is_err() {
        tracing::debug!("lines are taken by somebody else already");
    }
}

async fn serve(config: &Config) -> Result<Next, RunAgentError> {
    let mut terminated = signal(SignalKind::terminate()).map_err(RunAgentError::Start)?;
    let mut interrupted = signal(SignalKind::interrupt()).map_err(RunAgentError::Start)?;
    let listener = bind_api(config).await?;
    let port = listener.local_addr().map_err(RunAgentError::Start)?.port();
    let node = start(config, port).await?;
    let again = Arc::new(Notify::new());
    // Only now: the data directory's lock tells that no other agent has this socket.
    let socket = bind_socket(&config.socket)?;
    let shutdown = CancellationToken::new();
    let listeners = Listeners { tcp: vec![listener], socket: Some(socket) };
    let web = Web::new(parts(config, &node, port, &again));
    let doors = tokio::spawn(crate::web::serve(listeners, web, shutdown.clone()));
    tracing::info!(node = %node.tools.node, dashboard = port, link = node.link_port, ingress = node.ingress.port(), socket = %config.socket.display(), "kraken runs");
    let held = Held { api: port, ingress: node.ingress.port(), link: node.link_port };
    let next = tokio::select! {
        _ = terminated.recv() => Next::Stop,
        _ = interrupted.recv() => Next::Stop,
        () = again.notified() => Next::Again(held),
    };
    tracing::info!("stopping; apps run on");
    shutdown.cancel();
    // Its own limit ends it; a panic in it has been logged.
    drop(doors.await);
    node.stop().await;
    drop(std::fs::remove_file(&config.socket));
    Ok(next)
}

/// The node, once the last run of this very process has let go of the data directory.
async fn start(config: &Config, port: u16) -> Result<Node, StartNodeError> {
    let mut tries = 0;
    loop {
        match Node::start(config, port) {
            Err(error) if error.is_locked_by(std::process::id()) && tries < LOCK_TRIES => {
                tries += 1;
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            started => return started,
        }
    }
}

/// How often, and how long apart, a directory that this process still holds is tried.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The first port of the config that is free.
async fn bind_api(config: &Config) -> Result<TcpListener, RunAgentError> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for port in &config.api_ports {
        match TcpListener::bind(SocketAddr::new(config.bind, *port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => {
                tracing::info!(port, because = %error, "port taken");
                last = error;
            }
        }
    }
    let tried = config.api_ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    Err(RunAgentError::NoPort { tried, source: last })
}

/// The local socket; one left by an agent that was killed is replaced.
fn bind_socket(path: &Path) -> Result<UnixListener, RunAgentError> {
    let failed = |source: io::Error| RunAgentError::Socket { path: path.display().to_string(), source };
    if let Some(dir) = path.parent().filter(|dir| !dir.exists()) {
        make_private_dir(dir).map_err(|error| failed(io::Error::other(error)))?;
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    // Who may come in is asked of the kernel for every connection; the mode only keeps strangers from knocking.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666)).map_err(failed)?;
    Ok(listener)
}

fn parts(config: &Config, node: &Node, port: u16, again: &Arc<Notify>) -> Parts {
    let tools = node.tools.clone();
    let vitals = VitalsFeed::start(&config.data_dir);
    let ingress = Arc::clone(&node.ingress);
    let ingress_port: IngressPort = Arc::new(move || ingress.port());
    let doors = Doors {
        api_port: port,
        api_wanted: config.api_ports.clone(),
        ingress_port: Arc::clone(&ingress_port),
        ingress_wanted: config.ingress_ports.clone(),
    };
    let ports = Ports {
        logs: Arc::new(real::logs::RealLogs::new(tools.docker.clone(), tools.world.clone())),
        build_logs: Arc::new(real::build_logs::RealBuildLogs::new(tools.logs.clone(), tools.world.clone())),
        stats: Arc::new(real::stats::RealStats::start(&tools, vitals, ingress_port, port, node.incarnation)),
        sources: Arc::new(real::sources::RealSources(tools.sources.clone())),
        uploads: Arc::new(real::uploads::RealUploads(Arc::clone(tools.sources.uploads()))),
        audit: Arc::new(real::audit::RealAudit(tools.store.clone())),
        seal: Arc::new(real::seal::RealSeal(Arc::clone(&tools.sealer))),
        doctor: Arc::new(real::doctor::RealDoctor::new(tools.clone(), doors)),
        states: Arc::new(real::states::RealStates(tools.clone())),
        joins: Arc::new(real::joins::RealJoins { joins: joins(config, node, again), tools }),
    };
    Parts {
        desk: node.desk.clone(),
        world: node.world.clone(),
        ports,
        platform: node.platform_name.clone(),
        own_names: super::node::own_names(config),
        wall: clock::wall,
    }
}

/// Meetings with machines of other platforms.
fn joins(config: &Config, node: &Node, again: &Arc<Notify>) -> Joins {
    Joins::start(JoinParts {
        links: node.tools.links.clone(),
        world: node.world.clone(),
        desk: node.desk.clone(),
        store: node.tools.store.clone(),
        platform_name: node.platform_name.clone(),
        port: node.link_port.unwrap_or(config.link_port),
        neighbours: Box::new(neighbours(node.neighbours.clone())),
        data: config.data_dir.clone(),
        again: Arc::clone(again),
    })
}

/// What others announce, as far as joining needs it.
fn neighbours(found: watch::Receiver<Neighbours>) -> impl Fn() -> Vec<Neighbour> {
    move || {
        let found = found.borrow().clone();
        let neighbours = found.into_values().map(|found| Neighbour {
            node: found.says.node,
            name: found.says.name,
            platform: found.says.platform,
            addresses: found.addresses,
        });
        neighbours.collect()
    }
}
