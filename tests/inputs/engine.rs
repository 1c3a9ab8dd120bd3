//! Trouble below: Docker away, its disk full, a second agent on the same data.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::house::{House, STEADY, commit, files};
use crate::support::agent::TestAgent;
use crate::support::dockerd::Dockerd;
use crate::support::repository::{Change, Repository};

const SOON: Duration = Duration::from_secs(60);

#[test]
fn docker_stopped_and_started_again_brings_the_app_back_and_deployments_wait() {
    let mut engine = Dockerd::start(81);
    let house = House::on(&engine.socket(), &[("KRAKEN_SUBNET", "198.18.82.0/24")]);
    engine.stop();
    commit(&Repository::create(house.server.folder(), "late"), &files("late", "late but here"));
    house.agent.ok(["deploy", "--detach", &house.server.url("late")]);
    let reason = house.agent.wait_until("the deployment waits", SOON, || {
        let app = house.agent.app("late");
        app["deployments"][0]["waiting"]["reason"].as_str().map(str::to_owned)
    });
    assert!(reason.contains("Docker"), "{reason}");
    engine.start_again();
    house.agent.wait_until("the old app is back", SOON, || {
        crate::support::agent::get(&house.agent.address(STEADY)).ok().filter(|(status, _)| *status == 200)
    });
    house.agent.wait_until("the new one runs", SOON, || {
        let port = house.agent.app("late")["addresses"]["port"].as_u64()?;
        crate::support::agent::get(&format!("http://127.0.0.1:{port}/")).ok().filter(|(_, body)| body == "late but here")
    });
    drop(house);
}

#[test]
fn a_disk_that_fills_while_building_is_named_and_the_build_goes_on_once_there_is_room() {
    let engine = Dockerd::with_disk_of(83, 256 << 20);
    let house = House::on(&engine.socket(), &[("KRAKEN_SUBNET", "198.18.84.0/24")]);
    let filler = engine.fill(8 << 20);
    let big = "FROM kraken-test/tiny:1\nRUN dd if=/dev/zero of=/big bs=1M count=32\nCOPY www /www\nCMD [\"httpd\",\"-f\",\"-p\",\"8080\",\"-h\",\"/www\"]\n";
    house.steady.commit_to("main", &[Change::File("Dockerfile", big.as_bytes()), Change::File("www/index.html", b"with room")]);
    house.agent.ok(["update", "--detach", STEADY]);
    let reason = house.agent.wait_until("the deployment waits", SOON, || {
        let deployment = &house.agent.app(STEADY)["deployments"][0];
        assert!(deployment["failure"].is_null(), "{deployment}");
        deployment["waiting"]["reason"].as_str().map(str::to_owned)
    });
    assert!(reason.contains("disk") && reason.contains("full"), "{reason}");
    house.still_serves();
    std::fs::remove_file(filler).unwrap();
    house.agent.wait_until("the update runs", SOON, || (house.agent.get(STEADY, "/").1 == "with room").then_some(()));
    drop(house);
}

#[test]
fn a_second_agent_on_the_same_data_directory_refuses_and_the_first_goes_on() {
    let agent = TestAgent::start();
    let second = Command::new(env!("CARGO_BIN_EXE_kraken"))
        .args(["agent", "--bind", "127.0.0.1", "--api-port", "0", "--ingress-port", "0", "--link-port", "0", "--data"])
        .arg(agent.data())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success());
    assert!(said.contains(&agent.data().display().to_string()) && said.contains(&agent.pid().to_string()), "{said}");
    assert!(said.contains("stop that one, or start this one with --data DIR"), "{said}");
    agent.ok(["nodes"]);
}
