//! How far is a deployment, and why? Its phases, its timeline, its result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{AppId, DeploymentId, NodeId, VersionId};
use super::source::Commit;
use super::time::{Hlc, WallTime};

/// The phases of a deployment, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The wish is recorded.
    Requested,
    /// Branch to commit, shipwreck.toml at that commit, secrets.
    Validating,
    /// Which node, and why.
    Delegating,
    /// The commit's files.
    Fetching,
    /// The image.
    Building,
    /// `[config] test`.
    Testing,
    /// The container.
    Starting,
    /// Until it answers.
    WaitingHealthy,
    /// It serves.
    Running,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 9] = [
        Self::Requested,
        Self::Validating,
        Self::Delegating,
        Self::Fetching,
        Self::Building,
        Self::Testing,
        Self::Starting,
        Self::WaitingHealthy,
        Self::Running,
    ];
}

/// One deployment, as it stands in its record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// `UUIDv5(app, idempotency key)`.
    pub id: DeploymentId,
    /// Whose.
    pub app: AppId,
    /// What was asked.
    pub cause: Cause,
    /// Who asked ("session", "local root", "token ci").
    pub by: String,
    /// When.
    pub asked_at: WallTime,
    /// Its place in the order of the app's deployments, whatever the clocks say.
    pub order: Hlc,
    /// The commit asked for or resolved; pinned from here on.
    pub commit: Option<Commit>,
    /// The version it makes current, once validated (at once for a rollback).
    pub version: Option<VersionId>,
    /// The settings in force with it, once validated.
    pub settings: Option<Settings>,
    /// What served before.
    pub before: Option<VersionId>,
    /// The timeline.
    pub steps: Vec<Step>,
    /// How it stands.
    pub progress: Progress,
}

/// What a deployment was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// First deployment, or a new source.
    Deploy,
    /// To the newest commit.
    Update,
    /// To a kept version.
    Rollback,
    /// Env, secret, scale or route changed; no build.
    Settings,
    /// The same version once more.
    Restart,
    /// The app came back from the trash.
    Restore,
}

/// The settings a deployment starts its containers with: what the file says, under what people set. Scale and route need no new container and are not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Plain environment values.
    pub env: BTreeMap<String, String>,
    /// Names of the sealed values it is given.
    pub secrets: Vec<String>,
}

/// How a deployment stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Progress {
    /// Somebody works on it.
    UnderWay,
    /// The world is at fault; it goes on by itself.
    Waiting(Waiting),
    /// It serves.
    Done {
        /// Since when.
        at: WallTime,
    },
    /// The app is at fault; it stays so until somebody acts.
    Failed(Failure),
    /// Given up for a newer one, or on request.
    Aborted {
        /// When.
        at: WallTime,
        /// Why.
        because: String,
    },
}

/// Why nothing happens right now, and when it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// What is missing.
    pub because: String,
    /// What a person can do meanwhile.
    pub next: Option<String>,
    /// How often it was tried.
    pub attempt: u32,
    /// When it is tried again.
    pub retry_at: WallTime,
}

/// Why a deployment ended badly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: WallTime,
    /// In which phase.
    pub phase: Phase,
    /// What went wrong and where.
    pub because: String,
    /// What to do about it.
    pub next: Option<String>,
    /// The last lines of the build or of the app, at most 20.
    pub log_tail: Vec<String>,
}

/// One phase of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub phase: Phase,
    /// Where, if at one node.
    pub node: Option<NodeId>,
    /// When it began.
    pub started_at: WallTime,
    /// When it ended; none while it runs.
    pub ended_at: Option<WallTime>,
    /// Whether it went wrong.
    pub failed: bool,
    /// What happened and why, for people.
    pub why: String,
}

impl Deployment {
    /// Whether something is still to be done for it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.progress, Progress::UnderWay | Progress::Waiting(_))
    }

    /// Whether it made its version current.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self.progress, Progress::Done { .. })
    }

    /// The phase it is in, or ended in.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.steps.last().map_or(Phase::Requested, |step| step.phase)
    }

    /// Ends the step under way and enters `phase`; entering the phase it is in only renews the why.
    pub fn enter(&mut self, phase: Phase, node: Option<NodeId>, at: WallTime, why: impl Into<String>) {
        if let Some(last) = self.steps.last_mut() {
            if last.phase == phase && last.ended_at.is_none() {
                last.why = why.into();
                last.node = node;
                return;
            }
            last.ended_at.get_or_insert(at);
        }
        self.steps.push(Step { phase, node, started_at: at, ended_at: None, failed: false, why: why.into() });
    }

    /// Ends it well.
    pub fn finish(&mut self, node: Option<NodeId>, at: WallTime, why: impl Into<String>) {
        self.enter(Phase::Running, node, at, why);
        self.close_last(at);
        self.progress = Progress::Done { at };
    }

    /// Ends it as the app's fault.
    pub fn fail(&mut self, failure: Failure) {
        self.close_last(failure.at);
        if let Some(last) = self.steps.last_mut() {
            last.failed = true;
        }
        self.progress = Progress::Failed(failure);
    }

    /// Ends it because nobody wants it any more.
    pub fn abort(&mut self, at: WallTime, because: impl Into<String>) {
        self.close_last(at);
        self.progress = Progress::Aborted { at, because: because.into() };
    }

    fn close_last(&mut self, at: WallTime) {
        if let Some(last) = self.steps.last_mut() {
            last.ended_at.get_or_insert(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested() -> Deployment {
        let app: AppId = "web".parse().unwrap();
        let mut deployment = Deployment {
            id: DeploymentId::new(&app, "k"),
            app,
            cause: Cause::Deploy,
            by: "session".into(),
            asked_at: WallTime(0),
            order: Hlc::default(),
            commit: None,
            version: None,
            settings: None,
            before: None,
            steps: Vec::new(),
            progress: Progress::UnderWay,
        };
        deployment.enter(Phase::Requested, None, WallTime(0), "asked by session");
        deployment
    }

    #[test]
    fn entering_a_phase_ends_the_one_before() {
        let mut deployment = requested();
        deployment.enter(Phase::Validating, None, WallTime(7), "main");
        assert_eq!(deployment.steps[0].ended_at, Some(WallTime(7)));
        assert_eq!(deployment.phase(), Phase::Validating);
    }

    #[test]
    fn entering_the_same_phase_again_renews_its_why_only() {
        let mut deployment = requested();
        deployment.enter(Phase::Building, None, WallTime(1), "step 1 of 9");
        deployment.enter(Phase::Building, None, WallTime(2), "step 2 of 9");
        assert_eq!(deployment.steps.len(), 2);
        assert_eq!(deployment.steps[1].started_at, WallTime(1));
        assert_eq!(deployment.steps[1].why, "step 2 of 9");
    }

    #[test]
    fn a_failed_deployment_marks_the_step_it_failed_in() {
        let mut deployment = requested();
        deployment.enter(Phase::Building, None, WallTime(1), "");
        deployment.fail(Failure {
            at: WallTime(9),
            phase: Phase::Building,
            because: "npm ci ended with 1".into(),
            next: None,
            log_tail: vec![],
        });
        assert!(deployment.steps[1].failed && !deployment.steps[0].failed);
        assert!(!deployment.is_open());
    }
}
