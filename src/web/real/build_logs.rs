//! What did a build say, and what does it say now? From its file, then live.

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

use crate::edge::work::{BuildLogs as Kept, LogEntry};
use crate::model::id::DeploymentId;
use crate::model::world::World;
use crate::web::ports::{BuildLogs, Trouble};
use crate::web::view::{BuildLine, BuildLog, BuildStream, Moment};

/// Lines read from the file at once.
const PAGE: usize = 500;
/// Lines a slow reader may be behind before the file is read again.
const AHEAD: usize = 64;

/// The build logs of this node.
#[derive(Clone)]
pub struct RealBuildLogs {
    logs: Kept,
    world: watch::Receiver<World>,
}

impl RealBuildLogs {
    /// Over `logs`; `world` tells when a deployment has ended.
    #[must_use]
    pub fn new(logs: Kept, world: watch::Receiver<World>) -> Self {
        Self { logs, world }
    }

    async fn page(&self, deployment: DeploymentId, from: u64, limit: usize) -> (Vec<BuildLine>, bool) {
        let logs = self.logs.clone();
        // The log's numbers begin at 1, the API's at 0.
        let read = tokio::task::spawn_blocking(move || logs.read(deployment, from + 1, limit));
        let (entries, is_live) = read.await.unwrap_or_default();
        (entries.into_iter().map(line).collect(), is_live)
    }

    fn is_open(&self, deployment: DeploymentId) -> bool {
        self.world.borrow().deployments.get(&deployment).is_some_and(|deployment| deployment.is_open())
    }

    /// Sends lines until the deployment has ended and all was sent, or nobody reads.
    async fn send_all(mut self, deployment: DeploymentId, mut from: u64, lines: mpsc::Sender<BuildLine>) {
        loop {
            // Asked before the file is read: what is written in between is in one of the two.
            let live = self.logs.follow(deployment);
            let was_open = self.is_open(deployment);
            loop {
                let (page, _) = self.page(deployment, from, PAGE).await;
                if page.is_empty() {
                    break;
                }
                for line in page {
                    from = line.n + 1;
                    if lines.send(line).await.is_err() {
                        return;
                    }
                }
            }
            match live {
                Some(live) => match send_live(live, &mut from, &lines).await {
                    Some(()) => {}
                    None => return,
                },
                None if !was_open => return,
                None => {
                    if self.world.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// Sends what comes until the build ends or lines were missed, which are then read from the file; none: nobody reads.
async fn send_live(mut live: broadcast::Receiver<LogEntry>, from: &mut u64, lines: &mpsc::Sender<BuildLine>) -> Option<()> {
    while let Ok(entry) = live.recv().await {
        let line = line(entry);
        if line.n < *from {
            continue;
        }
        *from = line.n + 1;
        lines.send(line).await.ok()?;
    }
    Some(())
}

impl BuildLogs for RealBuildLogs {
    fn read(&self, deployment: DeploymentId, from: u64, limit: usize) -> BoxFuture<'_, Result<BuildLog, Trouble>> {
        Box::pin(async move {
            let was_open = self.is_open(deployment);
            let (lines, is_live) = self.page(deployment, from, limit).await;
            let next = lines.last().map_or(from, |line| line.n + 1);
            let ended = !was_open && !is_live && lines.len() < limit;
            Ok(BuildLog { lines, next, ended })
        })
    }

    fn follow(&self, deployment: DeploymentId, from: u64) -> BoxStream<'static, BuildLine> {
        let (sender, lines) = mpsc::channel(AHEAD);
        tokio::spawn(self.clone().send_all(deployment, from, sender));
        Box::pin(ReceiverStream::new(lines))
    }
}

fn line(entry: LogEntry) -> BuildLine {
    BuildLine {
        n: entry.n.saturating_sub(1),
        at: Moment(entry.at),
        stream: match entry.stream.as_str() {
            "step" => BuildStream::Step,
            "err" => BuildStream::Err,
            "note" => BuildStream::Note,
            _ => BuildStream::Out,
        },
        text: entry.text,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;
    use crate::decide::sample;
    use crate::model::time::WallTime;

    #[tokio::test]
    async fn a_follower_sees_what_was_and_what_comes_and_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::open(dir.path()).unwrap();
        let mut world = sample::world();
        let deployment = sample::ask_deploy(&mut world, "web").deployment.unwrap();
        let (sender, receiver) = watch::channel(world.clone());
        let mut log = kept.begin(deployment).unwrap();
        log.write(WallTime(1), "step", "before");
        let mut lines = RealBuildLogs::new(kept, receiver).follow(deployment, 0);
        assert_eq!(lines.next().await.unwrap().text, "before");
        log.write(WallTime(2), "out", "after");
        assert_eq!(lines.next().await.unwrap().n, 1);
        drop(log);
        sample::ask(&mut world, crate::model::command::Command::Abort { deployment });
        sender.send_replace(world);
        assert_eq!(lines.next().await, None);
    }
}
