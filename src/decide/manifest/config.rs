//! What runs, and how is its image made? `[config]` and `[build]`.

use std::collections::BTreeMap;

use toml_edit::{TableLike, Value};

use super::kinds::{self, Wrong};
use super::reader::{self, Reader, Section};
use super::{env, lang, paths};
use crate::model::manifest::{BuildTable, ConfigTable, Lang, Severity};
use crate::model::quantity::Bytes;

/// No build of any kind finishes below this.
const LEAST_BUILD_MEMORY: Bytes = Bytes::mib(64);

pub(super) fn read(reader: &mut Reader<'_>, root: &dyn TableLike) -> ConfigTable {
    let section = reader.section(root, "config");
    let default = ConfigTable::default();
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let run = filled(reader.read(&section, "run", kinds::command));
    let config = ConfigTable {
        port: reader.read(&section, "port", kinds::port).unwrap_or(default.port),
        lang: read_lang(reader, root, &section, run.as_deref()),
        run,
        build: filled(reader.read(&section, "build", kinds::command)),
        test: filled(reader.read(&section, "test", kinds::command)),
        gate: reader.read(&section, "gate", kinds::flag).unwrap_or_default(),
        root: reader.read(&section, "root", paths::inside).unwrap_or_default(),
        dir: reader.read(&section, "dir", paths::inside_plain),
        spa: reader.read(&section, "spa", kinds::flag).unwrap_or_default(),
    };
    check_whole(reader, &section, &config);
    config
}

/// The kind the file names, or the one that its other keys can only mean.
fn read_lang(reader: &mut Reader<'_>, root: &dyn TableLike, section: &Section<'_>, run: Option<&str>) -> Lang {
    let image = reader.read(section, "image", lang::image);
    if section.has("lang") {
        let named = reader.read(section, "lang", lang::lang).unwrap_or(Lang::Unknown);
        return match (named, image) {
            (Lang::Image { .. }, Some(reference)) => Lang::Image { reference },
            (Lang::Image { .. }, None) if !section.has("image") => {
                reader.missing(section, "image", "Say which image, such as image = \"nginx:1.27\"");
                Lang::Unknown
            }
            (other, _) => other,
        };
    }
    let (implied, because) = match (image, run.and_then(lang::implied_by)) {
        (Some(reference), _) => (Lang::Image { reference }, "image"),
        _ if reader::section(root, "build").has("dockerfile") => (Lang::Custom, "[build] dockerfile"),
        (None, Some(lang)) => (lang, "run"),
        (None, None) => {
            let next = "Say what runs the app: lang = \"node\", \"python3\", \"static\", \"custom\" or \"image\"";
            reader.missing(section, "lang", next);
            return Lang::Unknown;
        }
    };
    let message = format!("[config] lang is not set; {because} means lang = \"{}\"", implied.word());
    reader.report(Severity::Note, section, because, message, "");
    implied
}

/// What is missing for the kind, and what the kind does not use.
fn check_whole(reader: &mut Reader<'_>, section: &Section<'_>, config: &ConfigTable) {
    check_run(reader, section, config);
    if matches!(config.lang, Lang::Custom | Lang::Image { .. }) && !section.has("port") {
        let message = format!("[config] port is not set; {} is taken", config.port);
        reader.report(Severity::Note, section, "port", message, "Set it to what the app listens on");
    }
    let is_untestable = config.lang == Lang::Static && config.build.is_none();
    if config.gate && (config.test.is_none() || is_untestable) {
        reader.refuse(section, "gate", Wrong::says("has no test to wait for").next("Add test, or remove gate"));
    }
    let unused: &[&str] = match config.lang {
        Lang::Node { .. } | Lang::Python3 { .. } => &["image", "dir", "spa"],
        // Files that are served as they are have nothing to run a test in.
        Lang::Static if config.build.is_none() => &["image", "run", "test"],
        Lang::Static => &["image", "run"],
        Lang::Custom => &["image", "build", "dir", "spa"],
        Lang::Image { .. } => &["build", "root", "dir", "spa"],
        Lang::Unknown => &[],
    };
    warn_unused(reader, section, unused, config.lang.word());
}

fn check_run(reader: &mut Reader<'_>, section: &Section<'_>, config: &ConfigTable) {
    match config.lang {
        Lang::Node { .. } | Lang::Python3 { .. } if config.run.is_some() => {}
        Lang::Node { .. } => {
            let message = "[config] run is not set; npm start is taken".to_owned();
            reader.report(Severity::Note, section, "run", message, "Set it where the app starts in another way");
        }
        Lang::Python3 { .. } if section.has("run") => {
            reader.refuse(
                section,
                "run",
                Wrong::says("starts nothing").next("Say how the app starts, such as run = \"python3 app.py\""),
            );
        }
        Lang::Python3 { .. } => reader.missing(section, "run", "Say how the app starts, such as run = \"python3 app.py\""),
        Lang::Static | Lang::Custom | Lang::Image { .. } | Lang::Unknown => {}
    }
}

fn warn_unused(reader: &mut Reader<'_>, section: &Section<'_>, keys: &[&str], lang: &str) {
    for key in keys.iter().filter(|key| section.item(key).is_some_and(|item| item.as_str() != Some(""))) {
        let message = format!("{} {key} does nothing with lang = \"{lang}\"", section.title());
        reader.report(Severity::Warning, section, key, message, "Remove it, or change lang");
    }
}

pub(super) fn read_build(reader: &mut Reader<'_>, root: &dyn TableLike) -> BuildTable {
    let section = reader.section(root, "build");
    BuildTable {
        dockerfile: reader.read(&section, "dockerfile", dockerfile).unwrap_or_else(|| BuildTable::default().dockerfile),
        packages: reader.list(&section, "packages", package),
        args: read_args(reader, &section),
        memory: reader.read(&section, "memory", |value| kinds::size(value, LEAST_BUILD_MEMORY)),
    }
}

/// What `[build]` says that the kind does not use, or that Kraken's own Dockerfiles set themselves.
pub(super) fn check_build(reader: &mut Reader<'_>, root: &dyn TableLike, config: &ConfigTable, build: &BuildTable) {
    let section = reader::section(root, "build");
    let unused: &[&str] = match (&config.lang, &config.build) {
        (Lang::Node { .. } | Lang::Python3 { .. }, _) | (Lang::Static, Some(_)) => &["dockerfile"],
        (Lang::Static, None) => &["dockerfile", "packages", "args", "memory"],
        (Lang::Custom, _) => &["packages"],
        (Lang::Image { .. }, _) => &["dockerfile", "packages", "args", "memory"],
        (Lang::Unknown, _) => &[],
    };
    warn_unused(reader, &section, unused, config.lang.word());
    let own = build.args.keys().find(|name| crate::decide::recipe::OWN_ARGS.contains(&name.as_str()));
    if let Some(name) = own.filter(|_| config.lang != Lang::Custom) {
        let message = format!("[build] args sets {name}, which Kraken's own Dockerfiles set");
        reader.report(Severity::Error, &section, "args", message, "Choose another name");
    }
}

fn dockerfile(value: &Value) -> Result<String, Wrong> {
    let path = paths::inside_plain(value)?;
    if path.is_empty() { Err(Wrong::says("names no file").suggest("Dockerfile")) } else { Ok(path) }
}

/// A Debian package's name (Debian policy 5.6.1); never anything that apt would take for an option.
fn package(value: &Value) -> Result<String, Wrong> {
    let wrong = || Wrong::is_not("the name of a Debian package, such as \"ffmpeg\"");
    let name = value.as_str().ok_or_else(wrong)?.trim();
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b);
    let starts_well = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if starts_well && (2..=100).contains(&name.len()) && name.bytes().all(fits) { Ok(name.to_owned()) } else { Err(wrong()) }
}

fn read_args(reader: &mut Reader<'_>, section: &Section<'_>) -> BTreeMap<String, String> {
    let Some(item) = section.item("args") else { return BTreeMap::new() };
    reader.mark_set(section, "args");
    let Some(table) = item.as_table_like() else {
        reader.refuse(section, "args", Wrong::is_not("a table, such as { MODE = \"small\" }"));
        return BTreeMap::new();
    };
    env::read_names(reader, table, "build.args")
}
