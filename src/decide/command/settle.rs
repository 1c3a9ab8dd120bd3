//! What does ending a conflict change? The chosen leaf is written once more, above all leaves.

use crate::model::command::{Accepted, Refusal, RefusalKind};
use crate::model::document::Document;
use crate::model::record::{Concern, Draft, ObjectKey, RevisionId};
use crate::model::world::{App, World};

use super::settings::with_deployment;
use super::{Asker, Verdict, repeated};
use crate::decide::conflict;

pub(super) fn settle(world: &World, asker: Asker<'_>, object: &ObjectKey, revision: &RevisionId) -> Verdict {
    let app = match object {
        ObjectKey::App(app, _) | ObjectKey::Secret(app, _) => Some(app),
        _ => None,
    };
    if let Some(accepted) = app.and_then(|app| repeated(world, asker, app)) {
        return Ok((Vec::new(), accepted));
    }
    let open = conflict::conflicts(world).into_iter().find(|conflict| conflict.object == *object);
    let leaf = world.leaves.get(object).and_then(|leaves| leaves.iter().find(|leaf| leaf.revision == *revision));
    let (Some(open), Some(leaf)) = (open, leaf) else {
        return Err(Refusal::new(
            RefusalKind::NotFound,
            format!("there is no such conflict about {object}; it was settled already, or something newer was set"),
            Some("Look at the conflicts again: kraken conflicts.".to_owned()),
        ));
    };
    if leaf.document == Some(Document::Unknown) {
        return Err(Refusal::new(
            RefusalKind::Invalid,
            "that change was made by a newer Kraken and cannot be put in force by this one".to_owned(),
            Some("Update this machine, or settle the conflict on the newer one.".to_owned()),
        ));
    }
    let drafts = vec![Draft { object: object.clone(), document: leaf.document.clone() }];
    let done =
        Accepted { app: app.cloned(), deployment: None, copies: 1, queued: None, says: format!("{} is settled", open.what) };
    let known = app.and_then(|id| world.apps.get(id).map(|app| (id, app)));
    let Some((id, known)) = known.filter(|(_, app)| app.is_listed()) else { return Ok((drafts, done)) };
    let changed = with_leaf(known, object, leaf.document.as_ref());
    if changed.env == known.env && changed.secrets == known.secrets {
        return Ok((drafts, done));
    }
    Ok(with_deployment(world, asker, id, &changed, drafts, "a conflict was settled"))
}

/// The app as it is with that leaf, as far as a deployment brings it into force.
fn with_leaf(app: &App, object: &ObjectKey, document: Option<&Document>) -> App {
    let mut changed = app.clone();
    match (object, document) {
        (ObjectKey::App(_, Concern::Env), Some(Document::AppEnv(env))) => changed.env = env.clone(),
        (ObjectKey::App(_, Concern::Env), _) => changed.env.set.clear(),
        (ObjectKey::Secret(_, name), Some(Document::Secret(sealed))) => {
            drop(changed.secrets.insert(name.clone(), sealed.clone()))
        }
        (ObjectKey::Secret(_, name), _) => drop(changed.secrets.remove(name)),
        _ => {}
    }
    changed
}
