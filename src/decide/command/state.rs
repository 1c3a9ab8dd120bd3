//! What do settings of the layers above, and an imported state, change?

use std::collections::BTreeMap;

use crate::model::command::{Accepted, Refusal, RefusalKind};
use crate::model::document::Document;
use crate::model::record::{Draft, ObjectKey};

use super::Verdict;
use crate::model::world::World;

/// Sessions, tokens, pinned host keys: only `setting/…`, so that no other wish goes past its rules.
pub(super) fn put(drafts: Vec<Draft>) -> Verdict {
    if let Some(draft) = drafts.iter().find(|draft| !matches!(draft.object, ObjectKey::Setting(_))) {
        return Err(Refusal::new(RefusalKind::Invalid, format!("{} is not a setting", draft.object), None));
    }
    Ok((drafts, Accepted { app: None, deployment: None, copies: 1, queued: None, says: "saved".to_owned() }))
}

/// The same values under a newer key: whoever changed one meanwhile was first.
pub(super) fn reseal(world: &World, values: BTreeMap<ObjectKey, (Document, Document)>) -> Verdict {
    let is_seal = |document: &Document| matches!(document, Document::Secret(_) | Document::Setting(_));
    let stands = |object: &ObjectKey, old: &Document| world.head(object).and_then(|head| head.document.as_ref()) == Some(old);
    let drafts: Vec<Draft> = values
        .into_iter()
        .filter(|(object, (old, new))| stands(object, old) && is_seal(old) && is_seal(new))
        .map(|(object, (_, new))| Draft { object, document: Some(new) })
        .collect();
    let says = format!("{} values sealed anew", drafts.len());
    Ok((drafts, Accepted { app: None, deployment: None, copies: 1, queued: None, says }))
}

pub(super) fn import(documents: BTreeMap<ObjectKey, Document>) -> Verdict {
    let count = documents.len();
    let drafts = documents.into_iter().map(|(object, document)| Draft { object, document: Some(document) }).collect();
    let says = format!("{count} objects taken over; the apps among them are being brought to that state");
    Ok((drafts, Accepted { app: None, deployment: None, copies: 1, queued: None, says }))
}
