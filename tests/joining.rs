//! Do two real agents become one platform, by a code and by an invite, and is a stranger refused?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod support;

use std::time::Duration;

use kraken::edge::keyring::Keyring;
use serde_json::Value;
use support::agent::TestAgent;

/// Until two agents on one machine have met, decided, and one of them started anew.
const MEET: Duration = Duration::from_secs(60);

/// Where others reach the agent.
fn at(agent: &TestAgent) -> String {
    let log = agent.log();
    let port = log.rsplit("link=").next().and_then(|rest| rest.split_whitespace().next()).expect("the agent says its link port");
    format!("127.0.0.1:{port}")
}

fn platform(agent: &TestAgent) -> String {
    Keyring::open(agent.data()).unwrap().platform_id().to_string()
}

/// The last handshake as the agent shows it, if it compares codes.
fn comparing(agent: &TestAgent) -> Option<Value> {
    let joining = agent.api("/joining")?;
    let last = joining["handshakes"].as_array()?.last()?.clone();
    (last["state"] == "comparing").then_some(last)
}

/// Whom the agent follows, once it belongs to a platform of two and takes apps.
fn leader_of_two(agent: &TestAgent) -> Option<String> {
    let platform = agent.api("/platform")?;
    let nodes = agent.api("/nodes")?;
    let me = nodes.as_array()?.iter().find(|node| node["id"] == agent.node())?.clone();
    let leader = platform["leader"]["node"].as_str()?.to_owned();
    (platform["nodes"] == 2 && me["state"] == "ready").then_some(leader)
}

/// Both belong to one platform of two, hear each other, and one leads.
fn are_one(one: &TestAgent, two: &TestAgent) {
    one.wait_until("both follow the same leader", MEET, || {
        let (here, there) = (leader_of_two(one)?, leader_of_two(two)?);
        (here == there).then_some(())
    });
    assert_eq!(platform(one), platform(two));
}

#[test]
fn two_machines_show_the_same_code_and_are_one_platform_after_a_yes_on_each() {
    let (one, two) = (TestAgent::start(), TestAgent::start());
    let place = at(&one);
    std::thread::scope(|scope| {
        let joining = scope.spawn(|| two.kraken(["join", "--at", &place, "--yes"]));
        let here = one.wait_until("there is a code", MEET, || comparing(&one));
        let there = two.wait_until("there is a code", MEET, || comparing(&two));
        assert_eq!(here["code"], there["code"]);
        assert_eq!(here["code"].as_str().unwrap().len(), 7);
        assert_ne!(here["part"], there["part"]);
        one.ok(["nodes", "approve"]);
        let said = joining.join().unwrap();
        assert_eq!(said.code, 0, "{said:?}\n{}\n{}", one.log(), two.log());
    });
    are_one(&one, &two);
}

#[test]
fn an_invite_lets_one_machine_in_and_no_second_one() {
    let (home, first, second) = (TestAgent::start(), TestAgent::start(), TestAgent::start());
    let token = home.ok(["invite"]).trim().to_owned();
    let place = at(&home);
    let old = platform(&first);
    first.ok(["join", &token, "--at", &place]);
    are_one(&home, &first);
    assert_ne!(platform(&first), old);
    let kept = std::fs::read_dir(first.data().join("states")).unwrap();
    assert!(kept.flatten().any(|file| file.file_name().to_string_lossy().ends_with("before-joining.json")));

    let before = platform(&second);
    let said = second.kraken(["join", &token, "--at", &place]);
    assert_eq!(said.code, 5, "{said:?}");
    assert!(said.err.contains("used already") && said.err.contains("next: "), "{said:?}");
    assert_eq!(platform(&second), before);
    let list: Value = home.json(["invite", "--list"]);
    assert_eq!(list, serde_json::json!([]));
}

#[test]
fn a_machine_that_starts_anew_is_another_one() {
    let agent = TestAgent::start();
    let (node, old) = (agent.node().to_owned(), platform(&agent));
    agent.ok(["reset-identity", "--yes"]);
    let id = agent.wait_until("it is another machine", MEET, || {
        let id = agent.api("/nodes")?[0]["id"].as_str()?.to_owned();
        (id != node).then_some(id)
    });
    assert_eq!(id.len(), 26);
    assert_ne!(platform(&agent), old);
}
