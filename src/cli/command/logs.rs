//! What does an app print? The newest lines, and with `-f` what comes after them, over restarts and updates.

use clap::Args;

use crate::cli::Here;
use crate::cli::clean::{clean, clean_but_colours};
use crate::cli::client::{Answer, Event, Feed, News, app_id, app_path, query};
use crate::cli::error::RunCommandError;
use crate::cli::out::{Look, Tone};
use crate::cli::view::{LogLine, LogPage};

/// The flags of `kraken logs`.
#[derive(Debug, Args)]
pub struct Logs {
    /// The app's name
    pub app: String,
    /// Stay, and show what comes
    #[arg(short, long)]
    pub follow: bool,
    /// How many of the newest lines
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub tail: usize,
}

/// `kraken logs APP`.
pub async fn run(here: &mut Here<'_>, args: &Logs) -> Result<(), RunCommandError> {
    let path = format!("{}/logs{}", app_path(&args.app), query(&[("tail", args.tail.to_string())]));
    let answer = here.client.get(&path).await?;
    if here.out.json && !args.follow {
        return here.out.line(answer.text.trim_end());
    }
    let page: LogPage = answer.read()?;
    if page.lines.is_empty() && !args.follow {
        here.out.note(&format!("{} has printed nothing yet.", args.app));
    }
    show(here, &answer)?;
    if !args.follow {
        return Ok(());
    }
    let after = page.cursor.map(|cursor| ("after", cursor));
    let wanted: Vec<_> = [("logs", app_id(&args.app))].into_iter().chain(after).collect();
    let feed = Feed::open(here.client.clone(), format!("/events{}", query(&wanted)));
    let interrupted = tokio::signal::ctrl_c();
    tokio::select! {
        biased;
        _ = interrupted => Err(RunCommandError::Interrupted),
        ended = follow(here, feed) => ended,
    }
}

async fn follow(here: &mut Here<'_>, mut feed: Feed) -> Result<(), RunCommandError> {
    loop {
        match feed.next().await? {
            News::Event(Event { name, data, .. }) if name == "log" => show(here, &Answer { text: data })?,
            News::Event(Event { name, data, .. }) if name == "skipped" => here.out.note(&skipped(&data)),
            _ => {}
        }
    }
}

/// With `--json` each line is the API's own object on a line of its own.
fn show(here: &mut Here<'_>, answer: &Answer) -> Result<(), RunCommandError> {
    if here.out.json {
        let page: serde_json::Value = answer.read()?;
        let lines = page.get("lines").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
        return here.out.lines(lines.iter().map(ToString::to_string));
    }
    let page: LogPage = answer.read()?;
    let look = here.out.look;
    here.out.lines(page.lines.iter().map(|line| shown(line, &look)))
}

fn shown(line: &LogLine, look: &Look) -> String {
    let text = if look.color { clean_but_colours(&line.text) } else { clean(&line.text) };
    let time = line.at.get(11..19).unwrap_or_default();
    let mark = if line.stream == "err" { look.paint(Tone::Bad, "!") } else { " ".to_owned() };
    format!("{} {mark} {text}", look.paint(Tone::Dim, &format!("{time} {}", clean(&line.replica))))
}

fn skipped(data: &str) -> String {
    let lines = serde_json::from_str::<serde_json::Value>(data).ok().and_then(|told| told.get("lines")?.as_u64());
    lines.map_or_else(|| "some lines were skipped".to_owned(), |lines| format!("{lines} lines were skipped"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine {
            at: "2026-11-21T09:04:15.042Z".into(),
            replica: "web-0".into(),
            stream: "err".into(),
            text: text.into(),
            ..LogLine::default()
        }
    }

    #[test]
    fn a_line_has_its_time_its_copy_and_a_mark_for_errors() {
        assert_eq!(shown(&line("no port\u{1b}[2J"), &Look::plain()), "09:04:15 web-0 ! no port");
    }

    #[test]
    fn an_apps_own_colours_reach_a_terminal_and_nothing_else_of_it() {
        let look = Look { color: true, ..Look::plain() };
        assert!(shown(&line("\u{1b}[31mred\u{1b}[0m\u{1b}[2J"), &look).ends_with("\u{1b}[31mred\u{1b}[0m"));
    }

    #[test]
    fn skipped_lines_are_counted() {
        assert_eq!(skipped(r#"{"stream":"log","lines":12}"#), "12 lines were skipped");
        assert_eq!(skipped("?"), "some lines were skipped");
    }
}
