//! Does nobody notice when replicas, tables and ports change?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::world::{SOON, Visitor, World, app, app_id, echo, free_port, replica_id};

const GET: &str = "GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 5\r\n\r\nhello";

/// An app that answers once `go` is notified, and tells when it has a request.
async fn held(arrived: mpsc::Sender<()>, go: Arc<Notify>) -> std::net::SocketAddr {
    app(move |mut visitor, _| {
        let (arrived, go) = (arrived.clone(), go.clone());
        async move {
            while visitor.head().await.is_some() {
                arrived.send(()).await.unwrap();
                go.notified().await;
                visitor.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow").await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_replica_is_drained_only_after_its_slow_answer_and_gets_nothing_new() {
    let (arrived, mut arrivals) = mpsc::channel(1);
    let go = Arc::new(Notify::new());
    let mut world = World::with(&[held(arrived, go.clone()).await]);
    let mut slow = world.visitor().await;
    slow.send(GET).await;
    arrivals.recv().await.unwrap();
    world.route_named(&[("web-new".to_owned(), echo().await)]);
    let drained = tokio::spawn(world.flow.drained(&replica_id("web-0"), SOON));
    assert!(world.ask(GET).await.text().starts_with("GET / "), "the new replica answers");
    assert!(!drained.is_finished());
    go.notify_one();
    assert_eq!(slow.answer(false).await.text(), "slow");
    assert!(drained.await.unwrap());
}

/// An app whose connections are all cut when `stop` is cancelled, as when its container is killed.
async fn mortal(stop: CancellationToken) -> std::net::SocketAddr {
    app(move |mut visitor, _| {
        let stop = stop.clone();
        async move {
            let serving = async {
                while let Some(head) = visitor.head().await {
                    visitor.body(&head, false).await;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    visitor.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
                }
            };
            tokio::select! {
                () = serving => {}
                () = stop.cancelled() => {}
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swapping_replicas_under_load_fails_no_request_of_any_method() {
    let mut stop = CancellationToken::new();
    let mut world = World::empty();
    world.route_named(&[("web-0".to_owned(), mortal(stop.clone()).await)]);
    let (over, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let address = world.address();
    let client = |request: &'static str| {
        let (over, served) = (over.clone(), served.clone());
        tokio::spawn(async move {
            let mut visitor = Visitor::at(address).await;
            while !over.load(Ordering::SeqCst) {
                let answer = visitor.ask(request).await;
                assert_eq!(answer.status(), 200, "{request}: {}", answer.text());
                served.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    let clients: Vec<_> = [GET, POST, GET, POST, GET, POST].into_iter().map(client).collect();
    for swap in 0..30 {
        // Go on once the present replica has served some.
        let goal = served.load(Ordering::SeqCst) + 20;
        while served.load(Ordering::SeqCst) < goal && !clients.iter().any(tokio::task::JoinHandle::is_finished) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let next = CancellationToken::new();
        world.route_named(&[(format!("web-{}", swap + 1), mortal(next.clone()).await)]);
        assert!(world.flow.drained(&replica_id(&format!("web-{swap}")), SOON).await);
        stop.cancel();
        stop = next;
    }
    over.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    assert!(served.load(Ordering::SeqCst) >= 600);
}

#[tokio::test]
async fn a_removed_port_closes_and_its_answer_under_way_ends_well() {
    let (arrived, mut arrivals) = mpsc::channel(1);
    let go = Arc::new(Notify::new());
    let mut world = World::with(&[held(arrived, go.clone()).await]);
    let port = free_port().await;
    world.table.ports.insert(port, app_id("web"));
    world.apply();
    let mut visitor = Visitor::at(([127, 0, 0, 1], port).into()).await;
    visitor.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    arrivals.recv().await.unwrap();
    world.table.ports.clear();
    world.apply();
    go.notify_one();
    assert_eq!(visitor.answer(false).await.text(), "slow");
    assert!(visitor.is_closed().await);
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "the port is free again");
}

#[tokio::test]
async fn shutting_down_ends_answers_well_and_cuts_what_lasts_too_long() {
    let (arrived, mut arrivals) = mpsc::channel(2);
    let go = Arc::new(Notify::new());
    let world = World::with(&[held(arrived, go.clone()).await]);
    let (mut one, mut two) = (world.visitor().await, world.visitor().await);
    one.send(GET).await;
    arrivals.recv().await.unwrap();
    two.send(GET).await;
    arrivals.recv().await.unwrap();
    world.shutdown.cancel();
    go.notify_one();
    assert_eq!(one.answer(false).await.text(), "slow");
    assert!(one.is_closed().await);
    world.ingress.closed(Duration::from_millis(10)).await;
    assert!(two.is_closed().await);
    assert!(TcpStream::connect(world.address()).await.is_err());
}
