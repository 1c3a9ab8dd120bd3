//! Who may come in: nobody without a session, no foreign page, no foreign name, and no app with the dashboard's cookie.

use serde_json::json;

use super::wire::{change, operations, send, setup_link, sign_in};
use crate::support::agent::TestAgent;
use crate::support::docker::tiny_image;
use crate::support::git_server::GitServer;
use crate::support::repository::{Change, Repository};

const PASSWORD: &str = "four small words here";

#[test]
fn every_route_without_a_session_answers_401_except_the_ways_in() {
    let agent = TestAgent::start();
    let (api, _) = setup_link(&agent);
    let mut open = Vec::new();
    for (method, path, says_open) in operations(&agent) {
        let target = path.replace(['{', '}'], "");
        let answer = change(&api, &method, &target, None, &json!({}));
        assert_eq!(answer.status != 401, says_open, "{method} {path}: {answer:?}");
        if says_open {
            open.push(format!("{method} {path}"));
            continue;
        }
        for forged in ["kraken_session=", "kraken_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(change(&api, &method, &target, Some(forged), &json!({})).status, 401, "{method} {path} with {forged}");
        }
    }
    open.sort();
    assert_eq!(open, ["GET /api/v1/session", "GET /healthz", "POST /api/v1/session", "POST /api/v1/setup"]);
    for path in ["/api", "/api/v1", "/api/v1/", "/api/v2/apps", "/api/v1/no-such-thing", "/metrics"] {
        let answer = send(&api, "GET", path, &[("Host", &api)], "");
        assert_eq!(answer.status, 401, "{path}: {answer:?}");
    }
    for dodge in ["//api/v1/apps", "/./api/v1/apps", "/x/../api/v1/apps", "/%61pi/v1/apps", "/api%2fv1/apps", "/API/v1/apps"] {
        let answer = send(&api, "GET", dodge, &[("Host", &api)], "");
        assert!(!answer.head.contains("application/json"), "{dodge}: {answer:?}");
    }
    let wrong = [("Host", api.as_str()), ("Authorization", "Bearer krk_00000000000000000000000000000000000000000000")];
    assert_eq!(send(&api, "GET", "/api/v1/apps", &wrong, "").status, 401);
}

#[test]
fn changes_from_other_pages_and_requests_by_other_names_are_refused() {
    let agent = TestAgent::start();
    let (api, cookie) = sign_in(&agent, PASSWORD);
    let port = api.rsplit_once(':').unwrap().1;
    let body = json!({ "name": "ci", "scopes": ["read"] }).to_string();
    let post = |origin: Option<&str>, own: bool, host: &str| {
        let mut headers = vec![("Host", host), ("Cookie", &cookie), ("Content-Type", "application/json")];
        headers.extend(origin.map(|origin| ("Origin", origin)));
        headers.extend(own.then_some(("X-Kraken", "1")));
        send(&api, "POST", "/api/v1/tokens", &headers, &body).status
    };
    let own = format!("http://{api}");
    let others = [
        "http://evil.example".to_owned(),
        "http://127.0.0.1:3000".into(),
        "http://127.0.0.1".into(),
        "null".into(),
        format!("https://{api}"),
        format!("http://localhost:{port}"),
        format!("{own}.evil.example"),
    ];
    for origin in &others {
        assert_eq!(post(Some(origin), true, &api), 403, "{origin}");
    }
    assert_eq!(post(None, true, &api), 403, "no Origin");
    assert_eq!(post(Some(&own), false, &api), 403, "no header of our own");
    let rebound = format!("evil.example:{port}");
    assert_eq!(post(Some(&format!("http://{rebound}")), true, &rebound), 421);
    assert_eq!(agent.json(["token", "list"]).as_array().unwrap().len(), 0, "nothing was changed");
    assert_eq!(post(Some(&own), true, &api), 200, "our own page may");
    let get = |headers: &[(&str, &str)]| {
        let with_cookie: Vec<(&str, &str)> = headers.iter().copied().chain([("Cookie", cookie.as_str())]).collect();
        send(&api, "GET", "/api/v1/apps", &with_cookie, "").status
    };
    assert_eq!(get(&[("Host", &rebound)]), 421);
    assert_eq!(get(&[("Host", "127.0.0.1.evil.example")]), 421);
    assert_eq!(get(&[]), 400);
    assert_eq!(get(&[("Host", &api), ("Host", "evil.example")]), 400);
    assert_eq!(get(&[("Host", &api)]), 200);
}

#[test]
fn an_app_that_echoes_its_cookies_never_sees_the_session_and_cannot_set_one() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(tiny_image("/var/run/docker.sock"));
    let (agent, server) = (TestAgent::start(), GitServer::start());
    let dockerfile = "FROM kraken-test/tiny:1\nCOPY www /www\nCMD [\"httpd\",\"-f\",\"-p\",\"8080\",\"-h\",\"/www\"]\n";
    let echo = "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\nSet-Cookie: kraken_session=stolen\\r\\nSet-Cookie: own=1\\r\\n\\r\\n'\nenv\n";
    Repository::create(server.folder(), "echo").commit_to(
        "main",
        &[
            Change::File("shipwreck.toml", b"[app]\nname = \"echo\"\n[config]\nlang = \"custom\"\nport = 8080\n"),
            Change::File("Dockerfile", dockerfile.as_bytes()),
            Change::Program("www/cgi-bin/echo", echo.as_bytes()),
        ],
    );
    agent.ok(["deploy", &server.url("echo")]);
    let (_, cookie) = sign_in(&agent, PASSWORD);
    let secret = cookie.split_once('=').unwrap().1;
    let app = agent.app("echo");
    let published = format!("127.0.0.1:{}", app["addresses"]["port"]);
    let by_name = app["addresses"]["localhost"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let ingress = format!("127.0.0.1:{}", by_name.rsplit_once(':').unwrap().1);
    for (address, host) in [(&published, &published), (&ingress, &by_name)] {
        let cookies = [format!("theme=dark; {cookie}; lang=en"), format!("{cookie};theme=dark"), format!("theme=dark;{cookie}")];
        for sent in &cookies {
            let answer = send(address, "GET", "/cgi-bin/echo", &[("Host", host), ("Cookie", sent)], "");
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.body.contains("theme=dark"), "{answer:?}");
            assert!(!answer.body.contains(secret) && !answer.body.contains("kraken_session"), "{answer:?}");
            assert!(!answer.head.contains("stolen") && answer.head.contains("own=1"), "{answer:?}");
        }
        let two = [("Host", host.as_str()), ("Cookie", "theme=dark"), ("Cookie", cookie.as_str())];
        assert!(!send(address, "GET", "/cgi-bin/echo", &two, "").body.contains(secret));
    }
}
