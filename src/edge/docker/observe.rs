//! Which containers of ours are there, and how are they? One observation per container, with what its labels say.

use std::net::Ipv4Addr;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum};
use bollard::query_parameters::ListContainersOptionsBuilder;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::client::{Docker, QUICK};
use super::container_body::Restart;
use super::error::{DockerError, Verb};
use super::ids;
use super::labels::ReplicaLabels;
use crate::model::id::{ContainerId, ImageId};

/// Inspections under way at once.
const AT_ONCE: usize = 8;

/// What a container is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerState {
    /// Made and never started.
    Created,
    /// Its process runs.
    Running,
    /// Frozen, its memory kept.
    Paused,
    /// Ended; Docker waits before it starts it again.
    Restarting,
    /// Its process ended.
    Exited,
    /// Half removed.
    Dead,
}

/// A container of ours, as it was when asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Docker's id.
    pub id: ContainerId,
    /// Its name.
    pub name: String,
    /// What its labels say it is.
    pub labels: ReplicaLabels,
    /// The digest of the spec it was made from; see [`super::ContainerSpec::digest`].
    pub spec: String,
    /// What it is doing.
    pub state: ContainerState,
    /// Of the last end; 0 while it never ended.
    pub exit_code: i64,
    /// Whether it last ended because it passed its memory limit.
    pub oom: bool,
    /// Times Docker started it again by itself.
    pub restarts: u32,
    /// RFC 3339; empty when it never started.
    pub started_at: String,
    /// RFC 3339; empty when it never ended.
    pub finished_at: String,
    /// Its fixed address on our bridge, also while it is stopped.
    pub address: Option<Ipv4Addr>,
    /// What it was made from.
    pub image: Option<ImageId>,
    /// Its first process on this machine, while it runs.
    pub pid: Option<u32>,
    /// Whether Docker starts it again when it ends.
    pub kept_up: bool,
}

impl Docker {
    /// All containers of ours, running or not.
    ///
    /// # Errors
    /// Docker's.
    pub async fn list_ours(&self) -> Result<Vec<Observed>, DockerError> {
        let options = ListContainersOptionsBuilder::new().all(true).filters(&self.labels().filter([])).build();
        let listed = self
            .within(Verb::List, "containers", QUICK, |client| async move { client.list_containers(Some(options)).await })
            .await?;
        let ids: Vec<String> = listed.into_iter().filter_map(|summary| summary.id).collect();
        let seen: Vec<Option<Observed>> =
            stream::iter(ids).map(|id| async move { self.observe(&id).await }).buffered(AT_ONCE).try_collect().await?;
        let mut seen: Vec<Observed> = seen.into_iter().flatten().collect();
        seen.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(seen)
    }

    /// One container of ours.
    ///
    /// # Errors
    /// [`DockerError::NotFound`], also for a container that is not ours.
    pub async fn inspect(&self, id: &ContainerId) -> Result<Observed, DockerError> {
        let not_found = || DockerError::NotFound { verb: Verb::InspectContainer, object: ids::short(id).to_owned() };
        self.observe(id.as_str()).await?.ok_or_else(not_found)
    }

    /// None: it vanished since it was listed, or it is not ours.
    async fn observe(&self, name: &str) -> Result<Option<Observed>, DockerError> {
        match self.inspect_raw(name).await {
            Ok(found) if self.owns(&found) => Ok(read(found)),
            Ok(_) => Ok(None),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn read(found: ContainerInspectResponse) -> Option<Observed> {
    let labels = found.config.and_then(|config| config.labels).unwrap_or_default();
    let state = found.state.unwrap_or_default();
    let networks = found.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
    let policy = found.host_config.and_then(|host| host.restart_policy?.name);
    let address = networks.into_values().find_map(|endpoint| endpoint.ipam_config?.ipv4_address?.parse().ok());
    Some(Observed {
        id: ids::container(&found.id?)?,
        name: found.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        spec: labels.get(super::labels::label::SPEC).cloned().unwrap_or_default(),
        labels: ReplicaLabels::read(&labels),
        state: state_of(state.status),
        exit_code: state.exit_code.unwrap_or(0),
        oom: state.oom_killed.unwrap_or(false),
        restarts: found.restart_count.and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
        started_at: a_time(state.started_at),
        finished_at: a_time(state.finished_at),
        address,
        image: found.image.as_deref().and_then(ids::image),
        pid: state.pid.and_then(|pid| u32::try_from(pid).ok()).filter(|&pid| pid > 0),
        kept_up: policy == Some(Restart::UnlessStopped.policy()),
    })
}

fn state_of(status: Option<ContainerStateStatusEnum>) -> ContainerState {
    match status {
        Some(ContainerStateStatusEnum::RUNNING | ContainerStateStatusEnum::STOPPING) => ContainerState::Running,
        Some(ContainerStateStatusEnum::PAUSED) => ContainerState::Paused,
        Some(ContainerStateStatusEnum::RESTARTING) => ContainerState::Restarting,
        Some(ContainerStateStatusEnum::EXITED) => ContainerState::Exited,
        Some(ContainerStateStatusEnum::DEAD | ContainerStateStatusEnum::REMOVING) => ContainerState::Dead,
        Some(ContainerStateStatusEnum::CREATED | ContainerStateStatusEnum::EMPTY) | None => ContainerState::Created,
    }
}

/// Docker writes the year 1 for "never".
fn a_time(text: Option<String>) -> String {
    text.filter(|text| !text.starts_with("0001-")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_never_ran_has_no_times_and_no_process() {
        let json = serde_json::json!({
            "Id": "a".repeat(64), "Name": "/kraken-web-1", "RestartCount": 0,
            "State": {"Status": "created", "Pid": 0, "ExitCode": 0, "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"},
            "Config": {"Labels": {"kraken.app": "web", "kraken.spec": "00"}},
            "NetworkSettings": {"Networks": {"kraken-n1": {"IPAMConfig": {"IPv4Address": "10.213.0.9"}, "IPAddress": ""}}},
        });
        let seen = read(serde_json::from_value(json).unwrap()).unwrap();
        assert_eq!((seen.name.as_str(), seen.labels.app.as_str(), seen.state), ("kraken-web-1", "web", ContainerState::Created));
        assert_eq!((seen.pid, seen.started_at.as_str(), seen.finished_at.as_str()), (None, "", ""));
        assert_eq!(seen.address, Some(Ipv4Addr::new(10, 213, 0, 9)));
    }

    #[test]
    fn an_answer_with_nothing_in_it_is_no_container() {
        assert_eq!(read(ContainerInspectResponse::default()), None);
    }
}
