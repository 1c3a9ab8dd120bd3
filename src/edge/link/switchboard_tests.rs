//! Do frames get where they shall, and does the loop hear of links exactly what is true? Two and three nodes on loopback.

use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::super::tests::Party;
use super::*;
use crate::model::election::{HEARTBEAT_FORMAT, Heard, Heartbeat, PeerTag, RunTag};
use crate::model::id::Incarnation;
use crate::model::vector::Vector;

/// A node with links; what its loop would hear is read from `events`.
struct Node {
    party: Party,
    board: Switchboard,
    hearing: Arc<Hearing>,
    events: mpsc::Receiver<Event>,
    _stop: tokio_util::sync::DropGuard,
}

impl Node {
    async fn new() -> Self {
        let (party, hearing) = (Party::new().await, Arc::<Hearing>::default());
        let (inbox, events) = mpsc::channel(64);
        let shutdown = CancellationToken::new();
        let board = Switchboard::start(party.node().clone(), party.links.clone(), Arc::clone(&hearing), inbox, shutdown.clone());
        Self { party, board, hearing, events, _stop: shutdown.drop_guard() }
    }

    fn id(&self) -> &NodeId {
        self.party.node()
    }

    fn knows(&self, others: &[&Self]) {
        self.party.knows(&others.iter().map(|other| &other.party).collect::<Vec<_>>());
    }

    async fn next(&mut self) -> Event {
        tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await.expect("an event in 20 s").unwrap()
    }

    /// Waits until the link to `peer` is open and no other event is waiting; two that were opened at once are one by then.
    async fn is_linked(&mut self, peer: &NodeId) {
        while self.next().await != Event::LinkUp(peer.clone()) {}
    }
}

fn holds(seq: u64) -> Frame {
    let mut vector = Vector::default();
    let origin =
        crate::model::record::Origin { node: "a".repeat(26).parse().unwrap(), store: "0123456789abcdef".parse().unwrap() };
    vector.raise(&origin, seq);
    Frame::Holds { vector }
}

fn arrived(from: &NodeId, frame: Frame) -> Event {
    Event::FrameArrived { from: from.clone(), frame: Box::new(frame) }
}

/// Only `a` dials, so that exactly one link comes up.
async fn linked() -> (Node, Node) {
    let (mut a, mut b) = (Node::new().await, Node::new().await);
    b.knows(&[&a]);
    b.party.links.book().strike(a.id(), a.party.address);
    a.knows(&[&b]);
    a.is_linked(&b.id().clone()).await;
    b.is_linked(&a.id().clone()).await;
    (a, b)
}

#[tokio::test]
async fn frames_arrive_in_order_at_both_ends() {
    let (mut a, mut b) = linked().await;
    for seq in 1..=50 {
        a.board.send(b.id(), holds(seq));
        b.board.send(a.id(), holds(seq));
    }
    for seq in 1..=50 {
        assert_eq!(b.next().await, arrived(a.id(), holds(seq)));
        assert_eq!(a.next().await, arrived(b.id(), holds(seq)));
    }
}

#[tokio::test]
async fn a_large_frame_arrives_and_a_larger_one_is_never_sent() {
    let (a, mut b) = linked().await;
    let records = |bytes: usize| Frame::Records {
        since: Vector::default(),
        upto: Vector::default(),
        records: vec![serde_json::Value::String("x".repeat(bytes))],
        heads: None,
    };
    let large = records(super::super::LARGEST_FRAME - 1024);
    a.board.deliver(b.id(), large.clone()).await.unwrap();
    assert_eq!(b.next().await, arrived(a.id(), large));
    let larger = records(super::super::LARGEST_FRAME);
    assert_eq!(a.board.deliver(b.id(), larger).await, Err(NoWay::TooLarge));
    let nobody: NodeId = "z".repeat(26).parse().unwrap();
    assert_eq!(a.board.deliver(&nobody, holds(1)).await, Err(NoWay::NoLink(nobody)));
}

#[tokio::test]
async fn when_both_dial_at_once_one_link_is_left_at_both_ends() {
    let (mut a, mut b) = (Node::new().await, Node::new().await);
    a.knows(&[&b]);
    b.knows(&[&a]);
    a.is_linked(&b.id().clone()).await;
    b.is_linked(&a.id().clone()).await;
    // What is said on the link that stays arrives; one that was replaced may have lost it, so it is said again on each,
    // whichever end opens it last.
    a.board.send(b.id(), holds(1));
    let mut up = 1;
    loop {
        tokio::select! {
            event = b.next() => match event {
                Event::LinkDown(_) => up -= 1,
                Event::LinkUp(_) => {
                    up += 1;
                    a.board.send(b.id(), holds(1));
                }
                event => break assert_eq!(event, arrived(a.id(), holds(1))),
            },
            event = a.next() => if matches!(event, Event::LinkUp(_)) {
                a.board.send(b.id(), holds(1));
            },
        }
        assert!((0..=1).contains(&up), "never two links to one member");
    }
}

#[tokio::test]
async fn a_removed_member_loses_its_link_and_is_not_dialled_again() {
    let (mut a, mut b) = linked().await;
    a.knows(&[]);
    assert_eq!(a.next().await, Event::LinkDown(b.id().clone()));
    assert_eq!(b.next().await, Event::LinkDown(a.id().clone()));
    assert_eq!(a.board.deliver(b.id(), holds(1)).await, Err(NoWay::NoLink(b.id().clone())));
    assert!(a.events.try_recv().is_err());
}

#[tokio::test]
async fn a_link_that_breaks_is_opened_again_at_once() {
    let (mut a, b) = linked().await;
    // The agent at the other end is killed and started again at the same address.
    let id = b.id().clone();
    b.party.knows(&[]);
    assert_eq!(a.next().await, Event::LinkDown(id.clone()));
    b.party.knows(&[&a.party]);
    assert_eq!(a.next().await, Event::LinkUp(id));
}

#[tokio::test]
async fn without_a_link_a_frame_goes_through_a_member_that_hears_its_target() {
    let (mut a, mut middle, mut c) = (Node::new().await, Node::new().await, Node::new().await);
    middle.knows(&[&a, &c]);
    for end in [&a, &c] {
        middle.party.links.book().strike(end.id(), end.party.address);
    }
    for (end, other) in [(&a, &c), (&c, &a)] {
        end.knows(&[&middle, other]);
        // They are members to each other, and no way leads from one to the other.
        end.party.links.book().strike(other.id(), other.party.address);
    }
    a.is_linked(&middle.id().clone()).await;
    c.is_linked(&middle.id().clone()).await;
    for _ in 0..2 {
        assert!(matches!(middle.next().await, Event::LinkUp(_)));
    }
    a.board.send(c.id(), holds(1));
    // What is sent is sent in order: once the middle has this, the frame before was dropped.
    a.board.send(middle.id(), holds(9));
    assert_eq!(middle.next().await, arrived(a.id(), holds(9)));
    a.hearing.learn(&heartbeat(&middle, &c));
    a.board.send(c.id(), holds(2));
    assert_eq!(c.next().await, arrived(a.id(), holds(2)));
}

fn heartbeat(from: &Node, hears: &Node) -> Heartbeat {
    let run = Incarnation { boot: 1, random: 2 };
    Heartbeat {
        v: HEARTBEAT_FORMAT,
        from: from.id().clone(),
        incarnation: run,
        seq: 1,
        priority: 100,
        is_eligible: true,
        highest: None,
        follows: None,
        digest: 0,
        hears: vec![Heard { peer: PeerTag::of(hears.id()), run: RunTag::of(run), is_live: true, seq: 0 }],
        doubled: Vec::new(),
        wants: None,
        grant: None,
        claims: Vec::new(),
    }
}

#[tokio::test]
async fn strange_frames_change_nothing_and_a_torn_one_ends_the_link() {
    let (a, mut b) = (Party::new().await, Node::new().await);
    a.knows(&[&b.party]);
    b.party.links.members().replace([(a.node().clone(), a.identity.public_key().to_vec())].into());
    let mut raw = a.links.dial(b.id(), Service::Sync).await.unwrap();
    b.is_linked(a.node()).await;
    for text in [r"{}", "garbage", r#"{"v":1,"from":"x","to":"y","frame":{}}"#] {
        frames::send(&mut raw, text.as_bytes()).await.unwrap();
    }
    let mut newer: serde_json::Value = serde_json::from_slice(&frames::encode(a.node(), b.id(), holds(1)).unwrap()).unwrap();
    newer["v"] = 2.into();
    frames::send(&mut raw, &serde_json::to_vec(&newer).unwrap()).await.unwrap();
    frames::send(&mut raw, &frames::encode(a.node(), b.id(), holds(7)).unwrap()).await.unwrap();
    assert_eq!(b.next().await, arrived(a.node(), holds(7)), "only what was understood arrives");
    tokio::io::AsyncWriteExt::write_all(&mut raw, &[0xff; 4]).await.unwrap();
    assert_eq!(b.next().await, Event::LinkDown(a.node().clone()));
    let mut rest = Vec::new();
    drop(raw.read_to_end(&mut rest).await);
}

#[tokio::test]
async fn a_peer_that_takes_nothing_loses_its_link_and_holds_up_nobody() {
    let (a, mut b) = (Party::new().await, Node::new().await);
    a.knows(&[&b.party]);
    b.party.links.members().replace([(a.node().clone(), a.identity.public_key().to_vec())].into());
    let _mute = a.links.dial(b.id(), Service::Sync).await.unwrap();
    b.is_linked(a.node()).await;
    let large = Frame::Records {
        since: Vector::default(),
        upto: Vector::default(),
        records: vec![serde_json::Value::String("x".repeat(1 << 20))],
        heads: None,
    };
    for _ in 0..40 {
        b.board.send(a.node(), large.clone());
    }
    assert_eq!(b.next().await, Event::LinkDown(a.node().clone()));
}

#[tokio::test]
async fn links_from_an_address_this_machine_no_longer_has_are_closed_and_others_stay() {
    let [old, new] = [1, 2].map(|last| IpAddr::from([192, 168, 1, last]));
    assert!(is_lost(old, &[new].into()) && !is_lost(new, &[new].into()));
    let (mut a, mut b) = linked().await;
    a.board.moved([new].into());
    a.board.send(b.id(), holds(1));
    assert_eq!(b.next().await, arrived(a.id(), holds(1)), "loopback never moves");
    assert!(a.events.try_recv().is_err());
}
