//! What does each container use right now? One reader for each is kept; Docker is asked only for those that are new.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Used;
use crate::edge::clock;
use crate::edge::docker::{Docker, Usage, UsageReader};
use crate::model::id::{AppId, ContainerId, ReplicaId};
use crate::model::observed::Stage;
use crate::model::time::Timestamp;
use crate::model::world::World;

/// A container that was found stopped is looked at again after this long.
const STOPPED_PAUSE: Duration = Duration::from_secs(10);

/// The readers, by container.
#[derive(Debug, Default)]
pub(super) struct Readers(BTreeMap<ContainerId, Kept>);

#[derive(Debug)]
enum Kept {
    Running { reader: UsageReader, last: Option<(Usage, Timestamp)> },
    Stopped { since: Timestamp },
}

impl Readers {
    /// What each of this node's running replicas uses.
    pub(super) async fn read(&mut self, docker: &Docker, world: &World) -> BTreeMap<ReplicaId, (AppId, Used)> {
        let running = running(world);
        self.0.retain(|container, _| running.iter().any(|(_, _, other)| other == container));
        let mut measured = BTreeMap::new();
        for (replica, app, container) in running {
            if !self.find(docker, &container).await {
                break;
            }
            if let Some(used) = self.measure(&container, world.me.memory) {
                measured.insert(replica, (app, used));
            }
        }
        measured
    }

    /// Sees to it that there is a reader if the container runs. False: Docker does not answer, which the next would only await again.
    async fn find(&mut self, docker: &Docker, container: &ContainerId) -> bool {
        match self.0.get(container) {
            Some(Kept::Running { .. }) => return true,
            Some(Kept::Stopped { since }) if clock::now().saturating_sub(*since) < STOPPED_PAUSE => return true,
            _ => {}
        }
        let kept = match docker.usage_reader(container).await {
            Ok(Some(reader)) => Kept::Running { reader, last: None },
            Ok(None) => Kept::Stopped { since: clock::now() },
            Err(error) if error.is_not_found() => Kept::Stopped { since: clock::now() },
            Err(_) => return false,
        };
        self.0.insert(container.clone(), kept);
        true
    }

    fn measure(&mut self, container: &ContainerId, machine: u64) -> Option<Used> {
        let Some(Kept::Running { reader, last }) = self.0.get_mut(container) else { return None };
        let now = clock::now();
        let Some(usage) = reader.read() else {
            self.0.insert(container.clone(), Kept::Stopped { since: now });
            return None;
        };
        let before = last.replace((usage, now));
        let cpu_percent =
            before.map_or(0.0, |(before, at)| cpu_percent(before.cpu_usage_ns, usage.cpu_usage_ns, now.saturating_sub(at)));
        Some(Used { cpu_percent, memory: usage.memory_bytes, limit: usage.memory_limit.unwrap_or(machine) })
    }
}

/// Replicas here whose container may run.
fn running(world: &World) -> Vec<(ReplicaId, AppId, ContainerId)> {
    let reports = world.my_inventory().map(|inventory| &inventory.replicas);
    let container = |(replica, report): (&ReplicaId, &crate::model::observed::ReplicaReport)| {
        let is_down = matches!(report.stage, Stage::CrashLooping(_) | Stage::Failed(_) | Stage::Waiting(_));
        let container = report.container.clone().filter(|_| !is_down)?;
        Some((replica.clone(), report.app.clone(), container))
    };
    reports.into_iter().flatten().filter_map(container).collect()
}

/// Percent of one core between two readings. Less than before: it was started anew in the same place.
fn cpu_percent(before_ns: u64, now_ns: u64, passed: Duration) -> f64 {
    let (used, passed) = (Duration::from_nanos(now_ns.saturating_sub(before_ns)).as_secs_f64(), passed.as_secs_f64());
    if passed > 0.0 { used / passed * 100.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_and_a_half_is_150_percent() {
        assert!((cpu_percent(1_000_000_000, 4_000_000_000, Duration::from_secs(2)) - 150.0).abs() < 1e-9);
    }

    #[test]
    fn a_container_started_anew_used_nothing_rather_than_less_than_nothing() {
        assert_eq!((cpu_percent(9, 4, Duration::from_secs(2)), cpu_percent(4, 9, Duration::ZERO)), (0.0, 0.0));
    }
}
