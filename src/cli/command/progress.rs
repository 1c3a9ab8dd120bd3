//! What is new about a deployment, as lines for a person? A line for each phase that ended; on a terminal, one that lives.

use std::collections::BTreeSet;

use super::{short, spoken};
use crate::cli::clean::clean;
use crate::cli::out::{Look, Tone};
use crate::cli::table::cut;
use crate::cli::view::{Commit, Deployment, Step, Waiting};
use crate::cli::words::{between, duration, sentence};
use crate::model::time::Timestamp;

/// Takes the line under way away (ECMA-48: carriage return, erase the line).
const ERASE: &str = "\r\u{1b}[2K";

/// What was told already.
#[derive(Debug)]
pub struct Progress {
    look: Look,
    told: BTreeSet<String>,
    waiting: Option<Waiting>,
    now: Option<Now>,
    is_drawn: bool,
}

/// The phase under way.
#[derive(Debug)]
struct Now {
    phase: String,
    why: String,
    /// The newest line its build wrote.
    says: Option<String>,
    since: Timestamp,
}

impl Progress {
    /// Of a deployment of which nothing was told.
    #[must_use]
    pub const fn new(look: Look) -> Self {
        Self { look, told: BTreeSet::new(), waiting: None, now: None, is_drawn: false }
    }

    /// The lines that are new.
    pub fn digest(&mut self, deployment: &Deployment, now: Timestamp) -> Vec<String> {
        let mut lines = Vec::new();
        for step in &deployment.steps {
            match step.state.as_str() {
                "done" | "failed" | "skipped" if self.told.insert(format!("{} {}", step.phase, step.state)) => {
                    lines.push(self.ended(step));
                }
                "now" => self.begin(step, now, &mut lines),
                _ => {}
            }
        }
        if let Some(commit) = deployment.commit.as_ref().and_then(written)
            && self.told.insert("commit".to_owned())
        {
            lines.push(format!("  {}", self.look.paint(Tone::Dim, &commit)));
        }
        if !deployment.steps.iter().any(|step| step.state == "now") {
            self.now = None;
        }
        if deployment.waiting.as_ref().map(|w| &w.reason) != self.waiting.as_ref().map(|w| &w.reason)
            && let Some(waiting) = &deployment.waiting
        {
            lines.push(self.waits(waiting));
        }
        self.waiting.clone_from(&deployment.waiting);
        lines
    }

    /// What it waits for, if it does.
    #[must_use]
    pub fn waits_for(&self) -> Option<String> {
        self.waiting.as_ref().map(|waiting| clean(&waiting.reason))
    }

    /// The living line, drawn over itself.
    pub fn redrawn(&mut self, at: Timestamp) -> String {
        let Some(now) = &self.now else { return String::new() };
        let took = u64::try_from(at.saturating_sub(now.since).as_millis()).unwrap_or(u64::MAX);
        let said = now.says.as_ref().unwrap_or(&now.why);
        let why = self.waits_for().map_or_else(|| said.clone(), |reason| format!("waiting: {reason}"));
        let text = format!("  … {:<16}{:>9}  {why}", spoken(&now.phase), duration(took));
        self.is_drawn = true;
        format!("{ERASE}{}", self.look.paint(Tone::Busy, &cut(&text, self.look.width.unwrap_or(80).saturating_sub(1))))
    }

    /// Shows the newest line of the build in the living line.
    pub fn says(&mut self, line: String) {
        if let Some(now) = &mut self.now {
            now.says = Some(line);
        }
    }

    /// What takes the living line away; empty where there is none.
    pub fn cleared(&mut self) -> String {
        if std::mem::take(&mut self.is_drawn) { ERASE.to_owned() } else { String::new() }
    }

    fn begin(&mut self, step: &Step, at: Timestamp, lines: &mut Vec<String>) {
        let why = clean(&step.why);
        match &mut self.now {
            Some(now) if now.phase == step.phase => now.why = why,
            _ => {
                // In a file nothing moves, so that a build under way is told when it begins.
                if !self.look.is_terminal && step.phase == "building" && self.told.insert("building now".to_owned()) {
                    lines.push(self.line("now", Tone::Busy, &step.phase, "", &why));
                }
                self.now = Some(Now { phase: step.phase.clone(), why, says: None, since: at });
            }
        }
    }

    fn ended(&self, step: &Step) -> String {
        let took = step.started_at.as_deref().zip(step.ended_at.as_deref()).and_then(|(start, end)| between(start, end));
        let took = took.map(duration).unwrap_or_default();
        let tone = match step.state.as_str() {
            "done" => Tone::Good,
            "failed" => Tone::Bad,
            _ => Tone::Dim,
        };
        self.line(&step.state, tone, &step.phase, &took, &clean(&step.why))
    }

    fn waits(&self, waiting: &Waiting) -> String {
        let next = waiting.next.as_ref().map(|next| format!(" {}", clean(next))).unwrap_or_default();
        let text = format!("waiting: {}{next}", sentence(&clean(&waiting.reason)));
        format!("  {}", self.look.paint(Tone::Busy, &text))
    }

    fn line(&self, state: &str, tone: Tone, phase: &str, took: &str, why: &str) -> String {
        let mark = match (self.look.is_terminal, state) {
            (true, "done") => "✓",
            (true, "failed") => "✗",
            (true, "skipped") => "–",
            (_, word) => word,
        };
        let width = if self.look.is_terminal { 1 } else { 7 };
        let mark = self.look.paint(tone, &format!("{mark:<width$}"));
        format!("  {mark} {:<16}{took:>9}  {why}", spoken(phase)).trim_end().to_owned()
    }
}

/// `1a2b3c4 "Weigh flour", Ada, 2026-11-20`; none before anybody looked at it, and for a folder.
fn written(commit: &Commit) -> Option<String> {
    let author = commit.author.as_ref()?;
    let day = commit.at.as_deref().and_then(|at| at.get(..10)).map(|day| format!(", {day}")).unwrap_or_default();
    Some(clean(&format!("commit {} \"{}\", {author}{day}", short(&commit.id), commit.summary)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: Timestamp = Timestamp::new(Duration::ZERO);

    fn deployment(steps: &str) -> Deployment {
        serde_json::from_str(&format!(r#"{{"id":"d","steps":[{steps}]}}"#)).unwrap()
    }

    const FETCHED: &str = r#"{"phase":"fetching","state":"done","started_at":"2026-11-21T09:00:00Z","ended_at":"2026-11-21T09:00:01.2Z","why":"commit 1a2b3c4"}"#;
    const BUILDING: &str = r#"{"phase":"building","state":"now","started_at":"2026-11-21T09:00:01Z","why":"step 3 of 9"}"#;

    #[test]
    fn each_phase_is_told_once_when_it_ends() {
        let mut progress = Progress::new(Look::plain());
        let told = progress.digest(&deployment(&format!("{FETCHED},{BUILDING}")), START);
        assert_eq!(
            told.iter().map(|line| line.replace('\u{a0}', " ")).collect::<Vec<_>>(),
            ["  done    fetching            1.2 s  commit 1a2b3c4", "  now     building                   step 3 of 9"]
        );
        assert_eq!(progress.digest(&deployment(&format!("{FETCHED},{BUILDING}")), START), Vec::<String>::new());
    }

    #[test]
    fn on_a_terminal_the_phase_under_way_lives_in_one_line_that_fits() {
        let mut progress = Progress::new(Look { is_terminal: true, color: false, width: Some(40) });
        let told = progress.digest(&deployment(&format!("{FETCHED},{BUILDING}")), START);
        assert_eq!(told.len(), 1);
        assert_eq!(progress.cleared(), "");
        let drawn = progress.redrawn(START.after(Duration::from_millis(2500)));
        assert!(drawn.starts_with(ERASE) && drawn.contains("2.5\u{a0}s"), "{drawn}");
        assert!(drawn.trim_start_matches(ERASE).chars().count() < 40, "{drawn}");
        assert_eq!(progress.cleared(), ERASE);
        assert_eq!(progress.cleared(), "");
        progress.says("added 50 packages".into());
        assert!(progress.redrawn(START).contains("added"));
    }

    #[test]
    fn who_wrote_the_commit_is_told_once() {
        let mut progress = Progress::new(Look::plain());
        let commit = r#"{"id":"1a2b3c4d5e6f","summary":"Weigh flour","author":"Ada","at":"2026-11-20T09:00:00Z"}"#;
        let known = serde_json::from_str(&format!(r#"{{"id":"d","steps":[],"commit":{commit}}}"#)).unwrap();
        assert_eq!(progress.digest(&known, START), [r#"  commit 1a2b3c4 "Weigh flour", Ada, 2026-11-20"#]);
        assert_eq!(progress.digest(&known, START), Vec::<String>::new());
    }

    #[test]
    fn what_it_waits_for_is_told_when_it_changes() {
        let mut progress = Progress::new(Look::plain());
        let mut waiting = deployment("");
        waiting.waiting = Some(Waiting { reason: "git.example does not answer.".into(), ..Waiting::default() });
        assert_eq!(progress.digest(&waiting, START), ["  waiting: git.example does not answer."]);
        waiting.waiting.as_mut().unwrap().attempt = 2;
        assert_eq!(progress.digest(&waiting, START), Vec::<String>::new());
        assert_eq!(progress.waits_for().unwrap(), "git.example does not answer.");
        waiting.steps = deployment(BUILDING).steps;
        progress.digest(&waiting, START);
        assert!(progress.redrawn(START).contains("waiting: git.example"));
    }

    #[test]
    fn a_phase_that_failed_after_it_was_done_once_is_told_again() {
        let mut progress = Progress::new(Look::plain());
        assert_eq!(progress.digest(&deployment(FETCHED), START).len(), 1);
        let failed = FETCHED.replace("\"done\"", "\"failed\"");
        assert!(progress.digest(&deployment(&failed), START)[0].contains("failed"));
    }
}
