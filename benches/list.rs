//! How fast is the list of a thousand apps? The real server with its door and its routes, asked over a real connection by a
//! client with a token. Only what is behind the ports (Docker, Git) is silent: a list asks them nothing but the measurements.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures")]

mod silent;
mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use kraken::edge::clock;
use kraken::edge::desk::Desk;
use kraken::model::setting::{self, ApiToken, SETTING_FORMAT, Scope};
use kraken::model::world::World;
use kraken::web::host::OwnNames;
use kraken::web::view::{AppStats, StatsNow};
use kraken::web::{Listeners, Parts, Web};
use support::samples::{Samples, print_surroundings, verdict};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const APPS: u16 = 1000;
const REQUESTS: usize = 500;
const AT_ONCE: usize = 4;
const TARGET_MS: f64 = 20.0;
const TOKEN: &str = "kraken_benchmark";

type Client = SendRequest<Empty<bytes::Bytes>>;

fn main() {
    print_surroundings();
    let world = world();
    let server = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let address = server.block_on(open(world));
    // The client has a thread of its own, as it would have a process of its own.
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bytes = client.block_on(check(address));
    println!("{APPS} apps, {} kB of JSON, HTTP/1.1 with keep-alive on loopback", bytes / 1000);
    let single = client.block_on(ask(address, REQUESTS));
    let single = Samples::new(single);
    single.print("GET /api/v1/apps, one client");
    let several = client.block_on(async {
        let clients = (0..AT_ONCE).map(|_| ask(address, REQUESTS / AT_ONCE));
        futures_util::future::join_all(clients).await.into_iter().flatten().collect::<Vec<_>>()
    });
    Samples::new(several).print(&format!("GET /api/v1/apps, {AT_ONCE} clients at once"));
    verdict("list of 1000 apps, one client, p99", single.percentile(99), TARGET_MS, "ms");
}

/// The platform, and a token that may read.
fn world() -> World {
    let mut world = support::platform::platform(APPS, 3);
    let token = ApiToken { v: SETTING_FORMAT, name: "bench".into(), scopes: vec![Scope::Read], created_at: world.wall };
    let name = format!("{}{}", setting::TOKEN, setting::digest(TOKEN.as_bytes()));
    Arc::make_mut(&mut world.settings).insert(name, serde_json::to_value(token).unwrap());
    world
}

/// Opens the front door on a free port; it stays open until the process ends.
async fn open(world: World) -> SocketAddr {
    let used = AppStats { cpu_percent: 0.7, memory_bytes: 47 << 20, memory_limit: 512 << 20 };
    let inventory = world.my_inventory().unwrap();
    let stats = StatsNow {
        apps: world.apps.keys().map(|app| (app.clone(), used)).collect(),
        replicas: inventory.replicas.keys().map(|replica| (replica.clone(), used)).collect(),
        volumes: BTreeMap::new(),
        images: BTreeMap::new(),
    };
    // Nobody listens at the other end: a list asks the loop nothing.
    let (inbox, _) = mpsc::channel(1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let parts = Parts {
        desk: Desk::new(inbox),
        world: watch::channel(world).1,
        ports: silent::ports(stats),
        platform: "home".into(),
        own_names: OwnNames::default(),
        wall: clock::wall,
    };
    let listeners = Listeners { tcp: vec![listener], socket: None };
    tokio::spawn(kraken::web::serve(listeners, Web::new(parts), CancellationToken::new()));
    address
}

async fn connect(address: SocketAddr) -> Client {
    let (client, connection) = handshake(TokioIo::new(TcpStream::connect(address).await.unwrap())).await.unwrap();
    tokio::spawn(connection);
    client
}

/// One list, read to its last byte.
async fn list(client: &mut Client, address: SocketAddr) -> bytes::Bytes {
    let request = http::Request::get("/api/v1/apps")
        .header(http::header::HOST, address.to_string())
        .header(http::header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .body(Empty::new())
        .unwrap();
    client.ready().await.unwrap();
    let answer = client.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.into_body().collect().await.unwrap().to_bytes()
}

/// Makes sure that the answer is what is measured for; its size in bytes.
async fn check(address: SocketAddr) -> usize {
    let body = list(&mut connect(address).await, address).await;
    let apps: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let apps = apps.as_array().unwrap();
    assert_eq!(apps.len(), usize::from(APPS));
    assert!(apps.iter().all(|app| app["state"]["kind"] == "running"), "{}", apps[0]);
    body.len()
}

async fn ask(address: SocketAddr, requests: usize) -> Vec<Duration> {
    let mut client = connect(address).await;
    let mut took = Vec::with_capacity(requests);
    for _ in 0..requests {
        let began = Instant::now();
        let body = list(&mut client, address).await;
        took.push(began.elapsed());
        drop(body);
    }
    took
}
