//! Do orders stay right in bad weather? Orchestrators, workers and reports of a whole platform on a simulated clock, network, Docker
//! and disk. Who leads is scripted: the lowest live id of each side, with a higher epoch at each change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::Executor;
use super::orchestrator::Orchestrator;
use super::reports::Reports;
use super::worker::Worker;
use crate::decide::fold::{fold, fold_record};
use crate::decide::sample;
use crate::model::action::Action;
use crate::model::command::Command;
use crate::model::document::{Document, Member, VolumeState, Wanted};
use crate::model::event::{BatchId, Event, Role};
use crate::model::frame::Frame;
use crate::model::id::{AppId, ContainerId, DeploymentId, Epoch, Incarnation, NodeId, ReplicaId, RequestId, VersionId};
use crate::model::observed::{MachineFacts, Observation, SeenContainer, SeenImage, Stage, Subnet};
use crate::model::plan::NodePlan;
use crate::model::record::{Draft, ObjectKey, Record};
use crate::model::standing::{Peer, Standing};
use crate::model::time::{Timestamp, WallTime};
use crate::model::vector::Vector;
use crate::model::world::World;

const VOLUME: &str = "[[volume]]\nname = \"data\"\npath = \"/data\"\n";
/// Seeds of every run of the tests; a failing one is printed.
const SEEDS: u64 = 60;

/// A rule that is taken away, to see that it is missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutant {
    None,
    /// Copies that nobody ordered run on.
    SurplusStays,
    /// A plan adds to the one before it.
    PlansMerged,
}

/// Draws from a seed (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit.max(1)
    }
}

#[derive(Debug, Clone)]
struct Container {
    seen: SeenContainer,
}

struct Node {
    world: World,
    orchestrator: Orchestrator,
    worker: Worker,
    reports: Reports,
    // What survives a crash: Docker's, and the disk's.
    containers: BTreeMap<ReplicaId, Container>,
    images: BTreeSet<VersionId>,
    records: Vec<Arc<Record>>,
    plan: Option<Arc<NodePlan>>,
    fenced: Option<Epoch>,
    boot: u64,
    is_up: bool,
    side: u64,
}

struct Sim {
    nodes: Vec<Node>,
    dice: Dice,
    now: u64,
    queue: BTreeMap<(u64, u64), (usize, u64, Event)>,
    last: u64,
    counter: u64,
    mutant: Mutant,
    wrong: Vec<String>,
}

fn id(at: usize) -> NodeId {
    char::from(b'a' + u8::try_from(at).unwrap()).to_string().repeat(26).parse().unwrap()
}

fn app(name: &str) -> AppId {
    name.parse().unwrap()
}

fn blank(at: usize, boot: u64) -> World {
    let mut me = (*sample::world().me).clone();
    me.node = id(at);
    me.name = format!("n{at}");
    me.origin.node = id(at);
    me.incarnation = Incarnation { boot, random: boot };
    World::new(me)
}

impl Sim {
    fn new(count: usize, seed: u64, mutant: Mutant) -> Self {
        let mut founder = sample::world();
        let members: Vec<Draft> = (0..count)
            .map(|at| {
                let member = Member { name: format!("n{at}"), key: String::new(), joined_at: WallTime(1) };
                Draft { object: ObjectKey::Member(id(at)), document: Some(Document::Member(member)) }
            })
            .collect();
        founder.me = Arc::new(crate::model::world::Me { node: id(25), ..(*founder.me).clone() });
        let records = crate::decide::stamp::stamp(&founder, members);
        let node = |at| Node {
            world: blank(at, 0),
            orchestrator: Orchestrator::default(),
            worker: Worker::default(),
            reports: Reports::default(),
            containers: BTreeMap::new(),
            images: BTreeSet::new(),
            records: records.clone(),
            plan: None,
            fenced: None,
            boot: 0,
            is_up: false,
            side: 0,
        };
        let nodes = (0..count).map(node).collect();
        let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut sim = Self { nodes, dice, now: 0, queue: BTreeMap::new(), last: 0, counter: 0, mutant, wrong: Vec::new() };
        (0..count).for_each(|at| sim.start(at));
        sim.elect();
        sim
    }

    fn post(&mut self, to: usize, after: u64, event: Event) {
        self.last += 1;
        let boot = self.nodes[to].boot;
        self.queue.insert((self.now + after, self.last), (to, boot, event));
    }

    /// A write: mostly quick, now and then a card that stalls.
    fn disk(&mut self) -> u64 {
        if self.dice.below(50) == 0 { 3000 } else { 1 + self.dice.below(40) }
    }

    fn start(&mut self, at: usize) {
        let boot = self.nodes[at].boot + 1;
        let node = &mut self.nodes[at];
        node.boot = boot;
        node.is_up = true;
        let mut world = blank(at, boot);
        for record in &node.records {
            fold_record(&mut world, record);
        }
        if let Some(plan) = &node.plan {
            Arc::make_mut(&mut world.plans).insert(id(at), Arc::clone(plan));
        }
        node.world = world;
        (node.orchestrator, node.worker, node.reports) = Default::default();
        let (mut out, now) = (Vec::new(), Timestamp::new(Duration::from_millis(self.now)));
        node.orchestrator.setup(&node.world, now, &mut out);
        node.worker.setup(&node.world, now, &mut out);
        self.perform(at, out);
        let facts = MachineFacts { arch: "amd64".into(), memory: 8 << 30, ..MachineFacts::default() };
        self.post(at, 1, Event::Observed { node: id(at), observation: Observation::Machine(Box::new(facts)) });
    }

    fn crash(&mut self, at: usize) {
        self.nodes[at].is_up = false;
        self.nodes[at].boot += 1;
    }

    fn hears(&self, a: usize, b: usize) -> bool {
        self.nodes[a].is_up && self.nodes[b].is_up && self.nodes[a].side == self.nodes[b].side
    }

    /// New links, new leaders: what every node sees of it a moment later, each at its own time.
    fn elect(&mut self) {
        let count = self.nodes.len();
        // What was still to be seen of the weather before is overtaken.
        self.queue.retain(|_, (.., event)| {
            !matches!(event, Event::RoleChanged(_) | Event::StandingChanged(_) | Event::LinkUp(_) | Event::LinkDown(_))
        });
        let mut epochs: BTreeMap<u64, Epoch> = BTreeMap::new();
        for at in (0..count).filter(|at| self.nodes[*at].is_up) {
            let (side, counter) = (self.nodes[at].side, &mut self.counter);
            epochs.entry(side).or_insert_with(|| {
                *counter += 1;
                Epoch { counter: *counter, node: id(at) }
            });
        }
        for at in (0..count).filter(|at| self.nodes[*at].is_up).collect::<Vec<_>>() {
            let epoch = epochs[&self.nodes[at].side].clone();
            let mut standing = Standing::default();
            let links = self.nodes[at].world.links.clone();
            for other in (0..count).filter(|other| *other != at) {
                let is_live = self.hears(at, other);
                let incarnation = is_live.then(|| Incarnation { boot: self.nodes[other].boot, random: self.nodes[other].boot });
                standing.peers.insert(id(other), Peer { is_live, is_direct: is_live, incarnation, ..Peer::default() });
                if links.contains(&id(other)) {
                    self.post(at, 5, Event::LinkDown(id(other)));
                }
                if is_live {
                    self.exchange(at, other);
                    self.post(at, 20, Event::LinkUp(id(other)));
                }
            }
            let wait = 1200 + self.dice.below(400);
            self.post(at, 10, Event::StandingChanged(Arc::new(standing)));
            let lost = Event::RoleChanged(Role::Follower { leader: None });
            self.post(at, wait / 2, lost);
            let role = if epoch.node == id(at) { Role::Leader { epoch } } else { Role::Follower { leader: Some(epoch) } };
            self.post(at, wait, Event::RoleChanged(role));
        }
    }

    /// What the other holds and this one lacks.
    fn exchange(&mut self, at: usize, other: usize) {
        let known: BTreeSet<_> = self.nodes[at].records.iter().map(|record| record.revision.clone()).collect();
        let news: Vec<_> = self.nodes[other].records.iter().filter(|record| !known.contains(&record.revision)).cloned().collect();
        self.store(at, news);
    }

    fn store(&mut self, at: usize, records: Vec<Arc<Record>>) {
        if !records.is_empty() {
            self.nodes[at].records.extend(records.iter().cloned());
            self.post(at, 2, Event::Persisted { batch: BatchId(u64::MAX), records, upto: Vector::default() });
        }
    }

    fn run_to(&mut self, end: u64) {
        loop {
            let wake = |(at, node): (usize, &Node)| {
                let deadlines = [node.orchestrator.deadline(), node.worker.deadline(), node.reports.deadline()];
                let due = deadlines.into_iter().flatten().min().filter(|_| node.is_up)?;
                Some((u64::try_from(due.since_boot().as_millis()).unwrap() + 1, at))
            };
            let tick = self.nodes.iter().enumerate().filter_map(wake).min();
            let next = self.queue.first_key_value().map(|((due, _), _)| *due);
            match (next, tick) {
                (Some(due), tick) if due <= end && tick.is_none_or(|(at, _)| due <= at) => {
                    let ((due, _), (to, boot, event)) = self.queue.pop_first().unwrap();
                    self.now = self.now.max(due);
                    if self.nodes[to].boot == boot && self.nodes[to].is_up {
                        self.digest(to, &event);
                    }
                }
                (_, Some((due, at))) if due <= end => {
                    self.now = self.now.max(due);
                    self.digest(at, &Event::Tick);
                }
                _ => break,
            }
        }
        self.now = end;
    }

    fn digest(&mut self, at: usize, event: &Event) {
        let (now, wall) = (Timestamp::new(Duration::from_millis(self.now)), WallTime(1_800_000_000_000 + self.now));
        let node = &mut self.nodes[at];
        fold(&mut node.world, wall, event);
        let mut out = Vec::new();
        node.orchestrator.execute(&node.world, now, event, &mut out);
        node.worker.execute(&node.world, now, event, &mut out);
        node.reports.execute(&node.world, now, event, &mut out);
        self.perform(at, out);
    }

    fn perform(&mut self, at: usize, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Report(observation) => self.post(at, 0, Event::Observed { node: id(at), observation }),
                Action::PublishPlan(plan) => {
                    let plan = self.handed(at, plan);
                    self.post(at, 0, Event::PlanArrived(plan));
                }
                Action::Send { to, frame } => self.send(at, &to, *frame),
                Action::Persist { batch, records } => {
                    self.nodes[at].records.extend(records.iter().cloned());
                    let after = self.disk();
                    self.post(at, after, Event::Persisted { batch, records: records.clone(), upto: Vector::default() });
                    for other in (0..self.nodes.len()).filter(|other| *other != at && self.hears(at, *other)).collect::<Vec<_>>()
                    {
                        self.store(other, records.clone());
                    }
                }
                Action::Fence(epoch) => {
                    let after = self.disk();
                    let fenced = &mut self.nodes[at].fenced;
                    *fenced = fenced.clone().max(Some(epoch.clone()));
                    self.post(at, after, Event::Fenced(epoch));
                }
                Action::StorePlan(plan) => self.store_plan(at, plan),
                Action::Inspect { deployment, .. } => self.inspect(at, deployment),
                other => self.docker(at, other),
            }
        }
    }

    fn send(&mut self, at: usize, to: &NodeId, frame: Frame) {
        let Some(other) = (0..self.nodes.len()).find(|other| id(*other) == *to).filter(|other| self.hears(at, *other)) else {
            return;
        };
        let frame = match frame {
            Frame::Plan(plan) => Frame::Plan(self.handed(other, plan)),
            frame => frame,
        };
        // Frames of one link arrive in their order.
        self.post(other, 7, Event::FrameArrived { from: id(at), frame: Box::new(frame) });
    }

    /// The plan as it reaches node `at`.
    fn handed(&self, at: usize, plan: Arc<NodePlan>) -> Arc<NodePlan> {
        match (&self.nodes[at].plan, self.mutant) {
            (Some(before), Mutant::PlansMerged) => {
                let mut merged = (*plan).clone();
                merged.replicas.extend(before.replicas.clone());
                Arc::new(merged)
            }
            _ => plan,
        }
    }

    fn store_plan(&mut self, at: usize, plan: Arc<NodePlan>) {
        if self.nodes[at].fenced.as_ref().is_some_and(|fenced| *fenced > plan.epoch) {
            self.wrong.push(format!("n{at} stores a plan of {} below its fence", plan.epoch));
        }
        let after = self.disk();
        let (epoch, seq) = (plan.epoch.clone(), plan.seq);
        self.nodes[at].plan = Some(plan);
        self.post(at, after, Event::PlanStored { epoch, seq });
    }

    fn inspect(&mut self, at: usize, deployment: DeploymentId) {
        let Some(found) = self.nodes[at].world.deployments.get(&deployment).map(|deployment| deployment.app.clone()) else {
            return;
        };
        let n = u32::try_from(self.nodes[at].world.versions.len()).unwrap() + 1;
        let more = if found.as_str().starts_with("db") { VOLUME } else { "" };
        let found = Ok(Box::new(sample::named_inspection(found.as_str(), 3000, n, more)));
        self.post(at, 300, Event::Inspected { deployment, found });
    }

    fn docker(&mut self, at: usize, action: Action) {
        let jitter = self.dice.below(400);
        match action {
            Action::Survey => {
                let node = &self.nodes[at];
                let containers = node.containers.values().map(|container| container.seen.clone()).collect();
                let image = |version: &VersionId| SeenImage {
                    image: format!("sha256:{}", "a".repeat(64)).parse().unwrap(),
                    version: version.clone(),
                };
                let images = node.images.iter().map(image).collect();
                let network = Subnet { base: [198, 18, 0, 0].into(), prefix: 20, gateway: [198, 18, 0, 1].into() };
                self.post(at, 0, Event::Surveyed { containers, images, network });
            }
            Action::Build(order) => {
                self.nodes[at].images.insert(order.version.clone());
                self.post(at, 2000 + 5 * jitter, Event::Built { version: order.version });
            }
            Action::Start(spec) => {
                self.last += 1;
                let container: ContainerId = format!("{:064x}", self.last).parse().unwrap();
                let seen = SeenContainer {
                    container: container.clone(),
                    replica: spec.replica.clone(),
                    app: spec.app,
                    deployment: spec.deployment,
                    version: spec.version,
                    address: Some(spec.address),
                    running: true,
                    kept_up: false,
                };
                self.nodes[at].containers.insert(spec.replica.clone(), Container { seen });
                self.check_data(at);
                self.post(at, 300 + jitter, Event::ContainerStarted { replica: spec.replica, container });
            }
            Action::Watch { replica, .. } => self.post(at, 500 + jitter, Event::Healthy { replica, after_ms: 500 }),
            Action::Drain { replica, .. } if self.mutant != Mutant::SurplusStays => {
                self.post(at, 100, Event::Drained { replica });
            }
            Action::Stop { replica, .. } => {
                self.nodes[at].containers.remove(&replica);
                self.post(at, 200 + jitter, Event::Stopped { replica });
            }
            Action::DeleteVolume { volume, .. } => self.post(at, 50, Event::VolumeDeleted { volume }),
            Action::Prune { keep } => {
                let gone: Vec<_> = self.nodes[at].images.iter().filter(|version| !keep.contains(*version)).cloned().collect();
                self.nodes[at].images.retain(|version| keep.contains(version));
                self.post(at, 50, Event::Pruned { versions: gone });
            }
            _ => {}
        }
    }

    /// An app with data runs only at home, and once.
    fn check_data(&mut self, at: usize) {
        let world = &self.nodes[at].world;
        for container in self.nodes[at].containers.values().filter(|container| container.seen.app.as_str().starts_with("db")) {
            let mut kept = world.volumes_of(&container.seen.app).filter(|volume| volume.state == VolumeState::Kept);
            if !kept.any(|volume| volume.home == id(at)) {
                self.wrong.push(format!("{} runs on n{at}, away from its data", container.seen.replica));
            }
        }
    }

    /// Somebody asks at the side of node `at`.
    fn ask(&mut self, at: usize, command: Command) {
        let side = self.nodes[at].side;
        let leader = (0..self.nodes.len()).find(|other| self.nodes[*other].is_up && self.nodes[*other].side == side);
        let Some(leader) = leader else { return };
        self.last += 1;
        let request = RequestId(uuid::Uuid::from_u128(u128::from(self.last)));
        let key = format!("key-{}", self.last);
        self.post(leader, 5, Event::Asked { request, by: "session".into(), key, command });
    }

    fn weather(&mut self) {
        let at = usize::try_from(self.dice.below(self.nodes.len() as u64)).unwrap();
        match self.dice.below(8) {
            0 => self.crash(at),
            1 if !self.nodes[at].is_up => self.start(at),
            2 => self.nodes[at].side = self.dice.below(2),
            3 => self.nodes.iter_mut().for_each(|node| node.side = 0),
            4 => {
                let replicas = Some(1 + u32::try_from(self.dice.below(4)).unwrap());
                return self.ask(at, Command::SetScale { app: app("web"), replicas });
            }
            5 => {
                let name = ["web", "db"][usize::try_from(self.dice.below(2)).unwrap()];
                return self.ask(at, Command::Update { app: app(name), commit: None });
            }
            6 => {
                let node = Some(id(at)).filter(|_| self.dice.below(2) == 0);
                return self.ask(at, Command::SetPlace { app: app("web"), node });
            }
            _ => return,
        }
        self.elect();
    }

    /// Every copy that is wanted runs exactly once, and nothing else runs.
    fn check_quiet(&mut self) {
        let world = self.nodes[0].world.clone();
        for (id, wished) in world.apps.iter() {
            let running: Vec<(usize, &ReplicaId)> = self
                .nodes
                .iter()
                .enumerate()
                .flat_map(|(at, node)| {
                    node.containers
                        .values()
                        .filter(|container| container.seen.app == *id)
                        .map(move |found| (at, &found.seen.replica))
                })
                .collect();
            let wanted: BTreeSet<ReplicaId> = match (wished.wanted(), world.current(wished)) {
                (Wanted::On, Some(current)) => {
                    let version = world.version_of(current).unwrap();
                    crate::decide::desired::targets(id, wished, current, version).into_iter().collect()
                }
                _ => BTreeSet::new(),
            };
            let there: BTreeSet<ReplicaId> = running.iter().map(|(_, replica)| (*replica).clone()).collect();
            if running.len() != there.len() || there != wanted {
                self.wrong.push(format!("{id} runs as {running:?}, wanted {wanted:?}"));
            }
            let reports = world.replicas_of(id).filter(|(_, _, report)| report.stage == Stage::Serving).count();
            if reports != wanted.len() {
                self.wrong.push(format!("{id} has {reports} serving copies, wanted {}", wanted.len()));
            }
        }
    }
}

/// Two minutes of bad weather, then all is well for three.
fn storm(seed: u64, mutant: Mutant) -> Vec<String> {
    let count = 2 + usize::try_from(seed % 3).unwrap();
    let mut sim = Sim::new(count, seed, mutant);
    sim.run_to(4_000);
    for name in ["web", "db"] {
        sim.ask(0, sample::wish(name));
    }
    sim.run_to(20_000);
    while sim.now < 140_000 {
        let next = sim.now + 500 + sim.dice.below(8_000);
        sim.run_to(next);
        sim.weather();
    }
    for at in 0..count {
        sim.nodes[at].side = 0;
        if !sim.nodes[at].is_up {
            sim.start(at);
        }
    }
    sim.elect();
    let end = sim.now + 180_000;
    sim.run_to(end);
    sim.check_quiet();
    sim.wrong
}

fn failing(seeds: u64, mutant: Mutant) -> Option<(u64, Vec<String>)> {
    (1..=seeds).map(|seed| (seed, storm(seed, mutant))).find(|(_, wrong)| !wrong.is_empty())
}

#[test]
fn after_any_weather_every_copy_runs_once_and_data_never_away_from_home() {
    assert_eq!(failing(SEEDS, Mutant::None), None);
}

#[test]
fn a_rule_that_is_taken_away_is_missed() {
    for mutant in [Mutant::SurplusStays, Mutant::PlansMerged] {
        assert!(failing(50, mutant).is_some(), "{mutant:?}");
    }
}
