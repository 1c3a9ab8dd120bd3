//! Do real sockets, threads and clocks keep what the election promises? Nodes on loopback, each with its own port.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::channel;

use zeroize::Zeroizing;

use super::*;
use crate::edge::epoch::{EpochFile, PersistEpochError};
use crate::edge::identity::Identity;
use crate::edge::link::Book;
use crate::model::election::{HEARTBEAT_FORMAT, Heard, Heartbeat, PeerTag, RunTag};
use crate::model::event::Role;
use crate::model::standing::Standing;

const HOME: u8 = 1;

fn keys(secrets: &[(u32, u8)]) -> HeartbeatKeys {
    let secrets: BTreeMap<_, _> = secrets.iter().map(|(generation, byte)| (*generation, Zeroizing::new([*byte; 32]))).collect();
    HeartbeatKeys::new(&secrets)
}

fn loopback() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket
}

/// What a node needs before it starts.
struct Seed {
    dir: tempfile::TempDir,
    identity: Identity,
    socket: UdpSocket,
}

impl Seed {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let identity = Identity::open(dir.path()).unwrap();
        Self { dir, identity, socket: loopback() }
    }

    fn id(&self) -> NodeId {
        self.identity.node().clone()
    }

    fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// Starts with the others as members, at their addresses, on a good disk.
    fn start(self, priority: u8, others: &[(NodeId, SocketAddr)]) -> Node {
        let mut epochs = EpochFile::open(self.dir.path()).unwrap();
        self.start_on(priority, others, move |wanted| epochs.keep(wanted))
    }

    fn start_on(self, priority: u8, others: &[(NodeId, SocketAddr)], write: impl WriteEpochs) -> Node {
        let bind = IpAddr::from([127, 0, 0, 1]);
        let book = Arc::new(Book::new(None, Vec::new(), bind));
        others.iter().for_each(|(node, address)| book.suggest(node, *address));
        let (inbox, events) = mpsc::channel(256);
        let incarnation = Incarnation { boot: 1, random: 7 };
        let links = Links::new(&self.identity, Arc::default(), Arc::clone(&book), bind);
        let elections = Elections::start(ElectionParts {
            me: self.id(),
            incarnation,
            durable: Durable::default(),
            settings: Settings {
                members: others.iter().map(|(node, _)| node.clone()).collect(),
                priority,
                ..Settings::default()
            },
            write,
            socket: Some(self.socket.try_clone().unwrap()),
            keys: keys(&[(1, HOME)]),
            links,
            hearing: Arc::default(),
            inbox,
        })
        .unwrap();
        elections.input(Input::Holds { digest: 0, has_synced: true });
        Node { id: self.id(), address: self.address(), incarnation, elections, book, events, _seed: self }
    }
}

struct Node {
    id: NodeId,
    address: SocketAddr,
    incarnation: Incarnation,
    elections: Elections,
    book: Arc<Book>,
    events: mpsc::Receiver<Event>,
    _seed: Seed,
}

impl Node {
    async fn next(&mut self) -> Event {
        tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await.expect("an event in 20 s").unwrap()
    }

    /// The epoch this node leads in, once it does.
    async fn leads(&mut self) -> Epoch {
        loop {
            if let Event::RoleChanged(Role::Leader { epoch }) = self.next().await {
                return epoch;
            }
        }
    }

    async fn stands(&mut self, is_so: impl Fn(&Standing) -> bool) {
        loop {
            if let Event::StandingChanged(standing) = self.next().await
                && is_so(&standing)
            {
                return;
            }
        }
    }
}

/// A peer that the test plays itself, with the platform's key.
struct Puppet {
    id: NodeId,
    socket: UdpSocket,
    seq: u64,
}

impl Puppet {
    fn new() -> Self {
        Self { id: "p".repeat(26).parse().unwrap(), socket: loopback(), seq: 0 }
    }

    fn at(&self) -> (NodeId, SocketAddr) {
        (self.id.clone(), self.socket.local_addr().unwrap())
    }

    /// The next heartbeat, which names the run of `to`.
    fn heartbeat(&mut self, to: &Node) -> Vec<u8> {
        self.seq += 1;
        let heard = Heard { peer: PeerTag::of(&to.id), run: RunTag::of(to.incarnation), is_live: true, seq: 0 };
        Heartbeat {
            v: HEARTBEAT_FORMAT,
            from: self.id.clone(),
            incarnation: Incarnation { boot: 1, random: 9 },
            seq: self.seq,
            priority: 0,
            is_eligible: false,
            highest: None,
            follows: None,
            digest: 0,
            hears: vec![heard],
            doubled: Vec::new(),
            wants: None,
            grant: None,
            claims: Vec::new(),
        }
        .encode()
    }

    fn say(&self, to: &Node, datagram: &[u8]) {
        self.socket.send_to(datagram, to.address).unwrap();
    }
}

#[tokio::test]
async fn a_lone_node_leads_at_once() {
    let begun = clock::now();
    let mut node = Seed::new().start(100, &[]);
    let epoch = node.leads().await;
    assert_eq!(epoch, Epoch { counter: 1, node: node.id.clone() });
    let took = clock::now().saturating_sub(begun);
    assert!(took < Duration::from_secs(1), "{took:?}");
}

/// The epoch that one of `nodes` leads in and all others follow, once that is so.
async fn agreed(nodes: &mut [Node]) -> Epoch {
    let mut roles = vec![Role::Starting; nodes.len()];
    loop {
        let epochs = roles.iter().map(|role| match role {
            Role::Leader { epoch } => Some(epoch),
            Role::Follower { leader } => leader.as_ref(),
            _ => None,
        });
        let is_led = roles.iter().any(|role| matches!(role, Role::Leader { .. }));
        let epochs: Vec<_> = epochs.collect();
        if let Some(first) = epochs[0].filter(|first| is_led && epochs.iter().all(|epoch| *epoch == Some(first))) {
            return first.clone();
        }
        let next = nodes.iter_mut().map(|node| Box::pin(node.next()));
        let (event, at, _) = futures_util::future::select_all(next).await;
        if let Event::RoleChanged(role) = event {
            roles[at] = role;
        }
    }
}

#[tokio::test]
async fn three_nodes_agree_on_a_leader_and_at_once_on_another_when_it_says_goodbye() {
    let seeds = [Seed::new(), Seed::new(), Seed::new()];
    let all: Vec<_> = seeds.iter().map(|seed| (seed.id(), seed.address())).collect();
    let start = |seed: Seed| {
        let others: Vec<_> = all.iter().filter(|(node, _)| *node != seed.id()).cloned().collect();
        seed.start(100, &others)
    };
    let begun = clock::now();
    let mut nodes: Vec<Node> = seeds.into_iter().map(start).collect();
    let first = agreed(&mut nodes).await;
    let found = clock::now().saturating_sub(begun);
    assert!(found < Duration::from_secs(10), "3 s to listen, one to decide: {found:?}");

    let left = clock::now();
    let leader = nodes.iter().position(|node| node.id == first.node).unwrap();
    let Node { elections, address, _seed: seed, .. } = nodes.remove(leader);
    elections.resign().await;
    drop(seed);
    UdpSocket::bind(address).expect("the link port is free for an agent that starts anew in this process");
    let second = agreed(&mut nodes).await;
    let took = clock::now().saturating_sub(left);
    assert!(second > first && took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn heartbeats_go_on_while_the_disk_takes_its_time() {
    let puppet = Puppet::new();
    let (release, blocked) = channel::<()>();
    let asked = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let was_asked = Arc::clone(&asked);
    let slow = move |wanted: &Durable| -> Result<Durable, PersistEpochError> {
        was_asked.store(true, std::sync::atomic::Ordering::SeqCst);
        // An error as soon as the test drops the other end.
        let _ = blocked.recv();
        Ok(wanted.clone())
    };
    let mut node = Seed::new().start_on(100, &[puppet.at()], slow);
    let mut buffer = [0; 4096];
    let mut after_asked = 0;
    while after_asked < 8 {
        puppet.socket.recv_from(&mut buffer).expect("a heartbeat each 250 ms, whatever the disk does");
        after_asked += u32::from(asked.load(std::sync::atomic::Ordering::SeqCst));
    }
    while let Ok(event) = node.events.try_recv() {
        assert!(!matches!(event, Event::RoleChanged(Role::Leader { .. })), "nothing is on disk yet");
    }
    drop(release);
    node.leads().await;
}

#[tokio::test]
async fn a_peer_is_live_by_new_heartbeats_only_never_by_recordings() {
    let mut puppet = Puppet::new();
    let mut node = Seed::new().start(100, &[puppet.at()]);
    let id = puppet.id.clone();
    let live = |standing: &Standing| standing.peers.get(&id).is_some_and(|peer| peer.is_live);
    let mut recorded = Vec::new();
    for _ in 0..4 {
        let datagram = keys(&[(1, HOME)]).seal(&puppet.heartbeat(&node)).unwrap();
        puppet.say(&node, &datagram);
        recorded.push(datagram);
        puppet.socket.recv_from(&mut [0; 4096]).unwrap();
    }
    node.stands(live).await;
    node.stands(|standing| !live(standing)).await;
    // Twelve heartbeats of the node, three seconds: whatever is said again meanwhile, nobody comes back to life.
    for _ in 0..12 {
        recorded.iter().for_each(|datagram| puppet.say(&node, datagram));
        puppet.socket.recv_from(&mut [0; 4096]).unwrap();
    }
    while let Ok(event) = node.events.try_recv() {
        assert!(!matches!(&event, Event::StandingChanged(standing) if live(standing)));
    }
}

#[tokio::test]
async fn garbage_truncated_and_forged_datagrams_and_strangers_change_nothing() {
    let mut puppet = Puppet::new();
    let mut node = Seed::new().start(100, &[puppet.at()]);
    let good = keys(&[(1, HOME)]).seal(&puppet.heartbeat(&node)).unwrap();
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    let foreign = keys(&[(1, 99)]).seal(&puppet.heartbeat(&node)).unwrap();
    let unreadable = keys(&[(1, HOME)]).seal(&[0xff; 60]).unwrap();
    let own = puppet.id.clone();
    puppet.id = "s".repeat(26).parse().unwrap();
    let stranger = keys(&[(1, HOME)]).seal(&puppet.heartbeat(&node)).unwrap();
    puppet.id = own;
    for bad in [&b""[..], b"KRKH", &[0x5a; 2000], &good[..good.len() / 2], &forged, &foreign, &unreadable, &stranger] {
        puppet.say(&node, bad);
    }
    // Alone, it takes the lead after listening; by then all of that was heard, and nobody is live.
    node.leads().await;
    let mut others = Vec::new();
    while let Ok(event) = node.events.try_recv() {
        others.push(event);
    }
    let is_anybody_live = |event: &Event| matches!(event, Event::StandingChanged(s) if s.peers.values().any(|p| p.is_live));
    assert!(!others.iter().any(is_anybody_live), "{others:?}");
}

#[tokio::test]
async fn heartbeats_follow_a_peer_to_its_new_address_and_an_old_key_only_hints_at_one() {
    let mut puppet = Puppet::new();
    let node = Seed::new().start(100, &[puppet.at()]);
    let both = keys(&[(0, 5), (1, HOME)]);
    node.elections.rekey(keys(&[(0, 5), (1, HOME)]));
    let (moved, hinted) = (loopback(), loopback());
    let say = |socket: &UdpSocket, datagram: Vec<u8>| socket.send_to(&datagram, node.address).unwrap();

    say(&moved, both.seal(&puppet.heartbeat(&node)).unwrap());
    moved.recv_from(&mut [0; 4096]).expect("a heartbeat where the peer is now");
    assert_eq!(node.book.ways(&puppet.id)[0], moved.local_addr().unwrap());

    say(&hinted, keys(&[(0, 5)]).seal(&puppet.heartbeat(&node)).unwrap());
    hinted.recv_from(&mut [0; 4096]).expect("once it is silent, it is looked for there, too");
    assert_eq!(node.book.ways(&puppet.id)[..2], [moved.local_addr().unwrap(), hinted.local_addr().unwrap()]);
}
