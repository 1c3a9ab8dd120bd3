//! Do real connections get real answers? Over TCP and over the local socket.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::*;
use crate::web::double::house;
use crate::web::state::lock;
use crate::web::view::sample;

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, head: &str) -> String {
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

/// A running server with its house, its TCP address and its socket.
async fn running()
-> (crate::web::double::House, std::net::SocketAddr, tempfile::TempDir, CancellationToken, tokio::task::JoinHandle<()>) {
    let house = house(sample::running().0);
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let socket = UnixListener::bind(dir.path().join("api.sock")).unwrap();
    let shutdown = CancellationToken::new();
    let listeners = Listeners { tcp: vec![tcp], socket: Some(socket) };
    let server = tokio::spawn(serve(listeners, house.web.clone(), shutdown.clone()));
    (house, address, dir, shutdown, server)
}

#[tokio::test]
async fn the_network_needs_a_session_and_the_local_socket_none() {
    let (house, address, dir, shutdown, server) = running().await;
    let head = "GET /api/v1/apps HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    let stranger = ask(TcpStream::connect(address).await.unwrap(), head).await;
    assert!(stranger.starts_with("HTTP/1.1 401 "), "{stranger}");
    let socket = || UnixStream::connect(dir.path().join("api.sock"));
    let local = ask(socket().await.unwrap(), "GET /api/v1/apps HTTP/1.1\r\nHost: kraken\r\nConnection: close\r\n\r\n").await;
    assert!(local.starts_with("HTTP/1.1 200 ") && local.contains("http://web.localhost"), "{local}");
    let stop = "POST /api/v1/apps/web/stop HTTP/1.1\r\nHost: kraken\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    assert!(ask(socket().await.unwrap(), stop).await.starts_with("HTTP/1.1 202 "));
    assert!(lock(&house.asked)[0].0.starts_with("local "));
    shutdown.cancel();
    server.await.unwrap();
}

#[tokio::test]
async fn a_request_with_two_hosts_or_none_is_refused() {
    let (_house, address, _dir, shutdown, server) = running().await;
    for head in [
        "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: nuc\r\nHost: evil\r\nConnection: close\r\n\r\n",
    ] {
        let answer = ask(TcpStream::connect(address).await.unwrap(), head).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    shutdown.cancel();
    server.await.unwrap();
}

/// Reads from a stream of events until `wanted` was heard.
async fn hear(stream: &mut (impl AsyncRead + Unpin), heard: &mut String, wanted: &str) {
    let mut bytes = [0_u8; 4096];
    while !heard.contains(wanted) {
        let read = timeout(Duration::from_secs(20), stream.read(&mut bytes))
            .await
            .unwrap_or_else(|_| panic!("{wanted} in {heard}"))
            .unwrap();
        assert!(read > 0, "the stream ended before {wanted}: {heard}");
        heard.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
}

#[tokio::test]
async fn an_open_page_hears_what_changes_and_the_end_of_the_agent() {
    let (house, _, dir, shutdown, server) = running().await;
    let mut stream = UnixStream::connect(dir.path().join("api.sock")).await.unwrap();
    let build = *house.world.borrow().deployments.keys().next().unwrap();
    let head = format!("GET /api/v1/events?build={build} HTTP/1.1\r\nHost: kraken\r\nLast-Event-ID: build:0\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut heard = String::new();
    hear(&mut stream, &mut heard, "event: hello").await;
    hear(&mut stream, &mut heard, "line 2").await;
    assert!(heard.contains("id: build:2") && heard.contains("line 1") && !heard.contains("line 0"), "{heard}");
    house.world.send_modify(|world| crate::web::view::sample::want(world, "web", crate::model::document::Wanted::Off));
    hear(&mut stream, &mut heard, "\"kind\":\"stopping\"").await;
    house.world.send_modify(|world| Arc::make_mut(&mut world.apps).clear());
    hear(&mut stream, &mut heard, "event: gone").await;
    shutdown.cancel();
    timeout(Duration::from_secs(30), server).await.unwrap().unwrap();
}
