//! What is kept, and what goes? Old versions, the ledger of deployments, apps whose trash is over.

use std::collections::BTreeSet;

use crate::model::deployment::Progress;
use crate::model::document::{Document, Volume, VolumeState, Wanted};
use crate::model::id::{AppId, VersionId};
use crate::model::record::{Concern, Draft, ObjectKey};
use crate::model::world::{App, World};

/// How many failed, and how many aborted, deployments of an app are kept; also how many that went well.
pub const LEDGER: usize = 100;

/// What of an app that lives is not kept any longer.
#[must_use]
pub fn expired(world: &World, app: &App) -> Vec<Draft> {
    let mut drafts = old_deployments(world, app);
    if world.open(app).is_none() {
        drafts.extend(old_versions(world, app).into_iter().map(|version| gone(ObjectKey::Version(version))));
    }
    drafts
}

/// Versions beyond the newest `keep` and older than their age; current and previous ones always stay.
#[must_use]
pub fn old_versions(world: &World, app: &App) -> Vec<VersionId> {
    let Some(current) = world.current(app) else { return Vec::new() };
    let Some(keep) = world.version_of(current).map(|version| version.manifest.deploy.keep) else { return Vec::new() };
    let previous = world.deployments_of(app).rev().filter(|deployment| deployment.is_done()).nth(1);
    let used: BTreeSet<&VersionId> =
        [Some(current), previous].into_iter().flatten().filter_map(|deployment| deployment.version.as_ref()).collect();
    let age_ms = u64::try_from(keep.age.as_millis()).unwrap_or(u64::MAX);
    let others = app.versions.iter().rev().filter(|version| !used.contains(version));
    others
        .skip(keep.versions as usize)
        .filter(|id| world.versions.get(*id).is_some_and(|version| world.wall.millis_since(version.created_at) > age_ms))
        .cloned()
        .collect()
}

/// Deployments beyond the ledger of their kind; the current one always stays.
fn old_deployments(world: &World, app: &App) -> Vec<Draft> {
    let current = world.current(app).map(|current| current.id);
    let (mut failed, mut aborted, mut done) = (0, 0, 0);
    let mut drafts = Vec::new();
    for deployment in world.deployments_of(app).rev() {
        let count = match deployment.progress {
            Progress::Failed(_) => &mut failed,
            Progress::Aborted { .. } => &mut aborted,
            Progress::Done { .. } => &mut done,
            Progress::UnderWay | Progress::Waiting(_) => continue,
        };
        *count += 1;
        if *count > LEDGER && Some(deployment.id) != current {
            drafts.push(gone(ObjectKey::Deployment(deployment.id)));
        }
    }
    drafts
}

/// The end of a destroyed app: once nothing of it runs, it waits in the trash for as long as a volume does, then all goes.
#[must_use]
pub fn buried(world: &World, id: &AppId, app: &App) -> Vec<Draft> {
    let is_gone = matches!(app.wanted(), Wanted::Destroyed | Wanted::Purged);
    if !is_gone || world.replicas_of(id).next().is_some() || world.volumes_of(id).any(holds) {
        return Vec::new();
    }
    let mut drafts: Vec<Draft> = Concern::ALL
        .into_iter()
        .map(|(concern, _)| ObjectKey::App(id.clone(), concern))
        .chain(app.secrets.keys().map(|name| ObjectKey::Secret(id.clone(), name.clone())))
        .chain(app.versions.iter().cloned().map(ObjectKey::Version))
        .chain(app.deployments.iter().copied().map(ObjectKey::Deployment))
        .filter(|object| world.head(object).is_some_and(|head| !head.is_tombstone()))
        .map(gone)
        .collect();
    drafts.dedup_by(|a, b| a.object == b.object);
    drafts
}

/// Whether a volume keeps its app's records from going.
fn holds(volume: &Volume) -> bool {
    match volume.state {
        VolumeState::Kept | VolumeState::Trash { .. } => true,
        VolumeState::Deleting => false,
    }
}

/// A volume whose Docker volume is deleted.
#[must_use]
pub fn volume_gone(volume: &crate::model::id::VolumeId) -> Draft {
    gone(ObjectKey::Volume(volume.clone()))
}

fn gone(object: ObjectKey) -> Draft {
    Draft { object, document: None::<Document> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;
    use crate::model::command::Command;
    use crate::model::time::WallTime;

    const DAY: u64 = 86_400_000;

    #[test]
    fn an_old_version_that_serves_is_kept_and_an_unused_one_is_purged_after_its_days() {
        let mut world = sample::world();
        for _ in 0..7 {
            sample::deploy_done(&mut world, "web", 3000);
        }
        let app = world.apps[&sample::app()].clone();
        assert!(old_versions(&world, &app).is_empty(), "younger than seven days");
        world.wall = WallTime(world.wall.0 + 8 * DAY);
        let old = old_versions(&world, &app);
        assert_eq!(old.len(), 2, "current, previous and three more are kept");
        assert!(!old.contains(app.versions.last().unwrap()));
    }

    #[test]
    fn the_hundred_and_first_failure_makes_the_oldest_go() {
        let mut world = sample::world();
        for _ in 0..=LEDGER {
            sample::deploy_failed(&mut world, "web");
        }
        let app = world.apps[&sample::app()].clone();
        let drafts = old_deployments(&world, &app);
        assert_eq!(drafts.len(), 1);
        assert_eq!(drafts[0].object, ObjectKey::Deployment(app.deployments[0]));
    }

    #[test]
    fn a_destroyed_app_is_forgotten_only_when_nothing_of_it_runs() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        sample::ask(&mut world, Command::Destroy { app: sample::app(), with_volumes: false });
        let app = world.apps[&sample::app()].clone();
        assert!(buried(&world, &sample::app(), &app).is_empty());
        sample::remove_replicas(&mut world, "web");
        let drafts = buried(&world, &sample::app(), &app);
        sample::write(&mut world, drafts);
        assert!(world.apps.is_empty() && world.versions.is_empty() && world.deployments.is_empty());
    }
}
