//! What do these tests stand on? An ingress on loopback, apps that are a few lines each, and a visitor who sends bytes.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::edge::flow::Flow;
use crate::model::event::Event;
use crate::model::id::{AppId, ReplicaId};
use crate::model::route::{AppRoutes, RouteTable, Upstream};
use crate::web::host::OwnNames;
use crate::web::ingress::{Ingress, IngressSettings};

pub const SOON: Duration = Duration::from_secs(30);

pub fn app_id(text: &str) -> AppId {
    text.parse().unwrap()
}

pub fn replica_id(text: &str) -> ReplicaId {
    text.parse().unwrap()
}

/// An ingress and its table.
pub struct World {
    pub ingress: Ingress,
    pub flow: Flow,
    pub refused: mpsc::Receiver<Event>,
    pub shutdown: CancellationToken,
    pub table: RouteTable,
}

impl World {
    pub fn empty() -> Self {
        let (flow, shutdown) = (Flow::new(), CancellationToken::new());
        let (told, refused) = mpsc::channel(8);
        let known = OwnNames::new("pi4", &[], &[]);
        let settings = IngressSettings { bind: Ipv4Addr::LOCALHOST.into(), ports: vec![0], dashboard: 8000, known };
        let ingress = Ingress::start(settings, flow.clone(), told, shutdown.clone());
        Self { ingress, flow, refused, shutdown, table: RouteTable::default() }
    }

    /// An ingress with the app `web` at `addresses` (replicas web-0, web-1 …).
    pub fn with(addresses: &[SocketAddr]) -> Self {
        let mut world = Self::empty();
        world.route(addresses);
        world
    }

    pub fn route(&mut self, addresses: &[SocketAddr]) {
        let replicas: Vec<_> = addresses.iter().enumerate().map(|(i, address)| (format!("web-{i}"), *address)).collect();
        self.route_named(&replicas);
    }

    pub fn route_named(&mut self, replicas: &[(String, SocketAddr)]) {
        let upstream =
            |(name, address): &(String, SocketAddr)| Upstream { replica: replica_id(name), node: None, address: *address };
        let upstreams = replicas.iter().map(upstream).collect();
        let routes = AppRoutes { name: "Web <1>".to_owned(), port: 3000, upstreams, because: String::new(), sticky: false };
        self.table.apps.insert(app_id("web"), routes);
        self.apply();
    }

    pub fn web(&mut self) -> &mut AppRoutes {
        self.table.apps.get_mut(&app_id("web")).unwrap()
    }

    pub fn apply(&self) {
        self.ingress.apply(Arc::new(self.table.clone()));
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ingress.port().unwrap()).into()
    }

    pub async fn visitor(&self) -> Visitor {
        Visitor::at(self.address()).await
    }

    /// One request on a connection of its own.
    pub async fn ask(&self, request: &str) -> Answer {
        self.visitor().await.ask(request).await
    }

    pub async fn get(&self, host: &str, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await
    }
}

/// A port nobody listens on at the moment: each asks once, and the kernel gives none of this range to anybody by itself.
pub async fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let offset = u16::try_from(std::process::id() % 500).unwrap() * 16;
    loop {
        let port = 20_000 + (offset + NEXT.fetch_add(1, Ordering::SeqCst)) % 10_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
            return port;
        }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// A connection that reads messages; both visitors and apps are one.
pub struct Visitor {
    pub stream: TcpStream,
    pub rest: Vec<u8>,
}

impl Visitor {
    pub async fn at(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    pub fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, rest: Vec::new() }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    pub async fn ask(&mut self, request: &str) -> Answer {
        self.send(request).await;
        self.answer(request.starts_with("HEAD")).await
    }

    /// More bytes; `false` at the end.
    pub async fn more(&mut self) -> bool {
        let mut buffer = vec![0; 64 * 1024];
        let read =
            tokio::time::timeout(SOON * 10, self.stream.read(&mut buffer)).await.expect("the other side is stuck").unwrap_or(0);
        self.rest.extend(&buffer[..read]);
        read > 0
    }

    pub async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.rest.len() < count {
            assert!(
                self.more().await,
                "ended after {} of {count} bytes: {:?}",
                self.rest.len(),
                String::from_utf8_lossy(&self.rest)
            );
        }
        self.rest.drain(..count).collect()
    }

    pub async fn until(&mut self, end: &str) -> Option<String> {
        loop {
            if let Some(at) = self.rest.windows(end.len()).position(|window| window == end.as_bytes()) {
                return Some(String::from_utf8(self.rest.drain(..at + end.len()).collect()).unwrap());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The head of the next message, if one comes.
    pub async fn head(&mut self) -> Option<String> {
        self.until("\r\n\r\n").await
    }

    pub async fn answer(&mut self, bodyless: bool) -> Answer {
        let head = self.head().await.expect("an answer");
        let mut answer = Answer { head, body: Vec::new() };
        if !bodyless && !matches!(answer.status(), 101 | 204 | 304) {
            answer.body = self.body(&answer.head, true).await;
        }
        answer
    }

    /// The body that `head` announces.
    pub async fn body(&mut self, head: &str, to_end: bool) -> Vec<u8> {
        let head = head.to_ascii_lowercase();
        if head.contains("transfer-encoding: chunked") {
            return self.chunks().await;
        }
        if let Some((_, length)) = head.split_once("content-length: ") {
            return self.take(length.split("\r\n").next().unwrap().parse().unwrap()).await;
        }
        while to_end && self.more().await {}
        std::mem::take(&mut self.rest)
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = self.until("\r\n").await.expect("a chunk");
            match usize::from_str_radix(size.trim(), 16).unwrap() {
                0 => return body,
                size => body.extend(self.take(size).await),
            }
            self.until("\r\n").await.expect("the end of a chunk");
        }
    }

    /// Whether the other side closes without another byte.
    pub async fn is_closed(&mut self) -> bool {
        self.rest.is_empty() && !self.more().await
    }
}

/// An app: `serve` is called with each connection and its number from 0.
pub async fn app<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(Visitor, usize) -> F + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((stream, _)) = listener.accept().await else { return };
            tokio::spawn(serve(Visitor::over(stream), number));
        }
    });
    address
}

/// An app that answers every request with the head and body it got.
pub async fn echo() -> SocketAddr {
    app(|mut visitor, _| async move {
        while let Some(head) = visitor.head().await {
            let body = visitor.body(&head, false).await;
            let text = [head.as_bytes(), &body].concat();
            visitor.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len())).await;
            visitor.send(text).await;
        }
    })
    .await
}

/// An app that answers every request with `answer`.
pub async fn saying(answer: &'static str) -> SocketAddr {
    app(move |mut visitor, _| async move {
        while let Some(head) = visitor.head().await {
            visitor.body(&head, false).await;
            visitor.send(answer).await;
        }
    })
    .await
}

/// An address where every connection is refused.
pub async fn dead() -> SocketAddr {
    (IpAddr::from(Ipv4Addr::LOCALHOST), free_port().await).into()
}
