//! What does one page get to hear, and in which order? The next event is made only when the page is ready for it.

use std::collections::VecDeque;
use std::time::Duration;

use axum::response::sse::Event;
use futures_util::stream::{self, Stream};
use serde::Serialize;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};

use super::diff::{Changes, changes};
use super::lines::{Batch, Lines};
use super::streams::Place;
use crate::model::id::{AppId, DeploymentId};
use crate::model::world::World;
use crate::web::guard::identity::{Caller, is_still_in};
use crate::web::state::{Scene, Web};
use crate::web::view::{self, AuditEntry, BuildLine, LogLine, Moment, Viewer};

/// Snapshots that follow each other faster are told together.
const CALM: Duration = Duration::from_millis(50);
/// Vitals for who looks at them, and for who does not.
const OFTEN: Duration = Duration::from_secs(2);
const SELDOM: Duration = Duration::from_secs(30);
/// More changed apps than this are told by name only.
const IN_FULL: usize = 50;

/// What a page wants to hear.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only this app.
    pub app: Option<AppId>,
    /// Only this deployment.
    pub deployment: Option<DeploymentId>,
    /// Lines of this app, after this cursor.
    pub logs: Option<(AppId, Option<String>)>,
    /// Lines of this build, from this line on.
    pub build: Option<(DeploymentId, u64)>,
    /// Vitals every 2 s instead of every 30 s.
    pub vitals: bool,
}

/// One page's stream.
struct Page {
    web: Web,
    caller: Caller,
    viewer: Viewer,
    wanted: Wanted,
    news: watch::Receiver<World>,
    seen: World,
    quiet_until: Instant,
    ready: VecDeque<Event>,
    logs: Option<Lines<LogLine>>,
    build: Option<Lines<BuildLine>>,
    deeds: broadcast::Receiver<AuditEntry>,
    vitals: Interval,
    /// Given back when the page goes.
    _place: Place,
}

/// What woke the page's stream.
enum Woken {
    World,
    Logs(Batch<LogLine>),
    Build(Batch<BuildLine>),
    Deed(Result<AuditEntry, broadcast::error::RecvError>),
    Vitals,
    AgentGone,
}

/// The stream of one page; it ends with the session, or with the agent.
pub fn open(web: &Web, caller: Caller, viewer: Viewer, wanted: Wanted, place: Place) -> impl Stream<Item = Event> + use<> {
    let ports = &web.parts.ports;
    let logs = wanted.logs.clone().map(|(app, after)| Lines::read(ports.logs.follow(&app, after)));
    let build = wanted.build.map(|(deployment, from)| Lines::read(ports.build_logs.follow(deployment, from)));
    let mut news = web.parts.world.clone();
    let seen = news.borrow_and_update().clone();
    let mut vitals = interval_at(Instant::now(), if wanted.vitals { OFTEN } else { SELDOM });
    vitals.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut page = Page {
        deeds: web.deeds.subscribe(),
        web: web.clone(),
        caller,
        viewer,
        wanted,
        news,
        seen,
        quiet_until: Instant::now(),
        ready: VecDeque::new(),
        logs,
        build,
        vitals,
        _place: place,
    };
    page.hello();
    stream::unfold(page, |mut page| async move { page.next().await.map(|event| (event, page)) })
}

impl Page {
    fn hello(&mut self) {
        #[derive(Serialize)]
        struct Hello<'a> {
            at: Moment,
            node: &'a str,
        }
        let hello = Hello { at: Moment(self.web.now()), node: self.seen.me.node.as_str() };
        self.ready.extend(event("hello", &hello));
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            match self.wait().await {
                Woken::World => self.compare(),
                Woken::Logs(batch) => self.log_lines(batch),
                Woken::Build(batch) => self.build_lines(batch),
                Woken::Deed(Ok(entry)) => self.ready.extend(event("audit", &entry)),
                Woken::Deed(Err(broadcast::error::RecvError::Lagged(missed))) => self.skipped("audit", missed),
                Woken::Vitals => self.measure(),
                Woken::Deed(Err(broadcast::error::RecvError::Closed)) | Woken::AgentGone => return None,
            }
            if !is_still_in(&self.web, &self.caller.via) {
                return None;
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let calm = self.quiet_until;
        let news = async {
            sleep_until(calm).await;
            self.news.changed().await
        };
        tokio::select! {
            changed = news => if changed.is_ok() { Woken::World } else { Woken::AgentGone },
            batch = next_of(self.logs.as_ref()) => Woken::Logs(batch),
            batch = next_of(self.build.as_ref()) => Woken::Build(batch),
            deed = self.deeds.recv() => Woken::Deed(deed),
            _ = self.vitals.tick() => Woken::Vitals,
            () = self.web.stopping.cancelled() => Woken::AgentGone,
        }
    }

    fn compare(&mut self) {
        let new = self.news.borrow_and_update().clone();
        let found = changes(&self.seen, &new);
        self.seen = new;
        self.quiet_until = Instant::now() + CALM;
        if found != Changes::default() {
            self.tell(found);
        }
    }

    fn tell(&mut self, mut found: Changes) {
        found.apps.retain(|app| self.wanted.app.as_ref().is_none_or(|only| only == app));
        found.deployments.retain(|id| self.wanted.deployment.is_none_or(|only| only == *id));
        let stats = &self.web.parts.ports.stats;
        let scene = Scene { world: self.seen.clone(), machine: stats.machine(), stats: stats.now(), viewer: self.viewer.clone() };
        let glance = scene.glance();
        if found.platform || found.apps.len() > IN_FULL {
            let changed: Vec<&AppId> = found.apps.iter().collect();
            self.ready.extend(event("apps", &serde_json::json!({ "changed": changed })));
        }
        let full = if found.apps.len() > IN_FULL { Default::default() } else { found.apps };
        for id in full {
            let there = scene
                .world
                .apps
                .get(&id)
                .filter(|app| app.is_listed() || (app.source.is_some() && !glance.replicas(&id).is_empty()));
            self.ready.extend(match there {
                Some(app) => event("app", &view::summary(&glance, &id, app)),
                None => event("gone", &serde_json::json!({ "app": id })),
            });
        }
        for id in found.deployments.iter().take(IN_FULL) {
            if let Some(deployment) = scene.world.deployments.get(id) {
                self.ready.extend(event("deployment", &view::deployment(&glance, deployment)));
            }
        }
    }

    fn log_lines(&mut self, Batch { skipped, lines }: Batch<LogLine>) {
        if skipped > 0 {
            self.skipped("log", skipped);
        }
        let (Some((app, _)), Some(last)) = (&self.wanted.logs, lines.last()) else { return };
        let told = event("log", &serde_json::json!({ "app": app, "lines": lines }));
        self.ready.extend(told.map(|event| event.id(format!("log:{}", last.cursor))));
    }

    fn build_lines(&mut self, Batch { skipped, lines }: Batch<BuildLine>) {
        if skipped > 0 {
            self.skipped("build", skipped);
        }
        let (Some((deployment, _)), Some(last)) = (self.wanted.build, lines.last()) else { return };
        let told = event("build", &serde_json::json!({ "deployment": deployment, "lines": lines }));
        self.ready.extend(told.map(|event| event.id(format!("build:{}", last.n))));
    }

    fn measure(&mut self) {
        let stats = &self.web.parts.ports.stats;
        let Some(mut vitals) = stats.vitals() else { return };
        // The page has the hour's series already.
        vitals.series.clear();
        let apps = &stats.now().apps;
        self.ready.extend(event("vitals", &serde_json::json!({ "node": self.seen.me.node, "vitals": vitals, "apps": apps })));
    }

    fn skipped(&mut self, stream: &str, lines: u64) {
        self.ready.extend(event("skipped", &serde_json::json!({ "stream": stream, "lines": lines })));
    }
}

async fn next_of<T: Send + 'static>(lines: Option<&Lines<T>>) -> Batch<T> {
    match lines {
        Some(lines) => lines.next().await,
        None => std::future::pending().await,
    }
}

/// None where it has no JSON form, which plain data always has.
fn event(name: &str, data: &impl Serialize) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}
