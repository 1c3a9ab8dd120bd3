//! Is this shipwreck.toml right, and what does it say? Every fault of the file is found at once, each with its place.
//!
//! `reader` knows places and words, `kinds` the shapes of values, and one file per table its keys and rules;
//! `together` has the rules between tables, `known` the list of all keys. The reference is `docs/shipwreck.md`.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::{Document, TableLike};

use crate::model::manifest::{Finding, Manifest};
use crate::model::quantity::Bytes;

mod app;
mod config;
mod deploy;
mod env;
mod host;
mod kinds;
mod known;
mod lang;
mod paths;
mod place;
mod port;
mod reader;
mod route;
mod run;
mod slug;
mod together;
mod volume;

pub use host::{HostRefusal, check_host};
pub use port::is_reserved_port;
pub use slug::{SlugRefusal, slug};

use reader::Reader;

/// The largest manifest that is read. A long one has 5 KB; this bounds the work a pasted address can cause.
pub const MAX_BYTES: usize = 256 * 1024;

/// What the file is checked against. Empty parts are not checked, so that a file can be checked anywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The machines the app may run on.
    pub nodes: Vec<NodeFacts>,
    /// Ids of the other apps; their own names are theirs.
    pub other_apps: BTreeSet<String>,
    /// Host names that other apps ask for, each with that app's id.
    pub other_hosts: BTreeMap<String, String>,
    /// LAN ports in use, each with whose it is.
    pub taken_ports: BTreeMap<u16, String>,
}

/// What placing an app asks of one node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeFacts {
    /// Its name.
    pub name: String,
    /// As Docker names it: `amd64`, `arm64`, `arm`.
    pub arch: String,
    /// Its labels.
    pub labels: BTreeSet<String>,
    /// Its memory.
    pub memory: Bytes,
}

/// What reading a file gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// None where a finding is an error.
    pub manifest: Option<Manifest>,
    /// In the order of the file.
    pub findings: Vec<Finding>,
}

impl Parsed {
    /// The findings that keep the app from being deployed.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_error())
    }

    fn refused(finding: Finding) -> Self {
        Self { manifest: None, findings: vec![finding] }
    }
}

/// Read a file as it lies in a repository: its size and its characters are checked before anything else.
#[must_use]
pub fn parse_bytes(bytes: &[u8], context: &Context) -> Parsed {
    if bytes.len() > MAX_BYTES {
        return Parsed::refused(too_large(bytes.len()));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text, context),
        Err(error) => Parsed::refused(not_text(bytes, error.valid_up_to())),
    }
}

/// Read the text of a shipwreck.toml, with all its faults.
#[must_use]
pub fn parse(text: &str, context: &Context) -> Parsed {
    if text.len() > MAX_BYTES {
        return Parsed::refused(too_large(text.len()));
    }
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => return Parsed::refused(reader::broken(text, &error)),
    };
    let mut reader = Reader::new(text);
    let manifest = read(&mut reader, document.as_table(), context);
    let findings = reader.into_findings();
    let manifest = findings.iter().all(|finding| !finding.is_error()).then_some(manifest);
    Parsed { manifest, findings }
}

/// All tables, each by its own rules, then the rules between them.
fn read(reader: &mut Reader<'_>, root: &dyn TableLike, context: &Context) -> Manifest {
    known::check_tables(reader, root);
    let mut manifest = Manifest {
        app: app::read(reader, root, context),
        config: config::read(reader, root),
        build: config::read_build(reader, root),
        env: env::read(reader, root),
        secrets: env::read_secrets(reader, root),
        health: run::read_health(reader, root),
        scale: run::read_scale(reader, root),
        sleep: run::read_sleep(reader, root),
        resources: run::read_resources(reader, root),
        route: route::read(reader, root, context),
        deploy: deploy::read(reader, root),
        place: place::read(reader, root, context),
        volumes: volume::read(reader, root),
        ports: port::read(reader, root, context),
        set: BTreeSet::new(),
    };
    together::check(reader, root, &mut manifest, context);
    manifest.set = reader.take_set();
    manifest
}

fn too_large(size: usize) -> Finding {
    let message = format!("the file has {}, more than {} are not read", kilobytes(size), kilobytes(MAX_BYTES));
    Finding::of_file(message, "A manifest is a page of text; move anything else into files of its own")
}

/// Rounded up, so that a file just over the limit is never said to have exactly the limit.
fn kilobytes(size: usize) -> String {
    format!("{} KB", size.div_ceil(1024))
}

fn not_text(bytes: &[u8], valid: usize) -> Finding {
    let line = bytes.iter().take(valid).filter(|&&byte| byte == b'\n').count() + 1;
    let mut finding = Finding::of_file("the file is not UTF-8 text".to_owned(), "Save it as UTF-8");
    finding.line = u32::try_from(line).ok();
    finding
}

#[cfg(test)]
mod tests;
