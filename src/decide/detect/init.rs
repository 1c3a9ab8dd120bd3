//! What does `kraken init` write? The recognised file, with the keys one reaches for next as comments.

use super::find;
use super::write::{self, Draft};
use crate::model::facts::Facts;

/// A first shipwreck.toml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    /// The file.
    pub text: String,
    /// What it was made from, as a sentence for a person.
    pub why: String,
}

/// The file to begin with. Where nothing is recognised it is an example, and `why` says so.
#[must_use]
pub fn init(facts: &Facts) -> Init {
    let draft = find(facts).unwrap_or_else(|_| example());
    let text = format!(
        "# What Kraken runs, and how: docs/shipwreck.md has every key.\n# Recognised: {}.\n\n{}\n{}",
        draft.why,
        app(&write::name(facts)),
        tables(&draft)
    );
    Init { text, why: draft.why }
}

fn example() -> Draft {
    let mut draft = Draft::new("node", 3000, "nothing, so this is an example to be changed".to_owned());
    draft.run = Some("npm start".to_owned());
    draft
}

fn app(name: &str) -> String {
    format!("[app]\nname = {}        # its address is made from this\n", write::quoted(name))
}

fn tables(draft: &Draft) -> String {
    let config = write::config(draft);
    let config = config.replacen("\nport", "\n# What the app listens on, on 0.0.0.0; it also finds it in PORT.\nport", 1);
    format!("{config}{AFTER}")
}

const AFTER: &str = r#"
# Values for the app's environment.
[env]
# MODE = "home"

# Names of values that stay out of this file: kraken secret set NAME
[secrets]
# API_TOKEN = "what it is for"

# Ready when this path answers; without it, when the port does.
[health]
# path = "/healthz"

# Pauses when nobody uses it, and wakes on the next request. Remove it if the app works in the background.
[sleep]
after = "5m"

# What a copy may use at most.
[resources]
# memory = "512MB"

# A folder that outlives updates.
# [[volume]]
# name = "data"
# path = "/data"
"#;
