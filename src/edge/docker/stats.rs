//! What does this container use right now? Its cgroup's files, found once through its first process, then read directly:
//! Docker's own stats call takes a second and wakes the engine.

use std::path::PathBuf;

use super::cgroup::{self, Place, Usage};
use super::client::Docker;
use super::error::DockerError;
use crate::model::id::ContainerId;

/// Reads one running container's usage without asking Docker.
#[derive(Debug, Clone)]
pub struct UsageReader {
    place: Place,
}

impl UsageReader {
    /// From the container's first process. None: it ended, or this machine's cgroups are out of sight.
    #[must_use]
    pub fn of_process(pid: u32) -> Option<Self> {
        let cgroup = std::fs::read_to_string(PathBuf::from(format!("/proc/{pid}/cgroup"))).ok()?;
        let mountinfo = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
        cgroup::place(&cgroup, &mountinfo).map(|place| Self { place })
    }

    /// What it uses now. None: it ended (ask for a new reader when it was started again). Reads six small kernel files.
    #[must_use]
    pub fn read(&self) -> Option<Usage> {
        cgroup::usage(&self.place, |path| std::fs::read_to_string(path).ok())
    }
}

impl Docker {
    /// A reader for a container of ours; none while it is stopped.
    ///
    /// # Errors
    /// [`DockerError::NotFound`], or the world's.
    pub async fn usage_reader(&self, id: &ContainerId) -> Result<Option<UsageReader>, DockerError> {
        Ok(self.inspect(id).await?.pid.and_then(UsageReader::of_process))
    }

    /// What a container of ours uses now; none while it is stopped. For many readings keep a [`Self::usage_reader`].
    ///
    /// # Errors
    /// [`DockerError::NotFound`], or the world's.
    pub async fn stats(&self, id: &ContainerId) -> Result<Option<Usage>, DockerError> {
        Ok(self.usage_reader(id).await?.and_then(|reader| reader.read()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_does_not_exist_has_no_reader() {
        // Above the kernel's largest process id.
        assert!(UsageReader::of_process(u32::MAX).is_none());
    }
}
