//! A few nodes on a perfect network, tick by tick, for the tests beside this.

use std::collections::{BTreeSet, VecDeque};

use super::super::*;

const LETTERS: [&str; 4] = ["a", "b", "c", "d"];

pub fn id(at: usize) -> NodeId {
    LETTERS[at].repeat(26).parse().unwrap()
}

pub fn run(boot: u64) -> Incarnation {
    Incarnation { boot, random: boot * 77 }
}

pub struct Node {
    pub election: Option<Election>,
    pub disk: Durable,
    /// How many ticks a write takes.
    pub latency: u64,
    pub writes: VecDeque<(u64, Durable)>,
    pub role: Role,
    pub fenced: Vec<Epoch>,
}

/// Nodes whose priorities rise with their place: the last is the best.
pub struct Lan {
    pub now: u64,
    pub nodes: Vec<Node>,
    pub cut: BTreeSet<(usize, usize)>,
    pub sent: Vec<(usize, Arc<Heartbeat>)>,
}

impl Lan {
    pub fn of(n: usize) -> Self {
        Self::with_disks(n, 0)
    }

    /// Each write takes `latency` ticks.
    pub fn with_disks(n: usize, latency: u64) -> Self {
        let mut lan = Self { now: 1000, nodes: Vec::new(), cut: BTreeSet::new(), sent: Vec::new() };
        for _ in 0..n {
            let (disk, role) = (Durable::default(), Role::Starting);
            lan.nodes.push(Node { election: None, disk, latency, writes: VecDeque::new(), role, fenced: Vec::new() });
        }
        (0..n).for_each(|at| lan.start(at, 1));
        lan
    }

    pub fn settings(&self, at: usize) -> Settings {
        let members = (0..self.nodes.len()).filter(|other| *other != at).map(id).collect();
        Settings { members, priority: 100 + 10 * at as u8, ..Settings::default() }
    }

    pub fn at(&self) -> Timestamp {
        Timestamp::new(Duration::from_millis(self.now))
    }

    pub fn start(&mut self, at: usize, boot: u64) {
        let election = Election::new(id(at), run(boot), self.nodes[at].disk.clone(), self.settings(at), self.at());
        self.nodes[at].election = Some(election);
        self.nodes[at].role = Role::Starting;
        self.step(at, Input::Holds { digest: 1, has_synced: true });
    }

    pub fn step(&mut self, at: usize, input: Input) {
        let (now, tick) = (self.at(), self.now / 50);
        let node = &mut self.nodes[at];
        let (Some(election), mut out) = (&mut node.election, Vec::new()) else { return };
        election.step(now, input, &mut out);
        for output in out {
            match output {
                Output::Send(said) => self.sent.push((at, said)),
                Output::Persist(durable) => node.writes.push_back((tick + node.latency, durable)),
                Output::RoleChanged(role) => node.role = role,
                Output::Fenced(epoch) => node.fenced.push(epoch),
                Output::StandingChanged => {}
            }
        }
    }

    pub fn tick(&mut self) {
        self.now += 50;
        for at in 0..self.nodes.len() {
            while self.nodes[at].writes.front().is_some_and(|(due, _)| *due <= self.now / 50) {
                let (_, durable) = self.nodes[at].writes.pop_front().unwrap();
                self.nodes[at].disk.join(&durable);
                self.step(at, Input::Persisted(durable));
            }
            self.step(at, Input::Tick);
        }
        while !self.sent.is_empty() {
            for (from, said) in std::mem::take(&mut self.sent) {
                let said = Arc::new(Heartbeat::decode(&said.encode()).unwrap());
                for to in (0..self.nodes.len()).filter(|to| *to != from) {
                    if !self.cut.contains(&(from, to)) {
                        self.step(to, Input::Heard(Arc::clone(&said)));
                    }
                }
            }
        }
    }

    pub fn pass(&mut self, ms: u64) {
        (0..ms / 50).for_each(|_| self.tick());
    }

    pub fn die(&mut self, at: usize) {
        self.nodes[at].election = None;
        self.nodes[at].writes.clear();
    }

    pub fn isolate(&mut self, at: usize, is_cut: bool) {
        for other in (0..self.nodes.len()).filter(|other| *other != at) {
            for link in [(at, other), (other, at)] {
                if is_cut {
                    self.cut.insert(link)
                } else {
                    self.cut.remove(&link)
                };
            }
        }
    }

    /// Who leads, by place; and everybody who lives must follow it.
    pub fn leader(&self) -> Option<usize> {
        let living = || self.nodes.iter().enumerate().filter(|(_, node)| node.election.is_some());
        let mut leaders = living().filter_map(|(at, node)| match &node.role {
            Role::Leader { epoch } => Some((at, epoch.clone())),
            _ => None,
        });
        let (at, epoch) = leaders.next()?;
        assert_eq!(leaders.next(), None);
        let follows = |node: &Node| node.role == Role::Follower { leader: Some(epoch.clone()) };
        living().all(|(other, node)| other == at || follows(node)).then_some(at)
    }

    pub fn epoch(&self, at: usize) -> Epoch {
        match &self.nodes[at].role {
            Role::Leader { epoch } | Role::Follower { leader: Some(epoch) } => epoch.clone(),
            role => panic!("{at} is {role:?}"),
        }
    }

    pub fn why(&self, at: usize) -> String {
        self.nodes[at].election.as_ref().unwrap().standing(self.at()).why
    }
}

impl Lan {
    /// Ticks `at` alone until it speaks.
    pub fn next_beat_of(&mut self, at: usize) {
        while self.sent.is_empty() {
            self.now += 50;
            self.step(at, Input::Tick);
        }
    }
}
