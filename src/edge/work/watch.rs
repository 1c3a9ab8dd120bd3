//! Does a replica answer? Until it first does, within its grace; then for as long as it is watched, told on change.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::task::AbortHandle;

use crate::decide::listening;
use crate::edge::docker::{ContainerState, Ended};
use crate::edge::probe::{Probe, Unhealthy};
use crate::model::deployment::Phase;
use crate::model::event::Event;
use crate::model::id::{ContainerId, ReplicaId};
use crate::model::manifest::HealthTable;
use crate::model::observed::{Fault, Trouble};

use super::Tools;

/// How long the next end of a container that was restarted is waited for.
const NEXT_END: Duration = Duration::from_secs(5);
/// The pause between probes while a replica starts: short, since somebody waits.
const EAGER: Duration = Duration::from_millis(10);
/// Failed probes in a row that make a serving replica unhealthy.
const PATIENCE: u32 = 3;
/// Lines of the app's log that go with a failure.
const LOG_TAIL: u32 = 20;

/// What is watched, and by which rules.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) replica: ReplicaId,
    pub(super) container: ContainerId,
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    pub(super) health: HealthTable,
    pub(super) served: bool,
}

/// The watches under way, one per replica.
#[derive(Debug, Default)]
pub(super) struct Watches {
    tasks: BTreeMap<ReplicaId, AbortHandle>,
}

impl Watches {
    /// Begins a watch; one of the same replica before it ends.
    pub(super) fn begin(&mut self, tools: Tools, watched: Watched) {
        self.end(&watched.replica);
        self.tasks.retain(|_, task| !task.is_finished());
        let replica = watched.replica.clone();
        let task = tokio::spawn(watch(tools, watched));
        self.tasks.insert(replica, task.abort_handle());
    }

    /// Ends a watch.
    pub(super) fn end(&mut self, replica: &ReplicaId) {
        if let Some(task) = self.tasks.remove(replica) {
            task.abort();
        }
    }
}

async fn watch(tools: Tools, watched: Watched) {
    let probe = probe(&watched);
    let exited = exited(&tools, &watched);
    match probe.wait_healthy(exited).await {
        Ok(after) => {
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            tools.tell(Event::Healthy { replica: watched.replica.clone(), after_ms }).await;
        }
        Err(unhealthy) => {
            let trouble = diagnose(&tools, &watched, unhealthy).await;
            tools.tell(Event::Unhealthy { replica: watched.replica.clone(), trouble }).await;
            if !watched.served {
                return;
            }
        }
    }
    keep_watching(&tools, &watched, &probe).await;
}

fn probe(watched: &Watched) -> Probe {
    Probe {
        target: SocketAddr::new(IpAddr::V4(watched.address), watched.port),
        path: watched.health.path.clone(),
        every: EAGER,
        timeout: watched.health.timeout,
        grace: watched.health.grace,
    }
}

/// Completes when the container's process ends. One that served before is restarted by Docker, so its end is no verdict.
async fn exited(tools: &Tools, watched: &Watched) -> String {
    if watched.served {
        return std::future::pending().await;
    }
    match tools.docker.wait(&watched.container).await {
        Ok(ended) => end(&ended),
        // Docker went away: the probe's own limit decides.
        Err(_) => std::future::pending().await,
    }
}

fn end(ended: &Ended) -> String {
    if ended.oom {
        return "it was killed for using more memory than [resources] memory allows".to_owned();
    }
    format!("it ended with code {} before it answered", ended.exit_code)
}

/// How it ends, if it ends again and again and its first end was missed: a busy Docker tells it late, and restarts it first.
async fn ends_again(tools: &Tools, container: &ContainerId) -> Option<String> {
    let seen = tools.docker.inspect(container).await.ok()?;
    if seen.restarts == 0 && seen.state == ContainerState::Running {
        return None;
    }
    let ended = tokio::time::timeout(NEXT_END, tools.docker.wait(container)).await.ok()?.ok()?;
    Some(end(&ended))
}

/// Tells when a serving replica stops answering, and when it answers again.
async fn keep_watching(tools: &Tools, watched: &Watched, probe: &Probe) {
    let mut failed = 0;
    loop {
        tokio::time::sleep(watched.health.every).await;
        match probe.ask().await {
            Ok(()) if failed >= PATIENCE => {
                failed = 0;
                tools.tell(Event::Healthy { replica: watched.replica.clone(), after_ms: 0 }).await;
            }
            Ok(()) => failed = 0,
            Err(because) => {
                failed += 1;
                if failed == PATIENCE {
                    let unhealthy = Unhealthy { because: format!("does not answer: {because}"), has_exited: false };
                    let trouble = diagnose(tools, watched, unhealthy).await;
                    tools.tell(Event::Unhealthy { replica: watched.replica.clone(), trouble }).await;
                }
            }
        }
    }
}

/// Why it does not answer, as exactly as can be seen from outside: its end, or where it listens instead.
async fn diagnose(tools: &Tools, watched: &Watched, unhealthy: Unhealthy) -> Trouble {
    let log_tail = tools.docker.last_lines(&watched.container, LOG_TAIL).await;
    let Unhealthy { mut because, mut has_exited } = unhealthy;
    if !has_exited && let Some(end) = ends_again(tools, &watched.container).await {
        (because, has_exited) = (end, true);
    }
    let mut next = "See its last lines; mend it, push, and deploy again.".to_owned();
    if because.contains("[resources] memory") {
        "Give it more: [resources] memory in shipwreck.toml.".clone_into(&mut next);
    }
    if !has_exited {
        let sockets = tools.docker.listening(&watched.container).await.ok().flatten();
        if let Some(hint) = listening::explain(watched.port, sockets.as_deref()) {
            because = format!("{because}; it {hint}");
            "Mend where it listens, push, and deploy again.".clone_into(&mut next);
        }
    }
    Trouble { fault: Fault::App, phase: Phase::WaitingHealthy, because, next: Some(next), log_tail }
}
