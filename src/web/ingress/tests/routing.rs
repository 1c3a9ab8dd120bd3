//! Does each host, port and address lead where it should?

use super::world::{World, app_id, echo, free_port};
use crate::model::event::Event;
use crate::web::ingress::tests::world::Visitor;

#[tokio::test]
async fn an_app_answers_to_its_host_however_it_is_written() {
    let world = World::with(&[echo().await]);
    for host in ["web.localhost", "WEB.LocalHost:8080", "web.localhost."] {
        let answer = world.get(host, "/a?b=1").await;
        assert_eq!(answer.status(), 200, "{host}");
        assert!(answer.text().starts_with("GET /a?b=1 HTTP/1.1\r\n"));
        assert!(answer.text().to_ascii_lowercase().contains(&format!("host: {}\r\n", host.to_ascii_lowercase())));
    }
}

#[tokio::test]
async fn an_absolute_target_wins_over_the_host_header() {
    let world = World::with(&[echo().await]);
    let answer = world.ask("GET http://web.localhost/x?y HTTP/1.1\r\nHost: evil.com\r\n\r\n").await;
    assert!(answer.text().starts_with("GET /x?y HTTP/1.1\r\n"), "{}", answer.text());
    assert!(answer.text().contains("host: web.localhost\r\n") && !answer.text().contains("evil"));
}

#[tokio::test]
async fn no_host_two_hosts_and_no_true_host_are_bad_requests() {
    let world = World::with(&[echo().await]);
    for hosts in ["", "Host: web.localhost\r\nHost: web.localhost\r\n", "Host: a@web.localhost\r\n", "Host: \r\n"] {
        let answer = world.ask(&format!("GET / HTTP/1.1\r\n{hosts}\r\n")).await;
        assert_eq!((answer.status(), answer.header("connection")), (400, Some("close")), "{hosts:?}");
    }
}

#[tokio::test]
async fn a_foreign_name_is_refused_and_told_where_to_add_it() {
    let world = World::with(&[echo().await]);
    let answer = world.get("evil.com", "/").await;
    assert_eq!(answer.status(), 421);
    assert!(answer.text().contains("hosts") && !answer.text().contains("8000"));
}

#[tokio::test]
async fn an_unknown_app_is_a_small_page_that_leads_to_the_dashboard() {
    let world = World::with(&[echo().await]);
    let answer = world.ask("GET / HTTP/1.1\r\nHost: shop.localhost\r\nAccept: text/html\r\n\r\n").await;
    assert_eq!(answer.status(), 404);
    assert!(answer.text().contains("No app answers to shop.localhost"));
    assert!(answer.text().contains("href=\"http://127.0.0.1:8000/\""));
    let problem = world.get("shop.local", "/").await;
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
}

#[tokio::test]
async fn the_machine_itself_leads_to_the_dashboard() {
    let world = World::with(&[echo().await]);
    for host in ["127.0.0.1", "localhost", "pi4", "pi4.local"] {
        let answer = world.get(&format!("{host}:8080"), "/").await;
        assert_eq!((answer.status(), answer.header("location")), (302, Some(format!("http://{host}:8000/").as_str())));
    }
}

#[tokio::test]
async fn apps_by_name_lead_to_an_origin_of_their_own() {
    let mut world = World::with(&[echo().await]);
    let port = world.ingress.port().unwrap();
    let answer = world.get("localhost", "/apps/web/a?b").await;
    assert_eq!(answer.header("location"), Some(format!("http://web.localhost:{port}/a?b").as_str()));
    let published = free_port().await;
    world.table.ports.insert(published, app_id("web"));
    world.apply();
    let answer = world.get("pi4.local", "/apps/web").await;
    assert_eq!(answer.header("location"), Some(format!("http://pi4.local:{published}/").as_str()));
    assert_eq!(world.get("pi4.local", "/apps/nope").await.status(), 404);
}

#[tokio::test]
async fn a_published_port_takes_any_host() {
    let mut world = World::with(&[echo().await]);
    let port = free_port().await;
    world.table.ports.insert(port, app_id("web"));
    world.apply();
    for host in ["192.168.1.5", "pi4.local", "anything.example"] {
        let mut visitor = Visitor::at(([127, 0, 0, 1], port).into()).await;
        let answer = visitor.ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!(answer.status(), 200, "{host}");
    }
}

#[tokio::test]
async fn an_app_without_replica_says_why_to_people_and_programs() {
    let mut world = World::with(&[]);
    world.web().because = "It is turned off & asleep.".to_owned();
    world.apply();
    let page = world.ask("GET / HTTP/1.1\r\nHost: web.localhost\r\nAccept: text/html\r\n\r\n").await;
    assert_eq!((page.status(), page.header("retry-after")), (503, Some("5")));
    assert!(page.text().contains("Web &lt;1&gt;") && page.text().contains("It is turned off &amp; asleep."));
    let problem: serde_json::Value = serde_json::from_slice(&world.get("web.localhost", "/").await.body).unwrap();
    assert_eq!((&problem["status"], &problem["detail"]), (&503.into(), &"It is turned off & asleep.".into()));
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_and_opened_once_it_is_free() {
    let mut world = World::with(&[echo().await]);
    let taken = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    world.table.ports.insert(port, app_id("web"));
    world.apply();
    let because = "another program listens on it".to_owned();
    assert_eq!(world.refused.recv().await, Some(Event::PortRefused { port, because }));
    drop(taken);
    world.apply();
    let answer = Visitor::at(([127, 0, 0, 1], port).into()).await.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_visitor_stays_with_one_replica_if_the_app_asks_for_it() {
    let mut world = World::with(&[echo().await, echo().await]);
    world.web().sticky = true;
    world.apply();
    let first = world.get("web.localhost", "/").await;
    let cookie = first.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("kraken_r_web=web-"), "{cookie}");
    for _ in 0..4 {
        let next = world.ask(&format!("GET / HTTP/1.1\r\nHost: web.localhost\r\nCookie: a=1; {cookie}\r\n\r\n")).await;
        assert_eq!(next.header("set-cookie"), None, "already there");
        assert!(next.text().contains("cookie: a=1\r\n") && !next.text().contains("kraken_"));
    }
    let gone = world.ask("GET / HTTP/1.1\r\nHost: web.localhost\r\nCookie: kraken_r_web=web-9\r\n\r\n").await;
    assert!(gone.header("set-cookie").is_some());
}
