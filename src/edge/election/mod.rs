//! Who drives the election? Threads of its own: one decides and speaks, one listens, one writes to the disk; none waits for
//! another, and none for the loop.

mod contacts;
mod datagram;
mod disk;
mod driver;
mod ear;
mod follow;
mod gateway;
mod outbox;

#[cfg(test)]
mod tests;

use std::io;
use std::net::UdpSocket;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot};

pub use datagram::HeartbeatKeys;
pub use follow::{Wishes, follow_world};

use self::disk::WriteEpochs;
use self::driver::{Driver, Word};
use self::ear::Ear;
use self::outbox::Outbox;
use super::link::Links;
use crate::decide::election::{Election, Input, Settings};
use crate::edge::clock;
use crate::edge::link::Hearing;
use crate::model::action::ElectionOrder;
use crate::model::election::Durable;
use crate::model::event::Event;
use crate::model::id::{Epoch, Incarnation, NodeId};

/// To say goodbye: two datagrams to each peer.
const GOODBYE: Duration = Duration::from_millis(500);
/// For the threads to let go of the link port, which an agent that starts anew in this process takes again.
const RELEASED: Duration = Duration::from_secs(2);

/// What an election starts with.
pub struct ElectionParts<W> {
    /// This node.
    pub me: NodeId,
    /// This run of it, which is on disk.
    pub incarnation: Incarnation,
    /// What was read from the disk.
    pub durable: Durable,
    /// Who the members are, and how gladly this node leads.
    pub settings: Settings,
    /// Writes what is durable and answers with all that is on disk then; may take its time.
    pub write: W,
    /// The link port; none = this node hears nobody.
    pub socket: Option<UdpSocket>,
    /// The keys of heartbeats.
    pub keys: HeartbeatKeys,
    /// Who the members are, and where.
    pub links: Links,
    /// Takes in who hears whom.
    pub hearing: Arc<Hearing>,
    /// The loop.
    pub inbox: mpsc::Sender<Event>,
}

/// The election of this node, at work. Cheap to clone.
#[derive(Clone)]
pub struct Elections {
    words: Sender<Word>,
    keys: Arc<ArcSwap<HeartbeatKeys>>,
    /// Those that hold the link port.
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Elections {
    /// Starts the threads. Needs the runtime, for telling the loop.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start<W: WriteEpochs>(parts: ElectionParts<W>) -> io::Result<Self> {
        let (words, to_do) = std::sync::mpsc::channel();
        let keys = Arc::new(ArcSwap::from_pointee(parts.keys));
        let outbox = Arc::new(Outbox::default());
        tokio::spawn(Arc::clone(&outbox).run(parts.inbox));
        let listening = parts.socket.as_ref().map(UdpSocket::try_clone).transpose()?;
        let ear = listening.map(|socket| Ear::new(socket, Arc::clone(&keys), words.clone()));
        let driver = Driver::new(
            Election::new(parts.me.clone(), parts.incarnation, parts.durable, parts.settings.clone(), clock::now()),
            (parts.me, parts.incarnation, parts.settings.members),
            driver::Surroundings {
                socket: parts.socket,
                keys: Arc::clone(&keys),
                links: parts.links,
                hearing: parts.hearing,
                outbox,
                disk: disk::start(parts.write, words.clone())?,
                ear: ear.as_ref().map(Ear::stopper),
            },
        );
        let mut threads = Vec::new();
        if let Some(ear) = ear {
            threads.push(std::thread::Builder::new().name("heartbeats".into()).spawn(move || ear.run())?);
        }
        threads.push(std::thread::Builder::new().name("election".into()).spawn(move || driver.run(&to_do))?);
        Ok(Self { words, keys, threads: Arc::new(Mutex::new(threads)) })
    }

    /// From now on heartbeats are sealed with the greatest generation of `keys`, and understood in all of them.
    pub fn rekey(&self, keys: HeartbeatKeys) {
        self.keys.store(Arc::new(keys));
    }

    /// Plans below `epoch` are not obeyed any more; answers `Fenced` when that is on disk.
    pub fn fence(&self, epoch: Epoch) {
        self.input(Input::Fence(epoch));
    }

    /// What people or the loop want of the election.
    pub fn order(&self, order: ElectionOrder) {
        self.input(match order {
            ElectionOrder::HandOver(to) => Input::HandOver(to),
            ElectionOrder::LeadAnyway => Input::LeadAnyway,
            ElectionOrder::WritePending(is_pending) => Input::WritePending(is_pending),
        });
    }

    /// Something the election should know.
    fn input(&self, input: Input) {
        // The thread is gone only when the node stops.
        drop(self.words.send(Word::Input(input)));
    }

    /// Takes back what this node claims, so that another one leads at once. Nothing is heard or said afterwards, and the link
    /// port is free.
    pub async fn resign(&self) {
        let (done, waits) = oneshot::channel();
        drop(self.words.send(Word::Resign(done)));
        // A thread that is stuck is no reason not to stop.
        drop(tokio::time::timeout(GOODBYE, waits).await);
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let ended = tokio::task::spawn_blocking(move || threads.into_iter().for_each(|thread| drop(thread.join())));
        drop(tokio::time::timeout(RELEASED, ended).await);
    }
}
