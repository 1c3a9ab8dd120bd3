//! Where does a handshake stand, and what comes next? Host and joiner, each a state machine over messages, people and time.
//!
//! The joiner commits to its nonce, the host shows its own, the joiner reveals: so nobody in the middle can try keys until
//! both codes are alike (ZRTP's short authentication string, RFC 6189 4.4.1.1, is the model).

mod host;
mod joiner;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use super::code::{Channel, Nonce};
use super::eligible::{self, Part};
use crate::model::command::{Refusal, RefusalKind};
use crate::model::document::Member;
use crate::model::id::NodeId;
use crate::model::join::{Handover, Hello, JOIN_FORMAT, JoinMessage};
use crate::model::time::Timestamp;

/// How long the other machine may take for a message that needs no person.
pub const STEP: Duration = Duration::from_secs(30);
/// How long both codes are shown.
pub const LIFETIME: Duration = Duration::from_secs(600);
/// The longest name that is shown of another machine, in characters.
const LONGEST_NAME: usize = 32;

/// What a handshake is begun with.
#[derive(Debug, Clone)]
pub struct Begin {
    /// Its connection.
    pub channel: Channel,
    /// Who greets here.
    pub hello: Hello,
    /// 32 random bytes of this side.
    pub nonce: Nonce,
    /// Whether this side dialled, and so speaks first.
    pub dialled: bool,
    /// The invite this side comes with.
    pub invite: Option<Invite>,
    /// The digests of invites that can be used here, by the names joiners give them.
    pub invites: BTreeMap<String, String>,
    /// Why the other machine is not let in whatever it says, such as that it was removed.
    pub barred: Option<Refusal>,
}

/// An invite, as the joiner has it.
#[derive(Clone)]
pub struct Invite {
    /// Its secret.
    pub secret: [u8; 32],
    /// SHA-256 of the secret, hex: what the platform keeps.
    pub digest: String,
}

impl std::fmt::Debug for Invite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Invite")
    }
}

/// What can happen to it.
#[derive(Debug, Clone)]
pub enum Input {
    /// The connection stands.
    Begin,
    /// The other machine said something.
    Said(JoinMessage),
    /// The connection is gone.
    Closed,
    /// Somebody here compared the codes.
    Yes,
    /// Somebody here does not want it.
    No,
    /// Whether the platform took the machine in.
    Admitted(Result<Box<Handover>, Refusal>),
    /// Whether the keys of the platform are on this machine's disk.
    Switched(Result<(), String>),
    /// Time passed.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Say this.
    Send(JoinMessage),
    /// Let the platform take the other machine in; answers `Admitted`.
    Admit {
        /// What it would like to be called.
        name: String,
        /// The digest of its invite, if it came with one.
        invite: Option<String>,
    },
    /// Make this machine a member; answers `Switched`.
    Switch(Box<Handover>),
    /// Nothing more will be said.
    Close,
}

/// How far it is, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Machines speak with machines.
    Greeting(Step),
    /// Both show the code.
    Comparing,
    /// The platform takes the machine in.
    HandingOver(Step),
    /// It is a member.
    Joined,
    /// It ended without that.
    Ended(Refusal),
}

/// What is waited for, without a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The other side's greeting.
    Hello,
    /// The joiner's commitment.
    Commit,
    /// The joiner's nonce, which must fit this commitment.
    Reveal(String),
    /// The host's nonce.
    Nonce,
    /// The host's proof that it knows the invite.
    Proof,
    /// The joiner's invite, which must have this digest.
    Token(String),
    /// The platform's answer.
    Admission,
    /// The keys.
    Handover,
    /// The disk.
    Disk,
    /// The joiner's word that it has the keys on disk.
    Taken,
}

/// One handshake, on one side.
#[derive(Debug)]
pub struct Handshake {
    begin: Begin,
    state: State,
    part: Option<Part>,
    theirs: Option<Hello>,
    code: Option<String>,
    yes: (bool, bool),
    until: Timestamp,
    /// Members that were handed over so far.
    members: BTreeMap<NodeId, Member>,
}

impl Handshake {
    /// A handshake that begins now.
    #[must_use]
    pub fn new(begin: Begin, now: Timestamp) -> Self {
        let state = State::Greeting(Step::Hello);
        Self {
            begin,
            state,
            part: None,
            theirs: None,
            code: None,
            yes: (false, false),
            until: now.after(STEP),
            members: BTreeMap::new(),
        }
    }

    /// How far it is.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// This side's part, once both greeted.
    #[must_use]
    pub const fn part(&self) -> Option<Part> {
        self.part
    }

    /// Who the other side says it is; its key is proved, its name is not.
    #[must_use]
    pub const fn theirs(&self) -> Option<&Hello> {
        self.theirs.as_ref()
    }

    /// The six digits, while they are to be compared.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether somebody said yes here, and there.
    #[must_use]
    pub const fn yes(&self) -> (bool, bool) {
        self.yes
    }

    /// Its connection.
    #[must_use]
    pub const fn channel(&self) -> &Channel {
        &self.begin.channel
    }

    /// What the platform will be called.
    #[must_use]
    pub fn platform_name(&self) -> Option<&str> {
        match self.part? {
            Part::Host => Some(&self.begin.hello.platform_name),
            Part::Joiner => self.theirs.as_ref().map(|hello| hello.platform_name.as_str()),
        }
    }

    /// When it is given up if nothing happens.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.state, State::Joined | State::Ended(_))
    }

    /// Digests one input.
    pub fn step(&mut self, now: Timestamp, input: Input, out: &mut Vec<Output>) {
        if self.is_over() {
            return;
        }
        match input {
            Input::Begin if self.begin.dialled => self.say_hello(out),
            Input::Begin => {}
            Input::Said(message) => self.said(now, message, out),
            Input::Closed => self.closed(out),
            Input::Yes if self.state == State::Comparing => {
                if !self.yes.0 {
                    self.yes.0 = true;
                    out.push(Output::Send(JoinMessage::Yes));
                    self.agreed(now, out);
                }
            }
            Input::Yes => {}
            Input::No => self.refuse(refusal("it was refused on the other machine", "Ask whoever looks after it."), out),
            Input::Admitted(admitted) => self.admitted(now, admitted, out),
            Input::Switched(switched) => self.switched(switched, out),
            Input::Tick if self.until <= now => self.too_late(out),
            Input::Tick => {}
        }
    }

    fn say_hello(&self, out: &mut Vec<Output>) {
        out.push(Output::Send(JoinMessage::Hello(self.begin.hello.clone())));
    }

    fn said(&mut self, now: Timestamp, message: JoinMessage, out: &mut Vec<Output>) {
        match (self.state.clone(), message) {
            (_, JoinMessage::No { refusal }) => self.end(cut(refusal), out),
            (State::Greeting(Step::Hello), JoinMessage::Hello(hello)) => self.greeted(now, hello, out),
            (State::Greeting(step), message) => match self.part {
                Some(Part::Host) => self.host_hears(now, step, message, out),
                Some(Part::Joiner) => self.joiner_hears(now, step, message, out),
                None => self.out_of_turn(out),
            },
            (State::Comparing, JoinMessage::Yes) if !self.yes.1 => {
                self.yes.1 = true;
                self.agreed(now, out);
            }
            (State::HandingOver(Step::Handover), JoinMessage::Members { members }) => self.note(members, out),
            (State::HandingOver(Step::Handover), JoinMessage::Handover(handover)) => self.take(now, handover, out),
            (State::HandingOver(Step::Taken), JoinMessage::Taken) => {
                self.state = State::Joined;
                out.push(Output::Close);
            }
            _ => self.out_of_turn(out),
        }
    }

    /// Both know who the other is: who hosts follows from that on both sides alike.
    fn greeted(&mut self, now: Timestamp, mut theirs: Hello, out: &mut Vec<Output>) {
        theirs.name = shown(&theirs.name);
        theirs.platform_name = shown(&theirs.platform_name);
        self.theirs = Some(theirs.clone());
        if !self.begin.dialled {
            self.say_hello(out);
        }
        if theirs.v != JOIN_FORMAT {
            return self
                .refuse(refusal("the two machines run versions of Kraken that do not fit", "Update both, then try again."), out);
        }
        if let Some(barred) = self.begin.barred.clone() {
            return self.refuse(barred, out);
        }
        match eligible::part(&self.begin.hello, &theirs) {
            Ok(Part::Host) => {
                self.part = Some(Part::Host);
                self.begin_hosting(now, theirs.invite.as_deref(), out);
            }
            Ok(Part::Joiner) => {
                self.part = Some(Part::Joiner);
                self.begin_joining(now, out);
            }
            Err(because) => self.refuse(because, out),
        }
    }

    fn wait_for(&mut self, now: Timestamp, step: Step) {
        self.state = State::Greeting(step);
        self.until = now.after(STEP);
    }

    fn compare(&mut self, now: Timestamp, code: String) {
        self.code = Some(code);
        self.state = State::Comparing;
        self.until = now.after(LIFETIME);
    }

    /// A yes on each side.
    fn agreed(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        if self.yes != (true, true) {
            return;
        }
        self.code = None;
        match self.part {
            Some(Part::Host) => self.admit(now, None, out),
            _ => self.hand_over(now, Step::Handover),
        }
    }

    fn hand_over(&mut self, now: Timestamp, step: Step) {
        self.state = State::HandingOver(step);
        self.until = now.after(STEP);
    }

    fn too_late(&mut self, out: &mut Vec<Output>) {
        let because = match self.state {
            State::Comparing => {
                refusal("the code was shown for ten minutes and nobody said yes", "Try again; the code is a new one.")
            }
            _ => refusal("the other machine did not answer in time", "See that both run the same Kraken, then try again."),
        };
        self.refuse(because, out);
    }

    fn closed(&mut self, out: &mut Vec<Output>) {
        let because = match self.state {
            // The platform has taken it in; the joiner may or may not know it.
            State::HandingOver(Step::Taken) => refusal(
                "the connection broke while the keys were handed over",
                "If the machine does not appear within a minute, let it join once more.",
            ),
            _ => refusal("the connection to the other machine broke", "Try again; the code is a new one."),
        };
        self.end(because, out);
    }

    fn out_of_turn(&mut self, out: &mut Vec<Output>) {
        self.refuse(refusal("the other machine said something out of turn", "If it runs a newer Kraken, update this one."), out);
    }

    /// Ends it, and tells the other side why.
    fn refuse(&mut self, because: Refusal, out: &mut Vec<Output>) {
        out.push(Output::Send(JoinMessage::No { refusal: because.clone() }));
        self.end(because, out);
    }

    fn end(&mut self, because: Refusal, out: &mut Vec<Output>) {
        self.code = None;
        self.state = State::Ended(because);
        out.push(Output::Close);
    }
}

fn refusal(because: &str, next: &str) -> Refusal {
    Refusal::new(RefusalKind::Conflict, because, Some(next.to_owned()))
}

/// What another machine calls itself, as far as it is fit to be shown.
fn shown(name: &str) -> String {
    let name: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')).take(LONGEST_NAME).collect();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}

/// A refusal of the other machine, no longer than a line and without what a terminal would obey.
fn cut(refusal: Refusal) -> Refusal {
    let line = |text: &str| text.chars().filter(|c| !c.is_control()).take(300).collect::<String>();
    Refusal { kind: refusal.kind, because: line(&refusal.because), next: refusal.next.as_deref().map(line) }
}
