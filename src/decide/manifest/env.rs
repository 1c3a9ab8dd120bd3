//! Which values does the app get? `[env]` in plain sight, `[secrets]` by name only.

use std::collections::BTreeMap;

use toml_edit::{Item, TableLike, Value};

use super::kinds::{self, Wrong};
use super::reader::{Reader, Section, named_section};
use crate::model::manifest::Severity;

/// Longest value, in bytes: Linux takes 128 KiB for one variable, name included.
const LONGEST: usize = 64 * 1024;

pub(super) fn read(reader: &mut Reader<'_>, root: &dyn TableLike) -> BTreeMap<String, String> {
    let section = reader.section(root, "env");
    let env = section.table.map(|table| read_names(reader, table, "env")).unwrap_or_default();
    for (name, _) in section.entries() {
        reader.mark_set(&section, name);
    }
    if section.has("PORT") {
        let message = "[env] PORT does nothing: Kraken sets it to config.port".to_owned();
        reader.report(Severity::Warning, &section, "PORT", message, "Set port in [config] instead");
    }
    env
}

/// A table of names and plain values. No finding repeats a value: people put tokens here.
pub(super) fn read_names(reader: &mut Reader<'_>, table: &dyn TableLike, title: &'static str) -> BTreeMap<String, String> {
    let section = named_section(table, title);
    let mut names = BTreeMap::new();
    for (name, item) in section.entries() {
        if !check_name(reader, &section, name) {
            continue;
        }
        match item.as_value().and_then(plain) {
            Some(value) => drop(names.insert(name.to_owned(), value)),
            None => {
                let message = format!("{} {name} is not a text, number or flag below 64 KB", section.title());
                reader.report(Severity::Error, &section, name, message, "Write it in quotes");
            }
        }
    }
    names
}

fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::Array(_) | Value::InlineTable(_) => return None,
        plain => kinds::bare(plain),
    };
    (text.len() <= LONGEST && !text.contains('\0')).then_some(text)
}

fn check_name(reader: &mut Reader<'_>, section: &Section<'_>, name: &str) -> bool {
    let why = if !is_name(name) {
        "is not a name of letters, digits and _ that begins with no digit"
    } else if name.starts_with("KRAKEN_") {
        "is Kraken's own: it sets every KRAKEN_ name itself"
    } else {
        return true;
    };
    reader.report(Severity::Error, section, name, format!("{} {name} {why}", section.title()), "Choose another name");
    false
}

fn is_name(name: &str) -> bool {
    let starts_well = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    starts_well && name.len() <= 128 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// `names = ["A", "B"]`, and `A = "what it is for"`.
pub(super) fn read_secrets(reader: &mut Reader<'_>, root: &dyn TableLike) -> BTreeMap<String, String> {
    let section = reader.section(root, "secrets");
    let mut secrets = BTreeMap::new();
    for (name, item) in section.entries() {
        if name == "names" && !item.is_str() {
            let listed = reader.list(&section, "names", secret_name);
            secrets.extend(listed.into_iter().map(|name| (name, String::new())));
        } else if check_name(reader, &section, name) {
            secrets.insert(name.to_owned(), read_purpose(reader, &section, name, item));
        }
    }
    refuse_in_both(reader, root, &section, &secrets);
    secrets
}

fn secret_name(value: &Value) -> Result<String, Wrong> {
    let name = kinds::line(value)?;
    let fits = is_name(&name) && !name.starts_with("KRAKEN_");
    if fits { Ok(name) } else { Err(Wrong::is_not("a name of letters, digits and _ that begins with no digit or KRAKEN_")) }
}

/// What a secret is for. A long word without blanks is probably the secret itself, which must not lie in the repository.
fn read_purpose(reader: &mut Reader<'_>, section: &Section<'_>, name: &str, item: &Item) -> String {
    let Some(purpose) = item.as_str() else {
        let message = format!("[secrets] {name} is not a text that says what the secret is for");
        reader.report(
            Severity::Error,
            section,
            name,
            message,
            "Write it in quotes; the value itself is set with kraken secret set",
        );
        return String::new();
    };
    let purpose: String = purpose.trim().chars().filter(|c| !c.is_control()).take(200).collect();
    if purpose.chars().count() >= 16 && !purpose.contains(' ') {
        let message = format!("[secrets] {name} looks like the secret itself; here stands only what it is for");
        let next = "Take it out of the repository, change it where it came from, and set it with kraken secret set";
        reader.report(Severity::Warning, section, name, message, next);
        return String::new();
    }
    purpose
}

fn refuse_in_both(reader: &mut Reader<'_>, root: &dyn TableLike, section: &Section<'_>, secrets: &BTreeMap<String, String>) {
    let env = super::reader::section(root, "env");
    for name in secrets.keys().filter(|name| env.has(name)) {
        let message = format!("{name} stands in [env] and in [secrets]");
        let at = if section.has(name) { section } else { &env };
        reader.report(Severity::Error, at, name, message, "Keep it in one of them");
    }
}
