//! Which doubles stand in for the agent in the tests of the front door? A loop that records questions, and ports that answer from memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tower_service::Service as _;

use super::guard::identity::Peer;
use super::host::OwnNames;
use super::ports::*;
use super::serve::router;
use super::state::{Parts, Web, lock};
use super::view::{
    AppSeries, AuditEntry, BuildLine, BuildLog, BuildStream, Check, CommitView, Handshake, Joining, LogLine, LogPage,
    MachineFacts, Moment, StatsNow, Vitals,
};
use crate::edge::desk::Desk;
use crate::model::command::{Accepted, Command, Refusal, RefusalKind};
use crate::model::document::{Document, Sealed};
use crate::model::event::Event;
use crate::model::id::{AppId, DeploymentId};
use crate::model::record::{ObjectKey, Record};
use crate::model::source::{Reference, SourceUrl};
use crate::model::time::WallTime;
use crate::model::world::World;

/// A front door with doubles behind it.
pub struct House {
    /// The door.
    pub web: Web,
    /// Every route.
    pub router: Router,
    /// Publishes snapshots.
    pub world: watch::Sender<World>,
    /// What was asked: who, key, command.
    pub asked: Arc<Mutex<Vec<(String, String, Command)>>>,
    /// What was noted.
    pub deeds: Arc<Mutex<Vec<AuditEntry>>>,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap_or_default().replace("urn:kraken:problem:", "")
    }
}

/// The wall clock of the tests.
pub fn wall() -> WallTime {
    WallTime(1_795_251_855_042)
}

/// A house whose world is `world`. Questions are recorded; settings asked for are written into the next snapshot before the answer.
pub fn house(world: World) -> House {
    let (inbox, questions) = mpsc::channel(16);
    let desk = Desk::new(inbox);
    let (sender, receiver) = watch::channel(world);
    let asked = Arc::new(Mutex::new(Vec::new()));
    tokio::spawn(answer_all(questions, desk.clone(), sender.clone(), Arc::clone(&asked)));
    let deeds = Arc::new(Mutex::new(Vec::new()));
    let double = Arc::new(Double { deeds: Arc::clone(&deeds) });
    let ports = Ports {
        logs: double.clone(),
        build_logs: double.clone(),
        stats: double.clone(),
        sources: double.clone(),
        uploads: double.clone(),
        audit: double.clone(),
        seal: double.clone(),
        doctor: double.clone(),
        states: double.clone(),
        joins: double,
    };
    let own_names = OwnNames::new("nuc", &[], &[]);
    let web = Web::new(Parts { desk, world: receiver, ports, platform: "home".into(), own_names, wall });
    House { router: router(&web), web, world: sender, asked, deeds }
}

type Asked = Arc<Mutex<Vec<(String, String, Command)>>>;

async fn answer_all(mut questions: mpsc::Receiver<Event>, desk: Desk, world: watch::Sender<World>, asked: Asked) {
    while let Some(event) = questions.recv().await {
        let Event::Asked { request, by, key, command } = event else { continue };
        if let Command::Put { drafts } = &command {
            world.send_modify(|world| {
                let settings = Arc::make_mut(&mut world.settings);
                for draft in drafts {
                    let ObjectKey::Setting(name) = &draft.object else { continue };
                    match &draft.document {
                        Some(Document::Setting(setting)) => drop(settings.insert(name.clone(), setting.value.clone())),
                        _ => drop(settings.remove(name)),
                    }
                }
            });
        }
        let outcome = match &command {
            Command::TurnOn { app } if app.as_str() == "taken" => {
                Err(Refusal::new(RefusalKind::Conflict, "something is in the way", Some("Wait.".into())))
            }
            _ => Ok(Accepted { app: None, deployment: None, copies: 1, queued: None, says: "recorded".into() }),
        };
        lock(&asked).push((by, key, command));
        desk.answer(request, outcome);
    }
}

impl House {
    /// Sends a request from the network as it stands.
    pub async fn send(&self, peer: Peer, request: Request<Body>) -> Answer {
        let mut request = request;
        request.extensions_mut().insert(peer);
        let response = self.router.clone().call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8_lossy(&to_bytes(body, 1 << 24).await.unwrap()).into_owned();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// Asks as a page does, with `cookie`.
    pub async fn page(&self, method: Method, path: &str, cookie: Option<&str>, body: Option<Value>) -> Answer {
        self.send(phone(), page_request(method, path, cookie, body)).await
    }

    /// Asks over the local socket as root.
    pub async fn local(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = with_body(Request::builder().method(method).uri(path), body);
        self.send(Peer::Socket { user: "root".into(), owns_agent: true }, request).await
    }

    /// Sets the password through a one-time link; the cookie it gives.
    pub async fn sign_up(&self, password: &str) -> String {
        let link = self.local(Method::POST, "/api/v1/setup-link", Some(serde_json::json!({}))).await;
        let token = link.json()["path"].as_str().unwrap().replace("/#setup=", "");
        let set = self
            .page(Method::POST, "/api/v1/setup", None, Some(serde_json::json!({ "token": token, "password": password })))
            .await;
        assert_eq!(set.status, StatusCode::NO_CONTENT, "{}", set.text);
        cookie_of(&set)
    }
}

/// The cookie an answer sets.
pub fn cookie_of(answer: &Answer) -> String {
    answer.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned()
}

/// Somebody on the network.
pub fn phone() -> Peer {
    Peer::Tcp("192.0.2.9:50000".parse().unwrap())
}

/// A request as our own page sends it.
pub fn page_request(method: Method, path: &str, cookie: Option<&str>, body: Option<Value>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "nuc.local:8000");
    request = request.header(header::ORIGIN, "http://nuc.local:8000").header("x-kraken", "1");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    with_body(request, body)
}

fn with_body(request: axum::http::request::Builder, body: Option<Value>) -> Request<Body> {
    match body {
        Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap(),
        None => request.body(Body::empty()).unwrap(),
    }
}

struct Double {
    deeds: Arc<Mutex<Vec<AuditEntry>>>,
}

impl Logs for Double {
    fn page(&self, _: LogAsk) -> BoxFuture<'_, Result<LogPage, Trouble>> {
        async { Ok(LogPage { lines: vec![], cursor: None }) }.boxed()
    }
    fn follow(&self, _: &AppId, _: Option<String>) -> BoxStream<'static, LogLine> {
        stream::pending().boxed()
    }
}

impl BuildLogs for Double {
    fn read(&self, _: DeploymentId, from: u64, _: usize) -> BoxFuture<'_, Result<BuildLog, Trouble>> {
        async move { Ok(BuildLog { lines: vec![], next: from, ended: false }) }.boxed()
    }
    fn follow(&self, _: DeploymentId, from: u64) -> BoxStream<'static, BuildLine> {
        let line = |n| BuildLine { n, at: Moment(wall()), stream: BuildStream::Out, text: format!("line {n}") };
        stream::iter((from..3).map(line)).chain(stream::pending()).boxed()
    }
}

impl Stats for Double {
    fn now(&self) -> Arc<StatsNow> {
        Arc::default()
    }
    fn series(&self, _: &AppId) -> AppSeries {
        AppSeries::default()
    }
    fn vitals(&self) -> Option<Vitals> {
        None
    }
    fn machine(&self) -> Arc<MachineFacts> {
        Arc::new(MachineFacts { api_port: 8000, addresses: vec!["192.0.2.7".parse().unwrap()], ..MachineFacts::default() })
    }
}

/// The only repository there is.
pub const REPOSITORY: &str = "https://git.example/nils/shop";

impl Sources for Double {
    fn look(&self, at: LookAt, root: Option<String>) -> BoxFuture<'_, Result<Looked, Trouble>> {
        async move {
            if let LookAt::Git { pasted, .. } = &at
                && pasted.url.to_string() != REPOSITORY
            {
                let next = Some("Check the address.".into());
                return Err(Trouble {
                    slug: "source-not-found",
                    status: 422,
                    because: format!("{} does not exist.", pasted.url),
                    next,
                });
            }
            let manifest =
                "[app]\nname = \"shop\"\n[config]\nlang = \"node\"\nport = 3000\n[secrets]\nAPI_KEY = \"for the bank\"\n";
            Ok(Looked {
                branches: vec![],
                tags: vec![],
                default_branch: Some("main".into()),
                reference: Reference::branch("main"),
                root,
                commit: CommitView { id: "a".repeat(40), summary: None, author: None, at: None },
                file: Some(manifest.into()),
                facts: Default::default(),
                host_key: None,
            })
        }
        .boxed()
    }
    fn new_key(&self, _: &SourceUrl) -> Result<(String, Secret), Trouble> {
        Ok(("ssh-ed25519 AAAA test".into(), Secret("PRIVATE".into())))
    }
}

impl Uploads for Double {
    fn receive(&self, body: BoxStream<'static, std::io::Result<Bytes>>) -> BoxFuture<'_, Result<(String, u64), Trouble>> {
        async move {
            let bytes: u64 = body.fold(0, |sum, chunk| async move { sum + chunk.map_or(0, |chunk| chunk.len() as u64) }).await;
            Ok(("b".repeat(64), bytes))
        }
        .boxed()
    }
}

impl Audit for Double {
    fn append(&self, deed: Deed) -> BoxFuture<'_, AuditEntry> {
        let mut deeds = lock(&self.deeds);
        let Deed { who, verb, object, outcome, detail } = deed;
        let entry = AuditEntry { id: deeds.len().to_string(), at: Moment(wall()), who, verb, object, outcome, detail };
        deeds.push(entry.clone());
        async { entry }.boxed()
    }
    fn page(&self, _: usize, _: Option<String>) -> BoxFuture<'_, Result<Vec<AuditEntry>, Trouble>> {
        async { Ok(lock(&self.deeds).clone()) }.boxed()
    }
}

impl Seal for Double {
    fn seal(&self, _: &ObjectKey, plain: &str) -> Result<Sealed, Trouble> {
        Ok(Sealed { generation: 1, nonce: String::new(), ciphertext: format!("{} bytes", plain.len()), at: wall() })
    }
}

impl Doctor for Double {
    fn check(&self) -> BoxFuture<'_, Vec<Check>> {
        async { vec![] }.boxed()
    }
}

impl States for Double {
    fn export(
        &self,
        leaves: Arc<BTreeMap<ObjectKey, Vec<Arc<Record>>>>,
        _: Option<Secret>,
    ) -> BoxFuture<'_, Result<String, Trouble>> {
        async move { Ok(serde_json::json!({ "objects": leaves.len() }).to_string()) }.boxed()
    }
    fn check(&self, _: String, _: Option<Secret>) -> BoxFuture<'_, Result<BTreeMap<ObjectKey, Document>, Trouble>> {
        async { Ok(BTreeMap::new()) }.boxed()
    }
    fn keep(&self, _: &'static str, _: String) -> BoxFuture<'_, Result<(), Trouble>> {
        async { Ok(()) }.boxed()
    }
}

impl Joins for Double {
    fn joining(&self) -> Joining {
        Joining { can_join: true, reason: None, next: None, found: vec![], handshakes: vec![] }
    }
    fn begin(&self, _: JoinAsk) -> BoxFuture<'_, Result<Handshake, Trouble>> {
        async { Err(nobody()) }.boxed()
    }
    fn answer<'a>(&'a self, _: &'a str, _: bool, _: &'a str) -> BoxFuture<'a, Result<Handshake, Trouble>> {
        async { Err(nobody()) }.boxed()
    }
    fn new_invite(&self) -> Result<(Secret, String), Trouble> {
        Ok((Secret("TOKEN".into()), "c".repeat(64)))
    }
    fn reset_identity(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        async { Ok(()) }.boxed()
    }
}

fn nobody() -> Trouble {
    Trouble { slug: "nobody-found", status: 409, because: "Nobody was found.".into(), next: None }
}
