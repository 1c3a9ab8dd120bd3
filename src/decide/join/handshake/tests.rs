//! Does the handshake keep its word, also with somebody in the middle?

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::decide::join::code;
use crate::model::setting::digest;

fn at(seconds: u64) -> Timestamp {
    Timestamp::new(Duration::from_secs(seconds))
}

fn hello(name: &str, is_fresh: bool) -> Hello {
    let platform = if is_fresh { "00000000000000ff" } else { "0000000000000001" };
    Hello { name: name.into(), is_fresh, platform: platform.parse().unwrap(), ..Hello::sample() }
}

fn begin(mine: &[u8], theirs: &[u8], exporter: u8, hello: Hello, dialled: bool) -> Begin {
    let channel = Channel { mine: mine.to_vec(), theirs: theirs.to_vec(), exporter: [exporter; 32] };
    let nonce = [mine[0]; 32];
    Begin { channel, hello, nonce, dialled, invite: None, invites: BTreeMap::new(), barred: None }
}

/// The new machine, which dialled, and the platform's, on one connection.
fn pair() -> (Begin, Begin) {
    (begin(b"J", b"P", 7, hello("new", true), true), begin(b"P", b"J", 7, hello("pi4", false), false))
}

fn with_invite() -> (Begin, Begin) {
    let (mut joiner, mut host) = pair();
    let secret = [9; 32];
    let digest = digest(&secret);
    let name = code::invite_name(&digest);
    joiner.hello.invite = Some(name.clone());
    joiner.invite = Some(Invite { secret, digest: digest.clone() });
    host.invites.insert(name, digest);
    (joiner, host)
}

fn handover() -> Box<Handover> {
    Box::new(Handover {
        v: JOIN_FORMAT,
        name: "new".into(),
        platform: "0000000000000001".parse().unwrap(),
        platform_name: "home".into(),
        members: BTreeMap::new(),
        keyring: crate::model::join::SecretText::new("keys"),
    })
}

/// Two sides, and the messages between them as they are said.
struct Meeting {
    sides: [Handshake; 2],
    /// Messages under way to each side.
    to: [std::collections::VecDeque<JoinMessage>; 2],
    /// Everything that was said, by whom.
    said: Vec<(usize, JoinMessage)>,
    asked: Vec<Output>,
    now: Timestamp,
}

impl Meeting {
    fn new((joiner, host): (Begin, Begin)) -> Self {
        let now = at(100);
        let sides = [Handshake::new(joiner, now), Handshake::new(host, now)];
        let mut meeting = Self { sides, to: Default::default(), said: vec![], asked: vec![], now };
        meeting.give(0, Input::Begin);
        meeting.give(1, Input::Begin);
        meeting.deliver();
        meeting
    }

    fn give(&mut self, side: usize, input: Input) {
        let mut out = Vec::new();
        self.sides[side].step(self.now, input, &mut out);
        for output in out {
            match output {
                Output::Send(message) => {
                    self.said.push((side, message.clone()));
                    self.to[1 - side].push_back(message);
                }
                other => self.asked.push(other),
            }
        }
    }

    fn deliver(&mut self) {
        while let Some(side) = (0..2).find(|side| !self.to[*side].is_empty()) {
            let message = self.to[side].pop_front().unwrap();
            self.give(side, Input::Said(message));
        }
    }

    fn ended(&self, side: usize) -> &str {
        match self.sides[side].state() {
            State::Ended(refusal) => &refusal.because,
            other => panic!("{other:?}"),
        }
    }

    fn handed_over(&self) -> bool {
        self.said.iter().any(|(_, message)| matches!(message, JoinMessage::Handover(_)))
    }
}

#[test]
fn two_machines_show_the_same_code_and_hand_over_only_after_both_said_yes() {
    let mut meeting = Meeting::new(pair());
    assert_eq!(meeting.sides[0].part(), Some(Part::Joiner));
    assert_eq!(meeting.sides[0].code(), meeting.sides[1].code());
    assert_eq!(meeting.sides[0].code().unwrap().len(), 7);
    meeting.give(1, Input::Yes);
    meeting.deliver();
    assert!(meeting.asked.is_empty(), "one yes is not enough: {:?}", meeting.asked);
    meeting.give(0, Input::Yes);
    meeting.deliver();
    assert_eq!(meeting.asked, [Output::Admit { name: "new".into(), invite: None }]);
    meeting.give(1, Input::Admitted(Ok(handover())));
    meeting.deliver();
    assert_eq!(meeting.asked[1], Output::Switch(handover()));
    assert_ne!(*meeting.sides[1].state(), State::Joined, "not before it is on the joiner's disk");
    meeting.give(0, Input::Switched(Ok(())));
    meeting.deliver();
    assert!(meeting.sides.iter().all(|side| *side.state() == State::Joined));
}

#[test]
fn a_good_invite_needs_no_yes_and_a_wrong_one_gets_nothing() {
    let mut meeting = Meeting::new(with_invite());
    let Some(Output::Admit { invite: Some(_), .. }) = meeting.asked.first() else { panic!("{:?}", meeting.asked) };
    meeting.give(1, Input::Admitted(Ok(handover())));
    meeting.deliver();
    assert!(meeting.handed_over());

    let (joiner, mut host) = with_invite();
    host.invites.clear();
    let meeting = Meeting::new((joiner, host));
    assert!(meeting.ended(1).starts_with("this invite was used already"));
    assert_eq!(meeting.ended(0), meeting.ended(1), "both sides give the same reason");

    let (mut joiner, host) = with_invite();
    joiner.invite.as_mut().unwrap().secret = [8; 32];
    let meeting = Meeting::new((joiner, host));
    assert!(meeting.ended(1).starts_with("this is not the invite") && meeting.asked == [Output::Close, Output::Close]);
}

#[test]
fn an_invite_is_never_shown_to_a_machine_that_does_not_know_it() {
    let (joiner, mut rogue) = with_invite();
    // It learned the name from an earlier attempt, and makes up a digest.
    let name = joiner.hello.invite.clone().unwrap();
    rogue.invites = [(name, "f".repeat(64))].into();
    let meeting = Meeting::new((joiner, rogue));
    assert!(meeting.ended(0).starts_with("the machine that answered does not know this invite"));
    assert!(!meeting.said.iter().any(|(_, message)| matches!(message, JoinMessage::Token { .. })));
}

#[test]
fn a_proof_that_is_passed_on_over_another_connection_is_worth_nothing() {
    // The man in the middle has his own connection to each side, with the keys he likes, and passes every message on.
    let (mut joiner, mut host) = with_invite();
    (joiner.channel.theirs, joiner.channel.exporter) = (b"M".to_vec(), [1; 32]);
    (host.channel.theirs, host.channel.exporter) = (b"M".to_vec(), [2; 32]);
    let meeting = Meeting::new((joiner, host));
    assert!(meeting.ended(0).starts_with("the machine that answered does not know this invite"));
    assert!(!meeting.handed_over());
}

#[test]
fn whoever_passes_messages_on_between_two_connections_is_seen_in_the_codes_or_before() {
    let (mut joiner, mut host) = pair();
    (joiner.channel.theirs, joiner.channel.exporter) = (b"M".to_vec(), [1; 32]);
    (host.channel.theirs, host.channel.exporter) = (b"M".to_vec(), [2; 32]);
    let meeting = Meeting::new((joiner, host));
    // The commitment names the joiner's key, which is not the one the host speaks with.
    assert!(meeting.ended(1).starts_with("the other machine changed its mind about its key"));
}

#[test]
fn a_man_in_the_middle_who_plays_both_parts_must_choose_before_he_knows_the_other_nonce() {
    // He speaks with the joiner as host M, and with the host as joiner M, and would need both codes alike.
    let mut alike = 0;
    for chosen in 0..2_000_u32 {
        let mut middle_as_joiner = [0; 32];
        middle_as_joiner[..4].copy_from_slice(&chosen.to_be_bytes());
        // His commitment to the host goes out before the host's nonce comes; his nonce to the joiner before the joiner reveals.
        let to_host = code::code(b"M", b"P", &middle_as_joiner, &[b'P'; 32], &[2; 32]);
        let to_joiner = code::code(b"J", b"M", &[b'J'; 32], &middle_as_joiner, &[1; 32]);
        alike += u32::from(to_host == to_joiner);
    }
    assert_eq!(alike, 0, "one in a million each");
    // And changing the nonce afterwards, once he knows what he would need, is caught.
    let mut host = Handshake::new(begin(b"P", b"M", 2, hello("pi4", false), false), at(0));
    let mut out = Vec::new();
    host.step(at(0), Input::Said(JoinMessage::Hello(hello("new", true))), &mut out);
    host.step(at(0), Input::Said(JoinMessage::Commit { digest: code::commitment(b"M", &[1; 32]) }), &mut out);
    host.step(at(0), Input::Said(JoinMessage::Reveal { nonce: code::hex(&[2; 32]) }), &mut out);
    assert!(matches!(host.state(), State::Ended(refusal) if refusal.because.contains("changed its mind")));
}

#[test]
fn a_removed_machine_and_two_platforms_are_refused_with_the_next_step() {
    let (joiner, mut host) = pair();
    host.barred = Some(crate::decide::members::was_removed());
    let meeting = Meeting::new((joiner, host));
    assert!(meeting.ended(0).contains("was removed"));
    let State::Ended(refusal) = meeting.sides[0].state() else { panic!() };
    assert!(refusal.next.as_ref().unwrap().contains("reset-identity"));
    let (mut joiner, host) = pair();
    joiner.hello = Hello { is_fresh: false, ..joiner.hello };
    let meeting = Meeting::new((joiner, host));
    assert!(meeting.ended(0).contains("never merge"));
}

#[test]
fn a_code_lives_ten_minutes_and_then_a_yes_is_too_late() {
    let mut meeting = Meeting::new(pair());
    meeting.now = at(100).after(LIFETIME);
    meeting.give(1, Input::Tick);
    meeting.give(1, Input::Yes);
    meeting.deliver();
    assert!(meeting.ended(0).contains("ten minutes") && !meeting.handed_over());
    assert_eq!(meeting.sides[1].code(), None);
}

#[test]
fn a_no_ends_it_on_both_sides() {
    let mut meeting = Meeting::new(pair());
    meeting.give(0, Input::Yes);
    meeting.give(1, Input::No);
    meeting.deliver();
    assert!(meeting.ended(0).contains("refused") && meeting.ended(1).contains("refused"));
}

#[test]
fn a_refusal_cannot_write_on_the_terminal() {
    let (joiner, _) = pair();
    let mut side = Handshake::new(joiner, at(0));
    let because = format!("\u{1b}[2J{}", "x".repeat(1000));
    let said = Refusal::new(RefusalKind::Conflict, because, None);
    side.step(at(0), Input::Said(JoinMessage::No { refusal: said }), &mut Vec::new());
    let State::Ended(refusal) = side.state() else { panic!() };
    assert!(refusal.because.len() <= 300 && !refusal.because.contains('\u{1b}'));
}

fn any_message() -> impl Strategy<Value = JoinMessage> {
    let hex = prop_oneof![Just("0".repeat(64)), Just(code::hex(&[b'J'; 32])), "[0-9a-f]{0,70}".prop_map(String::from)];
    let refusal = Refusal::new(RefusalKind::Conflict, "no", None);
    prop_oneof![
        any::<(bool, bool)>().prop_map(|(fresh, _)| JoinMessage::Hello(hello("x", fresh))),
        hex.clone().prop_map(|digest| JoinMessage::Commit { digest }),
        Just(JoinMessage::Commit { digest: code::commitment(b"J", &[b'J'; 32]) }),
        hex.clone().prop_map(|nonce| JoinMessage::Nonce { nonce }),
        hex.clone().prop_map(|nonce| JoinMessage::Reveal { nonce }),
        hex.clone().prop_map(|proof| JoinMessage::Proof { proof }),
        hex.prop_map(|secret| JoinMessage::Token { secret: crate::model::join::SecretText::new(secret) }),
        Just(JoinMessage::Yes),
        Just(JoinMessage::No { refusal }),
        Just(JoinMessage::Handover(handover())),
        Just(JoinMessage::Taken),
        Just(JoinMessage::Unknown),
    ]
}

#[test]
fn a_platform_of_32_machines_is_handed_over_in_messages_of_less_than_4_kb() {
    let mut meeting = Meeting::new(with_invite());
    let member = |n: u8| {
        let id: NodeId = data_encoding::BASE32_NOPAD.encode(&[n; 16]).to_ascii_lowercase().parse().unwrap();
        let joined_at = crate::model::time::WallTime(1_795_251_855_042);
        (id, Member { name: "n".repeat(32), key: "k".repeat(60), joined_at })
    };
    let members: BTreeMap<_, _> = (0..32).map(member).collect();
    meeting.give(1, Input::Admitted(Ok(Box::new(Handover { members: members.clone(), ..*handover() }))));
    meeting.deliver();
    let longest = meeting.said.iter().map(|(_, message)| serde_json::to_vec(message).unwrap().len()).max().unwrap();
    assert!(longest < 4096, "{longest} bytes");
    let Some(Output::Switch(taken)) = meeting.asked.last() else { panic!("{:?}", meeting.asked) };
    assert_eq!(taken.members, members);
}

proptest! {
    /// Every message comes back from the wire as it was said.
    #[test]
    fn what_is_said_is_what_is_heard(message in any_message()) {
        let text = serde_json::to_string(&message).unwrap();
        prop_assert_eq!(serde_json::from_str::<JoinMessage>(&text).unwrap(), message);
    }

    /// Whatever a stranger says in whatever order, replayed or made up: nothing is handed over before somebody here said yes.
    #[test]
    fn without_a_yes_here_a_host_admits_nobody_and_a_joiner_takes_nothing(
        messages in proptest::collection::vec(any_message(), 0..12), is_host in any::<bool>(), has_invite in any::<bool>(),
    ) {
        let (joiner, host) = if has_invite { with_invite() } else { pair() };
        let mut side = Handshake::new(if is_host { host } else { joiner }, at(0));
        let mut out = Vec::new();
        side.step(at(0), Input::Begin, &mut out);
        for message in messages {
            side.step(at(1), Input::Said(message), &mut out);
        }
        let is_harm = |output: &Output| matches!(output, Output::Admit { .. } | Output::Switch(_) | Output::Send(JoinMessage::Handover(_)));
        prop_assert!(!out.iter().any(is_harm), "{:?}", out);
    }

    /// The same, where somebody here says yes at any time: it takes the other side's yes to the same code as well.
    #[test]
    fn nothing_is_admitted_without_the_other_sides_yes(
        mut messages in proptest::collection::vec(any_message(), 0..12), yes_at in 0_usize..12,
    ) {
        messages.retain(|message| *message != JoinMessage::Yes);
        let mut side = Handshake::new(pair().1, at(0));
        let mut out = Vec::new();
        for (index, message) in messages.into_iter().enumerate() {
            if index == yes_at {
                side.step(at(1), Input::Yes, &mut out);
            }
            side.step(at(1), Input::Said(message), &mut out);
        }
        let admits = out.iter().any(|output| matches!(output, Output::Admit { .. }));
        prop_assert!(!admits, "{:?}", out);
    }
}
