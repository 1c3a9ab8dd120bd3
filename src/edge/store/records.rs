//! How do records and plans stand in their tables?

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;
use tracing::warn;

use super::schema::{OpenStoreError, open_error};
use super::{WriteRecordsError, refused};
use crate::model::document::Document;
use crate::model::plan::{NodePlan, PLAN_FORMAT};
use crate::model::record::{ObjectKey, Origin, RECORD_FORMAT, Record, RevisionId};
use crate::model::time::Hlc;

/// SQLite's integers are signed; sequences and milliseconds never come near their end.
pub(super) fn signed(number: u64) -> rusqlite::Result<i64> {
    i64::try_from(number).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// Writes `batch` in one transaction.
pub(super) fn write(database: &mut Connection, path: &Path, batch: &[Arc<Record>]) -> Result<(), WriteRecordsError> {
    let failed = |source| WriteRecordsError::Store(refused(path, source));
    let transaction = database.transaction().map_err(failed)?;
    for record in batch {
        if record.document == Some(Document::Unknown) {
            return Err(WriteRecordsError::Unknown { object: record.object.to_string() });
        }
        if insert(&transaction, record).map_err(failed)? == 0 && !is_stored(&transaction, record).map_err(failed)? {
            return Err(WriteRecordsError::Conflict {
                object: record.object.to_string(),
                node: record.revision.origin.node.to_string(),
                seq: record.revision.seq,
            });
        }
    }
    transaction.commit().map_err(failed)
}

fn insert(transaction: &Transaction<'_>, record: &Record) -> rusqlite::Result<usize> {
    let RevisionId { origin, seq } = &record.revision;
    transaction
        .prepare_cached(
            "INSERT INTO origin VALUES (?1, ?2, ?3) ON CONFLICT (node, store) DO UPDATE SET seq = max(seq, excluded.seq)",
        )?
        .execute(params![origin.node.as_str(), origin.store.as_str(), signed(*seq)?])?;
    transaction
        .prepare_cached(
            "INSERT INTO record (object, node, store, seq, wall, logical, parents, epoch, v, document)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (node, store, seq) DO NOTHING",
        )?
        .execute(params![
            record.object.to_string(),
            origin.node.as_str(),
            origin.store.as_str(),
            signed(*seq)?,
            signed(record.hlc.wall)?,
            record.hlc.logical,
            json(&record.parents)?,
            record.epoch.as_ref().map(json).transpose()?,
            record.v,
            record.document.as_ref().map(json).transpose()?,
        ])
}

/// Whether the record of this name is this very record.
fn is_stored(transaction: &Transaction<'_>, record: &Record) -> rusqlite::Result<bool> {
    let RevisionId { origin, seq } = &record.revision;
    let document = record.document.as_ref().map(json).transpose()?;
    transaction
        .prepare_cached(
            "SELECT object = ?4 AND wall = ?5 AND logical = ?6 AND document IS ?7 FROM record WHERE node = ?1 AND store = ?2 AND seq = ?3",
        )?
        .query_row(
            params![
                origin.node.as_str(),
                origin.store.as_str(),
                signed(*seq)?,
                record.object.to_string(),
                signed(record.hlc.wall)?,
                record.hlc.logical,
                document,
            ],
            |row| row.get(0),
        )
        .optional()
        .map(|same| same.unwrap_or(false))
}

/// All records, oldest first. What a newer Kraken wrote is left out where it names an unknown object, and is
/// [`Document::Unknown`] where it says an unknown thing; the database keeps its text.
pub(super) fn read(database: &Connection, path: &Path) -> Result<Vec<Arc<Record>>, OpenStoreError> {
    let failed = |source: rusqlite::Error| match source {
        rusqlite::Error::FromSqlConversionFailure(_, _, cause) => {
            OpenStoreError::Damaged { path: path.to_owned(), what: cause.to_string() }
        }
        other => open_error(path, other),
    };
    let mut statement = database
        .prepare(
            "SELECT object, node, store, seq, wall, logical, parents, epoch, v, document FROM record
             ORDER BY wall, logical, node, store, seq",
        )
        .map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let object: String = row.get(0).map_err(failed)?;
        match object.parse::<ObjectKey>() {
            Ok(object) => records.push(Arc::new(record(row, object).map_err(failed)?)),
            Err(_) => warn!(%object, "this Kraken does not know such an object; it is kept for a newer one"),
        }
    }
    Ok(records)
}

fn record(row: &Row<'_>, object: ObjectKey) -> rusqlite::Result<Record> {
    let v: u16 = row.get(8)?;
    let parents: String = row.get(6)?;
    let epoch: Option<String> = row.get(7)?;
    let document: Option<String> = row.get(9)?;
    let document = match document.as_deref().map(|text| parse(9, &object, text)).transpose() {
        Err(_) if v > RECORD_FORMAT => Some(Document::Unknown),
        other => other?,
    };
    Ok(Record {
        v,
        revision: RevisionId { origin: origin(row, 1)?, seq: row.get::<_, i64>(3)?.unsigned_abs() },
        parents: parse(6, &object, &parents)?,
        hlc: Hlc { wall: row.get::<_, i64>(4)?.unsigned_abs(), logical: row.get(5)? },
        epoch: epoch.map(|text| parse(7, &object, &text)).transpose()?,
        document,
        object,
    })
}

pub(super) fn origin(row: &Row<'_>, at: usize) -> rusqlite::Result<Origin> {
    let text = |at| row.get::<_, String>(at);
    let node = text(at)?.parse().map_err(|error| unreadable(at, error))?;
    let store = text(at + 1)?.parse().map_err(|error| unreadable(at + 1, error))?;
    Ok(Origin { node, store })
}

/// A text of the database that is not what stands there.
#[derive(Debug, thiserror::Error)]
#[error("the record of {object}: {source}")]
struct ReadRecordError {
    object: String,
    source: serde_json::Error,
}

fn parse<T: serde::de::DeserializeOwned>(column: usize, object: &ObjectKey, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|source| unreadable(column, ReadRecordError { object: object.to_string(), source }))
}

/// A column of JSON.
pub(super) fn parse_text<T: serde::de::DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| unreadable(column, error))
}

/// A record that cannot stand in a table.
pub(super) fn unwritable(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

/// The last sequence of one origin.
pub(super) fn reached(database: &Connection, origin: &Origin) -> rusqlite::Result<u64> {
    database
        .prepare_cached("SELECT seq FROM origin WHERE node = ?1 AND store = ?2")?
        .query_row(params![origin.node.as_str(), origin.store.as_str()], |row| row.get::<_, i64>(0))
        .optional()
        .map(|seq| seq.unwrap_or(0).unsigned_abs())
}

fn unreadable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

/// The last sequence of each origin.
pub(super) fn vector(database: &Connection) -> rusqlite::Result<BTreeMap<Origin, u64>> {
    let mut statement = database.prepare("SELECT node, store, seq FROM origin")?;
    let rows = statement.query_map([], |row| Ok((origin(row, 0)?, row.get::<_, i64>(2)?.unsigned_abs())))?;
    rows.collect()
}

/// The documents as they were written.
pub(super) fn documents(
    database: &Connection,
    revisions: Vec<RevisionId>,
) -> rusqlite::Result<BTreeMap<RevisionId, Option<serde_json::Value>>> {
    let mut statement = database.prepare_cached("SELECT document FROM record WHERE node = ?1 AND store = ?2 AND seq = ?3")?;
    let mut documents = BTreeMap::new();
    for revision in revisions {
        let RevisionId { origin, seq } = &revision;
        let found = statement
            .query_row(params![origin.node.as_str(), origin.store.as_str(), signed(*seq)?], |row| row.get::<_, Option<String>>(0))
            .optional()?;
        if let Some(text) = found {
            let value = text.map(|text| serde_json::from_str(&text).map_err(|error| unreadable(0, error))).transpose()?;
            documents.insert(revision, value);
        }
    }
    Ok(documents)
}

/// Keeps `plan` unless a later one of its node is kept.
pub(super) fn write_plan(database: &Connection, plan: &NodePlan) -> rusqlite::Result<()> {
    database
        .prepare_cached(
            "INSERT INTO plan VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (node) DO UPDATE
             SET epoch_counter = excluded.epoch_counter, epoch_node = excluded.epoch_node, seq = excluded.seq, document = excluded.document
             WHERE (excluded.epoch_counter, excluded.epoch_node, excluded.seq) >= (epoch_counter, epoch_node, seq)",
        )?
        .execute(params![plan.node.as_str(), signed(plan.epoch.counter)?, plan.epoch.node.as_str(), signed(plan.seq)?, json(plan)?])
        .map(drop)
}

/// The plans that are readable: one that is not is as good as none, the leader makes a new one.
pub(super) fn read_plans(database: &Connection) -> rusqlite::Result<Vec<NodePlan>> {
    let mut statement = database.prepare("SELECT document FROM plan ORDER BY node")?;
    let texts = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let parsed = texts.iter().filter_map(|text| match serde_json::from_str::<NodePlan>(text) {
        Ok(plan) if plan.v <= PLAN_FORMAT => Some(plan),
        Ok(plan) => {
            warn!(v = plan.v, "the stored plan has a newer format; it waits for the leader's next one");
            None
        }
        Err(error) => {
            warn!(%error, "the stored plan is unreadable; it waits for the leader's next one");
            None
        }
    });
    Ok(parsed.collect())
}
