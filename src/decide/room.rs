//! How much memory is set aside on each machine, and for which app?

use std::collections::BTreeMap;

use crate::decide::{machine, placement};
use crate::model::id::{AppId, NodeId};
use crate::model::world::World;

/// Bytes set aside, by machine and app.
#[derive(Debug, Clone, Default)]
pub struct Room<'a> {
    apps: BTreeMap<&'a AppId, BTreeMap<&'a NodeId, u64>>,
    total: BTreeMap<&'a NodeId, u64>,
}

impl<'a> Room<'a> {
    /// As the machines tell. Of an app that is being updated, old and new copies count once: the old ones go.
    #[must_use]
    pub fn told(world: &'a World) -> Self {
        let mut room = Self::default();
        for (node, inventory) in world.inventories.iter() {
            let Some(memory) = machine::facts(world, node).map(|facts| facts.memory) else { continue };
            let mut counts: BTreeMap<_, BTreeMap<_, u64>> = BTreeMap::new();
            for report in inventory.replicas.values().filter(|report| !report.stage.is_leaving()) {
                let Some(version) = world.versions.get(&report.version) else { continue };
                let need = placement::need(&version.manifest, memory);
                *counts.entry(&report.app).or_default().entry(report.deployment).or_default() += need;
            }
            for (app, deployments) in counts {
                room.add(app, node, deployments.into_values().max().unwrap_or(0));
            }
        }
        room
    }

    /// Sets `bytes` more aside for `app`.
    pub fn add(&mut self, app: &'a AppId, node: &'a NodeId, bytes: u64) {
        *self.apps.entry(app).or_default().entry(node).or_default() += bytes;
        *self.total.entry(node).or_default() += bytes;
    }

    /// Nothing is set aside for `app` any more.
    pub fn clear(&mut self, app: &AppId) {
        for (node, bytes) in self.apps.remove(app).unwrap_or_default() {
            if let Some(total) = self.total.get_mut(node) {
                *total = total.saturating_sub(bytes);
            }
        }
    }

    /// Bytes set aside on `node`, not counting `app`.
    #[must_use]
    pub fn beside(&self, app: &AppId, node: &NodeId) -> u64 {
        let own = self.apps.get(app).and_then(|nodes| nodes.get(node)).copied().unwrap_or(0);
        self.total.get(node).copied().unwrap_or(0).saturating_sub(own)
    }
}

/// A size as people read it.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..=0x3fff_ffff => format!("{} MB", bytes >> 20),
        _ => match (bytes >> 30, ((bytes & 0x3fff_ffff) * 10) >> 30) {
            (whole, 0) => format!("{whole} GB"),
            (whole, tenth) => format!("{whole}.{tenth} GB"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;

    #[test]
    fn an_app_without_a_word_about_memory_sets_a_quarter_of_its_limit_aside() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        let room = Room::told(&world);
        assert_eq!(room.beside(&"other".parse().unwrap(), &sample::node()), 128 << 20);
        assert_eq!(room.beside(&sample::app(), &sample::node()), 0, "its own copies do not stand in its way");
    }

    #[test]
    fn what_is_cleared_is_free_again() {
        let mut world = sample::world();
        sample::deploy_done_with(&mut world, "web", "[resources]\nmemory = \"1GB\"\n");
        let (other, id) = ("other".parse().unwrap(), sample::app());
        let mut room = Room::told(&world);
        assert_eq!(room.beside(&other, &sample::node()), 1 << 30);
        room.clear(&id);
        assert_eq!(room.beside(&other, &sample::node()), 0);
    }

    #[test]
    fn sizes_read_like_this() {
        assert_eq!([size(512 << 20), size(4 << 30), size(3_400_000_000)], ["512 MB", "4 GB", "3.1 GB"]);
    }
}
