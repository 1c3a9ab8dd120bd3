//! What the edge does for the election: sends, writes, answers.

use std::sync::Arc;

use kraken::decide::election::{Input, Output};
use kraken::model::election::{Durable, Heartbeat};
use kraken::model::event::Role;

use super::mutant::Mutant;
use super::world::{Event, World};

impl World {
    pub fn step(&mut self, at: usize, input: Input) {
        let mut out = std::mem::take(&mut self.out);
        let local = self.machines[at].local(self.now);
        if let Some(election) = &mut self.machines[at].election {
            election.step(local, input, &mut out);
        }
        for output in out.drain(..) {
            self.put_out(at, output);
        }
        self.out = out;
    }

    fn put_out(&mut self, at: usize, output: Output) {
        match output {
            Output::Send(said) => self.send(at, said),
            Output::Persist(durable) => self.persist(at, durable),
            Output::RoleChanged(role) => self.role_changed(at, role),
            Output::StandingChanged => {}
            Output::Fenced(epoch) => self.fenced(at, &epoch),
        }
    }

    fn send(&mut self, at: usize, said: Arc<Heartbeat>) {
        let said = self.mutant.says(&self.machines[at], said);
        self.check_shown(at, &said);
        for to in 0..self.machines.len() {
            let receiver = &self.machines[to].id;
            if to == at || *receiver == said.from || !self.members.contains(receiver) {
                continue;
            }
            for delay in self.network.carry(&mut self.chance, at, to, self.now).into_iter().flatten() {
                self.foresee(delay, Event::Arrive { at: to, said: Arc::clone(&said) });
            }
        }
        self.machines[at].last_said = Some(said);
    }

    fn persist(&mut self, at: usize, durable: Durable) {
        let life = self.machines[at].life;
        if self.mutant.answers_at_once() {
            let answer = durable.clone();
            self.machines[at].next_write = Some(durable);
            self.begin_write(at, life);
            self.machines[at].early.push_back(Input::Persisted(answer));
            self.foresee(0, Event::Written { at, life: u32::MAX });
            return;
        }
        self.machines[at].next_write = Some(durable);
        self.begin_write(at, life);
    }

    fn begin_write(&mut self, at: usize, life: u32) {
        let (low, high) = self.machines[at].disk_ms;
        let latency = self.chance.between(low, high);
        let machine = &mut self.machines[at];
        if machine.writing.is_none()
            && let Some(next) = machine.next_write.take()
        {
            machine.writing = Some(next);
            self.foresee(latency, Event::Written { at, life });
        }
    }

    pub fn written(&mut self, at: usize, life: u32) {
        if life == u32::MAX {
            if let Some(answer) = self.machines[at].early.pop_front() {
                self.take_in(at, answer);
            }
            return;
        }
        if self.machines[at].life != life || !self.machines[at].is_up() {
            return;
        }
        let Some(durable) = self.machines[at].writing.take() else { return };
        if self.machines[at].failing_until > self.now {
            self.machines[at].next_write = None;
            self.take_in(at, Input::PersistFailed);
            return;
        }
        if self.mutant != Mutant::NoPersist {
            let disk = &self.machines[at].disk;
            if disk.fenced > durable.fenced || disk.highest > durable.highest {
                self.fail(format!("I3: machine {at} writes less than it wrote: {durable:?}"));
            }
            self.machines[at].disk = durable.clone();
        }
        self.begin_write(at, life);
        if !self.mutant.answers_at_once() {
            self.take_in(at, Input::Persisted(durable));
        }
    }

    fn role_changed(&mut self, at: usize, role: Role) {
        self.tell(|| format!("machine {at} ({}) is {role:?}", self.machines[at].id.short()));
        let digit = match &role {
            Role::Starting => 0,
            Role::Leader { epoch } | Role::Follower { leader: Some(epoch) } => 10 + epoch.counter,
            Role::Follower { leader: None } => 2,
            Role::Isolated => 3,
        };
        self.note(at, digit);
        if let Role::Leader { epoch } = &role {
            self.check_held(at, epoch);
        }
        self.check_calm(at, &role);
        self.machines[at].role = role;
    }
}
