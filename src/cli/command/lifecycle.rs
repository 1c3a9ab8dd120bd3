//! How is an app's life changed? Update, rollback, retry, restart, scale, place, stop, start, restore, abort.

use clap::Args;
use http::Method;
use serde_json::{Value, json};

use super::follow::wish;
use crate::cli::Here;
use crate::cli::args::{Command, Follow};
use crate::cli::client::{app_path, segment};
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::view::Version;

/// The flags of `kraken update`.
#[derive(Debug, Args)]
pub struct Update {
    /// The app's name
    pub app: String,
    /// This commit instead of the newest (all 40 digits)
    #[arg(long, value_name = "ID")]
    pub commit: Option<String>,
    /// How long to stay.
    #[command(flatten)]
    pub follow: Follow,
}

/// The flags of `kraken rollback`.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The app's name
    pub app: String,
    /// The version's number or id; without it, the newest one kept below the one that serves
    pub version: Option<String>,
    /// How long to stay.
    #[command(flatten)]
    pub follow: Follow,
}

/// The flags of `kraken scale`.
#[derive(Debug, Args)]
pub struct Scale {
    /// The app's name
    pub app: String,
    /// How many copies; "file" for what shipwreck.toml says
    #[arg(value_name = "N", value_parser = replicas)]
    pub replicas: Replicas,
    /// How long to stay.
    #[command(flatten)]
    pub follow: Follow,
}

/// How many copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replicas(Option<u32>);

fn replicas(text: &str) -> Result<Replicas, String> {
    if text == "file" {
        return Ok(Replicas(None));
    }
    let says = |_| "a number of copies, or the word file".to_owned();
    text.parse().map(|n| Replicas(Some(n))).map_err(says)
}

/// The flags of `kraken place`.
#[derive(Debug, Args)]
pub struct Place {
    /// The app's name
    pub app: String,
    /// The machine's name or id; "auto" lets Kraken choose
    #[arg(value_name = "NODE")]
    pub node: String,
}

impl Place {
    fn body(&self) -> Value {
        json!({ "node": Some(&self.node).filter(|node| *node != "auto") })
    }
}

/// The flags of `kraken abort`.
#[derive(Debug, Args)]
pub struct Abort {
    /// The deployment's id, as kraken deploy names it
    pub deployment: String,
}

/// The commands of this file.
pub async fn run(here: &mut Here<'_>, command: Command) -> Result<(), RunCommandError> {
    let quick = Follow { detach: true, wait: None, log: false };
    let (path, body, follow) = match command {
        Command::Update(args) => {
            let body = args.commit.map_or_else(|| json!({}), |commit| json!({ "commit": commit }));
            (of(&args.app, "update"), body, args.follow)
        }
        Command::Rollback(args) => {
            let version = chosen(here, &args).await?;
            (of(&args.app, "rollback"), json!({ "version": version }), args.follow)
        }
        Command::Scale(args) => {
            let body = json!({ "replicas": args.replicas.0 });
            return wish(here, Method::PUT, &of(&args.app, "scale"), &body, &args.follow).await;
        }
        Command::Place(args) => return wish(here, Method::PUT, &of(&args.app, "place"), &args.body(), &quick).await,
        Command::Retry(args) => (of(&args.app, "retry"), json!({}), args.follow),
        Command::Restart(args) => (of(&args.app, "restart"), json!({}), args.follow),
        Command::Start(args) => (of(&args.app, "start"), json!({}), args.follow),
        Command::Restore(args) => (of(&args.app, "restore"), json!({}), args.follow),
        Command::Stop(args) => (of(&args.app, "stop"), json!({}), quick),
        Command::Abort(args) => (format!("/deployments/{}/abort", segment(&args.deployment)), json!({}), quick),
        other => return Err(RunCommandError::usage(format!("{other:?} is not done by an agent"), "Look at kraken --help.")),
    };
    wish(here, Method::POST, &path, &body, &follow).await
}

fn of(app: &str, verb: &str) -> String {
    format!("{}/{verb}", app_path(app))
}

/// A number where one was typed, else an id; without either the newest version kept below the one that serves.
async fn chosen(here: &Here<'_>, args: &Rollback) -> Result<Value, RunCommandError> {
    if let Some(version) = &args.version {
        let number = version.trim_start_matches('v').parse::<u32>();
        return Ok(number.map_or_else(|_| json!(version), |number| json!(number)));
    }
    let versions: Vec<Version> = here.client.get(&of(&args.app, "versions")).await?.read()?;
    previous(&versions).map(|version| json!(version.id)).ok_or_else(|| {
        let because = format!("{} has no earlier version to go back to", args.app);
        RunCommandError::said(Exit::Refused, because, format!("See what is kept with: kraken versions {}", args.app))
    })
}

fn previous(versions: &[Version]) -> Option<&Version> {
    let serving = versions.iter().find(|version| version.state == "serving").map(|version| version.number);
    let older =
        versions.iter().filter(|version| version.state == "kept" && serving.is_none_or(|serving| version.number < serving));
    older.max_by_key(|version| version.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: u32, state: &str) -> Version {
        Version { number, state: state.into(), ..Version::default() }
    }

    #[test]
    fn going_back_means_the_newest_version_kept_below_the_one_that_serves() {
        let all = [version(5, "failed"), version(4, "kept"), version(3, "serving"), version(2, "purged"), version(1, "kept")];
        assert_eq!(previous(&all).unwrap().number, 1);
        assert!(previous(&[version(1, "serving")]).is_none());
        assert_eq!(previous(&[version(2, "failed"), version(1, "kept")]).unwrap().number, 1);
    }

    #[test]
    fn auto_lets_kraken_choose_the_machine() {
        let place = |node: &str| Place { app: "shop".into(), node: node.into() }.body().to_string();
        assert_eq!(place("pi-2"), r#"{"node":"pi-2"}"#);
        assert_eq!(place("auto"), r#"{"node":null}"#);
    }

    #[test]
    fn copies_are_a_number_or_what_the_file_says() {
        assert_eq!(replicas("3"), Ok(Replicas(Some(3))));
        assert_eq!(replicas("file"), Ok(Replicas(None)));
        assert!(replicas("-1").is_err());
    }
}
