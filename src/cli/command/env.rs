//! Which environment values does an app get? Listed, set, or reset to what its shipwreck.toml says.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use http::Method;
use serde_json::json;

use super::follow::wish;
use crate::cli::Here;
use crate::cli::args::Follow;
use crate::cli::client::app_path;
use crate::cli::error::RunCommandError;
use crate::cli::table::Table;
use crate::cli::view::EnvVar;

/// The flags of `kraken env`.
#[derive(Debug, Args)]
pub struct Env {
    /// The app's name
    pub app: String,
    /// Without one, the values are listed.
    #[command(subcommand)]
    pub change: Option<Change>,
}

/// What is changed; a deployment without a build follows.
#[derive(Debug, Subcommand)]
pub enum Change {
    /// Set values
    Set {
        /// NAME=VALUE
        #[arg(required = true, value_name = "K=V", value_parser = pair)]
        values: Vec<(String, String)>,
        /// How long to stay.
        #[command(flatten)]
        follow: Follow,
    },
    /// Go back to what the file says
    Unset {
        /// Names
        #[arg(required = true, value_name = "K")]
        names: Vec<String>,
        /// How long to stay.
        #[command(flatten)]
        follow: Follow,
    },
}

/// `NAME=VALUE`; the value may be empty and have more of these signs in it.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

/// `kraken env APP …`.
pub async fn run(here: &mut Here<'_>, args: Env) -> Result<(), RunCommandError> {
    let path = format!("{}/env", app_path(&args.app));
    match args.change {
        None => {
            let answer = here.client.get(&path).await?;
            here.out.table(&answer, "No values. Set one with: kraken env APP set NAME=VALUE", table)
        }
        Some(Change::Set { values, follow }) => {
            let set: BTreeMap<String, String> = values.into_iter().collect();
            wish(here, Method::PUT, &path, &json!({ "set": set, "reset": [] }), &follow).await
        }
        Some(Change::Unset { names, follow }) => {
            wish(here, Method::PUT, &path, &json!({ "set": {}, "reset": names }), &follow).await
        }
    }
}

fn table(values: &[EnvVar]) -> Table {
    let mut table = Table::new(vec!["NAME", "FROM", "VALUE"]);
    for value in values {
        let from = match (value.set_here, &value.file) {
            (true, Some(file)) => format!("set here; the file says {file:?}"),
            (true, None) => "set here".to_owned(),
            (false, _) => "the file".to_owned(),
        };
        table.push(vec![value.name.as_str().into(), from.into(), value.value.as_str().into()]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_split_at_its_first_sign() {
        assert_eq!(pair("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert_eq!(pair("A="), Ok(("A".into(), String::new())));
        assert!(pair("=b").is_err() && pair("A").is_err());
    }
}
