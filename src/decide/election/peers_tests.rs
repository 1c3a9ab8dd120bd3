//! Which heartbeats count, and when one id is two machines.

use super::*;
use crate::model::election::HEARTBEAT_FORMAT;

const SILENCE: Duration = Duration::from_millis(1250);

fn peer() -> NodeId {
    "p".repeat(26).parse().unwrap()
}

fn run(boot: u64) -> Incarnation {
    Incarnation { boot, random: boot * 31 }
}

fn at(ms: u64) -> Timestamp {
    Timestamp::new(Duration::from_millis(ms))
}

fn said(run: Incarnation, seq: u64) -> Arc<Heartbeat> {
    Arc::new(Heartbeat {
        v: HEARTBEAT_FORMAT,
        from: peer(),
        incarnation: run,
        seq,
        priority: 1,
        is_eligible: true,
        highest: None,
        follows: None,
        digest: 0,
        hears: Vec::new(),
        doubled: Vec::new(),
        wants: None,
        grant: None,
        claims: Vec::new(),
    })
}

struct Ear(Peers);

impl Ear {
    fn new() -> Self {
        let mut peers = Peers::default();
        peers.set(&[peer()].into());
        Self(peers)
    }

    /// This node's own heartbeats are one a millisecond; what is heard answers the last one.
    fn hear(&mut self, boot: u64, seq: u64, ms: u64) -> Verdict {
        self.hear_late(boot, seq, ms, ms)
    }

    /// The same, but said when heartbeat `answers` was the last.
    fn hear_late(&mut self, boot: u64, seq: u64, ms: u64, answers: u64) -> Verdict {
        self.0.take(&said(run(boot), seq), Some(answers), ms, at(ms))
    }

    fn names(&self, ms: u64) -> Vec<RunTag> {
        self.0.hears(at(ms), SILENCE).into_iter().map(|heard| heard.run).collect()
    }
}

#[test]
fn what_does_not_name_this_run_only_tells_a_run_to_try() {
    let mut ear = Ear::new();
    assert_eq!(ear.0.take(&said(run(4), 1), None, 0, at(0)), Verdict::Nothing);
    assert_eq!((ear.names(0), ear.0.direct(at(0), SILENCE).count()), (vec![RunTag::of(run(4))], 0));
    ear.0.take(&said(run(3), 1), None, 0, at(0));
    assert_eq!(ear.names(0), [RunTag::of(run(4)), RunTag::of(run(3))], "either may be the recording");
    assert_eq!(ear.hear(3, 2, 5), Verdict::Counts);
    assert_eq!(ear.names(5000), [RunTag::of(run(3))]);
}

#[test]
fn a_restored_node_that_counts_its_runs_from_lower_is_heard() {
    let mut ear = Ear::new();
    assert_eq!(ear.hear(9, 100, 0), Verdict::Counts);
    assert_eq!(ear.hear(2, 1, 5000), Verdict::Counts);
    assert_eq!(ear.names(5000), [RunTag::of(run(2))]);
}

#[test]
fn a_heartbeat_counts_once_whichever_run_it_is_of() {
    let mut ear = Ear::new();
    assert_eq!([ear.hear(1, 5, 0), ear.hear(1, 5, 1), ear.hear(1, 4, 2)], [Verdict::Counts, Verdict::Nothing, Verdict::Nothing]);
    for boot in 2..40 {
        assert_eq!(ear.hear(boot, 1, boot * 10_000), Verdict::Counts);
    }
    for boot in 1..40 {
        assert_eq!(ear.hear(boot, 1, 500_000), Verdict::Nothing, "a recording of run {boot}");
    }
    assert_eq!(ear.names(500_000), [RunTag::of(run(39))]);
}

#[test]
fn last_words_of_an_older_run_are_no_double() {
    let mut ear = Ear::new();
    ear.hear(1, 10, 0);
    ear.hear(2, 1, 300);
    for (seq, ms, answers) in [(11, 400, 290), (12, 1900, 299), (13, 9000, 300)] {
        assert_eq!(ear.hear_late(1, seq, ms, answers), Verdict::Straggler, "a word kept back for {ms} ms");
    }
    assert_eq!(ear.0.doubled(at(9000)), []);
}

#[test]
fn a_run_that_speaks_on_after_a_newer_one_makes_the_newer_one_stand_back() {
    let mut ear = Ear::new();
    ear.hear(1, 10, 0);
    ear.hear(2, 1, 300);
    assert_eq!(ear.hear_late(1, 11, 550, 250), Verdict::Straggler);
    assert_eq!(ear.names(600), [RunTag::of(run(2)), RunTag::of(run(1))], "in doubt both are named, so both hear us");
    assert_eq!(ear.hear_late(1, 21, 2650, 301), Verdict::Counts);
    assert_eq!(ear.hear(2, 9, 2700), Verdict::Nothing);
    assert_eq!((ear.0.doubled(at(2700)), ear.names(2700)), (vec![RunTag::of(run(2))], vec![RunTag::of(run(1))]));
    assert!(ear.0.is_doubled(&peer(), run(2)) && !ear.0.is_doubled(&peer(), run(1)));
    assert_eq!(ear.0.doubled(at(20_000)), [], "it is told as long as it is heard");
    assert_eq!(ear.hear(3, 1, 30_000), Verdict::Counts, "a new start gets a new chance");
}

#[test]
fn nobody_but_members_is_heard() {
    let mut ear = Ear::new();
    ear.0.set(&BTreeSet::new());
    assert_eq!(ear.hear(1, 1, 0), Verdict::Nothing);
}
