//! How does a replica come to run, and how does it end? Asking twice makes one container.

use std::time::Duration;

use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::{CreateContainerOptionsBuilder, InspectContainerOptions, StartContainerOptions};

use super::client::{Docker, QUICK, SLOW};
use super::container_body::{ContainerSpec, Restart};
use super::error::{DockerError, Verb};
use super::labels::label;
use super::owned::Destructive;
use super::{ids, reference::checked_name};
use crate::model::id::ContainerId;

/// A container that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Docker's id of it.
    pub id: ContainerId,
    /// It was there already, made from the same spec: by this agent before it was restarted.
    pub adopted: bool,
}

impl Docker {
    /// Makes and starts the container of `spec`; or adopts the one that has its name and was made from the same spec; or
    /// removes a half-made or outdated one of ours with that name and makes it anew. After a failed start nothing is left.
    ///
    /// # Errors
    /// [`DockerError::Foreign`] for somebody else's container of that name, [`DockerError::NoSuchImage`],
    /// [`DockerError::WrongArchitecture`], [`DockerError::CannotRun`], and the world's.
    pub async fn create_and_start(&self, spec: &ContainerSpec) -> Result<Started, DockerError> {
        checked_name("container", &spec.name)?;
        let (id, adopted) = match self.adopt(spec).await? {
            Some(id) => {
                self.set_restart(&id, spec.restart).await?;
                (id, true)
            }
            None => (self.create(spec).await?, false),
        };
        match self.start(id.as_str(), &spec.name).await {
            Ok(()) => Ok(Started { id, adopted }),
            Err(error) => {
                // A container that never started would block its name and its address.
                if let Err(left) = self.remove(&id).await {
                    tracing::warn!(container = %spec.name, because = %left, "a container that did not start is left behind");
                }
                Err(error)
            }
        }
    }

    /// Asks the container's process to end, kills it after `grace`. Gone already is fine; it is not started again by Docker.
    ///
    /// # Errors
    /// [`DockerError::Foreign`], or the world's.
    pub async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<(), DockerError> {
        self.destroy(Destructive::StopContainer { name: id.as_str(), grace }).await.map(|_| ())
    }

    /// Removes the container, killing it if it runs. Its named volumes stay. Gone already is fine.
    ///
    /// # Errors
    /// [`DockerError::Foreign`], or the world's.
    pub async fn remove(&self, id: &ContainerId) -> Result<(), DockerError> {
        self.destroy(Destructive::RemoveContainer { name: id.as_str() }).await.map(|_| ())
    }

    /// Changes what Docker does when the container ends.
    ///
    /// # Errors
    /// [`DockerError::Foreign`], or the world's.
    pub async fn set_restart(&self, id: &ContainerId, restart: Restart) -> Result<(), DockerError> {
        self.destroy(Destructive::SetRestart { name: id.as_str(), restart }).await.map(|_| ())
    }

    /// Starts a container of ours that exists and is stopped; running already is fine.
    ///
    /// # Errors
    /// [`DockerError::Foreign`], [`DockerError::NotFound`], [`DockerError::CannotRun`], or the world's.
    pub async fn start_again(&self, id: &ContainerId) -> Result<(), DockerError> {
        let found = self.inspect_raw(id.as_str()).await?;
        if !self.owns(&found) {
            return Err(DockerError::Foreign { kind: "container", name: id.to_string() });
        }
        self.start(id.as_str(), ids::short(id)).await
    }

    /// The container with the spec's name, if it was made from this very spec and can be started.
    async fn adopt(&self, spec: &ContainerSpec) -> Result<Option<ContainerId>, DockerError> {
        let found = match self.inspect_raw(&spec.name).await {
            Ok(found) => found,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        if !self.owns(&found) {
            return Err(DockerError::Foreign { kind: "container", name: spec.name.clone() });
        }
        let digest = found.config.as_ref().and_then(|config| config.labels.as_ref()?.get(label::SPEC));
        let is_dead = found.state.as_ref().is_some_and(|state| state.dead == Some(true));
        let id = found.id.as_deref().and_then(ids::container);
        match id {
            Some(id) if digest == Some(&spec.digest()) && !is_dead => Ok(Some(id)),
            _ => self.destroy(Destructive::RemoveContainer { name: &spec.name }).await.map(|_| None),
        }
    }

    pub(super) async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, DockerError> {
        let image = self.runnable_image(&spec.image).await?;
        let mut body = spec.body(self.labels());
        // The id, not the name: what was checked is what runs.
        body.image = Some(image.id.into());
        let options = CreateContainerOptionsBuilder::new().name(&spec.name).build();
        let made = self
            .within(Verb::CreateContainer, &spec.name, SLOW, |client| async move {
                client.create_container(Some(options), body).await
            })
            .await?;
        ids::container(&made.id).ok_or_else(|| DockerError::odd(Verb::CreateContainer, &spec.name, &made.id))
    }

    pub(super) async fn start(&self, id: &str, name: &str) -> Result<(), DockerError> {
        self.within(Verb::StartContainer, name, SLOW, |client| async move {
            client.start_container(id, None::<StartContainerOptions>).await
        })
        .await
    }

    pub(super) async fn inspect_raw(&self, name: &str) -> Result<ContainerInspectResponse, DockerError> {
        checked_name("container", name)?;
        self.within(Verb::InspectContainer, name, QUICK, |client| async move {
            client.inspect_container(name, None::<InspectContainerOptions>).await
        })
        .await
    }

    pub(super) fn owns(&self, found: &ContainerInspectResponse) -> bool {
        found.config.as_ref().and_then(|config| config.labels.as_ref()).is_some_and(|labels| self.labels().own(labels))
    }
}
