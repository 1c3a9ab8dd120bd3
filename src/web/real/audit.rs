//! Where does the log of changes go? Into the database, its oldest entries leaving.

use futures_util::future::BoxFuture;

use crate::edge::clock;
use crate::edge::store::{AuditEntry as Row, Store};
use crate::edge::work::chain;
use crate::web::ports::{Audit, Deed, Trouble};
use crate::web::view::{AuditEntry, Moment};

use super::internal;

/// Ids are greater as text for later entries: numbers of equal length.
const DIGITS: usize = 12;

/// The audit log of the database.
pub struct RealAudit(pub Store);

impl Audit for RealAudit {
    fn append(&self, deed: Deed) -> BoxFuture<'_, AuditEntry> {
        Box::pin(async move {
            let at = clock::wall();
            let row = Row {
                at,
                by: deed.who.clone(),
                verb: deed.verb.clone(),
                object: deed.object.clone(),
                outcome: deed.outcome.clone(),
                detail: deed.detail.clone(),
            };
            let id = match self.0.audit(row).await {
                Ok(id) => id,
                Err(error) => {
                    tracing::error!(because = %chain(&error), "the log of changes could not be written");
                    0
                }
            };
            entry(id, at, deed)
        })
    }

    fn page(&self, limit: usize, before: Option<String>) -> BoxFuture<'_, Result<Vec<AuditEntry>, Trouble>> {
        Box::pin(async move {
            let before = before.map(|id| id.parse::<u64>()).transpose();
            let before = before.map_err(|_| Trouble {
                slug: "invalid",
                status: 422,
                because: "\"before\" is not the id of an entry.".to_owned(),
                next: None,
            })?;
            let rows = self.0.audit_page(before, u32::try_from(limit).unwrap_or(u32::MAX)).await;
            let rows = rows.map_err(|error| internal(chain(&error)))?;
            Ok(rows
                .into_iter()
                .map(|row| {
                    let of = row.entry;
                    let deed = Deed { who: of.by, verb: of.verb, object: of.object, outcome: of.outcome, detail: of.detail };
                    entry(row.row, of.at, deed)
                })
                .collect())
        })
    }
}

fn entry(id: u64, at: crate::model::time::WallTime, deed: Deed) -> AuditEntry {
    AuditEntry {
        id: format!("{id:0DIGITS$}"),
        at: Moment(at),
        who: deed.who,
        verb: deed.verb,
        object: deed.object,
        outcome: deed.outcome,
        detail: deed.detail,
    }
}
