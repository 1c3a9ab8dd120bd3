//! What happens to our containers? A stream that survives restarts of Docker and says when it was blind.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptionsBuilder;
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::client::Docker;
use super::error::{DockerError, Verb};
use super::ids;
use super::labels::ReplicaLabels;
use crate::edge::clock;
use crate::model::id::ContainerId;

/// Events read ahead of the reader.
const AHEAD: usize = 256;
/// First and longest pause between attempts to reach Docker.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often a silent Docker is asked whether it still answers.
const CHECK_EVERY: Duration = Duration::from_secs(10);

/// What [`Docker::events`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DockerEvent {
    /// Something happened to a container of ours.
    Container(ContainerEvent),
    /// Docker stopped answering; events may be lost until [`DockerEvent::Back`]. Sent once.
    Unreachable {
        /// Why, and what to do.
        because: String,
    },
    /// Docker answers (again), and events flow from now on: list everything anew. Also sent first of all.
    Back,
}

/// Something that happened to one container of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerEvent {
    /// Which.
    pub id: ContainerId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub labels: ReplicaLabels,
    /// What happened.
    pub change: ContainerChange,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerChange {
    /// Its process runs.
    Started,
    /// Its process ended; Docker may start it again at once.
    Died {
        /// 137: killed.
        exit_code: i64,
    },
    /// It passed its memory limit.
    OutOfMemory,
    /// Somebody stopped it.
    Stopped,
    /// Frozen, its memory kept.
    Paused,
    /// And thawed.
    Unpaused,
    /// It is gone.
    Removed,
}

impl Docker {
    /// What happens to containers of ours, from now on. The stream never ends; dropping the receiver ends it.
    #[must_use]
    pub fn events(&self) -> mpsc::Receiver<DockerEvent> {
        let (events, reader) = mpsc::channel(AHEAD);
        let docker = self.clone();
        tokio::spawn(async move {
            tokio::select! { () = docker.watch(&events) => {}, () = events.closed() => {} }
        });
        reader
    }

    async fn watch(&self, events: &mpsc::Sender<DockerEvent>) {
        let mut pause = FIRST_PAUSE;
        let mut was_reachable = None;
        loop {
            let because = match self.ping().await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    was_reachable = Some(true);
                    self.follow_events(events).await
                }
                Err(error) => error,
            };
            // Another engine may answer next, in another API version.
            self.forget();
            if was_reachable != Some(false) {
                was_reachable = Some(false);
                let _ = events.send(DockerEvent::Unreachable { because: because.to_string() }).await;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Passes events on until Docker goes away; answers why.
    async fn follow_events(&self, events: &mpsc::Sender<DockerEvent>) -> DockerError {
        let client = match self.client().await {
            Ok(client) => client,
            Err(error) => return error,
        };
        let options =
            EventsOptionsBuilder::new().since(&just_now()).filters(&self.labels().filter([("type", &["container"])])).build();
        let mut stream = client.events(Some(options));
        // Docker replays what happened since `just_now`, so nothing falls between this and the caller's listing.
        let _ = events.send(DockerEvent::Back).await;
        loop {
            match tokio::time::timeout(CHECK_EVERY, stream.next()).await {
                Ok(Some(Ok(message))) => {
                    if let Some(event) = read(message) {
                        let _ = events.send(DockerEvent::Container(event)).await;
                    }
                }
                Ok(Some(Err(cause))) => return self.classify(Verb::Ask, "", cause),
                Ok(None) => return DockerError::Unreachable { socket: self.socket().to_owned(), source: None },
                Err(_) => {
                    if let Err(error) = self.ping().await {
                        return error;
                    }
                }
            }
        }
    }
}

/// A second ago on this machine's clock, which is also Docker's.
fn just_now() -> String {
    (clock::wall().0 / 1000).saturating_sub(1).to_string()
}

fn read(message: EventMessage) -> Option<ContainerEvent> {
    let actor = message.actor?;
    let attributes = actor.attributes.unwrap_or_default();
    Some(ContainerEvent {
        id: ids::container(&actor.id?)?,
        name: attributes.get("name").cloned().unwrap_or_default(),
        change: change(&message.action?, &attributes)?,
        labels: ReplicaLabels::read(&attributes),
    })
}

/// Of Docker's some thirty actions, the seven that matter to us.
fn change(action: &str, attributes: &HashMap<String, String>) -> Option<ContainerChange> {
    Some(match action {
        "start" => ContainerChange::Started,
        "die" => ContainerChange::Died { exit_code: attributes.get("exitCode").and_then(|code| code.parse().ok()).unwrap_or(-1) },
        "oom" => ContainerChange::OutOfMemory,
        "stop" => ContainerChange::Stopped,
        "pause" => ContainerChange::Paused,
        "unpause" => ContainerChange::Unpaused,
        "destroy" => ContainerChange::Removed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(action: &str) -> EventMessage {
        serde_json::from_value(serde_json::json!({
            "Type": "container", "Action": action, "time": 1,
            "Actor": {"ID": "a".repeat(64), "Attributes": {"exitCode": "137", "name": "kraken-web-1", "kraken.app": "web", "kraken.replica": "r1"}},
        }))
        .unwrap()
    }

    #[test]
    fn a_death_says_how_and_whose() {
        let event = read(message("die")).unwrap();
        assert_eq!(event.change, ContainerChange::Died { exit_code: 137 });
        assert_eq!(
            (event.name.as_str(), event.labels.app.as_str(), event.labels.replica.as_str()),
            ("kraken-web-1", "web", "r1")
        );
    }

    #[test]
    fn what_does_not_matter_is_passed_over() {
        for action in ["exec_create: sh", "attach", "top", "health_status: healthy", ""] {
            assert_eq!(read(message(action)), None, "{action}");
        }
        assert_eq!(read(EventMessage::default()), None);
    }

    #[tokio::test]
    async fn a_docker_that_is_away_is_reported_once() {
        let labels = super::super::Labels { platform: "home".into(), node: "n1".into() };
        let docker = Docker::connect(Some("/nonexistent/docker.sock"), labels).unwrap();
        let mut events = docker.events();
        assert!(matches!(events.recv().await, Some(DockerEvent::Unreachable { .. })));
        let more = tokio::time::timeout(Duration::from_secs(1), events.recv()).await;
        assert!(more.is_err(), "{more:?}");
    }
}
