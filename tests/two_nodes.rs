//! Do two whole nodes become one platform? Real nodes on two loopback addresses, without Docker; that they are members of each
//! other is written into their databases, as joining would.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use kraken::cli::node::Node;
use kraken::edge::config::{Config, Flags, Surroundings};
use kraken::edge::identity::Identity;
use kraken::edge::keyring::Keyring;
use kraken::edge::store::Store;
use kraken::model::document::{Document, Member};
use kraken::model::event::Role;
use kraken::model::id::{Epoch, NodeId};
use kraken::model::record::{ObjectKey, Origin, RECORD_FORMAT, Record, RevisionId};
use kraken::model::time::{Hlc, WallTime};
use kraken::model::world::World;

/// A data directory, and the config of the node that lives in it.
struct Home {
    dir: tempfile::TempDir,
    config: Config,
}

impl Home {
    fn new(address: &str, peer: &str, port: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let flags = Flags::from([
            ("data", dir.path().display().to_string()),
            ("bind", address.to_owned()),
            ("peers", peer.to_owned()),
            ("link_port", port.to_string()),
            ("ingress_port", "0".to_owned()),
            ("docker_host", "unix:///nowhere/docker.sock".to_owned()),
        ]);
        let config = Config::load(&flags, &Surroundings::default()).unwrap().0;
        Self { dir, config }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn start(&self) -> Node {
        Node::start(&self.config, 0).unwrap()
    }
}

/// Two homes whose databases say that both nodes are members, and that share the platform's secret.
async fn paired(addresses: [&str; 2]) -> [Home; 2] {
    let port = TcpListener::bind((addresses[0], 0)).unwrap().local_addr().unwrap().port();
    let homes = [Home::new(addresses[0], addresses[1], port), Home::new(addresses[1], addresses[0], port)];
    Keyring::open(homes[0].path()).unwrap();
    std::fs::copy(homes[0].path().join("secret.key"), homes[1].path().join("secret.key")).unwrap();
    let identities = [0, 1].map(|at| Identity::open(homes[at].path()).unwrap());
    let founder = Origin { node: identities[0].node().clone(), store: "0123456789abcdef".parse().unwrap() };
    let records: Vec<_> = (1..).zip(&identities).map(|(seq, identity)| Arc::new(member(&founder, seq, identity))).collect();
    for home in &homes {
        let (store, _) = Store::open(home.path()).unwrap();
        store.persist(records.clone()).await.unwrap();
    }
    homes
}

fn member(origin: &Origin, seq: u64, identity: &Identity) -> Record {
    let key = BASE64.encode(identity.public_key());
    Record {
        v: RECORD_FORMAT,
        object: ObjectKey::Member(identity.node().clone()),
        revision: RevisionId { origin: origin.clone(), seq },
        parents: Vec::new(),
        hlc: Hlc { wall: seq, logical: 0 },
        epoch: None,
        document: Some(Document::Member(Member { name: format!("node-{seq}"), key, joined_at: WallTime(seq) })),
    }
}

/// What `node` knows, once `is_so`.
async fn known(node: &Node, is_so: impl Fn(&World) -> bool) -> World {
    let mut world = node.world.clone();
    let waiting = world.wait_for(|world| is_so(world));
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it is so within 30 s").unwrap().clone()
}

const fn followed(world: &World) -> Option<&Epoch> {
    match &world.role {
        Role::Leader { epoch } => Some(epoch),
        Role::Follower { leader } => leader.as_ref(),
        Role::Starting | Role::Isolated => None,
    }
}

fn is_linked_to(node: &NodeId) -> impl Fn(&World) -> bool {
    move |world| world.links.contains(node)
}

/// The epoch that both follow, once both do.
async fn agreed(nodes: &[Node; 2]) -> Epoch {
    loop {
        let first = followed(&known(&nodes[0], |world| followed(world).is_some()).await).cloned();
        let both = known(&nodes[1], |world| followed(world).is_some()).await;
        if followed(&both) == first.as_ref() {
            return first.unwrap();
        }
        let [mut one, mut two] = [0, 1].map(|at| nodes[at].world.clone());
        let changed = async {
            tokio::select! { changed = one.changed() => changed, changed = two.changed() => changed }
        };
        tokio::time::timeout(Duration::from_secs(30), changed).await.expect("they agree within 30 s").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_link_agree_on_a_leader_and_the_other_leads_when_it_leaves() {
    let homes = paired(["127.0.0.2", "127.0.0.3"]).await;
    let nodes = [homes[0].start(), homes[1].start()];
    let ids = [0, 1].map(|at| nodes[at].tools.node.clone());
    known(&nodes[0], is_linked_to(&ids[1])).await;
    known(&nodes[1], is_linked_to(&ids[0])).await;
    let first = agreed(&nodes).await;
    let told = known(&nodes[0], |world| world.my_inventory().is_some_and(|mine| mine.machine.is_some())).await;
    let machine = told.my_inventory().unwrap().machine.clone().unwrap();
    assert_eq!((machine.link_port, machine.addresses), (nodes[0].link_port, vec!["127.0.0.2".parse().unwrap()]));

    let [a, b] = nodes;
    let (leader, other) = if first.node == ids[0] { (a, b) } else { (b, a) };
    leader.stop().await;
    let led = |world: &World| matches!(&world.role, Role::Leader { epoch } if *epoch > first);
    let world = known(&other, led).await;
    assert!(known(&other, |world| world.links.is_empty()).await.links.is_empty());
    assert_eq!(followed(&world).map(|epoch| &epoch.node), Some(&other.tools.node));
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_link_port_is_taken_stays_alone_and_leads_itself() {
    let home = Home::new("127.0.0.4", "127.0.0.5", 0);
    let taken = TcpListener::bind("127.0.0.4:0").unwrap();
    let config = Config { link_port: taken.local_addr().unwrap().port(), ..home.config.clone() };
    let node = Node::start(&config, 0).unwrap();
    assert_eq!(node.link_port, None);
    known(&node, |world| world.leads()).await;
    node.stop().await;
}
