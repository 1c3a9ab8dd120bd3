//! A request as it goes over the wire, with nothing added; and a signed-in session.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::agent::TestAgent;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Sends one request to `address` with just these headers, and reads what comes within two seconds of silence.
pub fn send(address: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let request = format!("{method} {target} HTTP/1.1\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 8192];
    // A stream of events has no end: its first piece is its answer.
    while !is_whole(&answer) {
        match stream.read(&mut piece).unwrap() {
            0 => break,
            read => answer.extend_from_slice(&piece[..read]),
        }
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    text.to_lowercase().contains("text/event-stream") && text.contains("\r\n\r\n") && text.contains("data:")
}

/// `127.0.0.1:PORT` of the API, and the one-time token of `kraken login`.
pub fn setup_link(agent: &TestAgent) -> (String, String) {
    let link = agent.ok(["login"]);
    let link = link.lines().next().unwrap().trim().strip_prefix("http://").unwrap().to_owned();
    let (authority, token) = link.split_once("/#setup=").unwrap();
    let port = authority.rsplit_once(':').unwrap().1;
    (format!("127.0.0.1:{port}"), token.to_owned())
}

/// Signs in by a one-time link, as the page does: where the API is, and the session's `NAME=VALUE`.
pub fn sign_in(agent: &TestAgent, password: &str) -> (String, String) {
    let (api, token) = setup_link(agent);
    let answer = change(&api, "POST", "/api/v1/setup", None, &json!({ "token": token, "password": password }));
    assert_eq!(answer.status, 204, "{answer:?}");
    let cookie =
        answer.head.lines().find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")));
    let cookie = cookie.unwrap().1;
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    (api, cookie.split(';').next().unwrap().to_owned())
}

/// A change as the dashboard's own page makes it.
pub fn change(api: &str, method: &str, target: &str, cookie: Option<&str>, body: &Value) -> Answer {
    let origin = format!("http://{api}");
    let mut headers = vec![("Host", api), ("Origin", &origin), ("X-Kraken", "1"), ("Content-Type", "application/json")];
    headers.extend(cookie.map(|cookie| ("Cookie", cookie)));
    send(api, method, target, &headers, &body.to_string())
}

/// Every operation of the API: method, path as in the document, and whether it says that nobody need be signed in.
pub fn operations(agent: &TestAgent) -> Vec<(String, String, bool)> {
    let document: Value = serde_json::from_str(&agent.ok(["openapi"])).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let open = operation["security"].as_array().is_some_and(|ways| ways.is_empty() || ways.contains(&json!({})));
            found.push((method.to_uppercase(), path.clone(), open));
        }
    }
    assert!(found.len() > 55, "{}", found.len());
    found
}
