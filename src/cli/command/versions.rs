//! Which versions of an app are there, and to which can one go back?

use super::{short, spoken, tone};
use crate::cli::Here;
use crate::cli::args::Named;
use crate::cli::client::app_path;
use crate::cli::error::RunCommandError;
use crate::cli::table::{Cell, Table};
use crate::cli::view::Version;
use crate::cli::words::{bytes, moment};
use crate::edge::clock;

/// `kraken versions APP`.
pub async fn run(here: &mut Here<'_>, args: &Named) -> Result<(), RunCommandError> {
    let answer = here.client.get(&format!("{}/versions", app_path(&args.app))).await?;
    here.out.table(&answer, "No version yet.", table)
}

fn table(versions: &[Version]) -> Table {
    let now = clock::wall();
    let mut table = Table::new(vec!["VERSION", "STATE", "COMMIT", "WRITTEN", "BY", "MADE", "SIZE", "SUMMARY"]);
    for version in versions {
        table.push(vec![
            version.number.to_string().into(),
            Cell::toned(spoken(&version.state), tone(&version.state)),
            short(&version.commit).into(),
            version.written_at.as_deref().map_or_else(|| "-".to_owned(), |at| moment(at, now)).into(),
            version.author.as_deref().unwrap_or("-").into(),
            moment(&version.created_at, now).into(),
            version.size_bytes.map_or_else(|| "-".to_owned(), bytes).into(),
            version.summary.as_str().into(),
        ]);
    }
    table
}
