//! What goes wrong? Faults for a while, then everything heals but perhaps one link, then [`super::verdict`] looks.

use kraken::decide::election::{Gateway, Input};
use kraken::model::event::Role;
use kraken::model::id::NodeId;

use super::mutant::Mutant;
use super::world::{Event, World};

/// Disks, as the least and most milliseconds of a write.
const DISKS: [(u64, u64); 4] = [(1, 5), (5, 50), (20, 800), (1, 3000)];
const SIZES: [u64; 14] = [2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10];

/// The id of the machine that came `nth`.
pub fn node_id(nth: usize) -> NodeId {
    let letter = |digit: usize| char::from(b'a' + (digit % 26) as u8);
    let text: String = (0..26).map(|at| letter(nth * 7 + at * (nth + 3))).collect();
    text.parse().unwrap()
}

/// What this history is like.
pub struct Climate {
    pub n: usize,
    pub has_witness: bool,
    has_people: bool,
    has_clone: bool,
    until: u64,
}

/// A platform of some machines, with faults for half a minute or more.
pub fn storm(seed: u64, mutant: Mutant) -> (World, Climate) {
    let mut world = World::new(seed, mutant);
    let chance = &mut world.chance;
    let climate = Climate {
        n: chance.pick(&SIZES).unwrap() as usize,
        has_witness: chance.chance(400),
        has_people: chance.chance(250),
        has_clone: chance.chance(60),
        until: chance.between(20_000, 60_000),
    };
    let air = chance.below(3);
    for at in 0..climate.n {
        let priority = world.chance.pick(&[0, 60, 100, 100, 120, 180, 254]).unwrap();
        // Somebody must be able to lead.
        world.add(node_id(at), if at == 0 { priority.max(1) } else { priority });
        world.network.wifi[at] = air == 1 || (air == 2 && world.chance.chance(500));
        world.machines[at].disk_ms = world.chance.pick(&DISKS).unwrap();
        world.members.insert(node_id(at));
        let late = if world.chance.chance(100) { 20_000 } else { 2000 };
        let after = world.chance.below(late);
        world.foresee(after, Event::Start { at });
    }
    for at in 0..climate.n {
        gateway(&mut world, &climate, at, Gateway::Answers);
    }
    world.foresee(1000, Event::Turn);
    let until = climate.until;
    world.run(until, |world| {
        if world.now < until {
            turn(world, &climate);
            let next = world.chance.between(200, 4000);
            world.foresee(next, Event::Turn);
        }
    });
    (world, climate)
}

fn gateway(world: &mut World, climate: &Climate, at: usize, gateway: Gateway) {
    if climate.has_witness {
        world.machines[at].gateway = gateway;
        let after = world.chance.between(500, 1500);
        world.foresee(after, Event::Gateway { at, gateway });
    }
}

fn turn(world: &mut World, climate: &Climate) {
    let up: Vec<usize> = (0..world.machines.len()).filter(|at| world.machines[*at].is_up()).collect();
    let Some(at) = world.chance.pick(&up) else { return };
    let kind = world.chance.below(100);
    world.tell(|| format!("turn {kind} at machine {at}"));
    match kind {
        0..10 => restart(world, at, (300, 12_000)),
        10..15 => restart(world, at, (300, 300)),
        15..25 => {
            let is_leader = |at: &usize| matches!(world.machines[*at].role, Role::Leader { .. });
            if let Some(leader) = up.into_iter().find(is_leader) {
                restart(world, leader, (300, 15_000));
            }
        }
        25..30 => {
            world.take_in(at, Input::Resign);
            restart(world, at, (500, 5000));
        }
        30..40 => split(world),
        40..47 => isolate(world, climate, at),
        47..52 => {
            let other = world.chance.below(world.machines.len() as u64) as usize;
            world.network.cut[at][other] = true;
        }
        52..62 => mend(world, climate),
        62..68 => {
            world.network.loss = world.chance.below(200);
            world.network.jitter = world.chance.below(400);
        }
        68..76 => freeze(world, at, (50, 5000), false),
        76..79 => freeze(world, at, (3000, 40_000), true),
        79..83 => {
            world.machines[at].priority = world.chance.below(255) as u8;
            world.foresee(0, Event::Settings { at });
        }
        83..86 => world.machines[at].failing_until = world.now + world.chance.below(5000),
        86..88 => replace(world, climate, at),
        88..90 => restore(world, at),
        90..92 if climate.has_clone && world.cloned.is_empty() => clone(world, at),
        92..94 => play_again(world, at),
        94..96 if climate.has_people => {
            let to = world.chance.below(world.machines.len() as u64) as usize;
            let to = world.machines[to].id.clone();
            for at in 0..world.machines.len() {
                world.take_in(at, Input::HandOver(to.clone()));
            }
        }
        96 if climate.has_people => (0..world.machines.len()).for_each(|at| world.take_in(at, Input::LeadAnyway)),
        97 => {
            let is_pending = world.chance.chance(500);
            world.take_in(at, Input::WritePending(is_pending));
        }
        98 => (0..world.machines.len()).for_each(|at| gateway(world, climate, at, Gateway::Silent)),
        99 => remove(world, at),
        _ => {}
    }
}

/// People remove a member that runs; it hears of it last.
fn remove(world: &mut World, at: usize) {
    let living = world.machines.iter().filter(|machine| machine.is_up() && world.members.contains(&machine.id)).count();
    let may_lead = |machine: &&super::machine::Machine| machine.priority > 0 && !machine.is_gone;
    let leaders = world.machines.iter().filter(may_lead).count();
    if living <= 2 || leaders <= 2 || !world.cloned.is_empty() {
        return;
    }
    world.members.remove(&world.machines[at].id.clone());
    for other in 0..world.machines.len() {
        let after = world.chance.below(1500);
        world.foresee(after, Event::Settings { at: other });
    }
    world.machines[at].is_gone = true;
    world.foresee(2000, Event::Leave { at });
}

fn restart(world: &mut World, at: usize, after: (u64, u64)) {
    world.crash(at);
    let after = world.chance.between(after.0, after.1);
    world.foresee(after, Event::Start { at });
}

/// Two or three sides.
fn split(world: &mut World) {
    let sides = world.chance.between(2, 3);
    let side: Vec<u64> = world.machines.iter().map(|_| world.chance.below(sides)).collect();
    for a in 0..side.len() {
        for b in 0..side.len() {
            world.network.cut[a][b] = side[a] != side[b];
        }
    }
}

fn isolate(world: &mut World, climate: &Climate, at: usize) {
    for other in 0..world.machines.len() {
        world.network.set_link(at, other, true);
    }
    gateway(world, climate, at, Gateway::Silent);
}

fn mend(world: &mut World, climate: &Climate) {
    world.network.heal();
    for at in 0..world.machines.len() {
        gateway(world, climate, at, Gateway::Answers);
    }
}

fn freeze(world: &mut World, at: usize, ms: (u64, u64), is_suspended: bool) {
    let ms = world.chance.between(ms.0, ms.1);
    let machine = &mut world.machines[at];
    if machine.frozen_until <= world.now {
        (machine.frozen_until, machine.is_suspended) = (world.now + ms, is_suspended);
        let life = machine.life;
        world.foresee(ms, Event::Thaw { at, life });
    }
}

/// The disk is lost: the machine comes back as another node, and the old one may be removed.
fn replace(world: &mut World, climate: &Climate, at: usize) {
    if world.machines.len() >= climate.n + 3 || !world.cloned.is_empty() {
        return;
    }
    world.crash(at);
    world.machines[at].is_gone = true;
    let old = world.machines[at].id.clone();
    let new = world.add(node_id(world.machines.len()), world.machines[at].priority.max(1));
    world.network.wifi[new] = world.network.wifi[at];
    (world.machines[new].disk_ms, world.machines[new].has_synced) = (world.machines[at].disk_ms, false);
    world.machines[new].gateway = world.machines[at].gateway;
    if world.chance.chance(700) {
        world.members.remove(&old);
    }
    world.members.insert(world.machines[new].id.clone());
    for at in 0..world.machines.len() {
        let after = world.chance.below(1500);
        world.foresee(after, Event::Settings { at });
    }
    let after = world.chance.between(1000, 4000);
    world.foresee(after, Event::Start { at: new });
    gateway(world, climate, new, Gateway::Answers);
}

/// A backup is put back: the machine knows less than it did.
fn restore(world: &mut World, at: usize) {
    world.crash(at);
    let machine = &mut world.machines[at];
    machine.was_restored = true;
    machine.boot /= 2;
    machine.obeyed = None;
    machine.disk.fenced = None;
    if let Some(epoch) = &mut machine.disk.highest {
        epoch.counter /= 2;
    }
    let after = world.chance.between(1000, 8000);
    world.foresee(after, Event::Start { at });
}

/// A copy of the disk starts in another machine.
fn clone(world: &mut World, at: usize) {
    let id = world.machines[at].id.clone();
    let copy = world.add(id.clone(), world.machines[at].priority);
    let (boot, disk, disk_ms) = (world.machines[at].boot, world.machines[at].disk.clone(), world.machines[at].disk_ms);
    let machine = &mut world.machines[copy];
    (machine.boot, machine.disk, machine.disk_ms, machine.was_restored) = (boot, disk, disk_ms, true);
    world.machines[at].was_restored = true;
    world.cloned.insert(id);
    world.foresee(100, Event::Start { at: copy });
}

/// Somebody on the network repeats what it recorded.
fn play_again(world: &mut World, at: usize) {
    let recorded = world.machines[at].last_said.clone();
    for to in 0..world.machines.len() {
        if let Some(said) = &recorded
            && to != at
        {
            let after = world.chance.between(100, 20_000);
            world.foresee(after, Event::Arrive { at: to, said: std::sync::Arc::clone(said) });
        }
    }
}

/// The faults end. Everything that can starts; one machine may stay dead. Whether all disks are quick from here on.
pub fn clear_up(world: &mut World, climate: &Climate) -> bool {
    world.tell(|| "the weather is fine from here on".to_owned());
    mend(world, climate);
    world.network.is_calm = true;
    let all: Vec<usize> = (0..world.machines.len()).collect();
    let dead = world.chance.chance(50).then(|| world.chance.pick(&all)).flatten();
    let is_quick = world.chance.chance(500);
    for at in all {
        let machine = &mut world.machines[at];
        (machine.failing_until, machine.is_suspended) = (0, false);
        machine.frozen_until = machine.frozen_until.min(world.now);
        let life = machine.life;
        world.thaw(at, life);
        if is_quick {
            world.machines[at].disk_ms = (1, 50);
        }
        if Some(at) == dead {
            world.crash(at);
            world.machines[at].is_gone = true;
        }
        let after = world.chance.below(1000);
        world.foresee(after, Event::Start { at });
        world.foresee(after, Event::Settings { at });
        world.take_in(at, Input::WritePending(false));
        world.machines[at].has_synced = true;
        let holds = world.machines[at].holds();
        world.take_in(at, holds);
    }
    is_quick
}

/// In three of ten histories one link stays cut, one way or both; never the only one.
pub fn leave_cut(world: &mut World) -> bool {
    let standing = world.standing();
    if standing.len() < 3 || !world.cloned.is_empty() || !world.chance.chance(300) {
        return false;
    }
    let (a, b) = (world.chance.pick(&standing).unwrap(), world.chance.pick(&standing).unwrap());
    world.tell(|| format!("the link from {a} to {b} stays cut"));
    world.network.cut[a][b] = a != b;
    world.network.cut[b][a] = a != b && world.chance.chance(600);
    a != b
}
