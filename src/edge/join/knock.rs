//! Whom does a fresh machine ask by itself? A platform it finds on the network, so that both show a code within seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Joins, Neighbour, is_over};
use crate::edge::clock;
use crate::model::id::{NodeId, PlatformId};
use crate::model::time::Timestamp;

/// Between two looks around.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Of two fresh machines the one of the smaller id asks; the other one only if nothing came for so long.
const COURTESY: Duration = Duration::from_secs(6);
/// Before a platform is asked again that did not answer, or said no.
const AGAIN: Duration = Duration::from_secs(600);

/// Asks each platform that is found, as long as this machine may join one. Runs until it is dropped.
pub(super) async fn look_around(joins: Joins) {
    let mut met = BTreeMap::new();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if joins.barrier().is_some() {
            continue;
        }
        let me = joins.0.parts.world.borrow().me.node.clone();
        let open: Vec<NodeId> = joins.list().into_iter().filter(|seen| !is_over(&seen.state)).map(|seen| seen.peer).collect();
        let Some(neighbour) = next(&me, &joins.neighbours(), &open, &mut met, clock::now()) else { continue };
        for address in &neighbour.addresses {
            match joins.dial(*address, None, Some(neighbour.node.clone())).await {
                Ok(_) => break,
                Err(error) => tracing::debug!(%address, because = %error, "a platform that was found could not be asked"),
            }
        }
    }
}

/// When a platform was found, and asked last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    found: Timestamp,
    asked: Option<Timestamp>,
}

/// Whom to ask now; one machine of each platform, and none while a handshake is open.
pub(super) fn next(
    me: &NodeId,
    neighbours: &[Neighbour],
    open: &[NodeId],
    met: &mut BTreeMap<PlatformId, Met>,
    now: Timestamp,
) -> Option<Neighbour> {
    met.retain(|platform, _| neighbours.iter().any(|neighbour| neighbour.platform == *platform));
    for neighbour in neighbours {
        met.entry(neighbour.platform.clone()).or_insert(Met { found: now, asked: None });
    }
    if !open.is_empty() {
        return None;
    }
    let chosen = neighbours.iter().find(|neighbour| {
        let is_first = *me < neighbour.node;
        met.get(&neighbour.platform).is_some_and(|met| {
            let is_due = met.asked.is_none_or(|at| now.saturating_sub(at) >= AGAIN);
            is_due && (is_first || now.saturating_sub(met.found) >= COURTESY)
        })
    })?;
    if let Some(met) = met.get_mut(&chosen.platform) {
        met.asked = Some(now);
    }
    Some(chosen.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(letter: &str) -> NodeId {
        letter.repeat(26).parse().unwrap()
    }

    fn neighbour(letter: &str, platform: u8) -> Neighbour {
        Neighbour { node: id(letter), name: "x".into(), platform: format!("{platform:016x}").parse().unwrap(), addresses: vec![] }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    #[test]
    fn one_machine_of_each_platform_is_asked_and_again_only_after_ten_minutes() {
        let found = [neighbour("b", 1), neighbour("c", 1), neighbour("d", 2)];
        let mut met = BTreeMap::new();
        let mut ask = |seconds| next(&id("a"), &found, &[], &mut met, at(seconds)).map(|found| found.node);
        assert_eq!([0, 2, 4].map(&mut ask), [Some(id("b")), Some(id("d")), None]);
        assert_eq!(ask(601), Some(id("b")));
    }

    #[test]
    fn of_two_fresh_machines_the_smaller_asks_and_the_other_waits_for_it() {
        let (small, large) = ([neighbour("a", 1)], [neighbour("z", 2)]);
        assert!(next(&id("m"), &large, &[], &mut BTreeMap::new(), at(0)).is_some());
        let mut met = BTreeMap::new();
        assert!(next(&id("m"), &small, &[], &mut met, at(0)).is_none());
        assert!(next(&id("m"), &small, &[id("a")], &mut met, at(7)).is_none(), "a handshake is open");
        assert!(next(&id("m"), &small, &[], &mut met, at(7)).is_some());
    }
}
