//! What changed between two snapshots? Found by comparing pointers first: what did not change is shared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::id::{AppId, DeploymentId};
use crate::model::world::World;

/// What a page should look at again.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Apps that stand differently, or may.
    pub apps: BTreeSet<AppId>,
    /// Deployments that are further.
    pub deployments: BTreeSet<DeploymentId>,
    /// Something of the platform itself: role, members, Docker.
    pub platform: bool,
}

/// What changed from `old` to `new`.
#[must_use]
pub fn changes(old: &World, new: &World) -> Changes {
    let mut changes = Changes::default();
    if !Arc::ptr_eq(&old.apps, &new.apps) {
        changes.apps.extend(differing(&old.apps, &new.apps, Arc::ptr_eq).cloned());
    }
    if !Arc::ptr_eq(&old.deployments, &new.deployments) {
        let ids: Vec<DeploymentId> = differing(&old.deployments, &new.deployments, Arc::ptr_eq).copied().collect();
        for id in ids {
            let known = new.deployments.get(&id).or_else(|| old.deployments.get(&id));
            changes.apps.extend(known.map(|deployment| deployment.app.clone()));
            changes.deployments.insert(id);
        }
    }
    if !Arc::ptr_eq(&old.inventories, &new.inventories) {
        observed(old, new, &mut changes);
    }
    let same_part =
        old.role == new.role && Arc::ptr_eq(&old.members, &new.members) && Arc::ptr_eq(&old.node_wishes, &new.node_wishes);
    let same_standing =
        old.standing == new.standing && Arc::ptr_eq(&old.heard_since, &new.heard_since) && Arc::ptr_eq(&old.links, &new.links);
    changes.platform |= !(same_part && same_standing);
    changes
}

fn observed(old: &World, new: &World, changes: &mut Changes) {
    let none = Default::default();
    for node in differing(&old.inventories, &new.inventories, Arc::ptr_eq) {
        let before = old.inventories.get(node).map_or(&none, AsRef::as_ref);
        let after = new.inventories.get(node).map_or(&none, AsRef::as_ref);
        for replica in differing(&before.replicas, &after.replicas, PartialEq::eq) {
            let reports = [before.replicas.get(replica), after.replicas.get(replica)];
            for report in reports.into_iter().flatten() {
                changes.apps.insert(report.app.clone());
                changes.deployments.insert(report.deployment);
            }
        }
        changes.platform |= before.machine != after.machine;
        if before.docker_trouble != after.docker_trouble || before.surveyed != after.surveyed {
            changes.platform = true;
            changes.apps.extend(new.apps.keys().cloned());
        }
    }
}

/// Keys whose values differ, or that only one map has.
fn differing<'a, K: Ord, V>(
    old: &'a BTreeMap<K, V>,
    new: &'a BTreeMap<K, V>,
    same: impl Fn(&V, &V) -> bool + 'a,
) -> impl Iterator<Item = &'a K> {
    let changed =
        new.iter().filter(move |(key, value)| old.get(*key).is_none_or(|before| !same(before, value))).map(|(key, _)| key);
    let gone = old.keys().filter(|key| !new.contains_key(*key));
    changed.chain(gone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observed::Stage;
    use crate::web::view::sample;

    fn web() -> BTreeSet<AppId> {
        BTreeSet::from(["web".parse().unwrap()])
    }

    #[test]
    fn a_snapshot_does_not_differ_from_itself() {
        let (world, _) = sample::running();
        assert_eq!(changes(&world, &world.clone()), Changes::default());
    }

    #[test]
    fn a_step_of_a_deployment_concerns_it_and_its_app_only() {
        let (mut old, first) = sample::running();
        sample::app(&mut old, "other");
        let mut new = old.clone();
        sample::change(&mut new, first, |deployment| deployment.by = "token ci".into());
        let found = changes(&old, &new);
        assert_eq!((found.apps, found.deployments, found.platform), (web(), BTreeSet::from([first]), false));
    }

    #[test]
    fn what_a_copy_reports_concerns_its_app() {
        let (old, _) = sample::running();
        let mut new = old.clone();
        sample::inventory(&mut new).replicas.values_mut().for_each(|report| report.stage = Stage::Unhealthy);
        assert_eq!(changes(&old, &new).apps, web());
        let mut gone = old.clone();
        sample::inventory(&mut gone).replicas.clear();
        assert_eq!(changes(&old, &gone).apps, web());
    }

    #[test]
    fn docker_away_concerns_everybody() {
        let (old, _) = sample::running();
        let mut new = old.clone();
        sample::inventory(&mut new).surveyed = false;
        let found = changes(&old, &new);
        assert!(found.platform && found.apps == web());
    }

    #[test]
    fn a_machine_that_is_no_longer_heard_concerns_the_platform_and_no_app() {
        let (old, _) = sample::running();
        let mut new = old.clone();
        Arc::make_mut(&mut new.standing).why = "pi4 is not heard".into();
        let found = changes(&old, &new);
        assert!(found.platform && found.apps.is_empty());
    }

    #[test]
    fn a_new_app_and_a_gone_one_are_changes() {
        let old = sample::world();
        let (new, first) = sample::running();
        assert_eq!(changes(&old, &new).apps, web());
        assert_eq!(changes(&new, &old).apps, web());
        assert_eq!(changes(&old, &new).deployments, BTreeSet::from([first]));
    }
}
