//! What of ours is in Docker? Containers by label, images by name, and the bridge they live on.

use crate::edge::docker::{ContainerState, DockerError, Observed};
use crate::model::deployment::Phase;
use crate::model::event::Event;
use crate::model::observed::{SeenContainer, Subnet};

use super::{Tools, images, trouble};

/// Looks, and tells what it saw.
pub(super) async fn survey(tools: &Tools) {
    let event = match look(tools).await {
        Ok(event) => event,
        Err(error) => Event::DockerLost { trouble: trouble::docker(Phase::Starting, &error) },
    };
    tools.tell(event).await;
}

async fn look(tools: &Tools) -> Result<Event, DockerError> {
    tools.docker.negotiate().await?;
    let wanted = tools.subnet.map(|subnet| crate::edge::docker::Subnet::around(subnet.base, subnet.prefix));
    let network = tools.docker.ensure_network(&network_name(tools), wanted).await?;
    let containers = tools.docker.list_ours().await?.iter().filter_map(container).collect();
    let images = images::held(tools).await?;
    let network = Subnet { base: network.subnet.base(), prefix: network.subnet.prefix(), gateway: network.gateway };
    Ok(Event::Surveyed { containers, images, network })
}

/// Removes what an agent that was killed left of its tests: containers of ours that are no replica. Once, before any
/// test of this agent's own runs.
pub(super) async fn sweep(tools: &Tools) {
    // Without Docker there is nothing to sweep; the survey tells why.
    let Ok(ours) = tools.docker.list_ours().await else { return };
    for left in ours.iter().filter(|seen| seen.labels.replica.is_empty()) {
        if let Err(error) = tools.docker.remove(&left.id).await {
            tracing::warn!(container = %left.name, because = %trouble::chain(&error), "a container of a broken-off test stays");
        }
    }
}

/// The bridge of this node.
pub(super) fn network_name(tools: &Tools) -> String {
    format!("kraken-{}", tools.node.short())
}

/// A container whose labels say what it is; a test run or another helper of ours has no such labels and is passed over.
fn container(seen: &Observed) -> Option<SeenContainer> {
    let app: crate::model::id::AppId = seen.labels.app.parse().ok()?;
    let deployment = seen.labels.deployment.parse().ok()?;
    Some(SeenContainer {
        container: seen.id.clone(),
        replica: seen.labels.replica.parse().ok()?,
        app,
        deployment,
        version: seen.labels.version.parse().ok()?,
        address: seen.address,
        running: matches!(seen.state, ContainerState::Running | ContainerState::Restarting),
        kept_up: seen.kept_up,
    })
}
