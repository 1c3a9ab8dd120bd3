//! How does the daemon run? It opens its doors, says where they are, and stops in order when it is told to.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::node::{Node, StartNodeError};
use crate::edge::clock;
use crate::edge::config::{Config, Flags, LoadConfigError, Surroundings};
use crate::edge::disk::make_private_dir;
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
    let (config, warnings) = Config::load(flags, &Surroundings::of_this_process())?;
    log_to_stderr(&config.log);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(RunAgentError::Start)?;
    let outcome = runtime.block_on(serve(&config));
    // Whatever still blocks on a silent server has nothing left to write.
    runtime.shutdown_background();
    outcome
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

async fn serve(config: &Config) -> Result<(), RunAgentError> {
    let mut terminated = signal(SignalKind::terminate()).map_err(RunAgentError::Start)?;
    let mut interrupted = signal(SignalKind::interrupt()).map_err(RunAgentError::Start)?;
    let listener = bind_api(config).await?;
    let port = listener.local_addr().map_err(RunAgentError::Start)?.port();
    let node = Node::start(config, port)?;
    // Only now: the data directory's lock tells that no other agent has this socket.
    let socket = bind_socket(&config.socket)?;
    let shutdown = CancellationToken::new();
    let listeners = Listeners { tcp: vec![listener], socket: Some(socket) };
    let web = Web::new(parts(config, &node, port));
    let doors = tokio::spawn(crate::web::serve(listeners, web, shutdown.clone()));
    tracing::info!(node = %node.tools.node, dashboard = port, ingress = node.ingress.port(), socket = %config.socket.display(), "kraken runs");
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    tracing::info!("stopping; apps run on");
    shutdown.cancel();
    // Its own limit ends it; a panic in it has been logged.
    drop(doors.await);
    node.stop().await;
    drop(std::fs::remove_file(&config.socket));
    Ok(())
}

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

fn parts(config: &Config, node: &Node, port: u16) -> Parts {
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
        joins: Arc::new(real::joins::RealJoins(tools.clone())),
    };
    Parts {
        desk: node.desk.clone(),
        world: node.world.clone(),
        ports,
        platform: config.platform.clone(),
        own_names: super::node::own_names(config),
        wall: clock::wall,
    }
}
