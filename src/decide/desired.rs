//! What shall each node run? From wishes and inventory to the replicas of every plan, each with its why.

use std::collections::BTreeMap;

use crate::model::deployment::Deployment;
use crate::model::document::{Version, VolumeState, Wanted};
use crate::model::id::{AppId, NodeId, ReplicaId, VolumeId};
use crate::model::manifest::{Manifest, Strategy};
use crate::model::plan::ReplicaOrder;
use crate::model::world::{App, World};

/// The replicas wanted on `node`, over all apps.
#[must_use]
pub fn replicas(world: &World, node: &NodeId) -> BTreeMap<ReplicaId, ReplicaOrder> {
    let mut wanted = BTreeMap::new();
    for (id, app) in world.apps.iter().filter(|(_, app)| app.wanted() == Wanted::On) {
        for (deployment, why) in deployments_in_force(world, node, app) {
            let Some(version) = world.version_of(deployment) else { continue };
            for index in 0..count(app, &version.manifest) {
                let order = ReplicaOrder {
                    app: id.clone(),
                    deployment: deployment.id,
                    version: version.id.clone(),
                    index,
                    alone: stops_first(&version.manifest),
                    why: why.clone(),
                };
                wanted.insert(ReplicaId::new(id, deployment.id, index), order);
            }
        }
    }
    wanted
}

/// The deployments whose replicas run now: the current one, and beside it the one under way. With stop-first the old one
/// makes room only when the new image is there, so that the gap is a stop and a start, never a build.
fn deployments_in_force<'a>(world: &'a World, node: &NodeId, app: &'a App) -> Vec<(&'a Deployment, String)> {
    let current =
        world.current(app).map(|current| (&**current, "the app is on, and this is the version people chose last".to_owned()));
    let open = world.open(app).filter(|open| open.version.is_some());
    let Some(open) = open else { return current.into_iter().collect() };
    let Some(version) = world.version_of(open) else { return current.into_iter().collect() };
    let has_image = world.inventories.get(node).is_some_and(|inventory| inventory.images.contains(&version.id));
    let next = (&**open, format!("v{} is being deployed", version.number));
    match current {
        None => vec![next],
        Some(current) if stops_first(&version.manifest) && has_image => {
            drop(current);
            vec![next]
        }
        Some(current) => vec![current, next],
    }
}

/// Whether the old replica must have stopped before the new one starts.
#[must_use]
pub fn stops_first(manifest: &Manifest) -> bool {
    manifest.deploy.strategy == Strategy::StopFirst || manifest.has_exclusive_volume()
}

/// How many replicas: what people set, else what the file says; one where a volume has one writer.
#[must_use]
pub fn count(app: &App, manifest: &Manifest) -> u32 {
    if manifest.has_exclusive_volume() {
        return 1;
    }
    app.scale.replicas.unwrap_or(manifest.scale.replicas).max(1)
}

/// Volumes of `node` that shall be deleted, each with its why: those given up, and those whose time in the trash is over.
#[must_use]
pub fn volumes_to_delete(world: &World, node: &NodeId) -> BTreeMap<VolumeId, String> {
    let on_node = world.volumes.values().filter(|volume| volume.home == *node);
    on_node
        .filter_map(|volume| match volume.state {
            VolumeState::Deleting => Some((volume.id.clone(), "deleted by a person".to_owned())),
            VolumeState::Trash { until, .. } if until <= world.wall => {
                Some((volume.id.clone(), "its days in the trash are over".to_owned()))
            }
            _ => None,
        })
        .collect()
}

/// The replicas `deployment` shall have.
#[must_use]
pub fn targets(app_id: &AppId, app: &App, deployment: &Deployment, version: &Version) -> Vec<ReplicaId> {
    (0..count(app, &version.manifest)).map(|index| ReplicaId::new(app_id, deployment.id, index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;
    use crate::model::command::Command;

    fn wanted(world: &World) -> Vec<String> {
        replicas(world, &world.me.node).into_values().map(|order| format!("{} {}", order.app, order.why)).collect()
    }

    #[test]
    fn nothing_is_wanted_of_an_app_that_is_off() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        assert_eq!(wanted(&world), ["web the app is on, and this is the version people chose last"]);
        sample::ask(&mut world, Command::TurnOff { app: sample::app() });
        assert!(wanted(&world).is_empty());
    }

    #[test]
    fn with_swap_the_old_version_serves_beside_the_new_one() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        sample::update_validated(&mut world, "web", "");
        assert_eq!(wanted(&world).len(), 2);
    }

    #[test]
    fn with_a_volume_the_old_one_makes_room_only_when_the_new_image_is_there() {
        let mut world = sample::world();
        let volume = "[[volume]]\nname = \"data\"\npath = \"/data\"\n";
        sample::deploy_done_with(&mut world, "web", volume);
        sample::update_validated(&mut world, "web", volume);
        assert_eq!(wanted(&world).len(), 2, "while it builds, the old one serves");
        sample::hold_all_images(&mut world);
        assert_eq!(wanted(&world), ["web v2 is being deployed"]);
    }

    #[test]
    fn people_set_the_number_of_replicas_and_an_exclusive_volume_keeps_it_at_one() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        sample::ask(&mut world, Command::SetScale { app: sample::app(), replicas: Some(3) });
        assert_eq!(wanted(&world).len(), 3);
    }
}
