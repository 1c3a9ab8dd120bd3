//! Do messages arrive as they should, and only those that can be read in one way?

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::world::{World, app, echo, saying};

#[tokio::test]
async fn apps_see_no_hop_by_hop_header_no_session_and_no_false_origin() {
    let world = World::with(&[echo().await]);
    let answer = world
        .ask(
            "GET / HTTP/1.1\r\nHost: web.localhost\r\nConnection: keep-alive, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\n\
             Proxy-Authorization: x\r\nTE: gzip\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n\
             Cookie: kraken_session=topsecret; theme=dark\r\nCookie: a=1; kraken_x=2\r\nX-Own: yes\r\n\r\n",
        )
        .await;
    let seen = answer.text().to_ascii_lowercase();
    for gone in ["x-secret", "keep-alive", "proxy-", "te: ", "6.6.6.6", "kraken", "topsecret", "connection"] {
        assert!(!seen.contains(gone), "{gone} in {seen}");
    }
    for there in [
        "x-own: yes",
        "cookie: theme=dark\r\n",
        "cookie: a=1\r\n",
        "x-forwarded-for: 127.0.0.1\r\n",
        "x-forwarded-host: web.localhost\r\n",
        "forwarded: for=127.0.0.1;proto=http\r\n",
    ] {
        assert!(seen.contains(there), "{there} not in {seen}");
    }
}

#[tokio::test]
async fn answers_keep_both_their_cookies_and_lose_krakens_and_the_hops() {
    let world = World::with(&[saying(
        "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: kraken_session=evil\r\nSet-Cookie: b=2\r\nConnection: X-Hop\r\nX-Hop: 1\r\nProxy-Connection: x\r\nKeep-Alive: timeout=9\r\nContent-Length: 2\r\n\r\nok",
    )
    .await]);
    let answer = world.get("web.localhost", "/").await;
    assert_eq!(answer.all("set-cookie"), ["a=1", "b=2"]);
    assert_eq!((answer.header("x-hop"), answer.header("keep-alive"), answer.header("proxy-connection")), (None, None, None));
}

#[tokio::test]
async fn what_two_programs_could_read_in_two_ways_never_reaches_an_app() {
    let reached = Arc::new(AtomicUsize::new(0));
    let counter = reached.clone();
    let address = app(move |mut visitor, _| {
        let counter = counter.clone();
        async move {
            while visitor.head().await.is_some() {
                counter.fetch_add(1, Ordering::SeqCst);
                visitor.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
            }
        }
    })
    .await;
    let world = World::with(&[address]);
    for (probe, status) in [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400),
        ("transfer-encoding: chunked\r\nX: 1\r\nCONTENT-LENGTH:5\r\n", 400),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length : 5\r\n", 400),
        ("Transfer-Encoding: xchunked\r\n", 400),
        ("Transfer-Encoding: chunked, identity\r\n", 400),
        ("Transfer-Encoding: gzip, chunked\r\n", 501),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 501),
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: web.localhost\r\n{probe}\r\n0\r\n\r\n");
        let mut visitor = world.visitor().await;
        assert_eq!(visitor.ask(&request).await.status(), status, "{probe:?}");
        assert!(visitor.is_closed().await, "{probe:?} leaves the connection open");
    }
    let spaced = world.ask("GET / HTTP/1.1\r\nHost : web.localhost\r\n\r\n").await;
    assert_eq!(spaced.status(), 400);
    assert_eq!(world.ask("TRACE / HTTP/1.1\r\nHost: web.localhost\r\n\r\n").await.status(), 405);
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn lengths_inside_a_chunked_body_are_no_second_length() {
    let world = World::with(&[echo().await]);
    let part = "--x\r\nContent-Length: 3\r\n\r\nabc\r\n--x--";
    let head = "POST / HTTP/1.1\r\nHost: web.localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut visitor = world.visitor().await;
    for _ in 0..3 {
        let answer = visitor.ask(&format!("{head}{:x}\r\n{part}\r\n0\r\n\r\n", part.len())).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.text().ends_with(part));
        assert_eq!(visitor.ask("POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 2\r\n\r\nhi").await.status(), 200);
    }
}

#[tokio::test]
async fn a_head_over_64_kib_is_refused() {
    let world = World::with(&[echo().await]);
    let answer = world.ask(&format!("GET / HTTP/1.1\r\nHost: web.localhost\r\nX: {}\r\n\r\n", "a".repeat(70_000))).await;
    assert_eq!(answer.status(), 431);
}

#[tokio::test]
async fn answers_without_body_leave_the_connection_in_step() {
    let address = app(|mut visitor, _| async move {
        while let Some(head) = visitor.head().await {
            let answer = match head.split(' ').nth(1).unwrap() {
                "/204" => "HTTP/1.1 204 No Content\r\n\r\n",
                "/304" => "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n",
                "/0" => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                _ if head.starts_with("HEAD") => "HTTP/1.1 200 OK\r\nContent-Length: 123\r\n\r\n",
                _ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            };
            visitor.send(answer).await;
        }
    })
    .await;
    let world = World::with(&[address]);
    let mut visitor = world.visitor().await;
    let head = visitor.ask("HEAD / HTTP/1.1\r\nHost: web.localhost\r\n\r\n").await;
    assert_eq!((head.status(), head.header("content-length")), (200, Some("123")));
    for (path, status) in [("/204", 204), ("/304", 304), ("/0", 200), ("/", 200)] {
        assert_eq!(visitor.ask(&format!("GET {path} HTTP/1.1\r\nHost: web.localhost\r\n\r\n")).await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_turn() {
    let world = World::with(&[echo().await]);
    let mut visitor = world.visitor().await;
    visitor.send("GET /1 HTTP/1.1\r\nHost: web.localhost\r\n\r\nPOST /2 HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 2\r\n\r\nhiGET /3 HTTP/1.1\r\nHost: web.localhost\r\n\r\n").await;
    for start in ["GET /1 ", "POST /2 ", "GET /3 "] {
        assert!(visitor.answer(false).await.text().starts_with(start));
    }
}

#[tokio::test]
async fn a_visitor_that_expects_100_gets_it_and_its_body_arrives() {
    let world = World::with(&[echo().await]);
    let mut visitor = world.visitor().await;
    visitor.send("PUT / HTTP/1.1\r\nHost: web.localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").await;
    assert_eq!(visitor.head().await.as_deref(), Some("HTTP/1.1 100 Continue\r\n\r\n"));
    visitor.send("hello").await;
    let answer = visitor.answer(false).await;
    assert!(answer.text().ends_with("hello") && !answer.text().contains("expect"));
}

#[tokio::test]
async fn trailers_pass_to_who_takes_them() {
    let world = World::with(&[saying(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n",
    )
    .await]);
    let mut visitor = world.visitor().await;
    let answer = visitor.ask("GET / HTTP/1.1\r\nHost: web.localhost\r\nTE: trailers\r\nConnection: TE\r\n\r\n").await;
    assert_eq!(answer.text(), "ok");
    assert_eq!(visitor.until("\r\n\r\n").await.unwrap().to_ascii_lowercase(), "x-sum: 7\r\n\r\n");
}

#[tokio::test]
async fn an_old_visitor_and_an_old_app_are_understood() {
    let address = app(|mut visitor, _| async move {
        visitor.head().await;
        visitor.send("HTTP/1.0 200 OK\r\n\r\nuntil the end").await;
    })
    .await;
    let world = World::with(&[address]);
    let new = world.get("web.localhost", "/").await;
    assert_eq!((new.text(), new.header("transfer-encoding")), ("until the end", Some("chunked")));
    let old = world.ask("GET / HTTP/1.0\r\nHost: web.localhost\r\n\r\n").await;
    assert_eq!((old.text(), old.header("transfer-encoding")), ("until the end", None));
}

#[tokio::test]
async fn a_get_with_a_body_passes_it_on() {
    let world = World::with(&[echo().await]);
    let chunked =
        world.ask("GET / HTTP/1.1\r\nHost: web.localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n").await;
    assert!(chunked.text().ends_with("hi"), "{}", chunked.text());
    let sized = world.ask("GET / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 2\r\n\r\nhi").await;
    assert!(sized.text().ends_with("hi"));
}

#[tokio::test]
async fn requests_and_bytes_are_counted_for_the_page() {
    let world = World::with(&[saying("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nanswer!").await]);
    let mut visitor = world.visitor().await;
    for _ in 0..3 {
        visitor.ask("POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 2\r\n\r\nhi").await;
    }
    let counts = world.flow.counts(&super::world::app_id("web"));
    assert_eq!((counts.last_hour, counts.bytes_in, counts.bytes_out), (3, 6, 21));
    assert_eq!(world.flow.in_flight(&super::world::replica_id("web-0")), 0);
}
