//! How does an app come to be? From a repository's address or a folder of this machine.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::env::pair;
use super::follow::accepted;
use super::source::{Place, facts, place};
use crate::cli::Here;
use crate::cli::args::Follow;
use crate::cli::clean::clean;
use crate::cli::client::segment;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::finding;
use crate::cli::prompt::values;
use crate::cli::view::{Inspection, Uploaded};
use crate::cli::words;
use crate::decide::detect;
use crate::decide::manifest::{MAX_BYTES, slug};
use crate::edge::pack;

/// The largest folder, in bytes: what an agent takes.
const LARGEST_FOLDER: u64 = 500 << 20;
/// How the token is called when several values are piped in.
const TOKEN: &str = "token";

/// The flags of `kraken deploy`.
#[derive(Debug, Clone, Default, Args)]
pub struct Deploy {
    /// A repository's address, as pasted, or a folder
    #[arg(value_name = "URL|DIR")]
    pub source: String,
    /// This branch instead of the default one
    #[arg(long, group = "reference")]
    pub branch: Option<String>,
    /// This tag
    #[arg(long, group = "reference")]
    pub tag: Option<String>,
    /// This commit (all 40 digits)
    #[arg(long, group = "reference", value_name = "ID")]
    pub commit: Option<String>,
    /// Another name than the manifest's
    #[arg(long)]
    pub name: Option<String>,
    /// The app's folder in the repository
    #[arg(long, value_name = "FOLDER")]
    pub root: Option<String>,
    /// The machine it shall run on, by name or id; without it Kraken chooses
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,
    /// Set an environment value first
    #[arg(long, value_name = "K=V", value_parser = pair)]
    pub env: Vec<(String, String)>,
    /// Set a secret first; its value is asked for, or read from the standard input
    #[arg(long = "secret", value_name = "NAME")]
    pub secrets: Vec<String>,
    /// Read the token of a private repository from the standard input; it comes before any secrets, on a line of its own
    #[arg(long)]
    pub token_stdin: bool,
    /// Use this file instead of the repository's shipwreck.toml
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Do not ask, whatever is recognised
    #[arg(long)]
    pub yes: bool,
    /// How long to stay.
    #[command(flatten)]
    pub follow: Follow,
}

/// What is asked of the agent; it is not logged, for it has secrets in it.
#[derive(Default, Serialize)]
struct Request {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<String>,
    env: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
}

/// `kraken deploy URL|DIR`.
pub async fn run(here: &mut Here<'_>, args: Deploy) -> Result<(), RunCommandError> {
    let place = place(&args.source)?;
    let mut request = request(here, &args)?;
    match place {
        Place::Folder(folder) => {
            let called = confirm_folder(here, &args, &folder)?;
            request.name = request.name.or(called);
            request.upload = Some(upload(here, &folder).await?);
        }
        Place::Repository(url) => {
            request.url = Some(url);
            if here.ask.is_terminal() && !args.yes && !here.out.json && !here.out.quiet {
                look_first(here, &mut request).await?;
            }
        }
    }
    let answer = here.client.change(Method::POST, "/apps", &request).await.map_err(RunCommandError::from);
    accepted(here, &answer.map_err(|error| with_way_in(error, &args.source))?, &args.follow).await
}

/// A private repository that did not open: what gives a way in from here.
fn with_way_in(error: RunCommandError, source: &str) -> RunCommandError {
    let RunCommandError::Problem(mut problem) = error else { return error };
    if problem.is("source-needs-sign-in") || problem.is("source-refused") {
        let is_ssh = source.starts_with("ssh://") || (source.contains('@') && !source.contains("://"));
        problem.next = Some(if is_ssh {
            format!("Add the key that this prints to the repository's deploy keys, then deploy again: kraken key show {source}")
        } else {
            "If it is private, give a token that may read it: kraken deploy URL --token-stdin < FILE".to_owned()
        });
    }
    RunCommandError::Problem(problem)
}

/// What the flags say, with the values that are asked for or piped in.
fn request(here: &mut Here<'_>, args: &Deploy) -> Result<Request, RunCommandError> {
    let token = args.token_stdin.then(|| TOKEN.to_owned());
    let names: Vec<String> = token.iter().chain(&args.secrets).cloned().collect();
    let mut given = values(here.ask, &names)?.into_iter().map(|value| value.to_string());
    let token = token.and_then(|_| given.next());
    Ok(Request {
        reference: reference(args),
        root: args.root.clone(),
        name: args.name.clone(),
        node: args.node.clone(),
        token: token.map(|token| token.trim().to_owned()),
        manifest: args.manifest.as_deref().map(read_manifest).transpose()?,
        env: args.env.iter().cloned().collect(),
        secrets: args.secrets.iter().cloned().zip(given).collect(),
        ..Request::default()
    })
}

fn reference(args: &Deploy) -> Option<Value> {
    let named = |kind: &str, name: &String| json!({ "kind": kind, "name": name });
    let branch = args.branch.as_ref().map(|name| named("branch", name));
    let tag = || args.tag.as_ref().map(|name| named("tag", name));
    branch.or_else(tag).or_else(|| args.commit.as_ref().map(|id| json!({ "kind": "commit", "id": id })))
}

fn read_manifest(file: &Path) -> Result<String, RunCommandError> {
    let failed = |source| RunCommandError::File { verb: "read", path: file.to_owned(), source };
    if std::fs::metadata(file).map_err(failed)?.len() > MAX_BYTES as u64 {
        let because = format!("{} is longer than {} KB, so it is no shipwreck.toml", file.display(), MAX_BYTES / 1024);
        return Err(RunCommandError::usage(because, "Name the manifest itself."));
    }
    std::fs::read_to_string(file).map_err(failed)
}

/// A person sees what was found before it is deployed, and is asked where nobody wrote it down.
async fn look_first(here: &mut Here<'_>, request: &mut Request) -> Result<(), RunCommandError> {
    let body = json!({ "url": request.url, "reference": request.reference, "root": request.root, "token": request.token,
        "name": request.name, "manifest": request.manifest });
    let looked = here.client.change(Method::POST, "/sources/inspect", &body).await.map_err(RunCommandError::from);
    let found: Inspection = looked.map_err(|error| with_way_in(error, request.url.as_deref().unwrap_or_default()))?.read()?;
    for said in &found.findings {
        here.out.note(finding::line(said).trim_end());
    }
    if let Some(key) = found.host_key.as_ref().filter(|key| key.new) {
        here.out.note(&format!("{} is new here; its key is {}, and no other is taken from now on.", key.host, key.fingerprint));
    }
    if let Some(clash) = found.app.as_ref().and_then(|app| app.clash.as_ref()) {
        return Err(RunCommandError::said(Exit::Refused, clean(clash), "Choose another name with --name."));
    }
    if !found.ok {
        return Err(RunCommandError::said(
            Exit::AppAtFault,
            "this cannot be deployed as it is",
            "Mend what is named above, push, and deploy again.",
        ));
    }
    if found.manifest.origin == "detected" {
        let why = found.manifest.why.as_deref().unwrap_or("its files tell");
        offer(here, &clean(why), &found.manifest.text)?;
    }
    ask_missing(here, request, &found).await?;
    // What was looked at is what is deployed, whatever is pushed meanwhile.
    request.expected_commit = Some(found.commit.id).filter(|id| !id.is_empty());
    Ok(())
}

/// Secrets that the manifest asks for and nobody has set.
async fn ask_missing(here: &mut Here<'_>, request: &mut Request, found: &Inspection) -> Result<(), RunCommandError> {
    if found.secrets.is_empty() {
        return Ok(());
    }
    let app = found.app.as_ref().map(|app| app.id.clone()).unwrap_or_default();
    let path = format!("/apps/{}/secrets", segment(&app));
    // An app that is new has none.
    let known: Vec<crate::cli::view::SecretName> = match here.client.get(&path).await {
        Ok(answer) => answer.read()?,
        Err(_) => Vec::new(),
    };
    let is_set = |name: &String| known.iter().any(|secret| secret.is_set && secret.name == *name);
    let missing: Vec<String> =
        found.secrets.iter().filter(|name| !request.secrets.contains_key(*name) && !is_set(name)).cloned().collect();
    if missing.is_empty() {
        return Ok(());
    }
    here.out.note("The app asks for secrets that have no value yet.");
    let given = values(here.ask, &missing)?;
    request.secrets.extend(missing.into_iter().zip(given.iter().map(|value| value.to_string())));
    Ok(())
}

/// A folder without a manifest is offered one; the app is then called like the folder, whose name does not travel with its files.
fn confirm_folder(here: &mut Here<'_>, args: &Deploy, folder: &Path) -> Result<Option<String>, RunCommandError> {
    let app = args.root.as_ref().map_or_else(|| folder.to_owned(), |root| folder.join(root));
    if args.manifest.is_some() || app.join("shipwreck.toml").exists() {
        return Ok(None);
    }
    let facts = facts(&app);
    let found =
        detect::detect(&facts).map_err(|refusal| RunCommandError::said(Exit::AppAtFault, refusal.because, refusal.next))?;
    if args.yes || !here.ask.is_terminal() {
        here.out.note(&format!("There is no shipwreck.toml; recognised: {}.", found.why));
    } else {
        offer(here, &found.why, &found.text)?;
    }
    Ok(Some(facts.name).filter(|name| slug(name).is_ok()))
}

fn offer(here: &mut Here<'_>, why: &str, text: &str) -> Result<(), RunCommandError> {
    here.out.note(&format!("There is no shipwreck.toml. This would be used ({why}):\n"));
    text.lines().for_each(|line| here.out.note(&format!("  {}", clean(line))));
    let answer = here.ask.line("\nDeploy it like this? [Y/n] ")?;
    if matches!(answer.to_lowercase().as_str(), "" | "y" | "yes") {
        return Ok(());
    }
    let next = "Write a shipwreck.toml (kraken init writes a first one), or give one with --manifest FILE.";
    Err(RunCommandError::said(Exit::Refused, "nothing was deployed", next))
}

/// Packs and sends a folder; the content hash by which it is deployed.
async fn upload(here: &mut Here<'_>, folder: &Path) -> Result<String, RunCommandError> {
    let mut archive =
        nameless().map_err(|source| RunCommandError::File { verb: "write to", path: std::env::temp_dir(), source })?;
    let packed = pack::pack(folder, LARGEST_FOLDER, std::io::BufWriter::new(&mut archive), &|_| ())?;
    let failed = |source| RunCommandError::File { verb: "read back the packed", path: folder.to_owned(), source };
    archive.flush().map_err(failed)?;
    let bytes = archive.stream_position().map_err(failed)?;
    archive.rewind().map_err(failed)?;
    let files = words::count(packed.files, "file", "files");
    here.out.note(&format!("Sending {files}, {} ({} packed).", words::bytes(packed.bytes), words::bytes(bytes)));
    let uploaded: Uploaded = here.client.upload(archive, bytes).await?.read()?;
    Ok(uploaded.upload)
}

/// A file without a name: it goes with the process, however that ends.
fn nameless() -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("kraken-{}.tar.gz", Uuid::new_v4()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_said_as_the_api_wants_it() {
        let with = |set: &dyn Fn(&mut Deploy)| {
            let mut args = Deploy::default();
            set(&mut args);
            reference(&args).map(|value| value.to_string())
        };
        assert_eq!(with(&|_| ()), None);
        assert_eq!(with(&|args| args.branch = Some("dev".into())).unwrap(), r#"{"kind":"branch","name":"dev"}"#);
        assert_eq!(with(&|args| args.tag = Some("v1".into())).unwrap(), r#"{"kind":"tag","name":"v1"}"#);
        assert_eq!(with(&|args| args.commit = Some("ab".into())).unwrap(), r#"{"id":"ab","kind":"commit"}"#);
    }

    #[test]
    fn what_was_not_said_is_not_sent() {
        let request = Request { url: Some("https://x/a/b".into()), ..Request::default() };
        assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"url":"https://x/a/b","env":{},"secrets":{}}"#);
    }
}
