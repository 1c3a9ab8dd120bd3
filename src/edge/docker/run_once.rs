//! What does a command in an image say, once? For an app's tests: run to the end, follow its output, leave nothing.

use std::time::Duration;

use bollard::errors::Error;
use bollard::models::ContainerWaitResponse;
use bollard::query_parameters::WaitContainerOptions;
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::client::Docker;
use super::container_body::{ContainerSpec, Restart};
use super::error::{DockerError, Verb};
use super::log_frames::LogLine;
use super::logs::LogRequest;
use crate::model::id::ContainerId;

/// The code of a process that SIGKILL ended.
const KILLED: i64 = 137;
/// How often, and after which pauses, a killed one is asked whether it was for its memory.
const OOM_LOOKS: u32 = 20;
const OOM_PAUSE: Duration = Duration::from_millis(50);

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// 0: it went well.
    pub exit_code: i64,
    /// It passed its memory limit.
    pub oom: bool,
}

impl Docker {
    /// Runs the container of `spec` to its end, at most `limit`, and removes it whatever happens. Its lines go to `lines`,
    /// which must be read. None: cancelled.
    ///
    /// # Errors
    /// As [`Self::create_and_start`]; [`DockerError::TimedOut`] after `limit`.
    pub async fn run_to_end(
        &self,
        spec: &ContainerSpec,
        limit: Duration,
        lines: mpsc::Sender<LogLine>,
        cancel: &CancellationToken,
    ) -> Result<Option<Ended>, DockerError> {
        let spec = ContainerSpec { restart: Restart::No, ..spec.clone() };
        let started = self.create_and_start(&spec).await?;
        let ended = tokio::select! {
            () = cancel.cancelled() => Ok(None),
            ended = tokio::time::timeout(limit, self.follow_to_end(&started.id, lines)) => match ended {
                Ok(ended) => ended.map(Some),
                Err(_) => Err(DockerError::TimedOut { verb: Verb::Wait, object: spec.name.clone(), limit }),
            },
        };
        self.remove(&started.id).await?;
        ended
    }

    async fn follow_to_end(&self, id: &ContainerId, lines: mpsc::Sender<LogLine>) -> Result<Ended, DockerError> {
        let mut log = std::pin::pin!(self.logs(id, LogRequest { follow: true, ..LogRequest::default() }));
        while let Some(line) = log.next().await {
            // Nobody reads any more: the command still runs to its end.
            let _ = lines.send(line?).await;
        }
        self.wait(id).await
    }

    /// Waits until the container's process has ended. Put a deadline around it.
    ///
    /// # Errors
    /// Docker's.
    pub async fn wait(&self, id: &ContainerId) -> Result<Ended, DockerError> {
        let client = self.client().await?;
        let code = code_of(client.wait_container(id.as_str(), None::<WaitContainerOptions>).next().await);
        let mut seen = self.inspect(id).await?;
        // The engine hears of the kernel's kill by another way than of the end, and a moment later.
        for _ in 0..OOM_LOOKS {
            if seen.oom || code != Some(KILLED) {
                break;
            }
            tokio::time::sleep(OOM_PAUSE).await;
            seen = self.inspect(id).await?;
        }
        // Docker may have started it again by now, and what runs has no code: the answer to the wait is this end's own.
        Ok(Ended { exit_code: code.unwrap_or(seen.exit_code), oom: seen.oom })
    }
}

/// The code a process ended with; one other than 0 arrives as bollard's error. None where Docker could not say.
fn code_of(waited: Option<Result<ContainerWaitResponse, Error>>) -> Option<i64> {
    match waited? {
        Ok(ended) => Some(ended.status_code),
        Err(Error::DockerContainerWaitError { code, .. }) => Some(code),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_by_its_own_code_whether_it_is_an_answer_or_an_error() {
        assert_eq!(code_of(Some(Ok(ContainerWaitResponse { status_code: 0, error: None }))), Some(0));
        let failed = Error::DockerContainerWaitError { error: String::new(), code: 3 };
        assert_eq!(code_of(Some(Err(failed))), Some(3));
        assert_eq!(code_of(Some(Err(Error::RequestTimeoutError))), None);
        assert_eq!(code_of(None), None);
    }
}
