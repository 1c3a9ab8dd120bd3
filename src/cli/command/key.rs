//! How does a private repository open, and whose server is it? Deploy keys and pinned ssh servers.

use clap::Subcommand;
use http::Method;
use serde_json::json;

use crate::cli::Here;
use crate::cli::clean::clean;
use crate::cli::client::segment;
use crate::cli::error::RunCommandError;
use crate::cli::table::Table;
use crate::cli::view::{HostKey, PublicKey};
use crate::cli::words::moment;
use crate::edge::clock;

/// The commands below `kraken key`.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Print the public half of a repository's deploy key, made on first ask
    Show {
        /// The repository's ssh address
        url: String,
    },
    /// List the ssh servers whose keys are pinned
    Hosts,
    /// Forget the key of an ssh server that has a new one; the next key it shows is pinned
    Forget {
        /// The server, as kraken key hosts names it
        host: String,
    },
}

/// `kraken key …`.
pub async fn run(here: &mut Here<'_>, command: Key) -> Result<(), RunCommandError> {
    match command {
        Key::Show { url } => {
            let answer = here.client.change(Method::POST, "/sources/keys", &json!({ "url": url })).await?;
            here.out.show(&answer, |key: PublicKey, _| vec![clean(&key.public_key)])?;
            here.out.note("Add it to the repository's deploy keys on its server; read access is enough.");
            Ok(())
        }
        Key::Hosts => {
            let answer = here.client.get("/sources/hosts").await?;
            here.out.table(&answer, "No ssh server was used yet.", table)
        }
        Key::Forget { host } => {
            here.client.change(Method::DELETE, &format!("/sources/hosts/{}", segment(&host)), &json!({})).await?;
            here.out.note(&format!("The next key that {host} shows is pinned."));
            Ok(())
        }
    }
}

fn table(hosts: &[HostKey]) -> Table {
    let now = clock::wall();
    let mut table = Table::new(vec!["SERVER", "SINCE", "KEY"]);
    for host in hosts {
        table.push(vec![host.host.as_str().into(), moment(&host.first_seen, now).into(), host.fingerprint.as_str().into()]);
    }
    table
}
