//! How does a tree of sources become an image? By Docker's classic builder: it obeys a memory limit, and its build dies
//! with our connection.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bollard::errors::Error as Cause;
use bollard::models::BuildInfo;
use bollard::query_parameters::{EventsOptionsBuilder, InspectContainerOptions};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::build_outcome::{BuildError, BuildFailure, Built, is_pull_trouble};
use super::build_output::{BuildLine, Transcript};
use super::build_request::{BuildRequest, Dockerfile, LABELS_HERE, label_line, memory_limit, options};
use super::client::{Docker, QUICK};
use super::context::{Context, RESERVED};
use super::error::{DockerError, Verb, is_disk_full};
use super::{ids, reference, timestamp};
use crate::edge::clock;
use crate::model::id::ImageId;
use crate::model::time::WallTime;

/// How long a cancelled build's container may take to die before we say that it did not.
const DEATH: Duration = Duration::from_secs(15);
/// How long after a step's failure the kernel's word may come that it was killed for its memory.
const LAST_KILL: Duration = Duration::from_millis(500);
/// Below this much room, a command that complains about a full disk is believed.
const LITTLE_ROOM: u64 = 512 << 20;

impl Docker {
    /// A Dockerfile of ours with the owner's labels in place of its line [`LABELS_HERE`], as one instruction. That line stands
    /// above the app's source: an image made again from a changed source takes its labels from the cache. A step there costs a
    /// tenth of a second and more, as much as copying the source does.
    #[must_use]
    pub fn labelled(&self, text: &str) -> String {
        let line = label_line(&self.labels().with(&BTreeMap::new()));
        let lines = text.lines().map(|text| if text == LABELS_HERE { line.as_str() } else { text });
        lines.flat_map(|line| [line, "\n"]).collect()
    }

    /// Builds `context`, a plain tar without `.git` from which `.dockerignore` has already taken its files. Lines go to
    /// `lines`, which must be read: a full channel slows the build down. Cancelling (or dropping the future) kills the
    /// step under way; when a cancelled call returns, its container is gone.
    ///
    /// # Errors
    /// [`BuildError`], with the step, its last lines, and what it made so far.
    pub async fn build(
        &self,
        request: &BuildRequest,
        context: impl Read + Send + 'static,
        lines: mpsc::Sender<BuildLine>,
        cancel: &CancellationToken,
    ) -> Result<Built, BuildError> {
        reference::parse(&request.tag).map_err(BuildFailure::from)?;
        let (name, added) = match &request.dockerfile {
            Dockerfile::InContext(path) | Dockerfile::Labelled(path) => (path.as_str(), None),
            Dockerfile::Text(text) => (RESERVED, Some(format!("{text}\n{}\n", label_line(&self.labels().with(&request.labels))))),
        };
        let context = Context::open(context, added);
        let unread = context.failure();
        let mut build =
            Build { docker: self, began: clock::wall(), transcript: Transcript::default(), killed: Vec::new(), image: None };
        let outcome = build.follow(request, name, context, &lines, cancel).await;
        let last_words = build.transcript.finish();
        build.tell(last_words, &lines).await;
        match outcome {
            Ok(image) => Ok(build.finished(image).await),
            Err(failure) => Err(build.failed(failure, request, &unread).await),
        }
    }
}

/// A build under way.
struct Build<'a> {
    docker: &'a Docker,
    began: WallTime,
    transcript: Transcript,
    /// Containers the kernel killed for passing a memory limit, while this build ran.
    killed: Vec<String>,
    image: Option<String>,
}

impl Build<'_> {
    async fn follow(
        &mut self,
        request: &BuildRequest,
        dockerfile: &str,
        context: Context,
        lines: &mpsc::Sender<BuildLine>,
        cancel: &CancellationToken,
    ) -> Result<ImageId, BuildFailure> {
        let client = self.docker.client().await?.with_request_modifier(memory_limit(request.memory));
        // In a Dockerfile of ours the labels are one step; from this option the builder makes a step of each, at the end,
        // where nothing is taken from the cache.
        let labels = match request.dockerfile {
            Dockerfile::InContext(_) => self.docker.labels().with(&request.labels),
            Dockerfile::Labelled(_) | Dockerfile::Text(_) => HashMap::new(),
        };
        let options = options(request, dockerfile, labels);
        let mut answers = Box::pin(client.build_image(options, None, Some(bollard::body_try_stream(context.chunks))));
        let mut kills = std::pin::pin!(self.memory_kills().await?);
        let deadline = tokio::time::sleep(request.limit);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => break drop(answers),
                () = &mut deadline => return Err(BuildFailure::TimedOut { limit: request.limit }),
                Some(container) = kills.next() => self.killed.push(container),
                answer = answers.next() => match answer {
                    Some(Ok(info)) => self.hear(info, lines).await,
                    Some(Err(cause)) => {
                        let last_kill = tokio::time::timeout(LAST_KILL, async {
                            while !self.was_killed() && let Some(container) = kills.next().await {
                                self.killed.push(container);
                            }
                        });
                        let _ = last_kill.await;
                        return Err(self.sort(cause, request));
                    }
                    None => return self.made(request),
                },
            }
        }
        self.await_death().await;
        Err(BuildFailure::Cancelled)
    }

    fn made(&self, request: &BuildRequest) -> Result<ImageId, BuildFailure> {
        let unreachable = DockerError::Unreachable { socket: self.docker.socket().to_owned(), source: None };
        // Without an image at its end, the stream was cut: Docker is going down.
        let id = self.image.clone().ok_or(unreachable)?;
        ids::image(&id).ok_or_else(|| DockerError::odd(Verb::Build, &request.tag, &id).into())
    }

    async fn hear(&mut self, info: BuildInfo, lines: &mpsc::Sender<BuildLine>) {
        if let Some(id) = info.aux.and_then(|aux| aux.id) {
            self.image = Some(id);
        }
        if let Some(chunk) = info.stream {
            let heard = self.transcript.take(&chunk);
            self.tell(heard, lines).await;
        }
        // Of a pull's thousands of messages, those that are no progress bar.
        if let Some(status) = info.status.filter(|_| info.progress_detail.is_none_or(|detail| detail.total.is_none())) {
            let text = info.id.map_or(status.clone(), |id| format!("{id}: {status}"));
            let line = self.transcript.remark(text);
            self.tell(vec![line], lines).await;
        }
    }

    /// A reader that went away does not end the build.
    async fn tell(&self, said: Vec<BuildLine>, lines: &mpsc::Sender<BuildLine>) {
        for line in said {
            let _ = lines.send(line).await;
        }
    }

    /// Ids of containers that pass a memory limit from now on.
    async fn memory_kills(&self) -> Result<impl Stream<Item = String> + use<>, DockerError> {
        let filters =
            HashMap::from([("type".to_owned(), vec!["container".to_owned()]), ("event".to_owned(), vec!["oom".to_owned()])]);
        let client = self.docker.client().await?;
        // Docker replays from there: a step may be killed before we listen.
        let began = (self.began.0 / 1000).to_string();
        let events = client.events(Some(EventsOptionsBuilder::new().since(&began).filters(&filters).build()));
        let ids = events.filter_map(|event| std::future::ready(event.ok().and_then(|message| message.actor?.id)));
        // A stream that broke off says nothing more; it must not end the build's own loop.
        Ok(ids.chain(futures_util::stream::pending()))
    }

    /// Whether the kernel killed a process in one of this build's containers for its memory.
    fn was_killed(&self) -> bool {
        self.killed.iter().any(|id| self.transcript.containers.iter().any(|short| id.starts_with(short.as_str())))
    }

    fn sort(&self, cause: Cause, request: &BuildRequest) -> BuildFailure {
        let (message, is_step) = match &cause {
            Cause::DockerStreamError { error } => (error.clone(), true),
            Cause::DockerResponseServerError { status_code, message }
                if *status_code == 400 || message.contains("Dockerfile") =>
            {
                (message.clone(), false)
            }
            _ => return self.docker.classify(Verb::Build, &request.tag, cause).into(),
        };
        if is_disk_full(&message) {
            BuildFailure::DiskFull
        } else if self.was_killed() || message.ends_with("returned a non-zero code: 137") {
            BuildFailure::OutOfMemory { limit: request.memory }
        } else if is_pull_trouble(&message) {
            DockerError::classify(Verb::Pull, &self.transcript.base(), self.docker.socket(), cause).into()
        } else if is_step && self.transcript.step.is_some() {
            BuildFailure::Step { message }
        } else {
            BuildFailure::Dockerfile { message }
        }
    }

    async fn finished(&self, image: ImageId) -> Built {
        let mut intermediates = self.intermediates().await;
        intermediates.retain(|id| *id != image);
        Built { image, intermediates, steps: self.transcript.steps, cached_steps: self.transcript.cached_steps }
    }

    async fn failed(&self, failure: BuildFailure, request: &BuildRequest, unread: &Mutex<Option<io::Error>>) -> BuildError {
        let unread = unread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let failure = match (failure, unread) {
            (_, Some(error)) => BuildFailure::ReadContext(error),
            (BuildFailure::Step { .. }, None) if self.ran_out_of_disk().await => BuildFailure::DiskFull,
            (failure, None) => failure,
        };
        tracing::debug!(image = %request.tag, because = %failure, "a build failed");
        let intermediates = self.intermediates().await;
        BuildError { failure, step: self.transcript.step.clone(), last_lines: self.transcript.last_lines(), intermediates }
    }

    /// A step's own command said so, and it is true.
    async fn ran_out_of_disk(&self) -> bool {
        if !self.transcript.last_lines().iter().any(|line| is_disk_full(line)) {
            return false;
        }
        let root = self.docker.info().await.map(|info| info.root).unwrap_or_default();
        room_at(&root).is_some_and(|room| room < LITTLE_ROOM)
    }

    /// The full ids of what this build made. A step's command can print what looks like the builder's words, so only
    /// images that came into being since the build began are believed.
    async fn intermediates(&self) -> Vec<ImageId> {
        let began = i64::try_from(self.began.0 / 1000).unwrap_or(i64::MAX);
        let mut found_ids = Vec::new();
        for short in &self.transcript.made {
            let found = self
                .docker
                .within(Verb::InspectImage, short, QUICK, |client| async move { client.inspect_image(short).await })
                .await;
            let Ok(image) = found else { continue };
            let is_new = image.created.as_deref().and_then(timestamp::parse).is_some_and(|made| made.seconds >= began);
            let is_nameless = image.repo_tags.as_ref().is_none_or(Vec::is_empty);
            let is_last = self.image.is_some() && image.id == self.image;
            if is_new && (is_nameless || is_last) {
                found_ids.extend(image.id.as_deref().and_then(ids::image));
            }
        }
        found_ids
    }

    /// Returns when the step's container is gone: Docker kills it when it sees our connection closed.
    async fn await_death(&self) {
        let Some(container) = self.transcript.containers.last() else { return };
        let ask = || {
            self.docker.within(Verb::InspectContainer, container, QUICK, |client| async move {
                client.inspect_container(container, None::<InspectContainerOptions>).await
            })
        };
        let gone = async {
            while ask().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        if tokio::time::timeout(DEATH, gone).await.is_err() {
            tracing::warn!(container, "a cancelled build's container is still there");
        }
    }
}

/// Bytes free for a user at `path`.
fn room_at(path: &str) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
