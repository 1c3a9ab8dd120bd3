//! The world around the election: machines with clocks and disks, a network between them, and time that goes from event to
//! event. Each machine drives the production [`Election`] as the edge does.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use kraken::decide::election::{Election, Gateway, Input, Output, Settings, TICK};
use kraken::model::election::Heartbeat;
use kraken::model::id::{Epoch, Incarnation, NodeId};

use super::machine::{Machine, Plan};
use super::mutant::Mutant;
use crate::network::{Network, SLOTS};
use crate::random::Random;

/// What lies ahead.
#[derive(Debug, Clone)]
pub enum Event {
    Tick {
        at: usize,
        life: u32,
    },
    Arrive {
        at: usize,
        said: Arc<Heartbeat>,
    },
    Plan {
        at: usize,
        plan: Plan,
    },
    Written {
        at: usize,
        life: u32,
    },
    Thaw {
        at: usize,
        life: u32,
    },
    Start {
        at: usize,
    },
    Settings {
        at: usize,
    },
    Gateway {
        at: usize,
        gateway: Gateway,
    },
    Synced {
        at: usize,
        life: u32,
    },
    Leave {
        at: usize,
    },
    /// The next of the weather's turns.
    Turn,
}

/// An event and when; in the order in which they were foreseen if at the same time.
struct Ahead(u64, u64, Event);

impl PartialEq for Ahead {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl Eq for Ahead {}
impl PartialOrd for Ahead {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Ahead {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

/// What a history came to.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub events: u64,
    pub takeovers: u64,
    /// A restored disk gave an epoch out again that nobody alive remembered.
    pub excused: u64,
}

pub struct World {
    pub now: u64,
    pub chance: Random,
    pub network: Network,
    pub machines: Vec<Machine>,
    pub mutant: Mutant,
    /// The members that people agreed on.
    pub members: BTreeSet<NodeId>,
    /// Ids that ever ran on two machines.
    pub cloned: BTreeSet<NodeId>,
    pub preempt: Duration,
    /// No faults any more: only what the rules themselves do may happen.
    pub calm_leader: Option<NodeId>,
    /// In a calm full mesh only the best may be given the lead.
    pub best: Option<NodeId>,
    pub tally: Tally,
    pub violation: Option<String>,
    pub history: u64,
    /// Whether to print what happens, for a person who replays a seed.
    pub is_told: bool,
    /// Who holds each reign there ever was.
    pub held: BTreeMap<Epoch, (usize, u32)>,
    ahead: BinaryHeap<Reverse<Ahead>>,
    foreseen: u64,
    pub out: Vec<Output>,
}

impl World {
    pub fn new(seed: u64, mutant: Mutant) -> Self {
        Self {
            now: 0,
            chance: Random::new(seed),
            network: Network::new(),
            machines: Vec::new(),
            mutant,
            members: BTreeSet::new(),
            cloned: BTreeSet::new(),
            preempt: Duration::from_secs(8),
            calm_leader: None,
            best: None,
            tally: Tally::default(),
            violation: None,
            history: 0xcbf2_9ce4_8422_2325,
            is_told: std::env::var_os("KRAKEN_SIM_TELL").is_some(),
            held: BTreeMap::new(),
            ahead: BinaryHeap::new(),
            foreseen: 0,
            out: Vec::new(),
        }
    }

    pub fn foresee(&mut self, after: u64, event: Event) {
        self.foreseen += 1;
        self.ahead.push(Reverse(Ahead(self.now + after, self.foreseen, event)));
    }

    /// Lets events happen until `until` or until a rule is broken; hands the weather's turns out.
    pub fn run(&mut self, until: u64, mut turn: impl FnMut(&mut Self)) {
        while self.violation.is_none() {
            match self.ahead.peek() {
                Some(Reverse(Ahead(when, ..))) if *when <= until => {}
                _ => break,
            }
            let Some(Reverse(Ahead(when, _, event))) = self.ahead.pop() else { break };
            self.now = when;
            self.tally.events += 1;
            match event {
                Event::Turn => turn(self),
                other => self.happen(other),
            }
        }
        self.now = self.now.max(until);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Tick { at, life } => {
                let machine = &self.machines[at];
                if machine.life != life || !machine.is_up() {
                    return;
                }
                if machine.frozen_until <= self.now {
                    self.step(at, Input::Tick);
                    self.plan_on(at);
                }
                self.foresee(TICK.as_millis() as u64, Event::Tick { at, life });
            }
            Event::Arrive { at, said } => self.take_in(at, Input::Heard(said)),
            Event::Plan { at, plan } => self.take_plan(at, plan),
            Event::Written { at, life } => self.written(at, life),
            Event::Thaw { at, life } => self.thaw(at, life),
            Event::Start { at } => self.start(at),
            Event::Settings { at } => {
                let settings = self.settings(at);
                self.take_in(at, Input::Settings(settings));
            }
            Event::Gateway { at, gateway } => self.take_in(at, Input::Gateway(gateway)),
            Event::Synced { at, life } => {
                if self.machines[at].life == life {
                    self.machines[at].has_synced = true;
                    let holds = self.machines[at].holds();
                    self.take_in(at, holds);
                }
            }
            Event::Leave { at } => self.crash(at),
            Event::Turn => {}
        }
    }

    pub fn settings(&self, at: usize) -> Settings {
        let machine = &self.machines[at];
        let members = self.members.iter().filter(|member| **member != machine.id).cloned().collect();
        Settings { members, priority: machine.priority, preempt: Some(self.preempt), calm: false }
    }

    /// A machine of its own, not started yet.
    pub fn add(&mut self, id: NodeId, priority: u8) -> usize {
        assert!(self.machines.len() < SLOTS, "more machines than slots");
        self.machines.push(Machine::new(id, priority));
        self.machines.len() - 1
    }

    pub fn start(&mut self, at: usize) {
        if self.machines[at].is_up() || self.machines[at].is_gone {
            return;
        }
        let settings = self.settings(at);
        let random = self.chance.next();
        let now = self.now;
        let machine = &mut self.machines[at];
        machine.life += 1;
        machine.boot += 1;
        // Each boot has a clock of its own; nothing may depend on what another's says.
        machine.clock = self.chance.below(1 << 40);
        let (run, disk) = (Incarnation { boot: machine.boot, random }, machine.disk.clone());
        let local = machine.local(now);
        let election = Election::new(machine.id.clone(), run, disk, settings, local).weakened(self.mutant.weakness());
        machine.begin(election);
        let (life, holds) = (machine.life, machine.holds());
        self.take_in(at, holds);
        if !self.machines[at].has_synced {
            let wait = self.chance.between(1000, 6000);
            self.foresee(wait, Event::Synced { at, life });
        }
        let phase = self.chance.below(50);
        self.foresee(phase, Event::Tick { at, life });
    }

    /// Power off: what was not on disk is lost, and what was on its way may or may not be.
    pub fn crash(&mut self, at: usize) {
        let lands = self.chance.chance(300);
        self.tell(|| format!("machine {at} loses its power"));
        self.machines[at].crash(lands && self.mutant != Mutant::NoPersist);
        self.note(at, 9);
    }

    /// An input reaches a machine now, or when it wakes.
    pub fn take_in(&mut self, at: usize, input: Input) {
        let machine = &mut self.machines[at];
        if !machine.is_up() {
            return;
        }
        if machine.frozen_until > self.now {
            machine.wait(input);
        } else {
            self.step(at, input);
        }
    }

    pub fn thaw(&mut self, at: usize, life: u32) {
        if self.machines[at].life != life || self.machines[at].frozen_until > self.now {
            return;
        }
        let mut waiting: VecDeque<Input> = std::mem::take(&mut self.machines[at].waiting);
        while let Some(input) = waiting.pop_front() {
            self.take_in(at, input);
        }
    }

    pub fn tell(&self, what: impl FnOnce() -> String) {
        if self.is_told {
            println!("{:>9.3} s: {}", self.now as f64 / 1000.0, what());
        }
    }

    /// One more thing that happened; equal histories have equal sums.
    pub fn note(&mut self, at: usize, what: u64) {
        for part in [self.now, at as u64, what] {
            self.history = (self.history ^ part).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub fn fail(&mut self, because: String) {
        let now = self.now;
        self.violation.get_or_insert_with(|| format!("at {now} ms: {because}"));
    }

    /// Machines that are up and not told to stand back.
    pub fn standing(&self) -> Vec<usize> {
        let stands = |machine: &Machine| machine.is_up() && !machine.is_doubled(self.now) && self.members.contains(&machine.id);
        (0..self.machines.len()).filter(|at| stands(&self.machines[*at])).collect()
    }
}
