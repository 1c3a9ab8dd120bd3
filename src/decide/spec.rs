//! What exactly is a replica's container? From its order and the records to all the edge needs.

use std::net::Ipv4Addr;

use crate::decide::recipe;
use crate::model::container::{BuildOrder, ContainerSpec, Hardening};
use crate::model::document::VolumeState;
use crate::model::id::{Epoch, ReplicaId, VolumeId};
use crate::model::manifest::{Lang, Manifest};
use crate::model::observed::Subnet;
use crate::model::plan::ReplicaOrder;
use crate::model::quantity::Bytes;
use crate::model::world::World;

/// The container of `order`, whose replica `has_served` or not. None while a record it needs has not arrived yet.
#[must_use]
pub fn container(
    world: &World,
    replica: &ReplicaId,
    order: &ReplicaOrder,
    epoch: &Epoch,
    address: Ipv4Addr,
    subnet: Subnet,
    has_served: bool,
) -> Option<ContainerSpec> {
    let version = world.versions.get(&order.version)?;
    let settings = world.deployments.get(&order.deployment)?.settings.as_ref()?;
    let manifest = &version.manifest;
    let mut env = settings.env.clone();
    env.insert("PORT".to_owned(), manifest.config.port.to_string());
    env.insert("KRAKEN_HOST".to_owned(), subnet.gateway.to_string());
    env.insert("KRAKEN_APP".to_owned(), order.app.to_string());
    env.insert("KRAKEN_VERSION".to_owned(), version.number.to_string());
    Some(ContainerSpec {
        replica: replica.clone(),
        app: order.app.clone(),
        deployment: order.deployment,
        version: order.version.clone(),
        epoch: epoch.clone(),
        command: recipe::recipe(manifest).command,
        env,
        secrets: settings.secrets.clone(),
        port: manifest.config.port,
        address,
        memory: manifest.resources.memory_on(Bytes(world.me.memory)).0,
        cpu_millis: manifest.resources.cpu.map(|cores| cores.0),
        hardening: hardening(manifest),
        volumes: volumes(world, order, manifest)?,
        health: manifest.health.clone(),
        keep_up: has_served,
    })
}

/// Our own dockerfiles step down to a user of the app's before they start; other images may have to do that themselves.
const fn hardening(manifest: &Manifest) -> Hardening {
    match manifest.config.lang {
        Lang::Node { .. } | Lang::Python3 { .. } | Lang::Static => Hardening::Strict,
        Lang::Custom | Lang::Image { .. } | Lang::Unknown => Hardening::Image,
    }
}

fn volumes(world: &World, order: &ReplicaOrder, manifest: &Manifest) -> Option<Vec<(VolumeId, String)>> {
    let kept = || world.volumes_of(&order.app).filter(|volume| volume.state == VolumeState::Kept);
    manifest
        .volumes
        .iter()
        .map(|wanted| kept().find(|volume| volume.name == wanted.name).map(|volume| (volume.id.clone(), wanted.path.clone())))
        .collect()
}

/// The build of `order`'s image.
#[must_use]
pub fn build(world: &World, order: &ReplicaOrder) -> Option<BuildOrder> {
    let version = world.versions.get(&order.version)?;
    Some(BuildOrder {
        version: order.version.clone(),
        app: order.app.clone(),
        deployment: order.deployment,
        memory: version.manifest.build.memory_on(Bytes(world.me.memory)).0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;

    const BRIDGE: Subnet = Subnet { base: Ipv4Addr::new(198, 18, 0, 0), prefix: 20, gateway: Ipv4Addr::new(198, 18, 0, 1) };

    fn spec(world: &World) -> ContainerSpec {
        let (replica, order) = sample::orders(world).pop_first().unwrap();
        let epoch = Epoch { counter: 1, node: world.me.node.clone() };
        container(world, &replica, &order, &epoch, Ipv4Addr::new(198, 18, 0, 2), BRIDGE, false).unwrap()
    }

    #[test]
    fn an_app_is_told_its_port_and_the_ingress() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        let spec = spec(&world);
        assert_eq!(spec.env["PORT"], "3000");
        assert_eq!(spec.env["KRAKEN_HOST"], "198.18.0.1");
        assert_eq!(spec.hardening, Hardening::Strict);
        assert_eq!(spec.command.as_deref().unwrap().last().unwrap(), "exec npm start");
    }

    #[test]
    fn a_volume_of_the_manifest_is_the_apps_kept_one() {
        let mut world = sample::world();
        sample::deploy_done_with(&mut world, "web", "[[volume]]\nname = \"data\"\npath = \"/data\"\n");
        let spec = spec(&world);
        assert_eq!(spec.volumes.len(), 1);
        assert_eq!(spec.volumes[0].1, "/data");
        assert!(spec.volumes[0].0.as_str().starts_with("kraken-01234567-web-data-"));
    }
}
