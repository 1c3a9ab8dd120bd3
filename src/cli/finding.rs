//! How is a finding of a shipwreck.toml shown? In a line, or with the line of the file and a caret under what is meant.

use super::clean::clean;
use crate::model::manifest::{Finding, Severity};

const FILE: &str = "shipwreck.toml";

/// One line (two with a next step) for a list under a message.
#[must_use]
pub fn line(finding: &Finding) -> String {
    let next = finding.next.as_ref().map(|next| format!("    {}\n", clean(next))).unwrap_or_default();
    format!("  {}{}: {}\n{next}", place(FILE, finding), word(finding.severity), clean(&finding.message))
}

/// With the line of `text`, the file called `file`, and a caret under what is meant.
#[must_use]
pub fn with_caret(file: &str, text: &str, finding: &Finding) -> String {
    let mut shown = format!("{}{}: {}\n", place(file, finding), word(finding.severity), clean(&finding.message));
    if let Some((number, code)) = source_line(text, finding) {
        let gutter = number.to_string();
        shown.push_str(&format!("  {gutter} | {}\n", clean(code)));
        if let Some(caret) = caret(code, finding) {
            shown.push_str(&format!("  {} | {caret}\n", " ".repeat(gutter.len())));
        }
    }
    if let Some(next) = &finding.next {
        shown.push_str(&format!("  {}\n", clean(next)));
    }
    shown
}

fn place(file: &str, finding: &Finding) -> String {
    match (finding.line, finding.column) {
        (Some(line), Some(column)) => format!("{file}:{line}:{column}: "),
        (Some(line), None) => format!("{file}:{line}: "),
        _ => format!("{file}: "),
    }
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn source_line<'a>(text: &'a str, finding: &Finding) -> Option<(u32, &'a str)> {
    let number = finding.line?;
    let at = usize::try_from(number).ok()?.checked_sub(1)?;
    Some((number, text.lines().nth(at)?))
}

/// Tabs stay tabs, so that the caret stands under its character whatever a tab's width is.
fn caret(code: &str, finding: &Finding) -> Option<String> {
    let column = usize::try_from(finding.column?).ok()?.checked_sub(1)?;
    let length = finding.length.and_then(|length| usize::try_from(length).ok()).unwrap_or(1).max(1);
    let left = code.chars().count().saturating_sub(column).max(1);
    let pad: String = code.chars().take(column).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    Some(format!("{pad}{}", "^".repeat(length.min(left))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::manifest::{Context, parse};

    #[test]
    fn the_caret_stands_under_the_value_that_is_meant() {
        let text = "[app]\nname = \"web\"\n[config]\nport = 70000\nlang = \"node\"\nrun = \"npm start\"\n";
        let found = parse(text, &Context::default()).findings;
        let shown = with_caret("shipwreck.toml", text, &found[0]);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[0].starts_with("shipwreck.toml:4:8: error: "), "{shown}");
        assert_eq!(lines[1], "  4 | port = 70000");
        assert_eq!(lines[2], "    |        ^^^^^");
    }

    #[test]
    fn a_caret_never_reaches_beyond_its_line_and_a_finding_without_a_place_has_none() {
        let mut finding: Finding =
            serde_json::from_str(r#"{"severity":"error","line":1,"column":3,"length":90,"key":"","message":"x"}"#).unwrap();
        assert_eq!(with_caret("f", "ab\tcd", &finding), "f:1:3: error: x\n  1 | ab\tcd\n    |   ^^^\n");
        finding.line = None;
        assert_eq!(with_caret("f", "ab", &finding), "f: error: x\n");
    }
}
