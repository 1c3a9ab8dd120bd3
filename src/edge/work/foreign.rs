//! How do records come from and go to other nodes? Through the disk, one frame at a time.

use serde_json::Value;

use super::{Tools, trouble};
use crate::edge::store::AuditEntry;
use crate::model::action::Note;
use crate::model::event::{BatchId, Event};
use crate::model::frame::{Frame, Heads};
use crate::model::id::NodeId;
use crate::model::vector::Vector;

/// Writes what another node sent.
pub(super) async fn store(tools: &Tools, batch: BatchId, records: Vec<Value>, upto: Vector, heads: Option<Heads>) {
    match tools.store.take(records, upto.clone(), heads).await {
        Ok(taken) => {
            tools.tell(Event::Persisted { batch, records: taken.new, upto }).await;
            if !taken.relisted.is_empty() || !taken.ends.0.is_empty() {
                tools.tell(Event::Relisted { leaves: taken.relisted, ends: taken.ends }).await;
            }
        }
        Err(error) => {
            let because = trouble::chain(&error);
            tracing::error!(%because, "records of another node could not be written");
            tools.tell(Event::PersistFailed { batch, because }).await;
        }
    }
}

/// Sends `to` one frame of what it lacks.
pub(super) async fn send_delta(tools: &Tools, to: NodeId, since: Vector, with_heads: bool) {
    let nothing = |is_whole| (Vector::default(), is_whole);
    let (upto, is_whole) = match tools.store.delta(since, with_heads).await {
        Ok(delta) if delta.cut.upto.0.is_empty() && delta.heads.is_none() => nothing(delta.cut.is_whole),
        Ok(delta) => {
            let (upto, is_whole) = (delta.cut.upto.clone(), delta.cut.is_whole);
            let (since, records, heads) = (delta.cut.since, delta.cut.items, delta.heads);
            match tools.switchboard.deliver(&to, Frame::Records { since, upto: delta.cut.upto, records, heads }).await {
                Ok(()) => (upto, is_whole),
                Err(error) => {
                    tracing::warn!(%to, because = %trouble::chain(&error), "records could not be sent; they are sent again");
                    nothing(false)
                }
            }
        }
        Err(error) => {
            tracing::error!(because = %trouble::chain(&error), "records for another node could not be read");
            nothing(false)
        }
    };
    tools.tell(Event::DeltaSent { to, upto, is_whole }).await;
}

/// Tells people.
pub(super) async fn note(tools: &Tools, note: Note) {
    match note {
        Note::Log(says) => tracing::warn!(%says, "noted"),
        Note::Event { object, says } => {
            tracing::warn!(%object, %says, "noted");
            let entry = AuditEntry::of_kraken(crate::edge::clock::wall(), object, says);
            if let Err(error) = tools.store.audit(entry).await {
                tracing::warn!(because = %trouble::chain(&error), "the log of changes could not be written");
            }
        }
    }
}
