//! How is a list shown to a person? In aligned columns that fit the terminal.

use super::clean::clean;
use super::out::{Look, Tone};

/// Between two columns.
const GAP: usize = 2;
/// A column that is cut keeps at least this many characters.
const NARROWEST: usize = 8;

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: clean(text.as_ref()), tone: Tone::Plain }
    }
}

impl Cell {
    /// With a colour.
    pub fn toned(text: impl AsRef<str>, tone: Tone) -> Self {
        Self { tone, ..Self::from(text) }
    }
}

/// Rows below a head. The last column is the one that gives way in a narrow terminal, then the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table with these column names.
    #[must_use]
    pub const fn new(head: Vec<&'static str>) -> Self {
        Self { head, rows: Vec::new() }
    }

    /// With one more row.
    pub fn push(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// As lines; nothing is cut where no terminal is.
    #[must_use]
    pub fn lines(&self, look: &Look) -> Vec<String> {
        let widths = self.widths(look);
        let head: Vec<Cell> = self.head.iter().map(|name| Cell::toned(name, Tone::Dim)).collect();
        std::iter::once(&head).chain(&self.rows).map(|row| line(row, &widths, look)).collect()
    }

    fn widths(&self, look: &Look) -> Vec<usize> {
        let mut widths: Vec<usize> = self.head.iter().map(|name| width(name)).collect();
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(&cell.text));
            }
        }
        let Some(room) = look.width else { return widths };
        let mut over = (widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)).saturating_sub(room);
        let last = widths.len().saturating_sub(1);
        for at in [last, 0] {
            if let Some(column) = widths.get_mut(at) {
                let give = over.min(column.saturating_sub(NARROWEST));
                *column -= give;
                over -= give;
            }
        }
        widths
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn line(row: &[Cell], widths: &[usize], look: &Look) -> String {
    let mut line = String::new();
    for (at, (cell, widest)) in row.iter().zip(widths).enumerate() {
        let text = cut(&cell.text, *widest);
        let pad = if at + 1 == row.len() { 0 } else { widest.saturating_sub(width(&text)) + GAP };
        line.push_str(&look.paint(cell.tone, &text));
        line.push_str(&" ".repeat(pad));
    }
    line.trim_end().to_owned()
}

/// At most `most` characters; what is missing is marked.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(vec!["APP", "STATE", "WHY"]);
        table.push(vec!["web".into(), Cell::toned("running", Tone::Good), "It answers on port 7211.".into()]);
        table.push(vec!["a-longer-name".into(), "off".into(), "Turned off.".into()]);
        table
    }

    #[test]
    fn columns_are_aligned_and_nothing_is_cut_without_a_terminal() {
        assert_eq!(
            table().lines(&Look::plain()),
            [
                "APP            STATE    WHY",
                "web            running  It answers on port 7211.",
                "a-longer-name  off      Turned off."
            ]
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_the_last_column_then_the_first() {
        let narrow = |width| table().lines(&Look { width: Some(width), ..Look::plain() });
        assert_eq!(narrow(36)[1], "web            running  It answers…");
        assert_eq!(narrow(30)[2], "a-longer-n…  off      Turned…");
        assert!(narrow(36).iter().all(|line| line.chars().count() <= 36));
    }

    #[test]
    fn colour_does_not_shift_the_columns() {
        let lines = table().lines(&Look { color: true, ..Look::plain() });
        assert_eq!(lines[1], "web            \u{1b}[32mrunning\u{1b}[0m  It answers on port 7211.");
    }

    #[test]
    fn a_cell_from_the_network_cannot_break_the_table() {
        let mut table = Table::new(vec!["A"]);
        table.push(vec!["x\n\u{1b}[2Jy".into()]);
        assert_eq!(table.lines(&Look::plain())[1], "x y");
    }
}
