//! How does an app stand, why, and what is there to do? One sentence or two for every state.

use super::app::{AppState, AppStateKind};
use super::glance::{Glance, Seen};
use super::moment::Moment;
use super::words;
use crate::model::deployment::{Deployment, Failure, Phase, Progress, Waiting};
use crate::model::document::Wanted;
use crate::model::id::AppId;
use crate::model::observed::{Inventory, Stage};
use crate::model::time::WallTime;
use crate::model::world::App;

/// How `app` stands in this snapshot.
#[must_use]
pub fn state_of<'a>(glance: &Glance<'a>, id: &AppId, app: &'a App) -> AppState {
    let copies = glance.replicas(id);
    let newest = glance.world.deployments_of(app).next_back();
    match app.wanted() {
        Wanted::Destroyed | Wanted::Purged => going(app, copies),
        Wanted::Off => off(app, copies),
        Wanted::On => match newest {
            None => plain(AppStateKind::Starting, wanted_at(app), "It is turned on and about to be deployed."),
            Some(newest) if newest.is_open() => under_way(glance, newest, copies),
            Some(newest) => settled(glance, app, newest, copies),
        },
    }
}

fn going(app: &App, copies: &[Seen<'_>]) -> AppState {
    let since = wanted_at(app);
    if !copies.is_empty() {
        let left = words::count(copies.len(), "copy is", "copies are");
        return plain(AppStateKind::Destroying, since, format!("{left} still to be removed."));
    }
    let (by, purged) = app.wanted.as_ref().map_or_else(Default::default, |w| (words::who(&w.by), w.state == Wanted::Purged));
    let data = if purged { "Its data was deleted with it." } else { "Its data stays in the trash for seven days." };
    plain(AppStateKind::Destroyed, since, words::both(&format!("Destroyed by {by}"), data))
}

fn off(app: &App, copies: &[Seen<'_>]) -> AppState {
    let since = wanted_at(app);
    let Some(wanted) = &app.wanted else {
        return AppState { next: Some("Deploy it.".into()), ..plain(AppStateKind::Off, since, "It was never deployed.") };
    };
    let by = format!("Turned off by {}", words::who(&wanted.by));
    if copies.is_empty() {
        let reason = words::both(&by, "Its data and versions are kept");
        return AppState { next: Some("Turn it on.".into()), ..plain(AppStateKind::Off, since, reason) };
    }
    let left = words::count(copies.len(), "copy is", "copies are");
    plain(AppStateKind::Stopping, since, words::both(&by, &format!("{left} still being stopped")))
}

/// A deployment is under way.
fn under_way(glance: &Glance<'_>, deployment: &Deployment, copies: &[Seen<'_>]) -> AppState {
    let still = old_serves(glance, deployment, copies);
    let since = deployment.asked_at;
    if let Progress::Waiting(waiting) = &deployment.progress {
        return held(waiting, since, still.as_deref());
    }
    let live = live_step(deployment, copies);
    if let Some(Stage::Waiting(waiting)) = live.map(|seen| &seen.report.stage) {
        return held(waiting, since, still.as_deref());
    }
    let step = deployment.steps.last();
    let (phase, why) = live.map_or_else(
        || step.map_or((Phase::Requested, ""), |step| (step.phase, step.why.as_str())),
        |seen| (stage_phase(&seen.report.stage), seen.report.why.as_str()),
    );
    let doing = if why.is_empty() { words::phase(phase).to_owned() } else { format!("{}: {why}", words::phase(phase)) };
    match still {
        Some(still) => plain(AppStateKind::Updating, since, words::both(&doing, &still)),
        None => plain(AppStateKind::Starting, since, words::sentence(&doing)),
    }
}

/// The copy the deployment brings, if it is further than the record.
fn live_step<'a, 'b>(deployment: &Deployment, copies: &'b [Seen<'a>]) -> Option<&'b Seen<'a>> {
    copies
        .iter()
        .filter(|seen| seen.report.deployment == deployment.id && !seen.report.stage.is_leaving())
        .find(|seen| !seen.report.why.is_empty() && stage_phase(&seen.report.stage) >= deployment.phase())
}

/// The phase a copy is in.
pub(super) const fn stage_phase(stage: &Stage) -> Phase {
    match stage {
        Stage::Preparing { phase } => *phase,
        Stage::Queued => Phase::Fetching,
        Stage::Starting | Stage::Waiting(_) => Phase::Starting,
        Stage::Checking => Phase::WaitingHealthy,
        _ => Phase::Running,
    }
}

/// "Version 6 still serves", if a copy of another deployment does.
fn old_serves(glance: &Glance<'_>, deployment: &Deployment, copies: &[Seen<'_>]) -> Option<String> {
    let old = copies.iter().find(|seen| is_serving(seen) && seen.report.deployment != deployment.id)?;
    Some(still_serves(glance, old))
}

fn still_serves(glance: &Glance<'_>, seen: &Seen<'_>) -> String {
    glance.world.versions.get(&seen.report.version).map_or_else(
        || "The version before still serves".to_owned(),
        |version| format!("Version {} still serves", version.number),
    )
}

/// The world is at fault.
fn held(waiting: &Waiting, since: WallTime, still: Option<&str>) -> AppState {
    let kind = if still.is_some() { AppStateKind::Updating } else { AppStateKind::Waiting };
    AppState {
        next: waiting.next.clone(),
        retry_at: Some(Moment(waiting.retry_at)),
        ..plain(kind, since, words::both(&format!("Waiting: {}", waiting.because), still.unwrap_or_default()))
    }
}

/// No deployment is under way.
fn settled<'a>(glance: &Glance<'a>, app: &'a App, newest: &Deployment, copies: &[Seen<'a>]) -> AppState {
    let serving: Vec<&Seen<'_>> = copies.iter().filter(|seen| is_serving(seen)).collect();
    match (&newest.progress, serving.first()) {
        (Progress::Failed(failure), Some(seen)) => survived(glance, newest, failure, seen),
        (Progress::Failed(failure), None) => failed(failure),
        (Progress::Aborted { at, because }, None) if glance.world.current(app).is_none() => AppState {
            next: Some("Deploy it again.".into()),
            ..plain(AppStateKind::Off, *at, words::both("Its deployment was given up", because))
        },
        _ => by_copies(glance, app, copies, &serving),
    }
}

/// The newest deployment failed and an older version serves.
fn survived(glance: &Glance<'_>, newest: &Deployment, failure: &Failure, seen: &Seen<'_>) -> AppState {
    let to = glance.world.version_of(newest).map_or_else(String::new, |version| format!(" to v{}", version.number));
    let what = format!("The update{to} failed while {}: {}", words::doing(failure.phase), failure.because);
    AppState {
        next: failure.next.clone(),
        ..plain(AppStateKind::Running, seen.report.since, words::both(&what, &still_serves(glance, seen)))
    }
}

fn failed(failure: &Failure) -> AppState {
    let reason = format!("It failed while {}: {}", words::doing(failure.phase), words::sentence(&failure.because));
    let next = failure.next.clone().or_else(|| Some("Look at its last lines, mend it, then try again.".into()));
    AppState { next, ..plain(AppStateKind::Failed, failure.at, reason) }
}

/// Nothing is under way and the newest deployment went well: the copies tell.
fn by_copies<'a>(glance: &Glance<'a>, app: &'a App, copies: &[Seen<'a>], serving: &[&Seen<'a>]) -> AppState {
    let wanted = glance.copies_wanted(app);
    let missing = copies.iter().find(|seen| !is_serving(seen) && !seen.report.stage.is_leaving());
    let Some(first) = serving.first() else {
        return missing.map_or_else(|| none_there(glance, app), not_serving);
    };
    let since = serving.iter().map(|seen| seen.report.since).max().unwrap_or(first.report.since);
    if serving.len() >= wanted {
        return plain(AppStateKind::Running, since, where_they_are(glance, serving));
    }
    let rest = missing.map_or("the missing copy is about to start", |seen| seen.report.why.as_str());
    let state = missing.map(not_serving);
    AppState {
        next: state.as_ref().and_then(|state| state.next.clone()),
        retry_at: state.and_then(|state| state.retry_at),
        ..plain(AppStateKind::Degraded, since, format!("{} of {wanted} copies serve: {}", serving.len(), words::sentence(rest)))
    }
}

/// A copy that ought to serve and does not.
fn not_serving(seen: &Seen<'_>) -> AppState {
    let report = seen.report;
    let because = |kind, text: &str| plain(kind, report.since, words::sentence(text));
    match &report.stage {
        Stage::CrashLooping(waiting) => AppState {
            next: waiting.next.clone(),
            retry_at: Some(Moment(waiting.retry_at)),
            ..because(AppStateKind::Crashlooping, &waiting.because)
        },
        Stage::Waiting(waiting) => held(waiting, report.since, None),
        Stage::Failed(trouble) => AppState { next: trouble.next.clone(), ..because(AppStateKind::Failed, &trouble.because) },
        Stage::Unhealthy => AppState {
            next: Some("Look at its last lines.".into()),
            ..because(AppStateKind::Unhealthy, &format!("It runs and does not answer: {}", report.why))
        },
        stage if report.why.is_empty() => because(AppStateKind::Starting, words::phase(stage_phase(stage))),
        stage => because(AppStateKind::Starting, &format!("{}: {}", words::phase(stage_phase(stage)), report.why)),
    }
}

/// It shall run and nothing is there: either Docker cannot be used, or nobody looked yet, or it comes at once.
fn none_there(glance: &Glance<'_>, app: &App) -> AppState {
    let since = wanted_at(app);
    let mine = glance.world.my_inventory();
    if let Some(waiting) = mine.and_then(|inventory| inventory.docker_trouble.as_ref()) {
        return AppState {
            next: waiting.next.clone(),
            retry_at: Some(Moment(waiting.retry_at)),
            ..plain(AppStateKind::Waiting, since, format!("Waiting: {}", words::sentence(&waiting.because)))
        };
    }
    if !mine.is_some_and(|inventory: &std::sync::Arc<Inventory>| inventory.surveyed) {
        return plain(AppStateKind::Starting, since, "This machine just started and is looking at what runs.");
    }
    plain(AppStateKind::Starting, since, "A copy is about to start.")
}

fn where_they_are(glance: &Glance<'_>, serving: &[&Seen<'_>]) -> String {
    let mut names: Vec<String> = serving.iter().map(|seen| glance.node_name(seen.node)).collect();
    names.dedup();
    format!("{} on {}.", words::count(serving.len(), "copy", "copies"), words::list(&names))
}

const fn is_serving(seen: &Seen<'_>) -> bool {
    matches!(seen.report.stage, Stage::Serving)
}

fn wanted_at(app: &App) -> WallTime {
    app.wanted.as_ref().map_or_else(|| app.source.as_ref().map_or(WallTime(0), |source| source.created_at), |wanted| wanted.at)
}

fn plain(kind: AppStateKind, since: WallTime, reason: impl Into<String>) -> AppState {
    AppState { kind, since: Moment(since), reason: reason.into(), next: None, retry_at: None }
}

#[cfg(test)]
#[path = "app_state_tests.rs"]
mod tests;
