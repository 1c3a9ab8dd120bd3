//! Which revisions are past their time? History has an end; what is true now has none.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};

use super::records::signed;
use crate::decide::hlc::is_set;
use crate::model::record::RevisionId;
use crate::model::time::WallTime;
use crate::model::vector::Vector;

const DAY_MS: u64 = 86_400_000;

/// Revisions of one object kept.
const REVISIONS: usize = 50;

/// How long a replaced revision is kept, in milliseconds.
const HISTORY_MS: u64 = 90 * DAY_MS;

/// How long a tombstone is kept, in milliseconds, so that every node hears of it.
const TOMBSTONE_MS: u64 = 30 * DAY_MS;

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Revisions of objects that still exist.
    pub revisions: usize,
    /// Objects that are gone altogether.
    pub objects: usize,
}

/// One revision, as far as its age matters.
struct Revision {
    id: i64,
    name: RevisionId,
    parents: Vec<RevisionId>,
    wall: u64,
    is_tombstone: bool,
}

/// Removes what is past its time in one transaction; nothing while the clock was never set.
pub(super) fn prune(database: &mut Connection, now: WallTime, passed: &Vector) -> rusqlite::Result<Pruned> {
    if !is_set(now) {
        return Ok(Pruned::default());
    }
    let transaction = database.transaction()?;
    let mut pruned = Pruned::default();
    for object in candidates(&transaction, now)? {
        let revisions = revisions(&transaction, &object)?;
        let past = past_their_time(&revisions, now, passed, object.starts_with("member/"));
        for id in &past {
            transaction.prepare_cached("DELETE FROM record WHERE id = ?1")?.execute([id])?;
        }
        match past.len() {
            all if all == revisions.len() => pruned.objects += 1,
            some => pruned.revisions += some,
        }
    }
    transaction.commit()?;
    Ok(pruned)
}

/// Objects that may have something to remove: cheap to find, looked at closely afterwards.
fn candidates(transaction: &Transaction<'_>, now: WallTime) -> rusqlite::Result<Vec<String>> {
    let mut statement = transaction.prepare(
        "SELECT object FROM record GROUP BY object
         HAVING count(*) > ?1 OR (count(*) > 1 AND min(wall) < ?2) OR (sum(document IS NULL) > 0 AND min(wall) < ?3)",
    )?;
    let before = |age: u64| signed(now.0.saturating_sub(age));
    let limits = (i64::try_from(REVISIONS).unwrap_or(i64::MAX), before(HISTORY_MS)?, before(TOMBSTONE_MS)?);
    statement.query_map(limits, |row| row.get(0))?.collect()
}

/// The revisions of an object, newest first.
fn revisions(transaction: &Transaction<'_>, object: &str) -> rusqlite::Result<Vec<Revision>> {
    let unreadable = |column, error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error)
    };
    let mut statement = transaction.prepare_cached(
        "SELECT id, node, store, seq, parents, wall, document IS NULL FROM record WHERE object = ?1 ORDER BY wall DESC, logical DESC",
    )?;
    let rows = statement.query_map([object], |row| {
        let text = |at| row.get::<_, String>(at);
        let origin = crate::model::record::Origin {
            node: text(1)?.parse().map_err(|error| unreadable(1, Box::from(error)))?,
            store: text(2)?.parse().map_err(|error| unreadable(2, Box::from(error)))?,
        };
        Ok(Revision {
            id: row.get(0)?,
            name: RevisionId { origin, seq: row.get::<_, i64>(3)?.unsigned_abs() },
            parents: serde_json::from_str(&text(4)?).map_err(|error| unreadable(4, Box::new(error)))?,
            wall: row.get::<_, i64>(5)?.unsigned_abs(),
            is_tombstone: row.get(6)?,
        })
    })?;
    rows.collect()
}

/// Rows to remove of one object's revisions, newest first. Leaves stay, but an object that is only an old tombstone goes
/// altogether once every member passed it, except a member: a removed machine never comes back.
fn past_their_time(newest_first: &[Revision], now: WallTime, passed: &Vector, is_member: bool) -> Vec<i64> {
    let replaced: BTreeSet<&RevisionId> = newest_first.iter().flat_map(|revision| &revision.parents).collect();
    let age = |revision: &Revision| now.0.saturating_sub(revision.wall);
    let mut leaves = newest_first.iter().filter(|revision| !replaced.contains(&revision.name));
    if !is_member
        && leaves.all(|leaf| leaf.is_tombstone && age(leaf) > TOMBSTONE_MS && passed.get(&leaf.name.origin) >= leaf.name.seq)
    {
        return newest_first.iter().map(|revision| revision.id).collect();
    }
    let numbered = newest_first.iter().enumerate();
    let past = numbered
        .filter(|(place, revision)| replaced.contains(&revision.name) && (*place >= REVISIONS || age(revision) > HISTORY_MS));
    past.map(|(_, revision)| revision.id).collect()
}
