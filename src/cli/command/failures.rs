//! What failed or was given up? The ledgers of all apps, or of one.

use clap::Args;

use super::spoken;
use crate::cli::Here;
use crate::cli::clean::clean;
use crate::cli::client::app_path;
use crate::cli::error::RunCommandError;
use crate::cli::out::{Look, Tone};
use crate::cli::view::Failure;
use crate::cli::words::moment;
use crate::edge::clock;
use crate::model::time::WallTime;

/// The flags of `kraken failures`.
#[derive(Debug, Args)]
pub struct Failures {
    /// Only those of this app, with their last lines
    pub app: Option<String>,
}

/// `kraken failures [APP]`.
pub async fn run(here: &mut Here<'_>, args: &Failures) -> Result<(), RunCommandError> {
    let path = args.app.as_ref().map_or_else(|| "/failures".to_owned(), |app| format!("{}/failures", app_path(app)));
    let answer = here.client.get(&path).await?;
    if !here.out.json && answer.read::<Vec<Failure>>()?.is_empty() {
        here.out.note("Nothing failed and nothing was given up.");
    }
    let with_lines = args.app.is_some();
    here.out
        .show(&answer, |all: Vec<Failure>, look| all.iter().flat_map(|one| told(one, with_lines, look, clock::wall())).collect())
}

fn told(failure: &Failure, with_lines: bool, look: &Look, now: WallTime) -> Vec<String> {
    let version = failure.version_number.map(|number| format!(" version {number}")).unwrap_or_default();
    let tone = if failure.kind == "failed" { Tone::Bad } else { Tone::Dim };
    let kind = look.paint(tone, &failure.kind);
    let head = format!("{}{version}  {kind} in {}, {}", clean(&failure.app), spoken(&failure.step), moment(&failure.at, now));
    let mut lines = vec![head, format!("  {}", clean(&failure.reason))];
    lines.extend(failure.next.iter().map(|next| format!("  next: {}", clean(next))));
    if with_lines {
        lines.extend(failure.log_tail.iter().map(|line| format!("  | {}", clean(line))));
    }
    lines
}
