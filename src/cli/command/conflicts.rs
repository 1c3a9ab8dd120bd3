//! What was changed on two sides at once, and which change shall count?

use clap::Args;
use http::Method;
use serde_json::json;

use crate::cli::Here;
use crate::cli::clean::clean;
use crate::cli::error::RunCommandError;
use crate::cli::out::{Look, Tone};
use crate::cli::view::{Accepted, Conflict, ConflictSide};
use crate::cli::words::moment;
use crate::edge::clock;
use crate::model::time::WallTime;

/// The flags of `kraken conflicts`.
#[derive(Debug, Args)]
pub struct Conflicts {
    /// Let this change count, by the name the list gives it; the one in force ends the conflict as it stands
    #[arg(long, value_name = "CHANGE")]
    pub keep: Option<String>,
}

/// `kraken conflicts [--keep CHANGE]`.
pub async fn run(here: &mut Here<'_>, args: &Conflicts) -> Result<(), RunCommandError> {
    let answer = here.client.get("/conflicts").await?;
    let Some(change) = &args.keep else {
        if !here.out.json && answer.read::<Vec<Conflict>>()?.is_empty() {
            here.out.note("No conflicts: nothing was changed on two sides at once.");
        }
        let now = clock::wall();
        return here.out.show(&answer, |all: Vec<Conflict>, look| all.iter().flat_map(|one| told(one, look, now)).collect());
    };
    let all = answer.read::<Vec<Conflict>>()?;
    let is_meant = |conflict: &&Conflict| sides(conflict).any(|side| side.revision == *change);
    // The agent says best why a change it does not know cannot be kept.
    let object = all.iter().find(is_meant).map_or("app/none/env", |conflict| conflict.object.as_str());
    let body = json!({ "object": object, "revision": change });
    let answer = here.client.change(Method::POST, "/conflicts/settle", &body).await?;
    here.out.show(&answer, |accepted: Accepted, _| vec![clean(&accepted.message)])
}

fn sides(conflict: &Conflict) -> impl Iterator<Item = &ConflictSide> {
    std::iter::once(&conflict.kept).chain(&conflict.others)
}

fn told(conflict: &Conflict, look: &Look, now: WallTime) -> Vec<String> {
    let mut lines = vec![look.paint(Tone::Strong, &clean(&conflict.what))];
    for (place, side) in sides(conflict).enumerate() {
        let force = if place == 0 { look.paint(Tone::Good, "in force") } else { look.paint(Tone::Dim, "not in force") };
        lines.push(format!("  {force}: {} (on {}, {})", clean(&side.says), clean(&side.node), moment(&side.at, now)));
        lines.push(format!("    kraken conflicts --keep {}", clean(&side.revision)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_shown_with_the_command_that_keeps_each() {
        let side = |says: &str, node: &str, seq: u64| ConflictSide {
            says: says.into(),
            node: node.into(),
            revision: format!("x:{seq}"),
            at: "2026-11-01T00:00:00.000Z".into(),
        };
        let conflict = Conflict {
            object: "app/web/scale".into(),
            what: "the number of copies of web".into(),
            kept: side("3", "pi4", 7),
            others: vec![side("2", "laptop", 9)],
        };
        let lines = told(&conflict, &Look::plain(), WallTime(1_793_491_200_000));
        assert!(lines[1].starts_with("  in force: 3 (on pi4, "), "{lines:?}");
        assert_eq!(lines[4], "    kraken conflicts --keep x:9");
    }
}
