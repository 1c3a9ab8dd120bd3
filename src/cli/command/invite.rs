//! How is a machine let in that nobody stands beside? With a token, printed once.

use clap::Args;
use http::Method;
use serde_json::json;

use crate::cli::Here;
use crate::cli::client::segment;
use crate::cli::error::RunCommandError;
use crate::cli::table::Table;
use crate::cli::view::{Invite as View, NewInvite};
use crate::cli::words::moment;
use crate::edge::clock;

/// The flags of `kraken invite`.
#[derive(Debug, Args)]
pub struct Invite {
    /// List the invites that can still be used
    #[arg(long, conflicts_with = "revoke")]
    pub list: bool,
    /// Withdraw an invite
    #[arg(long, value_name = "ID")]
    pub revoke: Option<String>,
}

/// `kraken invite`.
pub async fn run(here: &mut Here<'_>, args: &Invite) -> Result<(), RunCommandError> {
    if let Some(id) = &args.revoke {
        here.client.change(Method::DELETE, &format!("/invites/{}", segment(id)), &json!({})).await?;
        here.out.note(&format!("{id} lets nobody in any more."));
        return Ok(());
    }
    if args.list {
        let answer = here.client.get("/invites").await?;
        return here.out.table(&answer, "No invites. Make one with: kraken invite", table);
    }
    let answer = here.client.change(Method::POST, "/invites", &json!({})).await?;
    here.out.show(&answer, |made: NewInvite, _| vec![made.token])?;
    here.out.note("On the new machine: kraken join TOKEN. It works once, for an hour, and is shown only now.");
    Ok(())
}

fn table(invites: &[View]) -> Table {
    let mut table = Table::new(vec!["ID", "MADE BY", "MADE", "WORKS UNTIL"]);
    let now = clock::wall();
    for invite in invites {
        let row = [invite.id.clone(), invite.by.clone(), moment(&invite.created_at, now), moment(&invite.expires_at, now)];
        table.push(row.into_iter().map(Into::into).collect());
    }
    table
}
