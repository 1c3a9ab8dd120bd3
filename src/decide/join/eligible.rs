//! May this node give up its platform and join another one? And of two fresh ones, which hosts?

use crate::decide::members;
use crate::model::command::{Refusal, RefusalKind};
use crate::model::join::Hello;
use crate::model::world::World;

/// Whether this node may join another platform: it has none, or one of its own without an app.
///
/// # Errors
/// Why not, and what to do.
pub fn may_join(world: &World) -> Result<(), Refusal> {
    let refused = |because: String, next: &str| Refusal::new(RefusalKind::Conflict, because, Some(next.to_owned()));
    if members::is_removed(world) {
        return Err(members::was_removed());
    }
    let others = world.members.keys().filter(|id| **id != world.me.node).count();
    if others > 0 {
        let because = format!("this machine belongs to a platform of {} machines already", others + 1);
        return Err(refused(
            because,
            "Remove it there first: kraken forget NODE. Then give it a new identity: kraken reset-identity.",
        ));
    }
    let apps = world.apps.values().filter(|app| app.is_listed()).count();
    let data = world.volumes.len();
    match (apps, data) {
        (0, 0) => Ok(()),
        (0, _) => Err(refused(
            format!("this machine still holds the data of {data} volume{}", if data == 1 { "" } else { "s" }),
            "Delete it from the trash first, or let the other machine join this one.",
        )),
        _ => Err(refused(
            format!("this machine has {apps} app{} of its own", if apps == 1 { "" } else { "s" }),
            "Let the other machine join this one; or take the apps along with kraken state export, and destroy them here first.",
        )),
    }
}

/// Who hosts when `mine` and `theirs` meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The other one joins this node's platform.
    Host,
    /// This node joins the other one's platform.
    Joiner,
}

/// This node's part against the other one's greeting. Both sides come to matching answers.
///
/// # Errors
/// Both have something to lose: two platforms never merge by themselves. Or it is one platform already.
pub fn part(mine: &Hello, theirs: &Hello) -> Result<Part, Refusal> {
    let refused = |because: &str, next: &str| Refusal::new(RefusalKind::Conflict, because, Some(next.to_owned()));
    if mine.platform == theirs.platform && !(mine.is_fresh || theirs.is_fresh) {
        return Err(refused("both machines belong to the same platform already", "There is nothing to join: see kraken nodes."));
    }
    // Whoever comes with an invite knows where it wants to go.
    match (&mine.invite, &theirs.invite) {
        (Some(_), None) if mine.is_fresh => return Ok(Part::Joiner),
        (None, Some(_)) if theirs.is_fresh => return Ok(Part::Host),
        _ => {}
    }
    match (mine.is_fresh, theirs.is_fresh) {
        (false, false) => Err(refused(
            "both machines have a platform with apps or other machines, and two platforms never merge by themselves",
            "Empty one of them first: export its apps with kraken state export, then destroy them there.",
        )),
        (true, false) => Ok(Part::Joiner),
        (false, true) => Ok(Part::Host),
        // A password was set by somebody who wants to keep it; else it does not matter, so both decide by what both know.
        (true, true) => {
            let mine = (!mine.has_password, &mine.platform);
            let theirs = (!theirs.has_password, &theirs.platform);
            match mine.cmp(&theirs) {
                std::cmp::Ordering::Less => Ok(Part::Host),
                std::cmp::Ordering::Greater => Ok(Part::Joiner),
                std::cmp::Ordering::Equal => Err(refused(
                    "both machines use the same secrets: one disk is a copy of the other",
                    "Give the copy an identity of its own: kraken reset-identity.",
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample::{ask_deploy, world, write};
    use crate::model::document::{Document, Member};
    use crate::model::record::{Draft, ObjectKey};
    use crate::model::time::WallTime;
    use proptest::prelude::*;

    fn hello(platform: u8, is_fresh: bool, has_password: bool) -> Hello {
        Hello { platform: format!("{platform:016x}").parse().unwrap(), is_fresh, has_password, ..Hello::sample() }
    }

    #[test]
    fn a_node_with_an_app_or_with_company_stays_where_it_is() {
        let mut alone = world();
        assert_eq!(may_join(&alone), Ok(()));
        let mut company = alone.clone();
        let member = Document::Member(Member { name: "b".into(), key: String::new(), joined_at: WallTime(1) });
        write(&mut company, vec![Draft { object: ObjectKey::Member("b".repeat(26).parse().unwrap()), document: Some(member) }]);
        assert!(may_join(&company).unwrap_err().because.contains("a platform of 2 machines"));
        ask_deploy(&mut alone, "web");
        let refusal = may_join(&alone).unwrap_err();
        assert!(refusal.because.contains("1 app") && refusal.next.unwrap().contains("join this one"));
    }

    #[test]
    fn the_fresh_one_joins_and_of_two_fresh_ones_the_one_without_a_password() {
        assert_eq!(part(&hello(9, true, false), &hello(1, false, true)), Ok(Part::Joiner));
        assert_eq!(part(&hello(9, true, true), &hello(1, true, false)), Ok(Part::Host));
        assert_eq!(part(&hello(1, true, false), &hello(9, true, false)), Ok(Part::Host));
        assert!(part(&hello(1, false, true), &hello(2, false, true)).unwrap_err().because.contains("never merge"));
        assert!(part(&hello(1, false, true), &hello(1, false, true)).unwrap_err().because.contains("same platform"));
        assert!(part(&hello(1, true, true), &hello(1, true, true)).unwrap_err().because.contains("copy"));
    }

    proptest! {
        #[test]
        fn exactly_one_hosts_or_both_refuse(
            a in any::<(u8, bool, bool)>(), b in any::<(u8, bool, bool)>(), invites in any::<(bool, bool)>(),
        ) {
            let invite = |has: bool| has.then(|| "0123456789abcdef".to_owned());
            let a = Hello { invite: invite(invites.0), ..hello(a.0, a.1, a.2) };
            let b = Hello { invite: invite(invites.1), ..hello(b.0, b.1, b.2) };
            match (part(&a, &b), part(&b, &a)) {
                (Ok(x), Ok(y)) => prop_assert_ne!(x, y),
                (Err(x), Err(y)) => prop_assert_eq!(x, y),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
