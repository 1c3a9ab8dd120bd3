//! What is this machine made of, and where is it reached? Told to the loop at the start, and again when something changed.

use std::collections::BTreeSet;
use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::addresses::addresses;
use super::link::Switchboard;
use crate::model::event::Event;
use crate::model::id::NodeId;
use crate::model::observed::{MachineFacts, Observation};

/// Between looks.
const LOOK: Duration = Duration::from_secs(2);

/// Watches over what can change: addresses, and the port of the ingress.
pub struct MachineWatch<I> {
    /// This node.
    pub node: NodeId,
    /// What is known without looking.
    pub facts: MachineFacts,
    /// The address its doors listen on; if it is one of its own, it is the only one that counts.
    pub bind: IpAddr,
    /// The port of its ingress.
    pub ingress_port: I,
    /// Dials anew when the addresses changed.
    pub switchboard: Switchboard,
}

impl<I: Fn() -> Option<u16>> MachineWatch<I> {
    /// Tells the loop, now and on each change, until `shutdown`.
    pub async fn run(mut self, inbox: mpsc::Sender<Event>, shutdown: CancellationToken) {
        let mut told = None;
        loop {
            self.look_for_addresses(told.is_some());
            self.facts.ingress_port = (self.ingress_port)();
            if told.as_ref() != Some(&self.facts) {
                told = Some(self.facts.clone());
                let observation = Observation::Machine(Box::new(self.facts.clone()));
                drop(inbox.send(Event::Observed { node: self.node.clone(), observation }).await);
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    fn look_for_addresses(&mut self, was_told: bool) {
        let found = if self.bind.is_unspecified() { first(addresses(), default_address()) } else { vec![self.bind] };
        if found != self.facts.addresses {
            if was_told {
                tracing::info!(before = ?self.facts.addresses, now = ?found, "this machine's addresses changed");
                self.switchboard.moved(found.iter().copied().collect::<BTreeSet<_>>());
            }
            self.facts.addresses = found;
        }
    }
}

/// The address that packets to the world would carry, if there is a default route; nothing is sent.
fn default_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // An address of documentation (RFC 5737): beyond every network there is.
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// `all` with `best` before the others, if it is one of them.
fn first(mut all: Vec<IpAddr>, best: Option<IpAddr>) -> Vec<IpAddr> {
    all.sort_by_key(|address| Some(*address) != best);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_default_route_comes_first_and_the_rest_stays_in_order() {
        let [a, b, c] = [1, 2, 3].map(|last| IpAddr::from([10, 0, 0, last]));
        assert_eq!(first(vec![a, b, c], Some(b)), [b, a, c]);
        assert_eq!(first(vec![a, b], None), [a, b]);
        assert_eq!(first(vec![a], Some(b)), [a]);
    }
}
