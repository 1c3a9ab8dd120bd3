//! Which apps are there, and how does each stand?

use super::{spoken, tone};
use crate::cli::Here;
use crate::cli::error::RunCommandError;
use crate::cli::table::{Cell, Table};
use crate::cli::view::App;

/// `kraken apps`.
pub async fn run(here: &mut Here<'_>) -> Result<(), RunCommandError> {
    let answer = here.client.get("/apps").await?;
    here.out.table(&answer, "No app yet. Deploy one with: kraken deploy URL", table)
}

fn table(apps: &[App]) -> Table {
    let mut table = Table::new(vec!["APP", "STATE", "VERSION", "ADDRESS", "WHY"]);
    for app in apps {
        let version = app.version.as_ref().map_or_else(|| "-".to_owned(), |version| version.number.to_string());
        table.push(vec![
            app.id.as_str().into(),
            Cell::toned(spoken(&app.state.kind), tone(&app.state.kind)),
            version.into(),
            app.address.as_deref().unwrap_or("-").into(),
            app.state.reason.as_str().into(),
        ]);
    }
    table
}
