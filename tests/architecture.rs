//! Is the tree still what the map says? Layers, purity, and the house rules that no lint can see.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// In reading order: a file may `use` only what stands above it, and what is in its own layer.
const LAYERS: [&str; 7] = ["model", "decide", "executor", "agent", "edge", "web", "cli"];

/// `agent.rs` knows the edge only as channels of events and actions.
const PURE: [&str; 3] = ["model", "decide", "executor"];

/// What a decider may not have: a clock, entropy, a socket, a lock, a thread, an await, a hash-ordered map, the disk.
const IMPURE: [&str; 14] = [
    ".await",
    "async fn",
    "std::net::Tcp",
    "std::net::Udp",
    "std::fs",
    "std::thread",
    "std::process",
    "std::sync::Mutex",
    "tokio::",
    "getrandom",
    "HashMap",
    "HashSet",
    "Instant::now",
    "SystemTime",
];

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Path below `src`, and the lines that are neither comments nor tests.
fn code() -> Vec<(String, Vec<String>)> {
    let src = root().join("src");
    let is_test = |path: &str| path.contains("tests") || path.ends_with("sample.rs") || path.ends_with("double.rs");
    sources(&src)
        .into_iter()
        .map(|path| (path.strip_prefix(&src).unwrap().display().to_string(), fs::read_to_string(path).unwrap()))
        .filter(|(path, _)| !is_test(path))
        .map(|(path, text)| {
            let text = text.split("#[cfg(test)]\n").next().unwrap().to_owned();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//")).map(str::to_owned).collect();
            (path, lines)
        })
        .collect()
}

fn layer(path: &str) -> Option<usize> {
    let first = path.split('/').next()?.trim_end_matches(".rs");
    LAYERS.iter().position(|layer| *layer == first)
}

#[test]
fn a_file_uses_only_what_stands_above_it() {
    let mut wrong = Vec::new();
    for (path, lines) in code() {
        let Some(own) = layer(&path) else { continue };
        for line in lines {
            for (at, name) in LAYERS.iter().enumerate().skip(own + 1) {
                if line.contains(&format!("crate::{name}::")) || line.contains(&format!("crate::{name};")) {
                    wrong.push(format!("src/{path} uses {} which stands below it: {}", LAYERS[at], line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_decides_has_no_clock_no_socket_no_lock_and_no_await() {
    let mut wrong = Vec::new();
    for (path, lines) in code() {
        if !PURE.iter().any(|pure| path.starts_with(&format!("{pure}/"))) {
            continue;
        }
        for line in &lines {
            for impure in IMPURE {
                if line.contains(impure) {
                    wrong.push(format!("src/{path} has {impure}: {}", line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_loop_knows_the_edge_only_as_channels() {
    let (_, lines) = code().into_iter().find(|(path, _)| path == "agent.rs").unwrap();
    for banned in ["crate::edge", "std::fs", "std::net", "spawn"] {
        assert!(!lines.iter().any(|line| line.contains(banned)), "src/agent.rs has {banned}");
    }
}

#[test]
fn every_file_opens_with_what_it_is_about() {
    let missing: Vec<_> = sources(&root().join("src"))
        .into_iter()
        .chain(sources(&root().join("tests")))
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//!"))
        .map(|path| path.display().to_string())
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn no_file_is_named_after_nothing() {
    let banned: BTreeSet<&str> = ["util", "utils", "helper", "helpers", "manager", "handler", "misc", "common"].into();
    for path in sources(&root().join("src")) {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!banned.contains(stem.as_str()), "{}", path.display());
    }
}

#[test]
fn files_stay_small_enough_to_answer_one_question() {
    let mut sizes: Vec<(usize, String)> = code().into_iter().map(|(path, lines)| (lines.len(), path)).collect();
    sizes.sort();
    let at = |share: usize| sizes[(sizes.len() - 1) * share / 100].0;
    assert!(at(50) <= 150, "half of the files have more than {} lines", at(50));
    assert!(at(90) <= 350, "a tenth of the files has more than {} lines", at(90));
    let (longest, path) = sizes.last().unwrap();
    assert!(*longest <= 600, "src/{path} has {longest} lines");
}

#[test]
fn every_direct_dependency_has_its_reason() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut in_dependencies = false;
    for line in text.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        } else if in_dependencies && line.contains('=') {
            assert!(line.contains(" # "), "no reason: {line}");
        }
    }
}

#[test]
fn nothing_is_left_to_be_done_in_the_code() {
    for (path, lines) in code() {
        for line in lines {
            for mark in ["todo!(", "unimplemented!(", ".unwrap()", "dbg!("] {
                assert!(!line.contains(mark), "src/{path} has {mark}: {}", line.trim());
            }
        }
    }
}
