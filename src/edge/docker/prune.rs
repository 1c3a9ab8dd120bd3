//! Which old images go? Those that are ours and that nobody needs, until what is left fits its quota.

use std::collections::{BTreeMap, BTreeSet};

use bollard::models::ImageSummary;
use bollard::query_parameters::{ListContainersOptionsBuilder, ListImagesOptionsBuilder};

use super::client::{Docker, SLOW};
use super::error::{DockerError, Verb};
use super::ids;
use super::owned::Destructive;
use crate::decide::prune::{Candidate, to_remove};
use crate::model::id::ImageId;

/// What a clean-up did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Freed {
    /// Bytes that belonged to the removed images alone.
    pub bytes: u64,
    /// What is gone.
    pub removed: Vec<ImageId>,
}

impl Docker {
    /// Removes images of ours, oldest first, until ours take at most `quota` bytes. Ours are the labelled ones, and those of
    /// `recorded`: ids that Kraken pulled (absent before) or built, with the names it gave them. Never removed: what is in
    /// `keep`, what a container uses (stopped or foreign, too), what another image is built on, and what has a name that
    /// is not ours.
    ///
    /// # Errors
    /// Docker's, from the listing; an image that could not be removed is left for the next time.
    pub async fn prune(
        &self,
        keep: &BTreeSet<ImageId>,
        recorded: &BTreeMap<ImageId, BTreeSet<String>>,
        quota: u64,
    ) -> Result<Freed, DockerError> {
        let images = self.all_images().await?;
        let used = self.images_in_use().await?;
        let candidates = images.iter().map(|image| self.candidate(image, recorded, &used)).collect::<Vec<_>>();
        let mut freed = Freed::default();
        for candidate in to_remove(&candidates, keep.iter().map(ImageId::as_str).collect(), quota) {
            let Some(id) = ids::image(&candidate.id) else { continue };
            match self.remove_image(&id, recorded.contains_key(&id)).await {
                Ok(()) => {
                    freed.bytes = freed.bytes.saturating_add(candidate.own_bytes);
                    freed.removed.push(id);
                }
                Err(error) => tracing::debug!(image = %id, because = %error, "an image is kept"),
            }
        }
        Ok(freed)
    }

    /// Removes one image of ours and all names it has; those were looked at by [`Self::candidate`].
    async fn remove_image(&self, id: &ImageId, recorded: bool) -> Result<(), DockerError> {
        let names = match self.inspect_image(id.as_str()).await {
            Ok(found) => found.tags,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        };
        if names.is_empty() {
            return self.destroy(Destructive::RemoveImage { name: id.as_str(), id, recorded }).await.map(|_| ());
        }
        for name in &names {
            self.destroy(Destructive::RemoveImage { name, id, recorded }).await?;
        }
        Ok(())
    }

    fn candidate(
        &self,
        image: &ImageSummary,
        recorded: &BTreeMap<ImageId, BTreeSet<String>>,
        used: &BTreeSet<String>,
    ) -> Candidate {
        let names = ids::image(&image.id).and_then(|id| recorded.get(&id));
        let has_label = self.labels().own(&image.labels);
        let is_ours_by_name =
            |tag: &String| tag == "<none>:<none>" || tag.starts_with("kraken/") || names.is_some_and(|names| names.contains(tag));
        Candidate {
            id: image.id.clone(),
            parent: image.parent_id.clone(),
            created: image.created,
            bytes: u64::try_from(image.size).unwrap_or(0),
            is_ours: (has_label || names.is_some()) && image.repo_tags.iter().all(is_ours_by_name),
            is_used: used.contains(&image.id),
            own_bytes: 0,
        }
    }

    /// Images of ours whose name begins with `prefix`: each name, and the image it names.
    ///
    /// # Errors
    /// Docker's.
    pub async fn images_named(&self, prefix: &str) -> Result<Vec<(String, ImageId)>, DockerError> {
        let images = self.all_images().await?;
        let named = |image: ImageSummary| {
            let id = ids::image(&image.id);
            let names = image.repo_tags.into_iter().filter(|name| name.starts_with(prefix)).collect::<Vec<_>>();
            names.into_iter().filter_map(move |name| Some((name, id.clone()?)))
        };
        Ok(images.into_iter().flat_map(named).collect())
    }

    /// Takes `name`, which Kraken gave, off `image`; without another name or a container the image goes with it.
    ///
    /// # Errors
    /// Docker's; gone already is fine.
    pub async fn remove_name(&self, name: &str, image: &ImageId) -> Result<(), DockerError> {
        self.destroy(Destructive::RemoveImage { name, id: image, recorded: true }).await.map(|_| ())
    }

    async fn all_images(&self) -> Result<Vec<ImageSummary>, DockerError> {
        let options = ListImagesOptionsBuilder::new().all(true).build();
        self.within(Verb::List, "images", SLOW, |client| async move { client.list_images(Some(options)).await }).await
    }

    async fn images_in_use(&self) -> Result<BTreeSet<String>, DockerError> {
        let options = ListContainersOptionsBuilder::new().all(true).build();
        let containers = self
            .within(Verb::List, "containers", SLOW, |client| async move { client.list_containers(Some(options)).await })
            .await?;
        Ok(containers.into_iter().filter_map(|container| container.image_id).collect())
    }
}
