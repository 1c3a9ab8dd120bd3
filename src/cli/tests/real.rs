//! Do the commands and the real API understand each other? Its routes and its door, with doubles behind them.

use std::collections::BTreeMap;

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::CancellationToken;

use super::agent::{Ran, Typed, run};
use crate::cli::exit::Exit;
use crate::edge::config::Surroundings;
use crate::model::command::Command;
use crate::web::double::{House, house};
use crate::web::view::sample;
use crate::web::{Listeners, serve};

/// A front door on a socket and on loopback.
struct Door {
    house: House,
    dir: TempDir,
    port: u16,
}

impl Door {
    async fn open() -> Self {
        let house = house(sample::running().0);
        let dir = tempfile::tempdir().unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = tcp.local_addr().unwrap().port();
        let socket = UnixListener::bind(dir.path().join("api.sock")).unwrap();
        let listeners = Listeners { tcp: vec![tcp], socket: Some(socket) };
        tokio::spawn(serve(listeners, house.web.clone(), CancellationToken::new()));
        Self { house, dir, port }
    }

    async fn run(&self, line: &str) -> Ran {
        self.run_with(line, &[], Typed::nobody()).await
    }

    async fn run_with(&self, line: &str, env: &[(&str, &str)], mut typed: Typed) -> Ran {
        let socket = self.dir.path().join("api.sock").display().to_string();
        let mut all = BTreeMap::from([("KRAKEN_SOCKET".to_owned(), socket)]);
        all.extend(env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        run(line, Surroundings { env: all, uid: 1000, is_system: false, host: "here".into() }, &mut typed).await
    }

    fn last_asked(&self) -> Command {
        self.house.asked.lock().unwrap().last().unwrap().2.clone()
    }
}

#[tokio::test]
async fn every_command_that_reads_is_answered() {
    let door = Door::open().await;
    let lines = [
        "apps",
        "status web",
        "logs web",
        "open web --print",
        "versions web",
        "env web",
        "secret list web",
        "failures",
        "failures web",
        "events",
        "nodes",
        "conflicts",
        "doctor",
        "state export",
        "token list",
        "key hosts",
    ];
    for line in lines {
        let ran = door.run(line).await;
        assert_eq!(ran.exit, Exit::Done, "{line}: {}", ran.err);
        let json = door.run(&format!("{line} --json")).await;
        assert!(serde_json::from_str::<Value>(&json.out).is_ok(), "{line}: {}", json.out);
    }
    assert!(door.run("apps").await.out.contains("running"));
    assert!(door.run("status web").await.out.contains("REPLICA"));
    assert_eq!(door.run("status nothing").await.exit, Exit::NotFound);
}

#[tokio::test]
async fn every_command_that_changes_something_is_taken() {
    let door = Door::open().await;
    let lines = [
        "update web",
        "rollback web 1",
        "retry web",
        "restart web",
        "scale web 2",
        "scale web file",
        "stop web",
        "start web",
        "env web set A=1",
        "env web unset A",
        "destroy web --yes",
        "restore web",
        "secret unset web KEY",
        "abort 00000000-0000-5000-8000-000000000000",
        "key show git@git.example:nils/web",
        "deploy https://git.example/nils/shop --name other",
    ];
    for line in lines {
        let ran = door.run(line).await;
        assert_eq!(ran.exit, Exit::Done, "{line}: {}", ran.err);
    }
    assert_eq!(door.run("start taken").await.exit, Exit::Refused);
    let set = door.run_with("secret set web KEY", &[], Typed::piped(&["sesame"])).await;
    assert_eq!(set.exit, Exit::Done, "{}", set.err);
    assert!(matches!(door.last_asked(), Command::SetSecret { .. }), "{:?}", door.last_asked());
}

#[tokio::test]
async fn a_token_opens_the_door_over_the_network_and_nothing_else_does() {
    let door = Door::open().await;
    let made = door.run("token create ci --scope read").await;
    assert_eq!(made.exit, Exit::Done, "{}", made.err);
    let server = format!("--server http://127.0.0.1:{}", door.port);
    let token = [("KRAKEN_TOKEN", made.out.trim())];
    let over =
        async |line: &str, env: &[(&str, &str)]| door.run_with(&format!("{line} {server}"), env, Typed::nobody()).await.exit;
    assert_eq!(over("apps", &token).await, Exit::Done);
    assert_eq!(over("stop web", &token).await, Exit::NotAllowed);
    assert_eq!(over("apps", &[("KRAKEN_TOKEN", "kr_wrong")]).await, Exit::NotAllowed);
    assert_eq!(over("login", &token).await, Exit::NotAllowed);
    assert_eq!(door.run("token revoke ci").await.exit, Exit::Done);
    assert_eq!(over("apps", &token).await, Exit::NotAllowed);
}

#[tokio::test]
async fn the_link_is_made_for_whoever_sits_at_the_machine() {
    let door = Door::open().await;
    let ran = door.run("login").await;
    assert!(ran.out.starts_with("http://localhost:") && ran.out.contains("/#setup="), "{}{}", ran.out, ran.err);
}

#[tokio::test]
async fn a_state_comes_back_as_it_went() {
    let door = Door::open().await;
    let file = door.dir.path().join("state.json");
    std::fs::write(&file, door.run("state export").await.out).unwrap();
    let checked = door.run(&format!("state import {} --check", file.display())).await;
    assert_eq!(checked.exit, Exit::Done, "{}", checked.err);
    std::fs::write(&file, "no json").unwrap();
    assert_eq!(door.run(&format!("state import {}", file.display())).await.exit, Exit::Usage);
}
