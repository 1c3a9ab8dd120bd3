//! What do wishes about machines change? Who joins, who leaves for good, what people set, who leads.

use crate::decide::members;
use crate::model::action::ElectionOrder;
use crate::model::command::{Accepted, Command, Refusal, RefusalKind};
use crate::model::document::{Document, Member, NodeWish, Removal};
use crate::model::event::Role;
use crate::model::id::NodeId;
use crate::model::record::{Draft, ObjectKey};
use crate::model::setting::{self, INVITE, Invite};
use crate::model::world::World;

use super::{Asker, Verdict};

/// The most machines of one platform.
const MOST: usize = 32;
/// The most labels of one machine.
const MOST_LABELS: usize = 16;

pub(super) fn admit(world: &World, node: NodeId, name: &str, key: String, invite: Option<&str>) -> Verdict {
    if world.removed.contains_key(&node) {
        return Err(members::was_removed());
    }
    let spent = invite.map(|digest| spend(world, digest)).transpose()?;
    if let Some(member) = world.members.get(&node).filter(|member| member.key == key) {
        // It joined before and lost the answer: the same machine is welcome once more.
        return Ok((spent.into_iter().collect(), accepted(format!("{} belongs to the platform already", member.name))));
    }
    if world.members.len() >= MOST {
        let because = format!("the platform has {MOST} machines already");
        return Err(conflict(because, "Remove one that is gone: kraken forget NODE."));
    }
    let name = members::unique_name(world, &node, name);
    let says = format!("{name} joined");
    let member = Document::Member(Member { name, key, joined_at: world.wall });
    let drafts = std::iter::once(Draft { object: ObjectKey::Member(node), document: Some(member) }).chain(spent);
    Ok((drafts.collect(), accepted(says)))
}

/// An invite serves once: whoever comes second finds it gone.
fn spend(world: &World, digest: &str) -> Result<Draft, Refusal> {
    let name = format!("{INVITE}{digest}");
    let invite: Option<Invite> = setting::read(world.settings.get(&name));
    match invite {
        Some(invite) if invite.expires_at > world.wall => Ok(setting::removal(&name)),
        Some(_) => Err(conflict("this invite is older than an hour".into(), "Make a new one: kraken invite.")),
        None => {
            Err(conflict("this invite was used already, was withdrawn, or never was".into(), "Make a new one: kraken invite."))
        }
    }
}

pub(super) fn remove(world: &World, asker: Asker<'_>, node: &NodeId) -> Verdict {
    if world.removed.contains_key(node) {
        return Ok((Vec::new(), accepted(format!("{} was removed before", node.short()))));
    }
    let member = known(world, node)?;
    if *node == world.me.node {
        let next = if world.members.len() > 1 {
            "Make another machine the leader first: kraken nodes make-leader NODE. Then remove this one."
        } else {
            "It is the only machine: stop its agent, or give it a new identity with kraken reset-identity."
        };
        return Err(conflict(format!("{} leads, and cannot remove itself", member.name), next));
    }
    let removal = Removal {
        name: member.name.clone(),
        at: world.wall,
        by: asker.by.to_owned(),
        last: members::last_of(&world.holds, node),
    };
    let mut drafts = vec![Draft { object: ObjectKey::Member(node.clone()), document: Some(Document::Removal(removal)) }];
    if world.node_wishes.contains_key(node) {
        drafts.push(Draft { object: ObjectKey::Node(node.clone()), document: None });
    }
    Ok((drafts, accepted(format!("{} is removed; the secrets it knew are being replaced", member.name))))
}

pub(super) fn set(world: &World, node: &NodeId, wish: NodeWish) -> Verdict {
    let member = known(world, node)?;
    if wish.priority == Some(255) {
        return Err(invalid("priority 255 is too high", "Give a number from 1 to 254, or 0: never leads."));
    }
    for label in wish.labels.iter().flatten() {
        if !is_label(label) {
            let shown: String = label.chars().take(40).collect();
            return Err(invalid(format!("\"{shown}\" is no label"), "Use 1 to 32 of a-z, 0-9 and -, such as ssd."));
        }
    }
    if wish.labels.as_ref().is_some_and(|labels| labels.len() > MOST_LABELS) {
        return Err(invalid(format!("{} would have more than {MOST_LABELS} labels", member.name), "Keep those an app asks for."));
    }
    if world.node_wishes.get(node).cloned().unwrap_or_default() == wish {
        return Ok((Vec::new(), accepted("nothing changed")));
    }
    let document = (wish != NodeWish::default()).then_some(Document::NodeWish(wish));
    Ok((vec![Draft { object: ObjectKey::Node(node.clone()), document }], accepted(format!("saved for {}", member.name))))
}

fn is_label(label: &str) -> bool {
    (1..=32).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

pub(super) fn make_leader(world: &World, node: &NodeId) -> Verdict {
    let member = known(world, node)?;
    if *node == world.me.node {
        return Ok((Vec::new(), accepted(format!("{} leads already", member.name))));
    }
    match world.standing.peers.get(node) {
        Some(peer) if !peer.is_live => {
            Err(conflict(format!("{} is not heard", member.name), "Turn it on, or choose another machine."))
        }
        None => Err(conflict(format!("{} is not heard", member.name), "Turn it on, or choose another machine.")),
        Some(peer) if peer.priority == 0 => {
            let next = format!("Give it one: kraken nodes priority {} auto.", member.name);
            Err(conflict(format!("{} has priority 0 and never leads", member.name), &next))
        }
        Some(_) => Ok((Vec::new(), accepted(format!("{} takes over as soon as it holds everything", member.name)))),
    }
}

/// What a wish wants of the election, once it is granted.
#[must_use]
pub fn order(command: &Command) -> Option<ElectionOrder> {
    match command {
        Command::MakeLeader { node } => Some(ElectionOrder::HandOver(node.clone())),
        _ => None,
    }
}

/// Whether this node may lead although it hears nobody: only where hearing nobody is what keeps it from leading.
///
/// # Errors
/// It leads, or somebody does.
pub fn lead_anyway(world: &World) -> Result<Accepted, Refusal> {
    match &world.role {
        Role::Isolated => Ok(accepted("this machine takes the lead of those it can reach")),
        Role::Leader { .. } => Ok(accepted("this machine leads already")),
        Role::Follower { .. } | Role::Starting => {
            let next = "To let this machine lead, ask for it: kraken nodes make-leader NODE.";
            Err(conflict("this machine is not cut off".into(), next))
        }
    }
}

fn known<'a>(world: &'a World, node: &NodeId) -> Result<&'a Member, Refusal> {
    world.members.get(node).ok_or_else(|| {
        let next = Some("See the machines: kraken nodes.".to_owned());
        Refusal::new(RefusalKind::NotFound, format!("there is no machine {}", node.short()), next)
    })
}

fn accepted(says: impl Into<String>) -> Accepted {
    Accepted { app: None, deployment: None, copies: 1, queued: None, says: says.into() }
}

fn conflict(because: String, next: &str) -> Refusal {
    Refusal::new(RefusalKind::Conflict, because, Some(next.to_owned()))
}

fn invalid(because: impl Into<String>, next: &str) -> Refusal {
    Refusal::new(RefusalKind::Invalid, because, Some(next.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::command::decide;
    use crate::decide::sample::{ask, world, write};
    use crate::model::record::Origin;
    use crate::model::setting::SETTING_FORMAT;
    use crate::model::time::WallTime;

    fn id(letter: &str) -> NodeId {
        letter.repeat(26).parse().unwrap()
    }

    fn admits(letter: &str, name: &str, invite: Option<&str>) -> Command {
        let key = format!("key-{letter}");
        Command::AdmitNode { node: id(letter), name: name.into(), key, invite: invite.map(str::to_owned) }
    }

    fn asked(world: &World, command: Command) -> Result<Vec<Draft>, String> {
        let asker = Asker { by: "session", key: "k" };
        decide(world, asker, command).map(|(drafts, _)| drafts).map_err(|refusal| refusal.because)
    }

    /// pi4 leads; `b` and `c` joined.
    fn three() -> World {
        let mut world = world();
        let own = members::own(&world).unwrap();
        write(&mut world, vec![own]);
        ask(&mut world, admits("b", "pi4", None));
        ask(&mut world, admits("c", "nas", None));
        world
    }

    fn with_invite(world: &mut World, expires_at: WallTime) {
        let invite = Invite { v: SETTING_FORMAT, by: "session".into(), created_at: world.wall, expires_at };
        let draft = setting::draft(&format!("{INVITE}abc"), &invite).unwrap();
        ask(world, Command::Put { drafts: vec![draft] });
    }

    #[test]
    fn a_machine_whose_name_is_taken_gets_the_next_one() {
        let world = three();
        let names: Vec<_> = world.members.values().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["pi4", "pi4-2", "nas"]);
    }

    #[test]
    fn an_invite_lets_in_one_machine_for_an_hour() {
        let mut world = three();
        let later = WallTime(world.wall.0 + 3_600_000);
        with_invite(&mut world, later);
        assert!(asked(&world, admits("d", "d", Some("abd"))).unwrap_err().contains("never was"));
        let mut late = world.clone();
        late.wall = later;
        assert_eq!(asked(&late, admits("d", "d", Some("abc"))).unwrap_err(), "this invite is older than an hour");
        ask(&mut world, admits("d", "d", Some("abc")));
        assert!(world.members.contains_key(&id("d")));
        assert!(asked(&world, admits("e", "e", Some("abc"))).unwrap_err().contains("used already"));
    }

    #[test]
    fn whoever_was_removed_never_returns_and_its_records_count_up_to_that_moment() {
        let mut world = three();
        let origin = Origin { node: id("b"), store: "00000000000000bb".parse().unwrap() };
        std::sync::Arc::make_mut(&mut world.holds).raise(&origin, 7);
        ask(&mut world, Command::RemoveNode { node: id("b") });
        assert!(!world.members.contains_key(&id("b")));
        let removal = &world.removed[&id("b")];
        assert_eq!((removal.name.as_str(), removal.last.get(&origin), removal.last.0.len()), ("pi4-2", 7, 1));
        assert!(asked(&world, admits("b", "b", None)).unwrap_err().contains("was removed"));
        assert_eq!(asked(&world, Command::RemoveNode { node: id("b") }), Ok(vec![]), "twice is once");
    }

    #[test]
    fn the_leader_does_not_remove_itself_and_nobody_unknown_is_removed() {
        let world = three();
        assert!(asked(&world, Command::RemoveNode { node: id("a") }).unwrap_err().contains("cannot remove itself"));
        assert!(asked(&world, Command::RemoveNode { node: id("z") }).unwrap_err().contains("no machine"));
    }

    #[test]
    fn what_is_set_about_a_machine_is_one_document_and_none_when_all_is_reset() {
        let mut world = three();
        let set = |priority, labels: &[&str]| Command::SetNode {
            node: id("b"),
            wish: NodeWish { priority, labels: Some(labels.iter().map(|label| (*label).to_owned()).collect()), machine: None },
        };
        ask(&mut world, set(Some(0), &["ssd"]));
        assert_eq!(world.node_wishes[&id("b")].priority, Some(0));
        assert_eq!(asked(&world, set(Some(0), &["ssd"])), Ok(vec![]));
        assert!(asked(&world, set(Some(255), &[])).is_err() && asked(&world, set(None, &["S S"])).is_err());
        ask(&mut world, Command::SetNode { node: id("b"), wish: NodeWish::default() });
        assert!(world.node_wishes.is_empty());
    }

    #[test]
    fn only_a_machine_that_is_heard_and_may_lead_can_be_made_leader() {
        use crate::model::standing::{Peer, Standing};
        let mut world = three();
        assert!(asked(&world, Command::MakeLeader { node: id("b") }).unwrap_err().contains("not heard"));
        let peer = |is_live, priority| Peer { is_live, priority, ..Peer::default() };
        let peers = [(id("b"), peer(true, 100)), (id("c"), peer(true, 0))].into();
        world.standing = std::sync::Arc::new(Standing { peers, ..Standing::default() });
        assert_eq!(asked(&world, Command::MakeLeader { node: id("b") }), Ok(vec![]));
        assert_eq!(order(&Command::MakeLeader { node: id("b") }), Some(ElectionOrder::HandOver(id("b"))));
        assert!(asked(&world, Command::MakeLeader { node: id("c") }).unwrap_err().contains("never leads"));
    }

    #[test]
    fn only_a_machine_that_is_cut_off_may_lead_anyway() {
        let mut world = three();
        assert!(lead_anyway(&world).unwrap().says.contains("leads already"));
        world.role = Role::Follower { leader: None };
        assert!(lead_anyway(&world).is_err());
        world.role = Role::Isolated;
        assert!(lead_anyway(&world).is_ok());
    }
}
