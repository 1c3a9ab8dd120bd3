//! Is an app reached through a machine on which it does not run? Two ingresses, with pipes of memory between them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::world::{SOON, Visitor, World, app, app_id, dead, echo, free_port, replica_id, saying};
use crate::model::id::NodeId;
use crate::model::route::Upstream;
use crate::web::ingress::far::{Pipe, Ways};

fn node(letter: &str) -> NodeId {
    letter.repeat(26).parse().unwrap()
}

/// The way to one other ingress.
struct Way(Arc<World>);

impl Ways for Way {
    fn dial<'a>(&'a self, to: &'a NodeId) -> BoxFuture<'a, io::Result<Box<dyn Pipe>>> {
        Box::pin(async move {
            if *to != node("b") {
                return Err(io::ErrorKind::HostUnreachable.into());
            }
            let (near, far) = duplex(64 * 1024);
            self.0.ingress.take(far);
            Ok(Box::new(near) as Box<dyn Pipe>)
        })
    }
}

fn on(to: &str, replica: &str, address: SocketAddr) -> Upstream {
    Upstream { replica: replica_id(replica), node: Some(node(to)), address }
}

/// A machine without the app, beside one where it answers at `address`.
fn beside(address: SocketAddr) -> (World, Arc<World>) {
    let there = Arc::new(World::with(&[address]));
    let mut here = World::with(&[]);
    here.web().upstreams = vec![on("b", "web-0", address)];
    here.apply();
    here.ingress.reach(Arc::new(Way(there.clone())));
    (here, there)
}

#[tokio::test]
async fn a_request_is_answered_by_the_machine_on_which_the_app_runs() {
    let (here, there) = beside(echo().await);
    let mut visitor = here.visitor().await;
    for _ in 0..2 {
        let answer = visitor.ask("POST /x HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 2\r\n\r\nhi").await;
        assert_eq!(answer.status(), 200);
        assert!(answer.text().starts_with("POST /x HTTP/1.1\r\n") && answer.text().ends_with("hi"), "{}", answer.text());
    }
    assert_eq!(here.flow.counts(&app_id("web")).last_hour, 2);
    drop(here);
    assert!(there.flow.drained(&replica_id("web-0"), SOON).await, "nothing is left in flight there");
}

#[tokio::test]
async fn a_websocket_passes_through_two_machines() {
    let address = app(|mut visitor, _| async move {
        visitor.head().await;
        visitor.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").await;
        let said = visitor.take(4).await;
        visitor.send(said).await;
    })
    .await;
    let (here, _there) = beside(address);
    let mut visitor = here.visitor().await;
    let answer =
        visitor.ask("GET /ws HTTP/1.1\r\nHost: web.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").await;
    assert_eq!(answer.status(), 101);
    visitor.send("ping").await;
    assert_eq!(visitor.take(4).await, b"ping");
}

#[tokio::test]
async fn a_relayed_port_is_open_on_every_machine() {
    let address = app(|mut visitor, _| async move {
        let said = visitor.take(3).await;
        visitor.send(said).await;
    })
    .await;
    let mut there = World::with(&[dead().await]);
    let (to, port) = (address.port(), free_port().await);
    there.table.relays.insert(free_port().await, (app_id("web"), to));
    there.apply();
    let mut here = World::with(&[]);
    here.web().upstreams = vec![on("b", "web-0", address)];
    here.table.relays.insert(port, (app_id("web"), to));
    here.apply();
    here.ingress.reach(Arc::new(Way(Arc::new(there))));
    let mut visitor = Visitor::at(([127, 0, 0, 1], port).into()).await;
    visitor.send("abc").await;
    assert_eq!(visitor.take(3).await, b"abc");
}

#[tokio::test]
async fn a_replica_on_this_machine_comes_first() {
    let (mut here, _there) = beside(saying("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nfar").await);
    let near = saying("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnear").await;
    let local = Upstream { replica: replica_id("web-1"), node: None, address: near };
    here.web().upstreams.push(local);
    here.apply();
    for _ in 0..4 {
        assert_eq!(here.get("web.localhost", "/").await.text(), "near");
    }
}

#[tokio::test]
async fn another_replica_answers_where_a_machine_cannot_be_reached_or_refuses() {
    let (mut here, there) = beside(saying("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nfar").await);
    let address = there.table.apps[&app_id("web")].upstreams[0].address;
    for lost in [on("c", "web-1", address), on("b", "web-2", address)] {
        here.web().upstreams = vec![lost, on("b", "web-0", address)];
        here.apply();
        for _ in 0..3 {
            assert_eq!(here.get("web.localhost", "/").await.text(), "far");
        }
    }
}

#[tokio::test]
async fn a_pipe_leads_only_to_a_replica_of_the_machine_that_takes_it_and_only_to_ports_of_its_app() {
    let address = echo().await;
    let (here, there) = beside(address);
    let asks = [
        (&here.ingress, format!("kraken-pipe/1 web-0 {}\n", address.port()), "it runs elsewhere: no second hop"),
        (&there.ingress, "kraken-pipe/1 web-9 3000\n".to_owned(), "there is no such replica"),
        (&there.ingress, "kraken-pipe/1 web-0 22\n".to_owned(), "no port of the app"),
    ];
    for (ingress, line, why) in asks {
        let (mut near, far) = duplex(1024);
        ingress.take(far);
        near.write_all(line.as_bytes()).await.unwrap();
        assert_eq!(near.read_u8().await.unwrap(), b'-', "{why}");
    }
}
