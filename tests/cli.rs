//! Does the real program end as docs/cli.md says? Started as a process, against an agent that answers three things.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

const ACCEPTED: &str = r#"{"app":"shop","deployment":"d1","copies":1,"message":"Deploying shop."}"#;
const UNDER_WAY: &str = r#"{"id":"d1","app":"shop","state":"under_way","phase":"building","steps":[{"phase":"building","state":"now","why":"npm ci"}]}"#;

fn kraken(socket: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kraken"));
    let quiet = command.args(arguments).env_clear().env("KRAKEN_SOCKET", socket).stdin(Stdio::null());
    quiet.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(socket: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = kraken(socket, arguments).wait_with_output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// Answers each question by its first line, and tells which it was.
fn agent(socket: &Path) -> Receiver<String> {
    let listener = UnixListener::bind(socket).unwrap();
    let (tell, asked) = channel();
    std::thread::spawn(move || {
        // Streams stay open as long as the agent does.
        let mut open = Vec::new();
        for stream in listener.incoming() {
            open.extend(answer(stream.unwrap(), &tell));
        }
    });
    asked
}

fn answer(mut stream: UnixStream, tell: &Sender<String>) -> Option<UnixStream> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        length = line.strip_prefix("content-length: ").map_or(length, |text| text.parse().unwrap());
        lines.push(line);
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    let body = match lines[0].as_str() {
        first if first.starts_with("get /api/v1/events") => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n: open\n\n")
                .unwrap();
            tell.send(lines.remove(0)).unwrap();
            return Some(stream);
        }
        first if first.starts_with("post") => ACCEPTED,
        first if first.starts_with("get /api/v1/deployments") => UNDER_WAY,
        _ => "[]",
    };
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).unwrap();
    tell.send(lines.remove(0)).unwrap();
    None
}

#[test]
fn ctrl_c_ends_the_command_and_says_that_the_deployment_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("api.sock");
    let asked = agent(&socket);
    let child = kraken(&socket, &["deploy", "https://git.example/me/shop"]);
    let patience = Duration::from_secs(20);
    // The deployment is looked at once the stream is open: then the command listens for Ctrl-C as well.
    while !asked.recv_timeout(patience).unwrap().starts_with("get /api/v1/deployments/d1") {}
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    let told = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(130), "{told}");
    assert!(told.ends_with("The deployment goes on. Give it up with: kraken abort d1\n"), "{told}");
}

#[test]
fn the_exit_code_tells_a_script_what_happened() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("api.sock");
    let (code, told) = ended(&socket, &["apps"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.starts_with("error: no agent listens at ") && told.contains("\nnext: "), "{told}");
    assert_eq!(ended(&socket, &["scale", "shop", "many"]).0, Some(2));
    assert_eq!(ended(&socket, &["--version"]).0, Some(0));
    let _asked = agent(&socket);
    assert_eq!(ended(&socket, &["apps"]), (Some(0), "No app yet. Deploy one with: kraken deploy URL\n".to_owned()));
    assert_eq!(ended(&socket, &["apps", "--quiet"]), (Some(0), String::new()));
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let nowhere = Path::new("/nowhere");
    let mut child = kraken(nowhere, &["openapi"]);
    drop(child.stdout.take());
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!((status.code(), String::from_utf8(stderr).unwrap()), (Some(0), String::new()));
}
