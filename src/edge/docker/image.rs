//! What is in an image, and how does one get here? Inspect, pull, and the check that it runs on this machine.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::models::{CreateImageInfo, ImageInspect};
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::client::{Docker, QUICK};
use super::error::{DockerError, Verb};
use super::info::runs_on;
use super::{ids, reference};
use crate::model::id::ImageId;

/// A pull that reports nothing for this long is given up.
const PULL_SILENCE: Duration = Duration::from_secs(120);
/// And one that lasts this long altogether.
const PULL_LIMIT: Duration = Duration::from_secs(3600);

/// What an image says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageInfo {
    /// Docker's id of it.
    pub id: ImageId,
    /// In Docker's words: `amd64`, `arm64`, `arm`; empty when it does not say.
    pub architecture: String,
    /// Bytes, layers below included.
    pub size: u64,
    /// TCP ports of its `EXPOSE` lines, in order.
    pub exposed_ports: Vec<u16>,
    /// Empty means root.
    pub user: String,
    /// Its `LABEL` lines.
    pub labels: BTreeMap<String, String>,
    /// Its `ENTRYPOINT`.
    pub entrypoint: Vec<String>,
    /// Its `CMD`.
    pub command: Vec<String>,
    /// All names it has, such as `nginx:1.27`.
    pub tags: Vec<String>,
    /// Paths of its `VOLUME` lines.
    pub volumes: Vec<String>,
}

/// How far a pull is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullProgress {
    /// The layer, empty for what concerns the whole image.
    pub layer: String,
    /// Docker's word, such as `Downloading`.
    pub status: String,
    /// Bytes so far.
    pub current: u64,
    /// 0 when not known.
    pub total: u64,
}

/// A finished pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// What arrived.
    pub image: ImageInfo,
    /// This image was not on the machine before, so Kraken brought it, and may remove it again: record its id.
    pub absent_before: bool,
}

impl Docker {
    /// What `image` (a reference or an id) is.
    ///
    /// # Errors
    /// [`DockerError::NoSuchImage`] when it is not on this machine.
    pub async fn inspect_image(&self, image: &str) -> Result<ImageInfo, DockerError> {
        let name = checked_image(image)?;
        let found =
            self.within(Verb::InspectImage, image, QUICK, |client| async move { client.inspect_image(&name).await }).await?;
        read(found).ok_or_else(|| DockerError::NoSuchImage { image: image.to_owned() })
    }

    /// [`Self::inspect_image`], refusing an image that this machine cannot run.
    ///
    /// # Errors
    /// [`DockerError::WrongArchitecture`] beside those of the inspection.
    pub async fn runnable_image(&self, image: &str) -> Result<ImageInfo, DockerError> {
        let found = self.inspect_image(image).await?;
        let engine = self.architecture().await?;
        if runs_on(engine, &found.architecture) {
            return Ok(found);
        }
        Err(DockerError::WrongArchitecture { image: image.to_owned(), has: found.architecture, wants: engine.to_owned() })
    }

    /// Fetches `image` from its registry. Progress is dropped rather than awaited when nobody reads it.
    ///
    /// # Errors
    /// [`DockerError::NoSuchImage`], [`DockerError::RegistryUnreachable`], [`DockerError::DiskFull`], timed out.
    pub async fn pull(&self, image: &str, progress: &mpsc::Sender<PullProgress>) -> Result<Pulled, DockerError> {
        let wanted = reference::parse(image)?;
        let before = match self.inspect_image(image).await {
            Ok(found) => Some(found.id),
            Err(DockerError::NoSuchImage { .. }) => None,
            Err(error) => return Err(error),
        };
        let gave_up = || DockerError::TimedOut { verb: Verb::Pull, object: image.to_owned(), limit: PULL_LIMIT };
        tokio::time::timeout(PULL_LIMIT, self.follow_pull(image, &wanted, progress)).await.map_err(|_| gave_up())??;
        let found = self.runnable_image(image).await?;
        let absent_before = before.as_ref() != Some(&found.id);
        Ok(Pulled { image: found, absent_before })
    }

    async fn follow_pull(
        &self,
        image: &str,
        wanted: &reference::Reference,
        progress: &mpsc::Sender<PullProgress>,
    ) -> Result<(), DockerError> {
        let options = CreateImageOptionsBuilder::new().from_image(&wanted.name).tag(&wanted.tag).build();
        let client = self.client().await?;
        let mut steps = client.create_image(Some(options), None, None);
        loop {
            match tokio::time::timeout(PULL_SILENCE, steps.next()).await {
                Ok(Some(Ok(step))) => drop(progress.try_send(step_of(step))),
                Ok(Some(Err(cause))) => return Err(self.classify(Verb::Pull, image, cause)),
                Ok(None) => return Ok(()),
                Err(_) => return Err(DockerError::TimedOut { verb: Verb::Pull, object: image.to_owned(), limit: PULL_SILENCE }),
            }
        }
    }

    /// Gives the image `id` the further name `tag`, which must be free or already its own.
    ///
    /// # Errors
    /// [`DockerError::Foreign`] when another image has that name and is not ours.
    pub async fn tag(&self, id: &ImageId, tag: &str) -> Result<(), DockerError> {
        let name = reference::parse(tag)?;
        match self.inspect_image(tag).await {
            Ok(found) if found.id == *id => return Ok(()),
            Ok(found) if !self.labels().own(&found.labels.clone().into_iter().collect()) => {
                return Err(DockerError::Foreign { kind: "image", name: tag.to_owned() });
            }
            Ok(_) | Err(DockerError::NoSuchImage { .. }) => {}
            Err(error) => return Err(error),
        }
        let options = bollard::query_parameters::TagImageOptionsBuilder::new().repo(&name.name).tag(&name.tag).build();
        self.within(Verb::Build, tag, QUICK, |client| async move { client.tag_image(id.as_str(), Some(options)).await }).await
    }
}

/// A reference or an id, safe for a URL.
pub(super) fn checked_image(image: &str) -> Result<String, DockerError> {
    match ids::image(image) {
        Some(id) => Ok(id.into()),
        None => reference::parse(image).map(|parsed| parsed.full()),
    }
}

pub(super) fn read(found: ImageInspect) -> Option<ImageInfo> {
    let config = found.config.unwrap_or_default();
    let mut exposed_ports: Vec<u16> = config.exposed_ports.unwrap_or_default().iter().filter_map(|port| tcp_port(port)).collect();
    exposed_ports.sort_unstable();
    Some(ImageInfo {
        id: ids::image(&found.id?)?,
        architecture: found.architecture.unwrap_or_default(),
        size: found.size.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
        exposed_ports,
        user: config.user.unwrap_or_default(),
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        entrypoint: config.entrypoint.unwrap_or_default(),
        command: config.cmd.unwrap_or_default(),
        tags: found.repo_tags.unwrap_or_default(),
        volumes: config.volumes.unwrap_or_default(),
    })
}

/// `8080/tcp` or `8080`; UDP ports are not for HTTP.
fn tcp_port(text: &str) -> Option<u16> {
    text.strip_suffix("/tcp").unwrap_or(text).parse().ok()
}

fn step_of(step: CreateImageInfo) -> PullProgress {
    let detail = step.progress_detail.unwrap_or_default();
    let bytes = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
    PullProgress {
        layer: step.id.unwrap_or_default(),
        status: step.status.unwrap_or_default(),
        current: bytes(detail.current),
        total: bytes(detail.total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::ImageConfig;

    #[test]
    fn only_tcp_ports_are_offered_lowest_first() {
        let config =
            ImageConfig { exposed_ports: Some(vec!["8080/tcp".into(), "53/udp".into(), "80/tcp".into()]), ..Default::default() };
        let found = ImageInspect { id: Some(format!("sha256:{}", "a".repeat(64))), config: Some(config), ..Default::default() };
        assert_eq!(read(found).unwrap().exposed_ports, [80, 8080]);
    }

    #[test]
    fn an_answer_without_an_id_is_no_image() {
        assert_eq!(read(ImageInspect::default()), None);
    }

    #[test]
    fn ids_and_references_are_both_images() {
        let id = format!("sha256:{}", "0".repeat(64));
        assert_eq!(checked_image(&id).unwrap(), id);
        assert_eq!(checked_image("nginx").unwrap(), "nginx:latest");
        assert!(checked_image("../containers/x").is_err());
    }
}
