//! What does Docker tell by itself? Deaths and starts of our containers, and that it went away or came back.

use std::collections::BTreeSet;

use crate::edge::docker::{ContainerChange, DockerEvent};
use crate::model::deployment::Phase;
use crate::model::event::Event;
use crate::model::observed::{Fault, Trouble};

use super::Tools;

/// Follows Docker for as long as the loop listens.
pub(super) async fn follow(tools: Tools) {
    let mut events = tools.docker.events();
    let mut killed_for_memory = BTreeSet::new();
    while let Some(event) = events.recv().await {
        let told = match event {
            DockerEvent::Back => Event::DockerBack,
            DockerEvent::Unreachable { because } => Event::DockerLost { trouble: lost(because) },
            DockerEvent::Container(event) => {
                let Ok(replica) = event.labels.replica.parse() else { continue };
                match event.change {
                    ContainerChange::OutOfMemory => {
                        killed_for_memory.insert(event.id);
                        continue;
                    }
                    ContainerChange::Died { exit_code } => {
                        Event::ContainerDied { replica, exit: exit_code, oom: killed_for_memory.remove(&event.id) }
                    }
                    ContainerChange::Started => Event::ContainerRuns { replica },
                    ContainerChange::Removed => {
                        killed_for_memory.remove(&event.id);
                        continue;
                    }
                    ContainerChange::Stopped | ContainerChange::Paused | ContainerChange::Unpaused => continue,
                }
            }
        };
        if tools.inbox.send(told).await.is_err() {
            return;
        }
    }
}

fn lost(because: String) -> Trouble {
    Trouble {
        fault: Fault::World,
        phase: Phase::Starting,
        because,
        next: Some("Kraken goes on by itself once Docker answers.".to_owned()),
        log_tail: Vec::new(),
    }
}
