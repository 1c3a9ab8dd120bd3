//! Does a new machine get in, and nobody else? By the code that both show, and by a token.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::fleet::Fleet;
use super::platform::JOINED;
use super::shell::wait_until;

/// From a yes on each side, or a token, to a platform that is ready.
const AIM: Duration = Duration::from_secs(30);

#[test]
#[ignore = "makes up a whole platform: make lab"]
fn a_machine_joins_by_token_and_the_token_works_once() {
    let fleet = Fleet::running(3);
    let from = Instant::now();
    let token = fleet.hosts[0].post("/invites", &json!({}))["token"].as_str().unwrap().to_owned();
    fleet.hosts[1].ok(&["join", &token]);
    let ready = |machines: Vec<(String, String)>| machines.len() == 2 && machines.iter().all(|(_, state)| state == "ready");
    for host in [0, 1] {
        wait_until("both are ready", JOINED, || ready(fleet.hosts[host].machines()).then_some(()));
    }
    println!("joined by token, ready on both after {:?}", from.elapsed());
    assert!(from.elapsed() < AIM, "{:?}", from.elapsed());
    fleet.wait_for_agreement(&[0, 1]);

    let again = fleet.hosts[2].kraken(&["join", &token]);
    assert_ne!(again.code, 0, "a used token let another machine in");
    assert_eq!(fleet.hosts[0].machines().len(), 2);
}

#[test]
#[ignore = "makes up a whole platform: make lab"]
fn two_machines_show_the_same_code_and_are_one_platform_after_a_yes_on_each() {
    let fleet = Fleet::running(2);
    // Which of two fresh machines is the host is for them to say; here it has an app, and so must be.
    fleet.hosts[0].ok(&["deploy", &fleet.web_app("web"), "--yes", "--wait", "2m"]);
    let found = wait_until("the new machine finds the platform", JOINED, || {
        let joining = fleet.hosts[1].api("/joining")?;
        joining["found"].as_array()?.iter().find(|found| found["name"] == "pi1").cloned()
    });
    assert!(found["address"].as_str().unwrap().starts_with("198.18.0.1"), "{found}");
    let from = Instant::now();
    fleet.hosts[1].post("/joining", &json!({}));
    let codes = [0, 1].map(|host| {
        wait_until("both show a code", JOINED, || {
            let handshake = handshake(&fleet, host)?;
            Some((handshake["id"].as_str()?.to_owned(), handshake["code"].as_str()?.to_owned()))
        })
    });
    assert_eq!(codes[0].1, codes[1].1, "the codes differ");
    for host in [0, 1] {
        fleet.hosts[host].post(&format!("/joining/{}/approve", codes[host].0), &json!({}));
    }
    for host in [0, 1] {
        wait_until("both are ready", JOINED, || {
            let machines = fleet.hosts[host].machines();
            (machines.len() == 2 && machines.iter().all(|(_, state)| state == "ready")).then_some(())
        });
    }
    println!("joined by code {} ready on both after {:?}", codes[0].1, from.elapsed());
    assert!(from.elapsed() < AIM, "{:?}", from.elapsed());
    wait_until("the new machine knows the app", JOINED, || fleet.hosts[1].api("/apps/web"));
}

fn handshake(fleet: &Fleet, host: usize) -> Option<Value> {
    fleet.hosts[host].api("/joining")?["handshakes"].as_array()?.iter().find(|handshake| handshake["code"].is_string()).cloned()
}
