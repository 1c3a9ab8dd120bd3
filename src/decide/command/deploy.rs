//! What does asking for another version change?

use crate::model::command::{Deploy, Refusal, RefusalKind};
use crate::model::deployment::{Cause, Deployment, Progress};
use crate::model::document::{AppEnv, AppPlace, AppSource, Document, Source, Wanted};
use crate::model::id::{AppId, VersionId};
use crate::model::record::{Concern, Draft, ObjectKey};
use crate::model::source::{Commit, Reference};
use crate::model::world::{App, World};

use super::{Asker, Verdict, accepted, draft_of, listed, repeated, requested, wanted};

/// Same name again: the same repository is an update, another one a clash.
pub(super) fn deploy(world: &World, asker: Asker<'_>, deploy: Deploy) -> Verdict {
    let id = deploy.app.clone();
    if let Some(accepted) = repeated(world, asker, &id) {
        return Ok((Vec::new(), accepted));
    }
    refuse_buried(world, &id)?;
    let before = world.apps.get(&id).map(|app| &**app).filter(|app| app.is_listed());
    if let Some(source) = before.and_then(|app| app.source.as_ref()) {
        refuse_clash(&id, &source.source, &deploy.source)?;
    }
    if let Some(node) = &deploy.node {
        super::place::refuse_misfit(world, &id, node)?;
    }
    let cause = if before.is_some_and(|app| world.current(app).is_some()) { Cause::Update } else { Cause::Deploy };
    let mut deployment = requested(world, asker, &id, cause, format!("{} asked for {}", asker.name(), place(&deploy.source)));
    deployment.commit = deploy.commit.clone().or_else(|| pinned(&deploy.source));
    let deployment_id = deployment.id;
    let mut drafts = source_drafts(world, before, deploy);
    drafts.push(wanted(&id, Wanted::On, world, asker));
    drafts.push(draft_of(deployment));
    Ok((drafts, accepted(&id, Some(deployment_id), format!("{id} is being deployed"))))
}

/// A destroyed app keeps its name while it is on its way out or in the trash: its versions and data must not mix with another's.
fn refuse_buried(world: &World, id: &AppId) -> Result<(), Refusal> {
    let next = match world.apps.get(id).map(|app| app.wanted()) {
        Some(Wanted::Destroyed) => {
            format!("Restore it (kraken restore {id}), delete it for good (kraken destroy {id} --now), or take another name.")
        }
        Some(Wanted::Purged) => "Wait until it is gone, a few seconds, then deploy again.".to_owned(),
        _ => return Ok(()),
    };
    Err(Refusal::new(RefusalKind::Conflict, format!("an app {id} was destroyed and is not gone yet"), Some(next)))
}

fn refuse_clash(id: &AppId, there: &Source, asked: &Source) -> Result<(), Refusal> {
    let is_same = match (there, asked) {
        (Source::Git { url: a, root: c, .. }, Source::Git { url: b, root: d, .. }) => a.identity() == b.identity() && c == d,
        (Source::Upload { .. }, Source::Upload { .. }) => true,
        _ => false,
    };
    if is_same {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalKind::Conflict,
        format!("there is an app {id} already, from {}", place(there)),
        Some(format!("Give this one another name (--name {id}-2), or destroy the other one first.")),
    ))
}

/// The source, and the settings that come with the wish.
fn source_drafts(world: &World, before: Option<&App>, deploy: Deploy) -> Vec<Draft> {
    let id = deploy.app;
    let known = before.and_then(|app| app.source.as_ref());
    let source = AppSource {
        name: deploy.name,
        source: deploy.source,
        manifest: deploy.manifest.or_else(|| known.and_then(|source| source.manifest.clone())),
        created_at: known.map_or(world.wall, |source| source.created_at),
    };
    let mut drafts = Vec::new();
    if known != Some(&source) {
        drafts.push(app_draft(&id, Concern::Source, Document::AppSource(source)));
    }
    if !deploy.env.is_empty() {
        let mut env = before.map(|app| app.env.set.clone()).unwrap_or_default();
        env.extend(deploy.env);
        drafts.push(app_draft(&id, Concern::Env, Document::AppEnv(AppEnv { set: env })));
    }
    if let Some(node) = deploy.node {
        drafts.push(app_draft(&id, Concern::Place, Document::AppPlace(AppPlace { node: Some(node) })));
    }
    drafts.extend(
        deploy.secrets.into_iter().map(|(name, sealed)| Draft {
            object: ObjectKey::Secret(id.clone(), name),
            document: Some(Document::Secret(sealed)),
        }),
    );
    drafts
}

pub(super) fn app_draft(id: &AppId, concern: Concern, document: Document) -> Draft {
    Draft { object: ObjectKey::App(id.clone(), concern), document: Some(document) }
}

/// Where a source is, for people.
fn place(source: &Source) -> String {
    match source {
        Source::Git { url, reference, .. } => format!("{reference} of {url}"),
        Source::Upload { digest, .. } => format!("an uploaded folder ({})", digest.get(..12).unwrap_or(digest)),
    }
}

/// The commit a source names by itself.
fn pinned(source: &Source) -> Option<Commit> {
    match source {
        Source::Git { reference: Reference::Commit { id }, .. } => Some(id.clone()),
        Source::Git { .. } => None,
        Source::Upload { digest, .. } => digest.parse().ok(),
    }
}

pub(super) fn update(world: &World, asker: Asker<'_>, id: &AppId, commit: Option<Commit>) -> Verdict {
    let app = listed(world, id)?;
    if let Some(accepted) = repeated(world, asker, id) {
        return Ok((Vec::new(), accepted));
    }
    let source = app.source.as_ref().map(|source| &source.source);
    if let (Some(Source::Upload { .. }), None) = (source, &commit) {
        return Err(Refusal::new(
            RefusalKind::Invalid,
            format!("{id} came from a folder, so there is no newer commit to look for"),
            Some("Deploy the folder again: kraken deploy DIR.".to_owned()),
        ));
    }
    let from = source.map(place).unwrap_or_default();
    let mut deployment = requested(world, asker, id, Cause::Update, format!("{} asked for the newest of {from}", asker.name()));
    deployment.commit = commit.or_else(|| source.and_then(pinned));
    let says = format!("{id} is being updated");
    finish(world, asker, deployment, says)
}

pub(super) fn rollback(world: &World, asker: Asker<'_>, id: &AppId, version: &VersionId) -> Verdict {
    let app = listed(world, id)?;
    if let Some(accepted) = repeated(world, asker, id) {
        return Ok((Vec::new(), accepted));
    }
    let Some(kept) = world.versions.get(version).filter(|kept| kept.app == *id) else {
        return Err(Refusal::new(
            RefusalKind::NotFound,
            format!("{id} has no version {version} any more"),
            Some(format!("See which are kept: kraken versions {id}.")),
        ));
    };
    let why = format!("{} asked to go back to v{}", asker.name(), kept.number);
    let mut deployment = requested(world, asker, id, Cause::Rollback, why);
    deployment.commit = Some(kept.commit.clone());
    deployment.version = Some(version.clone());
    deployment.settings = Some(crate::decide::validate::settings(app, &kept.manifest));
    let data = if kept.manifest.volumes.is_empty() { "" } else { "; its data is not rolled back" };
    let says = format!("{id} goes back to v{}{data}", kept.number);
    finish(world, asker, deployment, says)
}

/// The version that serves, else the last one tried; a source that never got as far as a version is looked at anew.
pub(super) fn restart(world: &World, asker: Asker<'_>, id: &AppId) -> Verdict {
    let app = listed(world, id)?;
    if let Some(accepted) = repeated(world, asker, id) {
        return Ok((Vec::new(), accepted));
    }
    let last = world.deployments_of(app).next_back();
    let mut deployment = requested(world, asker, id, Cause::Restart, format!("{} asked for it once more", asker.name()));
    if let Some(last) = last {
        deployment.commit = last.commit.clone();
        if let Some(version) = world.version_of(last) {
            deployment.version = Some(version.id.clone());
            deployment.settings = Some(crate::decide::validate::settings(app, &version.manifest));
        }
    }
    let says = format!("{id} is being deployed again");
    finish(world, asker, deployment, says)
}

fn finish(world: &World, asker: Asker<'_>, deployment: Deployment, says: String) -> Verdict {
    debug_assert!(matches!(deployment.progress, Progress::UnderWay));
    let (id, deployment_id) = (deployment.app.clone(), deployment.id);
    let mut drafts = vec![draft_of(deployment)];
    if world.apps.get(&id).is_some_and(|app| app.wanted() != Wanted::On) {
        drafts.push(wanted(&id, Wanted::On, world, asker));
    }
    Ok((drafts, accepted(&id, Some(deployment_id), says)))
}
