//! Who changed what, and from where? The last 20,000 changes.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::records::signed;
use crate::model::time::WallTime;

/// Entries kept.
const KEPT: i64 = 20_000;

/// Entries of one page at most.
const PAGE: u32 = 500;

/// Characters of one text at most: nobody fills the disk through the log that watches them.
const LONGEST: usize = 500;

/// One change somebody made or was refused. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: WallTime,
    /// Who ("session", "local root", "token ci").
    pub by: String,
    /// What was asked ("deploy", "set secret").
    pub verb: String,
    /// Of what ("web", "web/API_KEY").
    pub object: String,
    /// What came of it ("done", "refused").
    pub outcome: String,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// An entry and its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// Counts up by one per entry.
    pub row: u64,
    /// What happened.
    #[serde(flatten)]
    pub entry: AuditEntry,
}

impl AuditEntry {
    /// Something Kraken did or found by itself.
    #[must_use]
    pub fn of_kraken(at: WallTime, object: String, says: String) -> Self {
        let (by, verb, outcome) = ("kraken".to_owned(), "note".to_owned(), "done".to_owned());
        Self { at, by, verb, object, outcome, detail: Some(says) }
    }

    fn shortened(&self) -> Self {
        let short = |text: &String| text.chars().take(LONGEST).collect();
        Self {
            at: self.at,
            by: short(&self.by),
            verb: short(&self.verb),
            object: short(&self.object),
            outcome: short(&self.outcome),
            detail: self.detail.as_ref().map(short),
        }
    }
}

/// Adds an entry, and answers its row; the oldest goes when there are too many.
pub(super) fn append(database: &mut Connection, entry: &AuditEntry) -> rusqlite::Result<u64> {
    let text =
        serde_json::to_string(&entry.shortened()).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let transaction = database.transaction()?;
    transaction.prepare_cached("INSERT INTO audit (at, entry) VALUES (?1, ?2)")?.execute(params![signed(entry.at.0)?, text])?;
    let row = transaction.last_insert_rowid();
    transaction.prepare_cached("DELETE FROM audit WHERE id <= ?1")?.execute([row - KEPT])?;
    transaction.commit()?;
    Ok(row.unsigned_abs())
}

/// Entries before row `before`, the newest first.
pub(super) fn page(database: &Connection, before: Option<u64>, limit: u32) -> rusqlite::Result<Vec<AuditRow>> {
    let before = before.and_then(|row| i64::try_from(row).ok()).unwrap_or(i64::MAX);
    let mut statement = database.prepare_cached("SELECT id, entry FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2")?;
    let rows = statement.query_map(params![before, limit.min(PAGE)], |row| {
        let text: String = row.get(1)?;
        let entry = serde_json::from_str(&text)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error)))?;
        Ok(AuditRow { row: row.get::<_, i64>(0)?.unsigned_abs(), entry })
    })?;
    rows.collect()
}
