//! Which reigns did this node ever see? The small file that makes an epoch impossible to use twice.
//!
//! Two slots, each in a page of its own, written in turn, in place, and synced: a torn write spoils the slot being
//! written, never the other one. What was answered is in the newest whole slot.
//!
//! One slot, little-endian: magic (8 bytes), format (2), length of the node ids (2), sequence (8), boot counter (8), random
//! bits of the boot (8), highest epoch: counter (8, 0 = none) and node (26), fenced epoch: the same, SHA-256 of all before (32).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tracing::warn;

use super::disk::{DiskError, write_private};
use crate::model::election::Durable;
use crate::model::id::{Epoch, Incarnation};

const FILE: &str = "epoch";
const MAGIC: &[u8; 8] = b"KRKEPOCH";
const FORMAT: u16 = 1;
const NODE_LEN: usize = 26;
const BODY: usize = 8 + 2 + 2 + 8 + 8 + 8 + 2 * (8 + NODE_LEN);
const SLOT: usize = BODY + 32;
/// Slots lie a page apart: no disk writes two pages when asked for one.
const STRIDE: usize = 4096;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EpochState {
    /// How often this node's agent was started.
    pub boot: u64,
    /// 64 random bits of the last start.
    pub random: u64,
    /// The highest epoch this node ever claimed.
    pub highest: Option<Epoch>,
    /// Plans of a lower epoch are not obeyed.
    pub fenced: Option<Epoch>,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenEpochError {
    /// It could not be read or made.
    #[error("the epoch file is out of reach")]
    Disk(#[from] DiskError),
    /// It could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Neither slot is whole. Starting at zero could give a reign out twice, so that is for a person to decide.
    #[error(
        "both halves of {} are damaged, so this node no longer knows which reigns it has seen; check the disk, put the file \
         back from a backup, or, if this node is the only one or has been removed from its platform, delete the file and start again",
        path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
    /// It was written by a newer Kraken.
    #[error("{} has format {found}, this Kraken knows {FORMAT}; start the newer Kraken again", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: u16,
    },
}

/// Why nothing was persisted; what was there before still counts.
#[derive(Debug, thiserror::Error)]
pub enum PersistEpochError {
    /// The disk refused.
    #[error("cannot write {}; this node does not lead until it can", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The kernel gave no random bytes.
    #[error("the kernel gives no random bytes: {0}")]
    Entropy(getrandom::Error),
}

/// The open file.
#[derive(Debug)]
pub struct EpochFile {
    file: File,
    path: PathBuf,
    state: EpochState,
    /// Sequence of the newest whole slot; its parity tells which of the two it is.
    sequence: u64,
}

impl EpochFile {
    /// The file in `dir`; made, with nothing seen yet, only if there is none.
    ///
    /// # Errors
    /// When both slots are damaged, or the disk refuses. Never falls back to zero.
    pub fn open(dir: &Path) -> Result<Self, OpenEpochError> {
        let path = dir.join(FILE);
        if !path.exists() {
            let mut blank = vec![0; 2 * STRIDE];
            blank[..SLOT].copy_from_slice(&encode(&EpochState::default(), 0));
            write_private(&path, &blank)?;
        }
        let read_error = |source| OpenEpochError::Read { path: path.clone(), source };
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(read_error)?;
        let mut newest: Option<(u64, EpochState)> = None;
        for index in 0..2_u64 {
            match read_slot(&file, index).map_err(read_error)? {
                Slot::Whole(sequence, state) if newest.as_ref().is_none_or(|(best, _)| sequence > *best) => {
                    newest = Some((sequence, state))
                }
                Slot::Whole(..) | Slot::Blank => {}
                Slot::Newer(found) => return Err(OpenEpochError::Newer { path, found }),
                Slot::Torn => {
                    warn!(file = %path.display(), slot = index, "one half of the epoch file was torn; the other one counts")
                }
            }
        }
        let (sequence, state) = newest.ok_or_else(|| OpenEpochError::Damaged { path: path.clone() })?;
        Ok(Self { file, path, state, sequence })
    }

    /// What is on disk.
    #[must_use]
    pub const fn state(&self) -> &EpochState {
        &self.state
    }

    /// Counts this start of the agent. Blocks until it is on disk.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn claim_boot(&mut self) -> Result<Incarnation, PersistEpochError> {
        let random = getrandom::u64().map_err(PersistEpochError::Entropy)?;
        let boot = self.state.boot.saturating_add(1);
        self.write(EpochState { boot, random, ..self.state.clone() })?;
        Ok(Incarnation { boot, random })
    }

    /// Keeps what `wanted` has above what is on disk, and answers with all that is there then. Blocks until it is.
    ///
    /// # Errors
    /// When the disk refuses; what was there before still is.
    pub fn keep(&mut self, wanted: &Durable) -> Result<Durable, PersistEpochError> {
        let before = self.durable();
        let mut all = before.clone();
        all.join(wanted);
        if all != before {
            self.write(EpochState { highest: all.highest.clone(), fenced: all.fenced.clone(), ..self.state.clone() })?;
        }
        Ok(all)
    }

    /// What the election shall know of what is on disk.
    #[must_use]
    pub fn durable(&self) -> Durable {
        Durable { highest: self.state.highest.clone(), fenced: self.state.fenced.clone() }
    }

    /// Writes the slot that does not hold the newest state. After a failure the same slot is written again.
    fn write(&mut self, state: EpochState) -> Result<(), PersistEpochError> {
        let sequence = self.sequence + 1;
        let written =
            self.file.write_all_at(&encode(&state, sequence), offset(sequence % 2)).and_then(|()| self.file.sync_data());
        written.map_err(|source| PersistEpochError::Write { path: self.path.clone(), source })?;
        (self.state, self.sequence) = (state, sequence);
        Ok(())
    }
}

const fn offset(index: u64) -> u64 {
    index * STRIDE as u64
}

enum Slot {
    Whole(u64, EpochState),
    Blank,
    Newer(u16),
    Torn,
}

fn read_slot(file: &File, index: u64) -> io::Result<Slot> {
    let mut bytes = [0; SLOT];
    match file.read_exact_at(&mut bytes, offset(index)) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Slot::Torn),
        other => other?,
    }
    Ok(match decode(&bytes) {
        // A slot in the wrong place is a copy that somebody made, not one that we wrote.
        Slot::Whole(sequence, _) if sequence % 2 != index => Slot::Torn,
        slot => slot,
    })
}

fn encode(state: &EpochState, sequence: u64) -> [u8; SLOT] {
    let mut bytes = Vec::with_capacity(SLOT);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&[NODE_LEN as u8, 0]);
    for number in [sequence, state.boot, state.random] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    for epoch in [&state.highest, &state.fenced] {
        bytes.extend_from_slice(&epoch.as_ref().map_or(0, |epoch| epoch.counter).to_le_bytes());
        bytes.extend_from_slice(epoch.as_ref().map_or(&[0; NODE_LEN], |epoch| epoch.node.as_str().as_bytes()));
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes.try_into().expect("fixed fields and a node id of 26 characters fill the slot exactly")
}

fn decode(bytes: &[u8; SLOT]) -> Slot {
    if bytes.iter().all(|byte| *byte == 0) {
        return Slot::Blank;
    }
    let (body, digest) = bytes.split_at(BODY);
    let format = u16::from_le_bytes([body[8], body[9]]);
    if &body[..8] == MAGIC && format > FORMAT {
        return Slot::Newer(format);
    }
    if &body[..8] != MAGIC || Sha256::digest(body).as_slice() != digest {
        return Slot::Torn;
    }
    let state = EpochState {
        boot: number(body, 20),
        random: number(body, 28),
        highest: epoch(body, 36),
        fenced: epoch(body, 36 + 8 + NODE_LEN),
    };
    Slot::Whole(number(body, 12), state)
}

fn number(body: &[u8], at: usize) -> u64 {
    body[at..at + 8].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn epoch(body: &[u8], at: usize) -> Option<Epoch> {
    let node = std::str::from_utf8(&body[at + 8..at + 8 + NODE_LEN]).ok()?.parse().ok()?;
    Some(Epoch { counter: number(body, at), node })
}

#[cfg(test)]
#[path = "epoch/tests.rs"]
mod tests;
