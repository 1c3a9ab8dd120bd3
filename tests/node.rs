//! Does the main job work? A folder becomes a running app, answers, is updated, turned off and on, and goes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::time::Duration;

use support::agent::TestAgent;

const HELLO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/hello-node");

#[test]
fn a_folder_becomes_an_app_that_answers_and_goes() {
    let agent = TestAgent::start();
    agent.ok(["deploy", HELLO]);
    let (status, body) = agent.get("hello-node", "/");
    assert_eq!(status, 200, "{body}");
    agent.ok(["stop", "hello-node"]);
    agent.wait_until("it is off", Duration::from_secs(60), || {
        let app = agent.app("hello-node");
        (app["replicas"].as_array()?.is_empty() && app["state"]["kind"] == "off").then_some(())
    });
    assert_eq!(agent.get("hello-node", "/").0, 503);
    agent.ok(["start", "hello-node"]);
    agent.wait_until("it answers again", Duration::from_secs(60), || (agent.get("hello-node", "/").0 == 200).then_some(()));
    agent.ok(["destroy", "hello-node", "--now", "--yes"]);
    agent.wait_until("it is gone", Duration::from_secs(60), || agent.json(["apps"]).as_array().unwrap().is_empty().then_some(()));
    assert_eq!(agent.kraken(["status", "hello-node"]).code, 4);
}
