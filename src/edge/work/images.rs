//! Which images are ours? Those with a name of ours, and those we noted when we pulled or made them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::edge::docker::DockerError;
use crate::model::id::{ImageId, VersionId};
use crate::model::observed::SeenImage;

use super::Tools;

/// Images Kraken brought to this machine, with the names it gave them; kept in a file of the data directory.
#[derive(Debug)]
pub struct ImageLedger {
    path: PathBuf,
    noted: Mutex<BTreeMap<ImageId, BTreeSet<String>>>,
}

impl ImageLedger {
    /// The ledger in the data directory; one that cannot be read begins anew: an image too many is kept, none is lost.
    #[must_use]
    pub fn open(data: &Path) -> Self {
        let path = data.join("images.json");
        let noted = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { path, noted: Mutex::new(noted) }
    }

    /// Notes images as ours.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note(&self, images: impl IntoIterator<Item = (ImageId, Option<String>)>) -> io::Result<()> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        for (image, name) in images {
            noted.entry(image).or_default().extend(name);
        }
        self.write(&noted)
    }

    fn forget(&self, images: &[ImageId]) -> io::Result<()> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.retain(|image, _| !images.contains(image));
        self.write(&noted)
    }

    fn all(&self) -> BTreeMap<ImageId, BTreeSet<String>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, noted: &BTreeMap<ImageId, BTreeSet<String>>) -> io::Result<()> {
        let text = serde_json::to_vec(noted)?;
        let next = self.path.with_extension("next");
        std::fs::write(&next, text)?;
        std::fs::rename(next, &self.path)
    }
}

/// The versions whose image is here.
pub(super) async fn held(tools: &Tools) -> Result<Vec<SeenImage>, DockerError> {
    let prefix = tools.tag_prefix();
    let named = tools.docker.images_named(&prefix).await?;
    let version = |name: &String| name.rsplit_once(':').and_then(|(_, version)| version.parse().ok());
    Ok(named.into_iter().filter_map(|(name, image)| Some(SeenImage { version: version(&name)?, image })).collect())
}

/// Removes the images of all versions but `keep`, and what of ours is over its quota; answers the versions that are gone.
pub(super) async fn prune(tools: &Tools, keep: &BTreeSet<VersionId>) -> Result<Vec<VersionId>, DockerError> {
    let mut gone = Vec::new();
    let mut kept = BTreeSet::new();
    for (name, image) in tools.docker.images_named(&tools.tag_prefix()).await? {
        let version: Option<VersionId> = name.rsplit_once(':').and_then(|(_, version)| version.parse().ok());
        match version {
            Some(version) if !keep.contains(&version) => {
                tools.docker.remove_name(&name, &image).await?;
                gone.push(version);
            }
            _ => {
                kept.insert(image);
            }
        }
    }
    let freed = tools.docker.prune(&kept, &tools.images.all(), tools.image_quota).await?;
    if let Err(error) = tools.images.forget(&freed.removed) {
        tracing::warn!(because = %error, "the list of images could not be written");
    }
    tracing::info!(versions = gone.len(), images = freed.removed.len(), bytes = freed.bytes, "old images removed");
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_known_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let image: ImageId = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
        ImageLedger::open(dir.path()).note([(image.clone(), Some("nginx:1.27".to_owned()))]).unwrap();
        let again = ImageLedger::open(dir.path());
        assert_eq!(again.all()[&image], BTreeSet::from(["nginx:1.27".to_owned()]));
        again.forget(&[image]).unwrap();
        assert!(ImageLedger::open(dir.path()).all().is_empty());
    }

    #[test]
    fn a_broken_ledger_begins_anew_instead_of_stopping_the_agent() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("images.json"), "{").unwrap();
        assert!(ImageLedger::open(dir.path()).all().is_empty());
    }
}
