//! What went wrong or was given up? The ledgers of failures and aborts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::glance::Glance;
use super::moment::Moment;
use crate::model::deployment::{Deployment, Phase, Progress};
use crate::model::id::{AppId, DeploymentId};

/// A deployment that ended badly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// Which.
    pub deployment: DeploymentId,
    /// Whose.
    pub app: AppId,
    /// What it was to make current, if it came that far.
    pub version_number: Option<u32>,
    /// When it ended.
    pub at: Moment,
    /// In which phase.
    pub step: Phase,
    /// What went wrong, or why it was given up.
    pub reason: String,
    /// What to do about it.
    pub next: Option<String>,
    /// The last lines of the build or of the app, at most 20.
    pub log_tail: Vec<String>,
    /// Whose fault or wish.
    pub kind: FailureKind,
}

/// How a deployment ended badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The app was at fault.
    Failed,
    /// Somebody gave it up, or a newer one came.
    Aborted,
}

/// Deployments that ended badly, newest first: of one app, or of all.
#[must_use]
pub fn failures(glance: &Glance<'_>, app: Option<&AppId>) -> Vec<Failure> {
    let deployments = glance.world.deployments.values().filter(|found| app.is_none_or(|app| found.app == *app));
    let mut ended: Vec<Failure> = deployments.filter_map(|found| failure(glance, found)).collect();
    ended.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.deployment.cmp(&b.deployment)));
    ended
}

fn failure(glance: &Glance<'_>, deployment: &Deployment) -> Option<Failure> {
    let (kind, at, reason, next, log_tail) = match &deployment.progress {
        Progress::Failed(f) => (FailureKind::Failed, f.at, &f.because, f.next.clone(), f.log_tail.clone()),
        Progress::Aborted { at, because } => (FailureKind::Aborted, *at, because, None, Vec::new()),
        _ => return None,
    };
    Some(Failure {
        deployment: deployment.id,
        app: deployment.app.clone(),
        version_number: glance.world.version_of(deployment).map(|version| version.number),
        at: Moment(at),
        step: deployment.phase(),
        reason: reason.clone(),
        next,
        log_tail,
        kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::WallTime;
    use crate::web::view::sample::{self, change, fail};
    use crate::web::view::{MachineFacts, StatsNow, Viewer};

    #[test]
    fn the_newest_failure_comes_first_and_only_of_the_app_asked_for() {
        let mut world = sample::world();
        let failed = sample::deployment(&mut world, "web", "1", None, Phase::Building, "");
        fail(&mut world, failed);
        let aborted = sample::deployment(&mut world, "web", "2", None, Phase::Fetching, "");
        change(&mut world, aborted, |d| d.abort(WallTime(9000), "a newer one came"));
        let other = sample::deployment(&mut world, "api", "1", None, Phase::Fetching, "");
        fail(&mut world, other);
        let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        let glance = Glance::new(&world, &machine, &stats, &viewer);
        let of_web: Vec<_> = failures(&glance, Some(&"web".parse().unwrap())).iter().map(|f| (f.deployment, f.kind)).collect();
        assert_eq!(of_web, [(aborted, FailureKind::Aborted), (failed, FailureKind::Failed)]);
        assert_eq!(failures(&glance, None).len(), 3);
    }
}
