//! May a build stop early? Where packages could be installed before the source, the later stages add nothing but a second.

use serde_json::Value;

use crate::model::facts::Facts;
use crate::model::manifest::{Lang, Manifest};

/// Scripts that npm runs while it installs, so that they need the source.
const INSTALL_SCRIPTS: [&str; 7] = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

/// Beginnings of a dependency that lies in the repository itself.
const LOCAL_VERSIONS: [&str; 6] = ["file:", "link:", "portal:", "workspace:", ".", "/"];

/// Beginnings of a line of requirements.txt that names other files.
const LOCAL_REQUIREMENTS: [&str; 9] = ["-e", "-r", "-c", "--editable", "--requirement", "--constraint", "--find-links", ".", "/"];

/// The stage that already is the whole image, where that can be told: `source`. Else none, which builds the whole
/// file and is right for every app (`dockerfiles/README.md`, Stages).
#[must_use]
pub fn shortest_target(manifest: &Manifest, facts: &Facts) -> Option<&'static str> {
    if manifest.config.build.is_some() || manifest.config.test.is_some() {
        return None;
    }
    let is_whole = match manifest.config.lang {
        Lang::Node { .. } => node_needs_no_source(facts),
        Lang::Python3 { .. } => python_needs_no_source(facts),
        Lang::Static | Lang::Custom | Lang::Image { .. } | Lang::Unknown => false,
    };
    is_whole.then_some("source")
}

fn node_needs_no_source(facts: &Facts) -> bool {
    if !facts.has("package.json") {
        return true;
    }
    let package = facts.text("package.json").and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(package) = package else { return false };
    let has_hook = INSTALL_SCRIPTS.iter().any(|script| package["scripts"].get(script).is_some());
    let tables = ["dependencies", "devDependencies", "optionalDependencies"];
    let mut versions = tables.iter().filter_map(|table| package[table].as_object()).flat_map(serde_json::Map::values);
    let is_local = |version: &str| LOCAL_VERSIONS.iter().any(|start| version.starts_with(start));
    package.get("workspaces").is_none()
        && !has_hook
        && versions.all(|version| version.as_str().is_some_and(|version| !is_local(version)))
}

fn python_needs_no_source(facts: &Facts) -> bool {
    if !facts.has("requirements.txt") {
        return !facts.has("pyproject.toml");
    }
    let is_local =
        |line: &str| LOCAL_REQUIREMENTS.iter().any(|start| line.starts_with(start)) || line.replace(' ', "").contains("@file:");
    facts.text("requirements.txt").is_some_and(|text| !text.lines().map(str::trim).any(is_local))
}
