//! Who is a member now, and where? What the world knows is told to whoever accepts, dials and looks for addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;

use super::Links;
use super::members::keys_of;
use crate::model::world::World;

/// Keeps members and addresses of `links` as `world` has them, from now until the loop ends. `port` is where this node
/// listens: a node that does not tell its own is taken to listen there, too.
pub async fn follow_members(links: Links, mut world: watch::Receiver<World>, port: u16) {
    let mut before: Option<World> = None;
    loop {
        let now = world.borrow_and_update().clone();
        let is_new = |same: fn(&World, &World) -> bool| before.as_ref().is_none_or(|before| !same(before, &now));
        if is_new(|a, b| Arc::ptr_eq(&a.members, &b.members) && Arc::ptr_eq(&a.removed, &b.removed)) {
            links.members().replace(keys_of(&now));
            links.book().keep(&links.members().ids());
        }
        if is_new(|a, b| Arc::ptr_eq(&a.inventories, &b.inventories) && Arc::ptr_eq(&a.members, &b.members)) {
            suggest_told(&links, &now, port);
        }
        before = Some(now);
        if world.changed().await.is_err() {
            return;
        }
    }
}

/// The addresses that members tell about themselves.
fn suggest_told(links: &Links, world: &World, port: u16) {
    for (node, inventory) in world.inventories.iter().filter(|(node, _)| links.members().has(node)) {
        let Some(machine) = &inventory.machine else { continue };
        // The first one last: what is suggested last is tried first.
        for address in machine.addresses.iter().take(8).rev() {
            links.book().suggest(node, SocketAddr::new(*address, machine.link_port.unwrap_or(port)));
        }
    }
}
