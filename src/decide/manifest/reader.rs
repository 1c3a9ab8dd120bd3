//! Where in the file does it stand, and how is it said? Places, wording and collecting of findings.

use std::collections::BTreeSet;
use std::ops::Range;

use toml_edit::{Item, TableLike, TomlError, Value};

use super::kinds::Wrong;
use super::known;
use crate::model::manifest::{Finding, Severity};

/// Longest value that a finding shows, in characters.
const SHOWN: usize = 60;

/// One table of the file, perhaps absent.
pub(super) struct Section<'a> {
    /// `config`, `volume`.
    pub name: &'static str,
    /// Whether it is one of several: `[[volume]]`.
    pub array: bool,
    pub table: Option<&'a dyn TableLike>,
    span: Option<Range<usize>>,
}

impl<'a> Section<'a> {
    /// As a person writes it.
    pub fn title(&self) -> String {
        if self.array { format!("[[{}]]", self.name) } else { format!("[{}]", self.name) }
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    pub fn item(&self, key: &str) -> Option<&'a Item> {
        self.table.and_then(|table| table.get(key))
    }

    /// Its entries in the order of the file.
    pub fn entries(&self) -> Vec<(&'a str, &'a Item)> {
        self.table.map(|table| table.iter().collect()).unwrap_or_default()
    }

    fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.table?.key(key)?.span()
    }
}

/// One of several tables, and where it stands.
type Spanned<'d> = (&'d dyn TableLike, Option<Range<usize>>);

/// Reads one file: hands out values, keeps what was found and which keys were set.
pub(super) struct Reader<'a> {
    text: &'a str,
    findings: Vec<Finding>,
    set: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, findings: Vec::new(), set: BTreeSet::new() }
    }

    /// In the order of the file; what has no place comes first.
    pub fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings;
        findings.sort_by_key(|finding| (finding.line, finding.column, finding.severity));
        findings
    }

    pub fn take_set(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.set)
    }

    /// The table `name`, its unknown keys reported.
    pub fn section<'d>(&mut self, root: &'d dyn TableLike, name: &'static str) -> Section<'d> {
        let section = section(root, name);
        if let Some(item) = root.get(name).filter(|_| section.table.is_none()) {
            let next = format!("Write [{name}] on a line of its own, and its keys below");
            match known::home_of(name).filter(|_| item.is_value()) {
                Some(home) => self.misplaced(root, name, home),
                None => self.misshapen(root, name, format!("[{name}] is one table of keys"), next),
            }
        }
        known::check_keys(self, &section);
        section
    }

    /// A key that stands outside its table.
    fn misplaced(&mut self, root: &dyn TableLike, name: &str, home: &str) {
        let message = format!("`{name}` stands outside its table");
        self.misshapen(root, name, message, format!("Write it below [{home}]"));
    }

    fn misshapen(&mut self, root: &dyn TableLike, name: &str, message: String, next: String) {
        self.push(Severity::Error, root.key(name).and_then(toml_edit::Key::span), name, |finding| {
            finding.message = message;
            finding.next = Some(next);
        });
    }

    /// All tables `[[name]]`, their unknown keys reported.
    pub fn sections<'d>(&mut self, root: &'d dyn TableLike, name: &'static str) -> Vec<Section<'d>> {
        let tables: Option<Vec<Spanned<'d>>> = match root.get(name) {
            None | Some(Item::None) => Some(Vec::new()),
            Some(Item::ArrayOfTables(tables)) => {
                Some(tables.iter().map(|table| (table as &dyn TableLike, table.span())).collect())
            }
            Some(Item::Value(Value::Array(values))) => {
                values.iter().map(|value| value.as_inline_table().map(|table| (table as &dyn TableLike, value.span()))).collect()
            }
            Some(_) => None,
        };
        let Some(tables) = tables else {
            match known::home_of(name).filter(|_| root.get(name).is_some_and(Item::is_value)) {
                Some(home) => self.misplaced(root, name, home),
                None => {
                    let message = format!("[[{name}]] may stand several times, so it has two brackets");
                    self.misshapen(root, name, message, format!("Write [[{name}]]"));
                }
            }
            return Vec::new();
        };
        let sections = tables.into_iter().map(|(table, span)| Section { name, array: true, table: Some(table), span });
        let sections: Vec<_> = sections.collect();
        sections.iter().for_each(|section| known::check_keys(self, section));
        sections
    }

    /// The value of `key` as `kind` understands it; what it refuses becomes an error at the value.
    pub fn read<T>(&mut self, section: &Section<'_>, key: &str, kind: impl FnOnce(&Value) -> Result<T, Wrong>) -> Option<T> {
        let item = section.item(key)?;
        self.mark_set(section, key);
        let read = item.as_value().ok_or_else(|| Wrong::says("is a table; a value belongs here")).and_then(kind);
        read.map_err(|wrong| self.refuse(section, key, wrong)).ok()
    }

    /// Every element of the list at `key`; a single value counts as a list of one.
    pub fn list<T>(&mut self, section: &Section<'_>, key: &str, kind: impl Fn(&Value) -> Result<T, Wrong>) -> Vec<T> {
        let Some(item) = section.item(key) else { return Vec::new() };
        self.mark_set(section, key);
        let values: Vec<&Value> = match item {
            Item::Value(Value::Array(values)) => values.iter().collect(),
            Item::Value(value) => vec![value],
            _ => {
                self.refuse(section, key, Wrong::is_not("a list of values in [ ]"));
                return Vec::new();
            }
        };
        let read =
            values.into_iter().map(|value| kind(value).map_err(|wrong| self.refuse_at(section, key, value.span(), wrong)).ok());
        read.flatten().collect()
    }

    pub fn mark_set(&mut self, section: &Section<'_>, key: &str) {
        if !section.array {
            self.set.insert(format!("{}.{key}", section.name));
        }
    }

    /// An error at the value of `key`.
    pub fn refuse(&mut self, section: &Section<'_>, key: &str, wrong: Wrong) {
        let span = section.item(key).and_then(Item::span);
        self.refuse_at(section, key, span, wrong);
    }

    /// The same for a value that is right, though nothing can come of it yet.
    pub fn warn(&mut self, section: &Section<'_>, key: &str, wrong: Wrong) {
        let span = section.item(key).and_then(Item::span);
        self.say_at(Severity::Warning, section, key, span, wrong);
    }

    fn refuse_at(&mut self, section: &Section<'_>, key: &str, span: Option<Range<usize>>, wrong: Wrong) {
        self.say_at(Severity::Error, section, key, span, wrong);
    }

    fn say_at(&mut self, severity: Severity, section: &Section<'_>, key: &str, span: Option<Range<usize>>, wrong: Wrong) {
        let value = span.clone().and_then(|span| self.text.get(span)).map(shown);
        let subject = value.as_ref().map_or_else(|| key.to_owned(), |value| format!("{key} = {value}"));
        let next = wrong.next.or_else(|| wrong.suggestion.as_ref().map(|text| format!("Did you mean {text}?")));
        self.push(severity, span, &dotted(section.name, key), |finding| {
            finding.message = format!("{subject} {}", wrong.sentence);
            finding.value = value;
            finding.next = next;
            finding.suggestion = wrong.suggestion;
        });
    }

    /// A finding at `key` itself, its value unsaid.
    pub fn report(&mut self, severity: Severity, section: &Section<'_>, key: &str, message: String, next: &str) {
        let span = section.key_span(key).or_else(|| section.span.clone());
        self.push(severity, span, &dotted(section.name, key), |finding| {
            finding.message = message;
            finding.next = (!next.is_empty()).then(|| next.to_owned());
        });
    }

    /// The same for a key that has a better spelling.
    pub fn report_misspelt(&mut self, section: &Section<'_>, key: &str, message: String, next: String, nearest: Option<String>) {
        let span = section.key_span(key);
        self.push(Severity::Warning, span, &dotted(section.name, key), |finding| {
            finding.message = message;
            finding.next = Some(next);
            finding.suggestion = nearest;
        });
    }

    /// An error for a key that has to be there.
    pub fn missing(&mut self, section: &Section<'_>, key: &str, next: &str) {
        self.report(Severity::Error, section, key, format!("{} {key} is missing", section.title()), next);
    }

    fn push(&mut self, severity: Severity, span: Option<Range<usize>>, key: &str, fill: impl FnOnce(&mut Finding)) {
        let mut finding = blank(severity, key);
        set_place(&mut finding, self.text, span);
        fill(&mut finding);
        self.findings.push(finding);
    }
}

/// The table `name` without a word about its keys: for a second look.
pub(super) fn section<'a>(root: &'a dyn TableLike, name: &'static str) -> Section<'a> {
    let table = root.get(name).and_then(Item::as_table_like);
    let span = root.key(name).and_then(toml_edit::Key::span);
    Section { name, array: false, table, span }
}

/// The root as a section, so that its keys are reported like any others.
pub(super) fn root_section(root: &dyn TableLike) -> Section<'_> {
    Section { name: "", array: false, table: Some(root), span: None }
}

/// A table inside another, as a section of its own.
pub(super) fn named_section<'a>(table: &'a dyn TableLike, name: &'static str) -> Section<'a> {
    Section { name, array: false, table: Some(table), span: None }
}

/// A file that is not TOML at all: the line is shown.
pub(super) fn broken(text: &str, error: &TomlError) -> Finding {
    let mut finding = blank(Severity::Error, "");
    let span = error.span();
    let start = span.as_ref().map_or(0, |span| span.start.min(text.len()));
    set_place(&mut finding, text, span.or(Some(start..start)));
    let line = finding.line.and_then(|line| text.lines().nth(line as usize - 1)).map(str::trim).unwrap_or_default();
    let why = error.message().lines().collect::<Vec<_>>().join(", ");
    finding.message =
        if line.is_empty() { format!("the file is not TOML: {why}") } else { format!("`{}` is not TOML: {why}", shown(line)) };
    finding.value = (!line.is_empty()).then(|| shown(line));
    finding.next = Some("Texts stand in quotes, tables in brackets, and each key on a line of its own".to_owned());
    finding
}

fn dotted(table: &str, key: &str) -> String {
    match (table, key) {
        ("", only) | (only, "") => only.to_owned(),
        (table, key) => format!("{table}.{key}"),
    }
}

/// The first line of a value, cut.
fn shown(value: &str) -> String {
    let line = value.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(SHOWN).collect();
    if cut.len() < value.len() { format!("{cut}…") } else { cut }
}

fn set_place(finding: &mut Finding, text: &str, span: Option<Range<usize>>) {
    let Some((before, meant)) = span.and_then(|span| Some((text.get(..span.start)?, text.get(span)?))) else { return };
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    finding.line = u32::try_from(before.matches('\n').count() + 1).ok();
    finding.column = u32::try_from(before[line_start..].chars().count() + 1).ok();
    finding.length = (!meant.contains('\n')).then(|| u32::try_from(meant.chars().count()).ok()).flatten();
}

fn blank(severity: Severity, key: &str) -> Finding {
    let key = key.to_owned();
    let message = String::new();
    Finding { severity, line: None, column: None, length: None, key, value: None, message, next: None, suggestion: None }
}
