//! How is the app updated? `[deploy]`.

use std::time::Duration;

use toml_edit::{Item, TableLike, Value};

use super::kinds::{self, Wrong};
use super::known;
use super::reader::{Reader, Section, named_section};
use crate::model::manifest::{AutoDeploy, DeployTable, Keep, Strategy};

const DAY: Duration = Duration::from_secs(86_400);

pub(super) fn read(reader: &mut Reader<'_>, root: &dyn TableLike) -> DeployTable {
    let section = reader.section(root, "deploy");
    let default = DeployTable::default();
    let ways = [("poll", AutoDeploy::Poll), ("hook", AutoDeploy::Hook), ("off", AutoDeploy::Off)];
    let auto = reader.read(&section, "auto", |value| kinds::choice(value, &ways)).unwrap_or(default.auto);
    if auto != AutoDeploy::Off {
        known::later(reader, &section, "auto", "[deploy] auto", "updates without being asked; until then use kraken update");
    }
    let strategies = [("swap", Strategy::Swap), ("stop-first", Strategy::StopFirst)];
    DeployTable {
        branch: reader.read(&section, "branch", branch),
        auto,
        every: reader.read(&section, "every", |value| kinds::time(value, DAY / 8640, DAY)).unwrap_or(default.every),
        keep: read_keep(reader, &section),
        strategy: reader.read(&section, "strategy", |value| kinds::choice(value, &strategies)).unwrap_or(default.strategy),
    }
}

/// `git check-ref-format`, as far as a branch can be told from an option or a path.
fn branch(value: &Value) -> Result<String, Wrong> {
    let name = kinds::line(value)?;
    let forbidden = |c: char| c.is_whitespace() || "~^:?*[\\".contains(c);
    let bad_part = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    let wrong = name.starts_with('-') || name.contains("..") || name.contains("@{") || name.ends_with('.');
    if wrong || name.chars().any(forbidden) || name.split('/').any(bad_part) {
        return Err(Wrong::is_not("the name of a branch, such as \"main\""));
    }
    Ok(name)
}

/// `keep = 5`, `keep = "30d"`, or `keep = { versions = 5, age = "30d" }`.
fn read_keep(reader: &mut Reader<'_>, section: &Section<'_>) -> Keep {
    let default = Keep::default();
    match section.item("keep") {
        Some(Item::Value(Value::Integer(_))) => {
            Keep { versions: reader.read(section, "keep", versions).unwrap_or(default.versions), ..default }
        }
        Some(Item::Value(Value::String(_))) => Keep { age: reader.read(section, "keep", age).unwrap_or(default.age), ..default },
        Some(item) => {
            reader.mark_set(section, "keep");
            let Some(table) = item.as_table_like() else {
                reader.refuse(section, "keep", Wrong::is_not("a number of versions, a time such as \"7d\", or both in { }"));
                return default;
            };
            let inner = named_section(table, "deploy.keep");
            known::check_inner(reader, &inner, &["versions", "age"]);
            Keep {
                versions: reader.read(&inner, "versions", versions).unwrap_or(default.versions),
                age: reader.read(&inner, "age", age).unwrap_or(default.age),
            }
        }
        None => default,
    }
}

fn versions(value: &Value) -> Result<u32, Wrong> {
    kinds::count(value, 1..=100)
}

fn age(value: &Value) -> Result<Duration, Wrong> {
    kinds::time(value, Duration::ZERO, 3650 * DAY)
}
