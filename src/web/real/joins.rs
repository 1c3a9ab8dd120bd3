//! How does this machine join others, and others join it?

use data_encoding::HEXLOWER;
use futures_util::future::BoxFuture;

use super::internal;
use crate::decide::join::eligible;
use crate::edge::work::Tools;
use crate::model::setting::digest;
use crate::web::ports::{JoinAsk, Joins, Secret, Trouble};
use crate::web::view::{Handshake, Joining};

/// Joining, on this node.
pub struct RealJoins(pub Tools);

impl Joins for RealJoins {
    fn joining(&self) -> Joining {
        let refusal = eligible::may_join(&self.0.world.borrow()).err();
        Joining {
            can_join: refusal.is_none(),
            reason: refusal.as_ref().map(|refusal| refusal.because.clone()),
            next: refusal.and_then(|refusal| refusal.next),
            found: Vec::new(),
            handshakes: Vec::new(),
        }
    }

    fn begin(&self, _: JoinAsk) -> BoxFuture<'_, Result<Handshake, Trouble>> {
        Box::pin(async { Err(no_link()) })
    }

    fn answer<'a>(&'a self, id: &'a str, _: bool, _: &'a str) -> BoxFuture<'a, Result<Handshake, Trouble>> {
        Box::pin(async move { Err(gone(id)) })
    }

    fn new_invite(&self) -> Result<(Secret, String), Trouble> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(internal)?;
        let token = format!("{}.{}", self.0.node, HEXLOWER.encode(&secret));
        Ok((Secret(token), digest(&secret)))
    }

    fn reset_identity(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        Box::pin(async { Err(no_link()) })
    }
}

fn no_link() -> Trouble {
    let next = Some("Update this machine to a Kraken that can.".to_owned());
    Trouble { slug: "no-link", status: 501, because: "This Kraken does not speak with other machines yet.".to_owned(), next }
}

fn gone(id: &str) -> Trouble {
    let shown: String = id.chars().take(40).collect();
    let next = Some("See what is under way with kraken nodes.".to_owned());
    Trouble { slug: "not-found", status: 404, because: format!("There is no handshake \"{shown}\"."), next }
}
