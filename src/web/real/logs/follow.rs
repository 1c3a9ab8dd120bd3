//! What does an app write from now on? The live logs of its containers, joined as containers come and go.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;

use super::places::Places;
use super::{Writer, shown, writers};
use crate::edge::clock;
use crate::edge::docker::{self, Docker, LogCursor, LogRequest};
use crate::model::id::{AppId, ContainerId};
use crate::model::world::World;
use crate::web::view::LogLine;

/// Lines read ahead of the reader.
pub(super) const AHEAD: usize = 64;
/// A log that ended while its container is still there (it stopped, or Docker did) is taken up again after this long…
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// …and later after at most so long.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What one container's reader tells.
enum Heard {
    Line(ContainerId, docker::LogLine),
    /// Nothing comes from it any more.
    Ended(ContainerId),
}

/// The logs being read.
struct Readers {
    docker: Docker,
    world: watch::Receiver<World>,
    app: AppId,
    read: Places,
    joined: BTreeMap<ContainerId, (Writer, AbortOnDropHandle<()>)>,
    heard: mpsc::Sender<Heard>,
}

/// Sends what `app` writes after `after`, or from now on, to `out`; ends with the app, or when nobody reads any more.
pub(super) async fn follow(
    docker: Docker,
    mut world: watch::Receiver<World>,
    app: AppId,
    after: Option<Places>,
    out: mpsc::Sender<LogLine>,
) {
    let (heard, mut hearing) = mpsc::channel(AHEAD);
    let from_now = after.is_none();
    let read = after.unwrap_or_default();
    let mut readers = Readers { docker, world: world.clone(), app, read, joined: BTreeMap::new(), heard };
    let here = writers(&world.borrow_and_update(), &readers.app);
    readers.read.keep(here.iter().map(|writer| &writer.container));
    if from_now {
        readers.skip_to_now(&here);
    }
    readers.join(here);
    while readers.goes_on() {
        tokio::select! {
            changed = world.changed() => {
                if changed.is_err() {
                    return;
                }
                let here = writers(&world.borrow_and_update(), &readers.app);
                readers.join(here);
            }
            Some(heard) = hearing.recv() => {
                if let Some(line) = readers.digest(heard) && out.send(line).await.is_err() {
                    return;
                }
            }
            () = out.closed() => return,
        }
    }
}

impl Readers {
    /// What these wrote so far is passed over. A container that comes later is read from its beginning.
    fn skip_to_now(&mut self, here: &[Writer]) {
        let Some(now) = LogCursor::before(&clock::wall().to_string()) else { return };
        here.iter().for_each(|writer| self.read.set(&writer.container, now));
    }

    fn join(&mut self, here: Vec<Writer>) {
        for writer in here {
            if self.joined.contains_key(&writer.container) {
                continue;
            }
            let reader = Reader {
                docker: self.docker.clone(),
                world: self.world.clone(),
                app: self.app.clone(),
                container: writer.container.clone(),
                after: self.read.of(&writer.container),
                heard: self.heard.clone(),
            };
            let task = AbortOnDropHandle::new(tokio::spawn(reader.run()));
            self.joined.insert(writer.container.clone(), (writer, task));
        }
    }

    fn digest(&mut self, heard: Heard) -> Option<LogLine> {
        match heard {
            Heard::Line(container, line) => {
                let (writer, _) = self.joined.get(&container)?;
                self.read.set(&container, line.cursor);
                Some(shown(writer, line, &self.read))
            }
            Heard::Ended(container) => {
                self.joined.remove(&container);
                self.read.forget(&container);
                None
            }
        }
    }

    /// Until the app is gone and the last word of its containers was heard.
    fn goes_on(&self) -> bool {
        let world = self.world.borrow();
        !self.joined.is_empty() || world.apps.get(&self.app).is_some_and(|app| app.is_listed())
    }
}

/// Reads one container's log, across its restarts and Docker's.
struct Reader {
    docker: Docker,
    world: watch::Receiver<World>,
    app: AppId,
    container: ContainerId,
    after: Option<LogCursor>,
    heard: mpsc::Sender<Heard>,
}

impl Reader {
    async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let before = self.after;
            let is_gone = self.read().await;
            if is_gone || !self.is_here() {
                break;
            }
            pause = if self.after == before { (pause * 2).min(LONGEST_PAUSE) } else { FIRST_PAUSE };
            tokio::time::sleep(pause).await;
        }
        drop(self.heard.send(Heard::Ended(self.container)).await);
    }

    /// Reads until the log ends; answers whether it is gone for good.
    async fn read(&mut self) -> bool {
        let request = LogRequest { after: self.after, follow: true, tail: None };
        let mut lines = std::pin::pin!(self.docker.logs(&self.container, request));
        while let Some(line) = lines.next().await {
            match line {
                Ok(line) => {
                    self.after = Some(line.cursor);
                    if self.heard.send(Heard::Line(self.container.clone(), line)).await.is_err() {
                        return true;
                    }
                }
                Err(error) => {
                    tracing::debug!(container = %self.container, %error, "a log broke off");
                    return error.is_not_found();
                }
            }
        }
        false
    }

    fn is_here(&self) -> bool {
        let world = self.world.borrow();
        world.replicas_of(&self.app).any(|(_, _, report)| report.container.as_ref() == Some(&self.container))
    }
}
