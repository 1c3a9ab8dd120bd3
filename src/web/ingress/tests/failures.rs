//! What happens when an app is gone, half gone, or slow, and when a visitor is?

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;

use super::world::{World, app, dead, echo};

const GET: &str = "GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 5\r\n\r\nhello";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// An app that takes requests, counts them and hangs up without an answer.
async fn hanging_up() -> (std::net::SocketAddr, Arc<AtomicUsize>) {
    let hits = Arc::new(AtomicUsize::new(0));
    let counter = hits.clone();
    let address = app(move |mut visitor, _| {
        let counter = counter.clone();
        async move {
            if let Some(head) = visitor.head().await {
                visitor.body(&head, false).await;
                counter.fetch_add(1, Ordering::SeqCst);
            }
        }
    })
    .await;
    (address, hits)
}

#[tokio::test]
async fn a_dead_replica_costs_no_request_of_any_method() {
    let world = World::with(&[dead().await, echo().await]);
    for request in [GET, POST, GET, POST, GET, POST] {
        let answer = world.ask(request).await;
        assert_eq!(answer.status(), 200, "{request}");
    }
}

#[tokio::test]
async fn an_app_nobody_can_reach_is_a_clear_502() {
    let world = World::with(&[dead().await]);
    let answer = world.ask(POST).await;
    assert_eq!(answer.status(), 502);
    assert!(answer.text().contains("Nothing answers on port 3000"), "{}", answer.text());
}

#[tokio::test]
async fn a_connection_the_app_closed_while_idle_is_replaced_for_any_method() {
    let (closed, mut closes) = mpsc::channel(1);
    let address = app(move |mut visitor, _| {
        let closed = closed.clone();
        async move {
            let head = visitor.head().await.unwrap_or_default();
            visitor.body(&head, false).await;
            visitor.send(OK).await;
            drop(visitor);
            closed.send(()).await.ok();
        }
    })
    .await;
    let world = World::with(&[address]);
    let mut visitor = world.visitor().await;
    for request in [GET, POST, POST, GET, POST] {
        assert_eq!(visitor.ask(request).await.status(), 200);
        closes.recv().await;
    }
}

#[tokio::test]
async fn a_connection_that_dies_under_a_request_is_replaced_if_the_request_can_be_repeated() {
    let address = app(|mut visitor, number| async move {
        // The first connection answers once and then hangs up on the second request.
        while visitor.head().await.is_some() {
            visitor.send(OK).await;
            if number == 0 {
                visitor.head().await;
                return;
            }
        }
    })
    .await;
    let world = World::with(&[address]);
    let mut visitor = world.visitor().await;
    assert_eq!(visitor.ask(GET).await.status(), 200);
    assert_eq!(visitor.ask(GET).await.status(), 200, "the stale connection is invisible");
}

#[tokio::test]
async fn a_request_that_may_have_done_something_is_never_sent_twice() {
    let (address, hits) = hanging_up().await;
    let (other, others) = hanging_up().await;
    let world = World::with(&[address, other]);
    assert_eq!(world.ask(POST).await.status(), 502);
    assert_eq!(hits.load(Ordering::SeqCst) + others.load(Ordering::SeqCst), 1);
    let put = world.ask("PUT / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 5\r\n\r\nhello").await;
    assert_eq!(put.status(), 502, "its body is gone");
    assert_eq!(hits.load(Ordering::SeqCst) + others.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failing_app_is_not_stormed_with_repeats() {
    let (address, hits) = hanging_up().await;
    let (other, others) = hanging_up().await;
    let world = World::with(&[address, other]);
    assert_eq!(world.ask(GET).await.status(), 502);
    let total = || hits.load(Ordering::SeqCst) + others.load(Ordering::SeqCst);
    assert_eq!(total(), 3, "three tries and no more");
    for _ in 1..200 {
        assert_eq!(world.ask(GET).await.status(), 502);
    }
    assert!(total() <= 200 + 200 / 5 + 32, "{}", total());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_seen_as_broken() {
    let address = app(|mut visitor, _| async move {
        visitor.head().await;
        visitor.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nha\r\n").await;
    })
    .await;
    let world = World::with(&[address]);
    let mut visitor = world.visitor().await;
    visitor.send(GET).await;
    visitor.head().await.unwrap();
    while visitor.more().await {}
    assert!(!String::from_utf8_lossy(&visitor.rest).contains("0\r\n\r\n"), "no false end");
}

#[tokio::test]
async fn an_early_refusal_of_an_upload_reaches_the_visitor() {
    let address = app(|mut visitor, _| async move {
        visitor.head().await;
        visitor.send("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
        while visitor.more().await {}
    })
    .await;
    let world = World::with(&[address]);
    let mut visitor = world.visitor().await;
    let answer = visitor.ask("POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 1000000\r\n\r\nstart").await;
    assert_eq!(answer.status(), 413);
}

// With the clock paused it jumps to the next deadline whenever everybody waits.
#[tokio::test(start_paused = true)]
async fn a_visitor_that_never_ends_its_head_is_hung_up_on() {
    let world = World::with(&[echo().await]);
    let mut visitor = world.visitor().await;
    let before = tokio::time::Instant::now();
    visitor.send("GET / HTTP/1.1\r\nHost: web.").await;
    while visitor.more().await {}
    assert!((9..12).contains(&before.elapsed().as_secs()), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_visitor_that_stops_within_its_body_is_told_so() {
    let world = World::with(&[echo().await]);
    let mut visitor = world.visitor().await;
    let before = tokio::time::Instant::now();
    let answer = visitor.ask("POST / HTTP/1.1\r\nHost: web.localhost\r\nContent-Length: 10\r\n\r\nhalf").await;
    assert_eq!(answer.status(), 408);
    assert!((29..33).contains(&before.elapsed().as_secs()), "{:?}", before.elapsed());
    assert!(visitor.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_has_no_limit() {
    let address = app(|mut visitor, _| async move {
        visitor.head().await;
        tokio::time::sleep(std::time::Duration::from_secs(290)).await;
        visitor.send(OK).await;
    })
    .await;
    let world = World::with(&[address]);
    assert_eq!(world.ask(GET).await.text(), "ok");
}
