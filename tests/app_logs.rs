//! Does an app's log arrive once and whole, whatever breaks off? Two copies of it write in the real Docker.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use kraken::model::document::{AppSource, AppWanted, Source, Wanted};
use kraken::model::id::{AppId, ContainerId, DeploymentId, NodeId, ReplicaId};
use kraken::model::observed::{ReplicaReport, Stage};
use kraken::model::record::Origin;
use kraken::model::source::Reference;
use kraken::model::time::WallTime;
use kraken::model::world::{App, Me, World};
use kraken::web::ports::{LogAsk, Logs};
use kraken::web::real::logs::RealLogs;
use kraken::web::view::{Level, LogLine};
use support::docker::Corner;
use tokio::sync::watch;

/// Writes 0 to 299 with pauses, so that a reader is there while it writes.
const COUNT: &str = "i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); [ $((i % 50)) = 0 ] && sleep 0.3; done; true";

fn web() -> AppId {
    "web".parse().unwrap()
}

fn world() -> World {
    let node: NodeId = "a".repeat(26).parse().unwrap();
    let mut world = World::new(Me {
        node: node.clone(),
        name: "nuc".into(),
        key: "key".into(),
        platform: "0123456789abcdef".parse().unwrap(),
        incarnation: Default::default(),
        origin: Origin { node, store: "0123456789abcdef".parse().unwrap() },
        arch: "amd64".into(),
        memory: 8 << 30,
        labels: Default::default(),
        reserved_ports: Default::default(),
        subnet: None,
    });
    let source =
        Source::Git { url: "https://git.example/a/web".parse().unwrap(), reference: Reference::branch("main"), root: None };
    let app = App {
        source: Some(AppSource { name: "web".into(), source, manifest: None, created_at: WallTime(1) }),
        wanted: Some(AppWanted { state: Wanted::On, by: "test".into(), at: WallTime(1) }),
        ..App::default()
    };
    Arc::make_mut(&mut world.apps).insert(web(), Arc::new(app));
    world
}

/// The replica `index` runs in `container`.
fn place(world: &mut World, index: u32, container: &ContainerId) -> ReplicaId {
    let deployment = DeploymentId::new(&web(), "k");
    let replica = ReplicaId::new(&web(), deployment, index);
    let report = ReplicaReport {
        app: web(),
        deployment,
        version: "0000000000000001".parse().unwrap(),
        stage: Stage::Serving,
        since: WallTime(1),
        why: String::new(),
        placed: String::new(),
        address: None,
        container: Some(container.clone()),
        restarts: 0,
    };
    let me = world.me.node.clone();
    let inventory = Arc::make_mut(&mut world.inventories).entry(me).or_default();
    Arc::make_mut(inventory).replicas.insert(replica.clone(), report);
    replica
}

async fn start(corner: &Corner, name: &str, script: &str) -> ContainerId {
    corner.docker.create_and_start(&corner.spec(name, script)).await.unwrap().id
}

fn ask(tail: usize, after: Option<String>) -> LogAsk {
    LogAsk { app: web(), tail, after, level: None, text: None }
}

/// What each replica wrote, in the order it arrived.
fn by_replica(lines: &[LogLine]) -> BTreeMap<ReplicaId, Vec<String>> {
    let mut texts: BTreeMap<ReplicaId, Vec<String>> = BTreeMap::new();
    lines.iter().for_each(|line| texts.entry(line.replica.clone()).or_default().push(line.text.clone()));
    texts
}

fn counted() -> Vec<String> {
    (0..300).map(|n| n.to_string()).collect()
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("it comes within a minute")
}

#[tokio::test]
async fn pages_of_two_copies_follow_each_other_without_a_line_lost_or_doubled() {
    let corner = Corner::with_network("applog", 60).await;
    let mut world = world();
    let (one, two) =
        (place(&mut world, 0, &start(&corner, "one", COUNT).await), place(&mut world, 1, &start(&corner, "two", COUNT).await));
    let (_keep, world) = watch::channel(world);
    let logs = RealLogs::new(corner.docker.clone(), world);
    let (mut all, mut after) = (Vec::new(), None);
    let reading = async {
        while all.len() < 600 {
            let page = logs.page(ask(5000, after.take())).await.unwrap();
            all.extend(page.lines);
            after = page.cursor;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(reading).await;
    assert_eq!(by_replica(&all), BTreeMap::from([(one, counted()), (two, counted())]));
    assert_eq!(logs.page(ask(5000, after)).await.unwrap().lines, []);
    let newest = logs.page(ask(10, None)).await.unwrap();
    assert_eq!(newest.lines.len(), 10);
    assert!(newest.lines.is_sorted_by_key(|line| line.at.clone()), "{newest:?}");
    // From a line in the middle, the rest of both copies comes.
    let rest = logs.page(ask(5000, Some(newest.lines[3].cursor.clone()))).await.unwrap();
    assert_eq!(
        rest.lines.iter().map(|line| &line.at).collect::<Vec<_>>(),
        newest.lines[4..].iter().map(|line| &line.at).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_page_that_loses_its_stream_again_and_again_misses_nothing_and_hears_of_new_copies_until_the_app_is_gone() {
    let corner = Corner::with_network("appfollow", 61).await;
    let mut first = world();
    let (one, two) =
        (place(&mut first, 0, &start(&corner, "one", COUNT).await), place(&mut first, 1, &start(&corner, "two", COUNT).await));
    let (news, world) = watch::channel(first);
    let logs = RealLogs::new(corner.docker.clone(), world);
    let page = logs.page(ask(5000, None)).await.unwrap();
    let (mut all, mut after) = (page.lines, page.cursor);
    while all.len() < 600 {
        // At most so many, then the connection is gone.
        let most = 97.min(600 - all.len());
        let lines: Vec<LogLine> = soon(logs.follow(&web(), after.take()).take(most).collect()).await;
        after = lines.last().map(|line| line.cursor.clone());
        all.extend(lines);
    }
    assert_eq!(by_replica(&all), BTreeMap::from([(one, counted()), (two, counted())]));

    let mut stream = logs.follow(&web(), after);
    let third = start(&corner, "three", "echo hello; echo 'ERROR: no'; true").await;
    news.send_modify(|world| drop(place(world, 2, &third)));
    let heard = [soon(stream.next()).await.unwrap(), soon(stream.next()).await.unwrap()];
    assert_eq!(
        heard.each_ref().map(|line| (line.text.as_str(), line.level)),
        [("hello", None), ("ERROR: no", Some(Level::Error))]
    );
    news.send_modify(|world| {
        Arc::make_mut(&mut world.apps).clear();
        Arc::make_mut(&mut world.inventories).clear();
    });
    assert_eq!(soon(stream.next()).await, None);
}

#[tokio::test]
async fn following_without_a_cursor_begins_now() {
    let corner = Corner::with_network("appnow", 62).await;
    let mut first = world();
    let container = start(&corner, "one", "echo old; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo new; sleep 600").await;
    place(&mut first, 0, &container);
    let (_news, world) = watch::channel(first);
    let logs = RealLogs::new(corner.docker.clone(), world);
    let written = async {
        while logs.page(ask(10, None)).await.unwrap().lines.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(written).await;
    let mut stream = logs.follow(&web(), None);
    let cli = std::process::Command::new("docker").args(["exec", container.as_str(), "touch", "/tmp/go"]).status();
    assert!(cli.unwrap().success());
    assert_eq!(soon(stream.next()).await.unwrap().text, "new");
}
