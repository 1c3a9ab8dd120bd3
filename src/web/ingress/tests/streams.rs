//! Do bytes flow at once, without end and without piling up?

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use super::world::{SOON, Visitor, World, app, app_id, echo, free_port, replica_id};

const BIG: usize = 200 << 20;
const HANDSHAKE: &str = "GET /ws HTTP/1.1\r\nHost: web.localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Memory this process has in RAM, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn great_bodies_wait_for_whoever_is_slow_and_need_little_memory() {
    for name in ["an_upload_waits_for_its_app", "a_download_waits_for_its_visitor"] {
        let name = format!("web::ingress::tests::streams::{name}_and_arrives_whole_in_little_memory");
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        let ended = alone.args([name.as_str(), "--exact", "--ignored", "--test-threads=1"]).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success() && said.contains("1 passed"), "{said}");
    }
}

#[tokio::test]
async fn an_event_stream_passes_event_by_event() {
    let go = Arc::new(Notify::new());
    let going = go.clone();
    let address = app(move |mut visitor, _| {
        let going = going.clone();
        async move {
            visitor.head().await;
            visitor.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n").await;
            going.notified().await;
            visitor.send("data: 2\n\n").await;
        }
    })
    .await;
    let world = World::with(&[address]);
    let mut visitor = world.visitor().await;
    visitor.send("GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n").await;
    assert!(visitor.until("data: 1\n\n").await.is_some(), "the second event is not even written yet");
    go.notify_one();
    assert!(visitor.until("data: 2\n\n").await.is_some());
}

#[tokio::test]
#[ignore = "run in a process of its own by the test below: it measures the memory of all of it"]
async fn an_upload_waits_for_its_app_and_arrives_whole_in_little_memory() {
    let (start, started) = oneshot::channel::<()>();
    let started = std::sync::Mutex::new(Some(started));
    let address = app(move |mut visitor, _| {
        let started = started.lock().unwrap().take();
        async move {
            let head = visitor.head().await.unwrap();
            assert!(head.contains(&format!("content-length: {BIG}\r\n")));
            started.unwrap().await.unwrap();
            let mut left = BIG - visitor.rest.len();
            let mut buffer = vec![0; 256 * 1024];
            while left > 0 {
                left -= visitor.stream.read(&mut buffer).await.unwrap();
            }
            visitor.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood").await;
        }
    })
    .await;
    let world = World::with(&[address]);
    let mut visitor = world.visitor().await;
    visitor.send(format!("POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: {BIG}\r\n\r\n")).await;
    let before = resident();
    let block = vec![7; 1 << 20];
    let mut sent = 0;
    // The app does not read: what the visitor can write is what lies in between.
    while let Ok(wrote) = timeout(Duration::from_millis(500), visitor.stream.write(&block)).await {
        sent += wrote.unwrap();
        assert!(sent < 64 << 20, "the ingress swallows what nobody reads");
    }
    start.send(()).unwrap();
    while sent < BIG {
        let take = block.len().min(BIG - sent);
        sent += visitor.stream.write(&block[..take]).await.unwrap();
    }
    assert_eq!(visitor.answer(false).await.text(), "good");
    assert!(resident() < before + (100 << 20), "{} then {}", before, resident());
    assert_eq!(world.flow.counts(&app_id("web")).bytes_in, BIG as u64);
}

#[tokio::test]
#[ignore = "run in a process of its own by the test below: it measures the memory of all of it"]
async fn a_download_waits_for_its_visitor_and_arrives_whole_in_little_memory() {
    let address = app(|mut visitor, _| async move {
        visitor.head().await;
        visitor.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {BIG}\r\n\r\n")).await;
        let block = vec![7; 1 << 20];
        for _ in 0..BIG / block.len() {
            visitor.send(&block).await;
        }
        visitor.head().await;
    })
    .await;
    let world = World::with(&[address]);
    let mut visitor = world.visitor().await;
    let before = resident();
    visitor.send("GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n").await;
    visitor.head().await.unwrap();
    let mut left = BIG - visitor.rest.len();
    let mut buffer = vec![0; 256 * 1024];
    while left > 0 {
        left -= visitor.stream.read(&mut buffer).await.unwrap();
    }
    assert!(resident() < before + (100 << 20), "{} then {}", before, resident());
}

async fn websocket_app() -> std::net::SocketAddr {
    use axum::extract::ws::{WebSocket, WebSocketUpgrade};
    async fn repeat(mut socket: WebSocket) {
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                return;
            }
        }
    }
    let route = axum::routing::any(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(repeat) });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().route("/ws", route);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A text frame as visitors send it (mask 0).
fn masked(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0];
    frame.extend(text.as_bytes());
    frame
}

#[tokio::test]
async fn a_websocket_passes_both_ways_and_counts_as_in_flight() {
    let world = World::with(&[websocket_app().await]);
    let mut visitor = world.visitor().await;
    let answer = visitor.ask(HANDSHAKE).await;
    assert_eq!((answer.status(), answer.header("upgrade")), (101, Some("websocket")));
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    for text in ["hello", "again"] {
        visitor.send(masked(text)).await;
        assert_eq!(visitor.take(7).await, [&[0x81, 5], text.as_bytes()].concat());
    }
    assert_eq!(world.flow.in_flight(&replica_id("web-0")), 1);
    drop(visitor);
    assert!(world.flow.drained(&replica_id("web-0"), SOON).await);
}

#[tokio::test]
async fn a_websocket_that_outlasts_the_drain_is_closed_with_1012() {
    let mut world = World::with(&[websocket_app().await]);
    let mut visitor = world.visitor().await;
    assert_eq!(visitor.ask(HANDSHAKE).await.status(), 101);
    visitor.send(masked("x")).await;
    visitor.take(3).await;
    world.route(&[]);
    let drained = tokio::spawn(world.flow.drained(&replica_id("web-0"), Duration::from_millis(1)));
    assert_eq!(visitor.take(4).await, [0x88, 2, 3, 0xf4]);
    drop(visitor);
    assert!(!drained.await.unwrap(), "it did outlast it");
}

#[tokio::test]
async fn a_switch_nobody_asked_for_is_refused() {
    let world =
        World::with(&[
            super::world::saying("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n").await
        ]);
    assert_eq!(world.get("web.localhost", "/").await.status(), 502);
}

#[tokio::test]
async fn a_refused_switch_is_a_plain_answer() {
    let world = World::with(&[echo().await]);
    let mut visitor = world.visitor().await;
    let answer = visitor.ask(HANDSHAKE).await;
    assert!(answer.status() == 200 && answer.text().contains("upgrade: websocket\r\n"), "{}", answer.text());
    assert_eq!(visitor.ask("GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n").await.status(), 200);
}

#[tokio::test]
async fn a_relay_passes_bytes_until_both_sides_have_ended() {
    let address = app(|mut visitor, _| async move {
        while visitor.more().await {}
        let mut text = std::mem::take(&mut visitor.rest);
        text.reverse();
        visitor.send(text).await;
    })
    .await;
    let mut world = World::with(&[super::world::dead().await]);
    let port = free_port().await;
    world.table.relays.insert(port, (app_id("web"), address.port()));
    world.apply();
    let mut visitor = Visitor::at(([127, 0, 0, 1], port).into()).await;
    visitor.send("desserts").await;
    visitor.stream.shutdown().await.unwrap();
    while visitor.more().await {}
    assert_eq!(visitor.rest, b"stressed");
    assert!(world.flow.drained(&replica_id("web-0"), SOON).await);
    let counts = world.flow.counts(&app_id("web"));
    assert_eq!((counts.last_hour, counts.bytes_in, counts.bytes_out), (1, 8, 8));
}

#[tokio::test]
async fn a_relay_without_replica_hangs_up() {
    let mut world = World::with(&[]);
    let port = free_port().await;
    world.table.relays.insert(port, (app_id("web"), 25));
    world.apply();
    assert!(Visitor::at(([127, 0, 0, 1], port).into()).await.is_closed().await);
}
