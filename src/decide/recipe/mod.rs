//! How does an app become an image? From its language to a Dockerfile of `dockerfiles/`, with its arguments and its command.
//!
//! Adding a language: one file in `dockerfiles/`, one line in [`FILES`], one arm in [`builtin`]; see `dockerfiles/README.md`.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::model::id::{AppId, VersionId};
use crate::model::manifest::{ConfigTable, Lang, Manifest};
use crate::model::source::Commit;

mod command;
mod dockerfile;
mod target;

pub use command::shell_line;
pub use dockerfile::refuse_buildkit_features;
pub use target::shortest_target;

/// Build arguments that Kraken's own Dockerfiles take, so an app may not set them.
pub const OWN_ARGS: &[&str] = &["VERSION", "BUILD", "TEST", "PACKAGES", "VOLUMES", "PORT", "DIR", "SPA"];

/// Where Kraken's own files lie in a build context.
pub const FOLDER: &str = ".kraken";

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../../dockerfiles/", $name)))),*] };
}

/// Every file of `dockerfiles/` that a build needs, with its text.
pub const FILES: &[(&str, &str)] = files![
    "node.dockerfile",
    "python3.dockerfile",
    "static.dockerfile",
    "static-build.dockerfile",
    "prepare.sh",
    "install-node.sh",
    "install-python.sh",
    "pick-site.sh",
    "prepare-static.sh",
    "static.nginx.conf",
];

/// What makes an image of an app's folder, and runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// What the image comes from.
    pub dockerfile: DockerfileSource,
    /// Build arguments, all of them.
    pub args: BTreeMap<String, String>,
    /// Files the build context needs beside the app's, whatever `.dockerignore` says: path in the context → text.
    pub extra_files: BTreeMap<String, &'static str>,
    /// The container's command; none: the image's own.
    pub command: Option<Vec<String>>,
    /// How the app is tested, where it can be.
    pub test: Option<TestStep>,
}

/// Where the Dockerfile is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DockerfileSource {
    /// One of Kraken's own; its text is among the extra files.
    Builtin {
        /// Path in the build context, `.kraken/node.dockerfile`.
        path: String,
    },
    /// The app's own.
    InRepository {
        /// Below the app's root.
        path: String,
    },
    /// None: a ready image.
    Image {
        /// As given to `docker pull`.
        reference: String,
    },
    /// That of a newer program's language, which this one does not have: the build fails and says to update Kraken.
    Unknown,
}

/// How an app is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestStep {
    /// The stage of the Dockerfile it runs in; none: the finished image.
    pub target: Option<&'static str>,
    /// The command, run as the image's user.
    pub command: Vec<String>,
}

/// How `manifest` becomes an image.
#[must_use]
pub fn recipe(manifest: &Manifest) -> Recipe {
    let config = &manifest.config;
    let command = config.run.as_deref().map(|run| vec!["sh".to_owned(), "-c".to_owned(), shell_line(run)]);
    let own = |dockerfile: DockerfileSource, args: &BTreeMap<String, String>| Recipe {
        dockerfile,
        args: args.clone(),
        extra_files: BTreeMap::new(),
        command: command.clone(),
        test: test_step(config, None),
    };
    match &config.lang {
        Lang::Node { version } => builtin("node", version.as_deref(), manifest, Some("built"), command),
        Lang::Python3 { version } => builtin("python3", version.as_deref(), manifest, None, command),
        Lang::Static if config.build.is_some() => builtin("static-build", None, manifest, Some("built"), None),
        Lang::Static => Recipe { test: None, ..builtin("static", None, manifest, None, None) },
        Lang::Custom => own(DockerfileSource::InRepository { path: manifest.build.dockerfile.clone() }, &manifest.build.args),
        Lang::Image { reference } => own(DockerfileSource::Image { reference: reference.clone() }, &BTreeMap::new()),
        Lang::Unknown => own(DockerfileSource::Unknown, &BTreeMap::new()),
    }
}

fn builtin(
    name: &str,
    version: Option<&str>,
    manifest: &Manifest,
    test_in: Option<&'static str>,
    command: Option<Vec<String>>,
) -> Recipe {
    let path_of = |name: &str| format!("{FOLDER}/{name}");
    Recipe {
        dockerfile: DockerfileSource::Builtin { path: path_of(&format!("{name}.dockerfile")) },
        args: builtin_args(name, version, manifest),
        extra_files: FILES.iter().map(|(name, text)| (path_of(name), *text)).collect(),
        command,
        test: test_step(&manifest.config, test_in),
    }
}

/// As `dockerfiles/README.md` promises them. Where a default stands in the file, nothing is passed.
fn builtin_args(name: &str, version: Option<&str>, manifest: &Manifest) -> BTreeMap<String, String> {
    let config = &manifest.config;
    let volumes: Vec<&str> = manifest.volumes.iter().map(|volume| volume.path.as_str()).collect();
    let mut args = manifest.build.args.clone();
    let mut pass = |name: &str, value: String| drop(args.insert(name.to_owned(), value));
    pass("BUILD", config.build.clone().unwrap_or_default());
    pass("TEST", config.test.clone().unwrap_or_default());
    pass("PACKAGES", manifest.build.packages.join(" "));
    pass("VOLUMES", volumes.join(" "));
    pass("PORT", config.port.to_string());
    pass("SPA", if config.spa { "1".to_owned() } else { String::new() });
    if let Some(version) = version {
        pass("VERSION", version.to_owned());
    }
    match &config.dir {
        // The app's own folder; COPY of nothing is an error.
        Some(dir) if dir.is_empty() => pass("DIR", ".".to_owned()),
        Some(dir) => pass("DIR", dir.clone()),
        None if name == "static" => {}
        None => pass("DIR", String::new()),
    }
    args
}

fn test_step(config: &ConfigTable, target: Option<&'static str>) -> Option<TestStep> {
    // As on its author's machine; NODE_ENV=production is for the finished image.
    let words = ["env", "-u", "NODE_ENV", "sh", "-c", config.test.as_deref()?];
    Some(TestStep { target, command: words.map(str::to_owned).to_vec() })
}

/// The id of a version of `app`: the same commit with the same `[config]` and `[build]`, and the same edited manifest if
/// any, is the same version. The first 16 hex digits of a SHA-256 over parts that each carry their length, so that no two
/// lists of parts read alike.
#[must_use]
pub fn version_id(app: &AppId, commit: &Commit, manifest: &Manifest, edited: Option<&str>) -> VersionId {
    let config = serde_json::to_string(&manifest.config).expect("a table of plain values is JSON");
    let build = serde_json::to_string(&manifest.build).expect("a table of plain values is JSON");
    let mut hash = Sha256::new_with_prefix(b"kraken-version/1");
    let marker = if edited.is_some() { "edited" } else { "file" };
    for part in [app.as_str(), commit.as_str(), &config, &build, marker, edited.unwrap_or_default()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digits = data_encoding::HEXLOWER.encode(&hash.finalize()[..8]);
    digits.parse().expect("8 bytes are 16 hex digits")
}

#[cfg(test)]
mod tests;
