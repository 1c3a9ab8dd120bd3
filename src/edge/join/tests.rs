//! Do two machines become one platform over a real connection, and does nobody else get anything? On loopback.

use std::net::IpAddr;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::decide::command::{self, Asker};
use crate::decide::fold::fold_record;
use crate::decide::join::handshake::{LIFETIME, Step};
use crate::decide::{sample, stamp};
use crate::edge::identity::Identity;
use crate::edge::keyring::Keyring;
use crate::edge::link::Book;
use crate::model::event::Event;
use crate::model::id::Epoch;
use crate::model::join::JoinMessage;
use crate::model::record::{Draft, Origin};

/// A node's join service on loopback, with a loop that decides and writes nothing to disk.
struct Side {
    joins: Joins,
    links: Links,
    world: watch::Sender<World>,
    address: SocketAddr,
    again: Arc<Notify>,
    dir: tempfile::TempDir,
}

impl Side {
    /// A machine at 127.0.0.`last`, so that each has an address of its own.
    async fn new(last: u8) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let identity = Identity::open(dir.path()).unwrap();
        let keyring = Keyring::open(dir.path()).unwrap();
        let bind = IpAddr::from([127, 0, 0, last]);
        let listener = TcpListener::bind((bind, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let links = Links::new(&identity, Arc::default(), Arc::new(Book::new(None, Vec::new(), bind)), bind);
        links.listen(listener, CancellationToken::new()).unwrap();
        let world = founder(&identity, &keyring);
        let (sender, receiver) = watch::channel(world);
        let (inbox, mut questions) = mpsc::channel(16);
        let desk = Desk::new(inbox);
        let (answering, deciding) = (desk.clone(), sender.clone());
        tokio::spawn(async move {
            while let Some(Event::Asked { request, by, key, command }) = questions.recv().await {
                let asker = Asker { by: &by, key: &key };
                let verdict = command::decide(&deciding.borrow().clone(), asker, command);
                let outcome = verdict.map(|(drafts, accepted)| {
                    deciding.send_modify(|world| write(world, drafts));
                    accepted
                });
                answering.answer(request, outcome);
            }
        });
        let again = Arc::new(Notify::new());
        let joins = Joins::start(Parts {
            links: links.clone(),
            world: receiver,
            desk,
            store: Store::open(dir.path()).unwrap().0,
            platform_name: "home".into(),
            port: address.port(),
            neighbours: Box::new(Vec::new),
            data: dir.path().to_owned(),
            again: Arc::clone(&again),
        });
        Self { joins, links, world: sender, address, again, dir }
    }

    /// It has a password, so that it hosts another fresh one.
    fn with_password(self) -> Self {
        let draft = setting::draft(PASSWORD, &"set").unwrap();
        self.world.send_modify(|world| write(world, vec![draft]));
        self
    }

    fn invite(&self) -> Token {
        let world = self.world.borrow().clone();
        let token = Token::fresh(&world.me.node, &world.me.platform).unwrap();
        let now = clock::wall();
        let invite =
            setting::Invite { v: 1, by: "session".into(), created_at: now, expires_at: now.after(setting::INVITE_LIFETIME) };
        self.keep(&token, &invite);
        token
    }

    fn keep(&self, token: &Token, invite: &setting::Invite) {
        let draft = setting::draft(&format!("{INVITE}{}", token.invite.digest), invite).unwrap();
        self.world.send_modify(|world| {
            world.wall = clock::wall();
            write(world, vec![draft]);
        });
    }

    fn names(&self) -> Vec<String> {
        self.world.borrow().members.values().map(|member| member.name.clone()).collect()
    }

    /// Waits until the last handshake stands as `wanted`.
    async fn stands(&self, wanted: impl Fn(&State) -> bool) -> Seen {
        let mut changed = self.joins.0.changed.subscribe();
        let over = async {
            loop {
                match self.joins.list().pop() {
                    Some(seen) if wanted(&seen.state) => return seen,
                    _ => changed.changed().await.unwrap(),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), over).await.unwrap()
    }

    /// Waits until the last handshake is over.
    async fn ended(&self) -> State {
        self.stands(is_over).await.state
    }

    async fn comparing(&self) -> Seen {
        self.stands(|state| *state == State::Comparing).await
    }

    fn platform_on_disk(&self) -> String {
        Keyring::open(self.dir.path()).unwrap().platform_id().to_string()
    }
}

fn write(world: &mut World, drafts: Vec<Draft>) {
    for record in stamp::stamp(world, drafts) {
        fold_record(world, &record);
    }
}

fn founder(identity: &Identity, keyring: &Keyring) -> World {
    let mut world = sample::world();
    let node = identity.node().clone();
    let me = Arc::make_mut(&mut world.me);
    me.origin = Origin { node: node.clone(), store: me.origin.store.clone() };
    me.key = data_encoding::BASE64.encode(identity.public_key());
    me.platform = keyring.platform_id();
    me.node = node.clone();
    world.role = crate::model::event::Role::Leader { epoch: Epoch { counter: 1, node } };
    world.wall = clock::wall();
    let own = members::own(&world).unwrap();
    write(&mut world, vec![own]);
    world
}

fn because(state: &State) -> &str {
    match state {
        State::Ended(refusal) => &refusal.because,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn two_machines_become_one_platform_by_a_yes_on_each() {
    let (host, joiner) = (Side::new(1).await.with_password(), Side::new(2).await);
    let before = joiner.platform_on_disk();
    let seen = joiner.joins.dial(host.address, None, None).await.unwrap();
    let theirs = host.comparing().await;
    assert_eq!((seen.state.clone(), seen.part, theirs.part), (State::Comparing, Some(Part::Joiner), Some(Part::Host)));
    assert!(seen.code.is_some() && seen.code == theirs.code, "{seen:?} {theirs:?}");
    joiner.joins.answer(seen.id, true).await.unwrap();
    assert_eq!(host.names(), ["pi4"], "one yes is not enough");
    host.joins.answer(theirs.id, true).await.unwrap();
    assert_eq!((joiner.ended().await, host.ended().await), (State::Joined, State::Joined));
    let mut names = host.names();
    names.sort();
    assert_eq!(names, ["pi4", "pi4-2"], "names are unique");
    tokio::time::timeout(Duration::from_secs(10), joiner.again.notified()).await.expect("it starts anew");
    // The files change at that start, once nobody has them open.
    assert_eq!(joiner.platform_on_disk(), before);
    let later = tempfile::tempdir().unwrap();
    for file in ["secret.key", "key.pem", "switch.json"] {
        std::fs::copy(joiner.dir.path().join(file), later.path().join(file)).unwrap();
    }
    let dir = later.path().to_owned();
    switch::finish(&dir).unwrap();
    assert_eq!(Keyring::open(&dir).unwrap().platform_id().to_string(), host.platform_on_disk());
    let known = switch::known(&dir).unwrap().unwrap();
    assert_eq!((known.members.len(), known.met[0].1), (2, host.address));
}

#[tokio::test]
async fn a_no_on_either_side_ends_it_with_nothing_changed() {
    let (host, joiner) = (Side::new(3).await.with_password(), Side::new(4).await);
    let seen = joiner.joins.dial(host.address, None, None).await.unwrap();
    joiner.joins.answer(seen.id, true).await.unwrap();
    let theirs = host.comparing().await;
    host.joins.answer(theirs.id, false).await.unwrap();
    assert!(because(&joiner.ended().await).contains("refused on the other machine"));
    assert_eq!(host.names(), ["pi4"]);
    assert!(!joiner.dir.path().join("switch.json").exists());
}

#[tokio::test]
async fn an_invite_works_once_and_neither_late_nor_wrong() {
    let host = Side::new(5).await;
    let token = host.invite();
    assert_eq!(Token::parse(&token.text()).unwrap().invite.digest, token.invite.digest);
    let first = Side::new(6).await;
    first.joins.dial(host.address, Some(token.invite.clone()), None).await.unwrap();
    assert_eq!((first.ended().await, host.ended().await), (State::Joined, State::Joined));
    assert_eq!(host.names().len(), 2);

    let second = Side::new(7).await;
    let seen = second.joins.dial(host.address, Some(token.invite), None).await.unwrap();
    assert!(because(&seen.state).starts_with("this invite was used already"), "{seen:?}");

    let late = host.invite();
    let past = WallTime(clock::wall().0 - 1);
    host.keep(&late, &setting::Invite { v: 1, by: "session".into(), created_at: past, expires_at: past });
    let seen = second.joins.dial(host.address, Some(late.invite), None).await.unwrap();
    assert!(because(&seen.state).contains("older than an hour"), "{seen:?}");

    let mut wrong = host.invite();
    wrong.invite.secret[0] ^= 1;
    second.joins.dial(host.address, Some(wrong.invite), None).await.unwrap();
    assert!(because(&second.ended().await).contains("not the invite it was said to be"));
    assert_eq!(host.names().len(), 2);
}

#[tokio::test]
async fn whoever_has_an_invite_need_not_end_the_handshake_that_shows_a_code() {
    let (host, joiner) = (Side::new(17).await.with_password(), Side::new(18).await);
    let open = joiner.joins.dial(host.address, None, None).await.unwrap();
    assert_eq!(joiner.joins.dial(host.address, None, None).await.unwrap().id, open.id, "asked twice is asked once");
    let token = host.invite();
    joiner.joins.dial(host.address, Some(token.invite), None).await.unwrap();
    assert_eq!((joiner.ended().await, host.ended().await), (State::Joined, State::Joined));
}

#[tokio::test]
async fn a_machine_with_company_is_not_taken_over_and_a_rogue_platform_gets_no_invite() {
    let (rogue, joiner, home) = (Side::new(8).await, Side::new(9).await, Side::new(10).await);
    // It names the invite, as whoever listened to an earlier attempt can, and makes up what it stands for.
    let token = home.invite();
    let seen = joiner.joins.dial(rogue.address, Some(token.invite), None).await.unwrap();
    assert!(because(&seen.state).contains("of another platform"), "{seen:?}");
    let stranger = crate::model::document::Member { name: "b".into(), key: String::new(), joined_at: WallTime(1) };
    let object = crate::model::record::ObjectKey::Member("b".repeat(26).parse().unwrap());
    let draft = Draft { object, document: Some(crate::model::document::Document::Member(stranger)) };
    joiner.world.send_modify(|world| write(world, vec![draft]));
    let refusal = joiner.joins.dial(home.address, None, None).await.unwrap_err();
    assert!(refusal.because.contains("a platform of 2 machines"), "{refusal:?}");
}

#[tokio::test]
async fn a_removed_machine_is_told_why_it_does_not_come_in() {
    let (host, joiner) = (Side::new(11).await.with_password(), Side::new(12).await);
    let node = joiner.world.borrow().me.node.clone();
    let removal =
        crate::model::document::Removal { name: "x".into(), at: WallTime(1), by: "session".into(), last: Default::default() };
    let object = crate::model::record::ObjectKey::Member(node);
    let draft = Draft { object, document: Some(crate::model::document::Document::Removal(removal)) };
    host.world.send_modify(|world| write(world, vec![draft]));
    let seen = joiner.joins.dial(host.address, None, None).await.unwrap();
    let State::Ended(refusal) = &seen.state else { panic!("{seen:?}") };
    assert!(refusal.because.contains("was removed") && refusal.next.as_ref().unwrap().contains("reset-identity"));
}

#[tokio::test]
async fn three_failures_from_an_address_are_all_it_gets_for_ten_minutes() {
    let (host, joiner) = (Side::new(13).await.with_password(), Side::new(14).await);
    for _ in 0..3 {
        let seen = joiner.joins.dial(host.address, None, None).await.unwrap();
        joiner.joins.answer(seen.id, false).await.unwrap();
        joiner.ended().await;
        host.ended().await;
    }
    let seen = joiner.joins.dial(host.address, None, None).await.unwrap();
    assert!(because(&seen.state).contains("3 tries from this address failed"), "{seen:?}");
    assert!(host.joins.list().iter().all(|seen| is_over(&seen.state)), "no code is shown for it");
}

#[tokio::test]
async fn bytes_that_are_no_message_end_the_handshake_and_nothing_else() {
    let host = Side::new(15).await.with_password();
    let other = Side::new(16).await;
    let texts: [&[u8]; 5] = [b"", b"\xff\xfe", b"{\"kind\":\"hello\"}", &[b'{'; 4096], b"{\"kind\":\"taken\"}"];
    for (index, text) in texts.into_iter().enumerate() {
        let stranger = Side::new(20 + u8::try_from(index).unwrap()).await;
        let mut line = stranger.links.dial_join(host.address, None).await.unwrap();
        line.send(text).await.unwrap();
        let answer: JoinMessage = serde_json::from_slice(&line.receive().await.unwrap()).unwrap();
        assert!(matches!(answer, JoinMessage::No { .. }), "{answer:?}");
    }
    let seen = other.joins.dial(host.address, None, None).await.unwrap();
    assert_eq!(seen.state, State::Comparing, "it still lets others in");
    assert!(LIFETIME.as_secs() == 600 && seen.code.is_some());
    assert!(!matches!(seen.state, State::HandingOver(Step::Handover)));
}
