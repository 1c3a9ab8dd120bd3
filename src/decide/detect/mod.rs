//! What kind of app is this, if nobody wrote it down? From the files of a repository to the shipwreck.toml it should have.

use crate::model::facts::Facts;

mod init;
mod node;
mod python;
mod write;

pub use init::{Init, init};

use write::Draft;

/// What was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The word for `lang`.
    pub lang: &'static str,
    /// The shipwreck.toml to offer; it has no errors.
    pub text: String,
    /// What gave it away, a sentence without its stop.
    pub why: String,
}

/// Why nothing is offered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{because}. {next}")]
pub struct Refusal {
    /// What was looked for and not found, a sentence without its stop.
    pub because: String,
    /// What to do, as a sentence.
    pub next: String,
}

/// The kind of app, by the first of these that fits: package.json, Python's files, a page, a Dockerfile.
///
/// # Errors
/// When none fits: what was looked for, and what to do.
pub fn detect(facts: &Facts) -> Result<Offer, Refusal> {
    find(facts).map(|draft| Offer { lang: draft.lang, text: write::plain(facts, &draft), why: draft.why })
}

fn find(facts: &Facts) -> Result<Draft, Refusal> {
    let found = node::draft(facts).or_else(|| python::draft(facts)).or_else(|| page(facts)).or_else(|| dockerfile(facts));
    found.map(|draft| mention_dockerfile(facts, draft)).ok_or_else(|| nothing(facts))
}

/// The folder of a finished page, by where its index.html lies.
fn page(facts: &Facts) -> Option<Draft> {
    let folders = ["", "public", "dist", "build", "out", "_site", "docs", "site", "www", "src"];
    let path = |folder: &str| if folder.is_empty() { "index.html".to_owned() } else { format!("{folder}/index.html") };
    let folder = folders.into_iter().find(|folder| facts.has(&path(folder)))?;
    let mut draft = Draft::new("static", 8080, format!("{} is there, so its folder is served as it is", path(folder)));
    draft.dir = (!folder.is_empty()).then(|| folder.to_owned());
    Some(draft)
}

fn dockerfile(facts: &Facts) -> Option<Draft> {
    let text = facts.text("Dockerfile").or_else(|| facts.has("Dockerfile").then_some(""))?;
    Some(match exposed_port(text) {
        Some(port) => {
            Draft::new("custom", port, format!("the Dockerfile says how it is built, and its EXPOSE names port {port}"))
        }
        None => {
            let why = "the Dockerfile says how it is built; it has no EXPOSE, so set port to what the app listens on";
            Draft::new("custom", 8080, why.to_owned())
        }
    })
}

/// The first TCP port that the last stage exposes.
fn exposed_port(text: &str) -> Option<u16> {
    let mut port = None;
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            Some("FROM") => port = None,
            Some("EXPOSE") if port.is_none() => {
                port = words.find_map(|word| word.trim_end_matches("/tcp").parse().ok().filter(|p| *p > 0))
            }
            _ => {}
        }
    }
    port
}

fn mention_dockerfile(facts: &Facts, mut draft: Draft) -> Draft {
    if facts.has("Dockerfile") && draft.lang != "custom" {
        draft.why.push_str("; there is a Dockerfile too: write lang = \"custom\" to build with that");
    }
    draft
}

/// What was missing, as precisely as the files allow.
fn nothing(facts: &Facts) -> Refusal {
    let (because, next) = if facts.files.is_empty() {
        ("the repository has no files here", "Push the app first, or name its folder as root.")
    } else if facts.text("package.json").is_some_and(|text| !node::is_json(text)) {
        ("package.json is not JSON, so nothing can be read from it", "Mend it; npm run tells where it is broken.")
    } else if facts.has("package.json") {
        (
            "package.json names neither a start nor a build script, and no file it could start is there",
            "Add a start script to package.json.",
        )
    } else if facts.has("requirements.txt") || facts.has("pyproject.toml") {
        let because = "it is a Python app, but no app.py, main.py, server.py, run.py, wsgi.py or manage.py is there to start";
        (because, "Add a shipwreck.toml with lang = \"python3\" and run, the command that starts it.")
    } else {
        let because = "there is no shipwreck.toml, and no package.json, requirements.txt, pyproject.toml, index.html or Dockerfile \
                       to tell the kind of app";
        (because, "Add a shipwreck.toml (kraken init writes one), or name the app's folder as root.")
    };
    Refusal { because: because.to_owned(), next: next.to_owned() }
}

#[cfg(test)]
mod tests;
