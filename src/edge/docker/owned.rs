//! May we change this? Every call that stops, changes or removes something goes through [`Docker::destroy`], which
//! looks at the object's labels first. What is not ours stays as it is.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{ContainerUpdateBody, RestartPolicy};
use bollard::query_parameters::{
    InspectContainerOptions, InspectNetworkOptions, RemoveContainerOptionsBuilder, RemoveImageOptionsBuilder,
    RemoveVolumeOptions, StopContainerOptionsBuilder,
};

use super::client::{Docker, QUICK, SLOW};
use super::container_body::Restart;
use super::error::{DockerError, Verb};
use super::reference::checked_name;
use crate::model::id::ImageId;

/// A change that cannot be taken back.
#[derive(Debug, Clone, Copy)]
pub(super) enum Destructive<'a> {
    StopContainer {
        name: &'a str,
        grace: Duration,
    },
    RemoveContainer {
        name: &'a str,
    },
    SetRestart {
        name: &'a str,
        restart: Restart,
    },
    RemoveNetwork {
        name: &'a str,
    },
    RemoveVolume {
        name: &'a str,
    },
    /// Takes one name off an image, and the image itself with its last name. `recorded`: the caller holds a record that
    /// Kraken pulled or built this very image, which then needs no label.
    RemoveImage {
        name: &'a str,
        id: &'a ImageId,
        recorded: bool,
    },
}

impl Destructive<'_> {
    fn target(&self) -> (&'static str, &str) {
        match self {
            Self::StopContainer { name, .. } | Self::RemoveContainer { name } | Self::SetRestart { name, .. } => {
                ("container", name)
            }
            Self::RemoveNetwork { name } => ("network", name),
            Self::RemoveVolume { name } => ("volume", name),
            Self::RemoveImage { name, .. } => ("image", name),
        }
    }

    fn verb(&self) -> Verb {
        match self {
            Self::StopContainer { .. } => Verb::StopContainer,
            Self::RemoveContainer { .. } => Verb::RemoveContainer,
            Self::SetRestart { .. } => Verb::UpdateContainer,
            Self::RemoveNetwork { .. } => Verb::RemoveNetwork,
            Self::RemoveVolume { .. } => Verb::RemoveVolume,
            Self::RemoveImage { .. } => Verb::RemoveImage,
        }
    }

    fn limit(&self) -> Duration {
        match self {
            Self::StopContainer { grace, .. } => *grace + SLOW,
            _ => SLOW,
        }
    }
}

impl Docker {
    /// Does `act` if its object is ours. `Ok(false)`: it is gone already, which is as good.
    ///
    /// # Errors
    /// [`DockerError::Foreign`] and nothing was done; or Docker's own.
    pub(super) async fn destroy(&self, act: Destructive<'_>) -> Result<bool, DockerError> {
        let (kind, name) = act.target();
        if kind != "image" {
            checked_name(kind, name)?;
        }
        match self.labels_of(act).await {
            Err(error) if error.is_not_found() => return Ok(false),
            Err(error) => return Err(error),
            Ok(None) => {}
            Ok(Some(labels)) if self.labels().own(&labels) => {}
            Ok(Some(labels)) if kind == "network" && self.labels().own_or_former(&labels) => {}
            Ok(Some(_)) => return Err(DockerError::Foreign { kind, name: name.to_owned() }),
        }
        match self.carry_out(act).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The object's labels; none for an image that a record vouches for.
    async fn labels_of(&self, act: Destructive<'_>) -> Result<Option<HashMap<String, String>>, DockerError> {
        let (_, name) = act.target();
        let labels = match act {
            Destructive::StopContainer { .. } | Destructive::RemoveContainer { .. } | Destructive::SetRestart { .. } => self
                .within(act.verb(), name, QUICK, |client| async move {
                    client.inspect_container(name, None::<InspectContainerOptions>).await
                })
                .await?
                .config
                .and_then(|config| config.labels),
            Destructive::RemoveNetwork { .. } => {
                self.within(act.verb(), name, QUICK, |client| async move {
                    client.inspect_network(name, None::<InspectNetworkOptions>).await
                })
                .await?
                .labels
            }
            Destructive::RemoveVolume { .. } => Some(
                self.within(act.verb(), name, QUICK, |client| async move { client.inspect_volume(name).await }).await?.labels,
            ),
            Destructive::RemoveImage { id, recorded, .. } => return self.labels_of_image(name, id, recorded).await,
        };
        Ok(Some(labels.unwrap_or_default()))
    }

    /// A name may have moved to another image since it was read, so the id is compared as well.
    async fn labels_of_image(
        &self,
        name: &str,
        id: &ImageId,
        recorded: bool,
    ) -> Result<Option<HashMap<String, String>>, DockerError> {
        let image = self.within(Verb::RemoveImage, name, QUICK, |client| async move { client.inspect_image(name).await }).await?;
        if image.id.as_deref() != Some(id.as_str()) {
            return Err(DockerError::Foreign { kind: "image", name: name.to_owned() });
        }
        let labels = image.config.and_then(|config| config.labels).unwrap_or_default();
        Ok((!recorded).then_some(labels))
    }

    async fn carry_out(&self, act: Destructive<'_>) -> Result<(), DockerError> {
        let (_, name) = act.target();
        self.within(act.verb(), name, act.limit(), |client| async move {
            match act {
                Destructive::StopContainer { grace, .. } => {
                    let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
                    client.stop_container(name, Some(StopContainerOptionsBuilder::new().t(seconds).build())).await
                }
                Destructive::RemoveContainer { .. } => {
                    // `v` takes only the anonymous volumes an image declared; named ones are ours to keep.
                    client.remove_container(name, Some(RemoveContainerOptionsBuilder::new().force(true).v(true).build())).await
                }
                Destructive::SetRestart { restart, .. } => {
                    let policy = RestartPolicy { name: Some(restart.policy()), maximum_retry_count: None };
                    client
                        .update_container(name, ContainerUpdateBody { restart_policy: Some(policy), ..Default::default() })
                        .await
                }
                Destructive::RemoveNetwork { .. } => client.remove_network(name).await,
                Destructive::RemoveVolume { .. } => client.remove_volume(name, None::<RemoveVolumeOptions>).await,
                Destructive::RemoveImage { .. } => {
                    // `noprune` keeps the layers below: they may be another person's build cache.
                    let options = RemoveImageOptionsBuilder::new().force(false).noprune(true).build();
                    client.remove_image(name, Some(options), None).await.map(|_| ())
                }
            }
        })
        .await
    }
}
