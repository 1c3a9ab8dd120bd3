//! Which members are linked, and how does a frame get to one? One link per pair; whoever has none is dialled again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::frames::{self, Arrived};
use super::pipe::{From, Pipe, Said};
use super::{Hearing, Incoming, LinkStream, Links, Service};
use crate::edge::clock;
use crate::model::event::Event;
use crate::model::frame::Frame;
use crate::model::id::NodeId;
use crate::model::time::Timestamp;

/// How often it is looked whether somebody is due.
const LOOK: Duration = Duration::from_millis(250);
/// A member without a link is dialled this long after the last time, and so much more at random.
const AGAIN: Duration = Duration::from_secs(7);
const SPREAD_MS: u64 = 6000;
/// At once is not more often than this.
const AT_ONCE: Duration = Duration::from_millis(500);
/// Two links that both ends opened at the same time are no older than this.
const SAME_TIME: Duration = Duration::from_secs(5);
/// Orders that wait.
const WAITING: usize = 4096;
/// Words of links that wait, frames of up to 4 MiB among them: then the links wait, and their peers.
const WORDS: usize = 16;
/// How long a large frame may wait for its place.
const BULK_WAIT: Duration = Duration::from_secs(30);
/// Kinds of strange frames that are named in the log.
const STRANGE: usize = 32;

/// Nobody is there to take a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWay {
    /// There is no link.
    #[error("there is no link to {0}")]
    NoLink(NodeId),
    /// The link ended, or is so slow that 30 s were not enough.
    #[error("the link to {0} takes nothing")]
    Stuck(NodeId),
    /// No link takes so much.
    #[error("a frame of more than 4 MiB is never sent")]
    TooLarge,
}

/// Frames to members. Cheap to clone.
#[derive(Clone)]
pub struct Switchboard {
    me: NodeId,
    orders: mpsc::Sender<Order>,
    bulk: Bulk,
}

type Bulk = Arc<Mutex<BTreeMap<NodeId, mpsc::Sender<Vec<u8>>>>>;

enum Order {
    Send { to: NodeId, bytes: Vec<u8> },
    Moved(BTreeSet<IpAddr>),
}

impl Switchboard {
    /// Links the node `me` with all members that `links` knows, until `shutdown`; the loop hears of it through `inbox`.
    #[must_use]
    pub fn start(
        me: NodeId,
        links: Links,
        hearing: Arc<Hearing>,
        inbox: mpsc::Sender<Event>,
        shutdown: CancellationToken,
    ) -> Self {
        let (orders, to_do) = mpsc::channel(WAITING);
        let bulk = Bulk::default();
        let exchange = Exchange {
            me: me.clone(),
            incoming: links.serve(Service::Sync),
            links,
            hearing,
            inbox,
            bulk: Arc::clone(&bulk),
            open: BTreeMap::new(),
            next: 0,
            due: BTreeMap::new(),
            dialling: BTreeSet::new(),
            strange: BTreeSet::new(),
        };
        tokio::spawn(exchange.run(to_do, shutdown));
        Self { me, orders, bulk }
    }

    /// Says something to a member over its link, else through a member that hears it; lost if there is none. Never waits.
    pub fn send(&self, to: &NodeId, frame: Frame) {
        let Some(bytes) = frames::encode(&self.me, to, frame) else {
            return tracing::error!(%to, "a frame of more than 4 MiB was not sent");
        };
        if self.orders.try_send(Order::Send { to: to.clone(), bytes }).is_err() {
            warn!(%to, "too many frames wait to be sent; one was dropped");
        }
    }

    /// Says something large to a linked member, when it has taken what was said before. What [`Self::send`] says meanwhile
    /// overtakes it.
    ///
    /// # Errors
    /// When there is no link, or it takes nothing for 30 s.
    pub async fn deliver(&self, to: &NodeId, frame: Frame) -> Result<(), NoWay> {
        let bytes = frames::encode(&self.me, to, frame).ok_or(NoWay::TooLarge)?;
        let link = self.bulk.lock().unwrap_or_else(PoisonError::into_inner).get(to).cloned();
        let link = link.ok_or_else(|| NoWay::NoLink(to.clone()))?;
        let sent = tokio::time::timeout(BULK_WAIT, link.send(bytes)).await;
        if matches!(sent, Ok(Ok(()))) { Ok(()) } else { Err(NoWay::Stuck(to.clone())) }
    }

    /// This machine's addresses changed: links from others are dead, and everybody may be reached anew.
    pub fn moved(&self, addresses: BTreeSet<IpAddr>) {
        // Full only while links are flooded; then the links' own silence finds the dead ones.
        drop(self.orders.try_send(Order::Moved(addresses)));
    }
}

/// The switchboard at work.
struct Exchange {
    me: NodeId,
    links: Links,
    incoming: mpsc::Receiver<Incoming>,
    hearing: Arc<Hearing>,
    inbox: mpsc::Sender<Event>,
    bulk: Bulk,
    open: BTreeMap<NodeId, Pipe>,
    next: u64,
    due: BTreeMap<NodeId, Timestamp>,
    dialling: BTreeSet<NodeId>,
    strange: BTreeSet<String>,
}

type Dialled = (NodeId, Result<LinkStream, super::DialError>);

impl Exchange {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>, shutdown: CancellationToken) {
        let (words, mut said) = mpsc::channel(WORDS);
        let (dialled, mut outcomes) = mpsc::channel::<Dialled>(64);
        let mut look = tokio::time::interval(LOOK);
        let book = Arc::clone(self.links.book());
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                Some(incoming) = self.incoming.recv() => self.establish(incoming.peer, incoming.stream, false, &words).await,
                Some((from, word)) = said.recv() => self.hear(from, word).await,
                Some((peer, outcome)) = outcomes.recv() => {
                    self.dialling.remove(&peer);
                    match outcome {
                        Ok(stream) => self.establish(peer, stream, true, &words).await,
                        Err(error) => debug!(%peer, because = %crate::edge::work::chain(&error), "a member was not reached"),
                    }
                }
                order = orders.recv() => match order {
                    Some(Order::Send { to, bytes }) => self.send(&to, bytes).await,
                    Some(Order::Moved(addresses)) => self.moved(&addresses).await,
                    None => return,
                },
                peers = book.news() => peers.into_iter().for_each(|peer| self.hasten(peer)),
                _ = look.tick() => self.dial_who_is_due(&dialled),
            }
        }
    }

    /// Dials all members that have no link and were not dialled lately.
    fn dial_who_is_due(&mut self, dialled: &mpsc::Sender<Dialled>) {
        let (now, members) = (clock::now(), self.links.members().ids());
        self.due.retain(|peer, _| members.contains(peer));
        for peer in members {
            let is_due = self.due.get(&peer).is_none_or(|due| *due <= now);
            if !is_due || self.open.contains_key(&peer) || !self.dialling.insert(peer.clone()) {
                continue;
            }
            // Without entropy both ends dial in step, and the rule for two links decides.
            let spread = Duration::from_millis(getrandom::u64().unwrap_or(0) % SPREAD_MS);
            self.due.insert(peer.clone(), now.after(AGAIN).after(spread));
            let (links, dialled) = (self.links.clone(), dialled.clone());
            tokio::spawn(async move {
                let outcome = links.dial(&peer, Service::Sync).await;
                drop(dialled.send((peer, outcome)).await);
            });
        }
    }

    /// There is news about where `peer` is: it is due soon, if not now.
    fn hasten(&mut self, peer: NodeId) {
        let soon = clock::now().after(AT_ONCE);
        self.due.entry(peer).and_modify(|due| *due = soon.min(*due));
    }

    async fn establish(&mut self, peer: NodeId, stream: LinkStream, was_dialled: bool, words: &mpsc::Sender<(From, Said)>) {
        if self.open.get(&peer).is_some_and(|old| self.stays(&peer, old, was_dialled)) {
            return debug!(%peer, "both dialled; the other link stays");
        }
        self.close(&peer, "another link to it was opened").await;
        self.next += 1;
        let (remote, ends) = (stream.remote(), (self.me.clone(), peer.clone()));
        let pipe = Pipe::open(stream, ends, self.next, was_dialled, words.clone());
        self.bulk.lock().unwrap_or_else(PoisonError::into_inner).insert(peer.clone(), pipe.bulk.clone());
        self.open.insert(peer.clone(), pipe);
        info!(%peer, %remote, was_dialled, "link opened");
        self.tell(Event::LinkUp(peer)).await;
    }

    /// When both ends dial at the same time, the link that the smaller id dialled stays. Else the newer one is right: who
    /// dials has no link, so the older one is dead.
    fn stays(&self, peer: &NodeId, old: &Pipe, is_mine: bool) -> bool {
        let smaller_dials = self.me < *peer;
        let is_young = clock::now().saturating_sub(old.since) < SAME_TIME;
        is_young && old.was_dialled == smaller_dials && is_mine != smaller_dials
    }

    async fn hear(&mut self, (peer, number): From, said: Said) {
        if self.open.get(&peer).is_none_or(|pipe| pipe.number != number) {
            // The last words of a link that was replaced.
            return;
        }
        match said {
            Said::Arrived(Arrived::Mine { from, frame }) => {
                if from == peer || self.links.members().has(&from) {
                    self.tell(Event::FrameArrived { from, frame }).await;
                }
            }
            Said::Arrived(Arrived::PassOn { to, bytes }) => self.pass_on(&to, bytes).await,
            Said::Arrived(Arrived::Strange(kind)) => self.wonder(&peer, kind),
            Said::Arrived(Arrived::Bad) => self.wonder(&peer, "of no envelope".to_owned()),
            Said::Gone(error) => {
                self.close(&peer, &error.to_string()).await;
                self.hasten(peer);
            }
        }
    }

    fn wonder(&mut self, peer: &NodeId, kind: String) {
        if self.strange.len() < STRANGE && self.strange.insert(kind.clone()) {
            warn!(%peer, kind, "frames of this kind are not understood here and are dropped; is the other node newer?");
        }
    }

    async fn send(&mut self, to: &NodeId, bytes: Vec<u8>) {
        let direct = self.open.contains_key(to).then(|| to.clone());
        let through = || self.open.keys().find(|peer| self.hearing.hears(peer, to)).cloned();
        match direct.or_else(through) {
            Some(next) => self.hand(&next, bytes).await,
            None => debug!(%to, "no way leads there; a frame was dropped"),
        }
    }

    /// Only over a link of this node's own: nothing goes round in circles.
    async fn pass_on(&mut self, to: &NodeId, bytes: Vec<u8>) {
        if self.open.contains_key(to) {
            self.hand(&to.clone(), bytes).await;
        }
    }

    async fn hand(&mut self, next: &NodeId, bytes: Vec<u8>) {
        if self.open.get(next).is_some_and(|pipe| !pipe.send(bytes)) {
            warn!(peer = %next, "it takes frames too slowly; the link is closed");
            self.close(next, "it is too slow").await;
        }
    }

    async fn close(&mut self, peer: &NodeId, because: &str) {
        if self.open.remove(peer).is_some() {
            self.bulk.lock().unwrap_or_else(PoisonError::into_inner).remove(peer);
            info!(%peer, because, "link closed");
            self.tell(Event::LinkDown(peer.clone())).await;
        }
    }

    async fn moved(&mut self, addresses: &BTreeSet<IpAddr>) {
        let dead = self.open.iter().filter(|(_, pipe)| is_lost(pipe.local, addresses));
        let dead: Vec<NodeId> = dead.map(|(peer, _)| peer.clone()).collect();
        for peer in dead {
            self.close(&peer, "this machine has another address now").await;
        }
        self.due.clear();
    }

    async fn tell(&self, event: Event) {
        drop(self.inbox.send(event).await);
    }
}

/// Whether a link from `local` is dead now that this machine has `addresses`; loopback is never among them.
fn is_lost(local: IpAddr, addresses: &BTreeSet<IpAddr>) -> bool {
    !local.is_loopback() && !addresses.contains(&local)
}

#[cfg(test)]
#[path = "switchboard_tests.rs"]
mod tests;
