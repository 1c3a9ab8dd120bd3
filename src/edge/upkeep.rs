//! What has to be looked after while nothing happens? Old records, logs, clones, and a copy of the state once a day.

use std::time::{Duration, UNIX_EPOCH};

use tokio_util::sync::CancellationToken;

use crate::decide::copies;
use crate::edge::clock;
use crate::edge::config::Quota;
use crate::edge::git::GitSources;
use crate::edge::snapshot;
use crate::edge::states;
use crate::edge::work::{Tools, chain};
use crate::model::record::ObjectKey;

const HOUR: Duration = Duration::from_secs(3600);
const HOURS_A_DAY: u32 = 24;

/// Looks after the data directory until `shutdown`: at once, then every hour; the state is copied once a day.
pub async fn look_after(tools: Tools, git: GitSources, quota: Quota, shutdown: CancellationToken) {
    for hour in 0_u32.. {
        hourly(&tools, &git, quota).await;
        if hour.is_multiple_of(HOURS_A_DAY) {
            daily(&tools).await;
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(HOUR) => {}
        }
    }
}

async fn hourly(tools: &Tools, git: &GitSources, quota: Quota) {
    let (logs, git) = (tools.logs.clone(), git.clone());
    let pruned = tokio::task::spawn_blocking(move || {
        logs.prune(quota.logs_for, quota.logs.0, UNIX_EPOCH + Duration::from_millis(clock::wall().0))?;
        git.prune(quota.clones.0)
    });
    if let Ok(Err(error)) = pruned.await {
        tracing::warn!(because = %error, "old logs and clones could not be removed");
    }
}

async fn daily(tools: &Tools) {
    let wall = clock::wall();
    if let Err(error) = tools.store.prune(wall, copies::passed_by_all(&tools.world())).await {
        tracing::warn!(because = %chain(&error), "old records could not be removed");
    }
    if let Err(error) = keep_state(tools, "daily").await {
        tracing::warn!(because = %error, "today's copy of the state could not be written");
    }
}

/// Keeps a copy of the state as it is now, beside the last twenty.
///
/// # Errors
/// In words for people.
pub async fn keep_state(tools: &Tools, why: &str) -> Result<(), String> {
    let state = export(tools).await?;
    let (data, at, why) = (tools.data.clone(), clock::wall(), why.to_owned());
    let kept = tokio::task::spawn_blocking(move || states::keep(&data, at, &why, state.to_json().as_bytes()));
    kept.await.map_err(|error| error.to_string())?.map(|_| ()).map_err(|error| chain(&error))
}

/// The state as it is now, without sessions and tokens: those belong to this platform's people, not to its apps.
///
/// # Errors
/// In words for people.
pub async fn export(tools: &Tools) -> Result<snapshot::State, String> {
    let world = tools.world();
    let heads = world.leaves.values().filter_map(|leaves| leaves.first()).map(|head| head.revision.clone()).collect();
    let documents = tools.store.documents(heads).await.map_err(|error| chain(&error))?;
    let mut leaves = (*world.leaves).clone();
    leaves.retain(|object, _| !is_of_the_door(object));
    Ok(snapshot::export((&world.me.platform, &world.me.node, world.wall), &leaves, &documents))
}

/// Sessions, tokens and the password.
fn is_of_the_door(object: &ObjectKey) -> bool {
    match object {
        ObjectKey::Setting(name) => name == "password" || name.starts_with("session/") || name.starts_with("token/"),
        _ => false,
    }
}
