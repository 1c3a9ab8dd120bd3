//! Which secrets does an app have? Their values come from a prompt or the standard input, never from the command line.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::json;

use super::follow::wish;
use crate::cli::Here;
use crate::cli::args::{Follow, Named};
use crate::cli::client::{app_path, segment};
use crate::cli::error::RunCommandError;
use crate::cli::out::Tone;
use crate::cli::prompt::value;
use crate::cli::table::{Cell, Table};
use crate::cli::view::SecretName;
use crate::cli::words::moment;
use crate::edge::clock;

/// The commands below `kraken secret`.
#[derive(Debug, Subcommand)]
pub enum Secret {
    /// Set a secret; its value is asked for, or read from the standard input. Works before the app exists
    Set(OneSecret),
    /// Remove a secret
    Unset(OneSecret),
    /// List an app's secrets, without their values
    List(Named),
}

/// One secret of one app.
#[derive(Debug, Args)]
pub struct OneSecret {
    /// The app's name
    pub app: String,
    /// The secret's name, as in [secrets]
    pub name: String,
    /// How long to stay.
    #[command(flatten)]
    pub follow: Follow,
}

/// `kraken secret …`.
pub async fn run(here: &mut Here<'_>, command: Secret) -> Result<(), RunCommandError> {
    match command {
        Secret::List(args) => {
            let answer = here.client.get(&format!("{}/secrets", app_path(&args.app))).await?;
            here.out.table(&answer, "No secrets. Set one with: kraken secret set APP NAME", table)
        }
        Secret::Set(args) => {
            let value = value(here.ask, &format!("Value of {} for {}: ", args.name, args.app))?;
            wish(here, Method::PUT, &path(&args), &json!({ "value": value.as_str() }), &args.follow).await
        }
        Secret::Unset(args) => wish(here, Method::DELETE, &path(&args), &json!({}), &args.follow).await,
    }
}

fn path(args: &OneSecret) -> String {
    format!("{}/secrets/{}", app_path(&args.app), segment(&args.name))
}

fn table(secrets: &[SecretName]) -> Table {
    let now = clock::wall();
    let mut table = Table::new(vec!["NAME", "STATE", "SET"]);
    for secret in secrets {
        let (word, tone) = match (secret.is_set, secret.wanted) {
            (true, true) => ("set", Tone::Good),
            (true, false) => ("set, not asked for by shipwreck.toml", Tone::Dim),
            (false, _) => ("missing", Tone::Bad),
        };
        let at = secret.set_at.as_deref().map_or_else(|| "-".to_owned(), |at| moment(at, now));
        table.push(vec![secret.name.as_str().into(), Cell::toned(word, tone), at.into()]);
    }
    table
}
