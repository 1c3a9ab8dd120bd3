//! What do nodes say to each other four times a second, and what of the election is on disk?
//!
//! A heartbeat is one postcard document, the same for every peer, sealed by the driver. A newer version appends fields to
//! [`Heartbeat`] and only there, so an older one reads what it knows and leaves the rest.

use serde::{Deserialize, Serialize};

use super::id::{Epoch, Incarnation, NodeId};

/// Version of the heartbeat on the wire.
pub const HEARTBEAT_FORMAT: u8 = 1;

/// The most claims and the most heard peers one heartbeat may name; what says more is not ours.
const MOST: usize = 64;

/// Counters above this are a broken peer's: taken in, they would use up all epochs for everybody.
const HIGHEST_COUNTER: u64 = 1 << 60;

/// A node in four bytes, for lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PeerTag(pub [u8; 4]);

/// A run of a node in eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunTag(pub [u8; 8]);

impl PeerTag {
    /// The tag of `node`: FNV-1a of its id (which is a digest itself).
    #[must_use]
    pub fn of(node: &NodeId) -> Self {
        let hash = node.as_str().bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Self(hash.to_be_bytes())
    }
}

impl RunTag {
    /// The tag of a run: its random bits, which alone are new at each start; the boot counter tells restored ones apart.
    #[must_use]
    pub const fn of(run: Incarnation) -> Self {
        Self((run.random ^ run.boot.rotate_left(40)).to_be_bytes())
    }
}

/// A peer that the sender has heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// Whom.
    pub peer: PeerTag,
    /// Which run of it, as last heard; a heartbeat counts only for the run that it names.
    pub run: RunTag,
    /// Whether it is heard now, by heartbeats that count.
    pub is_live: bool,
    /// The last heartbeat of that run that counted; 0 = none yet. Proves when this was said.
    pub seq: u64,
}

/// One node's claim to lead, said by itself or passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The reign.
    pub epoch: Epoch,
    /// Which run of its holder said it.
    pub incarnation: Incarnation,
    /// With which of its heartbeats.
    pub seq: u64,
    /// How long ago, in milliseconds, as best known; never too short but for the way itself.
    pub age_ms: u32,
    /// The holder's priority.
    pub priority: u8,
    /// Live followers, itself included; 0 in the reign's first two seconds.
    pub weight: u8,
    /// The reign that was handed over to this one.
    pub supersedes: Option<Epoch>,
    /// Whether a person made it leader: nobody then asks it to hand over because of priority.
    pub by_hand: bool,
    /// Whether it is taken back.
    pub is_withdrawn: bool,
}

/// The leader hands over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// To whom.
    pub to: NodeId,
    /// Which reign.
    pub epoch: Epoch,
    /// Whether a person asked for it.
    pub by_hand: bool,
}

/// What a node says to all its peers at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Format version, see [`HEARTBEAT_FORMAT`].
    pub v: u8,
    /// Who.
    pub from: NodeId,
    /// Which run of it.
    pub incarnation: Incarnation,
    /// Counts up by one with each heartbeat of that run.
    pub seq: u64,
    /// Its priority; 0 = never leads.
    pub priority: u8,
    /// Whether it may lead now: priority, one complete sync, no start under way, not isolated.
    pub is_eligible: bool,
    /// The highest epoch it has seen revealed.
    pub highest: Option<Epoch>,
    /// Whom it follows; itself if it leads.
    pub follows: Option<Epoch>,
    /// Digest of the records it holds.
    pub digest: u64,
    /// Whom it has heard.
    pub hears: Vec<Heard>,
    /// Runs that use another's identity and shall stand back.
    pub doubled: Vec<RunTag>,
    /// The reign it wants handed over to itself.
    pub wants: Option<Epoch>,
    /// To whom it hands over.
    pub grant: Option<Grant>,
    /// All claims it knows that may still be alive.
    pub claims: Vec<Claim>,
}

/// What of the election survives a crash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Durable {
    /// The highest epoch this node ever claimed; its next one is above it.
    pub highest: Option<Epoch>,
    /// Plans of a lower epoch are not obeyed.
    pub fenced: Option<Epoch>,
}

impl Durable {
    /// Takes in what `other` has above this.
    pub fn join(&mut self, other: &Self) {
        raise(&mut self.highest, other.highest.as_ref());
        raise(&mut self.fenced, other.fenced.as_ref());
    }
}

/// Raises `to` to `epoch` if that is higher.
pub fn raise(to: &mut Option<Epoch>, epoch: Option<&Epoch>) {
    if to.as_ref() < epoch {
        *to = epoch.cloned();
    }
}

/// Why bytes are no heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeHeartbeatError {
    /// They do not read as one.
    #[error("these bytes are no heartbeat")]
    Malformed,
    /// They read as one that no Kraken writes.
    #[error("this heartbeat says more than a node can")]
    Absurd,
}

impl Heartbeat {
    /// The heartbeat as bytes, to be sealed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("it is made of numbers and short lists, and a Vec grows")
    }

    /// Reads a heartbeat; what a newer version appended is left.
    ///
    /// # Errors
    /// When the bytes are none, or say what no node can.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeHeartbeatError> {
        let (read, _newer) = postcard::take_from_bytes::<Self>(bytes).map_err(|_| DecodeHeartbeatError::Malformed)?;
        if read.is_plausible() { Ok(read) } else { Err(DecodeHeartbeatError::Absurd) }
    }

    fn is_plausible(&self) -> bool {
        let claimed = self.claims.iter().flat_map(|claim| [Some(&claim.epoch), claim.supersedes.as_ref()]);
        let granted = self.grant.as_ref().map(|grant| &grant.epoch);
        let said = [self.highest.as_ref(), self.follows.as_ref(), self.wants.as_ref(), granted];
        let is_possible = |epoch: &Epoch| epoch.counter <= HIGHEST_COUNTER;
        self.v >= HEARTBEAT_FORMAT
            && self.hears.len().max(self.claims.len()).max(self.doubled.len()) <= MOST
            && claimed.chain(said).flatten().all(is_possible)
    }

    /// Whether it was said to this very run of `me`; else it proves nothing (a recording, or its sender does not know us
    /// yet) and only hints at an address.
    #[must_use]
    pub fn names(&self, me: PeerTag, run: RunTag) -> bool {
        self.acknowledges(me, run).is_some()
    }

    /// Which heartbeat of this run of `me` its sender had heard when it said this; none if it does not name that run.
    #[must_use]
    pub fn acknowledges(&self, me: PeerTag, run: RunTag) -> Option<u64> {
        self.hears.iter().find(|heard| heard.peer == me && heard.run == run).map(|heard| heard.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(letter: &str) -> NodeId {
        letter.repeat(26).parse().unwrap()
    }

    fn epoch(counter: u64) -> Epoch {
        Epoch { counter, node: node("a") }
    }

    fn full(peers: u64, claims: usize) -> Heartbeat {
        let run = Incarnation { boot: 300, random: u64::MAX };
        let claim = Claim {
            epoch: epoch(70_000),
            incarnation: run,
            seq: 3_000_000,
            age_ms: 1999,
            priority: 180,
            weight: 10,
            supersedes: None,
            by_hand: false,
            is_withdrawn: false,
        };
        let heard = |at: u64| Heard {
            peer: PeerTag([at as u8; 4]),
            run: RunTag::of(Incarnation { boot: 1, random: at }),
            is_live: true,
            seq: 3_000_000,
        };
        Heartbeat {
            v: HEARTBEAT_FORMAT,
            from: node("a"),
            incarnation: run,
            seq: 3_000_000,
            priority: 180,
            is_eligible: true,
            highest: Some(epoch(70_000)),
            follows: Some(epoch(70_000)),
            digest: u64::MAX,
            hears: (0..peers).map(heard).collect(),
            doubled: Vec::new(),
            wants: None,
            grant: None,
            claims: vec![claim; claims],
        }
    }

    #[test]
    fn a_heartbeat_reads_like_this_on_the_wire() {
        let mut said = full(1, 1);
        said.incarnation = Incarnation { boot: 1, random: 2 };
        (said.seq, said.digest, said.highest, said.follows) = (3, 4, None, Some(epoch(5)));
        (said.claims[0].incarnation, said.hears[0].seq) = (said.incarnation, 9);
        (said.claims[0].epoch, said.claims[0].seq, said.claims[0].age_ms) = (epoch(5), 3, 0);
        let id = [&[26_u8][..], &[b'a'; 26]].concat();
        let mut bytes = vec![1];
        bytes.extend(&id);
        bytes.extend([1, 2, 3, 180, 1, 0, 1, 5]);
        bytes.extend(&id);
        bytes.extend([4, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 9, 0, 0, 0, 1, 5]);
        bytes.extend(&id);
        bytes.extend([1, 2, 3, 0, 180, 10, 0, 0, 0]);
        assert_eq!(said.encode(), bytes);
        assert_eq!(Heartbeat::decode(&bytes), Ok(said));
    }

    #[test]
    fn what_a_newer_version_appends_is_left() {
        let said = full(3, 1);
        let mut bytes = said.encode();
        bytes.extend([7; 40]);
        assert_eq!(Heartbeat::decode(&bytes), Ok(said));
    }

    #[test]
    fn ten_nodes_say_less_than_20_kb_a_second_each() {
        let around = 8 + 20 + 40 + 8;
        let (calm, contested) = (full(9, 1).encode().len() + around, full(9, 3).encode().len() + around);
        assert!(calm * 9 * 4 < 16_000, "{calm} bytes each");
        assert!(contested * 9 * 4 < 20_000, "{contested} bytes each");
    }

    #[test]
    fn bytes_that_no_node_writes_are_refused() {
        let good = full(2, 1);
        for len in 0..good.encode().len() {
            assert!(Heartbeat::decode(&good.encode()[..len]).is_err(), "cut at {len}");
        }
        let mut absurd = good.clone();
        absurd.highest = Some(epoch(u64::MAX));
        assert_eq!(Heartbeat::decode(&absurd.encode()), Err(DecodeHeartbeatError::Absurd));
        assert_eq!(Heartbeat::decode(&full(2, MOST + 1).encode()), Err(DecodeHeartbeatError::Absurd));
    }

    #[test]
    fn a_heartbeat_names_a_run_and_no_other_run_of_the_same_node() {
        let run = Incarnation { boot: 2, random: 7 };
        let mut said = full(2, 0);
        let (me, this) = (PeerTag::of(&node("b")), RunTag::of(run));
        assert!(!said.names(me, this));
        said.hears.push(Heard { peer: me, run: this, is_live: false, seq: 7 });
        assert!(said.names(me, this) && said.acknowledges(me, this) == Some(7));
        assert!(!said.names(me, RunTag::of(Incarnation { boot: 3, ..run })));
        assert!(!said.names(PeerTag::of(&node("c")), this));
    }

    #[test]
    fn what_is_durable_only_rises() {
        let mut on_disk = Durable { highest: Some(epoch(5)), fenced: None };
        on_disk.join(&Durable { highest: Some(epoch(4)), fenced: Some(epoch(3)) });
        assert_eq!(on_disk, Durable { highest: Some(epoch(5)), fenced: Some(epoch(3)) });
    }
}
