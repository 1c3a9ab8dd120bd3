//! How is what was recognised written down? The text of a shipwreck.toml.

use std::fmt::Write as _;

use crate::decide::manifest::slug;
use crate::model::facts::Facts;

/// What a shipwreck.toml is going to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub lang: &'static str,
    pub port: u16,
    pub run: Option<String>,
    pub build: Option<String>,
    pub dir: Option<String>,
    pub spa: bool,
    pub why: String,
}

impl Draft {
    pub fn new(lang: &'static str, port: u16, why: String) -> Self {
        Self { lang, port, run: None, build: None, dir: None, spa: false, why }
    }
}

/// A TOML string.
pub(super) fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string().trim().to_owned()
}

/// The repository's name where it gives an address, else `app`.
pub(super) fn name(facts: &Facts) -> String {
    let name: String = facts.name.chars().filter(|c| !c.is_control()).take(100).collect();
    let name = name.trim();
    if slug(name).is_ok() { name.to_owned() } else { "app".to_owned() }
}

/// The file to offer: only what was recognised, and why.
pub(super) fn plain(facts: &Facts, draft: &Draft) -> String {
    format!("# Recognised: {}.\n[app]\nname = {}\n\n{}", draft.why, quoted(&name(facts)), config(draft))
}

/// `[config]` as recognised.
pub(super) fn config(draft: &Draft) -> String {
    let mut text = format!("[config]\nlang = \"{}\"\nport = {}\n", draft.lang, draft.port);
    let texts = [("build", &draft.build), ("run", &draft.run), ("dir", &draft.dir)];
    for (key, value) in texts.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{key} = {}", quoted(value));
    }
    if draft.spa {
        text.push_str("spa = true\n");
    }
    text
}
