//! Does `probe` keep its word?

use super::*;
use std::future::pending;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that answers every connection with `answer`, after which it closes.
async fn serving(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

fn probe(target: SocketAddr, path: Option<&str>) -> Probe {
    Probe {
        target,
        path: path.map(str::to_owned),
        every: Duration::from_millis(10),
        timeout: Duration::from_millis(500),
        grace: Duration::from_millis(300),
    }
}

#[tokio::test]
async fn any_answer_below_500_is_fine_on_the_root_and_only_200_to_399_on_a_named_path() {
    let missing = serving("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(probe(missing, Some("/")).ask().await, Ok(()));
    assert_eq!(probe(missing, Some("/healthz")).ask().await, Err("GET /healthz answers 404".into()));
    let moved = serving("HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(probe(moved, Some("/healthz")).ask().await, Ok(()));
    let broken = serving("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(probe(broken, Some("/")).ask().await, Err("GET / answers 500".into()));
}

#[tokio::test]
async fn without_a_path_a_connection_is_enough() {
    let address = serving("not http at all").await;
    assert_eq!(probe(address, None).ask().await, Ok(()));
    assert!(probe(address, Some("/")).ask().await.unwrap_err().contains("does not answer HTTP"));
}

#[tokio::test]
async fn an_app_that_accepts_and_says_nothing_is_not_well() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = probe(listener.local_addr().unwrap(), Some("/"));
    assert_eq!(silent.ask().await, Err("no answer within 500 ms".into()));
}

#[tokio::test]
async fn waiting_ends_with_the_first_success() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let opening = async {
        sleep(Duration::from_millis(50)).await;
        TcpListener::bind(address).await.unwrap()
    };
    let patient = Probe { grace: Duration::from_secs(10), ..probe(address, None) };
    let (healthy, _listener) = tokio::join!(patient.wait_healthy(pending()), opening);
    assert!(healthy.unwrap() >= Duration::from_millis(50));
}

#[tokio::test]
async fn waiting_ends_with_what_the_last_probe_met() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let unhealthy = probe(address, None).wait_healthy(pending()).await.unwrap_err();
    assert!(!unhealthy.has_exited);
    assert_eq!(unhealthy.because, format!("not healthy after 0 s: nothing listens on port {}", address.port()));
}

#[tokio::test]
async fn a_container_that_exits_ends_the_waiting_at_once() {
    let address: SocketAddr = "127.0.0.1:1".parse().unwrap();
    let patient = Probe { grace: Duration::from_secs(600), ..probe(address, None) };
    let unhealthy = patient.wait_healthy(std::future::ready("exited with code 1".to_owned())).await.unwrap_err();
    assert!(unhealthy.has_exited && unhealthy.because == "exited with code 1");
}
