//! Deploying: what is sent, and how it is followed to its end.

use super::agent::{Recorded, Typed};
use crate::cli::exit::Exit;

const ACCEPTED: &str = r#"{"app":"shop","deployment":"d1","copies":1,"message":"Deploying shop."}"#;
const APP: &str = r#"{"id":"shop","name":"Shop","state":{"kind":"running","reason":"It answers."},"address":"http://shop.localhost:8080",
    "replicas":[{"id":"shop-0","phase":"serving","version_number":2}]}"#;

fn deployment(state: &str, steps: &str, more: &str) -> String {
    format!(r#"{{"id":"d1","app":"shop","version_number":3,"state":"{state}","phase":"building","steps":[{steps}]{more}}}"#)
}

fn step(phase: &str, state: &str) -> String {
    format!(
        r#"{{"phase":"{phase}","state":"{state}","started_at":"2026-11-21T09:00:00Z","ended_at":"2026-11-21T09:00:02Z","why":"why of {phase}"}}"#
    )
}

fn event(deployment: &str) -> String {
    format!("event: deployment\ndata: {deployment}\n\n")
}

fn following(events: &[String]) -> Recorded {
    let agent = Recorded::start();
    agent.on("POST /apps", 202, ACCEPTED).on("GET /apps/shop", 200, APP);
    agent.on("GET /deployments/d1", 200, &deployment("under_way", &step("building", "now"), ""));
    agent.on("GET /events?deployment=d1", 200, &events.concat());
    agent
}

#[tokio::test]
async fn a_deployment_is_followed_phase_by_phase_to_the_app_s_address() {
    let done = deployment("done", &format!("{},{}", step("building", "done"), step("running", "done")), "");
    let agent = following(&[event(&deployment("under_way", &step("building", "done"), "")), event(&done)]);
    let ran = agent.run("deploy https://git.example/me/shop --branch next --env MODE=test").await;
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Done, "http://shop.localhost:8080\n"));
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(
        lines,
        [
            "Deploying shop.",
            "  now     building                   why of building",
            "  done    building            2.0 s  why of building",
            "  done    running             2.0 s  why of running",
            "shop version 3 runs."
        ]
    );
    assert_eq!(
        agent.asked("POST /apps").body,
        r#"{"url":"https://git.example/me/shop","reference":{"kind":"branch","name":"next"},"env":{"MODE":"test"},"secrets":{}}"#
    );
}

#[tokio::test]
async fn with_log_the_build_is_shown_as_it_writes() {
    let agent = following(&[]);
    let lines = r#"{"deployment":"d1","lines":[{"n":1,"at":"2026-11-21T09:00:00Z","stream":"step","text":"Step 1/2 : FROM node"},{"n":2,"text":"added 50 packages\u001b[2J"}]}"#;
    let build = format!("event: build\ndata: {lines}\n\n");
    agent.on("GET /events?deployment=d1&build=d1", 200, &[build, event(&deployment("done", "", ""))].concat());
    let ran = agent.run("deploy https://git.example/me/shop --log").await;
    assert_eq!(ran.exit, Exit::Done);
    assert!(ran.err.contains("  | Step 1/2 : FROM node\n  | added 50 packages\n"), "{}", ran.err);
}

#[tokio::test]
async fn a_failed_deployment_says_why_what_is_safe_and_what_to_do() {
    let failure = r#","failure":{"step":"building","reason":"npm ci failed","next":"Mend package-lock.json.","log_tail":["npm error missing"]}"#;
    let agent = following(&[event(&deployment("failed", &step("building", "failed"), failure))]);
    let ran = agent.run("deploy https://git.example/me/shop").await;
    assert_eq!(ran.exit, Exit::AppAtFault);
    assert!(ran.err.ends_with(
        "Its last lines:\n  | npm error missing\nerror: shop could not be deployed: npm ci failed. Version 2 still serves.\nnext: Mend package-lock.json.\n"
    ), "{}", ran.err);
}

#[tokio::test]
async fn an_aborted_deployment_is_not_a_success() {
    let agent = following(&[event(&deployment("aborted", "", r#","aborted_because":"a newer deployment took its place""#))]);
    let ran = agent.run("deploy https://git.example/me/shop").await;
    assert_eq!(ran.exit, Exit::AppAtFault);
    assert!(ran.err.contains("a newer deployment took its place"), "{}", ran.err);
}

#[tokio::test]
async fn waiting_has_its_own_end() {
    let waiting =
        r#","waiting":{"reason":"git.example does not answer.","next":null,"attempt":1,"retry_at":"2026-11-21T09:00:00Z"}"#;
    let agent = following(&[event(&deployment("waiting", "", waiting))]);
    let ran = agent.run("deploy https://git.example/me/shop --wait 500ms").await;
    assert_eq!(ran.exit, Exit::Waiting);
    assert!(ran.err.contains("It waits: git.example does not answer.") && ran.err.contains("kraken abort d1"), "{}", ran.err);
}

#[tokio::test]
async fn what_happened_while_the_connection_was_gone_is_looked_up() {
    let agent = Recorded::start();
    agent.on("POST /apps", 202, ACCEPTED).on("GET /apps/shop", 200, APP);
    agent.on("GET /deployments/d1", 200, &deployment("under_way", "", ""));
    agent.on("GET /deployments/d1", 200, &deployment("done", "", ""));
    agent.on("GET /events?deployment=d1", 200, "event: hello\ndata: {}\n\nEND");
    assert_eq!(agent.run("deploy https://git.example/me/shop").await.out, "http://shop.localhost:8080\n");
}

#[tokio::test]
async fn for_programs_the_end_of_the_deployment_is_the_api_s_own_json() {
    let done = deployment("done", "", "");
    let agent = following(&[event(&done)]);
    let ran = agent.run("deploy https://git.example/me/shop --json").await;
    assert_eq!((ran.out.trim_end(), ran.err.as_str()), (done.as_str(), ""));
    assert_eq!(agent.run("deploy https://git.example/me/shop --json --detach").await.out.trim_end(), ACCEPTED);
}

#[tokio::test]
async fn token_and_secrets_are_piped_in_one_line_each() {
    let agent = following(&[]);
    let line = "deploy https://git.example/me/shop --token-stdin --secret A --secret B --detach";
    agent.run_with(line, Typed::piped(&["kr_token", "one", "two"])).await;
    let body = agent.asked("POST /apps").body;
    assert!(body.contains(r#""token":"kr_token""#) && body.contains(r#""secrets":{"A":"one","B":"two"}"#), "{body}");
    assert_eq!(agent.run_with(line, Typed::piped(&["kr_token", "one"])).await.exit, Exit::Usage);
}

#[tokio::test]
async fn a_person_is_shown_what_was_recognised_and_asked() {
    let agent = following(&[]);
    let found = r#"{"commit":{"id":"1a2b"},"manifest":{"origin":"detected","text":"[app]\nname = \"shop\"","why":"package.json has a start script"},
        "findings":[],"app":{"id":"shop","name":"shop","exists":false},"ok":true,"secrets":["KEY"]}"#;
    agent.on("POST /sources/inspect", 200, found);
    let no = agent.run_with("deploy https://git.example/me/shop --detach", Typed::somebody(&["n"])).await;
    assert_eq!(no.exit, Exit::Refused);
    assert!(no.err.contains("package.json has a start script") && no.err.contains("  [app]\n"), "{}", no.err);
    assert!(agent.seen().iter().all(|seen| seen.line != "POST /apps"));
    let yes = agent.run_with("deploy https://git.example/me/shop --detach", Typed::somebody(&["", "sesame"])).await;
    assert_eq!(yes.exit, Exit::Done);
    let body = agent.asked("POST /apps").body;
    assert!(body.contains(r#""expected_commit":"1a2b""#) && body.contains(r#""secrets":{"KEY":"sesame"}"#), "{body}");
}

#[tokio::test]
async fn a_folder_is_packed_and_sent_and_deployed_by_its_content() {
    let agent = following(&[]);
    agent.on("POST /uploads", 200, r#"{"upload":"c0ffee","bytes":10}"#);
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("corner-shop");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("index.html"), "hello").unwrap();
    // A relative path has no name in it.
    let ran = agent.run(&format!("deploy {}/corner-shop/. --detach", dir.path().display())).await;
    assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
    assert!(ran.err.contains("recognised: index.html") && ran.err.contains("Sending 1 file, 5 B"), "{}", ran.err);
    assert!(!agent.asked("POST /uploads").body.is_empty());
    let body = agent.asked("POST /apps").body;
    assert!(body.contains(r#""upload":"c0ffee","name":"corner-shop""#), "{body}");
}

#[tokio::test]
async fn a_repository_that_does_not_open_says_how_it_would_from_here() {
    let agent = Recorded::start();
    let refused = r#"{"type":"urn:kraken:problem:source-needs-sign-in","title":"Source needs sign in","status":422,"detail":"It is private."}"#;
    agent.on("POST /apps", 422, refused);
    let next = async |url: &str| agent.run(&format!("deploy {url}")).await.err.lines().last().unwrap().to_owned();
    assert!(next("git@git.example:me/shop").await.ends_with("kraken key show git@git.example:me/shop"));
    assert!(next("ssh://git.example/me/shop").await.ends_with("kraken key show ssh://git.example/me/shop"));
    assert!(next("https://git.example/me/shop").await.contains("--token-stdin"));
}

#[tokio::test]
async fn a_name_that_is_taken_is_told_before_anything_is_sent() {
    let agent = following(&[]);
    let clash = r#"{"commit":{"id":"1"},"manifest":{"origin":"file","text":""},"ok":false,
        "app":{"id":"shop","name":"shop","exists":true,"clash":"An app of this name comes from elsewhere."}}"#;
    agent.on("POST /sources/inspect", 200, clash);
    let ran = agent.run_with("deploy https://git.example/me/shop", Typed::somebody(&[])).await;
    assert_eq!(ran.exit, Exit::Refused);
    assert!(ran.err.contains("comes from elsewhere") && ran.err.contains("--name"), "{}", ran.err);
}
