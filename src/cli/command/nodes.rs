//! Which machines are there, how are they, and what can be done to them?

use clap::{Args, Subcommand, ValueEnum};
use http::Method;
use serde_json::json;

use super::follow::accepted;
use super::{spoken, tone};
use crate::cli::Here;
use crate::cli::args::Follow;
use crate::cli::clean::clean;
use crate::cli::client::segment;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::table::{Cell, Table};
use crate::cli::view::{Handshake, Joining, Node, NodeRemoval, NodeSettings};
use crate::cli::words::{bytes, duration};

/// The commands below `kraken nodes`.
#[derive(Debug, Subcommand)]
pub enum Nodes {
    /// List machines that want to join, and those found on the network
    Waiting,
    /// Let a machine join: both show the same code
    Approve(Which),
    /// Do not let a machine join
    Refuse(Which),
    /// Set who leads: the machine with the highest priority that is heard
    Priority {
        /// Its name
        node: String,
        /// 1 to 254, 0 (never leads) or auto
        priority: String,
    },
    /// Set what [place] labels of an app may ask for
    Labels {
        /// Its name
        node: String,
        /// All of them; none = as its own config says
        labels: Vec<String>,
    },
    /// Set whether a machine is one to rely on
    Machine {
        /// Its name
        node: String,
        /// What it is
        kind: Kind,
    },
    /// Make a machine the leader
    MakeLeader {
        /// Its name
        node: String,
    },
    /// Let the machine that is asked lead although it hears nobody
    LeadAnyway,
}

/// Which handshake.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Its number in kraken nodes waiting; not needed if there is only one
    pub id: Option<String>,
}

/// Whether a machine is one to rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Always on
    Anchor,
    /// Neither
    Ordinary,
    /// Often away, such as a laptop
    Spare,
    /// As its own config says
    Auto,
}

/// The flags of `kraken forget`.
#[derive(Debug, Args)]
pub struct Forget {
    /// The machine's name
    pub node: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// `kraken nodes …`.
pub async fn run(here: &mut Here<'_>, command: Option<Nodes>) -> Result<(), RunCommandError> {
    let none = &json!({});
    match command {
        None => {
            let answer = here.client.get("/nodes").await?;
            here.out.table(&answer, "No node.", table)
        }
        Some(Nodes::Waiting) => waiting(here).await,
        Some(Nodes::Approve(which)) => answer(here, which, "approve").await,
        Some(Nodes::Refuse(which)) => answer(here, which, "refuse").await,
        Some(Nodes::Priority { node, priority }) => {
            let priority = parse_priority(&priority)?;
            change(here, &node, |settings| settings.priority = priority).await
        }
        Some(Nodes::Labels { node, labels }) => {
            change(here, &node, |settings| settings.labels = (!labels.is_empty()).then_some(labels)).await
        }
        Some(Nodes::Machine { node, kind }) => change(here, &node, |settings| settings.machine = kind.word()).await,
        Some(Nodes::MakeLeader { node }) => {
            let node = find(here, &node).await?;
            let answer = here.client.change(Method::POST, &format!("/nodes/{}/lead", segment(&node.id)), none).await?;
            accepted(here, &answer, &Follow::default()).await
        }
        Some(Nodes::LeadAnyway) => {
            let answer = here.client.change(Method::POST, "/platform/lead-anyway", none).await?;
            accepted(here, &answer, &Follow::default()).await
        }
    }
}

impl Kind {
    fn word(self) -> Option<String> {
        match self {
            Self::Anchor => Some("anchor".to_owned()),
            Self::Ordinary => Some("ordinary".to_owned()),
            Self::Spare => Some("spare".to_owned()),
            Self::Auto => None,
        }
    }
}

fn parse_priority(text: &str) -> Result<Option<u8>, RunCommandError> {
    match text.parse() {
        Ok(priority @ 0..=254) => Ok(Some(priority)),
        _ if text == "auto" => Ok(None),
        _ => Err(RunCommandError::said(
            Exit::Usage,
            format!("\"{text}\" is no priority"),
            "Give 1 to 254, 0 (never leads) or auto.",
        )),
    }
}

/// The machine of this name, or whose id begins so.
async fn find(here: &Here<'_>, wanted: &str) -> Result<Node, RunCommandError> {
    let nodes: Vec<Node> = here.client.get("/nodes").await?.read()?;
    let found = nodes.into_iter().find(|node| node.name == wanted || (wanted.len() >= 8 && node.id.starts_with(wanted)));
    found.ok_or_else(|| {
        RunCommandError::said(Exit::NotFound, format!("there is no machine \"{wanted}\""), "See them with: kraken nodes")
    })
}

/// Changes one of a machine's settings and leaves the others as they are.
async fn change(here: &mut Here<'_>, node: &str, change: impl FnOnce(&mut NodeSettings)) -> Result<(), RunCommandError> {
    let path = format!("/nodes/{}/settings", segment(&find(here, node).await?.id));
    let mut settings: NodeSettings = here.client.get(&path).await?.read()?;
    change(&mut settings);
    let answer = here.client.change(Method::PUT, &path, &settings).await?;
    accepted(here, &answer, &Follow::default()).await
}

async fn waiting(here: &mut Here<'_>) -> Result<(), RunCommandError> {
    let answer = here.client.get("/joining").await?;
    if here.out.json {
        return here.out.line(answer.text.trim_end());
    }
    let joining: Joining = answer.read()?;
    if joining.handshakes.is_empty() && joining.found.is_empty() {
        here.out.note("No other machine was found. Where multicast is blocked: kraken join --at ADDRESS on the new one.");
        return Ok(());
    }
    let mut table = Table::new(vec!["ID", "MACHINE", "WHERE", "CODE", "STATE", "WHY"]);
    for handshake in &joining.handshakes {
        let dash = || "-".to_owned();
        table.push(vec![
            handshake.id.as_str().into(),
            handshake.name.clone().unwrap_or_else(dash).into(),
            handshake.address.as_str().into(),
            handshake.code.clone().unwrap_or_else(dash).into(),
            Cell::toned(spoken(&handshake.state), tone(&handshake.state)),
            handshake.reason.as_str().into(),
        ]);
    }
    for found in &joining.found {
        let row = ["-", &found.name, &found.address, "-", "found", "another platform on this network"];
        table.push(row.into_iter().map(Into::into).collect());
    }
    let lines = table.lines(&here.out.look);
    here.out.lines(lines)
}

async fn answer(here: &mut Here<'_>, which: Which, verb: &str) -> Result<(), RunCommandError> {
    let joining: Joining = here.client.get("/joining").await?.read()?;
    let open: Vec<&Handshake> = joining.handshakes.iter().filter(|one| one.state == "comparing").collect();
    let chosen = match (which.id, open.as_slice()) {
        (Some(id), _) => id,
        (None, [one]) => one.id.clone(),
        (None, []) => {
            let next = "Begin on the new machine: kraken join. Then look again: kraken nodes waiting.";
            return Err(RunCommandError::said(Exit::NotFound, "no machine waits to be let in", next));
        }
        (None, _) => {
            let next = "Name one by its number: kraken nodes waiting.";
            return Err(RunCommandError::said(Exit::Refused, "several machines wait to be let in", next));
        }
    };
    let answer = here.client.change(Method::POST, &format!("/joining/{}/{verb}", segment(&chosen)), &json!({})).await?;
    here.out.show(&answer, |handshake: Handshake, _| vec![clean(&handshake.reason)])
}

/// `kraken forget NODE`.
pub async fn forget(here: &mut Here<'_>, args: &Forget) -> Result<(), RunCommandError> {
    let node = find(here, &args.node).await?;
    let path = format!("/nodes/{}", segment(&node.id));
    let removal: NodeRemoval = here.client.get(&format!("{path}/removal")).await?.read()?;
    let list = |title: &str, lines: &[String]| {
        let rows = lines.iter().map(|line| format!("  - {}", clean(line)));
        std::iter::once(title.to_owned()).chain(rows).collect::<Vec<_>>()
    };
    let to_change: Vec<String> = removal
        .to_change
        .iter()
        .map(|value| format!("{} {}", value.app.as_deref().unwrap_or(""), value.name).trim().to_owned())
        .collect();
    let mut said = [list("What goes:", &removal.goes), list("What stays:", &removal.stays)].concat();
    if !to_change.is_empty() {
        said.extend(list("What it could read, and should be changed where it came from:", &to_change));
    }
    said.iter().for_each(|line| here.out.note(line));
    if !args.yes {
        if !here.ask.is_terminal() {
            let because = format!("{} was not removed: nobody is there to confirm it", node.name);
            return Err(RunCommandError::said(Exit::Refused, because, "Say that you mean it with --yes."));
        }
        if here.ask.line(&format!("Type {} to remove it for good: ", node.name))? != node.name {
            let because = format!("{} was not removed: that is not its name", node.name);
            return Err(RunCommandError::said(Exit::Refused, because, "Type the name exactly, or pass --yes."));
        }
    }
    let answer = here.client.change(Method::DELETE, &path, &json!({ "confirm": node.name })).await?;
    accepted(here, &answer, &Follow::default()).await
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
            node.uptime_ms.map_or_else(dash, duration).into(),
            node.reason.as_str().into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_priority_is_a_number_up_to_254_or_auto() {
        assert_eq!(parse_priority("0").unwrap(), Some(0));
        assert_eq!(parse_priority("auto").unwrap(), None);
        for bad in ["255", "-1", "high"] {
            assert_eq!(parse_priority(bad).unwrap_err().exit(), Exit::Usage, "{bad}");
        }
    }
}
