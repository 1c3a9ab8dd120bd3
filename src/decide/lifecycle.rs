//! What is the next step of a deployment? Level-triggered: from the records and what is observed, whatever was missed.

use std::sync::Arc;

use crate::decide::{desired, ladder, validate};
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

/// Decides what `app` needs. `look` is about its newest deployment.
#[must_use]
pub fn advance(world: &World, id: &AppId, app: &App, look: &Look) -> Advance {
    let mut advance = Advance { drafts: superseded(world, app), inspect: None };
    let Some(open) = world.open(app) else { return advance };
    if app.wanted() != Wanted::On {
        advance.drafts.push(changed(open, |deployment| deployment.abort(world.wall, off_reason(app))));
        return advance;
    }
    match world.version_of(open) {
        Some(version) => advance.drafts.extend(follow(world, id, app, open, version)),
        None => examine(world, id, app, open, look, &mut advance),
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
fn examine(world: &World, id: &AppId, app: &App, open: &Arc<Deployment>, look: &Look, advance: &mut Advance) {
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
                let node = &world.me;
                let why = format!("to {}, the only node; its {} fits", node.name, node.arch);
                let draft = changed(open, |deployment| {
                    deployment.enter(Phase::Validating, None, world.wall, validated.says.clone());
                    deployment.commit = Some(inspection.commit.clone());
                    deployment.version = Some(validated.version.id.clone());
                    deployment.settings = Some(validated.settings.clone());
                    deployment.progress = Progress::UnderWay;
                    deployment.enter(Phase::Delegating, Some(node.node.clone()), world.wall, why);
                });
                advance.drafts.extend(validated.drafts);
                advance.drafts.push(draft);
            }
        },
    }
}

/// Once it is delegated: its phase is that of its replica that is furthest behind.
fn follow(world: &World, id: &AppId, app: &App, open: &Arc<Deployment>, version: &Arc<Version>) -> Option<Draft> {
    let targets = desired::targets(id, app, open, version);
    let reports: Vec<(&NodeId, &ReplicaReport)> = world
        .replicas_of(id)
        .filter(|(_, replica, _)| targets.contains(replica))
        .map(|(node, _, report)| (node, report))
        .collect();
    if let Some((node, trouble)) = reports.iter().find_map(|(node, report)| match &report.stage {
        Stage::Failed(trouble) => Some((*node, trouble)),
        _ => None,
    }) {
        return Some(in_trouble(world, open, Some(node), trouble));
    }
    if !reports.is_empty() && reports.len() == targets.len() && reports.iter().all(|(_, report)| report.stage == Stage::Serving) {
        let (node, report) = reports[0];
        let why = report.why.clone();
        let node = node.clone();
        return Some(changed(open, |deployment| deployment.finish(Some(node), world.wall, why)));
    }
    // What keeps the node from working with Docker at all, if anything does.
    if let Some(waiting) = world.my_inventory().and_then(|inventory| inventory.docker_trouble.as_ref()) {
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
