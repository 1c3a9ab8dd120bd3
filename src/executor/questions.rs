//! Where does a question go, and when is it answered? The leader decides; any node takes questions, and answers once it reads
//! what was written.

use std::collections::VecDeque;
use std::time::Duration;

use crate::decide::command::{self, Asker};
use crate::decide::{copies, queue};
use crate::model::action::{Action, Note};
use crate::model::command::{Accepted, Command, Refusal, RefusalKind};
use crate::model::event::{Event, Role};
use crate::model::frame::Frame;
use crate::model::id::{Epoch, NodeId, RequestId};
use crate::model::record::{Draft, ObjectKey, RevisionId};
use crate::model::time::Timestamp;
use crate::model::vector::Vector;
use crate::model::world::World;

/// Questions that wait; more are refused, so that a flood cannot fill the memory.
const MOST: usize = 256;
/// How long a question waits for the next leader before it is written down for whoever leads later.
const GRACE: Duration = Duration::from_secs(3);
/// When a question is handed to the same leader once more.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// When nobody waits for the answer any more: the front door gave up before.
const GIVEN_UP: Duration = Duration::from_secs(25);
/// How long an answer waits for a second disk.
const SECOND_COPY: Duration = Duration::from_millis(500);

/// Every question under way on this node.
#[derive(Debug, Default)]
pub struct Questions {
    waiting: VecDeque<Question>,
    written: Vec<Written>,
    confirmed: Vec<Confirmed>,
}

/// A question that is not decided yet.
#[derive(Debug)]
struct Question {
    from: From,
    request: RequestId,
    by: String,
    key: String,
    command: Command,
    since: Timestamp,
    /// To which leader it was handed, and when.
    asked: Option<(Epoch, Timestamp)>,
}

/// Who waits for the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    /// Somebody at this node's own door.
    Here,
    /// A node that took it.
    Node(NodeId),
}

/// What is to be written, and the question it answers.
#[derive(Debug)]
pub struct Turn {
    /// The changes.
    pub drafts: Vec<Draft>,
    /// Who waits.
    pub answer: Option<Answer>,
}

/// The answer to a question, once its changes are on disk.
#[derive(Debug)]
pub struct Answer {
    from: From,
    request: RequestId,
    accepted: Accepted,
    /// Whether it only waits for a leader.
    is_queued: bool,
}

/// On this disk; the answer waits for another.
#[derive(Debug)]
struct Written {
    answer: Answer,
    last: RevisionId,
    until: Timestamp,
}

/// Answered by the leader; told once this node has its records.
#[derive(Debug)]
struct Confirmed {
    request: RequestId,
    accepted: Accepted,
    holds: Vector,
    until: Timestamp,
}

impl Questions {
    /// Takes in an event; hands on, answers and gives up what needs no disk.
    pub fn hear(&mut self, world: &World, now: Timestamp, event: &Event, out: &mut Vec<Action>) {
        match event {
            Event::Asked { request, by, key, command } => {
                self.take(now, From::Here, *request, (by, key, command), out);
            }
            Event::FrameArrived { from, frame } => match &**frame {
                Frame::Ask { request, by, key, command } if world.leads() => {
                    self.take(now, From::Node(from.clone()), *request, (by, key, command), out);
                }
                Frame::Answered { request, outcome, holds } => self.answered(now, *request, outcome, holds, out),
                _ => {}
            },
            _ => {}
        }
        self.forget(world, now);
        self.hand_on(world, now, out);
        self.tell(world, now, out);
    }

    /// When something is to be looked at again.
    pub fn deadline(&self, world_leads: bool) -> Option<Timestamp> {
        let waiting = self.waiting.iter().filter(|_| !world_leads).map(|question| match &question.asked {
            Some((_, at)) => at.after(ASK_AGAIN),
            None => question.since.after(GRACE),
        });
        let written = self.written.iter().map(|written| written.until);
        waiting.chain(written).chain(self.confirmed.iter().map(|confirmed| confirmed.until)).min()
    }

    fn take(&mut self, now: Timestamp, from: From, request: RequestId, asked: (&str, &str, &Command), out: &mut Vec<Action>) {
        let is_here = self.waiting.iter().any(|other| other.request == request)
            || self.written.iter().any(|other| other.answer.request == request);
        if is_here {
            return;
        }
        if self.waiting.len() >= MOST {
            let because = format!("{MOST} changes wait for the disk already");
            let refusal = Refusal::new(RefusalKind::Unavailable, because, Some("Ask again in a moment.".to_owned()));
            return reply(&from, request, Err(refusal), Vector::default(), out);
        }
        let (by, key, command) = (asked.0.to_owned(), asked.1.to_owned(), asked.2.clone());
        self.waiting.push_back(Question { from, request, by, key, command, since: now, asked: None });
    }

    /// Refuses every question that was not decided yet.
    pub fn refuse_all(&mut self, refusal: &Refusal, out: &mut Vec<Action>) {
        for question in self.waiting.drain(..) {
            reply(&question.from, question.request, Err(refusal.clone()), Vector::default(), out);
        }
    }

    /// The leader answered.
    fn answered(
        &mut self,
        now: Timestamp,
        request: RequestId,
        outcome: &Result<Accepted, Refusal>,
        holds: &Vector,
        out: &mut Vec<Action>,
    ) {
        let Some(place) = self.waiting.iter().position(|question| question.request == request && question.from == From::Here)
        else {
            return;
        };
        self.waiting.remove(place);
        match outcome {
            Err(refusal) => out.push(Action::Answer { request, outcome: Err(refusal.clone()) }),
            Ok(accepted) => {
                let confirmed =
                    Confirmed { request, accepted: accepted.clone(), holds: holds.clone(), until: now.after(GIVEN_UP) };
                self.confirmed.push(confirmed);
            }
        }
    }

    /// What nobody waits for any more; other nodes ask the leader there is now.
    fn forget(&mut self, world: &World, now: Timestamp) {
        let leads = world.leads();
        self.waiting.retain(|question| now.saturating_sub(question.since) < GIVEN_UP && (leads || question.from == From::Here));
        self.confirmed.retain(|confirmed| confirmed.until > now);
    }

    /// Hands questions to the leader that is followed.
    fn hand_on(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>) {
        let Role::Follower { leader: Some(leader) } = &world.role else { return };
        for question in &mut self.waiting {
            let was_asked = matches!(&question.asked, Some((of, at)) if of == leader && now < at.after(ASK_AGAIN));
            if was_asked || leader.node == world.me.node || queue::is_local(world, &question.command, true) {
                continue;
            }
            question.asked = Some((leader.clone(), now));
            let (request, by, key, command) =
                (question.request, question.by.clone(), question.key.clone(), question.command.clone());
            out.push(Action::Send { to: leader.node.clone(), frame: Box::new(Frame::Ask { request, by, key, command }) });
        }
    }

    /// Answers what is on enough disks.
    fn tell(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>) {
        let is_alone = world.links.is_empty();
        let (ready, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.written)
            .into_iter()
            .partition(|written| is_alone || written.until <= now || copies::holders(world, &written.last) > 1);
        self.written = waiting;
        for Written { answer: Answer { from, request, mut accepted, .. }, last, .. } in ready {
            accepted.copies = copies::holders(world, &last).max(1);
            let holds = Vector([(last.origin, last.seq)].into());
            reply(&from, request, Ok(accepted), holds, out);
        }
        let (ready, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.confirmed).into_iter().partition(|confirmed| world.holds.covers(&confirmed.holds));
        self.confirmed = waiting;
        for Confirmed { request, mut accepted, holds, .. } in ready {
            // The leader has it, and so has this node.
            let both = if holds.0.is_empty() { 1 } else { 2 };
            accepted.copies = accepted.copies.max(both);
            out.push(Action::Answer { request, outcome: Ok(accepted) });
        }
    }

    /// What is to be written next, if the disk is free; what needs no disk is answered on the way.
    pub fn next(&mut self, world: &World, now: Timestamp, out: &mut Vec<Action>) -> Option<Turn> {
        match &world.role {
            Role::Leader { .. } => self.next_of_leader(world, out),
            Role::Follower { leader: Some(_) } => self.next_local(world, true),
            Role::Starting if !world.members.keys().any(|member| *member != world.me.node) => None,
            role => {
                let grace = if *role == Role::Isolated { Duration::ZERO } else { GRACE };
                self.next_local(world, false).or_else(|| self.next_queued(world, now, grace, out)).or_else(|| {
                    let turn = queue::next_expired(world)?;
                    carried(world, turn, out)
                })
            }
        }
    }

    fn next_of_leader(&mut self, world: &World, out: &mut Vec<Action>) -> Option<Turn> {
        while let Some(Question { from, request, by, key, command, .. }) = self.waiting.pop_front() {
            let id = queue::id_of(&key, &command);
            if let Some(done) = id.and_then(|id| world.done.get(&id)) {
                reply(&from, request, done.outcome.clone(), held(world, id), out);
                continue;
            }
            let order = command::order(&command);
            match command::decide(world, Asker { by: &by, key: &key }, command) {
                Err(refusal) => reply(&from, request, Err(refusal), Vector::default(), out),
                Ok((drafts, accepted)) if drafts.is_empty() => {
                    out.extend(order.map(Action::Elect));
                    let deployment = accepted.deployment.map(ObjectKey::Deployment);
                    reply(
                        &from,
                        request,
                        Ok(accepted),
                        deployment.map(|object| head_of(world, &object)).unwrap_or_default(),
                        out,
                    );
                }
                Ok((mut drafts, accepted)) => {
                    drafts.extend(id.map(|id| queue::ended(world, id, Ok(accepted.clone()))));
                    return Some(Turn { drafts, answer: Some(Answer { from, request, accepted, is_queued: false }) });
                }
            }
        }
        carried(world, queue::next(world)?, out)
    }

    /// A change this node may write itself.
    fn next_local(&mut self, world: &World, has_leader: bool) -> Option<Turn> {
        let place = self.waiting.iter().position(|question| queue::is_local(world, &question.command, has_leader))?;
        let Question { from, request, by, key, command, .. } = self.waiting.remove(place)?;
        let (drafts, accepted) = command::decide(world, Asker { by: &by, key: &key }, command).ok()?;
        Some(Turn { drafts, answer: Some(Answer { from, request, accepted, is_queued: false }) })
    }

    /// A question that waited long enough for a leader.
    fn next_queued(&mut self, world: &World, now: Timestamp, grace: Duration, out: &mut Vec<Action>) -> Option<Turn> {
        loop {
            let place = self.waiting.iter().position(|question| now.saturating_sub(question.since) >= grace)?;
            let Question { from, request, by, key, command, .. } = self.waiting.remove(place)?;
            let id = queue::id_of(&key, &command).unwrap_or(request);
            if let Some(done) = world.done.get(&id) {
                reply(&from, request, done.outcome.clone(), Vector::default(), out);
                continue;
            }
            let says = "no machine leads right now; this is written down and done as soon as one does, within ten minutes";
            let accepted = Accepted { app: None, deployment: None, copies: 1, queued: None, says: says.to_owned() };
            let answer = Answer { from, request, accepted, is_queued: true };
            if world.queued.contains_key(&id) {
                reply_queued(world, id, answer, out);
                continue;
            }
            match queue::take(world, Asker { by: &by, key: &key }, id, &command) {
                Ok(draft) => return Some(Turn { drafts: vec![draft], answer: Some(answer) }),
                Err(refusal) => reply(&answer.from, request, Err(refusal), Vector::default(), out),
            }
        }
    }

    /// The changes of `answer` are on the disk; `last` is the last of them.
    pub fn on_disk(&mut self, now: Timestamp, mut answer: Answer, last: RevisionId) {
        if answer.is_queued {
            answer.accepted.queued = Some(last.clone());
        }
        self.written.push(Written { answer, last, until: now.after(SECOND_COPY) });
    }

    /// The changes of `answer` could not be written.
    pub fn not_written(answer: &Answer, because: &str, out: &mut Vec<Action>) {
        let refusal = Refusal::new(
            RefusalKind::Unavailable,
            format!("this could not be written to disk: {because}"),
            Some("Nothing changed. See the disk's state with kraken doctor, then ask again.".to_owned()),
        );
        reply(&answer.from, answer.request, Err(refusal), Vector::default(), out);
    }
}

/// A queued wish, carried out or ended.
fn carried(world: &World, turn: queue::Turn, out: &mut Vec<Action>) -> Option<Turn> {
    let (request, mut drafts, outcome) = match turn {
        queue::Turn::End(request, outcome) => (request, Vec::new(), outcome),
        queue::Turn::CarryOut(request, queued) => {
            match command::decide(world, Asker { by: &queued.by, key: &queued.key }, queued.command) {
                Ok((drafts, accepted)) => (request, drafts, Ok(accepted)),
                Err(refusal) => (request, Vec::new(), Err(refusal)),
            }
        }
    };
    if let Err(refusal) = &outcome {
        let says = format!("a change that waited for a leader was not made: {refusal}");
        out.push(Action::Note(Note::Event { object: ObjectKey::Command(request).to_string(), says }));
    }
    drafts.push(queue::ended(world, request, outcome));
    Some(Turn { drafts, answer: None })
}

/// The same wish waits already.
fn reply_queued(world: &World, id: RequestId, answer: Answer, out: &mut Vec<Action>) {
    let queued = world.head(&ObjectKey::Command(id)).map(|head| head.revision.clone());
    let accepted = Accepted { queued, ..answer.accepted };
    reply(&answer.from, answer.request, Ok(accepted), Vector::default(), out);
}

/// What a node must hold to read what came of a wish.
fn held(world: &World, id: Option<RequestId>) -> Vector {
    id.map(|id| head_of(world, &ObjectKey::Command(id))).unwrap_or_default()
}

fn head_of(world: &World, object: &ObjectKey) -> Vector {
    let head = world.head(object).map(|head| (head.revision.origin.clone(), head.revision.seq));
    Vector(head.into_iter().collect())
}

fn reply(from: &From, request: RequestId, outcome: Result<Accepted, Refusal>, holds: Vector, out: &mut Vec<Action>) {
    out.push(match from {
        From::Here => Action::Answer { request, outcome },
        From::Node(node) => Action::Send { to: node.clone(), frame: Box::new(Frame::Answered { request, outcome, holds }) },
    });
}
