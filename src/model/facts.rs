//! What lies in a repository? The few facts by which its kind is recognised.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What is known of a source's root without building it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// What the repository or folder is called; an app without a name is named after it.
    pub name: String,
    /// Its files below the root, at most two folders deep: `index.html`, `shop/wsgi.py`.
    pub files: BTreeSet<String>,
    /// The texts of those of [`TELLING`] that it has.
    pub texts: BTreeMap<String, String>,
}

/// Files whose text tells something about the app.
pub const TELLING: [&str; 12] = [
    "package.json",
    "requirements.txt",
    "pyproject.toml",
    "Dockerfile",
    "server.js",
    "index.js",
    "app.js",
    "app.py",
    "main.py",
    "server.py",
    "wsgi.py",
    "run.py",
];

/// The most that is kept of one text, in bytes, and of files: a listing travels through the loop as one event.
const LONGEST: usize = 256 * 1024;
const MOST_FILES: usize = 5_000;

impl Facts {
    /// From all paths below the root (any order, any depth) and a way to read one of them; texts too long are left out.
    pub fn collect(name: &str, paths: impl IntoIterator<Item = String>, mut read: impl FnMut(&str) -> Option<String>) -> Self {
        let files = paths.into_iter().filter(|path| path.matches('/').count() <= 2).take(MOST_FILES).collect::<BTreeSet<_>>();
        let told = TELLING.iter().filter(|file| files.contains(**file));
        let texts =
            told.filter_map(|file| Some(((*file).to_owned(), read(file).filter(|text| text.len() <= LONGEST)?))).collect();
        Self { name: name.to_owned(), files, texts }
    }

    /// Whether this file is there.
    #[must_use]
    pub fn has(&self, file: &str) -> bool {
        self.files.contains(file)
    }

    /// The text of one of [`TELLING`].
    #[must_use]
    pub fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(file).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_tells_something_is_read_and_only_what_is_near_is_listed() {
        let paths = ["package.json", "README.md", "a/b/index.html", "a/b/c/deep.html", "main.py"].map(str::to_owned);
        let mut read = Vec::new();
        let facts = Facts::collect("shop", paths, |file| {
            read.push(file.to_owned());
            Some(if file == "main.py" { "x".repeat(LONGEST + 1) } else { "{}".to_owned() })
        });
        assert_eq!(read, ["package.json", "main.py"]);
        assert_eq!((facts.text("package.json"), facts.text("main.py")), (Some("{}"), None));
        assert!(facts.has("a/b/index.html") && facts.has("main.py") && !facts.has("a/b/c/deep.html"));
    }

    #[test]
    fn facts_of_an_older_program_are_read_with_nothing_in_them() {
        assert_eq!(serde_json::from_str::<Facts>("{}").unwrap(), Facts::default());
    }
}
