//! How does this node meet machines of other platforms? Each connection of `kraken-join/1` gets a handshake of its own.
//!
//! [`crate::decide::join`] decides; this asks people, the platform and the disk, and keeps what is shown of it all.

mod knock;
mod meeting;
pub mod switch;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use crate::decide::join::code::{Channel, invite_name};
use crate::decide::join::eligible::{self, Part};
use crate::decide::join::handshake::{Begin, Invite, State};
use crate::decide::join::tries::Tries;
use crate::decide::members;
use crate::edge::clock;
use crate::edge::desk::Desk;
use crate::edge::link::{DialError, JoinLine, Links};
use crate::edge::store::Store;
use crate::model::command::{Refusal, RefusalKind};
use crate::model::id::{NodeId, PlatformId};
use crate::model::join::{Hello, JOIN_FORMAT};
use crate::model::setting::{self, INVITE, PASSWORD, digest};
use crate::model::time::{Timestamp, WallTime};
use crate::model::world::World;

/// Handshakes shown, those that ended among them.
const SHOWN: usize = 32;
/// How long one that ended is shown.
const AFTERWARDS: Duration = Duration::from_secs(600);
/// How long whoever begins to join waits for a code.
const FOR_A_CODE: Duration = Duration::from_secs(15);

/// What joining needs of the node.
pub struct Parts {
    /// Connections to machines that are no members.
    pub links: Links,
    /// What the node knows.
    pub world: watch::Receiver<World>,
    /// The platform.
    pub desk: Desk,
    /// Its records, to be exported before they are dropped.
    pub store: Store,
    /// What the platform is called.
    pub platform_name: String,
    /// The link port.
    pub port: u16,
    /// Machines of other platforms on this network, as they announce themselves.
    pub neighbours: Box<dyn Fn() -> Vec<Neighbour> + Send + Sync>,
    /// The data directory: its keys are read from there when they are handed over.
    pub data: PathBuf,
    /// Told when the agent must start anew.
    pub again: Arc<Notify>,
}

/// A machine of another platform, as it announces itself; nothing of it is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// The id it says it has.
    pub node: NodeId,
    /// What it says it is called.
    pub name: String,
    /// Fingerprint of its platform.
    pub platform: PlatformId,
    /// Where it listens, the likeliest address first.
    pub addresses: Vec<SocketAddr>,
}

/// Joining, on this node. Cheap to clone.
#[derive(Clone)]
pub struct Joins(Arc<Shared>);

struct Shared {
    parts: Parts,
    tries: Mutex<Tries>,
    table: Mutex<Table>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Table {
    last: u64,
    entries: BTreeMap<u64, Entry>,
}

struct Entry {
    seen: Seen,
    ended_at: Option<Timestamp>,
    say: mpsc::Sender<bool>,
}

/// A handshake, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Names it on this node.
    pub id: u64,
    /// This node's part, once both greeted.
    pub part: Option<Part>,
    /// How far it is.
    pub state: State,
    /// The other machine; TLS proved its key.
    pub peer: NodeId,
    /// What it says it is called.
    pub name: Option<String>,
    /// Where it is.
    pub address: SocketAddr,
    /// What the platform will be called.
    pub platform_name: Option<String>,
    /// Six digits.
    pub code: Option<String>,
    /// Whether somebody said yes here, and there.
    pub yes: (bool, bool),
    /// When it is given up.
    pub until: WallTime,
}

impl Joins {
    /// Joining over `parts`; connections of others are taken from now on. Needs a tokio runtime.
    #[must_use]
    pub fn start(parts: Parts) -> Self {
        let mut lines = parts.links.serve_join();
        let (changed, _) = watch::channel(0);
        let joins = Self(Arc::new(Shared { parts, tries: Mutex::default(), table: Mutex::default(), changed }));
        let hosting = joins.clone();
        tokio::spawn(async move {
            while let Some(line) = lines.recv().await {
                hosting.met(line);
            }
        });
        tokio::spawn(knock::look_around(joins.clone()));
        joins
    }

    /// Somebody dialled this node.
    fn met(&self, line: JoinLine) {
        let address = line.address.ip();
        let begun = lock(&self.0.tries).begin(address, clock::now());
        let (joins, begin) = (self.clone(), self.begin_with(&line, false, None));
        match (begun, begin) {
            (Ok(()), Some(begin)) => {
                tokio::spawn(meeting::open(&joins, line, begin).hold());
            }
            (Ok(()), None) => lock(&self.0.tries).end(address, false, clock::now()),
            (Err(because), _) => {
                tracing::debug!(%address, %because, "a machine that wants to join was turned away");
                tokio::spawn(meeting::turn_away(line, because.to_string()));
            }
        }
    }

    /// Joins whoever is at `address`, with an invite or by comparing codes; answers once there is something to show.
    ///
    /// # Errors
    /// When this node may not join anybody, or nobody answers there.
    pub async fn dial(&self, address: SocketAddr, invite: Option<Invite>, expect: Option<NodeId>) -> Result<Seen, Refusal> {
        eligible::may_join(&self.0.parts.world.borrow())?;
        if let Some(open) = self.list().into_iter().find(|seen| seen.address.ip() == address.ip() && !is_over(&seen.state)) {
            if invite.is_none() {
                return Ok(open);
            }
            // Whoever has an invite need not compare codes.
            self.give_up(open.id).await;
        }
        let line = self.0.parts.links.dial_join(address, expect).await.map_err(|error| unreachable(address, &error))?;
        let no_entropy = || Refusal::new(RefusalKind::Unavailable, "the kernel gives no random bytes", None);
        let begin = self.begin_with(&line, true, invite).ok_or_else(no_entropy)?;
        let mut changed = self.0.changed.subscribe();
        let opened = meeting::open(self, line, begin);
        let id = opened.id;
        tokio::spawn(opened.hold());
        let to_show = async {
            loop {
                let seen = self.table().entries.get(&id).map(|entry| entry.seen.clone());
                if let Some(seen) = seen.filter(|seen| !matches!(seen.state, State::Greeting(_))) {
                    return Some(seen);
                }
                changed.changed().await.ok()?;
            }
        };
        let silent =
            || refusal(format!("{address} answers, but not as a machine that wants to join would"), "Update Kraken there.");
        tokio::time::timeout(FOR_A_CODE, to_show).await.ok().flatten().ok_or_else(silent)
    }

    /// Ends a handshake, and waits until the other side knows.
    async fn give_up(&self, id: u64) {
        let Some(say) = self.table().entries.get(&id).map(|entry| entry.say.clone()) else { return };
        if say.send(false).await.is_ok() {
            drop(tokio::time::timeout(Duration::from_secs(5), say.closed()).await);
        }
    }

    /// What somebody says on this side; none where there is no such handshake.
    pub async fn answer(&self, id: u64, yes: bool) -> Option<Seen> {
        let say = self.table().entries.get(&id).map(|entry| entry.say.clone())?;
        let mut changed = self.0.changed.subscribe();
        // One that ended listens no more; how it ended is shown all the same.
        if say.send(yes).await.is_ok() {
            drop(tokio::time::timeout(Duration::from_secs(2), changed.changed()).await);
        }
        self.table().entries.get(&id).map(|entry| entry.seen.clone())
    }

    /// Every handshake, oldest first; those that ended ten minutes ago are forgotten.
    #[must_use]
    pub fn list(&self) -> Vec<Seen> {
        let now = clock::now();
        let mut table = self.table();
        table.entries.retain(|_, entry| entry.ended_at.is_none_or(|at| now.saturating_sub(at) < AFTERWARDS));
        table.entries.values().map(|entry| entry.seen.clone()).collect()
    }

    /// Machines of other platforms on this network.
    #[must_use]
    pub fn neighbours(&self) -> Vec<Neighbour> {
        let mine = self.0.parts.world.borrow().me.platform.clone();
        let mut found = (self.0.parts.neighbours)();
        found.retain(|neighbour| neighbour.platform != mine);
        found
    }

    /// Starts anew as another machine: what is known is kept as a file, and the agent starts again.
    ///
    /// # Errors
    /// When the disk refuses: then nothing changed.
    pub async fn reset_identity(&self) -> Result<(), Refusal> {
        let parts = &self.0.parts;
        let failed = |because: String| {
            Refusal::new(RefusalKind::Unavailable, because, Some("Free some space, then try again.".to_owned()))
        };
        let world = parts.world.borrow().clone();
        let state = switch::export(&world, &parts.store).await.map_err(failed)?;
        let data = parts.data.clone();
        let written = tokio::task::spawn_blocking(move || switch::prepare_anew(&data, clock::wall(), &state)).await;
        let written = written.map_err(|error| failed(error.to_string()))?;
        written.map_err(|error| failed(crate::edge::work::chain(&error)))?;
        let again = Arc::clone(&parts.again);
        tokio::spawn(async move {
            tokio::time::sleep(meeting::FAREWELL).await;
            again.notify_one();
        });
        Ok(())
    }

    /// Why this node may not join another platform; none if it may.
    #[must_use]
    pub fn barrier(&self) -> Option<Refusal> {
        eligible::may_join(&self.0.parts.world.borrow()).err()
    }

    fn begin_with(&self, line: &JoinLine, dialled: bool, invite: Option<Invite>) -> Option<Begin> {
        let parts = &self.0.parts;
        let world = parts.world.borrow();
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).ok()?;
        let mine = data_encoding::BASE64.decode(world.me.key.as_bytes()).ok()?;
        Some(Begin {
            channel: Channel { mine, theirs: line.key.clone(), exporter: line.exporter },
            hello: hello(&world, &parts.platform_name, parts.port, invite.as_ref()),
            nonce,
            dialled,
            invite,
            invites: invites(&world, clock::wall()),
            barred: barred(&world, &line.peer),
        })
    }

    fn enter(&self, seen: impl FnOnce(u64) -> Seen, say: mpsc::Sender<bool>) -> u64 {
        let mut table = self.table();
        table.last += 1;
        let id = table.last;
        table.entries.insert(id, Entry { seen: seen(id), ended_at: None, say });
        while table.entries.len() > SHOWN {
            let oldest = table.entries.iter().find(|(_, entry)| entry.ended_at.is_some()).map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            table.entries.remove(&oldest);
        }
        id
    }

    fn show(&self, id: u64, change: impl FnOnce(&mut Seen)) {
        if let Some(entry) = self.table().entries.get_mut(&id) {
            change(&mut entry.seen);
            if is_over(&entry.seen.state) && entry.ended_at.is_none() {
                entry.ended_at = Some(clock::now());
            }
        }
        self.0.changed.send_modify(|count| *count += 1);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.0.table)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const fn is_over(state: &State) -> bool {
    matches!(state, State::Joined | State::Ended(_))
}

fn hello(world: &World, platform_name: &str, port: u16, invite: Option<&Invite>) -> Hello {
    let me = &world.me;
    Hello {
        v: JOIN_FORMAT,
        name: world.members.get(&me.node).map_or_else(|| me.name.clone(), |member| member.name.clone()),
        platform: me.platform.clone(),
        platform_name: platform_name.to_owned(),
        is_fresh: eligible::may_join(world).is_ok(),
        has_password: world.settings.contains_key(PASSWORD),
        port,
        invite: invite.map(|invite| invite_name(&invite.digest)),
    }
}

/// The digests of the invites that still work, by the names joiners give them.
fn invites(world: &World, now: WallTime) -> BTreeMap<String, String> {
    let digests = world.settings.iter().filter_map(|(name, value)| {
        let invite: setting::Invite = setting::read(Some(value))?;
        name.strip_prefix(INVITE).filter(|_| invite.expires_at > now)
    });
    digests.map(|digest| (invite_name(digest), digest.to_owned())).collect()
}

/// A removed machine is not let in, and a machine that was removed lets nobody in.
fn barred(world: &World, peer: &NodeId) -> Option<Refusal> {
    if world.removed.contains_key(peer) {
        return Some(members::was_removed());
    }
    members::is_removed(world).then(|| {
        refusal("the machine that answered was removed from its platform".to_owned(), "Join a machine that belongs to it.")
    })
}

fn refusal(because: String, next: &str) -> Refusal {
    Refusal::new(RefusalKind::Conflict, because, Some(next.to_owned()))
}

fn unreachable(address: SocketAddr, error: &DialError) -> Refusal {
    tracing::debug!(because = %crate::edge::work::chain(error), "a machine to join did not answer");
    refusal(
        format!("no Kraken answers at {address}"),
        "See that it runs there, that both are on one network, and that its firewall lets 7373 in (kraken doctor).",
    )
}

/// What a person types to join without a yes on the other side: who made it, of which platform, and the secret.
#[derive(Debug, Clone)]
pub struct Token {
    /// The node that made it; any of its platform will do.
    pub inviter: NodeId,
    /// The platform.
    pub platform: PlatformId,
    /// What proves it.
    pub invite: Invite,
}

impl Token {
    /// A new one, of `inviter`.
    ///
    /// # Errors
    /// When the kernel gives no random bytes.
    pub fn fresh(inviter: &NodeId, platform: &PlatformId) -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        let invite = Invite { secret, digest: digest(&secret) };
        Ok(Self { inviter: inviter.clone(), platform: platform.clone(), invite })
    }

    /// As people copy it.
    #[must_use]
    pub fn text(&self) -> String {
        let secret = data_encoding::BASE32_NOPAD.encode(&self.invite.secret).to_ascii_lowercase();
        format!("{}.{}.{secret}", self.inviter, self.platform)
    }

    /// From what was copied; none if a part is missing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, '.');
        let (inviter, platform) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let secret = data_encoding::BASE32_NOPAD.decode(parts.next()?.to_ascii_uppercase().as_bytes()).ok()?;
        let secret: [u8; 32] = secret.try_into().ok()?;
        Some(Self { inviter, platform, invite: Invite { secret, digest: digest(&secret) } })
    }
}
