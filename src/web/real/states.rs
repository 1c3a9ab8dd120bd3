//! How does the whole state leave and come back? As one document, checked before it is taken.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use crate::edge::clock;
use crate::edge::snapshot::{self, ExportStateError, ImportStateError};
use crate::edge::states;
use crate::edge::work::{Tools, chain};
use crate::model::document::Document;
use crate::model::record::ObjectKey;
use crate::web::ports::{Leaves, Secret, States, Trouble};

use super::internal;

/// The state of this node's database.
pub struct RealStates(pub Tools);

impl States for RealStates {
    fn export(&self, leaves: Leaves, passphrase: Option<Secret>) -> BoxFuture<'_, Result<String, Trouble>> {
        Box::pin(async move {
            let heads = leaves.values().filter_map(|leaves| leaves.first()).map(|head| head.revision.clone()).collect();
            let documents = self.0.store.documents(heads).await.map_err(|error| internal(chain(&error)))?;
            let state = snapshot::export((&self.0.platform, &self.0.node, clock::wall()), &leaves, &documents);
            let Some(passphrase) = passphrase else { return Ok(state.to_json()) };
            let sealer = std::sync::Arc::clone(&self.0.sealer);
            // argon2 takes a second of a processor.
            let locked = tokio::task::spawn_blocking(move || state.with_secrets(&sealer, &passphrase.0));
            let locked = locked.await.map_err(internal)?;
            locked.map(|state| state.to_json()).map_err(|error| match error {
                ExportStateError::ShortPassphrase => invalid(&ExportStateError::ShortPassphrase),
                other => internal(chain(&other)),
            })
        })
    }

    fn check(&self, text: String, passphrase: Option<Secret>) -> BoxFuture<'_, Result<BTreeMap<ObjectKey, Document>, Trouble>> {
        Box::pin(async move {
            let sealer = std::sync::Arc::clone(&self.0.sealer);
            let checked = tokio::task::spawn_blocking(move || {
                snapshot::check(&text, &sealer, passphrase.as_ref().map(|passphrase| passphrase.0.as_str()), clock::wall())
            });
            checked.await.map_err(internal)?.map_err(|error: ImportStateError| invalid(&error))
        })
    }

    fn keep(&self, why: &'static str, document: String) -> BoxFuture<'_, Result<(), Trouble>> {
        Box::pin(async move {
            let data = self.0.data.clone();
            let kept = tokio::task::spawn_blocking(move || states::keep(&data, clock::wall(), why, document.as_bytes()));
            kept.await.map_err(internal)?.map(|_| ()).map_err(|error| internal(chain(&error)))
        })
    }
}

fn invalid(error: &(dyn std::error::Error + 'static)) -> Trouble {
    Trouble { slug: "bad-state", status: 422, because: format!("{}.", chain(error)), next: None }
}
