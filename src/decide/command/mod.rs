//! What does a wish change? A command becomes drafts of records, or is refused; nothing else happens here.

mod asker;
mod deploy;
mod life;
mod members;
mod place;
mod settings;
mod settle;
mod state;

pub use asker::{Asker, who};
pub use members::{lead_anyway, order};

use crate::model::command::{Accepted, Command, Refusal, RefusalKind};
use crate::model::deployment::{Cause, Deployment, Phase, Progress};
use crate::model::document::{AppWanted, Document, Wanted};
use crate::model::id::{AppId, DeploymentId};
use crate::model::record::{Concern, Draft, ObjectKey};
use crate::model::world::{App, World};

/// What a command leads to.
type Verdict = Result<(Vec<Draft>, Accepted), Refusal>;

/// Decides `command` against `world`.
///
/// # Errors
/// A refusal says what is wrong and what to do; nothing changes then.
pub fn decide(world: &World, asker: Asker<'_>, command: Command) -> Verdict {
    match command {
        Command::Deploy(deploy) => deploy::deploy(world, asker, *deploy),
        Command::Update { app, commit } => deploy::update(world, asker, &app, commit),
        Command::Rollback { app, version } => deploy::rollback(world, asker, &app, &version),
        Command::Restart { app } => deploy::restart(world, asker, &app),
        Command::TurnOn { app } => life::turn_on(world, asker, &app),
        Command::TurnOff { app } => life::turn_off(world, asker, &app),
        Command::Destroy { app, with_volumes } => life::destroy(world, asker, &app, with_volumes),
        Command::Restore { app } => life::restore(world, asker, &app),
        Command::SetEnv { app, set, reset } => settings::set_env(world, asker, &app, set, &reset),
        Command::SetSecret { app, name, value } => settings::set_secret(world, asker, &app, &name, value),
        Command::SetScale { app, replicas } => settings::set_scale(world, &app, replicas),
        Command::SetPlace { app, node } => place::set_place(world, &app, node),
        Command::SetRoute { app, publish, hosts } => settings::set_route(world, &app, publish, hosts),
        Command::Abort { deployment } => life::abort(world, asker, deployment),
        Command::DeleteVolume { volume } => life::delete_volume(world, &volume),
        Command::AdmitNode { node, name, key, invite } => members::admit(world, node, &name, key, invite.as_deref()),
        Command::RemoveNode { node } => members::remove(world, asker, &node),
        Command::SetNode { node, wish } => members::set(world, &node, wish),
        Command::MakeLeader { node } => members::make_leader(world, &node),
        Command::Reseal { values } => state::reseal(world, values),
        // Asked of the machine itself, before anybody else decides.
        Command::LeadAnyway => lead_anyway(world).map(|accepted| (Vec::new(), accepted)),
        Command::Settle { object, revision } => settle::settle(world, asker, &object, &revision),
        Command::Put { drafts } => state::put(drafts),
        Command::Import { documents } => state::import(documents),
    }
}

/// The app, if people see it.
fn listed<'a>(world: &'a World, id: &AppId) -> Result<&'a App, Refusal> {
    match world.apps.get(id) {
        Some(app) if app.is_listed() => Ok(app),
        Some(app) if app.source.is_some() => Err(Refusal::new(
            RefusalKind::NotFound,
            format!("{id} was destroyed"),
            Some(format!("Restore it from the trash: kraken restore {id}.")),
        )),
        _ => Err(Refusal::new(
            RefusalKind::NotFound,
            format!("there is no app {id}"),
            Some("List the apps: kraken apps.".to_owned()),
        )),
    }
}

fn wanted(id: &AppId, state: Wanted, world: &World, asker: Asker<'_>) -> Draft {
    let wanted = AppWanted { state, by: asker.by.to_owned(), at: world.wall };
    Draft { object: ObjectKey::App(id.clone(), Concern::Wanted), document: Some(Document::AppWanted(wanted)) }
}

/// A deployment somebody just asked for.
fn requested(world: &World, asker: Asker<'_>, id: &AppId, cause: Cause, why: String) -> Deployment {
    let current = world.apps.get(id).and_then(|app| world.current(app));
    let mut deployment = Deployment {
        id: DeploymentId::new(id, asker.key),
        app: id.clone(),
        cause,
        by: asker.by.to_owned(),
        asked_at: world.wall,
        order: crate::decide::hlc::next(world.hlc, world.wall),
        commit: None,
        version: None,
        settings: None,
        before: current.and_then(|current| current.version.clone()),
        steps: Vec::new(),
        progress: Progress::UnderWay,
    };
    deployment.enter(Phase::Requested, None, world.wall, why);
    deployment
}

fn draft_of(deployment: Deployment) -> Draft {
    Draft { object: ObjectKey::Deployment(deployment.id), document: Some(Document::Deployment(std::sync::Arc::new(deployment))) }
}

fn accepted(app: &AppId, deployment: Option<DeploymentId>, says: impl Into<String>) -> Accepted {
    Accepted { app: Some(app.clone()), deployment, copies: 1, queued: None, says: says.into() }
}

/// The answer to a wish that was granted before under the same key.
fn repeated(world: &World, asker: Asker<'_>, id: &AppId) -> Option<Accepted> {
    let deployment = DeploymentId::new(id, asker.key);
    world
        .deployments
        .contains_key(&deployment)
        .then(|| accepted(id, Some(deployment), "this was asked before and is under way or done"))
}

#[cfg(test)]
mod tests;
