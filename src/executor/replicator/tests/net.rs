//! How do a few replicators behave together? A tiny network of worlds with disks in memory, whose deliveries a test orders.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::decide::delta::{self, Row};
use crate::decide::fold::fold;
use crate::decide::{sample, stamp};
use crate::executor::Executor;
use crate::executor::orchestrator::Orchestrator;
use crate::executor::replicator::Replicator;
use crate::model::action::{Action, Note};
use crate::model::command::{Accepted, Refusal};
use crate::model::document::Document;
use crate::model::event::{BatchId, Event};
use crate::model::frame::{Frame, Heads};
use crate::model::id::{NodeId, RequestId};
use crate::model::record::{Draft, ObjectKey, Origin, Record, RevisionId};
use crate::model::time::{Timestamp, WallTime};
use crate::model::vector::Vector;
use crate::model::world::World;

/// What a machine keeps over a restart.
#[derive(Clone, Default)]
pub struct Disk {
    pub rows: BTreeMap<RevisionId, Value>,
    pub vector: Vector,
    pub refuses: bool,
}

type Stored = (Vec<Arc<Record>>, BTreeMap<ObjectKey, Vec<Arc<Record>>>);

impl Disk {
    fn store(&mut self, records: &[Value], upto: &Vector, heads: Option<&Heads>) -> Result<Stored, String> {
        if self.refuses {
            return Err("the disk is full".into());
        }
        let mut new = Vec::new();
        for record in records {
            let name: RevisionId = serde_json::from_value(record["revision"].clone()).unwrap();
            match self.rows.get(&name) {
                Some(there) if there != record => return Err("another record of this name: kraken reset-identity".into()),
                Some(_) => {}
                None if name.seq <= self.vector.get(&name.origin) => {}
                None => {
                    self.rows.insert(name, record.clone());
                    new.extend(delta::understood(record).map(Arc::new));
                }
            }
        }
        self.vector.merge(upto);
        let mut relisted = self.void(&new);
        for (object, revisions) in self.objects() {
            let gone = heads.map(|heads| delta::forgotten(heads, &revisions)).unwrap_or_default();
            gone.iter().for_each(|name| drop(self.rows.remove(name)));
            if !gone.is_empty() {
                relisted.insert(object.parse().unwrap(), self.leaves_of(&object));
            }
        }
        Ok((new, relisted))
    }

    /// What removed machines wrote too late goes.
    fn void(&mut self, new: &[Arc<Record>]) -> BTreeMap<ObjectKey, Vec<Arc<Record>>> {
        let mut objects = BTreeSet::new();
        for record in new {
            let (ObjectKey::Member(node), Some(Document::Removal(removal))) = (&record.object, &record.document) else {
                continue;
            };
            let ends: Vec<_> = self.vector.0.iter_mut().filter(|(origin, _)| origin.node == *node).collect();
            ends.into_iter().for_each(|(origin, seq)| *seq = removal.last.get(origin));
            let late = |name: &RevisionId| name.origin.node == *node && name.seq > removal.last.get(&name.origin);
            let gone = self.rows.iter().filter(|(name, _)| late(name)).map(|(_, row)| row["object"].as_str().unwrap().to_owned());
            objects.extend(gone);
            self.rows.retain(|name, _| !late(name));
        }
        objects.into_iter().map(|object| (object.parse().unwrap(), self.leaves_of(&object))).collect()
    }

    fn objects(&self) -> BTreeMap<String, Vec<(RevisionId, Vec<RevisionId>)>> {
        let mut objects: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for (name, row) in &self.rows {
            let parents = serde_json::from_value(row["parents"].clone()).unwrap();
            objects.entry(row["object"].as_str().unwrap().to_owned()).or_default().push((name.clone(), parents));
        }
        objects
    }

    fn leaves_of(&self, object: &str) -> Vec<Arc<Record>> {
        let leaves = self.objects().get(object).map(|revisions| delta::leaves(revisions)).unwrap_or_default();
        leaves.iter().map(|name| Arc::new(delta::understood(&self.rows[name]).unwrap())).collect()
    }

    fn cut(&self, since: &Vector, with_heads: bool) -> (Frame, Vector, bool) {
        let mut logs = BTreeMap::new();
        for (origin, _) in self.vector.0.iter().filter(|(origin, seq)| **seq > since.get(origin)) {
            let from = RevisionId { origin: origin.clone(), seq: delta::first_row(since, origin) };
            let to = RevisionId { origin: origin.clone(), seq: u64::MAX };
            let rows = self.rows.range(from..to).take(delta::ROWS_READ).map(|(name, value)| Row {
                seq: name.seq,
                hlc: serde_json::from_value(value["hlc"].clone()).unwrap(),
                bytes: value.to_string().len(),
                item: value.clone(),
            });
            logs.insert(origin.clone(), rows.collect());
        }
        let members = self
            .rows
            .iter()
            .filter(|(name, row)| row["object"].as_str().unwrap().starts_with("member/") && name.seq > since.get(&name.origin));
        let cut = delta::cut(since, &self.vector, logs, members.map(|(name, row)| (name.clone(), row.clone())).collect());
        let held: u64 = self.vector.0.values().sum();
        let heads = (with_heads && cut.is_whole && held > self.rows.len() as u64).then(|| {
            let leaves: BTreeSet<RevisionId> = self.objects().values().flat_map(|revisions| delta::leaves(revisions)).collect();
            Heads::new(self.vector.clone(), leaves)
        });
        let frame = Frame::Records { since: cut.since, upto: cut.upto.clone(), records: cut.items, heads };
        (frame, cut.upto, cut.is_whole)
    }

    /// Forgets all but the leaves, and tombstones altogether.
    pub fn prune(&mut self) {
        let leaves: BTreeSet<RevisionId> = self.objects().values().flat_map(|revisions| delta::leaves(revisions)).collect();
        self.rows.retain(|name, row| leaves.contains(name) && !row["document"].is_null());
    }
}

/// One node.
pub struct Machine {
    pub world: World,
    pub disk: Disk,
    pub notes: Vec<Note>,
    /// Answers given at its door.
    pub answers: BTreeMap<RequestId, Result<Accepted, Refusal>>,
    /// If it decides as well.
    pub orchestrator: Option<Orchestrator>,
    replicator: Replicator,
    inbox: VecDeque<Event>,
    batches: u64,
}

/// The name of the `n`-th node.
pub fn node(n: usize) -> NodeId {
    String::from(char::from(b'a' + u8::try_from(n).unwrap())).repeat(26).parse().unwrap()
}

impl Machine {
    pub fn new(n: usize) -> Self {
        let mut world = sample::world();
        let me = Arc::make_mut(&mut world.me);
        me.node = node(n);
        me.origin = Origin { node: node(n), store: format!("{n:016x}").parse().unwrap() };
        let (replicator, inbox, answers) = Default::default();
        let disk = Disk::default();
        Self { world, disk, notes: vec![], answers, orchestrator: None, replicator, inbox, batches: 0 }
    }

    /// As it comes up from `disk`.
    pub fn restarted(n: usize, disk: Disk) -> Self {
        let mut machine = Self::new(n);
        machine.world.holds = Arc::new(disk.vector.clone());
        let mut records: Vec<Record> = disk.rows.values().filter_map(delta::understood).collect();
        records.sort_by_key(|record| (record.hlc, record.revision.clone()));
        for record in records {
            crate::decide::fold::fold_record(&mut machine.world, &Arc::new(record));
        }
        machine.world.seq = machine.world.seq.max(disk.vector.get(&machine.world.me.origin));
        machine.disk = disk;
        machine
    }

    /// Writes as a leader does, and is told so.
    pub fn write(&mut self, drafts: Vec<Draft>) {
        let records = stamp::stamp(&self.world, drafts);
        for record in &records {
            self.disk.rows.insert(record.revision.clone(), serde_json::to_value(&**record).unwrap());
            self.disk.vector.raise(&record.revision.origin, record.revision.seq);
        }
        self.batches += 1;
        let persisted = Event::Persisted { batch: BatchId((1 << 62) + self.batches), records, upto: Vector::default() };
        // Nothing else is decided between a write and its echo.
        self.inbox.push_front(persisted);
    }

    /// Something happens to it.
    pub fn tell(&mut self, event: Event) {
        self.inbox.push_back(event);
    }

    fn persist(&mut self, batch: BatchId, records: Vec<Arc<Record>>) {
        let values: Vec<Value> = records.iter().map(|record| serde_json::to_value(&**record).unwrap()).collect();
        let mut upto = Vector::default();
        records.iter().for_each(|record| upto.raise(&record.revision.origin, record.revision.seq));
        let done = self.disk.store(&values, &upto, None);
        self.inbox.push_back(match done {
            Ok(_) => Event::Persisted { batch, records, upto: Vector::default() },
            Err(because) => Event::PersistFailed { batch, because },
        });
    }

    fn deadline(&self) -> Option<Timestamp> {
        let deciding = self.orchestrator.as_ref().and_then(Executor::deadline);
        self.replicator.deadline().into_iter().chain(deciding).min()
    }

    /// The leaves of every object by name, the head first.
    pub fn leaves(&self) -> BTreeMap<ObjectKey, Vec<RevisionId>> {
        let names = |leaves: &Vec<Arc<Record>>| leaves.iter().map(|leaf| leaf.revision.clone()).collect();
        self.world.leaves.iter().map(|(object, leaves)| (object.clone(), names(leaves))).collect()
    }
}

/// Machines and the cables between them.
pub struct Net {
    pub machines: Vec<Machine>,
    pub now: Timestamp,
    pub frames: u64,
    cables: BTreeSet<(usize, usize)>,
    mail: BTreeMap<(usize, usize), VecDeque<Frame>>,
}

impl Net {
    pub fn new(count: usize) -> Self {
        let now = Timestamp::new(Duration::from_secs(1));
        Self { machines: (0..count).map(Machine::new).collect(), now, frames: 0, cables: BTreeSet::new(), mail: BTreeMap::new() }
    }

    /// Connects two machines, or cuts their cable with all that is on it.
    pub fn link(&mut self, a: usize, b: usize, up: bool) {
        let pair = (a.min(b), a.max(b));
        if a == b || up == self.cables.contains(&pair) {
            return;
        }
        if up {
            self.cables.insert(pair)
        } else {
            self.cables.remove(&pair)
        };
        for (from, to) in [(a, b), (b, a)] {
            self.mail.remove(&(from, to));
            let event = if up { Event::LinkUp(node(to)) } else { Event::LinkDown(node(to)) };
            self.machines[from].inbox.push_back(event);
        }
    }

    pub fn link_all(&mut self) {
        for a in 0..self.machines.len() {
            (0..a).for_each(|b| self.link(a, b, true));
        }
    }

    /// Stops a machine for good, or brings it back with `disk`.
    pub fn replace(&mut self, n: usize, disk: Disk) {
        (0..self.machines.len()).for_each(|other| self.link(n, other, false));
        self.machines[n] = Machine::restarted(n, disk);
    }

    pub fn scale(&mut self, n: usize, app: &str, replicas: u32) {
        self.run_inbox(n);
        let object = format!("app/{app}/scale").parse().unwrap();
        let document = crate::model::document::AppScale { replicas: Some(replicas) };
        self.machines[n].write(vec![Draft { object, document: Some(crate::model::document::Document::AppScale(document)) }]);
        self.run_inbox(n);
    }

    pub fn run_inbox(&mut self, n: usize) {
        while self.step_machine(n) {}
    }

    /// One event, or one frame on one cable; `choose` names which of so many.
    pub fn step(&mut self, choose: impl FnOnce(usize) -> usize) -> bool {
        let busy: Vec<usize> = (0..self.machines.len()).filter(|n| !self.machines[*n].inbox.is_empty()).collect();
        let moving: Vec<(usize, usize)> =
            self.mail.iter().filter(|(_, frames)| !frames.is_empty()).map(|(way, _)| *way).collect();
        if busy.len() + moving.len() == 0 {
            return false;
        }
        let chosen = choose(busy.len() + moving.len());
        if let Some(n) = busy.get(chosen) {
            return self.step_machine(*n);
        }
        let (from, to) = moving[chosen - busy.len()];
        let frame = Box::new(self.mail.get_mut(&(from, to)).and_then(VecDeque::pop_front).unwrap());
        self.frames += 1;
        self.machines[to].inbox.push_back(Event::FrameArrived { from: node(from), frame });
        true
    }

    /// Until nobody has anything to say for a minute.
    pub fn settle(&mut self, mut choose: impl FnMut(usize) -> usize) {
        let end = self.now.after(Duration::from_secs(60));
        for _ in 0..200_000 {
            if self.step(&mut choose) {
                continue;
            }
            let next = self.machines.iter().filter_map(Machine::deadline).min();
            let Some(at) = next.filter(|at| *at <= end) else { return };
            self.now = self.now.max(at);
            self.machines.iter_mut().for_each(|machine| machine.inbox.push_back(Event::Tick));
        }
        panic!("it never settles");
    }

    fn step_machine(&mut self, n: usize) -> bool {
        let Some(event) = self.machines[n].inbox.pop_front() else { return false };
        let machine = &mut self.machines[n];
        let wall = WallTime(machine.world.wall.0 + 1);
        fold(&mut machine.world, wall, &event);
        let mut out = Vec::new();
        if let Some(orchestrator) = &mut machine.orchestrator {
            orchestrator.execute(&machine.world, self.now, &event, &mut out);
        }
        machine.replicator.execute(&machine.world, self.now, &event, &mut out);
        out.into_iter().for_each(|action| self.perform(n, action));
        true
    }

    fn perform(&mut self, n: usize, action: Action) {
        let machine = &mut self.machines[n];
        match action {
            Action::Store { batch, records, upto, heads } => match machine.disk.store(&records, &upto, heads.as_ref()) {
                Ok((new, relisted)) => {
                    machine.inbox.push_back(Event::Persisted { batch, records: new, upto });
                    if !relisted.is_empty() {
                        let ends = machine.disk.vector.clone();
                        machine.inbox.push_back(Event::Relisted { leaves: relisted, ends });
                    }
                }
                Err(because) => machine.inbox.push_back(Event::PersistFailed { batch, because }),
            },
            Action::SendDelta { to, since, with_heads } => {
                let (frame, upto, is_whole) = machine.disk.cut(&since, with_heads);
                machine.inbox.push_back(Event::DeltaSent { to: to.clone(), upto, is_whole });
                let is_empty = matches!(&frame, Frame::Records { records, upto, heads: None, .. } if records.is_empty() && upto.0.is_empty());
                if !is_empty {
                    self.post(n, &to, frame);
                }
            }
            Action::Send { to, frame } => self.post(n, &to, *frame),
            Action::Note(note) => machine.notes.push(note),
            Action::Persist { batch, records } => machine.persist(batch, records),
            Action::Answer { request, outcome } => drop(machine.answers.insert(request, outcome)),
            // Plans and sources are not what this network is about.
            _ => {}
        }
    }

    fn post(&mut self, from: usize, to: &NodeId, frame: Frame) {
        let to = usize::from(to.as_str().as_bytes()[0] - b'a');
        if self.cables.contains(&(from.min(to), from.max(to))) {
            // Through the format of the wire, as everything goes.
            let text = serde_json::to_string(&frame).unwrap();
            self.mail.entry((from, to)).or_default().push_back(serde_json::from_str(&text).unwrap());
        }
    }
}
