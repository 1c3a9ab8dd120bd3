//! Which machines may be given work, and which count as lost? Silence is judged by how long it lasts, never at once.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::decide::machine::{self, Facts};
use crate::model::id::NodeId;
use crate::model::time::Timestamp;
use crate::model::world::World;

/// How long a machine may be silent before its work goes elsewhere: far longer than a leader may, for moving work costs more.
pub const SILENCE: Duration = Duration::from_secs(10);
/// The same on a side that hears fewer than half of the members: most likely it is the one that was cut off.
pub const SILENCE_OF_FEW: Duration = Duration::from_secs(60);
/// How long a machine that is heard may be without Docker, or looking around, before its work goes elsewhere.
pub const TROUBLE: Duration = Duration::from_secs(60);
/// How long a new leader waits for reports before it moves or removes anything.
pub const REPORTS: Duration = Duration::from_secs(15);

/// The members, as one pass of planning sees them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Every member by id.
    pub sites: BTreeMap<NodeId, Site>,
    /// Whether all that are heard have told what they have, or had their time: only now may work be moved and surplus go.
    pub is_complete: bool,
    /// Whether fewer than half of the members are heard.
    pub is_few: bool,
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// How it stands.
    pub condition: Condition,
    /// What it is made of, once told.
    pub facts: Option<Facts>,
}

/// How a machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It takes work.
    Ready,
    /// It was usable a moment ago, or will be soon: what it has stays there, nothing new goes there.
    Unsure,
    /// Its work goes elsewhere.
    Lost,
}

impl Fleet {
    /// How `node` stands; who is no member is lost.
    #[must_use]
    pub fn condition(&self, node: &NodeId) -> Condition {
        self.sites.get(node).map_or(Condition::Lost, |site| site.condition)
    }

    /// As it looks without a memory of how long anything lasts: nothing is lost.
    #[must_use]
    pub fn glance(world: &World) -> Self {
        let unsure = |_: &NodeId| Condition::Unsure;
        Self { sites: sites(world, unsure), is_complete: has_all_told(world), is_few: hears_few(world) }
    }
}

/// What the leader remembers of who cannot be used, and since when.
#[derive(Debug, Default)]
pub struct Watch {
    reign_since: Option<Timestamp>,
    unusable: BTreeMap<NodeId, Unusable>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unusable {
    since: Timestamp,
    is_heard: bool,
}

impl Watch {
    /// A reign begins.
    pub const fn begin(&mut self, now: Timestamp) {
        self.reign_since = Some(now);
    }

    /// Takes in who can be used now. Also while another leads: a new leader knows for how long a machine has been silent.
    pub fn note(&mut self, world: &World, now: Timestamp) {
        let members = machine::members(world);
        self.unusable.retain(|node, _| members.contains(node));
        for node in members {
            if is_usable(world, node) {
                self.unusable.remove(node);
                continue;
            }
            let is_heard = machine::is_heard(world, node);
            let before = self.unusable.get(node).filter(|before| before.is_heard == is_heard);
            let since = before.map_or(now, |before| before.since);
            self.unusable.insert(node.clone(), Unusable { since, is_heard });
        }
    }

    /// The members as they stand at `now`.
    #[must_use]
    pub fn fleet(&self, world: &World, now: Timestamp) -> Fleet {
        let is_few = hears_few(world);
        let condition = |node: &NodeId| match self.unusable.get(node) {
            Some(unusable) if lost_at(*unusable, is_few) <= now => Condition::Lost,
            _ => Condition::Unsure,
        };
        let had_time = self.reign_since.is_some_and(|since| since.after(REPORTS) <= now);
        Fleet { sites: sites(world, condition), is_complete: had_time || has_all_told(world), is_few }
    }

    /// When the next machine counts as lost, or the wait for reports is over.
    #[must_use]
    pub fn deadline(&self, world: &World, now: Timestamp) -> Option<Timestamp> {
        let is_few = hears_few(world);
        let lost = self.unusable.values().map(|unusable| lost_at(*unusable, is_few));
        let reports = self.reign_since.map(|since| since.after(REPORTS)).filter(|_| !has_all_told(world));
        lost.chain(reports).filter(|at| *at > now).min()
    }
}

fn lost_at(unusable: Unusable, is_few: bool) -> Timestamp {
    unusable.since.after(match (unusable.is_heard, is_few) {
        (true, _) => TROUBLE,
        (false, false) => SILENCE,
        (false, true) => SILENCE_OF_FEW,
    })
}

fn sites(world: &World, unless_usable: impl Fn(&NodeId) -> Condition) -> BTreeMap<NodeId, Site> {
    let site = |node: &NodeId| {
        let condition = if is_usable(world, node) { Condition::Ready } else { unless_usable(node) };
        (node.clone(), Site { condition, facts: machine::facts(world, node) })
    };
    machine::members(world).into_iter().map(site).collect()
}

/// Whether it is heard, told all about its present run, and can work with Docker.
fn is_usable(world: &World, node: &NodeId) -> bool {
    let can_work = |inventory: &crate::model::observed::Inventory| inventory.surveyed && inventory.docker_trouble.is_none();
    has_told(world, node) && world.inventories.get(node).is_some_and(|inventory| can_work(inventory))
}

/// Whether what is known of it is of the run that is heard now.
fn has_told(world: &World, node: &NodeId) -> bool {
    if *node == world.me.node {
        return true;
    }
    let Some(peer) = world.standing.peers.get(node).filter(|peer| peer.is_live) else { return false };
    let told = world.told.get(node).map(|(incarnation, _)| *incarnation);
    told.is_some() && (peer.incarnation.is_none() || peer.incarnation == told)
}

/// Whether all that are heard have told what they have; one that cannot work with Docker tells that.
fn has_all_told(world: &World) -> bool {
    let has_looked = |node: &NodeId| {
        let inventory = world.inventories.get(node);
        inventory.is_some_and(|inventory| inventory.surveyed || inventory.docker_trouble.is_some())
    };
    let heard = machine::members(world).into_iter().filter(|node| machine::is_heard(world, node));
    heard.into_iter().all(|node| has_told(world, node) && has_looked(node))
}

/// Whether fewer than half of the members are heard; with exactly half either side goes on.
fn hears_few(world: &World) -> bool {
    let members = machine::members(world);
    let heard = members.iter().filter(|node| machine::is_heard(world, node)).count();
    heard * 2 < members.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;
    use crate::model::id::Incarnation;
    use crate::model::observed::Inventory;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    fn of(members: usize) -> (World, Vec<NodeId>) {
        let mut world = sample::world();
        let others = (1..members).map(|number| sample::join(&mut world, &format!("pi-{number}"), 4)).collect();
        (world, others)
    }

    fn silenced(members: usize, silent: usize) -> (World, Watch, NodeId) {
        let (mut world, others) = of(members);
        let mut watch = Watch::default();
        watch.note(&world, at(0));
        for node in &others[..silent] {
            sample::hear(&mut world, node, false);
        }
        watch.note(&world, at(100));
        (world, watch, others[0].clone())
    }

    fn conditions(world: &World, watch: &Watch, node: &NodeId, times: &[u64]) -> Vec<Condition> {
        times.iter().map(|seconds| watch.fleet(world, at(*seconds)).condition(node)).collect()
    }

    #[test]
    fn a_silent_machine_keeps_its_work_for_ten_seconds() {
        let (world, watch, node) = silenced(3, 1);
        assert_eq!(conditions(&world, &watch, &node, &[100, 109, 110]), [Condition::Unsure, Condition::Unsure, Condition::Lost]);
        assert_eq!(watch.deadline(&world, at(100)), Some(at(110)));
    }

    #[test]
    fn exactly_half_goes_on_as_usual_and_fewer_wait_a_minute() {
        let (world, watch, node) = silenced(2, 1);
        assert_eq!(conditions(&world, &watch, &node, &[110]), [Condition::Lost]);
        let (world, watch, node) = silenced(3, 2);
        assert!(watch.fleet(&world, at(110)).is_few);
        assert_eq!(conditions(&world, &watch, &node, &[110, 159, 160]), [Condition::Unsure, Condition::Unsure, Condition::Lost]);
    }

    #[test]
    fn a_machine_heard_again_starts_from_nothing() {
        let (mut world, mut watch, node) = silenced(3, 1);
        sample::hear(&mut world, &node, true);
        watch.note(&world, at(109));
        sample::hear(&mut world, &node, false);
        watch.note(&world, at(110));
        assert_eq!(conditions(&world, &watch, &node, &[119, 120]), [Condition::Unsure, Condition::Lost]);
    }

    #[test]
    fn a_new_leader_waits_for_reports_and_not_for_ever() {
        let (mut world, others) = of(2);
        let mut watch = Watch::default();
        watch.begin(at(0));
        assert!(watch.fleet(&world, at(0)).is_complete);
        std::sync::Arc::make_mut(&mut world.told).insert(others[0].clone(), (Incarnation { boot: 9, random: 9 }, 0));
        watch.note(&world, at(0));
        assert_eq!(watch.deadline(&world, at(0)), Some(at(15)), "what is known of it is of another run");
        assert!(!watch.fleet(&world, at(14)).is_complete);
        assert!(watch.fleet(&world, at(15)).is_complete);
    }

    #[test]
    fn a_machine_that_has_not_looked_around_takes_no_work_yet() {
        let (mut world, others) = of(2);
        sample::tell_all(&mut world, &others[0], 1, Inventory::default());
        let fleet = Fleet::glance(&world);
        assert_eq!((fleet.condition(&others[0]), fleet.is_complete), (Condition::Unsure, false));
    }
}
