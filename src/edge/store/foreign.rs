//! How do records of other nodes come in, and how are ours read for a node that lacks some? As they were written, also what
//! only a newer Kraken understands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::records::{self, parse_text, signed};
use super::{WriteRecordsError, refused};
use crate::decide::delta::{self, Cut, Envelope};
use crate::model::document::{Document, Removal};
use crate::model::frame::Heads;
use crate::model::id::NodeId;
use crate::model::record::{ObjectKey, Origin, Record, RevisionId};
use crate::model::vector::Vector;

/// The columns of [`value`], in their order.
const COLUMNS: &str = "object, node, store, seq, wall, logical, parents, epoch, v, document, extra";
/// What every record has; the rest is kept beside it.
const KNOWN: [&str; 7] = ["v", "object", "revision", "parents", "hlc", "epoch", "document"];
/// What a record takes beside its document, in bytes, roughly.
const FRAME_OF_RECORD: usize = 400;

/// What changed when records of another node were written.
#[derive(Debug, Default)]
pub struct Taken {
    /// Those that were not here before, as far as this Kraken understands them.
    pub new: Vec<Arc<Record>>,
    /// Objects some of whose records were forgotten, with the leaves they have now.
    pub relisted: BTreeMap<ObjectKey, Vec<Arc<Record>>>,
    /// Where the logs of removed machines end.
    pub ends: Vector,
}

/// A part of the log on its way out.
#[derive(Debug)]
pub struct Delta {
    /// The records and their place.
    pub cut: Cut<Value>,
    /// All leaves, if they were asked for, this is the last part, and history was ever pruned.
    pub heads: Option<Heads>,
}

/// Writes records of another node in one transaction; the vector becomes `upto` with them.
pub(super) fn store(
    database: &mut Connection,
    path: &Path,
    records: &[Value],
    upto: &Vector,
    heads: Option<&Heads>,
) -> Result<Taken, WriteRecordsError> {
    let failed = |source| WriteRecordsError::Store(refused(path, source));
    let transaction = database.transaction().map_err(failed)?;
    let mut taken = Taken::default();
    for record in records {
        if take(&transaction, path, record)? {
            taken.new.extend(delta::understood(record).map(Arc::new));
        }
    }
    raise(&transaction, upto).map_err(failed)?;
    let mut objects = BTreeSet::new();
    for (node, removal) in removals(&taken.new) {
        objects.append(&mut void(&transaction, node, removal, &mut taken.ends).map_err(failed)?);
    }
    if let Some(heads) = heads {
        objects.append(&mut forget(&transaction, heads).map_err(failed)?);
    }
    taken.relisted =
        objects.iter().filter_map(|object| relist(&transaction, object).transpose()).collect::<Result<_, _>>().map_err(failed)?;
    taken.new.retain(|record| taken.ends.0.get(&record.revision.origin).is_none_or(|end| record.revision.seq <= *end));
    transaction.commit().map_err(failed)?;
    Ok(taken)
}

/// Whether the record was not here before. One of a name that is known must be the same.
fn take(transaction: &Transaction<'_>, path: &Path, record: &Value) -> Result<bool, WriteRecordsError> {
    let failed = |source| WriteRecordsError::Store(refused(path, source));
    let envelope = Envelope::deserialize(record).map_err(|error| failed(records::unwritable(error)))?;
    let RevisionId { origin, seq } = &envelope.revision;
    match stored(transaction, &envelope.revision).map_err(failed)? {
        Some(there) if bare(&there) == bare(record) => return Ok(false),
        Some(_) => {
            return Err(WriteRecordsError::Conflict { object: envelope.object, node: origin.node.to_string(), seq: *seq });
        }
        // It was here, and was pruned.
        None if records::reached(transaction, origin).map_err(failed)? >= *seq => return Ok(false),
        None => {}
    }
    insert(transaction, &envelope, record).map_err(failed)?;
    Ok(true)
}

/// Without what says nothing.
fn bare(record: &Value) -> Map<String, Value> {
    let fields = record.as_object().into_iter().flatten();
    fields.filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn insert(transaction: &Transaction<'_>, envelope: &Envelope, record: &Value) -> rusqlite::Result<usize> {
    let RevisionId { origin, seq } = &envelope.revision;
    let text = |name: &str| record.get(name).filter(|value| !value.is_null()).map(Value::to_string);
    let mut extra = bare(record);
    extra.retain(|name, _| !KNOWN.contains(&name.as_str()));
    transaction
        .prepare_cached(&format!("INSERT INTO record ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"))?
        .execute(params![
            envelope.object,
            origin.node.as_str(),
            origin.store.as_str(),
            signed(*seq)?,
            signed(envelope.hlc.wall)?,
            envelope.hlc.logical,
            text("parents"),
            text("epoch"),
            envelope.v,
            text("document"),
            (!extra.is_empty()).then(|| Value::Object(extra).to_string()),
        ])
}

fn raise(transaction: &Transaction<'_>, upto: &Vector) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO origin VALUES (?1, ?2, ?3) ON CONFLICT (node, store) DO UPDATE SET seq = max(seq, excluded.seq)",
    )?;
    for (origin, seq) in &upto.0 {
        statement.execute(params![origin.node.as_str(), origin.store.as_str(), signed(*seq)?])?;
    }
    Ok(())
}

/// The machines that these records remove.
fn removals(records: &[Arc<Record>]) -> impl Iterator<Item = (&NodeId, &Removal)> {
    records.iter().filter_map(|record| match (&record.object, &record.document) {
        (ObjectKey::Member(node), Some(Document::Removal(removal))) => Some((node, removal)),
        _ => None,
    })
}

/// Takes out what `node` wrote after it was removed; answers the objects it was about.
fn void(
    transaction: &Transaction<'_>,
    node: &NodeId,
    removal: &Removal,
    ends: &mut Vector,
) -> rusqlite::Result<BTreeSet<String>> {
    let mut objects = BTreeSet::new();
    for (origin, seq) in records::vector(transaction)?.into_iter().filter(|(origin, _)| origin.node == *node) {
        let last = removal.last.get(&origin).min(seq);
        let name = params![origin.node.as_str(), origin.store.as_str(), signed(last)?];
        let mut late =
            transaction.prepare_cached("DELETE FROM record WHERE node = ?1 AND store = ?2 AND seq > ?3 RETURNING object")?;
        objects.extend(late.query_map(name, |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?);
        transaction.prepare_cached("UPDATE origin SET seq = ?3 WHERE node = ?1 AND store = ?2")?.execute(name)?;
        ends.0.insert(origin, last);
    }
    Ok(objects)
}

/// Takes out what the sender of `heads` knows to be replaced; answers the objects it was about.
fn forget(transaction: &Transaction<'_>, heads: &Heads) -> rusqlite::Result<BTreeSet<String>> {
    let mut objects = BTreeSet::new();
    for (object, revisions) in revisions(transaction)? {
        for RevisionId { origin, seq } in delta::forgotten(heads, &revisions) {
            transaction.prepare_cached("DELETE FROM record WHERE node = ?1 AND store = ?2 AND seq = ?3")?.execute(params![
                origin.node.as_str(),
                origin.store.as_str(),
                signed(seq)?
            ])?;
            objects.insert(object.clone());
        }
    }
    Ok(objects)
}

type Revisions = Vec<(RevisionId, Vec<RevisionId>)>;

/// The revisions of every object, with their parents.
fn revisions(database: &Connection) -> rusqlite::Result<BTreeMap<String, Revisions>> {
    let mut statement = database.prepare("SELECT object, node, store, seq, parents FROM record")?;
    let mut rows = statement.query([])?;
    let mut objects: BTreeMap<String, Revisions> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let name = RevisionId { origin: records::origin(row, 1)?, seq: row.get::<_, i64>(3)?.unsigned_abs() };
        objects.entry(row.get(0)?).or_default().push((name, parse_text(4, &row.get::<_, String>(4)?)?));
    }
    Ok(objects)
}

/// The leaves an object has now; none of an object this Kraken does not know.
fn relist(transaction: &Transaction<'_>, object: &str) -> rusqlite::Result<Option<(ObjectKey, Vec<Arc<Record>>)>> {
    let Ok(key) = object.parse::<ObjectKey>() else { return Ok(None) };
    let mut statement = transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM record WHERE object = ?1"))?;
    let values = statement.query_map([object], value)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let records: Vec<Record> = values.iter().filter_map(delta::understood).collect();
    let named: Revisions = records.iter().map(|record| (record.revision.clone(), record.parents.clone())).collect();
    let leaves = delta::leaves(&named);
    Ok(Some((key, records.into_iter().filter(|record| leaves.contains(&record.revision)).map(Arc::new).collect())))
}

/// One record as it was written.
fn value(row: &Row<'_>) -> rusqlite::Result<Value> {
    let origin = records::origin(row, 1)?;
    let text = |at| -> rusqlite::Result<Value> {
        row.get::<_, Option<String>>(at)?.map_or(Ok(Value::Null), |text| parse_text(at, &text))
    };
    let mut record = json!({
        "v": row.get::<_, u16>(8)?,
        "object": row.get::<_, String>(0)?,
        "revision": RevisionId { origin, seq: row.get::<_, i64>(3)?.unsigned_abs() },
        "parents": text(6)?,
        "hlc": { "wall": row.get::<_, i64>(4)?, "logical": row.get::<_, u32>(5)? },
        "epoch": text(7)?,
        "document": text(9)?,
    });
    if let (Value::Object(extra), Some(fields)) = (text(10)?, record.as_object_mut()) {
        fields.extend(extra);
    }
    Ok(record)
}

fn stored(transaction: &Transaction<'_>, name: &RevisionId) -> rusqlite::Result<Option<Value>> {
    transaction
        .prepare_cached(&format!("SELECT {COLUMNS} FROM record WHERE node = ?1 AND store = ?2 AND seq = ?3"))?
        .query_row(params![name.origin.node.as_str(), name.origin.store.as_str(), signed(name.seq)?], value)
        .optional()
}

/// One frame's worth of what a node that holds `since` lacks.
pub(super) fn read(database: &Connection, since: &Vector, with_heads: bool) -> rusqlite::Result<Delta> {
    let holds = Vector(records::vector(database)?);
    let mut logs = BTreeMap::new();
    for (origin, _) in holds.0.iter().filter(|(origin, seq)| **seq > since.get(origin)) {
        logs.insert(origin.clone(), log(database, origin, delta::first_row(since, origin))?);
    }
    let cut = delta::cut(since, &holds, logs, members(database, since)?);
    let heads = if with_heads && cut.is_whole && is_pruned(database)? {
        let leaves = revisions(database)?.values().flat_map(|revisions| delta::leaves(revisions)).collect();
        Some(Heads::new(holds, leaves))
    } else {
        None
    };
    Ok(Delta { cut, heads })
}

fn log(database: &Connection, origin: &Origin, from: u64) -> rusqlite::Result<Vec<delta::Row<Value>>> {
    let mut statement = database.prepare_cached(&format!(
        "SELECT {COLUMNS}, length(document) FROM record WHERE node = ?1 AND store = ?2 AND seq >= ?3 ORDER BY seq LIMIT ?4"
    ))?;
    let limit = i64::try_from(delta::ROWS_READ).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![origin.node.as_str(), origin.store.as_str(), signed(from)?, limit], |row| {
        let bytes = row.get::<_, Option<i64>>(11)?.map_or(0, i64::unsigned_abs);
        Ok(delta::Row {
            seq: row.get::<_, i64>(3)?.unsigned_abs(),
            hlc: crate::model::time::Hlc { wall: row.get::<_, i64>(4)?.unsigned_abs(), logical: row.get(5)? },
            bytes: FRAME_OF_RECORD + usize::try_from(bytes).unwrap_or(usize::MAX / 2),
            item: value(row)?,
        })
    })?;
    rows.collect()
}

/// Records about members that a node with `since` lacks.
fn members(database: &Connection, since: &Vector) -> rusqlite::Result<BTreeMap<RevisionId, Value>> {
    let mut statement =
        database.prepare_cached(&format!("SELECT {COLUMNS} FROM record WHERE object >= 'member/' AND object < 'member0'"))?;
    let mut rows = statement.query([])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let name = RevisionId { origin: records::origin(row, 1)?, seq: row.get::<_, i64>(3)?.unsigned_abs() };
        if name.seq > since.get(&name.origin) {
            found.insert(name, value(row)?);
        }
    }
    Ok(found)
}

/// Whether any log has a hole.
fn is_pruned(database: &Connection) -> rusqlite::Result<bool> {
    database.query_row("SELECT (SELECT count(*) FROM record) < (SELECT coalesce(sum(seq), 0) FROM origin)", [], |row| row.get(0))
}
