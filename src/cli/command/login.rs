//! How does a person get into the dashboard for the first time? By a link that this machine gives.

use clap::Args;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::cli::Here;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;

/// The flags of `kraken login`.
#[derive(Debug, Args)]
pub struct Login {
    /// Replace a forgotten password (as root, or as the agent's own user)
    #[arg(long)]
    pub reset: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Link {
    url: String,
    lan: Vec<String>,
}

/// `kraken login`.
pub async fn run(here: &mut Here<'_>, args: &Login) -> Result<(), RunCommandError> {
    if !here.client.is_local() {
        let next = "Run it on the machine itself, or sign in with the password.";
        return Err(RunCommandError::said(
            Exit::NotAllowed,
            "a link is only made on the machine itself, not over the network",
            next,
        ));
    }
    let answer = here.client.change(Method::POST, "/setup-link", &json!({ "reset": args.reset })).await?;
    let link: Link = answer.read()?;
    here.out.show(&answer, |link: Link, _| vec![link.url])?;
    link.lan.iter().for_each(|lan| here.out.note(&format!("From another machine: {lan}")));
    here.out.note("It works once, for an hour.");
    Ok(())
}
