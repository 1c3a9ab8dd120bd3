//! Which value counts, and where does it stand? The last of file, environment and flags.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::Flags;
use super::places::{SYSTEM_CONFIG, Surroundings};

/// Variables that other parts of Kraken read.
const OTHERS_VARIABLES: &[&str] = &["KRAKEN_CONFIG", "KRAKEN_SERVER", "KRAKEN_TOKEN", "KRAKEN_HOST"];

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// Whether a key takes one value or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One.
    Text,
    /// Several: an array in the file, separated by commas elsewhere.
    List,
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the file.
    File {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// In an environment variable.
    Variable(String),
    /// In a flag.
    Flag(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{} line {line}", path.display()),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::Flag(name) => write!(f, "the flag {name}"),
        }
    }
}

/// Why there is no config.
#[derive(Debug, thiserror::Error)]
pub enum LoadConfigError {
    /// The file could not be read.
    #[error("cannot read the config {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{place}: {because}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser says.
        because: String,
    },
    /// A value makes no sense.
    #[error("{place}: {key} = {found} is not {allowed}")]
    Value {
        /// Where.
        place: Place,
        /// Which key.
        key: String,
        /// What stands there.
        found: String,
        /// What may stand there.
        allowed: String,
    },
}

/// A value as it was written.
#[derive(Debug, Clone)]
struct Written {
    texts: Vec<String>,
    is_list: bool,
    place: Place,
}

/// The values that count, by key.
#[derive(Debug)]
pub(super) struct Layers {
    found: BTreeMap<&'static str, Written>,
}

/// What `value.rs` says of a text: its meaning, or what would be allowed.
pub(super) type Meaning<T> = Result<T, &'static str>;

impl Layers {
    /// Reads all three; warns of keys that nobody knows.
    pub(super) fn gather(
        keys: &'static [(&'static str, Kind)],
        flags: &Flags,
        around: &Surroundings,
    ) -> Result<(Self, Vec<String>), LoadConfigError> {
        let mut layers = Self { found: BTreeMap::new() };
        let mut warnings = Vec::new();
        let asked = flags.get("config").or_else(|| around.env.get("KRAKEN_CONFIG"));
        let path = asked.map_or_else(|| PathBuf::from(SYSTEM_CONFIG), PathBuf::from);
        if let Some(text) = read(&path, asked.is_some())? {
            layers.add_file(keys, &path, &text, &mut warnings)?;
        }
        for (name, text) in around.env.iter().filter(|(name, text)| name.starts_with("KRAKEN_") && !text.is_empty()) {
            match keys.iter().find(|(key, _)| variable(key) == *name) {
                Some((key, kind)) => layers.add_text(key, *kind, text, Place::Variable(name.clone())),
                None if OTHERS_VARIABLES.contains(&name.as_str()) => {}
                None => warnings.push(unknown(&format!("the variable {name}"), name, keys.iter().map(|(key, _)| variable(key)))),
            }
        }
        for (key, text) in flags {
            if let Some((key, kind)) = keys.iter().find(|(known, _)| known == key) {
                layers.add_text(key, *kind, text, Place::Flag(format!("--{}", key.replace(['.', '_'], "-"))));
            }
        }
        Ok((layers, warnings))
    }

    fn add_text(&mut self, key: &'static str, kind: Kind, text: &str, place: Place) {
        let texts = match kind {
            Kind::Text => vec![text.trim().to_owned()],
            Kind::List => text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect(),
        };
        self.found.insert(key, Written { texts, is_list: kind == Kind::List, place });
    }

    fn add_file(
        &mut self,
        keys: &'static [(&'static str, Kind)],
        path: &Path,
        text: &str,
        warnings: &mut Vec<String>,
    ) -> Result<(), LoadConfigError> {
        let place = |at: usize| Place::File { path: path.to_owned(), line: text[..at.min(text.len())].matches('\n').count() + 1 };
        let table = DeTable::parse(text).map_err(|error| LoadConfigError::Syntax {
            place: place(error.span().map_or(0, |span| span.start)),
            because: error.message().to_owned(),
        })?;
        for (name, at, value) in flatten(table.get_ref()) {
            let Some((key, _)) = keys.iter().find(|(key, _)| *key == name) else {
                let known = keys.iter().map(|(key, _)| (*key).to_owned());
                warnings.push(unknown(&format!("{}: {name}", place(at)), &name, known));
                continue;
            };
            let is_list = matches!(value, DeValue::Array(_));
            self.found.insert(key, Written { texts: texts(value), is_list, place: place(at) });
        }
        Ok(())
    }

    /// The text of `key`, if it is set.
    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, LoadConfigError> {
        let Some(written) = self.found.get(key) else { return Ok(None) };
        match written.texts.as_slice() {
            [text] if !written.is_list => Ok(Some(text)),
            _ => Err(written.refused(key, "one value")),
        }
    }

    /// The meaning of `key`, if it is set.
    pub(super) fn one<T>(&self, key: &str, meaning: fn(&str) -> Meaning<T>) -> Result<Option<T>, LoadConfigError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        meaning(text).map(Some).map_err(|allowed| self.refused(key, allowed))
    }

    /// The meaning of each value of `key`, if it is set.
    pub(super) fn each<T>(&self, key: &str, meaning: fn(&str) -> Meaning<T>) -> Result<Option<Vec<T>>, LoadConfigError> {
        let Some(written) = self.found.get(key) else { return Ok(None) };
        let meanings: Meaning<Vec<T>> = written.texts.iter().map(|text| meaning(text)).collect();
        meanings.map(Some).map_err(|allowed| written.refused(key, &format!("a list of values of which each is {allowed}")))
    }

    fn refused(&self, key: &str, allowed: &str) -> LoadConfigError {
        let nowhere = Written { texts: Vec::new(), is_list: false, place: Place::Flag(key.to_owned()) };
        self.found.get(key).unwrap_or(&nowhere).refused(key, allowed)
    }
}

impl Written {
    fn refused(&self, key: &str, allowed: &str) -> LoadConfigError {
        let quoted: Vec<String> =
            self.texts.iter().map(|text| format!("{:?}", text.chars().take(80).collect::<String>())).collect();
        let found = if self.is_list { format!("[{}]", quoted.join(", ")) } else { quoted.join(", ") };
        LoadConfigError::Value { place: self.place.clone(), key: key.to_owned(), found, allowed: allowed.to_owned() }
    }
}

/// `quota.logs` is `KRAKEN_QUOTA_LOGS`.
fn variable(key: &str) -> String {
    format!("KRAKEN_{}", key.replace('.', "_").to_ascii_uppercase())
}

/// The file's text; none where there is none and nobody asked for it.
fn read(path: &Path, was_asked_for: bool) -> Result<Option<String>, LoadConfigError> {
    use std::io::Read;
    let text = std::fs::File::open(path).and_then(|file| {
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text).map(|_| text)
    });
    match text {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !was_asked_for => Ok(None),
        Err(source) => Err(LoadConfigError::Read { path: path.to_owned(), source }),
    }
}

/// Keys with their place in the text; those of a table as `table.key`.
fn flatten<'a, 'i>(table: &'a DeTable<'i>) -> Vec<(String, usize, &'a DeValue<'i>)> {
    let mut flat = Vec::new();
    for (name, value) in table {
        match value.get_ref() {
            DeValue::Table(inner) => {
                flat.extend(
                    inner
                        .iter()
                        .map(|(key, value)| (format!("{}.{}", name.get_ref(), key.get_ref()), key.span().start, value.get_ref())),
                );
            }
            other => flat.push((name.get_ref().to_string(), name.span().start, other)),
        }
    }
    flat
}

/// A value's text, or those of an array.
fn texts(value: &DeValue<'_>) -> Vec<String> {
    match value {
        DeValue::String(text) => vec![text.to_string()],
        DeValue::Integer(number) => vec![number.to_string()],
        DeValue::Float(number) => vec![number.to_string()],
        DeValue::Boolean(yes) => vec![yes.to_string()],
        DeValue::Datetime(time) => vec![time.to_string()],
        DeValue::Array(values) => values.iter().flat_map(|value| texts(value.get_ref())).collect(),
        DeValue::Table(_) => vec!["a table".to_owned()],
    }
}

fn unknown(what: &str, name: &str, known: impl Iterator<Item = String>) -> String {
    let distance = |key: &str| strsim::damerau_levenshtein(key, name);
    match known.min_by_key(|key| distance(key)) {
        Some(nearest) if distance(&nearest) <= 3 => format!("{what} is not known and changes nothing; did you mean {nearest}?"),
        _ => format!("{what} is not known and changes nothing"),
    }
}
