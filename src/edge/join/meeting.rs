//! How is one handshake held? Messages, people, the platform and the disk become its inputs; what it wants is done.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Joins, Seen, lock, switch};
use crate::decide::join::handshake::{Begin, Handshake, Input, Output, State};
use crate::edge::clock;
use crate::edge::keyring::Keyring;
use crate::edge::link::{JoinLine, JoinReader, JoinWriter};
use crate::edge::work::chain;
use crate::model::command::{Command, Refusal, RefusalKind};
use crate::model::id::NodeId;
use crate::model::join::{Handover, JOIN_FORMAT, JoinMessage, SecretText};
use crate::model::time::WallTime;

/// Messages that wait to be digested.
const WAITING: usize = 4;
/// Between the joiner's last word and its new start: whoever watches sees how it ended.
pub(super) const FAREWELL: Duration = Duration::from_millis(1500);

/// For the other side to close its end.
const LINGER: Duration = Duration::from_secs(2);

/// One handshake with all it needs.
struct Meeting {
    joins: Joins,
    id: u64,
    peer: NodeId,
    handshake: Handshake,
    writer: JoinWriter,
    /// Inputs that follow from what was done.
    next: VecDeque<Input>,
    is_closed: bool,
    is_switched: bool,
    address: std::net::SocketAddr,
}

/// A handshake that was entered among those that are shown, and is to be held.
pub(super) struct Opened {
    pub(super) id: u64,
    meeting: Meeting,
    reader: JoinReader,
    said: mpsc::Receiver<bool>,
    /// Whether the other side dialled, so that its address has only so many tries.
    counts: bool,
}

/// Enters a handshake on `line`.
pub(super) fn open(joins: &Joins, line: JoinLine, begin: Begin) -> Opened {
    let (say, said) = mpsc::channel(WAITING);
    let (peer, address, counts) = (line.peer.clone(), line.address, !begin.dialled);
    let handshake = Handshake::new(begin, clock::now());
    let id = joins.enter(|id| seen(id, &handshake, peer.clone(), address), say);
    let (reader, writer) = line.split();
    let (joins, next) = (joins.clone(), VecDeque::from([Input::Begin]));
    let meeting = Meeting { joins, id, peer, handshake, writer, address, next, is_closed: false, is_switched: false };
    Opened { id, meeting, reader, said, counts }
}

impl Opened {
    /// Holds it to its end.
    pub(super) async fn hold(mut self) {
        let (tell, mut told) = mpsc::channel(WAITING);
        let listening = tokio::spawn(listen(self.reader, tell));
        let meeting = &mut self.meeting;
        while !meeting.is_closed {
            let input = match meeting.next.pop_front() {
                Some(input) => input,
                None => {
                    let left = meeting.handshake.until().saturating_sub(clock::now());
                    tokio::select! {
                        message = told.recv() => message.map_or(Input::Closed, Input::Said),
                        Some(yes) = self.said.recv() => if yes { Input::Yes } else { Input::No },
                        () = tokio::time::sleep(left) => Input::Tick,
                    }
                }
            };
            meeting.digest(input).await;
        }
        let Meeting { joins, handshake, writer, address, is_switched, .. } = self.meeting;
        if self.counts {
            // Before the other side hears of it: its next try is its next one.
            let joined = *handshake.state() == State::Joined;
            lock(&joins.0.tries).end(address.ip(), joined, clock::now());
        }
        writer.finish().await;
        // The last word is lost when a connection is closed on what was not read yet (RFC 1122, 4.2.2.13).
        let rest = async { while told.recv().await.is_some() {} };
        drop(tokio::time::timeout(LINGER, rest).await);
        listening.abort();
        if is_switched {
            tokio::time::sleep(FAREWELL).await;
            joins.0.parts.again.notify_one();
        }
    }
}

async fn listen(mut reader: JoinReader, tell: mpsc::Sender<JoinMessage>) {
    while let Ok(bytes) = reader.receive().await {
        // What is no message at all is as good as one nobody knows.
        let message = serde_json::from_slice(&bytes).unwrap_or(JoinMessage::Unknown);
        if tell.send(message).await.is_err() {
            return;
        }
    }
}

/// Says why there is no handshake.
pub(super) async fn turn_away(line: JoinLine, because: String) {
    let (reader, mut writer) = line.split();
    let no =
        JoinMessage::No { refusal: Refusal::new(RefusalKind::Unavailable, because, Some("Wait, then try again.".to_owned())) };
    if let Ok(bytes) = serde_json::to_vec(&no) {
        // Whoever was turned away may be gone.
        drop(writer.send(&bytes).await);
    }
    writer.finish().await;
    let (tell, mut told) = mpsc::channel(WAITING);
    let rest = async {
        tokio::join!(listen(reader, tell), async { while told.recv().await.is_some() {} });
    };
    drop(tokio::time::timeout(LINGER, rest).await);
}

impl Meeting {
    async fn digest(&mut self, input: Input) {
        let mut out = Vec::new();
        self.handshake.step(clock::now(), input, &mut out);
        self.show();
        for output in out {
            match output {
                Output::Send(message) => self.send(&message).await,
                Output::Admit { name, invite } => {
                    let admitted = self.admit(name, invite).await;
                    self.next.push_back(Input::Admitted(admitted.map(Box::new)));
                }
                Output::Switch(handover) => {
                    let switched = self.switch(*handover).await;
                    self.is_switched = switched.is_ok();
                    self.next.push_back(Input::Switched(switched));
                }
                Output::Close => self.is_closed = true,
            }
        }
    }

    fn show(&self) {
        let now = seen(self.id, &self.handshake, self.peer.clone(), self.address);
        self.joins.show(self.id, |seen| *seen = now);
    }

    async fn send(&mut self, message: &JoinMessage) {
        let Ok(bytes) = serde_json::to_vec(message) else { return self.next.push_back(Input::Closed) };
        if let Err(error) = self.writer.send(&zeroize::Zeroizing::new(bytes)).await {
            // What the other side said before it went may still say why; the end of that is the end of it.
            tracing::debug!(peer = %self.peer, because = %error, "a word of a handshake was not heard");
        }
    }

    /// The platform takes the other machine in: on its leader's disk before its keys leave this node.
    async fn admit(&self, name: String, invite: Option<String>) -> Result<Handover, Refusal> {
        let parts = &self.joins.0.parts;
        let by = format!("{} at {}", self.peer.short(), self.address.ip());
        let theirs = data_encoding::BASE64.encode(&self.handshake.channel().theirs);
        let command = Command::AdmitNode { node: self.peer.clone(), name, key: theirs, invite };
        parts.desk.ask(&by, &format!("admit-{}-{}", self.peer, uuid::Uuid::new_v4()), command).await?;
        let world = parts.world.borrow().clone();
        let name = world.members.get(&self.peer).map(|member| member.name.clone());
        let name = name.ok_or_else(|| Refusal::new(RefusalKind::Unavailable, "this machine has not heard of it yet", None))?;
        let data = parts.data.clone();
        let unreadable = |because: String| Refusal::new(RefusalKind::Unavailable, because, None);
        let keyring = tokio::task::spawn_blocking(move || Keyring::open(&data)).await;
        let keyring =
            keyring.map_err(|error| unreadable(error.to_string()))?.map_err(|error| unreadable(chain(&error)))?.export();
        tracing::info!(node = %self.peer, name, "a machine joined");
        Ok(Handover {
            v: JOIN_FORMAT,
            name,
            platform: world.me.platform.clone(),
            platform_name: parts.platform_name.clone(),
            members: (*world.members).clone(),
            keyring: SecretText(keyring),
        })
    }

    /// This machine becomes a member: from the moment the switch is on disk.
    async fn switch(&self, handover: Handover) -> Result<(), String> {
        let parts = &self.joins.0.parts;
        if let Some(refusal) = self.joins.barrier() {
            // An app was deployed here in the meantime.
            return Err(refusal.because);
        }
        let port = self.handshake.theirs().map_or(0, |hello| hello.port);
        let met = (self.peer.clone(), std::net::SocketAddr::new(self.address.ip(), port));
        let world = parts.world.borrow().clone();
        let state = switch::export(&world, &parts.store).await?;
        let data = parts.data.clone();
        let written = tokio::task::spawn_blocking(move || switch::prepare_join(&data, clock::wall(), &state, &handover, met));
        written.await.map_err(|error| error.to_string())?.map_err(|error| chain(&error))
    }
}

fn seen(id: u64, handshake: &Handshake, peer: NodeId, address: std::net::SocketAddr) -> Seen {
    let left = handshake.until().saturating_sub(clock::now());
    Seen {
        id,
        part: handshake.part(),
        state: handshake.state().clone(),
        peer,
        name: handshake.theirs().map(|hello| hello.name.clone()),
        address,
        platform_name: handshake.platform_name().map(str::to_owned),
        code: handshake.code().map(str::to_owned),
        yes: handshake.yes(),
        until: WallTime(clock::wall().after(left).0),
    }
}
