//! How does a replica start and stop? From its spec and the sealed values to a running container, and back.

use std::time::Duration;

use crate::edge::docker::{self, DockerError, ReplicaLabels, Restart, VolumeMount};
use crate::model::container::ContainerSpec;
use crate::model::deployment::Phase;
use crate::model::event::Event;
use crate::model::id::{ContainerId, ReplicaId};
use crate::model::observed::{Fault, Trouble};
use crate::model::record::ObjectKey;

use super::{Tools, survey, trouble};

/// From the polite signal to the kill.
const STOP_GRACE: Duration = Duration::from_secs(10);
/// Processes and threads of one container.
const PIDS: u32 = 2048;
/// Bytes of log kept per container.
const LOG_BYTES: u64 = 30 << 20;

/// Starts a replica, and tells how that went.
pub(super) async fn start(tools: &Tools, spec: &ContainerSpec) {
    let event = match try_start(tools, spec).await {
        Ok(container) => Event::ContainerStarted { replica: spec.replica.clone(), container },
        Err(trouble) => Event::StartFailed { replica: spec.replica.clone(), trouble },
    };
    tools.tell(event).await;
}

async fn try_start(tools: &Tools, spec: &ContainerSpec) -> Result<ContainerId, Trouble> {
    let failed = |error: DockerError| trouble::docker(Phase::Starting, &error);
    let body = body(tools, spec)?;
    for (volume, _) in &spec.volumes {
        tools.docker.ensure_volume(volume.as_str(), &body.labels.write()).await.map_err(failed)?;
    }
    let started = tools.docker.create_and_start(&body).await.map_err(failed)?;
    Ok(started.id)
}

/// The container as Docker is asked for it; the only place where a secret is plain text.
fn body(tools: &Tools, spec: &ContainerSpec) -> Result<docker::ContainerSpec, Trouble> {
    let mut env = spec.env.clone();
    env.extend(secrets(tools, spec)?);
    Ok(docker::ContainerSpec {
        name: format!("kraken-{}-{}", tools.node.short(), spec.replica),
        image: tools.tag(&spec.app, &spec.version),
        command: spec.command.clone(),
        env,
        labels: ReplicaLabels {
            app: spec.app.to_string(),
            version: spec.version.to_string(),
            replica: spec.replica.to_string(),
            deployment: spec.deployment.to_string(),
            epoch: spec.epoch.to_string(),
        },
        network: survey::network_name(tools),
        address: Some(spec.address),
        memory: spec.memory,
        cpu_millis: spec.cpu_millis,
        pids: PIDS,
        hardening: spec.hardening,
        volumes: spec
            .volumes
            .iter()
            .map(|(volume, path)| VolumeMount { volume: volume.to_string(), path: path.clone() })
            .collect(),
        restart: restart(spec.keep_up),
        stop_timeout: STOP_GRACE,
        log_bytes: LOG_BYTES,
    })
}

fn secrets(tools: &Tools, spec: &ContainerSpec) -> Result<Vec<(String, String)>, Trouble> {
    let world = tools.world();
    let app = world.apps.get(&spec.app);
    let open = |name: &String| {
        let sealed = app.and_then(|app| app.secrets.get(name)).ok_or_else(|| no_value(spec, name, "it has no value any more"))?;
        let object = ObjectKey::Secret(spec.app.clone(), name.clone());
        let plain = tools.sealer.unseal(&object, sealed).map_err(|error| no_value(spec, name, &trouble::chain(&error)))?;
        Ok((name.clone(), plain.to_string()))
    };
    spec.secrets.iter().map(open).collect()
}

fn no_value(spec: &ContainerSpec, name: &str, because: &str) -> Trouble {
    Trouble {
        fault: Fault::App,
        phase: Phase::Starting,
        because: format!("secret {name} cannot be given to it: {because}"),
        next: Some(format!("Set it once more: kraken secret set {} {name}.", spec.app)),
        log_tail: Vec::new(),
    }
}

const fn restart(keep_up: bool) -> Restart {
    if keep_up { Restart::UnlessStopped } else { Restart::No }
}

/// Starts a container that stands still.
pub(super) async fn resume(tools: &Tools, replica: ReplicaId, container: ContainerId, keep_up: bool) {
    let resumed = async {
        tools.docker.set_restart(&container, restart(keep_up)).await?;
        tools.docker.start_again(&container).await
    };
    let event = match resumed.await {
        Ok(()) => Event::ContainerStarted { replica, container },
        // Vanished meanwhile: the survey that follows a failed start finds that out.
        Err(error) if error.is_not_found() => {
            let trouble = Trouble { fault: Fault::World, ..trouble::docker(Phase::Starting, &error) };
            Event::StartFailed { replica, trouble }
        }
        Err(error) => Event::StartFailed { replica, trouble: trouble::docker(Phase::Starting, &error) },
    };
    tools.tell(event).await;
}

/// Lets Docker start a container that served again whenever it ends.
pub(super) async fn keep_up(tools: &Tools, replica: &ReplicaId, container: &ContainerId) {
    match tools.docker.set_restart(container, Restart::UnlessStopped).await {
        Ok(()) => {}
        // It was stopped and removed meanwhile.
        Err(error) if error.is_not_found() => {}
        // The next survey shows it, and it is asked for again.
        Err(error) => {
            tracing::warn!(%replica, because = %trouble::chain(&error), "Docker will not restart this container by itself");
        }
    }
}

/// Stops and removes a replica's container.
pub(super) async fn stop(tools: &Tools, replica: ReplicaId, container: Option<ContainerId>) {
    let event = match try_stop(tools, &replica, container).await {
        Ok(()) => Event::Stopped { replica },
        Err(error) => Event::StopFailed { replica, trouble: trouble::docker(Phase::Starting, &error) },
    };
    tools.tell(event).await;
}

async fn try_stop(tools: &Tools, replica: &ReplicaId, container: Option<ContainerId>) -> Result<(), DockerError> {
    let container = match container {
        Some(container) => Some(container),
        None => {
            tools.docker.list_ours().await?.into_iter().find(|seen| seen.labels.replica == replica.as_str()).map(|seen| seen.id)
        }
    };
    let Some(container) = container else { return Ok(()) };
    match tools.docker.stop(&container, STOP_GRACE).await {
        Err(error) if !error.is_not_found() => return Err(error),
        _ => {}
    }
    match tools.docker.remove(&container).await {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// Stops a crashing container and keeps it, for its log.
pub(super) async fn hold(tools: &Tools, replica: ReplicaId, container: ContainerId) {
    if let Err(error) = tools.docker.stop(&container, STOP_GRACE).await {
        tracing::warn!(%replica, because = %trouble::chain(&error), "a crashing container could not be held back");
    }
    tools.tell(Event::Held { replica }).await;
}
