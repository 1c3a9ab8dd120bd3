//! How much room do volumes and images take? Looked at rarely: when there are others, or after ten minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::watch;

use crate::edge::docker::Docker;
use crate::model::id::{ImageId, VersionId, VolumeId};
use crate::model::world::World;

/// Files are counted at most this often while nothing is new.
const SELDOM: Duration = Duration::from_secs(600);
/// And this often when there is.
const SOONEST: Duration = Duration::from_secs(10);

/// What was weighed. An image never changes, so each is asked for once.
#[derive(Debug)]
pub(super) struct Sizes {
    prefix: String,
    images: BTreeMap<ImageId, u64>,
    of: Things,
}

/// What there is to weigh.
type Things = (BTreeSet<VersionId>, BTreeSet<VolumeId>);

impl Sizes {
    /// Of images whose names begin with `prefix`.
    pub(super) const fn new(prefix: String) -> Self {
        Self { prefix, images: BTreeMap::new(), of: (BTreeSet::new(), BTreeSet::new()) }
    }

    /// Bytes of each version's image and of each volume here; what Docker does not tell is left out.
    pub(super) async fn weigh(&mut self, docker: &Docker, world: &World) -> (BTreeMap<VersionId, u64>, BTreeMap<VolumeId, u64>) {
        self.of = things(world);
        (self.images(docker).await, volumes(docker).await)
    }

    async fn images(&mut self, docker: &Docker) -> BTreeMap<VersionId, u64> {
        let named = docker.images_named(&self.prefix).await.unwrap_or_default();
        self.images.retain(|image, _| named.iter().any(|(_, other)| other == image));
        let mut sizes = BTreeMap::new();
        for (name, image) in named {
            let Some(version) = version(&name) else { continue };
            let size = match self.images.get(&image) {
                Some(size) => *size,
                None => match docker.inspect_image(image.as_str()).await {
                    Ok(info) => info.size,
                    Err(_) => continue,
                },
            };
            self.images.insert(image, size);
            sizes.insert(version, size);
        }
        sizes
    }

    /// Waits until it is worth looking again; false when the world has ended.
    pub(super) async fn until_due(&self, world: &mut watch::Receiver<World>) -> bool {
        tokio::time::sleep(SOONEST).await;
        let others = world.wait_for(|world| things(world) != self.of);
        !matches!(tokio::time::timeout(SELDOM, others).await, Ok(Err(_)))
    }
}

/// `PREFIXweb:0123456789abcdef`
fn version(name: &str) -> Option<VersionId> {
    name.rsplit_once(':')?.1.parse().ok()
}

fn things(world: &World) -> Things {
    let images = world.my_inventory().map(|inventory| inventory.images.clone());
    (images.unwrap_or_default(), world.volumes.keys().cloned().collect())
}

async fn volumes(docker: &Docker) -> BTreeMap<VolumeId, u64> {
    let mut sizes = BTreeMap::new();
    for volume in docker.list_volumes().await.unwrap_or_default() {
        let Ok(id) = volume.name.parse::<VolumeId>() else { continue };
        if let Some(size) = volume.size().await {
            sizes.insert(id, size);
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_named_after_its_version() {
        assert_eq!(version("kraken-a-b/web:0123456789abcdef"), "0123456789abcdef".parse().ok());
        assert_eq!(version("kraken-a-b/web"), None);
        assert_eq!(version("localhost:5000/kraken"), None);
    }
}
