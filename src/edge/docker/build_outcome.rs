//! What comes of a build? An image with what was made on the way, or the reason why there is none; pure.

use std::io;
use std::time::Duration;

use super::error::DockerError;
use crate::model::id::ImageId;

/// A finished build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// What came out.
    pub image: ImageId,
    /// Images that steps of this build made below `image`: ours to prune, so record them.
    pub intermediates: Vec<ImageId>,
    /// Steps, Kraken's last `LABEL` included.
    pub steps: u32,
    /// Of these, taken from the cache.
    pub cached_steps: u32,
}

/// A build that made no image.
#[derive(Debug, thiserror::Error)]
#[error("{failure}")]
pub struct BuildError {
    /// Why.
    pub failure: BuildFailure,
    /// The step under way, as `Step 3/7 : RUN npm ci`.
    pub step: Option<String>,
    /// The last 20 lines its steps wrote.
    pub last_lines: Vec<String>,
    /// Images made before it failed: ours to prune, so record them.
    pub intermediates: Vec<ImageId>,
}

/// Why a build made no image.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what it means")]
pub enum BuildFailure {
    #[error("{message}")]
    Step { message: String },
    #[error("the build needed more than its {} MB of memory; set a larger `memory` in [build] of shipwreck.toml", limit >> 20)]
    OutOfMemory { limit: u64 },
    #[error("the disk that holds Docker's data is full; make room (`docker system df` shows what uses it)")]
    DiskFull,
    #[error("the Dockerfile cannot be built: {message}")]
    Dockerfile { message: String },
    #[error("the sources could not be read")]
    ReadContext(#[source] io::Error),
    #[error("the build took longer than {} min", limit.as_secs() / 60)]
    TimedOut { limit: Duration },
    #[error("the build was cancelled")]
    Cancelled,
    #[error(transparent)]
    Docker(#[from] DockerError),
}

impl BuildError {
    /// Whether waiting and trying again can help.
    #[must_use]
    pub fn is_worlds_fault(&self) -> bool {
        match &self.failure {
            BuildFailure::DiskFull => true,
            BuildFailure::Docker(error) => error.is_worlds_fault(),
            _ => false,
        }
    }

    /// Whether a step passed the memory limit.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        matches!(self.failure, BuildFailure::OutOfMemory { .. })
    }

    /// Whether there was no room left.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self.failure, BuildFailure::DiskFull | BuildFailure::Docker(DockerError::DiskFull { .. }))
    }
}

impl From<BuildFailure> for BuildError {
    fn from(failure: BuildFailure) -> Self {
        Self { failure, step: None, last_lines: Vec::new(), intermediates: Vec::new() }
    }
}

/// The base image could not be had: the step is a `FROM`.
pub(super) fn is_pull_trouble(message: &str) -> bool {
    let text = message.to_lowercase();
    [
        "pull access denied",
        "manifest for",
        "manifest unknown",
        "no matching manifest",
        "dial tcp",
        "no such host",
        "i/o timeout",
        "tls handshake",
        "toomanyrequests",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}
