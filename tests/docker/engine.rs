//! The engine itself: what it is, what it tells, and what happens when it goes away and comes back.

use std::time::Duration;

use kraken::edge::docker::{ContainerChange, ContainerSpec, ContainerState, Docker, DockerError, DockerEvent, Restart};
use tokio::sync::mpsc::Receiver;

use crate::support::docker::Corner;
use crate::support::dockerd::Dockerd;

async fn next(events: &mut Receiver<DockerEvent>) -> DockerEvent {
    tokio::time::timeout(Duration::from_secs(40), events.recv()).await.expect("something happens").expect("the stream never ends")
}

/// The next `count` changes of containers.
async fn changes(events: &mut Receiver<DockerEvent>, count: usize) -> Vec<(String, ContainerChange)> {
    let mut seen = Vec::new();
    while seen.len() < count {
        if let DockerEvent::Container(event) = next(events).await {
            seen.push((event.labels.app, event.change));
        }
    }
    seen
}

#[tokio::test]
async fn the_engine_says_what_it_is() {
    let corner = Corner::new(None, "info", 60).await;
    let info = corner.docker.info().await.unwrap();
    let expected = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    assert_eq!(info.architecture, expected);
    assert!([1, 2].contains(&info.cgroup_version) && info.memory > 1 << 28 && info.cpus >= 1, "{info:?}");
    assert!(!info.version.is_empty() && info.root.starts_with('/') && info.api_version.starts_with("1."), "{info:?}");
}

#[tokio::test]
async fn the_life_of_our_containers_is_told_and_nobody_elses() {
    let corner = Corner::with_network("events", 61).await;
    let other = Corner::with_network("events-other", 62).await;
    let mut events = corner.docker.events();
    assert_eq!(next(&mut events).await, DockerEvent::Back);
    other.docker.create_and_start(&other.spec("theirs", "sleep 600")).await.unwrap();
    let spec = ContainerSpec { memory: 16 << 20, ..corner.spec("web", "exec tail -c 100000000 /dev/zero") };
    let id = corner.docker.create_and_start(&spec).await.unwrap().id;
    let mut seen = changes(&mut events, 3).await;
    seen[1..].sort_by_key(|(_, change)| *change != ContainerChange::OutOfMemory);
    let web = |change| ("web".to_owned(), change);
    assert_eq!(
        seen,
        [web(ContainerChange::Started), web(ContainerChange::OutOfMemory), web(ContainerChange::Died { exit_code: 137 })]
    );
    corner.docker.remove(&id).await.unwrap();
    assert_eq!(changes(&mut events, 1).await, [web(ContainerChange::Removed)]);
}

#[tokio::test]
async fn docker_may_stop_and_start_under_us() {
    let mut engine = Dockerd::start(63);
    let corner = Corner::new(Some(&engine.socket()), "restart", 64).await;
    corner.docker.ensure_network(&corner.network, Some(corner.subnet)).await.unwrap();
    let spec = ContainerSpec { restart: Restart::UnlessStopped, ..corner.spec("web", "sleep 600") };
    let id = corner.docker.create_and_start(&spec).await.unwrap().id;
    let mut events = corner.docker.events();
    assert_eq!(next(&mut events).await, DockerEvent::Back);

    engine.stop();
    loop {
        match next(&mut events).await {
            DockerEvent::Unreachable { because } => break assert!(because.contains("does not answer"), "{because}"),
            DockerEvent::Container(_) => {}
            DockerEvent::Back => panic!("it is away"),
        }
    }
    let error = corner.docker.list_ours().await.unwrap_err();
    assert!(matches!(error, DockerError::Unreachable { .. }) && error.is_worlds_fault(), "{error}");

    engine.start_again();
    while next(&mut events).await != DockerEvent::Back {}
    let seen = corner.docker.list_ours().await.unwrap();
    assert_eq!((seen.len(), &seen[0].id, seen[0].state), (1, &id, ContainerState::Running));
    assert!(corner.docker.create_and_start(&spec).await.unwrap().adopted);
}

#[tokio::test]
async fn a_docker_that_hangs_is_noticed_and_a_call_to_it_ends() {
    let engine = Dockerd::start(65);
    let corner = Corner::new(Some(&engine.socket()), "hang", 66).await;
    let mut events = corner.docker.events();
    assert_eq!(next(&mut events).await, DockerEvent::Back);
    engine.freeze();
    let error = corner.docker.ping().await.unwrap_err();
    assert!(matches!(error, DockerError::TimedOut { .. }) && error.is_worlds_fault(), "{error}");
    assert!(matches!(next(&mut events).await, DockerEvent::Unreachable { .. }));
    engine.thaw();
    assert_eq!(next(&mut events).await, DockerEvent::Back);
}

#[tokio::test]
async fn kraken_starts_before_docker_does() {
    let mut engine = Dockerd::start(67);
    let corner = Corner::new(Some(&engine.socket()), "first", 68).await;
    engine.stop();
    let docker = Docker::connect(Some(&engine.socket()), corner.docker.labels().clone()).unwrap();
    assert!(docker.info().await.unwrap_err().is_worlds_fault());
    engine.start_again();
    docker.info().await.unwrap();
}
