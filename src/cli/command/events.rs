//! Who changed what, and when? The audit log, newest first.

use clap::Args;

use crate::cli::Here;
use crate::cli::client::query;
use crate::cli::error::RunCommandError;
use crate::cli::table::Table;
use crate::cli::view::AuditEntry;
use crate::cli::words::moment;
use crate::edge::clock;

/// The flags of `kraken events`.
#[derive(Debug, Args)]
pub struct Events {
    /// How many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
}

/// `kraken events`.
pub async fn run(here: &mut Here<'_>, args: &Events) -> Result<(), RunCommandError> {
    let answer = here.client.get(&format!("/audit{}", query(&[("limit", args.limit.to_string())]))).await?;
    here.out.table(&answer, "Nothing was changed yet.", table)
}

fn table(entries: &[AuditEntry]) -> Table {
    let now = clock::wall();
    let mut table = Table::new(vec!["WHEN", "WHO", "DID", "TO", "OUTCOME"]);
    for entry in entries {
        let detail = entry.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
        table.push(vec![
            moment(&entry.at, now).into(),
            entry.who.as_str().into(),
            entry.verb.as_str().into(),
            entry.object.as_str().into(),
            format!("{}{detail}", entry.outcome).into(),
        ]);
    }
    table
}
