//! Who does what the loop asks? Each action becomes a task that answers with events; nothing here decides.

mod build;
mod build_log;
mod docker_events;
mod foreign;
mod images;
mod keys;
mod start;
mod survey;
mod trouble;

mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, watch as channel};
use tokio_util::sync::CancellationToken;

use crate::edge::desk::Desk;
use crate::edge::docker::Docker;
use crate::edge::election::Elections;
use crate::edge::flow::Flow;
use crate::edge::keys::KeySafe;
use crate::edge::link::{Links, Switchboard};
use crate::edge::seal::Sealer;
use crate::edge::sources::Sources;
use crate::edge::store::Store;
use crate::model::action::Action;
use crate::model::event::Event;
use crate::model::id::{NodeId, PlatformId, VersionId};
use crate::model::observed::{Fault, Subnet};
use crate::model::plan::NodePlan;
use crate::model::record::Record;
use crate::model::route::RouteTable;
use crate::model::vector::Vector;
use crate::model::world::World;

pub use build_log::{BuildLogs, LogEntry};
pub use images::ImageLedger;
pub use trouble::chain;

/// Everything the work needs of the world. Cheap to clone.
#[derive(Clone)]
pub struct Tools {
    /// This node.
    pub node: NodeId,
    /// Its platform; labels and names carry it.
    pub platform: PlatformId,
    /// The container engine.
    pub docker: Docker,
    /// Records and plans on disk.
    pub store: Store,
    /// The platform's secrets.
    pub keys: Arc<KeySafe>,
    /// Opens sealed values.
    pub sealer: Arc<Sealer>,
    /// Repositories and uploads.
    pub sources: Sources,
    /// Build logs, on disk and live.
    pub logs: BuildLogs,
    /// Which images are ours to remove.
    pub images: Arc<ImageLedger>,
    /// What is in flight to each replica.
    pub flow: Flow,
    /// Connections from and to other members, by service.
    pub links: Links,
    /// Frames to other members.
    pub switchboard: Switchboard,
    /// Who leads.
    pub elections: Elections,
    /// Questions and their answers.
    pub desk: Desk,
    /// The loop.
    pub inbox: mpsc::Sender<Event>,
    /// What the node knows.
    pub world: channel::Receiver<World>,
    /// The ingress's table.
    pub table: channel::Sender<Arc<RouteTable>>,
    /// Addresses of the bridge, if the config says so.
    pub subnet: Option<Subnet>,
    /// Most bytes that images of ours may take.
    pub image_quota: u64,
    /// The data directory.
    pub data: PathBuf,
}

impl Tools {
    /// Tells the loop; it is gone only when the process ends.
    pub(crate) async fn tell(&self, event: Event) {
        drop(self.inbox.send(event).await);
    }

    /// What the node knows now.
    pub(crate) fn world(&self) -> World {
        self.world.borrow().clone()
    }

    /// The name an image of ours has.
    pub(crate) fn tag(&self, app: &crate::model::id::AppId, version: &VersionId) -> String {
        format!("{}{app}:{version}", self.tag_prefix())
    }

    /// How the names of our images begin; another node on the same Docker has another.
    pub(crate) fn tag_prefix(&self) -> String {
        format!("kraken-{}-{}/", self.platform.short(), self.node.short())
    }
}

/// Takes actions in order and starts their work.
pub struct Work {
    tools: Tools,
    builds: BTreeMap<VersionId, CancellationToken>,
    watches: watch::Watches,
}

impl Work {
    /// Work with `tools`.
    #[must_use]
    pub fn new(tools: Tools) -> Self {
        Self { watches: watch::Watches::default(), builds: BTreeMap::new(), tools }
    }

    /// Runs until the loop is gone; then builds under way are given up.
    pub async fn run(mut self, mut actions: mpsc::UnboundedReceiver<Action>) {
        tokio::spawn(docker_events::follow(self.tools.clone()));
        survey::sweep(&self.tools).await;
        let (echo, echoes) = mpsc::unbounded_channel();
        tokio::spawn(tell_in_order(self.tools.clone(), echoes));
        while let Some(action) = actions.recv().await {
            self.start(action, &echo);
        }
        self.builds.values().for_each(CancellationToken::cancel);
    }

    /// Starts the work of one action; never waits.
    fn start(&mut self, action: Action, echo: &mpsc::UnboundedSender<Event>) {
        let tools = self.tools.clone();
        match action {
            // On a lone node the bus is the loop itself.
            Action::PublishPlan(plan) => drop(echo.send(Event::PlanArrived(plan))),
            Action::Report(observation) => drop(echo.send(Event::Observed { node: tools.node, observation })),
            Action::Fence(epoch) => tools.elections.fence(epoch),
            Action::Elect(order) => tools.elections.order(order),
            Action::Send { to, frame } => tools.switchboard.send(&to, *frame),
            Action::SendKeys { to } => keys::send(&tools, &to),
            Action::Answer { request, outcome } => tools.desk.answer(request, outcome),
            Action::Route(table) => drop(tools.table.send_replace(table)),
            Action::Watch { replica, container, address, port, health, served } => {
                let watched = watch::Watched { replica, container, address, port, health, served };
                self.watches.begin(tools, watched);
            }
            Action::Unwatch { replica } => self.watches.end(&replica),
            Action::Build(order) => {
                let cancel = CancellationToken::new();
                self.builds.retain(|_, token| !token.is_cancelled());
                self.builds.insert(order.version.clone(), cancel.clone());
                tokio::spawn(build::build(tools, order, cancel));
            }
            Action::CancelBuild(version) => {
                if let Some(token) = self.builds.remove(&version) {
                    token.cancel();
                }
            }
            other => drop(tokio::spawn(perform(tools, other))),
        }
    }
}

/// What the loop says to itself comes back in the order it was said: the older of two reports, heard last, would stand for
/// good. Its queue is as short as the loop is quick; the loop never waits for itself.
async fn tell_in_order(tools: Tools, mut echoes: mpsc::UnboundedReceiver<Event>) {
    while let Some(event) = echoes.recv().await {
        tools.tell(event).await;
    }
}

/// The work of an action that needs no memory of others.
async fn perform(tools: Tools, action: Action) {
    match action {
        Action::Persist { batch, records } => persist(&tools, batch, records).await,
        Action::StorePlan(plan) => store_plan(&tools, &plan).await,
        Action::Inspect { deployment, source, commit } => {
            let found = tools.sources.inspect(&source, commit.as_ref()).await;
            tools.tell(Event::Inspected { deployment, found: found.map(Box::new) }).await;
        }
        Action::Survey => survey::survey(&tools).await,
        Action::Start(spec) => start::start(&tools, &spec).await,
        Action::Resume { replica, container, keep_up } => start::resume(&tools, replica, container, keep_up).await,
        Action::KeepUp { replica, container } => start::keep_up(&tools, &replica, &container).await,
        Action::Stop { replica, container, .. } => start::stop(&tools, replica, container).await,
        Action::Hold { replica, container } => start::hold(&tools, replica, container).await,
        Action::Drain { replica, limit } => {
            tools.flow.drained(&replica, limit).await;
            tools.tell(Event::Drained { replica }).await;
        }
        Action::DeleteVolume { volume, why } => delete_volume(&tools, volume, &why).await,
        Action::Prune { keep } => prune(&tools, keep).await,
        Action::RenewKeys(facts) => keys::renew(&tools, facts).await,
        Action::TakeKeys(offer) => keys::take(&tools, offer).await,
        Action::Reseal => keys::reseal(&tools).await,
        Action::Store { batch, records, upto, heads } => foreign::store(&tools, batch, records, upto, heads).await,
        Action::SendDelta { to, since, with_heads } => foreign::send_delta(&tools, to, since, with_heads).await,
        Action::Note(note) => foreign::note(&tools, note).await,
        Action::Answer { .. }
        | Action::Fence(_)
        | Action::Elect(_)
        | Action::Send { .. }
        | Action::SendKeys { .. }
        | Action::PublishPlan(_)
        | Action::Report(_)
        | Action::Route(_)
        | Action::Watch { .. }
        | Action::Unwatch { .. }
        | Action::Build(_)
        | Action::CancelBuild(_) => {}
    }
}

async fn persist(tools: &Tools, batch: crate::model::event::BatchId, records: Vec<Arc<Record>>) {
    let event = match tools.store.persist(records.clone()).await {
        Ok(()) => Event::Persisted { batch, records, upto: Vector::default() },
        Err(error) => {
            tracing::error!(because = %trouble::chain(&error), "records could not be written");
            Event::PersistFailed { batch, because: trouble::chain(&error) }
        }
    };
    tools.tell(event).await;
}

async fn store_plan(tools: &Tools, plan: &NodePlan) {
    match tools.store.store_plan(plan).await {
        Ok(()) => tools.tell(Event::PlanStored { epoch: plan.epoch.clone(), seq: plan.seq }).await,
        // The worker asks again.
        Err(error) => tracing::error!(because = %trouble::chain(&error), "a plan could not be written"),
    }
}

async fn delete_volume(tools: &Tools, volume: crate::model::id::VolumeId, why: &str) {
    match tools.docker.remove_volume(volume.as_str()).await {
        Ok(()) => {
            tracing::info!(%volume, why, "volume deleted");
            tools.tell(Event::VolumeDeleted { volume }).await;
        }
        Err(error) if error.is_not_found() => tools.tell(Event::VolumeDeleted { volume }).await,
        // It is asked for again after the next survey.
        Err(error) => tracing::warn!(%volume, because = %trouble::chain(&error), "a volume could not be deleted yet"),
    }
}

async fn prune(tools: &Tools, keep: BTreeSet<VersionId>) {
    let versions = match images::prune(tools, &keep).await {
        Ok(versions) => versions,
        Err(error) => {
            if error.is_worlds_fault() {
                tracing::warn!(because = %trouble::chain(&error), "old images could not be removed yet");
            }
            return;
        }
    };
    tools.tell(Event::Pruned { versions }).await;
}

/// Whose fault an error is.
const fn fault(is_worlds: bool) -> Fault {
    if is_worlds { Fault::World } else { Fault::App }
}
