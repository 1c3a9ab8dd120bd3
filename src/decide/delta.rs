//! What is sent to a node that lacks records, and is what came whole? Pure rules for both ends; the disk is someone else's.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::model::frame::Heads;
use crate::model::record::{ObjectKey, Origin, RECORD_FORMAT, Record, RevisionId};
use crate::model::time::Hlc;
use crate::model::vector::Vector;

/// Most records in a frame.
pub const MOST_RECORDS: usize = 512;
/// Most bytes of records in a frame; one that is larger by itself is sent alone.
pub const MOST_BYTES: usize = 1 << 20;
/// Rows of one origin that are read for a frame: one more than fit, so that the end of its log is told from the end of the frame.
pub const ROWS_READ: usize = MOST_RECORDS + 1;
/// Records about members sent ahead of their turn.
const MOST_AHEAD: usize = 64;

/// One record on its way out, with what the rules need to know of it.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// Its place in the log of its origin.
    pub seq: u64,
    /// Its stamp.
    pub hlc: Hlc,
    /// Bytes it takes.
    pub bytes: usize,
    /// The record.
    pub item: T,
}

/// One frame's worth of records.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut<T> {
    /// What the receiver must hold, of the origins in it.
    pub since: Vector,
    /// What it holds afterwards.
    pub upto: Vector,
    /// The records, each after the ones it replaces as far as stamps tell.
    pub items: Vec<T>,
    /// Whether nothing is left to send.
    pub is_whole: bool,
}

/// Where the rows of `origin` begin for a receiver that holds `since`: with the last record it has, so that two logs under one
/// name are noticed.
#[must_use]
pub fn first_row(since: &Vector, origin: &Origin) -> u64 {
    since.get(origin).max(1)
}

/// Cuts one frame from `logs`: rows of each origin in order, from [`first_row`], at most [`ROWS_READ`] of each. `members` are
/// the records about members the receiver lacks: those that are not in the frame in their turn come ahead of it, so that a
/// node that was away knows first who belongs here.
#[must_use]
pub fn cut<T>(since: &Vector, holds: &Vector, logs: BTreeMap<Origin, Vec<Row<T>>>, members: BTreeMap<RevisionId, T>) -> Cut<T> {
    let read: BTreeMap<Origin, usize> = logs.iter().map(|(origin, rows)| (origin.clone(), rows.len())).collect();
    let mut left: BTreeMap<Origin, std::collections::VecDeque<Row<T>>> =
        logs.into_iter().map(|(origin, rows)| (origin, rows.into())).collect();
    let (mut items, mut bytes, mut reached) = (Vec::new(), 0, Vector::default());
    while items.len() < MOST_RECORDS - MOST_AHEAD {
        let next = left.iter().filter_map(|(origin, rows)| Some((rows.front()?.hlc, origin))).min();
        let Some(origin) = next.map(|(_, origin)| origin.clone()) else { break };
        let Some(rows) = left.get_mut(&origin) else { break };
        let fits = |row: &mut Row<T>| items.is_empty() || bytes + row.bytes <= MOST_BYTES;
        let Some(row) = rows.pop_front_if(fits) else { break };
        bytes += row.bytes;
        reached.raise(&origin, row.seq);
        items.push(row.item);
    }
    let mut upto = Vector::default();
    for (origin, rows) in &left {
        let is_all = rows.is_empty() && read.get(origin).is_some_and(|read| *read < ROWS_READ);
        let seq = if is_all { holds.get(origin) } else { reached.get(origin) };
        if seq > since.get(origin) {
            upto.raise(origin, seq);
        }
    }
    let is_whole = holds.0.iter().all(|(origin, seq)| since.get(origin).max(upto.get(origin)) >= *seq);
    let ahead = members.into_iter().filter(|(name, _)| name.seq > since.get(&name.origin).max(upto.get(&name.origin)));
    items.extend(ahead.take(MOST_AHEAD).map(|(_, item)| item));
    let mut needed = Vector::default();
    for origin in upto.0.keys() {
        needed.raise(origin, since.get(origin));
    }
    Cut { since: needed, upto, items, is_whole }
}

/// What every record has, also one of a newer Kraken.
#[derive(Debug, Clone, Deserialize)]
pub struct Envelope {
    /// Its format.
    pub v: u16,
    /// Whose concern it is, as text: a newer Kraken may know more kinds.
    pub object: String,
    /// Its name.
    pub revision: RevisionId,
    /// What it replaces.
    pub parents: Vec<RevisionId>,
    /// When.
    pub hlc: Hlc,
}

/// A frame of records that must not be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefuseRecords {
    /// More than a frame may have.
    #[error("{0} records in one frame, {MOST_RECORDS} at most")]
    TooMany(usize),
    /// Not a record.
    #[error("record {at} of the frame is none: {because}")]
    Malformed {
        /// Which, from 0.
        at: usize,
        /// Why.
        because: String,
    },
    /// Not between the two vectors, or not in order.
    #[error("{revision} is out of its place")]
    Misplaced {
        /// Which.
        revision: RevisionId,
    },
}

/// Whether `record` names a member: such records may come ahead of their turn.
fn is_about_members(object: &str) -> bool {
    object.starts_with("member/")
}

/// Reads the envelopes of a frame's records.
///
/// # Errors
/// When the frame is to be refused as a whole.
pub fn check(since: &Vector, upto: &Vector, records: &[Value]) -> Result<Vec<Envelope>, RefuseRecords> {
    if records.len() > MOST_RECORDS {
        return Err(RefuseRecords::TooMany(records.len()));
    }
    let mut last = Vector::default();
    let mut envelopes = Vec::with_capacity(records.len());
    for (at, record) in records.iter().enumerate() {
        let envelope = read(record).map_err(|because| RefuseRecords::Malformed { at, because })?;
        let RevisionId { origin, seq } = &envelope.revision;
        let (from, to) = (first_row(since, origin), upto.get(origin));
        let is_ahead = *seq > to && is_about_members(&envelope.object);
        if *seq <= last.get(origin) || *seq < from || (*seq > to && !is_ahead) {
            return Err(RefuseRecords::Misplaced { revision: envelope.revision });
        }
        last.raise(origin, *seq);
        envelopes.push(envelope);
    }
    Ok(envelopes)
}

/// The envelope of one record, if this Kraken may keep it: what it should understand, it must.
fn read(record: &Value) -> Result<Envelope, String> {
    let envelope = Envelope::deserialize(record).map_err(|error| error.to_string())?;
    let limit = u64::try_from(i64::MAX).unwrap_or(u64::MAX);
    let numbers = [envelope.revision.seq, envelope.hlc.wall];
    if envelope.revision.seq == 0
        || numbers.into_iter().chain(envelope.parents.iter().map(|parent| parent.seq)).any(|n| n > limit)
    {
        return Err("a number beyond what is counted".to_owned());
    }
    if envelope.v <= RECORD_FORMAT && envelope.object.parse::<ObjectKey>().is_ok() {
        Record::deserialize(record).map_err(|error| error.to_string())?;
    }
    Ok(envelope)
}

/// What this Kraken understands of a record: none where it names an unknown object, [`crate::model::document::Document::Unknown`]
/// where it says an unknown thing.
#[must_use]
pub fn understood(record: &Value) -> Option<Record> {
    let envelope = Envelope::deserialize(record).ok()?;
    envelope.object.parse::<ObjectKey>().ok()?;
    if let Ok(record) = Record::deserialize(record) {
        return Some(record);
    }
    let mut bare = record.clone();
    let document = bare.get_mut("document").filter(|document| !document.is_null())?;
    *document = serde_json::json!({ "kind": "unknown" });
    Record::deserialize(&bare).ok()
}

/// The leaves among the revisions of one object, each with its parents.
#[must_use]
pub fn leaves(revisions: &[(RevisionId, Vec<RevisionId>)]) -> BTreeSet<RevisionId> {
    let replaced: BTreeSet<&RevisionId> = revisions.iter().flat_map(|(_, parents)| parents).collect();
    revisions.iter().map(|(name, _)| name).filter(|name| !replaced.contains(name)).cloned().collect()
}

/// Revisions of one object that are to be forgotten, as the sender of `heads` knows that they were replaced, and has forgotten
/// by what: all it knows of an object of which a leaf here is none there.
#[must_use]
pub fn forgotten(heads: &Heads, revisions: &[(RevisionId, Vec<RevisionId>)]) -> Vec<RevisionId> {
    let is_past = |name: &RevisionId| heads.knows.get(&name.origin) >= name.seq && !heads.names(name);
    if !leaves(revisions).iter().any(is_past) {
        return Vec::new();
    }
    revisions.iter().map(|(name, _)| name).filter(|name| is_past(name)).cloned().collect()
}
