//! What becomes of wishes that were taken while nobody led? Each is carried out once, in order, or given up with a reason.
//!
//! A wish is one object, `command/ID`, whose id follows from what is wished and its key: first what was asked, then what came
//! of it. So the same key never does anything twice, also on another leader, who sees the same record.

use std::time::Duration;

use crate::model::command::{Accepted, Command, Refusal, RefusalKind};
use crate::model::document::{Document, Done, QueuedCommand};
use crate::model::id::{AppId, RequestId};
use crate::model::record::{Draft, ObjectKey};
use crate::model::time::Hlc;
use crate::model::world::World;

use super::command::Asker;

/// How long a wish waits for a leader.
pub const LIVES: Duration = Duration::from_secs(10 * 60);
/// How long is remembered what came of a wish: longer than anybody asks again.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);
/// Wishes that wait at once.
const MOST: usize = 64;
/// The largest wish that waits, in bytes of JSON.
const LARGEST: usize = 64 << 10;

/// A queued wish whose turn it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    /// It is to be carried out.
    CarryOut(RequestId, Box<QueuedCommand>),
    /// It is given up, or done by another.
    End(RequestId, Result<Accepted, Refusal>),
}

/// What a wish is called, and its app: by these and its key it is known again.
fn named(command: &Command) -> (String, Option<AppId>) {
    let value = serde_json::to_value(command).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    (text("kind").unwrap_or_default(), text("app").and_then(|app| app.parse().ok()))
}

/// The name of the wish for `command` under `key`, on every node; none for what need not be remembered: settings say the same
/// however often they are written.
#[must_use]
pub fn id_of(key: &str, command: &Command) -> Option<RequestId> {
    if matches!(command, Command::Put { .. }) {
        return None;
    }
    let (verb, app) = named(command);
    let name = format!("{verb}\u{0}{}\u{0}{key}", app.as_ref().map_or("", AppId::as_str));
    Some(RequestId(uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes())))
}

/// What came of a wish, as it is kept.
#[must_use]
pub fn ended(world: &World, request: RequestId, outcome: Result<Accepted, Refusal>) -> Draft {
    let done = Done { at: world.wall, outcome };
    Draft { object: ObjectKey::Command(request), document: Some(Document::Done(Box::new(done))) }
}

/// Writes a wish down until somebody leads.
///
/// # Errors
/// Refused if it only makes sense at once, is too large, or too many wait.
pub fn take(world: &World, asker: Asker<'_>, request: RequestId, command: &Command) -> Result<Draft, Refusal> {
    let needs_leader = match command {
        Command::Import { .. } | Command::AdmitNode { .. } | Command::MakeLeader { .. } => {
            Some("this needs a machine that leads")
        }
        _ if serde_json::to_vec(command).map_or(true, |text| text.len() > LARGEST) => {
            Some("this is too large to wait for a leader")
        }
        _ if world.queued.len() >= MOST => Some("too many changes wait for a leader already"),
        _ => None,
    };
    if let Some(because) = needs_leader {
        let because = format!("no machine leads right now, and {because}");
        let next = "Ask again in a moment; if it lasts, see which machines are heard: kraken nodes.".to_owned();
        return Err(Refusal::new(RefusalKind::Unavailable, because, Some(next)));
    }
    let queued = QueuedCommand {
        by: asker.by.to_owned(),
        key: asker.key.to_owned(),
        command: command.clone(),
        taken_by: world.me.node.clone(),
        at: world.wall,
        until: world.wall.after(LIVES),
    };
    Ok(Draft { object: ObjectKey::Command(request), document: Some(Document::Command(Box::new(queued))) })
}

/// Queued wishes, the oldest first.
fn in_order(world: &World) -> Vec<(RequestId, &QueuedCommand)> {
    let stamp = |request: &RequestId| world.head(&ObjectKey::Command(*request)).map_or(Hlc::default(), |head| head.hlc);
    let mut queued: Vec<_> = world.queued.iter().map(|(request, queued)| (stamp(request), *request, &**queued)).collect();
    queued.sort_by_key(|(stamp, request, _)| (*stamp, *request));
    queued.into_iter().map(|(_, request, queued)| (request, queued)).collect()
}

/// The next queued wish of a leader. One that a later one of the same app repeats is left to that one; all before a wish to
/// destroy the app are cancelled by it.
#[must_use]
pub fn next(world: &World) -> Option<Turn> {
    let queued = in_order(world);
    let ((request, first), later) = queued.split_first().map(|(first, later)| (*first, later))?;
    if let Some(refusal) = expired(world, first) {
        return Some(Turn::End(request, Err(refusal)));
    }
    let (verb, app) = named(&first.command);
    for (_, other) in later.iter().filter(|_| app.is_some()) {
        let (other_verb, other_app) = named(&other.command);
        if other_app == app && other_verb == verb {
            let says = "the same was asked for again before anybody led; the later one counts".to_owned();
            return Some(Turn::End(request, Ok(Accepted { app, deployment: None, copies: 1, queued: None, says })));
        }
        if other_app == app && matches!(other.command, Command::Destroy { .. }) {
            let because = "the app was destroyed before anybody led".to_owned();
            return Some(Turn::End(request, Err(Refusal::new(RefusalKind::Conflict, because, None))));
        }
    }
    Some(Turn::CarryOut(request, Box::new(first.clone())))
}

/// A wish this node took that waited too long: it says so itself when nobody leads.
#[must_use]
pub fn next_expired(world: &World) -> Option<Turn> {
    let mine = in_order(world).into_iter().filter(|(_, queued)| queued.taken_by == world.me.node);
    mine.into_iter().find_map(|(request, queued)| Some(Turn::End(request, Err(expired(world, queued)?))))
}

fn expired(world: &World, queued: &QueuedCommand) -> Option<Refusal> {
    (world.wall > queued.until).then(|| {
        let because = format!("no machine led for {} minutes after this was asked for; it was given up", LIVES.as_secs() / 60);
        Refusal::new(RefusalKind::Unavailable, because, Some("Ask again, now that you know.".to_owned()))
    })
}

/// What came of wishes so long ago that nobody asks again.
pub fn forgotten(world: &World) -> impl Iterator<Item = Draft> {
    let limit = u64::try_from(REMEMBERED.as_millis()).unwrap_or(u64::MAX);
    let old = world.done.iter().filter(move |(_, done)| world.wall.millis_since(done.at) > limit);
    old.map(|(request, _)| Draft { object: ObjectKey::Command(*request), document: None })
}

/// Whether a change may be written by the node that takes it, whoever leads: sessions, each an object of its own that nobody
/// else changes. While nobody leads, all settings of the door: whoever is locked out must come in.
#[must_use]
pub fn is_local(world: &World, command: &Command, has_leader: bool) -> bool {
    let Command::Put { drafts } = command else { return false };
    let is_session = |draft: &Draft| matches!(&draft.object, ObjectKey::Setting(name) if name.starts_with("session/"));
    let is_setting = |draft: &Draft| matches!(&draft.object, ObjectKey::Setting(_));
    if has_leader { drafts.iter().all(is_session) } else { drafts.iter().all(is_setting) && !world.leads() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;
    use crate::model::event::Role;
    use crate::model::time::WallTime;

    fn queue(world: &mut World, key: &str, command: Command) -> RequestId {
        world.wall = WallTime(world.wall.0 + 1);
        let request = id_of(key, &command).unwrap();
        let draft = take(world, Asker { by: "session", key }, request, &command).unwrap();
        sample::write(world, vec![draft]);
        request
    }

    fn leaderless() -> World {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        world.role = Role::Follower { leader: None };
        world
    }

    fn scale(replicas: u32) -> Command {
        Command::SetScale { app: sample::app(), replicas: Some(replicas) }
    }

    fn off() -> Command {
        Command::TurnOff { app: sample::app() }
    }

    #[test]
    fn queued_wishes_have_their_turn_in_order_and_each_once() {
        let mut world = leaderless();
        let (first, second) = (queue(&mut world, "1", scale(2)), queue(&mut world, "2", off()));
        assert!(matches!(next(&world), Some(Turn::CarryOut(request, _)) if request == first));
        let done = ended(&world, first, Ok(Accepted { app: None, deployment: None, copies: 1, queued: None, says: "x".into() }));
        sample::write(&mut world, vec![done]);
        assert!(matches!(next(&world), Some(Turn::CarryOut(request, _)) if request == second));
        assert!(world.done.contains_key(&first));
    }

    #[test]
    fn the_later_of_two_wishes_of_a_kind_counts() {
        let mut world = leaderless();
        let first = queue(&mut world, "1", scale(2));
        queue(&mut world, "2", scale(3));
        assert!(matches!(next(&world), Some(Turn::End(request, Ok(_))) if request == first));
    }

    #[test]
    fn a_wish_to_destroy_cancels_what_was_asked_before_it() {
        let mut world = leaderless();
        let first = queue(&mut world, "1", scale(2));
        queue(&mut world, "2", Command::Destroy { app: sample::app(), with_volumes: false });
        assert!(matches!(next(&world), Some(Turn::End(request, Err(_))) if request == first));
    }

    #[test]
    fn after_ten_minutes_it_is_given_up_with_a_reason_by_whoever_took_it() {
        let mut world = leaderless();
        queue(&mut world, "1", scale(2));
        assert_eq!(next_expired(&world), None);
        world.wall = world.wall.after(LIVES + Duration::from_secs(1));
        assert!(matches!(next_expired(&world), Some(Turn::End(_, Err(refusal))) if refusal.because.contains("10 minutes")));
        std::sync::Arc::make_mut(&mut world.me).node = "b".repeat(26).parse().unwrap();
        assert_eq!(next_expired(&world), None);
    }

    #[test]
    fn the_queue_is_bounded_and_takes_only_what_can_wait() {
        let mut world = leaderless();
        let refused = |world: &World, command: Command| {
            take(world, Asker { by: "session", key: "k" }, id_of("k", &command).unwrap(), &command).unwrap_err().because
        };
        assert!(refused(&world, Command::Import { documents: Default::default() }).contains("needs a machine that leads"));
        let set = [("A".to_owned(), "x".repeat(LARGEST))].into();
        assert!(refused(&world, Command::SetEnv { app: sample::app(), set, reset: vec![] }).contains("too large"));
        for n in 0..MOST {
            queue(&mut world, &n.to_string(), scale(2));
        }
        assert!(refused(&world, off()).contains("too many"));
    }

    #[test]
    fn the_same_key_is_the_same_wish_on_every_node_and_another_wish_is_another() {
        assert_eq!(id_of("k", &scale(2)), id_of("k", &scale(3)));
        assert_ne!(id_of("k", &scale(2)), id_of("l", &scale(2)));
        assert_ne!(id_of("k", &scale(2)), id_of("k", &off()));
    }

    #[test]
    fn what_came_of_a_wish_is_forgotten_after_an_hour() {
        let mut world = leaderless();
        let request = queue(&mut world, "1", scale(2));
        let done = ended(&world, request, Err(Refusal::new(RefusalKind::Conflict, "no", None)));
        sample::write(&mut world, vec![done]);
        assert_eq!(forgotten(&world).count(), 0);
        world.wall = world.wall.after(REMEMBERED + Duration::from_secs(1));
        assert_eq!(forgotten(&world).count(), 1);
    }

    #[test]
    fn a_session_is_written_anywhere_and_a_password_only_with_the_leader_if_there_is_one() {
        let world = leaderless();
        let put = |name: &str| Command::Put { drafts: vec![Draft { object: ObjectKey::Setting(name.into()), document: None }] };
        assert!(is_local(&world, &put("session/1"), true) && is_local(&world, &put("session/1"), false));
        assert!(!is_local(&world, &put("password"), true) && is_local(&world, &put("password"), false));
        assert!(!is_local(&world, &off(), false));
    }
}
