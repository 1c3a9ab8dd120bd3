//! What does the election thread do? One thing after the other: what arrived, what the loop wants, and a tick each 50 ms.

use std::collections::BTreeSet;
use std::io;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};

use arc_swap::ArcSwap;
use tokio::sync::oneshot;

use super::contacts::Contacts;
use super::datagram::HeartbeatKeys;
use super::ear::Heard;
use super::outbox::Outbox;
use crate::decide::election::{Election, Input, Output, TICK};
use crate::edge::clock;
use crate::edge::link::{Hearing, Links};
use crate::model::election::{Durable, Heartbeat, PeerTag, RunTag};
use crate::model::id::{Incarnation, NodeId};
use crate::model::time::Timestamp;

/// What the thread is told.
pub(super) enum Word {
    Heard(Heard),
    Input(Input),
    /// Say goodbye, answer, and end.
    Resign(oneshot::Sender<()>),
}

/// What the thread uses.
pub(super) struct Surroundings {
    pub(super) socket: Option<UdpSocket>,
    pub(super) keys: Arc<ArcSwap<HeartbeatKeys>>,
    pub(super) links: Links,
    pub(super) hearing: Arc<Hearing>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) disk: Sender<Durable>,
    pub(super) ear: Option<Arc<AtomicBool>>,
}

/// The thread.
pub(super) struct Driver {
    election: Election,
    me: NodeId,
    tag: PeerTag,
    run: RunTag,
    contacts: Contacts,
    around: Surroundings,
    out: Vec<Output>,
}

impl Driver {
    pub(super) fn new(
        election: Election,
        (me, incarnation, members): (NodeId, Incarnation, BTreeSet<NodeId>),
        around: Surroundings,
    ) -> Self {
        let mut contacts = Contacts::default();
        contacts.set(&members, clock::now());
        Self { election, tag: PeerTag::of(&me), run: RunTag::of(incarnation), me, contacts, around, out: Vec::new() }
    }

    /// Runs until it shall resign, or nobody is left who could tell it to.
    pub(super) fn run(mut self, words: &Receiver<Word>) {
        // At once: a lone node leads as soon as its epoch is on disk.
        self.step(Input::Tick);
        let mut next_tick = clock::now().after(TICK);
        loop {
            match words.recv_timeout(next_tick.saturating_sub(clock::now())) {
                Ok(Word::Heard(heard)) => self.hear(&heard),
                Ok(Word::Input(input)) => {
                    if let Input::Settings(settings) = &input {
                        self.contacts.set(&settings.members, clock::now());
                    }
                    self.step(input);
                }
                Ok(Word::Resign(done)) => {
                    self.step(Input::Resign);
                    self.step(Input::Resign);
                    // Whoever waited may have lost patience.
                    let _ = done.send(());
                    break;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let now = clock::now();
            if now >= next_tick {
                self.step(Input::Tick);
                // Ticks that were missed are not made up for: the gap is what tells that this node was deaf.
                next_tick = next_tick.after(TICK).max(now);
            }
        }
        if let Some(ear) = &self.around.ear {
            ear.store(true, Ordering::Relaxed);
        }
    }

    fn hear(&mut self, heard: &Heard) {
        let (said, now) = (&heard.said, clock::now());
        // Some address leads back to this very machine, or another one has its key; the others judge that.
        if said.from == self.me || !self.contacts.has(&said.from) {
            return;
        }
        let names_this_run = heard.is_current && said.names(self.tag, self.run);
        if names_this_run && self.contacts.meet(said, heard.from, now) {
            self.around.links.book().meet(&said.from, heard.from);
            self.around.hearing.learn(said);
        } else {
            self.around.links.book().suggest(&said.from, heard.from);
        }
        if heard.is_current {
            self.step(Input::Heard(Arc::clone(said)));
        }
    }

    fn step(&mut self, input: Input) {
        let now = clock::now();
        let mut out = std::mem::take(&mut self.out);
        self.election.step(now, input, &mut out);
        for output in out.drain(..) {
            self.perform(output, now);
        }
        self.out = out;
    }

    fn perform(&self, output: Output, now: Timestamp) {
        match output {
            Output::Send(heartbeat) => self.send(&heartbeat, now),
            // The thread is gone only when this one is.
            Output::Persist(durable) => drop(self.around.disk.send(durable)),
            Output::RoleChanged(role) => self.around.outbox.role(role),
            Output::StandingChanged => self.around.outbox.standing(self.election.standing(now)),
            Output::Fenced(epoch) => self.around.outbox.fenced(epoch),
        }
    }

    fn send(&self, heartbeat: &Heartbeat, now: Timestamp) {
        let Some(socket) = &self.around.socket else { return };
        let Some(datagram) = self.around.keys.load().seal(&heartbeat.encode()) else { return };
        for node in self.contacts.nodes() {
            let ways = || self.around.links.book().ways(node);
            for address in self.contacts.targets(node, heartbeat.seq, now, ways) {
                // A buffer that is full, a network that is down: the next heartbeat is due in a moment.
                let sent = socket.send_to(&datagram, address);
                if let Err(error) = sent.map(drop).or_else(harmless) {
                    tracing::debug!(%address, because = %error, "a heartbeat could not be sent");
                }
            }
        }
    }
}

/// What an earlier datagram to somebody else brought back says nothing about this one.
fn harmless(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::ConnectionRefused { Ok(()) } else { Err(error) }
}
