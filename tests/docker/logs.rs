//! Logs: what an app writes arrives once, in order, also across a break.

use std::time::Duration;

use futures_util::StreamExt;
use kraken::edge::docker::{LogCursor, LogLine, LogRequest, LogStream};

use kraken::model::id::ContainerId;

use crate::support::docker::Corner;

async fn read(corner: &Corner, id: &ContainerId, request: LogRequest, most: usize) -> Vec<LogLine> {
    let lines = corner.docker.logs(id, request).take(most).map(Result::unwrap).collect::<Vec<_>>();
    tokio::time::timeout(Duration::from_secs(30), lines).await.expect("the log flows")
}

fn texts(lines: &[LogLine]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

#[tokio::test]
async fn a_log_is_followed_to_its_end_and_read_again_from_any_line() {
    let corner = Corner::with_network("logs", 40).await;
    let spec =
        corner.spec("talks", "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); [ $((i % 500)) = 0 ] && sleep 0.4; done; true");
    let id = corner.docker.create_and_start(&spec).await.unwrap().id;
    let all = read(&corner, &id, LogRequest { follow: true, ..Default::default() }, 5000).await;
    let expected: Vec<String> = (0..3000).map(|n| n.to_string()).collect();
    assert_eq!(texts(&all), expected);
    for at in [0, 1, 499, 500, 1234, 2998, 2999] {
        // Through text, as a page or a file would keep it.
        let cursor: LogCursor = all[at].cursor.to_string().parse().unwrap();
        let rest = read(&corner, &id, LogRequest { after: Some(cursor), ..Default::default() }, 5000).await;
        assert_eq!(texts(&rest), expected[at + 1..], "after line {at}");
    }
}

#[tokio::test]
async fn a_follower_that_breaks_off_again_and_again_loses_and_doubles_nothing() {
    let corner = Corner::with_network("seam", 41).await;
    let spec = corner.spec(
        "talks",
        "i=0; while [ $i -lt 1200 ]; do echo $i; echo e$i >&2; i=$((i+1)); [ $((i % 100)) = 0 ] && sleep 0.1; done; true",
    );
    let id = corner.docker.create_and_start(&spec).await.unwrap().id;
    let (mut out, mut err, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let lines = read(&corner, &id, LogRequest { after, follow: true, tail: None }, 97).await;
        let Some(last) = lines.last() else { break };
        after = Some(last.cursor);
        for line in lines {
            if line.stream == LogStream::Out { out.push(line.text) } else { err.push(line.text) }
        }
    }
    assert_eq!(out, (0..1200).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(err, (0..1200).map(|n| format!("e{n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn long_lines_and_bytes_that_are_no_text_arrive() {
    let corner = Corner::with_network("odd", 42).await;
    let spec = corner.spec("odd", "head -c 40000 /dev/zero | tr '\\0' x; echo; printf 'caf\\351\\n'; head -c 200000 /dev/zero | tr '\\0' y; echo; printf 'no newline'");
    let id = corner.docker.create_and_start(&spec).await.unwrap().id;
    // Read once it has ended: a follower of this engine may miss a last line without its newline.
    corner.docker.wait(&id).await.unwrap();
    let lines = read(&corner, &id, LogRequest::default(), 100).await;
    assert_eq!(
        lines.iter().map(|line| line.text.chars().take(10).collect::<String>()).collect::<Vec<_>>(),
        ["xxxxxxxxxx", "caf\u{fffd}", "yyyyyyyyyy", "no newline"]
    );
    assert_eq!(lines[0].text.len(), 40_000);
    assert!(lines[2].text.ends_with("(line cut)") && lines[2].text.len() < 70_000);
}

#[tokio::test]
async fn a_tail_is_the_end_of_the_log() {
    let corner = Corner::with_network("tail", 43).await;
    let id = corner.docker.create_and_start(&corner.spec("talks", "seq 1 100; sleep 600")).await.unwrap().id;
    read(&corner, &id, LogRequest { follow: true, ..Default::default() }, 100).await;
    let tail = read(&corner, &id, LogRequest { tail: Some(3), ..Default::default() }, 100).await;
    assert_eq!(texts(&tail), ["98", "99", "100"]);
    assert_eq!(corner.docker.last_lines(&id, 1).await, ["100"]);
}

#[tokio::test]
async fn the_log_of_nothing_is_an_error_and_not_an_empty_log() {
    let corner = Corner::new(None, "nolog", 44).await;
    let nobody = "0".repeat(64).parse::<ContainerId>().unwrap();
    let mut lines = std::pin::pin!(corner.docker.logs(&nobody, LogRequest::default()));
    assert!(lines.next().await.unwrap().unwrap_err().is_not_found());
}
