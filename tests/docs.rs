//! Are the pages still true? Examples of shipwreck.toml are read, links and names of source files are followed.
#![allow(clippy::unwrap_used, reason = "also in what the tests share")]

use std::path::{Path, PathBuf};

use kraken::decide::manifest::{Context, parse};
use kraken::decide::recipe;
use kraken::model::manifest::Severity;

const REFERENCE: &str = include_str!("../docs/shipwreck.md");

/// The `toml` blocks of the page, each with its line.
fn examples() -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = Vec::new();
    let mut is_inside = false;
    for (at, line) in REFERENCE.lines().enumerate() {
        match (line, is_inside) {
            ("```toml", _) => {
                is_inside = true;
                blocks.push((at + 1, String::new()));
            }
            ("```", _) => is_inside = false,
            (line, true) => blocks.last_mut().expect("a block begins before its lines").1.extend([line, "\n"]),
            (_, false) => {}
        }
    }
    blocks
}

#[test]
fn every_example_of_the_reference_is_a_right_file() {
    let examples = examples();
    assert!(examples.len() >= 7, "only {} examples found", examples.len());
    for (line, text) in examples {
        let parsed = parse(&text, &Context::default());
        assert_eq!(parsed.findings, [], "docs/shipwreck.md line {line}");
    }
}

#[test]
fn every_example_app_has_a_right_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path().join("shipwreck.toml");
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let parsed = parse(&text, &Context::default());
        let faults: Vec<_> =
            parsed.findings.iter().filter(|finding| finding.severity != Severity::Note).map(ToString::to_string).collect();
        assert_eq!(faults, Vec::<String>::new(), "{}", file.display());
        read += 1;
    }
    assert!(read >= 3, "only {read} files found");
}

#[test]
fn every_file_of_the_dockerfiles_is_built_into_the_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dockerfiles");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_known = recipe::FILES.iter().any(|(known, _)| *known == name);
        assert!(is_known || name == "README.md", "{name} is missing in recipe::FILES");
    }
}

/// Every page for people: the one at the top, those of `docs/` and of `docs/decisions/`.
fn pages() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![top.join("README.md")];
    for folder in ["docs", "docs/decisions"] {
        let entries = std::fs::read_dir(top.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(entries.filter(|path| path.extension().is_some_and(|ext| ext == "md")));
    }
    pages
}

/// The targets of `[text](target)`, without what follows a `#`, as far as they are files of this repository.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).filter_map(|target| target.split('#').next()).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut followed = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            assert!(page.parent().unwrap().join(link).exists(), "{} links to {link}", page.display());
            followed += 1;
        }
    }
    assert!(followed >= 40, "only {followed} links found");
}

#[test]
fn every_page_stands_in_the_list_of_its_folder() {
    for page in pages().iter().skip(1).filter(|page| !page.ends_with("README.md")) {
        let (list, name) = (page.with_file_name("README.md"), page.file_name().unwrap().to_str().unwrap());
        let text = std::fs::read_to_string(&list).unwrap();
        assert!(links(&text).contains(&name), "{} does not list {name}", list.display());
    }
}

/// Whether a word in backticks reads as a Rust file of `src/`, such as `edge/desk.rs`.
fn is_source(word: &str) -> bool {
    word.ends_with(".rs") && word.contains('/') && word.chars().all(|c| c.is_ascii_alphanumeric() || "/_.".contains(c))
}

#[test]
fn every_source_file_that_a_page_names_is_there() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for word in text.split('`').skip(1).step_by(2).filter(|word| is_source(word)) {
            let is_there = top.join("src").join(word).exists() || top.join(word).exists();
            assert!(is_there, "{} names {word}", page.display());
            named += 1;
        }
    }
    assert!(named >= 20, "only {named} files named");
}
