//! What does the platform do next? Questions become records, deployments take their next step, nodes get their plans.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::decide::command;
use crate::decide::lifecycle::{self, Look};
use crate::decide::{ladder, members, ports, queue, retention, stamp};
use crate::model::action::{Action, ElectionOrder};
use crate::model::command::Command;
use crate::model::event::{BatchId, Event, Inspection, Role};
use crate::model::frame::Frame;
use crate::model::id::{AppId, DeploymentId};
use crate::model::observed::{Fault, Observation, Trouble};
use crate::model::record::{Concern, Draft, ObjectKey, RevisionId};
use crate::model::time::Timestamp;
use crate::model::world::{App, World};

use super::Executor;
use super::planner::Planner;
use super::questions::{Answer, Questions, Turn};

/// How often what is kept is looked through.
const UPKEEP_EVERY: Duration = Duration::from_secs(60);
/// The wait after a batch that could not be written.
const DISK_PAUSE: Duration = Duration::from_secs(1);

/// The orchestrator of this node; it acts only while it leads.
#[derive(Debug, Default)]
pub struct Orchestrator {
    /// The one batch on its way to the disk; the next is decided on what it leads to.
    writing: Option<Writing>,
    last_batch: u64,
    questions: Questions,
    /// Whether this node led when it last looked.
    leads: bool,
    looks: BTreeMap<DeploymentId, Looking>,
    tries: BTreeMap<DeploymentId, u32>,
    planner: Planner,
    next_upkeep: Option<Timestamp>,
    is_upkeep_due: bool,
    paused_until: Option<Timestamp>,
    gone_volumes: Vec<Draft>,
}

#[derive(Debug)]
struct Writing {
    batch: BatchId,
    last: Option<RevisionId>,
    answer: Option<Answer>,
}

/// Where the look at a deployment's source is.
#[derive(Debug)]
enum Looking {
    UnderWay,
    Found(Result<Box<Inspection>, Trouble>),
    Again(Timestamp),
}

impl Executor for Orchestrator {
    fn setup(&mut self, _world: &World, now: Timestamp, _out: &mut Vec<Action>) {
        self.looks.clear();
        self.next_upkeep = Some(now);
    }

    fn execute(&mut self, world: &World, now: Timestamp, event: &Event, out: &mut Vec<Action>) {
        self.planner.note(world, now, event);
        match event {
            Event::Asked { request, command: Command::LeadAnyway, .. } => {
                let outcome = command::lead_anyway(world);
                if outcome.is_ok() {
                    out.push(Action::Elect(ElectionOrder::LeadAnyway));
                }
                out.push(Action::Answer { request: *request, outcome });
            }
            Event::Persisted { batch, .. } => {
                if let Some(Writing { last: Some(last), answer: Some(answer), .. }) = self.written(*batch) {
                    self.questions.on_disk(now, answer, last);
                }
            }
            Event::PersistFailed { batch, because } => self.not_written(now, *batch, because, out),
            Event::Inspected { deployment, found } => {
                self.looks.insert(*deployment, Looking::Found(found.clone()));
            }
            Event::Observed { observation: Observation::VolumeDeleted(volume), .. } => {
                self.gone_volumes.push(retention::volume_gone(volume));
            }
            Event::FrameArrived { frame, .. } => match &**frame {
                Frame::Observed { observation: Observation::VolumeDeleted(volume), .. } => {
                    self.gone_volumes.push(retention::volume_gone(volume));
                }
                Frame::Ask { .. } | Frame::Observed { .. } | Frame::Inventory { .. } => {}
                _ => return self.questions.hear(world, now, event, out),
            },
            Event::RoleChanged(_) => self.setup(world, now, out),
            Event::Asked { .. }
            | Event::Tick
            | Event::Observed { .. }
            | Event::PortRefused { .. }
            | Event::StandingChanged(_)
            | Event::LinkUp(_)
            | Event::LinkDown(_) => {}
            _ => return,
        }
        if !is_for_this_node(event) {
            self.questions.hear(world, now, event, out);
        }
        if self.next_upkeep.is_some_and(|at| at <= now) {
            self.next_upkeep = Some(now.after(UPKEEP_EVERY));
            self.is_upkeep_due = true;
        }
        self.go_on(world, now, out);
    }

    fn deadline(&self) -> Option<Timestamp> {
        let looks = self.looks.values().filter_map(|look| match look {
            Looking::Again(at) => Some(*at),
            _ => None,
        });
        // While something is on its way to the disk, its answer goes on.
        let is_waiting = self.writing.is_some() || self.paused_until.is_some();
        let plans = self.planner.deadline().filter(|_| !is_waiting);
        let own = looks.chain(self.next_upkeep).chain(self.paused_until);
        own.chain(self.questions.deadline(self.leads)).chain(plans).min()
    }
}

impl Orchestrator {
    fn written(&mut self, batch: BatchId) -> Option<Writing> {
        self.writing.take_if(|writing| writing.batch == batch)
    }

    fn not_written(&mut self, now: Timestamp, batch: BatchId, because: &str, out: &mut Vec<Action>) {
        let Some(writing) = self.written(batch) else { return };
        self.paused_until = Some(now.after(DISK_PAUSE));
        if let Some(answer) = writing.answer {
            Questions::not_written(&answer, because, out);
        }
    }

    /// As far as it goes without waiting for the disk: questions first, then deployments, then plans.
    fn go_on(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>) {
        self.leads = world.leads();
        if members::is_removed(world) {
            // It is no member any more: it orders nothing and takes no wishes; what runs goes on running.
            self.questions.refuse_all(&members::was_removed(), out);
            return;
        }
        if self.writing.is_some() || self.paused_until.is_some_and(|until| until > now) {
            return;
        }
        self.paused_until = None;
        if let Some(Turn { drafts, answer }) = self.questions.next(world, now, out) {
            self.write(world, drafts, answer, out);
            return;
        }
        let Role::Leader { epoch } = &world.role else { return };
        self.planner.look(world, now);
        let drafts = self.next_steps(world, now, out);
        if !drafts.is_empty() {
            self.write(world, drafts, None, out);
            return;
        }
        self.planner.give(world, now, epoch, out);
    }

    fn write(&mut self, world: &World, drafts: Vec<Draft>, answer: Option<Answer>, out: &mut Vec<Action>) {
        self.last_batch += 1;
        let batch = BatchId(self.last_batch);
        let records = stamp::stamp(world, drafts);
        let last = records.last().map(|record| record.revision.clone());
        out.push(Action::Persist { batch, records });
        self.writing = Some(Writing { batch, last, answer });
    }

    /// What every app needs now.
    fn next_steps(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>) -> Vec<Draft> {
        let mut drafts = std::mem::take(&mut self.gone_volumes);
        drafts.retain(|draft| world.head(&draft.object).is_some_and(|head| !head.is_tombstone()));
        drafts.extend(members::own(world));
        let is_upkeep = std::mem::take(&mut self.is_upkeep_due);
        if is_upkeep {
            drafts.extend(queue::forgotten(world));
        }
        for (id, app) in world.apps.iter() {
            let from = drafts.len();
            drafts.extend(self.next_step(world, now, id, app, out));
            drafts.extend(ports::moved(world, id, app));
            if let Some((draft, note)) = ports::yielded(world, id, app) {
                drafts.push(draft);
                out.push(Action::Note(note));
            }
            drafts.extend(retention::buried(world, id, app));
            if is_upkeep {
                drafts.extend(retention::expired(world, app));
            }
            // A port is free by what the world shows: the next app chooses its own when this choice is written.
            if drafts[from..].iter().any(|draft| matches!(draft.object, ObjectKey::App(_, Concern::Route))) {
                self.is_upkeep_due = is_upkeep;
                break;
            }
        }
        self.looks.retain(|id, _| world.deployments.get(id).is_some_and(|deployment| deployment.is_open()));
        self.tries.retain(|id, _| world.deployments.get(id).is_some_and(|deployment| deployment.is_open()));
        drafts
    }

    fn next_step(&mut self, world: &World, now: Timestamp, id: &AppId, app: &App, out: &mut Vec<Action>) -> Vec<Draft> {
        let newest = world.open(app).map(|deployment| deployment.id);
        let look = newest.map_or(Look::Pending, |deployment| self.look(deployment, now));
        let advance = lifecycle::advance(world, self.planner.desired(), id, app, &look);
        if let Some((deployment, source, commit)) = advance.inspect {
            self.looks.insert(deployment, Looking::UnderWay);
            out.push(Action::Inspect { deployment, source, commit });
        }
        advance.drafts
    }

    /// What is known of a deployment's source; what was found is given out once.
    fn look(&mut self, deployment: DeploymentId, now: Timestamp) -> Look {
        match self.looks.remove(&deployment) {
            None => Look::Due,
            Some(Looking::Again(at)) if at <= now => Look::Due,
            Some(Looking::Found(found)) => {
                if found.as_ref().is_err_and(|trouble| trouble.fault == Fault::World) {
                    let tries = self.tries.entry(deployment).or_insert(0);
                    *tries += 1;
                    let again = now.after(ladder::wait(&deployment.to_string(), *tries));
                    self.looks.insert(deployment, Looking::Again(again));
                }
                Look::Found(found)
            }
            Some(other) => {
                self.looks.insert(deployment, other);
                Look::Pending
            }
        }
    }
}

/// Whether an event is a question that is answered without the platform.
const fn is_for_this_node(event: &Event) -> bool {
    matches!(event, Event::Asked { command: Command::LeadAnyway, .. })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::decide::sample;

    #[test]
    fn a_removed_machine_takes_no_wishes_and_orders_nothing_while_its_apps_run_on() {
        use crate::model::document::Removal;
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        let removal = Removal { name: "pi4".into(), at: world.wall, by: "session".into(), last: Default::default() };
        Arc::make_mut(&mut world.removed).insert(world.me.node.clone(), removal);
        let command = Command::TurnOff { app: "web".parse().unwrap() };
        let request = crate::model::id::RequestId(uuid::Uuid::nil());
        let asked = Event::Asked { request, by: "session".into(), key: "k".into(), command };
        let mut out = Vec::new();
        Orchestrator::default().execute(&world, Timestamp::new(Duration::ZERO), &asked, &mut out);
        let [Action::Answer { outcome: Err(refusal), .. }] = &out[..] else { panic!("{out:?}") };
        assert!(refusal.next.as_ref().unwrap().contains("reset-identity"));
    }

    #[test]
    fn two_apps_whose_ports_are_refused_at_once_choose_one_after_the_other() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "api", 3000);
        sample::deploy_done(&mut world, "web", 4000);
        Arc::make_mut(&mut world.refused_ports).extend([3000, 4000].map(|port| (port, "in use".to_owned())));
        let mut out = Vec::new();
        Orchestrator::default().execute(&world, Timestamp::new(Duration::ZERO), &Event::Tick, &mut out);
        let Some(Action::Persist { records, .. }) = out.first() else { panic!("{out:?}") };
        let chosen = records.iter().filter(|record| matches!(record.object, ObjectKey::App(_, Concern::Route)));
        assert_eq!(chosen.count(), 1);
    }
}
