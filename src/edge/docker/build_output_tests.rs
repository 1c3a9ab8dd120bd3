//! Does `build_output` keep its word?

use super::*;

fn heard(chunks: &[&str]) -> (Transcript, Vec<BuildLine>) {
    let mut transcript = Transcript::default();
    let mut lines: Vec<BuildLine> = chunks.iter().flat_map(|chunk| transcript.take(chunk)).collect();
    lines.extend(transcript.finish());
    (transcript, lines)
}

fn texts(lines: &[BuildLine], stream: BuildStream) -> Vec<&str> {
    lines.iter().filter(|line| line.stream == stream).map(|line| line.text.as_str()).collect()
}

/// As Debian's engine 20.10 sent it.
const BUILD: [&str; 16] = [
    "Step 1/3 : FROM kraken-test/tiny:0",
    "\n",
    " ---> 7812a39dcb8c\n",
    "Step 2/3 : ARG A=1",
    "\n",
    " ---> Using cache\n",
    " ---> d7ebfe58ac4e\n",
    "Step 3/3 : RUN echo out; echo err >&2; printf 'no newline'",
    "\n",
    " ---> Running in 3db726470a60\n",
    "\u{1b}[91merr\n\u{1b}[0m",
    "out 1\nno newline",
    "Removing intermediate container 3db726470a60\n",
    " ---> c03e6f257945\n",
    "Successfully built c03e6f257945\n",
    "Successfully tagged kraken-test/x:0\n",
];

#[test]
fn steps_are_counted_and_only_what_this_build_made_is_ours() {
    let (transcript, _) = heard(&BUILD);
    assert_eq!((transcript.steps, transcript.cached_steps), (3, 1));
    assert_eq!(transcript.made, ["c03e6f257945"]);
    assert_eq!(transcript.containers, ["3db726470a60"]);
}

#[test]
fn what_a_command_says_is_told_apart_from_what_the_builder_says() {
    let (_, lines) = heard(&BUILD);
    assert_eq!(texts(&lines, BuildStream::Out), ["out 1", "no newline"]);
    assert_eq!(texts(&lines, BuildStream::Err), ["err"]);
    assert_eq!(texts(&lines, BuildStream::Note), [" ---> Using cache"]);
    assert_eq!(texts(&lines, BuildStream::Step).len(), 3);
}

#[test]
fn a_second_stage_from_an_earlier_one_makes_no_image() {
    let (transcript, _) = heard(&[
        "Step 1/3 : FROM a as build",
        "\n",
        " ---> 7812a39dcb8c\n",
        "Step 2/3 : RUN x",
        "\n",
        " ---> c03e6f257945\n",
        "Step 3/3 : from build",
        "\n",
        " ---> c03e6f257945\n",
    ]);
    assert_eq!(transcript.made, ["c03e6f257945"]);
    let (scratch, lines) = heard(&["Step 1/1 : FROM scratch", "\n", " ---> \n"]);
    assert!(scratch.made.is_empty() && lines.len() == 1, "{lines:?}");
}

#[test]
fn a_line_in_two_chunks_is_one_line() {
    let (_, lines) = heard(&["Step 1/1 : RUN x", "\n", " ---> Running in 3db726470a60\n", "he", "llo\nwor", "ld\n"]);
    assert_eq!(texts(&lines, BuildStream::Out), ["hello", "world"]);
}

#[test]
fn a_progress_bar_shows_its_last_state_and_colours_are_gone() {
    let (_, lines) = heard(&["10%\r50%\r100%\r\n", "\u{1b}[32mok\u{1b}[0m \u{1b}[2K done\n", "\u{1b}["]);
    assert_eq!(texts(&lines, BuildStream::Out), ["100%", "ok  done"]);
}

#[test]
fn the_last_twenty_lines_are_kept() {
    let chunk: String = (0..50).map(|n| format!("line {n}\n")).collect();
    let (transcript, _) = heard(&["Step 1/1 : RUN x", &chunk]);
    let last = transcript.last_lines();
    assert_eq!((last.len(), last[0].as_str(), last[19].as_str()), (20, "line 30", "line 49"));
}

#[test]
fn an_endless_line_is_broken_up() {
    let (_, lines) = heard(&["x".repeat(5000).as_str(); 4]);
    assert!(lines.len() >= 2 && lines.iter().all(|line| line.text.len() <= LONGEST + 5000));
}

#[test]
fn unused_arguments_are_news_only_where_a_person_gave_one() {
    assert_eq!(heard(&["[Warning] One or more build-args [PORT SPA] were not consumed\n"]).1, []);
    assert_eq!(heard(&["[Warning] One or more build-args [MODE PORT] were not consumed\n"]).1.len(), 1);
}

#[test]
fn the_image_that_could_not_be_had_is_named() {
    let base = |step: &str| Transcript { step: Some(step.into()), ..Transcript::default() }.base();
    assert_eq!(base("Step 1/3 : FROM node:22-bookworm-slim AS built"), "node:22-bookworm-slim");
    assert_eq!(base("Step 4/9 : from --platform=linux/arm64 debian"), "debian");
    assert_eq!(base("Step 1/3 : FROM python:${VERSION}-slim"), "that it is built on");
    assert_eq!(Transcript::default().base(), "that it is built on");
}
