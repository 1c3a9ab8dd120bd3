//! Is everything as it should be once the weather is fine? One leader and everybody behind it, the best in the end, and then
//! no change at all.

use kraken::decide::election::Input;
use kraken::model::event::Role;
use kraken::model::id::Epoch;

use super::mutant::Mutant;
use super::weather::{clear_up, leave_cut, storm};
use super::world::World;

/// After healing: a start (1 s), listening (3 s), silence (2 s), skew (1.5 s) and a second ...
const SETTLE: u64 = 8500;
/// ... and on slow disks a claim that is burned and one that is not.
const SLOW_DISKS: u64 = 6000;
/// Preemption's wait (8 s), an epoch on a slow disk (3 s), and what I4 allows.
const PREEMPT: u64 = 16_000;
/// How long nothing may change.
const QUIET: u64 = 12_000;

/// One history, from its seed.
pub fn history(seed: u64, mutant: Mutant) -> World {
    let (mut world, climate) = storm(seed, mutant);
    if world.violation.is_some() {
        return world;
    }
    let settle = if clear_up(&mut world, &climate) { SETTLE } else { SETTLE + SLOW_DISKS };
    let has_cut = leave_cut(&mut world);
    let healed = world.now;
    world.run(healed + settle, |_| {});
    if world.violation.is_none() {
        one_leader(&mut world, "I2");
    }
    let best = best(&world);
    let is_chosen = has_chosen_leader(&world);
    if !has_cut && !is_chosen {
        world.best.clone_from(&best);
    }
    world.run(healed + settle + PREEMPT, |_| {});
    if world.violation.is_none() {
        let leader = one_leader(&mut world, "I2");
        if let Some(leader) = leader.filter(|leader| !has_cut && !is_chosen && Some(&leader.node) != best.as_ref()) {
            world.fail(format!("I4: {leader} leads, and the best is {best:?}"));
        }
        no_fence_above(&mut world);
        clones(&mut world);
    }
    quiet(&mut world);
    world
}

/// I2: one leader, and all follow it; now or, if the lead is just being handed over, a second later.
fn one_leader(world: &mut World, rule: &str) -> Option<Epoch> {
    if let Err(roles) = see_leader(world) {
        world.run(world.now + 1000, |_| {});
        if see_leader(world).is_err() {
            world.fail(format!("{rule}: not one leader whom all follow: {roles}"));
        }
    }
    see_leader(world).ok().flatten()
}

/// Whom all follow; none if nobody here can lead.
fn see_leader(world: &World) -> Result<Option<Epoch>, String> {
    let standing = world.standing();
    let mut ids: Vec<_> = standing.iter().map(|at| &world.machines[*at].id).collect();
    ids.dedup();
    if ids.len() == 1 && standing.len() > 1 {
        // A machine and its copy with nobody else to hear both: nobody can know.
        return Ok(None);
    }
    let can_lead = standing.iter().any(|at| world.machines[*at].priority > 0);
    let epochs: Vec<Option<&Epoch>> = standing.iter().map(|at| world.machines[*at].follows()).collect();
    let first = epochs.first().copied().flatten();
    let leaders = standing.iter().filter(|at| matches!(world.machines[**at].role, Role::Leader { .. })).count();
    let is_one = leaders == 1 && epochs.iter().all(|epoch| epoch.is_some() && *epoch == first);
    let is_none = !can_lead && leaders == 0;
    if !is_one && !is_none && !standing.is_empty() {
        let roles: Vec<String> = standing.iter().map(|at| format!("{at}: {:?}", world.machines[*at].role)).collect();
        return Err(roles.join(", "));
    }
    Ok(first.filter(|_| is_one).cloned())
}

/// The machine that should lead in the end.
fn best(world: &World) -> Option<kraken::model::id::NodeId> {
    let standing = world.standing().into_iter().map(|at| &world.machines[at]).filter(|machine| machine.priority > 0);
    standing.max_by_key(|machine| (machine.priority, &machine.id)).map(|machine| machine.id.clone())
}

fn has_chosen_leader(world: &World) -> bool {
    let said = world.machines.iter().filter_map(|machine| machine.last_said.as_ref());
    said.flat_map(|said| &said.claims).any(|claim| claim.by_hand)
}

/// I3: nobody is fenced above the leader whom it follows.
fn no_fence_above(world: &mut World) {
    for at in world.standing() {
        let machine = &world.machines[at];
        if machine.follows().is_some() && machine.disk.fenced.as_ref() > machine.follows() {
            let (fenced, follows) = (machine.disk.fenced.clone(), machine.follows().cloned());
            world.fail(format!("I3: machine {at} is fenced at {fenced:?} and follows {follows:?}"));
        }
    }
}

/// I9: of two machines with one id at most one takes part; and nobody else stands back.
fn clones(world: &mut World) {
    for at in 0..world.machines.len() {
        let machine = &world.machines[at];
        let is_single = !world.cloned.contains(&machine.id);
        if is_single && machine.is_doubled(world.now) {
            world.fail(format!("I9: machine {at} stands back, and nobody uses its identity"));
        }
    }
    let standing = world.standing();
    let hears_both = |at: &usize| !world.cloned.contains(&world.machines[*at].id);
    if !standing.iter().any(hears_both) {
        return;
    }
    for (nth, at) in standing.iter().enumerate() {
        if standing[nth + 1..].iter().any(|other| world.machines[*other].id == world.machines[*at].id) {
            world.fail(format!("I9: machine {at} and its copy both take part"));
        }
    }
}

/// I6: nothing changes; not even when a worker is fenced above its leader, who needs long to write a higher epoch.
fn quiet(world: &mut World) {
    if world.violation.is_some() {
        return;
    }
    let leader = one_leader(world, "I2");
    world.calm_leader = leader.as_ref().map(|leader| leader.node.clone());
    let start = world.now;
    world.run(start + 2000, |_| {});
    if let Some(leader) = leader
        && world.violation.is_none()
    {
        let standing = world.standing();
        for at in &standing {
            world.machines[*at].disk_ms = (2500, 3000);
        }
        let at = world.chance.pick(&standing).unwrap();
        // Above the leader's by its node alone: epochs are compared as a whole.
        let node = "z".repeat(26).parse().unwrap();
        world.step(at, Input::Fence(Epoch { counter: leader.counter, node }));
    }
    world.run(start + QUIET, |_| {});
    if world.violation.is_none() {
        one_leader(world, "I6");
        no_fence_above(world);
    }
}
