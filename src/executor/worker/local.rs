//! How does one replica stand on this node? Its stage, and what keeps it there.

use std::net::Ipv4Addr;

use crate::decide::crash::CrashLog;
use crate::decide::ladder;
use crate::model::deployment::Waiting;
use crate::model::id::{AppId, ContainerId, DeploymentId, ReplicaId, VersionId};
use crate::model::observed::{Fault, ReplicaReport, SeenContainer, Stage, Trouble};
use crate::model::plan::ReplicaOrder;
use crate::model::time::{Timestamp, WallTime};

/// One replica of this node.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) app: AppId,
    pub(super) deployment: DeploymentId,
    pub(super) version: VersionId,
    pub(super) stage: Stage,
    pub(super) why: String,
    /// Why on this node, as its order says.
    pub(super) placed: String,
    pub(super) since: WallTime,
    pub(super) address: Option<Ipv4Addr>,
    pub(super) container: Option<ContainerId>,
    /// Whether Docker last said that its container runs.
    pub(super) is_running: bool,
    /// Whether it was healthy once: then a failed check is a relapse, not a failed deployment.
    pub(super) has_served: bool,
    /// Whether Docker went away during its first check, and may have stopped it: then its end says nothing about the app.
    pub(super) was_cut_off: bool,
    pub(super) crashes: CrashLog,
    pub(super) attempts: u32,
    pub(super) retry_at: Option<Timestamp>,
}

impl Local {
    /// A replica that was just ordered.
    pub(super) fn ordered(order: &ReplicaOrder, has_served: bool, wall: WallTime) -> Self {
        Self {
            app: order.app.clone(),
            deployment: order.deployment,
            version: order.version.clone(),
            stage: Stage::Queued,
            why: order.why.clone(),
            placed: order.why.clone(),
            since: wall,
            address: None,
            container: None,
            is_running: false,
            has_served,
            was_cut_off: false,
            crashes: CrashLog::default(),
            attempts: 0,
            retry_at: None,
        }
    }

    /// A container found in Docker after a restart of the agent. It serves on if it did before.
    pub(super) fn adopted(seen: &SeenContainer, has_served: bool, wall: WallTime) -> Self {
        let (stage, why) = match (seen.running, has_served) {
            (true, true) => (Stage::Serving, "it ran on while the agent was away"),
            (true, false) => (Stage::Checking, "found running; it is checked anew"),
            (false, _) => (Stage::Unhealthy, "found stopped"),
        };
        Self {
            app: seen.app.clone(),
            deployment: seen.deployment,
            version: seen.version.clone(),
            stage,
            why: why.to_owned(),
            placed: String::new(),
            since: wall,
            address: seen.address,
            container: Some(seen.container.clone()),
            is_running: seen.running,
            has_served,
            was_cut_off: false,
            crashes: CrashLog::default(),
            attempts: 0,
            retry_at: None,
        }
    }

    /// Enters `stage`.
    pub(super) fn enter(&mut self, stage: Stage, why: impl Into<String>, wall: WallTime) {
        if std::mem::discriminant(&self.stage) != std::mem::discriminant(&stage) {
            self.since = wall;
        }
        self.stage = stage;
        self.why = why.into();
    }

    /// The app's fault fails it; the world's makes it wait by the ladder.
    pub(super) fn trouble(&mut self, replica: &ReplicaId, trouble: Trouble, now: Timestamp, wall: WallTime) {
        match trouble.fault {
            Fault::App => {
                let because = trouble.because.clone();
                self.enter(Stage::Failed(trouble), because, wall);
            }
            Fault::World => {
                let waiting = self.wait(replica, trouble, now, wall);
                let because = waiting.because.clone();
                self.enter(Stage::Waiting(waiting), because, wall);
            }
        }
    }

    fn wait(&mut self, replica: &ReplicaId, trouble: Trouble, now: Timestamp, wall: WallTime) -> Waiting {
        self.attempts += 1;
        let wait = ladder::wait(replica.as_str(), self.attempts);
        self.retry_at = Some(now.after(wait));
        Waiting { because: trouble.because, next: trouble.next, attempt: self.attempts, retry_at: wall.after(wait) }
    }

    /// It crashed once too often: what it waits for now.
    pub(super) fn hold(&mut self, replica: &ReplicaId, because: String, now: Timestamp, wall: WallTime) {
        let attempt = self.crashes.hold();
        let wait = ladder::wait(replica.as_str(), attempt.saturating_add(4));
        self.retry_at = Some(now.after(wait));
        let next = Some(format!("Look at its last lines: kraken logs {}.", self.app));
        let waiting = Waiting { because: because.clone(), next, attempt, retry_at: wall.after(wait) };
        self.enter(Stage::CrashLooping(waiting), because, wall);
    }

    /// Whether the time of a wait is over.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.retry_at.is_some_and(|at| at <= now)
    }

    /// What is told about it.
    pub(super) fn report(&mut self, now: Timestamp) -> ReplicaReport {
        ReplicaReport {
            app: self.app.clone(),
            deployment: self.deployment,
            version: self.version.clone(),
            stage: self.stage.clone(),
            since: self.since,
            why: self.why.clone(),
            placed: self.placed.clone(),
            address: self.address,
            container: self.container.clone(),
            restarts: self.crashes.count(now),
        }
    }
}
