//! What do an app's copies write? Their containers' logs in Docker, merged by time, with one cursor over all of them.

mod follow;
mod page;
mod places;

use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use tokio::sync::watch;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::AbortOnDropHandle;

use crate::decide::log_level::{LogLevel, log_level};
use crate::edge::docker::{self, Docker};
use crate::model::id::{AppId, ContainerId, NodeId, ReplicaId};
use crate::model::world::World;
use crate::web::ports::{LogAsk, Logs, Trouble};
use crate::web::view::{Level, LogLine, LogPage, LogStream};
use places::Places;

/// The logs of this node's containers.
#[derive(Clone)]
pub struct RealLogs {
    docker: Docker,
    world: watch::Receiver<World>,
}

/// A container that writes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Writer {
    container: ContainerId,
    replica: ReplicaId,
    node: NodeId,
    version_number: Option<u32>,
}

impl RealLogs {
    /// The logs in `docker` of the containers that `world` names.
    #[must_use]
    pub fn new(docker: Docker, world: watch::Receiver<World>) -> Self {
        Self { docker, world }
    }
}

impl Logs for RealLogs {
    fn page(&self, ask: LogAsk) -> BoxFuture<'_, Result<LogPage, Trouble>> {
        async move {
            let writers = writers(&self.world.borrow(), &ask.app);
            page::page(&self.docker, &writers, &ask).await
        }
        .boxed()
    }

    fn follow(&self, app: &AppId, after: Option<String>) -> BoxStream<'static, LogLine> {
        // A cursor that makes no sense is as good as none.
        let places = after.and_then(|text| text.parse::<Places>().ok());
        let (lines, reader) = tokio::sync::mpsc::channel(follow::AHEAD);
        let task = tokio::spawn(follow::follow(self.docker.clone(), self.world.clone(), app.clone(), places, lines));
        // The reading ends with the stream.
        let reading = (ReceiverStream::new(reader), AbortOnDropHandle::new(task));
        stream::unfold(reading, |mut reading| async move { reading.0.next().await.map(|line| (line, reading)) }).boxed()
    }
}

/// The containers of an app on this node: those on others are out of reach.
fn writers(world: &World, app: &AppId) -> Vec<Writer> {
    let here = world.replicas_of(app).filter(|(node, ..)| **node == world.me.node);
    here.filter_map(|(node, replica, report)| {
        Some(Writer {
            container: report.container.clone()?,
            replica: replica.clone(),
            node: node.clone(),
            version_number: world.versions.get(&report.version).map(|version| version.number),
        })
    })
    .collect()
}

/// A line as a page gets it; `read` is what was read of all logs with it.
fn shown(writer: &Writer, line: docker::LogLine, read: &Places) -> LogLine {
    LogLine {
        cursor: read.to_string(),
        at: line.at,
        replica: writer.replica.clone(),
        node: writer.node.clone(),
        version_number: writer.version_number,
        stream: match line.stream {
            docker::LogStream::Out => LogStream::Out,
            docker::LogStream::Err => LogStream::Err,
        },
        level: level(&line.text),
        text: line.text,
    }
}

fn level(text: &str) -> Option<Level> {
    log_level(text).map(|level| match level {
        LogLevel::Error => Level::Error,
        LogLevel::Warn => Level::Warn,
        LogLevel::Info => Level::Info,
        LogLevel::Debug => Level::Debug,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view::sample::{self, running};

    #[test]
    fn an_apps_writers_are_its_containers_on_this_node_with_their_version() {
        let (mut world, _) = running();
        let container: ContainerId = "c".repeat(64).parse().unwrap();
        for report in sample::inventory(&mut world).replicas.values_mut() {
            report.container = Some(container.clone());
        }
        let here = writers(&world, &"web".parse().unwrap());
        assert_eq!(
            here.iter().map(|writer| (&writer.container, writer.version_number)).collect::<Vec<_>>(),
            [(&container, Some(1))]
        );
        assert_eq!(writers(&world, &"shop".parse().unwrap()), []);
        let mut elsewhere = world.clone();
        elsewhere.me =
            std::sync::Arc::new(crate::model::world::Me { node: "b".repeat(26).parse().unwrap(), ..(*world.me).clone() });
        assert_eq!(writers(&elsewhere, &"web".parse().unwrap()), []);
    }

    #[test]
    fn a_replica_without_a_container_writes_nothing() {
        let (mut world, _) = running();
        for report in sample::inventory(&mut world).replicas.values_mut() {
            report.container = None;
        }
        assert_eq!(writers(&world, &"web".parse().unwrap()), []);
    }
}
