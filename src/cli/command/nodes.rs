//! Which machines are there, and how are they?

use super::{spoken, tone};
use crate::cli::Here;
use crate::cli::error::RunCommandError;
use crate::cli::table::{Cell, Table};
use crate::cli::view::Node;
use crate::cli::words::{bytes, duration};

/// `kraken nodes`.
pub async fn run(here: &mut Here<'_>) -> Result<(), RunCommandError> {
    let answer = here.client.get("/nodes").await?;
    here.out.table(&answer, "No node.", table)
}

fn table(nodes: &[Node]) -> Table {
    let mut table = Table::new(vec!["NODE", "ROLE", "STATE", "ARCH", "VERSION", "CPU", "MEMORY", "DISK", "UP", "WHY"]);
    for node in nodes {
        let of = |used: u64, total: u64| format!("{} of {}", bytes(used), bytes(total));
        let vitals = node.vitals.as_ref();
        let dash = || "-".to_owned();
        table.push(vec![
            node.name.as_str().into(),
            if node.leads { "orchestrator" } else { "worker" }.into(),
            Cell::toned(spoken(&node.state), tone(&node.state)),
            node.arch.as_str().into(),
            node.version.as_str().into(),
            vitals.map_or_else(dash, |vitals| format!("{:.0}\u{a0}%", vitals.cpu_percent)).into(),
            vitals.map_or_else(dash, |vitals| of(vitals.memory_used, vitals.memory_total)).into(),
            vitals.map_or_else(dash, |vitals| of(vitals.disk_used, vitals.disk_total)).into(),
            duration(node.uptime_ms).into(),
            node.reason.as_str().into(),
        ]);
    }
    table
}
