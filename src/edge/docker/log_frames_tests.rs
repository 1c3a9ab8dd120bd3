//! Does `log_frames` keep its word?

use super::*;
use proptest::prelude::*;

fn frame(second: i64, nanos: u32, text: &str) -> Vec<u8> {
    format!("2026-11-20T09:{:02}:{:02}.{nanos:09}Z {text}", second / 60, second % 60).into_bytes()
}

fn read(cursor: Option<LogCursor>, log: &[Vec<u8>]) -> Vec<LogLine> {
    lines_of(cursor.map_or_else(Frames::new, Frames::resume), log)
}

fn lines_of(mut frames: Frames, log: &[Vec<u8>]) -> Vec<LogLine> {
    log.iter().flat_map(|bytes| frames.take(LogStream::Out, bytes)).collect()
}

/// What Docker answers: whole seconds, its own order.
fn docker(log: &[Vec<u8>], cursor: LogCursor) -> Vec<Vec<u8>> {
    let stamp = |bytes: &[u8]| timestamp::parse(std::str::from_utf8(bytes).unwrap().split(' ').next().unwrap()).unwrap();
    log.iter().filter(|bytes| stamp(bytes).seconds >= cursor.since()).cloned().collect()
}

fn texts(lines: &[LogLine]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

fn full(letter: &str) -> String {
    letter.repeat(WHOLE_FRAME)
}

#[test]
fn a_line_cut_by_docker_is_whole_again_with_or_without_a_newline_at_its_end() {
    for end in ["c\n", "c"] {
        let log = [frame(1, 5, &full("a")), frame(1, 5, &full("b")), frame(1, 5, end), frame(1, 6, "next\n")];
        let lines = read(None, &log);
        assert_eq!(texts(&lines), [format!("{}{}c", full("a"), full("b")).as_str(), "next"]);
        assert!(lines[0].at.ends_with(".000000005Z"));
    }
}

#[test]
fn a_line_that_fills_its_frames_exactly_ends_where_the_next_begins() {
    let log = [frame(1, 5, &full("a")), frame(1, 6, "next\n")];
    assert_eq!(texts(&read(None, &log)), [full("a").as_str(), "next"]);
}

#[test]
fn the_streams_do_not_mix_while_a_line_is_unfinished() {
    let mut frames = Frames::new();
    assert_eq!(frames.take(LogStream::Out, &frame(1, 1, &full("a"))), []);
    assert_eq!(texts(&frames.take(LogStream::Err, &frame(1, 2, "other\n"))), ["other"]);
    assert_eq!(texts(&frames.take(LogStream::Out, &frame(1, 1, "!\n"))), [format!("{}!", full("a"))]);
}

#[test]
fn bytes_that_are_not_text_are_replaced_and_a_carriage_return_is_dropped() {
    let mut bytes = frame(1, 1, "caf");
    bytes.extend_from_slice(b"\xe9\r\n");
    assert_eq!(texts(&read(None, &[bytes])), ["caf\u{fffd}"]);
}

#[test]
fn an_endless_line_is_cut_and_the_next_one_is_whole() {
    let mut log = vec![frame(1, 1, &full("x")); 10];
    log.push(frame(1, 1, "\n"));
    log.push(frame(1, 3, "next\n"));
    let lines = read(None, &log);
    assert_eq!(lines[0].text.len(), LONGEST + CUT.len());
    assert_eq!(lines[1].text, "next");
}

#[test]
fn the_last_line_of_an_ended_log_needs_no_newline() {
    let mut frames = Frames::new();
    assert_eq!(frames.take(LogStream::Err, &frame(1, 1, &full("k"))), []);
    assert_eq!(texts(&frames.rest()), [full("k")]);
    assert_eq!(frames.rest(), []);
}

#[test]
fn a_frame_without_a_stamp_is_shown_as_it_is() {
    assert_eq!(texts(&read(None, &[b"error from daemon in stream\n".to_vec()])), ["error from daemon in stream"]);
}

#[test]
fn a_cursor_survives_as_text_and_nonsense_does_not() {
    let lines = read(None, &[frame(1, 7, "a\n"), frame(3, 9, "b\n")]);
    let cursor = lines[1].cursor;
    assert_eq!(cursor.to_string().parse::<LogCursor>().unwrap(), cursor);
    for text in ["", "1.2", "a.b.c.d.e", "1.2.3.4.5.6", "1.2.-3.4.5"] {
        assert!(text.parse::<LogCursor>().is_err(), "{text}");
    }
}

#[test]
fn after_a_tail_the_lines_before_it_stay_unread() {
    let log: Vec<Vec<u8>> = (0..10).map(|n| frame(5, n * 10, &format!("{n}\n"))).collect();
    let tail = lines_of(Frames::tail(), &log[7..9]);
    let cursor = tail.last().unwrap().cursor;
    assert_eq!(texts(&read(Some(cursor), &docker(&log, cursor))), ["9"]);
}

#[test]
fn when_docker_threw_away_what_was_seen_nothing_new_is_left_out() {
    let log: Vec<Vec<u8>> = (0..10).map(|n| frame(5, n * 10, &format!("{n}\n"))).collect();
    let cursor = read(None, &log[..6]).last().unwrap().cursor;
    assert_eq!(texts(&read(Some(cursor), &log[8..])), ["8", "9"]);
}

proptest! {
    /// Stamps as two copying goroutines make them: rising, with neighbours sometimes swapped, some the same.
    #[test]
    fn however_often_the_reader_breaks_off_every_line_comes_once(steps in prop::collection::vec((0u32..900, prop::bool::ANY), 1..120), breaks in prop::collection::vec(0usize..120, 0..6)) {
        let mut clock = 0_u64;
        let mut log = Vec::new();
        for (n, (step, late)) in steps.iter().enumerate() {
            clock += u64::from(*step);
            let stamp = clock.saturating_sub(if *late { 40 } else { 0 });
            log.push(frame(i64::try_from(stamp / 1000).unwrap() + 60, u32::try_from(stamp % 1000).unwrap() * 1_000_000, &format!("{n}\n")));
        }
        let mut breaks = breaks.clone();
        breaks.sort_unstable();
        let mut seen: Vec<String> = Vec::new();
        let mut cursor: Option<LogCursor> = None;
        for end in breaks.into_iter().map(|at| at.min(log.len())).chain([log.len()]) {
            // The log had grown to `end` when the reader broke off.
            let answer = cursor.map_or_else(|| log[..end].to_vec(), |cursor| docker(&log[..end], cursor));
            let lines = read(cursor, &answer);
            cursor = lines.last().map(|line| line.cursor).or(cursor);
            seen.extend(lines.into_iter().map(|line| line.text));
        }
        let all: Vec<String> = (0..log.len()).map(|n| n.to_string()).collect();
        prop_assert_eq!(seen, all);
    }
}
