//! What is the next step of a deployment? Level-triggered: from the records and what is observed, whatever was missed.

use std::sync::Arc;

use crate::decide::desired::{self, Desired};
use crate::decide::{ladder, machine, validate};
use crate::model::deployment::{Deployment, Failure, Phase, Progress, Waiting};
use crate::model::document::{Document, Source, Version, Wanted};
use crate::model::event::Inspection;
use crate::model::id::{AppId, DeploymentId, NodeId};
use crate::model::observed::{Fault, ReplicaReport, Stage, Trouble};
use crate::model::record::{Draft, ObjectKey};
use crate::model::source::Commit;
use crate::model::world::{App, World};

/// What an app needs now.
#[derive(Debug, Default, PartialEq)]
pub struct Advance {
    /// To be written.
    pub drafts: Vec<Draft>,
    /// To be looked at.
    pub inspect: Option<(DeploymentId, Source, Option<Commit>)>,
}

/// What the executor remembers of looking at a deployment's source.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// Nobody looked yet, or it is time to look again.
    Due,
    /// Somebody looks, or it is not time yet.
    Pending,
    /// What was found.
    Found(Result<Box<Inspection>, Trouble>),
}

/// Decides what `app` needs. `look` is about its newest deployment, `desired` says where its copies belong.
#[must_use]
pub fn advance(world: &World, desired: &Desired, id: &AppId, app: &App, look: &Look) -> Advance {
    let mut advance = Advance { drafts: superseded(world, app), inspect: None };
    let Some(open) = world.open(app) else { return advance };
    if app.wanted() != Wanted::On {
        advance.drafts.push(changed(open, |deployment| deployment.abort(world.wall, off_reason(app))));
        return advance;
    }
    match world.version_of(open) {
        Some(version) => advance.drafts.extend(follow(world, desired, id, app, open, version)),
        None => examine(world, desired, id, app, open, look, &mut advance),
    }
    advance
}

/// Older deployments that are still open give way to the newest.
fn superseded(world: &World, app: &App) -> Vec<Draft> {
    let newest = app.deployments.last();
    let older = world.deployments_of(app).filter(|deployment| deployment.is_open() && Some(&deployment.id) != newest);
    older.map(|old| changed(old, |deployment| deployment.abort(world.wall, "a newer deployment took its place"))).collect()
}

fn off_reason(app: &App) -> &'static str {
    match app.wanted() {
        Wanted::Off => "the app was turned off",
        _ => "the app was destroyed",
    }
}

fn changed(deployment: &Arc<Deployment>, change: impl FnOnce(&mut Deployment)) -> Draft {
    let mut next = (**deployment).clone();
    change(&mut next);
    Draft { object: ObjectKey::Deployment(next.id), document: Some(Document::Deployment(Arc::new(next))) }
}

/// Before there is a version: branch to commit to manifest to version.
fn examine(world: &World, desired: &Desired, id: &AppId, app: &App, open: &Arc<Deployment>, look: &Look, advance: &mut Advance) {
    match look {
        Look::Pending => {}
        Look::Due => {
            let Some(source) = app.source.as_ref() else { return };
            advance.inspect = Some((open.id, source.source.clone(), open.commit.clone()));
            if open.phase() != Phase::Validating {
                let why = match &source.source {
                    Source::Git { url, reference, .. } => format!("looking at {reference} of {url}"),
                    Source::Upload { .. } => "looking at the uploaded folder".to_owned(),
                };
                let wall = world.wall;
                advance.drafts.push(changed(open, |deployment| deployment.enter(Phase::Validating, None, wall, why)));
            }
        }
        Look::Found(Err(trouble)) => advance.drafts.push(in_trouble(world, open, None, trouble)),
        Look::Found(Ok(inspection)) => match validate::validate(world, id, app, inspection) {
            Err(trouble) => advance.drafts.push(in_trouble(world, open, None, &trouble)),
            Ok(validated) => {
                let place = desired::first_place(world, desired, id, app, &validated.version.manifest);
                if let Ok((home, _)) = &place {
                    let volumes = validate::volume_drafts(world, id, &validated.version.manifest, home);
                    advance.drafts.extend(volumes);
                }
                let draft = changed(open, |deployment| {
                    deployment.enter(Phase::Validating, None, world.wall, validated.says.clone());
                    deployment.commit = Some(inspection.commit.clone());
                    deployment.version = Some(validated.version.id.clone());
                    deployment.settings = Some(validated.settings.clone());
                    delegate(world, deployment, place);
                });
                advance.drafts.extend(validated.drafts);
                advance.drafts.push(draft);
            }
        },
    }
}

/// To the machine it was placed on; without one it waits and says why.
fn delegate(world: &World, deployment: &mut Deployment, place: Result<(NodeId, String), String>) {
    match place {
        Ok((node, why)) => {
            deployment.progress = Progress::UnderWay;
            let to = machine::name(world, &node);
            deployment.enter(Phase::Delegating, Some(node), world.wall, format!("to {to}; {why}"));
        }
        Err(because) => {
            deployment.enter(Phase::Delegating, None, world.wall, because.clone());
            deployment.progress = Progress::Waiting(without_end(world, because));
        }
    }
}

/// A wait that ends with an event, not with time.
const fn without_end(world: &World, because: String) -> Waiting {
    Waiting { because, next: None, attempt: 1, retry_at: world.wall }
}

/// Once it is delegated: volumes it needs are made where it goes; its phase is that of its copy that is furthest behind.
fn follow(world: &World, desired: &Desired, id: &AppId, app: &App, open: &Arc<Deployment>, version: &Arc<Version>) -> Vec<Draft> {
    let targets = desired::targets(id, app, open, version);
    let placed: Vec<(&NodeId, Option<&ReplicaReport>)> = targets
        .iter()
        .filter_map(|replica| {
            let node = desired.targets.get(replica)?;
            Some((node, world.inventories.get(node).and_then(|inventory| inventory.replicas.get(replica))))
        })
        .collect();
    let home = placed.first().map(|(node, _)| *node);
    let mut drafts: Vec<Draft> =
        home.into_iter().flat_map(|home| validate::volume_drafts(world, id, &version.manifest, home)).collect();
    drafts.extend(step(world, desired, open, &placed));
    drafts
}

fn step(world: &World, desired: &Desired, open: &Arc<Deployment>, placed: &[(&NodeId, Option<&ReplicaReport>)]) -> Option<Draft> {
    let reports: Vec<(&NodeId, &ReplicaReport)> = placed.iter().filter_map(|(node, report)| Some((*node, (*report)?))).collect();
    if let Some((node, trouble)) = reports.iter().find_map(|(node, report)| match &report.stage {
        Stage::Failed(trouble) => Some((*node, trouble)),
        _ => None,
    }) {
        return Some(in_trouble(world, open, Some(node), trouble));
    }
    let shortage = desired.short.get(&open.id);
    if let Some(shortage) = shortage.filter(|shortage| shortage.placed == 0) {
        return waiting_changed(world, open, &without_end(world, shortage.says()));
    }
    // Copies that fit nowhere hold nothing up: they are told about, and come when there is room.
    if !reports.is_empty() && reports.len() == placed.len() && reports.iter().all(|(_, report)| report.stage == Stage::Serving) {
        let (node, report) = reports[0];
        let why = report.why.clone();
        let node = node.clone();
        return Some(changed(open, |deployment| deployment.finish(Some(node), world.wall, why)));
    }
    // What keeps its machine from working with Docker at all, if anything does.
    if let Some(waiting) = placed.iter().find_map(|(node, _)| world.inventories.get(*node)?.docker_trouble.as_ref()) {
        return waiting_changed(world, open, waiting);
    }
    let (node, report) = reports.into_iter().min_by_key(|(_, report)| phase_of(&report.stage))?;
    progress(world, open, node, report)
}

fn progress(world: &World, open: &Arc<Deployment>, node: &NodeId, report: &ReplicaReport) -> Option<Draft> {
    if let Stage::Waiting(waiting) | Stage::CrashLooping(waiting) = &report.stage {
        return waiting_changed(world, open, waiting);
    }
    let phase = phase_of(&report.stage);
    let was_waiting = matches!(open.progress, Progress::Waiting(_));
    // The why of a phase under way changes often and is shown from the report; only what became of the tests is kept.
    let is_verdict = phase == Phase::Testing && open.steps.last().is_some_and(|step| step.why != report.why);
    if phase == open.phase() && !was_waiting && !is_verdict {
        return None;
    }
    let node = node.clone();
    Some(changed(open, |deployment| {
        deployment.progress = Progress::UnderWay;
        if phase > deployment.phase() || !was_waiting {
            deployment.enter(phase, Some(node), world.wall, report.why.clone());
        }
    }))
}

fn waiting_changed(world: &World, open: &Arc<Deployment>, waiting: &Waiting) -> Option<Draft> {
    if let Progress::Waiting(now) = &open.progress
        && now.because == waiting.because
        && (now.attempt == waiting.attempt || now.retry_at > world.wall)
    {
        return None;
    }
    Some(changed(open, |deployment| deployment.progress = Progress::Waiting(waiting.clone())))
}

/// Which phase a replica's stage belongs to.
const fn phase_of(stage: &Stage) -> Phase {
    match stage {
        Stage::Preparing { phase } => *phase,
        Stage::Queued | Stage::Draining | Stage::Stopping => Phase::Delegating,
        Stage::Starting | Stage::Waiting(_) | Stage::Failed(_) => Phase::Starting,
        Stage::Checking | Stage::Unhealthy | Stage::CrashLooping(_) => Phase::WaitingHealthy,
        Stage::Serving => Phase::Running,
    }
}

/// The app's fault ends the deployment; the world's makes it wait by the ladder.
fn in_trouble(world: &World, open: &Arc<Deployment>, node: Option<&NodeId>, trouble: &Trouble) -> Draft {
    let wall = world.wall;
    changed(open, |deployment| {
        if trouble.phase > deployment.phase() {
            deployment.enter(trouble.phase, node.cloned(), wall, trouble.because.clone());
        }
        match trouble.fault {
            Fault::App => deployment.fail(Failure {
                at: wall,
                phase: trouble.phase,
                because: trouble.because.clone(),
                next: trouble.next.clone(),
                log_tail: trouble.log_tail.clone(),
            }),
            Fault::World => {
                let attempt = match &deployment.progress {
                    Progress::Waiting(waiting) => waiting.attempt + 1,
                    _ => 1,
                };
                deployment.progress = Progress::Waiting(Waiting {
                    because: trouble.because.clone(),
                    next: trouble.next.clone(),
                    attempt,
                    retry_at: wall.after(ladder::wait(&deployment.id.to_string(), attempt)),
                });
            }
        }
    })
}

#[cfg(test)]
mod tests;
