//! How does a change become a record? It gets its name, its parents and a stamp above theirs.

use std::sync::Arc;

use crate::decide::hlc;
use crate::model::event::Role;
use crate::model::record::{Draft, RECORD_FORMAT, Record, RevisionId};
use crate::model::world::World;

/// Turns `drafts` into records of this node, each above the leaves it replaces. Several drafts of one object: the last counts.
#[must_use]
pub fn stamp(world: &World, drafts: Vec<Draft>) -> Vec<Arc<Record>> {
    let epoch = match &world.role {
        Role::Leader { epoch } => Some(epoch.clone()),
        _ => None,
    };
    let mut latest = std::collections::BTreeMap::new();
    for draft in drafts {
        latest.insert(draft.object, draft.document);
    }
    let mut stamp = world.hlc;
    let mut seq = world.seq;
    latest
        .into_iter()
        .map(|(object, document)| {
            let parents = world.leaves.get(&object).map_or(&[][..], Vec::as_slice);
            stamp = hlc::next_above(stamp, parents.iter().map(|leaf| leaf.hlc), world.wall);
            seq += 1;
            Arc::new(Record {
                v: RECORD_FORMAT,
                revision: RevisionId { origin: world.me.origin.clone(), seq },
                parents: parents.iter().map(|leaf| leaf.revision.clone()).collect(),
                hlc: stamp,
                epoch: epoch.clone(),
                object,
                document,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::fold::fold_record;
    use crate::decide::sample;
    use crate::model::document::{AppScale, Document};
    use crate::model::time::WallTime;

    fn scale(replicas: u32) -> Draft {
        Draft {
            object: "app/web/scale".parse().unwrap(),
            document: Some(Document::AppScale(AppScale { replicas: Some(replicas) })),
        }
    }

    #[test]
    fn a_record_is_above_its_parents_even_when_the_clock_went_back() {
        let mut world = sample::world();
        world.wall = WallTime(2_000_000_000_000);
        let first = stamp(&world, vec![scale(1)]).remove(0);
        fold_record(&mut world, &first);
        world.wall = WallTime(0);
        let second = stamp(&world, vec![scale(2)]).remove(0);
        assert!(second.hlc > first.hlc);
        assert_eq!(second.parents, vec![first.revision.clone()]);
        assert_eq!(second.revision.seq, first.revision.seq + 1);
    }

    #[test]
    fn the_last_draft_of_an_object_counts() {
        let records = stamp(&sample::world(), vec![scale(1), scale(2)]);
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].document, scale(2).document);
    }
}
