//! What do on, off, destroy and restore change?

use crate::model::command::{Accepted, Refusal, RefusalKind};
use crate::model::deployment::Cause;
use crate::model::document::{Document, Volume, VolumeState, Wanted};
use crate::model::id::{AppId, DeploymentId, VolumeId};
use crate::model::record::{Draft, ObjectKey};
use crate::model::world::World;

use super::{Asker, Verdict, accepted, draft_of, listed, repeated, requested, wanted};

/// How long a destroyed app's volumes stay restorable.
pub const TRASH_DAYS: u64 = 7;

pub(super) fn turn_on(world: &World, asker: Asker<'_>, id: &AppId) -> Verdict {
    let app = listed(world, id)?;
    if app.wanted() == Wanted::On {
        return Ok((Vec::new(), accepted(id, None, format!("{id} is on already"))));
    }
    let mut drafts = vec![wanted(id, Wanted::On, world, asker)];
    let mut deployment_id = None;
    if let Some(version) = world.current(app).and_then(|current| world.version_of(current)) {
        let settings = crate::decide::validate::settings(app, &version.manifest);
        if world.current(app).and_then(|current| current.settings.as_ref()) != Some(&settings) {
            let why = "its settings changed while it was off".to_owned();
            let mut deployment = requested(world, asker, id, Cause::Settings, why);
            deployment.commit = Some(version.commit.clone());
            deployment.version = Some(version.id.clone());
            deployment.settings = Some(settings);
            deployment_id = Some(deployment.id);
            drafts.push(draft_of(deployment));
        }
    } else {
        let deployment = requested(world, asker, id, Cause::Deploy, format!("{} turned it on", asker.name()));
        deployment_id = Some(deployment.id);
        drafts.push(draft_of(deployment));
    }
    Ok((drafts, accepted(id, deployment_id, format!("{id} is starting"))))
}

pub(super) fn turn_off(world: &World, asker: Asker<'_>, id: &AppId) -> Verdict {
    let app = listed(world, id)?;
    if app.wanted() == Wanted::Off {
        return Ok((Vec::new(), accepted(id, None, format!("{id} is off already"))));
    }
    Ok((vec![wanted(id, Wanted::Off, world, asker)], accepted(id, None, format!("{id} is stopping; its data is kept"))))
}

pub(super) fn destroy(world: &World, asker: Asker<'_>, id: &AppId, with_volumes: bool) -> Verdict {
    if !world.apps.contains_key(id) {
        listed(world, id)?;
    }
    let state = if with_volumes { Wanted::Purged } else { Wanted::Destroyed };
    let fate = if with_volumes {
        VolumeState::Deleting
    } else {
        VolumeState::Trash { at: world.wall, until: world.wall.after(std::time::Duration::from_secs(TRASH_DAYS * 86_400)) }
    };
    let mut drafts = vec![wanted(id, state, world, asker)];
    let mut volumes = 0;
    for volume in world.volumes_of(id).filter(|volume| volume.state == VolumeState::Kept || with_volumes) {
        drafts.push(volume_draft(volume, fate));
        volumes += 1;
    }
    let says = match (volumes, with_volumes) {
        (0, _) => format!("{id} is being destroyed"),
        (_, true) => format!("{id} is being destroyed with its data"),
        (_, false) => format!("{id} is being destroyed; its data stays in the trash for {TRASH_DAYS} days"),
    };
    Ok((drafts, accepted(id, None, says)))
}

fn volume_draft(volume: &Volume, state: VolumeState) -> Draft {
    let changed = Volume { state, ..volume.clone() };
    Draft { object: ObjectKey::Volume(volume.id.clone()), document: Some(Document::Volume(changed)) }
}

pub(super) fn restore(world: &World, asker: Asker<'_>, id: &AppId) -> Verdict {
    if let Some(accepted) = repeated(world, asker, id) {
        return Ok((Vec::new(), accepted));
    }
    let gone = world.apps.get(id).filter(|app| app.source.is_some() && app.wanted() == Wanted::Destroyed);
    let Some(app) = gone else {
        let because = match world.apps.get(id) {
            Some(app) if app.is_listed() => format!("{id} was not destroyed"),
            _ => format!("{id} is not in the trash"),
        };
        return Err(Refusal::new(RefusalKind::NotFound, because, Some("See the trash in Settings.".to_owned())));
    };
    let mut drafts = vec![wanted(id, Wanted::On, world, asker)];
    for volume in world.volumes_of(id).filter(|volume| matches!(volume.state, VolumeState::Trash { .. })) {
        drafts.push(volume_draft(volume, VolumeState::Kept));
    }
    let why = format!("{} brought it back from the trash", asker.name());
    let mut deployment = requested(world, asker, id, Cause::Restore, why);
    let last = world.current(app).or_else(|| world.deployments_of(app).next_back());
    if let Some(last) = last {
        deployment.commit = last.commit.clone();
        if let Some(version) = world.version_of(last) {
            deployment.version = Some(version.id.clone());
            deployment.settings = Some(crate::decide::validate::settings(app, &version.manifest));
        }
    }
    let deployment_id = deployment.id;
    drafts.push(draft_of(deployment));
    Ok((drafts, accepted(id, Some(deployment_id), format!("{id} is coming back"))))
}

pub(super) fn abort(world: &World, asker: Asker<'_>, id: DeploymentId) -> Verdict {
    let Some(deployment) = world.deployments.get(&id) else {
        return Err(Refusal::new(RefusalKind::NotFound, format!("there is no deployment {id}"), None));
    };
    if !deployment.is_open() {
        return Err(Refusal::new(
            RefusalKind::Conflict,
            "this deployment has ended already".to_owned(),
            Some(format!("See how: kraken status {}.", deployment.app)),
        ));
    }
    let mut aborted = (**deployment).clone();
    aborted.abort(world.wall, format!("{} cancelled it", asker.name()));
    let says = format!("the deployment of {} is cancelled", aborted.app);
    let app = aborted.app.clone();
    Ok((vec![draft_of(aborted)], accepted(&app, Some(id), says)))
}

pub(super) fn delete_volume(world: &World, id: &VolumeId) -> Verdict {
    match world.volumes.get(id) {
        None => Err(Refusal::new(RefusalKind::NotFound, format!("there is no volume {id}"), None)),
        Some(volume) if volume.state == VolumeState::Kept => Err(Refusal::new(
            RefusalKind::Conflict,
            format!("volume {} is in use by {}", volume.name, volume.app),
            Some(format!("Destroy the app first: kraken destroy {}.", volume.app)),
        )),
        Some(volume) => Ok((
            vec![volume_draft(volume, VolumeState::Deleting)],
            Accepted {
                app: Some(volume.app.clone()),
                deployment: None,
                copies: 1,
                queued: None,
                says: format!("volume {} of {} is being deleted for good", volume.name, volume.app),
            },
        )),
    }
}
