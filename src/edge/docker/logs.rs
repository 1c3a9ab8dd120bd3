//! What does a container write? A stream of lines that can be broken off anywhere and taken up again at its cursor.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::client::{Docker, QUICK};
use super::error::{DockerError, Verb};
use super::log_frames::{Frames, LogCursor, LogLine, LogStream};
use super::{ids, reference::checked_name};
use crate::model::id::ContainerId;

/// Lines read ahead of the reader; a slow reader slows Docker down, not us.
const AHEAD: usize = 64;
/// Without `follow`, Docker answers from files: silence means it hangs.
const SILENCE: Duration = Duration::from_secs(60);

/// Which part of a log to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogRequest {
    /// Go on after this line; `tail` is then ignored.
    pub after: Option<LogCursor>,
    /// Stay and wait for more, until the container ends.
    pub follow: bool,
    /// Only the last so many lines; none: all that Docker keeps.
    pub tail: Option<u32>,
}

impl Docker {
    /// The lines of a container of ours, oldest first. The stream ends with the log (with `follow`: with the container), or
    /// after an error, when it can be taken up again at the last line's cursor. Dropping it ends the call.
    pub fn logs(&self, id: &ContainerId, request: LogRequest) -> impl Stream<Item = Result<LogLine, DockerError>> + Send + use<> {
        let (lines, reader) = mpsc::channel(AHEAD);
        let (docker, id) = (self.clone(), id.clone());
        tokio::spawn(async move {
            let follow = docker.follow_logs(&id, request, &lines);
            // A reader that went away ends the call even while the app is silent.
            let outcome = tokio::select! { outcome = follow => outcome, () = lines.closed() => Ok(()) };
            if let Err(error) = outcome {
                let _ = lines.send(Err(error)).await;
            }
        });
        ReceiverStream::new(reader)
    }

    /// The last `count` lines, as far as Docker has them within a few seconds: for messages about a container that ended.
    pub async fn last_lines(&self, id: &ContainerId, count: u32) -> Vec<String> {
        let request = LogRequest { tail: Some(count), ..LogRequest::default() };
        let mut texts = Vec::new();
        let collect = async {
            let mut lines = std::pin::pin!(self.logs(id, request));
            while let Some(Ok(line)) = lines.next().await {
                texts.push(line.text);
            }
        };
        let _ = tokio::time::timeout(QUICK, collect).await;
        texts
    }

    async fn follow_logs(
        &self,
        id: &ContainerId,
        request: LogRequest,
        lines: &mpsc::Sender<Result<LogLine, DockerError>>,
    ) -> Result<(), DockerError> {
        checked_name("container", id.as_str())?;
        let (mut frames, tail) = match (request.after, request.tail) {
            (Some(cursor), _) => (Frames::resume(cursor), "all".to_owned()),
            (None, Some(count)) => (Frames::tail(), count.to_string()),
            (None, None) => (Frames::new(), "all".to_owned()),
        };
        let since = request.after.map_or(0, |cursor| i32::try_from(cursor.since()).unwrap_or(0));
        let options = LogsOptionsBuilder::new()
            .stdout(true)
            .stderr(true)
            .timestamps(true)
            .follow(request.follow)
            .tail(&tail)
            .since(since)
            .build();
        let client = self.client().await?;
        let mut outputs = client.logs(id.as_str(), Some(options));
        loop {
            let output = if request.follow {
                outputs.next().await
            } else {
                let timed_out =
                    |_| DockerError::TimedOut { verb: Verb::ReadLogs, object: ids::short(id).to_owned(), limit: SILENCE };
                tokio::time::timeout(SILENCE, outputs.next()).await.map_err(timed_out)?
            };
            let Some(output) = output else { break };
            let (stream, bytes) = split(output.map_err(|cause| self.classify(Verb::ReadLogs, ids::short(id), cause))?);
            for line in frames.take(stream, &bytes) {
                if lines.send(Ok(line)).await.is_err() {
                    return Ok(());
                }
            }
        }
        for line in frames.rest() {
            let _ = lines.send(Ok(line)).await;
        }
        Ok(())
    }
}

fn split(output: LogOutput) -> (LogStream, bytes::Bytes) {
    match output {
        LogOutput::StdErr { message } => (LogStream::Err, message),
        LogOutput::StdOut { message } | LogOutput::StdIn { message } | LogOutput::Console { message } => {
            (LogStream::Out, message)
        }
    }
}
