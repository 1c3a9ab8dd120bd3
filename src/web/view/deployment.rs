//! What is shown of a deployment?

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::glance::Glance;
use super::moment::Moment;
use super::steps::steps;
use crate::model::deployment::{self as model, Cause, Phase, Progress};
use crate::model::document::Version;
use crate::model::id::{AppId, DeploymentId, NodeId, VersionId};

/// The act of making one revision of an app current.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Deployment {
    /// Which.
    pub id: DeploymentId,
    /// Whose.
    pub app: AppId,
    /// The number of what it makes current, once known.
    pub version_number: Option<u32>,
    /// What it makes current, once known.
    pub version: Option<VersionId>,
    /// What was asked.
    pub kind: Cause,
    /// Who asked: `session`, `token NAME`, `local USER`.
    pub asked_by: String,
    /// When.
    pub asked_at: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// How it stands.
    pub state: DeploymentState,
    /// The phase it is in, or ended in.
    pub phase: Phase,
    /// The timeline, with the phases still to come.
    pub steps: Vec<StepView>,
    /// Why it failed.
    pub failure: Option<FailureView>,
    /// Why nothing happens right now.
    pub waiting: Option<WaitingView>,
    /// Why it was given up.
    pub aborted_because: Option<String>,
    /// What it was built from, once known.
    pub commit: Option<CommitRef>,
    /// The number of what served before.
    pub before_version_number: Option<u32>,
}

/// How a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentState {
    /// Somebody works on it.
    UnderWay,
    /// The world is at fault; it goes on by itself.
    Waiting,
    /// It serves.
    Done,
    /// The app is at fault.
    Failed,
    /// Given up.
    Aborted,
}

/// One phase of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StepView {
    /// Which.
    pub phase: Phase,
    /// How it stands.
    pub state: StepState,
    /// Where, if at one machine.
    pub node: Option<NodeId>,
    /// When it began.
    pub started_at: Option<Moment>,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// What happened and why.
    pub why: String,
}

/// How a phase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Still to come.
    Todo,
    /// Under way.
    Now,
    /// Ended well.
    Done,
    /// Where it failed or was given up.
    Failed,
    /// Not needed, or not reached.
    Skipped,
}

/// Why a deployment failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailureView {
    /// In which phase.
    pub step: Phase,
    /// What went wrong and where.
    pub reason: String,
    /// What to do about it.
    pub next: Option<String>,
    /// The last lines of the build or of the app, at most 20.
    pub log_tail: Vec<String>,
}

/// Why nothing happens right now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitingView {
    /// What is missing.
    pub reason: String,
    /// What a person can do meanwhile.
    pub next: Option<String>,
    /// How often it was tried.
    pub attempt: u32,
    /// When it is tried again.
    pub retry_at: Moment,
}

/// A commit by its two names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommitRef {
    /// All digits.
    pub id: String,
    /// First line of its message; empty for a folder.
    pub summary: String,
    /// Who wrote it; none for a folder, and before it was looked at.
    pub author: Option<String>,
    /// When it was written.
    pub at: Option<Moment>,
}

fn commit(version: &Arc<Version>) -> CommitRef {
    let (author, at) = version.authorship.clone().map(|written| (written.author, Moment(written.at))).unzip();
    CommitRef { id: version.commit.to_string(), summary: version.summary.clone(), author, at }
}

/// What `deployment` looks like in this snapshot.
#[must_use]
pub fn deployment(glance: &Glance<'_>, deployment: &model::Deployment) -> Deployment {
    let world = glance.world;
    let version = world.version_of(deployment);
    let (failure, waiting, aborted_because, ended_at) = outcome(&deployment.progress);
    let asked = || deployment.commit.as_ref().map(|id| CommitRef { id: id.to_string(), ..CommitRef::default() });
    Deployment {
        id: deployment.id,
        app: deployment.app.clone(),
        version_number: version.map(|version| version.number),
        version: deployment.version.clone(),
        kind: deployment.cause,
        asked_by: deployment.by.clone(),
        asked_at: Moment(deployment.asked_at),
        ended_at,
        state: state(&deployment.progress),
        phase: deployment.phase(),
        steps: steps(deployment, glance.replicas(&deployment.app)),
        failure,
        waiting,
        aborted_because,
        commit: version.map(commit).or_else(asked),
        before_version_number: deployment.before.as_ref().and_then(|id| world.versions.get(id)).map(|version| version.number),
    }
}

/// How a deployment stands.
pub(super) const fn state(progress: &Progress) -> DeploymentState {
    match progress {
        Progress::UnderWay => DeploymentState::UnderWay,
        Progress::Waiting(_) => DeploymentState::Waiting,
        Progress::Done { .. } => DeploymentState::Done,
        Progress::Failed(_) => DeploymentState::Failed,
        Progress::Aborted { .. } => DeploymentState::Aborted,
    }
}

type Outcome = (Option<FailureView>, Option<WaitingView>, Option<String>, Option<Moment>);

fn outcome(progress: &Progress) -> Outcome {
    match progress {
        Progress::UnderWay => (None, None, None, None),
        Progress::Waiting(waiting) => {
            let view = WaitingView {
                reason: waiting.because.clone(),
                next: waiting.next.clone(),
                attempt: waiting.attempt,
                retry_at: Moment(waiting.retry_at),
            };
            (None, Some(view), None, None)
        }
        Progress::Done { at } => (None, None, None, Some(Moment(*at))),
        Progress::Failed(failure) => {
            let view = FailureView {
                step: failure.phase,
                reason: failure.because.clone(),
                next: failure.next.clone(),
                log_tail: failure.log_tail.clone(),
            };
            (Some(view), None, None, Some(Moment(failure.at)))
        }
        Progress::Aborted { at, because } => (None, None, Some(because.clone()), Some(Moment(*at))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view::sample::{self, change, fail, running, version, waiting};
    use crate::web::view::{MachineFacts, StatsNow, Viewer};

    fn view(world: &crate::model::world::World, id: DeploymentId) -> Deployment {
        let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        deployment(&Glance::new(world, &machine, &stats, &viewer), &world.deployments[&id])
    }

    #[test]
    fn a_deployment_that_serves_names_version_and_commit() {
        let (world, first) = running();
        let view = view(&world, first);
        assert_eq!((view.state, view.version_number), (DeploymentState::Done, Some(1)));
        let commit = view.commit.unwrap();
        assert_eq!((commit.summary.as_str(), commit.author.as_deref()), ("change 1", Some("Ada")));
        assert_eq!(view.ended_at.unwrap().to_string(), "1970-01-01T00:00:03.000Z");
    }

    #[test]
    fn a_failed_deployment_carries_step_reason_and_the_last_lines() {
        let (mut world, _) = running();
        let v2 = version(&mut world, "web", 2);
        let second = sample::deployment(&mut world, "web", "2", Some(v2), Phase::Building, "");
        fail(&mut world, second);
        let failure = view(&world, second).failure.unwrap();
        assert_eq!((failure.step, failure.log_tail.as_slice()), (Phase::Building, &["npm ERR!".to_owned()][..]));
    }

    #[test]
    fn a_waiting_deployment_says_when_it_goes_on() {
        let (mut world, first) = running();
        change(&mut world, first, |d| d.progress = Progress::Waiting(waiting()));
        let view = view(&world, first);
        assert_eq!((view.state, view.waiting.unwrap().attempt, view.ended_at), (DeploymentState::Waiting, 2, None));
    }
}
