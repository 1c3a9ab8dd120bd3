//! How long is nobody in charge when a leader loses its power? Printed, and held against the bounds that people were promised.

use kraken::model::event::Role;

use super::mutant::Mutant;
use super::weather::node_id;
use super::world::{Event, World};
use crate::seeds;

/// Kills per line of the table when nobody says.
const DEFAULT: u64 = 40;
/// And at most.
const MOST: u64 = 600;

/// Milliseconds until somebody else leads, and until all follow it.
fn kill(seed: u64, n: usize, by_air: bool) -> (u64, u64) {
    let mut world = World::new(seed, Mutant::None);
    for at in 0..n {
        world.add(node_id(at), 100 + at as u8);
        (world.network.wifi[at], world.machines[at].disk_ms) = (by_air, (5, 50));
        world.members.insert(node_id(at));
        world.foresee(0, Event::Start { at });
    }
    let when = world.chance.between(14_000, 20_000);
    world.run(when, |_| {});
    while leader(&world).is_none() {
        world.run(world.now + 100, |_| {});
    }
    let (old, killed) = (leader(&world).expect("waited for"), world.now);
    world.crash(old);
    let mut led = None;
    loop {
        world.run(world.now + 5, |_| {});
        let took = world.now - killed;
        let new = (0..n).find_map(|at| match &world.machines[at].role {
            Role::Leader { epoch } => Some(epoch),
            _ => None,
        });
        let Some(epoch) = new else { continue };
        led.get_or_insert(took);
        if (0..n).all(|at| at == old || world.machines[at].follows() == Some(epoch)) {
            return (led.unwrap_or(took), took);
        }
        assert!(took < 10_000, "seed {seed}, {n} machines: nobody leads all");
    }
}

fn leader(world: &World) -> Option<usize> {
    world.machines.iter().position(|machine| matches!(machine.role, Role::Leader { .. }))
}

/// p50, p99 and most.
fn spread(mut took: Vec<u64>) -> (u64, u64, u64) {
    took.sort_unstable();
    let at = |permille: usize| took[(took.len() - 1) * permille / 1000];
    (at(500), at(990), at(1000))
}

#[test]
fn a_leader_without_power_is_replaced_as_fast_as_was_promised() {
    let seeds = seeds::range(DEFAULT);
    let kills = (seeds.end - seeds.start).clamp(1, MOST);
    println!("{kills} losses each");
    println!("| n | | new leader, ms p50/p99/max | all follow, ms p50/p99/max |");
    for n in [2, 3, 5, 10] {
        for by_air in [false, true] {
            let (led, followed): (Vec<u64>, Vec<u64>) = (0..kills).map(|seed| kill(seed, n, by_air)).unzip();
            let (led, followed) = (spread(led), spread(followed));
            let way = if by_air { "Wi-Fi" } else { "wired" };
            println!("| {n} | {way} | {}/{}/{} | {}/{}/{} |", led.0, led.1, led.2, followed.0, followed.1, followed.2);
            let (p99, most) = if by_air { (2600, 4000) } else { (1500, 1700) };
            assert!(followed.1 <= p99 && followed.2 <= most, "{n} machines, {way}: {followed:?}");
        }
    }
}
