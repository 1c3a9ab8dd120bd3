//! Which lines are on a page of an app's log? The newest that were asked for, of all containers, in order of time.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;

use super::places::Places;
use super::{Writer, level, shown};
use crate::edge::docker::{Docker, DockerError, LogCursor, LogLine, LogRequest};
use crate::web::ports::{LogAsk, Trouble};
use crate::web::view::{Level, LogPage};

/// Longest time one container's log is read.
const LIMIT: Duration = Duration::from_secs(20);
/// Bytes of text on one page; older lines beyond them are left out.
const MOST_BYTES: usize = 4 << 20;

/// What a page takes of one container's log.
#[derive(Debug, Default)]
struct Taken {
    lines: VecDeque<LogLine>,
    bytes: usize,
    /// The last line read, taken or not.
    end: Option<LogCursor>,
}

impl Taken {
    fn add(&mut self, line: LogLine, ask: &LogAsk) {
        self.end = Some(line.cursor);
        if !fits(&line.text, ask) {
            return;
        }
        self.bytes += line.text.len();
        self.lines.push_back(line);
        while self.lines.len() > ask.tail || self.bytes > MOST_BYTES {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
    }
}

/// Whether the filters let a line through. One that names no level counts as information.
fn fits(text: &str, ask: &LogAsk) -> bool {
    let matters = ask.level.is_none_or(|least| level(text).unwrap_or(Level::Info) <= least);
    matters && ask.text.as_ref().is_none_or(|part| text.to_lowercase().contains(&part.to_lowercase()))
}

/// The page that `ask` wants of what `writers` wrote.
pub(super) async fn page(docker: &Docker, writers: &[Writer], ask: &LogAsk) -> Result<LogPage, Trouble> {
    let mut after = match &ask.after {
        Some(text) => text.parse().map_err(|error: super::places::ParsePlacesError| Trouble {
            slug: "invalid-cursor",
            status: 400,
            because: error.to_string(),
            next: None,
        })?,
        None => Places::default(),
    };
    after.keep(writers.iter().map(|writer| &writer.container));
    let readings = join_all(writers.iter().map(|writer| read(docker, writer, after.of(&writer.container), ask))).await;
    let taken: Vec<(Writer, Taken)> = writers.iter().cloned().zip(readings.into_iter().collect::<Result<Vec<_>, _>>()?).collect();
    Ok(merge(taken, after, ask.tail))
}

async fn read(docker: &Docker, writer: &Writer, after: Option<LogCursor>, ask: &LogAsk) -> Result<Taken, Trouble> {
    let is_filtered = ask.level.is_some() || ask.text.is_some();
    // Filters count lines that pass them: how far back those are, only reading tells.
    let tail = (!is_filtered).then(|| u32::try_from(ask.tail).unwrap_or(u32::MAX));
    let mut lines = std::pin::pin!(docker.logs(&writer.container, LogRequest { after, follow: false, tail }));
    let mut taken = Taken::default();
    let reading = async {
        while let Some(line) = lines.next().await {
            match line {
                Ok(line) => taken.add(line, ask),
                // Removed since we looked: its log went with it.
                Err(error) if error.is_not_found() => break,
                Err(error) => return Err(unreadable(&error)),
            }
        }
        Ok(())
    };
    let ended = tokio::time::timeout(LIMIT, reading).await;
    ended.unwrap_or_else(|_| {
        let because = format!("Docker did not give the log of {} within {} s", writer.replica, LIMIT.as_secs());
        Err(Trouble { slug: "docker-unavailable", status: 503, because, next: Some("Ask for fewer lines, or try again.".into()) })
    })?;
    Ok(taken)
}

fn unreadable(error: &DockerError) -> Trouble {
    Trouble { slug: "docker-unavailable", status: 503, because: error.to_string(), next: None }
}

/// Merges what was taken by time; `read` is how far each log was read before.
fn merge(mut taken: Vec<(Writer, Taken)>, mut read: Places, tail: usize) -> LogPage {
    let mut all = Vec::new();
    // Of a log whose first line comes later, everything before that line counts as read.
    for (writer, taken) in &taken {
        if let Some(place) =
            taken.lines.front().and_then(|line| LogCursor::before(&line.at)).filter(|_| read.of(&writer.container).is_none())
        {
            read.set(&writer.container, place);
        }
    }
    // The head that is oldest, again and again: within one log, Docker's order stays.
    while let Some((writer, next)) = taken
        .iter_mut()
        .filter(|(_, taken)| !taken.lines.is_empty())
        .min_by(|(_, a), (_, b)| a.lines.front().map(|line| &line.at).cmp(&b.lines.front().map(|line| &line.at)))
    {
        let Some(line) = next.lines.pop_front() else { break };
        read.set(&writer.container, line.cursor);
        all.push((writer.clone(), line, read.clone()));
    }
    for (writer, taken) in &taken {
        if let Some(end) = taken.end {
            read.set(&writer.container, end);
        }
    }
    let surplus = all.len().saturating_sub(tail);
    let lines = all.into_iter().skip(surplus).map(|(writer, line, read)| shown(&writer, line, &read)).collect();
    LogPage { lines, cursor: Some(read.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::docker::LogStream;
    use crate::model::id::ContainerId;

    fn writer(letter: &str) -> Writer {
        let container: ContainerId = letter.repeat(64).parse().unwrap();
        Writer {
            container,
            replica: format!("web-{letter}-0").parse().unwrap(),
            node: "a".repeat(26).parse().unwrap(),
            version_number: Some(1),
        }
    }

    fn line(second: u32, text: &str) -> LogLine {
        let at = format!("2026-11-20T09:00:{second:02}.000000000Z");
        LogLine { cursor: LogCursor::before(&at).unwrap(), at, stream: LogStream::Out, text: text.into() }
    }

    fn ask(tail: usize) -> LogAsk {
        LogAsk { app: "web".parse().unwrap(), tail, after: None, level: None, text: None }
    }

    fn take(ask: &LogAsk, lines: &[(u32, &str)]) -> Taken {
        let mut taken = Taken::default();
        lines.iter().for_each(|(second, text)| taken.add(line(*second, text), ask));
        taken
    }

    fn texts(page: &LogPage) -> Vec<&str> {
        page.lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn lines_of_several_copies_are_in_order_of_time_and_the_newest_stay() {
        let ask = ask(3);
        let taken = vec![
            (writer("a"), take(&ask, &[(1, "a1"), (4, "a4")])),
            (writer("b"), take(&ask, &[(2, "b2"), (3, "b3"), (5, "b5")])),
        ];
        let page = merge(taken, Places::default(), 3);
        assert_eq!(texts(&page), ["b3", "a4", "b5"]);
        assert_eq!(page.lines[2].cursor, page.cursor.unwrap());
    }

    #[test]
    fn a_line_in_the_middle_is_a_place_in_every_log() {
        let ask = ask(9);
        let taken = vec![(writer("a"), take(&ask, &[(1, "a1")])), (writer("b"), take(&ask, &[(2, "b2")]))];
        let page = merge(taken, Places::default(), 9);
        let read: Places = page.lines[0].cursor.parse().unwrap();
        assert_eq!(read.of(&writer("b").container), LogCursor::before("2026-11-20T09:00:02Z"));
    }

    #[test]
    fn what_the_filters_leave_out_counts_as_read() {
        let ask = LogAsk { text: Some("PAY".into()), ..ask(9) };
        let page = merge(vec![(writer("a"), take(&ask, &[(1, "paying"), (7, "other")]))], Places::default(), 9);
        assert_eq!(texts(&page), ["paying"]);
        let read: Places = page.cursor.unwrap().parse().unwrap();
        assert_eq!(read.of(&writer("a").container), LogCursor::before("2026-11-20T09:00:07Z"));
    }

    #[test]
    fn a_level_lets_through_what_matters_at_least_so_much() {
        let passing = |least: Level| {
            let ask = LogAsk { level: Some(least), ..ask(9) };
            let lines = ["ERROR a", "WARN b", "INFO c", "DEBUG d", "plain"];
            lines.into_iter().filter(|text| fits(text, &ask)).map(|text| text.chars().next_back().unwrap()).collect::<String>()
        };
        assert_eq!([Level::Error, Level::Warn, Level::Info, Level::Debug].map(passing), ["a", "ab", "abcn", "abcdn"]);
    }

    #[test]
    fn a_page_has_an_end_in_bytes_too() {
        let ask = ask(5000);
        let long = "x".repeat(MOST_BYTES / 2);
        let taken = take(&ask, &[(1, &long), (2, &long), (3, "short")]);
        assert_eq!(taken.lines.iter().map(|line| line.text.len()).collect::<Vec<_>>(), [long.len(), 5]);
    }

    #[test]
    fn an_app_without_containers_has_an_empty_page() {
        assert_eq!(texts(&merge(vec![], Places::default(), 9)), Vec::<&str>::new());
    }
}
