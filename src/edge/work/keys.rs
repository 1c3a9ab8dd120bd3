//! How are the platform's secrets renewed, given and taken? Off the loop, and told to it once they are on disk.

use std::sync::Arc;

use crate::edge::election::HeartbeatKeys;
use crate::edge::keyring::OpenKeyringError;
use crate::edge::keys::KeySafe;
use crate::model::command::Command;
use crate::model::event::Event;
use crate::model::frame::Frame;
use crate::model::id::NodeId;
use crate::model::keys::{KeyFacts, KeyOffer};

use super::{Tools, trouble};

/// Makes new ones.
pub(super) async fn renew(tools: &Tools, facts: KeyFacts) {
    tracing::info!(generation = facts.generation, "the platform gets new secrets, because a machine was removed");
    change(tools, move |keys| keys.renew(facts)).await;
}

/// Puts away what a member gave.
pub(super) async fn take(tools: &Tools, offer: Box<KeyOffer>) {
    tracing::info!(generation = offer.facts.generation, "the platform's new secrets arrived");
    change(tools, move |keys| keys.take(&offer)).await;
}

async fn change(tools: &Tools, work: impl FnOnce(&KeySafe) -> Result<KeyFacts, OpenKeyringError> + Send + 'static) {
    let keys = Arc::clone(&tools.keys);
    match tokio::task::spawn_blocking(move || work(&keys)).await {
        Ok(Ok(facts)) => {
            tools.elections.rekey(HeartbeatKeys::new(&tools.keys.now().platform_secrets()));
            tools.tell(Event::KeysChanged(Arc::new(facts))).await;
        }
        // It is asked for again in half a minute.
        Ok(Err(error)) => tracing::error!(because = %trouble::chain(&error), "the platform's new secrets could not be written"),
        Err(error) => tracing::error!(because = %error, "the platform's new secrets could not be made"),
    }
}

/// Gives them to a member.
pub(super) fn send(tools: &Tools, to: &NodeId) {
    tools.switchboard.send(to, Frame::Keys(Box::new(tools.keys.offer())));
}

/// Seals anew what can be read here, as often as there is something.
pub(super) async fn reseal(tools: &Tools) {
    loop {
        let (keys, world) = (Arc::clone(&tools.keys), tools.world());
        let Ok(values) = tokio::task::spawn_blocking(move || keys.resealed(&world)).await else { return };
        if values.is_empty() {
            return;
        }
        let count = values.len();
        let key = uuid::Uuid::new_v4().to_string();
        match tools.desk.ask("kraken", &key, Command::Reseal { values }).await {
            Ok(_) => tracing::info!(count, "values were sealed with the newest key"),
            Err(refusal) => {
                tracing::warn!(because = %refusal, "values stay sealed with an older key until the next start");
                return;
            }
        }
    }
}
