//! How does a Python app start? From the packages it names and the files it has.

use std::collections::BTreeSet;

use toml_edit::{Document, Item};

use super::write::Draft;
use crate::model::facts::Facts;

/// Files that are usually started, the most telling first.
const ENTRIES: [&str; 5] = ["app.py", "main.py", "wsgi.py", "server.py", "run.py"];

pub(super) fn draft(facts: &Facts) -> Option<Draft> {
    let entry = ENTRIES.into_iter().find(|entry| facts.has(entry));
    if !facts.has("requirements.txt") && !facts.has("pyproject.toml") && !facts.has("manage.py") && entry.is_none() {
        return None;
    }
    let packages = packages(facts);
    let (run, why) = django(facts, &packages)
        .or_else(|| fastapi(facts, &packages))
        .or_else(|| flask(facts, &packages))
        .or_else(|| streamlit(&packages, entry?))
        .or_else(|| entry.map(|entry| (format!("python3 {entry}"), format!("{entry} is there"))))?;
    let fixed = entry.filter(|_| !run.contains("$PORT")).and_then(|entry| named_port(facts.text(entry)?));
    let mut draft = Draft::new("python3", fixed.unwrap_or(5000), why);
    draft.run = Some(run);
    Some(draft)
}

type Found = Option<(String, String)>;

fn django(facts: &Facts, packages: &BTreeSet<String>) -> Found {
    if !facts.has("manage.py") {
        return None;
    }
    let wsgi = facts.files.iter().find_map(|file| file.strip_suffix("/wsgi.py")).filter(|folder| is_module(folder));
    Some(match wsgi {
        Some(project) if packages.contains("gunicorn") => {
            let why = format!("manage.py is there (Django), and gunicorn serves {project}/wsgi.py");
            (format!("gunicorn --bind 0.0.0.0:$PORT {project}.wsgi"), why)
        }
        _ => (
            "python3 manage.py runserver 0.0.0.0:$PORT".to_owned(),
            "manage.py is there (Django); add gunicorn for many visitors".to_owned(),
        ),
    })
}

fn fastapi(facts: &Facts, packages: &BTreeSet<String>) -> Found {
    let (module, name) = made_by(facts, "FastAPI(").filter(|_| packages.contains("fastapi"))?;
    let run = format!("uvicorn {module}:{name} --host 0.0.0.0 --port $PORT");
    let missing =
        if packages.contains("uvicorn") { "" } else { "; name uvicorn among its packages if the start does not find it" };
    Some((run, format!("{module}.py makes a FastAPI app{missing}")))
}

fn flask(facts: &Facts, packages: &BTreeSet<String>) -> Found {
    if !packages.contains("flask") {
        return None;
    }
    let (module, name) = made_by(facts, "Flask(").or_else(|| factory(facts))?;
    if packages.contains("gunicorn") {
        return Some((
            format!("gunicorn --bind 0.0.0.0:$PORT \"{module}:{name}\""),
            format!("{module}.py makes a Flask app, and gunicorn is there to serve it"),
        ));
    }
    let run = format!("flask --app \"{module}:{name}\" run --host 0.0.0.0 --port $PORT");
    Some((run, format!("{module}.py makes a Flask app; add gunicorn for many visitors")))
}

fn streamlit(packages: &BTreeSet<String>, entry: &str) -> Found {
    let run = format!("streamlit run {entry} --server.headless true --server.address 0.0.0.0 --server.port $PORT");
    packages.contains("streamlit").then(|| (run, format!("{entry} is there, and streamlit among the packages")))
}

/// The module and the name of what a line such as `app = Flask(__name__)` makes, at the module's own level.
fn made_by(facts: &Facts, call: &str) -> Option<(String, String)> {
    ENTRIES.into_iter().find_map(|entry| {
        let name = facts.text(entry)?.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            // `app: Flask = …` is the same name with its type.
            let name = name.split(':').next()?.trim_end();
            let made = value.trim_start();
            let is_call = made.starts_with(call) || made.split_once('.').is_some_and(|(_, rest)| rest.starts_with(call));
            (is_call && is_module(name)).then(|| name.to_owned())
        })?;
        Some((entry.trim_end_matches(".py").to_owned(), name))
    })
}

/// `def create_app(`, Flask's usual factory.
fn factory(facts: &Facts) -> Option<(String, String)> {
    let entry = ENTRIES
        .into_iter()
        .find(|entry| facts.text(entry).is_some_and(|text| text.lines().any(|line| line.starts_with("def create_app("))))?;
    Some((entry.trim_end_matches(".py").to_owned(), "create_app()".to_owned()))
}

fn is_module(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The port in `port=5000`, of a script that is started as it is.
fn named_port(text: &str) -> Option<u16> {
    text.match_indices("port").find_map(|(at, mark)| {
        let rest = text[at + mark.len()..].trim_start().strip_prefix('=')?.trim_start();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok().filter(|port| *port > 0)
    })
}

/// Names of the packages it wants, lower case, without versions.
fn packages(facts: &Facts) -> BTreeSet<String> {
    let listed = facts.text("requirements.txt").unwrap_or_default().lines().map(str::to_owned);
    let project = facts.text("pyproject.toml").and_then(|text| Document::parse(text.to_owned()).ok());
    let declared = project.iter().flat_map(|project| {
        let list = project.get("project").and_then(|table| table.get("dependencies")).and_then(Item::as_array);
        let named = list.into_iter().flat_map(|list| list.iter()).filter_map(|value| value.as_str().map(str::to_owned));
        let poetry = project.get("tool").and_then(|tool| tool.get("poetry")).and_then(|poetry| poetry.get("dependencies"));
        let keys =
            poetry.and_then(Item::as_table_like).into_iter().flat_map(|table| table.iter().map(|(name, _)| name.to_owned()));
        named.chain(keys).collect::<Vec<_>>()
    });
    listed.chain(declared).filter_map(|line| package_name(&line)).collect()
}

/// PEP 508: a name ends where anything but letters, digits and `. _ -` begins.
fn package_name(line: &str) -> Option<String> {
    let line = line.trim();
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)).unwrap_or(line.len());
    Some(line[..end].to_ascii_lowercase()).filter(|name| name.starts_with(|c: char| c.is_ascii_alphanumeric()))
}
