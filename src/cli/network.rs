//! How does a node come to know others? Opens the link port, and starts what finds, links and hears other nodes.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::edge::config::Config;
use crate::edge::discovery::{Announcement, Neighbours, discover, key_fingerprint};
use crate::edge::election::{ElectionParts, Elections, HeartbeatKeys, Wishes, follow_world};
use crate::edge::epoch::EpochFile;
use crate::edge::identity::Identity;
use crate::edge::keyring::Keyring;
use crate::edge::link::{Book, Hearing, Incoming, Links, Service, Switchboard, follow_members};
use crate::edge::machine::MachineWatch;
use crate::edge::vitals;
use crate::edge::work::chain;
use crate::model::election::{Durable, raise};
use crate::model::event::Event;
use crate::model::id::Incarnation;
use crate::model::observed::MachineFacts;
use crate::model::world::World;
use crate::web::ingress::Ingress;

/// TCP and UDP have to get the same port; any free one of the one may be taken of the other.
const TRIES: usize = 16;

/// The link port, if this node has it.
pub(super) struct LinkPort {
    pub(super) port: u16,
    pub(super) tcp: TcpListener,
    pub(super) udp: UdpSocket,
}

impl LinkPort {
    /// The port of the config, for TCP and UDP; 0 = any that is free for both.
    pub(super) fn open(bind: IpAddr, port: u16) -> io::Result<Self> {
        let mut outcome = Self::try_open(bind, port);
        for _ in 1..TRIES {
            if port != 0 || outcome.is_ok() {
                break;
            }
            outcome = Self::try_open(bind, port);
        }
        outcome
    }

    fn try_open(bind: IpAddr, port: u16) -> io::Result<Self> {
        let socket = if bind.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }?;
        // A restart does not wait for the connections of the last run.
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(bind, port))?;
        let tcp = socket.listen(256)?;
        let port = tcp.local_addr()?.port();
        Ok(Self { port, tcp, udp: UdpSocket::bind(SocketAddr::new(bind, port))? })
    }
}

/// Why a node has nothing to do with others, nor with itself.
#[derive(Debug, thiserror::Error)]
pub enum StartNetworkError {
    /// TLS.
    #[error("this node's certificate cannot be used")]
    Tls(#[from] rustls::Error),
    /// The election.
    #[error("the system gives no threads for the election")]
    Threads(#[from] io::Error),
}

/// What a node has to do with others.
pub(super) struct Network {
    /// Connections from and to members, by service.
    pub(super) links: Links,
    /// Frames to and from members.
    pub(super) switchboard: Switchboard,
    /// Who leads.
    pub(super) elections: Elections,
    /// Whoever announces itself in the house.
    pub(super) neighbours: watch::Receiver<Neighbours>,
    /// Where others reach it; none = it stays alone.
    pub(super) port: Option<u16>,
}

/// What the network is built from.
pub(super) struct NetworkParts<'a> {
    pub(super) config: &'a Config,
    pub(super) identity: &'a Identity,
    pub(super) keyring: &'a Keyring,
    pub(super) incarnation: Incarnation,
    pub(super) world: watch::Receiver<World>,
    pub(super) inbox: mpsc::Sender<Event>,
    pub(super) ingress: Arc<Ingress>,
    pub(super) dashboard: u16,
    pub(super) shutdown: CancellationToken,
}

impl Network {
    /// Meets others at `link`; without it this node says so and stays alone. Reigns are written to `epochs`.
    pub(super) fn start(parts: &NetworkParts<'_>, link: Option<LinkPort>, epochs: EpochFile) -> Result<Self, StartNetworkError> {
        let (config, shutdown) = (parts.config, &parts.shutdown);
        let port = link.as_ref().map(|link| link.port);
        let (tcp, udp) = link.map(|link| (link.tcp, link.udp)).unzip();
        let book = Arc::new(Book::open(&config.data_dir, config.peers.clone(), config.bind));
        let links = Links::new(parts.identity, Arc::default(), Arc::clone(&book), config.bind);
        let hearing = Arc::<Hearing>::default();
        let me = parts.identity.node().clone();
        let switchboard =
            Switchboard::start(me.clone(), links.clone(), Arc::clone(&hearing), parts.inbox.clone(), shutdown.clone());
        let elections = parts.elect(epochs, udp, &links, hearing)?;
        let mut neighbours = watch::channel(Neighbours::new()).1;
        if let (Some(listener), Some(port)) = (tcp, port) {
            parts.ingress.reach(Arc::new(links.clone()));
            tokio::spawn(take_pipes(Arc::clone(&parts.ingress), links.serve(Service::Http), shutdown.clone()));
            links.listen(listener, shutdown.clone())?;
            tokio::spawn(follow_members(links.clone(), parts.world.clone(), port));
            tokio::spawn(book.keep_on_disk(config.data_dir.clone()));
            match discover(parts.announcement(port), config.bind, links.clone(), shutdown.clone()) {
                Ok(found) => neighbours = found,
                Err(error) => tracing::warn!(because = %chain(&error), "other machines are not looked for"),
            }
        }
        let ingress = Arc::clone(&parts.ingress);
        let watch = MachineWatch {
            node: me,
            facts: parts.facts(port),
            bind: config.bind,
            ingress_port: move || ingress.port(),
            switchboard: switchboard.clone(),
        };
        tokio::spawn(watch.run(parts.inbox.clone(), shutdown.clone()));
        Ok(Self { links, switchboard, elections, neighbours, port })
    }
}

/// Lets other machines through to the replicas of this one.
async fn take_pipes(ingress: Arc<Ingress>, mut pipes: mpsc::Receiver<Incoming>, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            pipe = pipes.recv() => match pipe {
                Some(pipe) => ingress.take(pipe.stream),
                None => return,
            },
        }
    }
}

impl NetworkParts<'_> {
    /// Starts the election: alone, this node leads in a moment.
    fn elect(
        &self,
        mut epochs: EpochFile,
        socket: Option<UdpSocket>,
        links: &Links,
        hearing: Arc<Hearing>,
    ) -> io::Result<Elections> {
        let world = self.world.borrow().clone();
        let wishes = Wishes {
            priority: self.config.priority,
            reliance: self.config.machine,
            preempt: self.config.preempt,
            memory: world.me.memory,
            cpus: vitals::cores(),
            has_gateway: !self.config.bind.is_loopback(),
        };
        let mut durable = epochs.durable();
        // A file that was lost may not give a reign out twice.
        let recorded = world.leaves.values().flatten().filter_map(|record| record.epoch.as_ref()).max();
        raise(&mut durable.highest, recorded);
        let elections = Elections::start(ElectionParts {
            me: world.me.node.clone(),
            incarnation: self.incarnation,
            durable,
            settings: wishes.settings(&world),
            write: move |wanted: &Durable| epochs.keep(wanted),
            socket,
            keys: HeartbeatKeys::new(&self.keyring.platform_secrets()),
            links: links.clone(),
            hearing,
            inbox: self.inbox.clone(),
        })?;
        tokio::spawn(follow_world(elections.clone(), wishes, self.world.clone(), self.shutdown.clone()));
        Ok(elections)
    }

    fn announcement(&self, link_port: u16) -> Announcement {
        let me = Arc::clone(&self.world.borrow().me);
        Announcement {
            node: me.node.clone(),
            name: me.name.clone(),
            platform: me.platform.clone(),
            key: key_fingerprint(self.identity.public_key()),
            link_port,
            api_port: self.dashboard,
            ingress_port: self.ingress.port(),
        }
    }

    fn facts(&self, link_port: Option<u16>) -> MachineFacts {
        let me = Arc::clone(&self.world.borrow().me);
        MachineFacts {
            arch: me.arch.clone(),
            memory: me.memory,
            cpus: vitals::cores(),
            labels: me.labels.clone(),
            reliance: self.config.machine,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            addresses: Vec::new(),
            link_port,
            api_port: self.dashboard,
            ingress_port: self.ingress.port(),
            reserved_ports: me.reserved_ports.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn any_free_port_is_free_for_both_protocols_and_a_taken_one_is_refused() {
        let bind = IpAddr::from([127, 0, 0, 1]);
        let first = LinkPort::open(bind, 0).unwrap();
        assert_eq!(first.tcp.local_addr().unwrap().port(), first.udp.local_addr().unwrap().port());
        assert!(LinkPort::open(bind, first.port).is_err());
        drop(first.tcp);
        assert!(LinkPort::open(bind, first.port).is_err(), "one of the two is not enough");
    }
}
