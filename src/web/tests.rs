//! Does the front door keep what it promises? The real routes and rules, with doubles behind them.

use std::sync::Arc;

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::double::{REPOSITORY, cookie_of, house, page_request, phone};
use super::guard::identity::Peer;
use super::openapi_json;
use super::view::sample;
use crate::model::command::Command;
use crate::model::time::WallTime;
use crate::web::state::lock;

const PASSWORD: &str = "correct horse battery";

/// Operations of the document: method, path with its parameters filled in, whether it says that it needs nothing.
fn operations() -> Vec<(Method, String, bool)> {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let path = path.replace("{node}", &"a".repeat(26)).replace("{deployment}", "00000000-0000-5000-8000-000000000000");
            let path = path.replace("{app}", "web").replace(['{', '}'], "");
            let open = operation["security"]
                .as_array()
                .is_some_and(|security| security.iter().any(|way| *way == json!({})) || security.is_empty());
            found.push((method, path, open));
        }
    }
    found
}

#[tokio::test]
async fn every_route_without_a_session_answers_401_except_the_ways_in() {
    let house = house(sample::running().0);
    let all = operations();
    assert!(all.len() > 55, "{} operations", all.len());
    let mut open: Vec<String> = Vec::new();
    for (method, path, says_open) in all {
        let answer = house.page(method.clone(), &path, None, Some(json!({}))).await;
        let is_open = answer.status != StatusCode::UNAUTHORIZED;
        assert_eq!(is_open, says_open, "{method} {path}: {}", answer.text);
        if is_open {
            open.push(format!("{method} {path}"));
        }
    }
    open.sort();
    assert_eq!(open, ["GET /api/v1/session", "GET /healthz", "POST /api/v1/session", "POST /api/v1/setup"]);
}

#[tokio::test]
async fn every_answer_is_documented_hardened_and_none_is_a_500() {
    let house = house(sample::running().0);
    let cookie = house.sign_up(PASSWORD).await;
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    for (method, path, _) in operations() {
        if path == "/api/v1/events" || path == "/api/v1/session" {
            continue;
        }
        for body in [None, Some(json!({})), Some(json!([1]))] {
            let answer = house.page(method.clone(), &path, Some(&cookie), body).await;
            assert!(answer.status.as_u16() < 500, "{method} {path}: {}", answer.text);
            assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
            assert!(answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("frame-ancestors 'none'"));
            if !answer.status.is_success() {
                assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_one_time_link_sets_the_password_once_and_signs_in() {
    let house = house(sample::world());
    let link = house.local(Method::POST, "/api/v1/setup-link", Some(json!({}))).await;
    let token = link.json()["path"].as_str().unwrap().replace("/#setup=", "");
    let short = house.page(Method::POST, "/api/v1/setup", None, Some(json!({ "token": token, "password": "short" }))).await;
    assert_eq!((short.status, short.kind().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "bad-password"));
    let body = json!({ "token": token, "password": PASSWORD });
    let set = house.page(Method::POST, "/api/v1/setup", None, Some(body.clone())).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT);
    let cookie = cookie_of(&set);
    assert_eq!(house.page(Method::GET, "/api/v1/session", Some(&cookie), None).await.json()["signed_in"], true);
    let again = house.page(Method::POST, "/api/v1/setup", None, Some(body)).await;
    assert_eq!((again.status, again.kind().as_str()), (StatusCode::UNAUTHORIZED, "link-used-up"));
    let second = house.local(Method::POST, "/api/v1/setup-link", Some(json!({}))).await;
    assert_eq!(second.kind(), "password-is-set");
    let member = Peer::Socket { user: "nils".into(), owns_agent: false };
    let reset = house.send(member, page_request(Method::POST, "/api/v1/setup-link", None, Some(json!({ "reset": true })))).await;
    assert_eq!(reset.kind(), "only-root");
}

#[tokio::test]
async fn guessing_the_password_is_counted_and_paused() {
    let house = house(sample::world());
    house.sign_up(PASSWORD).await;
    let guess =
        async |password: &str| house.page(Method::POST, "/api/v1/session", None, Some(json!({ "password": password }))).await;
    let first = guess("wrong horse").await;
    assert_eq!(first.status, StatusCode::UNAUTHORIZED);
    assert_eq!(first.json()["detail"], "That is not the password. 4 tries left, then a pause of 1 min.");
    for _ in 0..3 {
        guess("wrong horse").await;
    }
    let fifth = guess("wrong horse").await;
    assert_eq!(
        (fifth.status, &fifth.headers[header::RETRY_AFTER]),
        (StatusCode::TOO_MANY_REQUESTS, &header::HeaderValue::from_static("60"))
    );
    assert_eq!(guess(PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_a_new_password_ends_the_others() {
    let house = house(sample::world());
    let first = house.sign_up(PASSWORD).await;
    let second = cookie_of(&house.page(Method::POST, "/api/v1/session", None, Some(json!({ "password": PASSWORD }))).await);
    let change = json!({ "current": PASSWORD, "password": "another horse" });
    assert_eq!(house.page(Method::PUT, "/api/v1/password", Some(&second), Some(change)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.page(Method::GET, "/api/v1/apps", Some(&first), None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(house.page(Method::GET, "/api/v1/apps", Some(&second), None).await.status, StatusCode::OK);
    assert_eq!(house.page(Method::DELETE, "/api/v1/session", Some(&second), None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.page(Method::GET, "/api/v1/apps", Some(&second), None).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_without_an_origin_and_nothing_once_deleted() {
    let house = house(sample::running().0);
    let made = house.local(Method::POST, "/api/v1/tokens", Some(json!({ "name": "ci", "scopes": ["write"] }))).await.json();
    let send = async |method: Method, path: &str, body: Option<Value>| {
        let mut request = page_request(method, path, None, body);
        request.headers_mut().remove(header::ORIGIN);
        request.headers_mut().remove("x-kraken");
        request
            .headers_mut()
            .insert(header::AUTHORIZATION, format!("Bearer {}", made["token"].as_str().unwrap()).parse().unwrap());
        house.send(phone(), request).await
    };
    assert_eq!(send(Method::POST, "/api/v1/apps/web/stop", None).await.status, StatusCode::ACCEPTED);
    assert_eq!(lock(&house.asked).last().unwrap().0, "token ci");
    let refused = send(Method::GET, "/api/v1/tokens", None).await;
    assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::FORBIDDEN, "out-of-scope"));
    let listed = house.local(Method::GET, "/api/v1/tokens", None).await;
    assert!(!listed.text.contains(made["token"].as_str().unwrap()) && listed.json()[0]["last_used_at"].is_string());
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(house.local(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(send(Method::GET, "/api/v1/apps", None).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_foreign_page_or_host_changes_and_reads_nothing() {
    let house = house(sample::running().0);
    let cookie = house.sign_up(PASSWORD).await;
    let stop = |origin: &str| {
        let mut request = page_request(Method::POST, "/api/v1/apps/web/stop", Some(&cookie), None);
        request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
        request
    };
    for origin in ["http://evil.example", "http://nuc.local:3000", "http://nuc.local"] {
        let answer = house.send(phone(), stop(origin)).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::FORBIDDEN, "foreign-page"), "{origin}");
    }
    let mut rebound = page_request(Method::GET, "/api/v1/apps", Some(&cookie), None);
    rebound.headers_mut().insert(header::HOST, "evil.example:8000".parse().unwrap());
    let answer = house.send(phone(), rebound).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::MISDIRECTED_REQUEST, "unknown-host"));
    assert!(answer.json()["next"].as_str().unwrap().contains("hosts in kraken.toml"));
    assert_eq!(house.send(phone(), stop("http://nuc.local:8000")).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_deploy_is_pinned_named_and_sealed_before_it_is_asked_for() {
    let house = house(sample::world());
    let cookie = house.sign_up(PASSWORD).await;
    let body = json!({ "url": REPOSITORY, "secrets": { "API_KEY": "hunter2hunter2" }, "token": "ghp_topsecret" });
    let mut request = page_request(Method::POST, "/api/v1/apps", Some(&cookie), Some(body));
    request.headers_mut().insert("idempotency-key", "k1".parse().unwrap());
    let answer = house.send(phone(), request).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let asked = lock(&house.asked);
    let (by, key, Command::Deploy(deploy)) = asked.last().unwrap() else { panic!("a deploy was asked") };
    assert_eq!((by.as_str(), key.as_str(), deploy.app.as_str()), ("session", "k1", "shop"));
    assert_eq!(deploy.commit.as_ref().unwrap().as_str(), "a".repeat(40));
    let everything = format!("{asked:?}{:?}{:?}", lock(&house.deeds), house.world.borrow().settings);
    assert!(!everything.contains("hunter2") && !everything.contains("topsecret"));
}

#[tokio::test]
async fn a_repository_on_the_machine_is_deployed_from_there_only() {
    let house = house(sample::world());
    let cookie = house.sign_up(PASSWORD).await;
    let body = json!({ "url": "file:///srv/git/shop", "name": "shop" });
    let refused = house.page(Method::POST, "/api/v1/apps", Some(&cookie), Some(body.clone())).await;
    assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::FORBIDDEN, "only-here"));
    assert_eq!(house.local(Method::POST, "/api/v1/apps", Some(body)).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn looking_at_a_repository_says_what_app_it_would_be_and_what_it_wants() {
    let house = house(sample::world());
    let seen = house.local(Method::POST, "/api/v1/sources/inspect", Some(json!({ "url": REPOSITORY }))).await.json();
    assert_eq!((&seen["ok"], &seen["app"]["id"], &seen["secrets"]), (&json!(true), &json!("shop"), &json!(["API_KEY"])));
    let wrong = json!({ "url": REPOSITORY, "manifest": "[app]\nname = \"shop\"\n[config]\nlang = \"node\"\nport = 70000\n" });
    let seen = house.local(Method::POST, "/api/v1/sources/inspect", Some(wrong)).await.json();
    let port = seen["findings"].as_array().unwrap().iter().find(|finding| finding["key"] == "config.port").unwrap();
    assert_eq!((&seen["ok"], &port["line"], &port["severity"]), (&json!(false), &json!(5), &json!("error")));
    let nowhere = house.local(Method::POST, "/api/v1/sources/inspect", Some(json!({ "url": "https://git.example/none" }))).await;
    assert_eq!((nowhere.kind().as_str(), nowhere.json()["next"].as_str()), ("source-not-found", Some("Check the address.")));
}

#[tokio::test]
async fn every_change_is_noted_with_who_what_and_outcome() {
    let house = house(sample::running().0);
    let cookie = house.sign_up(PASSWORD).await;
    house.page(Method::POST, "/api/v1/apps/taken/start", Some(&cookie), None).await;
    house.page(Method::PUT, "/api/v1/apps/web/secrets/API_KEY", Some(&cookie), Some(json!({ "value": "hunter2hunter2" }))).await;
    let deeds = lock(&house.deeds).clone();
    let told: Vec<String> =
        deeds.iter().map(|deed| format!("{} | {} | {} | {}", deed.who, deed.verb, deed.object, deed.outcome)).collect();
    assert_eq!(
        told,
        [
            "local root | make setup link | setup-link | done",
            "nobody at 192.0.2.9 | set password | setup | done",
            "session | start | apps/taken/start | refused",
            "session | set secret | apps/web/secrets/API_KEY | done",
        ]
    );
    assert_eq!(deeds[2].detail.as_deref(), Some("something is in the way"));
}

#[tokio::test]
async fn a_typed_name_is_asked_for_before_anything_is_destroyed() {
    let house = house(sample::running().0);
    let refused = house.local(Method::DELETE, "/api/v1/apps/web", Some(json!({ "confirm": "wab" }))).await;
    assert_eq!((refused.kind().as_str(), refused.json()["next"].as_str()), ("not-confirmed", Some("Type web to destroy it.")));
    let done = house.local(Method::DELETE, "/api/v1/apps/web", Some(json!({ "confirm": "web", "volumes": "delete" }))).await;
    assert_eq!(done.status, StatusCode::ACCEPTED);
    let asked = lock(&house.asked);
    assert!(matches!(&asked.last().unwrap().2, Command::Destroy { with_volumes: true, .. }));
}

#[tokio::test]
async fn an_unknown_app_is_404_with_the_nearest_name() {
    let house = house(sample::running().0);
    let answer = house.local(Method::GET, "/api/v1/apps/wen", None).await;
    assert_eq!((answer.status, answer.json()["next"].as_str()), (StatusCode::NOT_FOUND, Some("Did you mean \"web\"?")));
    assert_eq!(house.local(Method::GET, "/api/v1/apps/..%2f..", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.local(Method::PATCH, "/api/v1/apps", None).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn rolling_back_by_number_finds_the_version() {
    let house = house(sample::running().0);
    let answer = house.local(Method::POST, "/api/v1/apps/web/rollback", Some(json!({ "version": 1 }))).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    assert!(
        matches!(&lock(&house.asked).last().unwrap().2, Command::Rollback { version, .. } if version.as_str() == "0000000000000001")
    );
    assert_eq!(
        house.local(Method::POST, "/api/v1/apps/web/rollback", Some(json!({ "version": 9 }))).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn settling_a_conflict_names_its_object_and_its_change() {
    let house = house(sample::running().0);
    assert_eq!(house.local(Method::GET, "/api/v1/conflicts", None).await.json(), json!([]));
    let change = "aaaaaaaaaaaaaaaaaaaaaaaaaa.0123456789abcdef:17";
    let body = json!({ "object": "app/web/env", "revision": change });
    assert_eq!(house.local(Method::POST, "/api/v1/conflicts/settle", Some(body)).await.status, StatusCode::ACCEPTED);
    assert!(matches!(&lock(&house.asked).last().unwrap().2, Command::Settle { revision, .. } if revision.to_string() == change));
    let wrong = json!({ "object": "app/web/env", "revision": "17" });
    assert_eq!(house.local(Method::POST, "/api/v1/conflicts/settle", Some(wrong)).await.kind(), "bad-conflict");
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    use tower_service::Service as _;
    let house = house(sample::running().0);
    let cookie = house.sign_up(PASSWORD).await;
    let mut request = page_request(Method::GET, "/api/v1/events", Some(&cookie), None);
    request.extensions_mut().insert(phone());
    let response = house.router.clone().call(request).await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()[header::CONTENT_TYPE]),
        (StatusCode::OK, &header::HeaderValue::from_static("text/event-stream"))
    );
    let reading = tokio::spawn(axum::body::to_bytes(response.into_body(), 1 << 20));
    assert_eq!(house.page(Method::DELETE, "/api/v1/session", Some(&cookie), None).await.status, StatusCode::NO_CONTENT);
    let heard = tokio::time::timeout(std::time::Duration::from_secs(20), reading).await.unwrap().unwrap().unwrap();
    assert!(String::from_utf8_lossy(&heard).contains("event: hello"));
}

#[tokio::test]
async fn a_thousand_apps_are_listed_whole() {
    let (mut world, first) = sample::running();
    for n in 0..999 {
        let id = format!("app-{n}");
        sample::want(&mut world, &id, crate::model::document::Wanted::On);
        sample::app(&mut world, &id).deployments = vec![first];
    }
    let house = house(world);
    assert_eq!(house.local(Method::GET, "/api/v1/apps", None).await.json().as_array().unwrap().len(), 1000);
}

#[tokio::test]
async fn an_invite_is_shown_once_kept_as_a_digest_and_can_be_withdrawn() {
    let house = house(sample::world());
    let made = house.local(Method::POST, "/api/v1/invites", None).await;
    assert_eq!((made.status, made.json()["token"].as_str()), (StatusCode::OK, Some("TOKEN")), "{}", made.text);
    let stored = serde_json::to_string(&*house.web.world().settings).unwrap();
    assert!(stored.contains(&"c".repeat(64)) && !stored.contains("TOKEN"), "{stored}");
    let list = house.local(Method::GET, "/api/v1/invites", None).await;
    assert!(!list.text.contains("TOKEN"), "{}", list.text);
    let id = list.json()[0]["id"].as_str().unwrap().to_owned();
    let gone = house.local(Method::DELETE, &format!("/api/v1/invites/{id}"), None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(house.local(Method::GET, "/api/v1/invites", None).await.json(), json!([]));
}

#[tokio::test]
async fn who_joins_and_its_code_are_seen_with_a_session_only() {
    let house = house(sample::world());
    for (method, path) in
        [(Method::GET, "/api/v1/joining"), (Method::POST, "/api/v1/joining"), (Method::POST, "/api/v1/joining/1/approve")]
    {
        let answer = house.page(method, path, None, Some(json!({}))).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(house.local(Method::GET, "/api/v1/joining", None).await.json()["can_join"], true);
    let none = house.local(Method::POST, "/api/v1/joining", Some(json!({}))).await;
    assert_eq!((none.status, none.kind().as_str()), (StatusCode::CONFLICT, "nobody-found"));
}

#[tokio::test]
async fn a_machine_is_removed_only_when_its_name_is_typed() {
    let mut world = sample::world();
    let node: crate::model::id::NodeId = "b".repeat(26).parse().unwrap();
    let member = crate::model::document::Member { name: "pi4".into(), key: String::new(), joined_at: WallTime(1) };
    Arc::make_mut(&mut world.members).insert(node.clone(), member);
    let house = house(world);
    let path = format!("/api/v1/nodes/{node}");
    let refused = house.local(Method::DELETE, &path, Some(json!({ "confirm": "pi5" }))).await;
    assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "not-confirmed"));
    let removed = house.local(Method::DELETE, &path, Some(json!({ "confirm": "pi4" }))).await;
    assert_eq!(removed.status, StatusCode::ACCEPTED);
    assert_eq!(lock(&house.asked).last().unwrap().2, Command::RemoveNode { node });
    let unknown = house.local(Method::GET, &format!("/api/v1/nodes/{}/removal", "c".repeat(26)), None).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
