//! Which keys exist, which of them do something only later, and which must not be ignored?

use toml_edit::{Item, TableLike};

use super::kinds::nearest;
use super::reader::{Reader, Section, root_section};
use crate::model::manifest::Severity;

/// Every table and its keys. `docs/shipwreck.md` has the same, which a test keeps so.
pub(super) const TABLES: &[(&str, &[&str])] = &[
    ("app", &["name", "version", "author", "endpoint"]),
    ("config", &["port", "lang", "image", "run", "build", "test", "gate", "root", "dir", "spa"]),
    ("build", &["dockerfile", "packages", "args", "memory"]),
    ("health", &["path", "every", "timeout", "grace"]),
    ("scale", &["replicas", "min", "max", "cpu"]),
    ("sleep", &["after", "stop", "mode", "hold", "hours"]),
    ("resources", &["memory", "cpu"]),
    ("route", &["hosts", "publish", "sticky", "access"]),
    ("deploy", &["branch", "auto", "every", "keep", "strategy"]),
    ("place", &["arch", "labels", "prefer", "spread"]),
    ("volume", &["name", "path", "shared", "backup", "failover"]),
    ("port", &["name", "listen", "to", "protocol"]),
];

/// Tables whose keys are names of the app's own.
const FREE_TABLES: &[&str] = &["env", "secrets"];

/// Tables that are read and do nothing yet, as a person writes them, with what they will do.
pub(super) const LATER_TABLES: &[(&str, &str, &str)] = &[
    ("job", "[[job]]", "scheduled jobs"),
    ("needs", "[needs]", "services linked to an app"),
    ("environment", "[environment]", "stages such as test and production"),
    ("hooks", "[hooks]", "commands around a deployment"),
];

/// Keys that are read and do nothing yet, with what they will do.
pub(super) const LATER_KEYS: &[(&str, &str, &str)] = &[
    ("scale", "min", "scaling by load"),
    ("scale", "max", "scaling by load"),
    ("scale", "cpu", "scaling by load"),
    ("sleep", "after", "sleeping; until then the app stays awake"),
    ("sleep", "stop", "sleeping; until then the app stays awake"),
    ("sleep", "hold", "sleeping; until then the app stays awake"),
    ("sleep", "hours", "sleeping; until then the app stays awake"),
    ("deploy", "every", "looking for new commits without being asked"),
    ("volume", "failover", "moving data to another machine"),
];

/// Words by which people keep others out. An unknown key is a warning, but to ignore one of these would leave the app open.
const PROTECTING: &[&str] =
    &["access", "allow", "auth", "basic_auth", "deny", "ip_allow", "login", "password", "private", "users"];

/// The table that has a key of this name.
pub(super) fn home_of(key: &str) -> Option<&'static str> {
    TABLES.iter().find(|(_, keys)| keys.contains(&key)).map(|(table, _)| *table)
}

/// Unknown tables, later tables, and keys that stand outside any table.
pub(super) fn check_tables(reader: &mut Reader<'_>, root: &dyn TableLike) {
    let top = root_section(root);
    for (name, item) in top.entries() {
        let known = TABLES.iter().any(|(table, _)| *table == name) || FREE_TABLES.contains(&name);
        if let Some((_, title, what)) = LATER_TABLES.iter().find(|(table, ..)| *table == name) {
            later(reader, &top, name, title, what);
            refuse_buried_access(reader, name, item, 0);
        } else if !known {
            unknown_table(reader, &top, name, item);
        }
    }
}

/// Keys of one table that do not exist, or do nothing yet.
pub(super) fn check_keys(reader: &mut Reader<'_>, section: &Section<'_>) {
    let Some((_, keys)) = TABLES.iter().find(|(table, _)| *table == section.name) else { return };
    for (key, _) in section.entries() {
        if !keys.contains(&key) {
            unknown_key(reader, section, key, keys);
        } else if let Some((.., what)) = LATER_KEYS.iter().find(|(table, later, _)| *table == section.name && *later == key) {
            let title = format!("{} {key}", section.title());
            later(reader, section, key, &title, what);
        }
    }
}

/// Keys of a table inside a table that do not exist.
pub(super) fn check_inner(reader: &mut Reader<'_>, section: &Section<'_>, keys: &[&str]) {
    for (key, _) in section.entries().into_iter().filter(|(key, _)| !keys.contains(key)) {
        unknown_key(reader, section, key, keys);
    }
}

/// A note that `title` does nothing yet.
pub(super) fn later(reader: &mut Reader<'_>, section: &Section<'_>, key: &str, title: &str, what: &str) {
    let message = format!("{title} is read but does nothing yet: it is for {what}");
    reader.report(Severity::Note, section, key, message, "");
}

fn unknown_key(reader: &mut Reader<'_>, section: &Section<'_>, key: &str, keys: &[&str]) {
    let title = section.title();
    if PROTECTING.contains(&key) {
        let message =
            format!("`{key}` is not a key of {title}; ignoring it would leave the app open to everybody on the network");
        reader.report(Severity::Error, section, key, message, "Remove it, or let the app itself ask who is there");
        return;
    }
    let message = format!("`{key}` is not a key of {title}");
    let near = nearest(key, keys.iter().copied());
    let elsewhere = home_of(key);
    let next = match (near, elsewhere) {
        (_, Some(table)) => format!("`{key}` belongs into [{table}]"),
        (Some(near), None) => format!("Did you mean `{near}`?"),
        (None, None) => format!("Its keys are {}", keys.join(", ")),
    };
    let suggestion = near.filter(|_| elsewhere.is_none()).map(str::to_owned);
    reader.report_misspelt(section, key, message, next, suggestion);
}

fn unknown_table(reader: &mut Reader<'_>, top: &Section<'_>, name: &str, item: &Item) {
    if !item.is_table() && !item.is_array_of_tables() {
        let next =
            home_of(name).map_or_else(|| "Every key stands in a table".to_owned(), |home| format!("Write it below [{home}]"));
        reader.report_misspelt(top, name, format!("`{name}` stands outside any table, so it does nothing"), next, None);
        return;
    }
    let tables = TABLES.iter().map(|(table, _)| *table);
    let near = nearest(name, tables.chain(FREE_TABLES.iter().copied()).chain(LATER_TABLES.iter().map(|(table, ..)| *table)));
    let next = near.map_or_else(|| "docs/shipwreck.md lists the tables".to_owned(), |near| format!("Did you mean `{near}`?"));
    reader.report_misspelt(top, name, format!("`{name}` is not a table of shipwreck.toml"), next, near.map(str::to_owned));
}

/// An environment of its own may ask for its own access: that, too, must not be ignored.
fn refuse_buried_access(reader: &mut Reader<'_>, table: &str, item: &Item, depth: u32) {
    // TOML itself is read only to a bounded depth; this bound makes it plain here.
    let Some(inner) = item.as_table_like().filter(|_| depth < 8) else { return };
    for (key, value) in inner.iter() {
        if PROTECTING.contains(&key) && value.as_str().is_none_or(|who| who != "lan") {
            let section = root_section(inner);
            let message = format!("`{key}` in [{table}] is refused until it is built: ignoring it would leave the app open");
            reader.report(Severity::Error, &section, key, message, "Remove it, or let the app itself ask who is there");
        }
        refuse_buried_access(reader, table, value, depth + 1);
    }
}
