//! How does one app stand, and why? Its copies, its data, its last deployment.

use super::{short, spoken, tone};
use crate::cli::Here;
use crate::cli::args::Named;
use crate::cli::clean::clean;
use crate::cli::client::app_path;
use crate::cli::error::RunCommandError;
use crate::cli::finding;
use crate::cli::out::{Look, Tone};
use crate::cli::table::{Cell, Table};
use crate::cli::view::{App, Deployment, Replica, Source};
use crate::cli::words::{bytes, moment};
use crate::edge::clock;
use crate::model::time::WallTime;

/// `kraken status APP`.
pub async fn run(here: &mut Here<'_>, args: &Named) -> Result<(), RunCommandError> {
    let answer = here.client.get(&app_path(&args.app)).await?;
    here.out.show(&answer, |app: App, look| page(&app, look, clock::wall()))
}

fn page(app: &App, look: &Look, now: WallTime) -> Vec<String> {
    let state = look.paint(tone(&app.state.kind), &spoken(&app.state.kind));
    let version = app.version.as_ref().map(|version| format!(", version {}", version.number)).unwrap_or_default();
    let mut lines = vec![format!("{}  {state}{version}", look.paint(Tone::Strong, &clean(&app.name)))];
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("  {name:<10}{}", clean(value)));
        }
    };
    fact("why", &app.state.reason);
    fact("next", app.state.next.as_deref().unwrap_or_default());
    fact("since", &moment(&app.state.since, now));
    fact("retries", &app.state.retry_at.as_ref().map(|at| format!("at {at}")).unwrap_or_default());
    fact("address", app.address.as_deref().unwrap_or_default());
    app.addresses.lan.iter().filter(|address| Some(*address) != app.address.as_ref()).for_each(|address| fact("on LAN", address));
    fact("source", &source(&app.source));
    fact("uses", &uses(app));
    for volume in &app.volumes {
        let size = volume.size_bytes.map(|size| format!(", {}", bytes(size))).unwrap_or_default();
        fact("volume", &format!("{} at {}, {}{size}", volume.name, volume.path, spoken(&volume.state)));
    }
    if let Some(last) = app.deployments.first() {
        fact("last", &deployment(last, now));
    }
    lines.extend(app.notes.iter().map(|note| finding::line(note).trim_end().to_owned()));
    if !app.replicas.is_empty() {
        lines.push(String::new());
        lines.extend(replicas(&app.replicas, now).lines(look));
    }
    lines
}

fn source(source: &Source) -> String {
    let place = match (&source.url, &source.upload) {
        (Some(url), _) => url.clone(),
        (None, Some(_)) => "an uploaded folder".to_owned(),
        _ => return String::new(),
    };
    let reference = source.reference.name.as_ref().map(|name| format!(", {} {name}", source.reference.kind)).unwrap_or_default();
    let root = source.root.as_ref().map(|root| format!(", folder {root}")).unwrap_or_default();
    let commit = source.commit.as_ref().map(|commit| format!(", commit {}", short(commit))).unwrap_or_default();
    format!("{place}{reference}{root}{commit}")
}

fn uses(app: &App) -> String {
    app.stats.as_ref().map_or_else(String::new, |stats| {
        format!("{:.1} % of a core, {} of {} memory", stats.cpu_percent, bytes(stats.memory_bytes), bytes(stats.memory_limit))
    })
}

fn deployment(last: &Deployment, now: WallTime) -> String {
    let version = last.version_number.map(|number| format!(" to version {number}")).unwrap_or_default();
    let why = last.failure.as_ref().map(|failure| format!(": {}", failure.reason)).unwrap_or_default();
    format!("{}{version}, {}, {}{why}", spoken(&last.kind), spoken(&last.state), moment(&last.asked_at, now))
}

fn replicas(replicas: &[Replica], now: WallTime) -> Table {
    let mut table = Table::new(vec!["REPLICA", "STATE", "VERSION", "SINCE", "RESTARTS", "WHY"]);
    for replica in replicas {
        table.push(vec![
            replica.id.as_str().into(),
            Cell::toned(spoken(&replica.phase), tone(&replica.phase)),
            replica.version_number.map_or_else(|| "-".to_owned(), |number| number.to_string()).into(),
            replica.started_at.as_deref().map_or_else(|| "-".to_owned(), |at| moment(at, now)).into(),
            replica.restarts.to_string().into(),
            replica.reason.as_str().into(),
        ]);
    }
    table
}
