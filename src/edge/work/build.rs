//! How does a version become an image? Fetch its commit, build it, test it; each phase told, each line kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::decide::recipe::{self, DockerfileSource, Recipe, TestStep};
use crate::edge::clock;
use crate::edge::docker::{BuildRequest, BuildStream, ContainerSpec, Dockerfile, LogLine, LogStream, ReplicaLabels, Restart};
use crate::edge::sources::SourceTree;
use crate::edge::tree::ContextFiles;
use crate::model::container::{BuildOrder, Hardening};
use crate::model::deployment::Phase;
use crate::model::document::Version;
use crate::model::event::Event;
use crate::model::observed::{Fault, Trouble};

use super::build_log::BuildLog;
use super::{Tools, survey, trouble};

/// A build that takes longer is given up.
const BUILD_LIMIT: Duration = Duration::from_secs(3600);
/// So are tests.
const TEST_LIMIT: Duration = Duration::from_secs(600);
/// Lines on their way to the log before the build has to wait.
const LINES_AHEAD: usize = 256;

/// Makes the image of a version, and tells how that went.
pub(super) async fn build(tools: Tools, order: BuildOrder, cancel: CancellationToken) {
    let version = order.version.clone();
    let event = match Job::begin(&tools, &order, &cancel) {
        Ok(mut job) => match job.run().await {
            Ok(()) => Event::Built { version },
            Err(trouble) => {
                job.note(&trouble.because);
                Event::BuildFailed { version, trouble }
            }
        },
        Err(trouble) => Event::BuildFailed { version, trouble },
    };
    tools.tell(event).await;
}

/// One build under way.
struct Job<'a> {
    tools: &'a Tools,
    order: &'a BuildOrder,
    cancel: &'a CancellationToken,
    version: Arc<Version>,
    log: BuildLog,
}

impl<'a> Job<'a> {
    fn begin(tools: &'a Tools, order: &'a BuildOrder, cancel: &'a CancellationToken) -> Result<Self, Trouble> {
        let version = tools.world().versions.get(&order.version).cloned();
        let version = version.ok_or_else(|| worlds(Phase::Fetching, "the record of this version is gone"))?;
        let log = tools
            .logs
            .begin(order.deployment)
            .map_err(|error| worlds(Phase::Fetching, &format!("the build log cannot be written: {error}")))?;
        Ok(Self { tools, order, cancel, version, log })
    }

    async fn run(&mut self) -> Result<(), Trouble> {
        let recipe = recipe::recipe(&self.version.manifest);
        let tag = self.tools.tag(&self.order.app, &self.order.version);
        // An image counts as made only once its tests are over: an agent that was killed meanwhile runs them again.
        let made = if recipe.test.is_some() { format!("{tag}-untested") } else { tag.clone() };
        if let DockerfileSource::Image { reference } = &recipe.dockerfile {
            self.pull(reference, &made).await?;
        } else {
            let tree = self.fetch().await?;
            let target = recipe::shortest_target(&self.version.manifest, &tree.facts("")?);
            self.enter(Phase::Building, format!("building with at most {} MB of memory", self.order.memory >> 20)).await;
            self.build(&recipe, tree, &made, target).await?;
        }
        let Some(step) = &recipe.test else { return Ok(()) };
        let outcome = self.test(&recipe, step, &made).await;
        let image = self.tools.docker.inspect_image(&made).await.map_err(|error| trouble::docker(Phase::Testing, &error))?;
        if outcome.is_ok() {
            self.tools.docker.tag(&image.id, &tag).await.map_err(|error| trouble::docker(Phase::Testing, &error))?;
        }
        self.take_off(&made, &image.id).await;
        outcome
    }

    /// Takes a name that is no longer of use off an image; one that stays goes with the next clean-up.
    async fn take_off(&self, name: &str, image: &crate::model::id::ImageId) {
        if let Err(error) = self.tools.docker.remove_name(name, image).await {
            tracing::debug!(because = %trouble::chain(&error), name, "a name of an image stays");
        }
    }

    /// Tells the loop, and the log.
    async fn enter(&mut self, phase: Phase, why: String) {
        self.note(&why);
        self.tools.tell(Event::BuildProgressed { version: self.order.version.clone(), phase, why }).await;
    }

    fn note(&mut self, text: &str) {
        for line in text.lines() {
            self.log.write(clock::wall(), "note", line);
        }
    }

    async fn fetch(&mut self) -> Result<SourceTree, Trouble> {
        let commit = self.version.commit.short().to_owned();
        self.enter(Phase::Fetching, format!("fetching {commit}")).await;
        let (tree, says) = self.tools.sources.fetch(&self.version.source, &self.version.commit, self.cancel).await?;
        self.note(&says);
        Ok(tree)
    }

    async fn pull(&mut self, reference: &str, tag: &str) -> Result<(), Trouble> {
        self.enter(Phase::Fetching, format!("getting the image {reference}")).await;
        let (progress, mut told) = mpsc::channel(LINES_AHEAD);
        let drained = tokio::spawn(async move { while told.recv().await.is_some() {} });
        // An image that is here already is taken as it is: a LAN without Internet has no registry to ask.
        let found = match self.tools.docker.runnable_image(reference).await {
            Err(error) if error.is_not_found() => {
                let pulled = self
                    .tools
                    .docker
                    .pull(reference, &progress)
                    .await
                    .map_err(|error| trouble::docker(Phase::Fetching, &error))?;
                if pulled.absent_before {
                    self.remember([(pulled.image.id.clone(), Some(reference.to_owned()))]);
                }
                self.tools.docker.runnable_image(reference).await
            }
            found => found,
        };
        drop(progress);
        drop(drained.await);
        let image = found.map_err(|error| trouble::docker(Phase::Fetching, &error))?;
        self.tools.docker.tag(&image.id, tag).await.map_err(|error| trouble::docker(Phase::Fetching, &error))
    }

    fn remember(&self, images: impl IntoIterator<Item = (crate::model::id::ImageId, Option<String>)>) {
        if let Err(error) = self.tools.images.note(images) {
            tracing::warn!(because = %error, "the list of images could not be written");
        }
    }

    async fn build(&mut self, recipe: &Recipe, tree: SourceTree, tag: &str, target: Option<&str>) -> Result<(), Trouble> {
        let dockerfile = dockerfile(recipe, &tree)?;
        let (Dockerfile::InContext(path) | Dockerfile::Labelled(path) | Dockerfile::Text(path)) = &dockerfile;
        let text = |name: &str, text: &str| if name == path { self.tools.docker.labelled(text) } else { text.to_owned() };
        let extra = recipe.extra_files.iter().map(|(name, of)| (name.clone(), text(name, of).into_bytes())).collect();
        let files = ContextFiles { always: vec![path.clone()], extra };
        let request = BuildRequest {
            tag: tag.to_owned(),
            dockerfile,
            target: target.map(str::to_owned),
            args: recipe.args.clone(),
            // The owner's two tell whose it is, the name tells the rest.
            labels: BTreeMap::new(),
            memory: self.order.memory,
            pull: false,
            limit: BUILD_LIMIT,
        };
        let (lines, mut told) = mpsc::channel(LINES_AHEAD);
        let context = tree.into_context(files);
        let building = self.tools.docker.build(&request, context, lines, self.cancel);
        tokio::pin!(building);
        let outcome = loop {
            tokio::select! {
                biased;
                Some(line) = told.recv() => {
                    self.log.write(clock::wall(), stream(line.stream), &line.text);
                }
                outcome = &mut building => break outcome,
            }
        };
        while let Ok(line) = told.try_recv() {
            self.log.write(clock::wall(), stream(line.stream), &line.text);
        }
        let (Ok(made) | Err(made)) = outcome.as_ref().map(|built| &built.intermediates).map_err(|error| &error.intermediates);
        self.remember(made.iter().map(|image| (image.clone(), None)));
        match outcome {
            Ok(built) => {
                self.note(&format!("{} steps, {} kept from before", built.steps, built.cached_steps));
                Ok(())
            }
            Err(error) => Err(trouble::build(&error)),
        }
    }

    fn labels(&self) -> ReplicaLabels {
        ReplicaLabels { app: self.order.app.to_string(), version: self.order.version.to_string(), ..ReplicaLabels::default() }
    }

    /// Runs `[config] test`. Its failure is told, and ends the deployment only where `gate` says so.
    async fn test(&mut self, recipe: &Recipe, step: &TestStep, tag: &str) -> Result<(), Trouble> {
        let is_gate = self.version.manifest.config.gate;
        let command = self.version.manifest.config.test.clone().unwrap_or_default();
        self.enter(Phase::Testing, format!("{command}{}", if is_gate { "" } else { " (its result is advice)" })).await;
        let stage = match step.target {
            None => tag.to_owned(),
            Some(target) => {
                // Every layer of it was made a moment ago: this only gives it a name.
                let (tree, _) = self.tools.sources.fetch(&self.version.source, &self.version.commit, self.cancel).await?;
                let stage = format!("{tag}-test");
                self.build(recipe, tree, &stage, Some(target)).await?;
                stage
            }
        };
        let outcome = self.run_test(step, &stage, is_gate, &command).await;
        if stage != tag
            && let Ok(image) = self.tools.docker.inspect_image(&stage).await
        {
            self.take_off(&stage, &image.id).await;
        }
        outcome
    }

    async fn run_test(&mut self, step: &TestStep, image: &str, is_gate: bool, command: &str) -> Result<(), Trouble> {
        let spec = self.test_spec(step, image);
        let (lines, mut told) = mpsc::channel(LINES_AHEAD);
        let testing = self.tools.docker.run_to_end(&spec, TEST_LIMIT, lines, self.cancel);
        tokio::pin!(testing);
        let mut tail = Vec::new();
        let outcome = loop {
            tokio::select! {
                biased;
                Some(line) = told.recv() => self.test_line(&line, &mut tail),
                outcome = &mut testing => break outcome,
            }
        };
        while let Ok(line) = told.try_recv() {
            self.test_line(&line, &mut tail);
        }
        let because = match outcome {
            Ok(Some(ended)) if ended.exit_code == 0 => return Ok(()),
            Ok(Some(ended)) => format!("{command} ended with code {}", ended.exit_code),
            Ok(None) => return Err(worlds(Phase::Testing, "the deployment was cancelled")),
            Err(error) if error.is_worlds_fault() && is_gate => return Err(trouble::docker(Phase::Testing, &error)),
            Err(error) => trouble::chain(&error),
        };
        if !is_gate {
            self.enter(Phase::Testing, format!("{because}; it is advice only, so the deployment goes on")).await;
            return Ok(());
        }
        let next = "Mend it, push, and deploy again; or take gate = true out of [config].";
        Err(Trouble { fault: Fault::App, phase: Phase::Testing, because, next: Some(next.to_owned()), log_tail: tail })
    }

    fn test_line(&mut self, line: &LogLine, tail: &mut Vec<String>) {
        let name = if line.stream == LogStream::Err { "err" } else { "out" };
        self.log.write(clock::wall(), name, &line.text);
        if tail.len() == 20 {
            tail.remove(0);
        }
        tail.push(line.text.clone());
    }

    fn test_spec(&self, step: &TestStep, image: &str) -> ContainerSpec {
        let manifest = &self.version.manifest;
        let mut env = manifest.env.clone();
        env.insert("PORT".to_owned(), manifest.config.port.to_string());
        ContainerSpec {
            name: format!("kraken-{}-test-{}", self.tools.node.short(), self.order.version),
            image: image.to_owned(),
            command: Some(step.command.clone()),
            env,
            // Without a replica in its labels it is never taken for one.
            labels: self.labels(),
            network: survey::network_name(self.tools),
            address: None,
            memory: self.order.memory,
            cpu_millis: None,
            pids: 2048,
            hardening: Hardening::Strict,
            volumes: Vec::new(),
            restart: Restart::No,
            stop_timeout: Duration::from_secs(1),
            log_bytes: 4 << 20,
        }
    }
}

/// Where a recipe's Dockerfile is in the context; one of the repository is checked for what the builder cannot do.
fn dockerfile(recipe: &Recipe, tree: &SourceTree) -> Result<Dockerfile, Trouble> {
    match &recipe.dockerfile {
        DockerfileSource::Builtin { path } => Ok(Dockerfile::Labelled(path.clone())),
        DockerfileSource::InRepository { path } => {
            let text = tree.dockerfile(path)?;
            match recipe::refuse_buildkit_features(path, &text) {
                Some(finding) => Err(apps(finding.message, finding.next)),
                None => Ok(Dockerfile::InContext(path.clone())),
            }
        }
        DockerfileSource::Image { reference } => Err(apps(format!("{reference} is a ready image; nothing is built"), None)),
        DockerfileSource::Unknown => {
            let because = "its language is of a newer Kraken than this machine runs".to_owned();
            Err(apps(because, Some("Update Kraken on this machine.".to_owned())))
        }
    }
}

const fn stream(stream: BuildStream) -> &'static str {
    match stream {
        BuildStream::Step => "step",
        BuildStream::Out => "out",
        BuildStream::Err => "err",
        BuildStream::Note => "note",
    }
}

fn worlds(phase: Phase, because: &str) -> Trouble {
    Trouble { fault: Fault::World, phase, because: because.to_owned(), next: None, log_tail: Vec::new() }
}

fn apps(because: String, next: Option<String>) -> Trouble {
    Trouble { fault: Fault::App, phase: Phase::Building, because, next, log_tail: Vec::new() }
}
