//! The histories, the mutants, and that a seed is a history.

use super::mutant::Mutant;
use super::verdict::history;
use super::world::Tally;
use crate::seeds;

/// How many seeds run when nobody says; `tests/all.sh` says 20,000, with an optimised build.
const DEFAULT: u64 = 300;
/// Within how many seeds each mutant must be noticed.
const BOUND: u64 = 2000;

#[test]
fn the_election_keeps_its_rules_in_all_weathers() {
    let range = seeds::range(DEFAULT);
    let (mut sum, mut tally, many) = (0_u64, Tally::default(), range.end - range.start);
    for seed in range {
        let world = history(seed, Mutant::None);
        if let Some(violation) = world.violation {
            panic!("seed {seed}: {violation}\nagain: KRAKEN_SIM_FROM={seed} KRAKEN_SIM_SEEDS=1");
        }
        sum = sum.rotate_left(5) ^ world.history;
        tally.events += world.tally.events;
        tally.takeovers += world.tally.takeovers;
        tally.excused += world.tally.excused;
    }
    println!(
        "{many} seeds, {} events, {} reigns, {} given out again by a restored disk, history {sum:016x}",
        tally.events, tally.takeovers, tally.excused
    );
}

#[test]
fn the_same_seed_is_the_same_history_in_every_process() {
    let sum = |from: u64| (from..from + 5).fold(0_u64, |sum, seed| sum.rotate_left(5) ^ history(seed, Mutant::None).history);
    assert_eq!(sum(0), sum(0));
    assert_ne!(sum(0), sum(5));
    assert_eq!(format!("{:016x}", sum(0)), "f280afee46743535");
}

#[test]
fn every_mutant_is_noticed() {
    for mutant in Mutant::ALL {
        let found = (0..BOUND).find_map(|seed| history(seed, mutant).violation.map(|violation| (seed, violation)));
        let (seed, violation) = found.unwrap_or_else(|| panic!("{mutant:?} was not noticed in {BOUND} seeds"));
        println!("{mutant:?}: seed {seed}, {violation}");
    }
}
