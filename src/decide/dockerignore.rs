//! Which paths of a source does Docker's build never see? The rules of a `.dockerignore`.
//!
//! Docker's own semantics, not Git's: every pattern is anchored at the context's root, a pattern that matches a folder covers
//! all below it, `**` spans folders, and the last matching line decides, so that `!` brings back what an earlier line hid.
//! Source: <https://docs.docker.com/build/concepts/context/#dockerignore-files>.

use std::collections::BTreeMap;

/// Longest line taken, in bytes: a pattern costs its length for every path it is tried on.
const LONGEST_LINE: usize = 1024;
/// Most patterns taken.
const MOST_PATTERNS: usize = 1000;

/// A `.dockerignore` that Docker would refuse, too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseDockerIgnoreError {
    /// A pattern that matches nothing by construction.
    #[error(".dockerignore line {line}: \"{pattern}\" is not a pattern: {because}")]
    BadPattern {
        /// Counted from 1.
        line: usize,
        /// As written.
        pattern: String,
        /// What is wrong with it.
        because: &'static str,
    },
    /// More than any real file has.
    #[error(".dockerignore has more than {MOST_PATTERNS} patterns: ignore whole folders instead")]
    TooMany,
}

/// The parsed rules, and what they said about the folders seen so far.
#[derive(Clone, Debug, Default)]
pub struct DockerIgnore {
    rules: Vec<Rule>,
    /// Per folder: which rules match it or a folder above it.
    folders: BTreeMap<String, Vec<bool>>,
}

#[derive(Clone, Debug)]
struct Rule {
    brings_back: bool,
    glob: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`: one character, not a slash.
    One,
    /// `*`: any characters, no slash.
    Star,
    /// `**/` or `**` before more: nothing, or anything that ends with a slash.
    Folders,
    /// `**` at the end: anything.
    Rest,
    /// `[a-z]`, `[^a-z]`.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl DockerIgnore {
    /// Reads the file's text.
    ///
    /// # Errors
    /// A line that is no pattern, with its number.
    pub fn parse(text: &str) -> Result<Self, ParseDockerIgnoreError> {
        let mut rules = Vec::new();
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let bad =
                |because| ParseDockerIgnoreError::BadPattern { line: at + 1, pattern: line.chars().take(80).collect(), because };
            if line.len() > LONGEST_LINE {
                return Err(bad("it is too long"));
            }
            let (brings_back, pattern) = match line.trim().strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, line.trim()),
            };
            if brings_back && pattern.is_empty() {
                return Err(bad("\"!\" alone names nothing"));
            }
            rules.push(Rule { brings_back, glob: tokens(&cleaned(pattern)).map_err(bad)? });
            if rules.len() > MOST_PATTERNS {
                return Err(ParseDockerIgnoreError::TooMany);
            }
        }
        Ok(Self { rules, folders: BTreeMap::new() })
    }

    /// Whether the build does not see `path` (relative to the context, `/` between parts).
    pub fn is_ignored(&mut self, path: &str) -> bool {
        let matched = self.matched(path);
        let last = self.rules.iter().zip(matched).rev().find(|(_, matched)| *matched);
        last.is_some_and(|(rule, _)| !rule.brings_back)
    }

    /// Which rules match `path` or a folder above it.
    fn matched(&mut self, path: &str) -> Vec<bool> {
        let above = match path.rsplit_once('/') {
            Some((folder, _)) => self.matched_folder(folder),
            None => vec![false; self.rules.len()],
        };
        let text: Vec<char> = path.chars().collect();
        self.rules.iter().zip(above).map(|(rule, above)| above || matches(&rule.glob, &text)).collect()
    }

    fn matched_folder(&mut self, folder: &str) -> Vec<bool> {
        if let Some(known) = self.folders.get(folder) {
            return known.clone();
        }
        let matched = self.matched(folder);
        self.folders.insert(folder.to_owned(), matched.clone());
        matched
    }
}

/// The pattern without `./`, doubled slashes, inner `..`, and the slashes at either end.
fn cleaned(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

fn tokens(pattern: &str) -> Result<Vec<Token>, &'static str> {
    let mut chars = pattern.chars().peekable();
    let mut out = Vec::new();
    while let Some(c) = chars.next() {
        out.push(match c {
            '*' if chars.next_if_eq(&'*').is_some() => {
                chars.next_if_eq(&'/');
                if chars.peek().is_none() { Token::Rest } else { Token::Folders }
            }
            '*' => Token::Star,
            '?' => Token::One,
            '\\' => Token::Literal(chars.next().ok_or("it ends with a backslash")?),
            '[' => class(&mut chars)?,
            c => Token::Literal(c),
        });
    }
    Ok(out)
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Token, &'static str> {
    const OPEN: &str = "its [ has no ]";
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let low = match chars.next().ok_or(OPEN)? {
            ']' if !ranges.is_empty() => return Ok(Token::Class { negated, ranges }),
            '\\' => chars.next().ok_or(OPEN)?,
            c => c,
        };
        let high = match chars.next_if_eq(&'-') {
            None => low,
            // A dash before the bracket stands for itself.
            Some(dash) if chars.peek() == Some(&']') => {
                ranges.push((dash, dash));
                low
            }
            Some(_) => chars.next().ok_or(OPEN)?,
        };
        if high < low {
            return Err("a range in it runs backwards");
        }
        ranges.push((low, high));
    }
}

/// Whether all of `text` matches. Works from the last token back, one row of "does the rest match from here" per token,
/// so that no pattern costs more than its length times the text's.
fn matches(glob: &[Token], text: &[char]) -> bool {
    let mut next = vec![false; text.len() + 1];
    if let Some(end) = next.last_mut() {
        *end = true;
    }
    for token in glob.iter().rev() {
        next = row(token, text, &next);
    }
    next.first().copied().unwrap_or(false)
}

fn row(token: &Token, text: &[char], next: &[bool]) -> Vec<bool> {
    let mut row = vec![false; text.len() + 1];
    // For `Folders`: whether the rest matches behind some later slash.
    let mut behind_slash = false;
    for at in (0..=text.len()).rev() {
        let here = text.get(at).copied();
        let after = at + 1;
        let rest_matches = |at: usize| next.get(at).copied().unwrap_or(false);
        let fits = match (token, here) {
            (Token::Rest, _) => true,
            (Token::Star, here) => {
                rest_matches(at) || (here.is_some_and(|c| c != '/') && row.get(after).copied().unwrap_or(false))
            }
            (Token::Folders, here) => {
                behind_slash |= here == Some('/') && rest_matches(after);
                rest_matches(at) || behind_slash
            }
            (_, None) => false,
            (Token::Literal(wanted), Some(c)) => c == *wanted && rest_matches(after),
            (Token::One, Some(c)) => c != '/' && rest_matches(after),
            (Token::Class { negated, ranges }, Some(c)) => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated && rest_matches(after)
            }
        };
        if let Some(cell) = row.get_mut(at) {
            *cell = fits;
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(rules: &str, path: &str) -> bool {
        DockerIgnore::parse(rules).unwrap().is_ignored(path)
    }

    /// Which of `paths` are left.
    fn left<'a>(rules: &str, paths: &[&'a str]) -> Vec<&'a str> {
        let mut rules = DockerIgnore::parse(rules).unwrap();
        paths.iter().copied().filter(|path| !rules.is_ignored(path)).collect()
    }

    #[test]
    fn a_pattern_is_anchored_at_the_root_of_the_context() {
        assert!(ignored("node_modules", "node_modules/a/b.js"));
        assert!(!ignored("node_modules", "web/node_modules/a.js"));
        assert!(ignored("/temp", "temp"));
        assert!(ignored("./temp/", "temp/x"));
        assert!(!ignored("temp", "temporary"));
    }

    #[test]
    fn wildcards_stop_at_a_slash_and_two_stars_do_not() {
        for (rule, path, expected) in [
            ("*/temp*", "a/temporary.txt", true),
            ("*/temp*", "a/b/temporary.txt", false),
            ("*/*/temp*", "a/b/temp", true),
            ("temp?", "tempa", true),
            ("temp?", "temp", false),
            ("temp?", "temp/x", false),
            ("**/*.go", "main.go", true),
            ("**/*.go", "a/b/main.go", true),
            ("**/node_modules", "a/b/node_modules/c/d", true),
            ("a/**/z", "a/z", true),
            ("a/**/z", "a/b/c/z", true),
            ("a/**/z", "ab/z", false),
            ("a/**", "a/b/c", true),
            ("**", "a", true),
            ("*.md", "docs/a.md", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[]x]", "]", true),
            ("[a-]", "-", true),
            (r"\*.txt", "*.txt", true),
            (r"\*.txt", "a.txt", false),
        ] {
            assert_eq!(ignored(rule, path), expected, "{rule} against {path}");
        }
    }

    #[test]
    fn the_last_matching_line_decides() {
        let paths = ["README.md", "README-secret.md", "a.md", "x.js"];
        assert_eq!(left("*.md\n!README*.md\nREADME-secret.md", &paths), ["README.md", "x.js"]);
        assert_eq!(left("*.md\nREADME-secret.md\n!README*.md", &paths), ["README.md", "README-secret.md", "x.js"]);
    }

    #[test]
    fn a_file_below_an_ignored_folder_can_be_brought_back() {
        assert_eq!(left("dist\n!dist/keep.txt", &["dist/a", "dist/keep.txt", "dist/sub/keep.txt"]), ["dist/keep.txt"]);
        assert_eq!(left("*\n!src", &["a", "src/a", "src/b/c"]), ["src/a", "src/b/c"]);
    }

    #[test]
    fn comments_blank_lines_and_a_byte_order_mark_are_no_patterns() {
        assert!(!ignored("\u{feff}# dist\n\n   \n", "dist"));
        assert!(ignored("\u{feff}dist\r\n", "dist"));
        assert!(ignored("a\n#x", "a"));
    }

    #[test]
    fn a_line_that_is_no_pattern_is_named_by_its_number() {
        for rules in ["a\n!", "a\n[x", "a\nx\\", "a\n[z-a]"] {
            let error = DockerIgnore::parse(rules).unwrap_err().to_string();
            assert!(error.starts_with(".dockerignore line 2:"), "{error}");
        }
        assert_eq!(DockerIgnore::parse(&"a\n".repeat(MOST_PATTERNS + 1)).unwrap_err(), ParseDockerIgnoreError::TooMany);
    }

    proptest::proptest! {
        #[test]
        fn the_answer_for_a_path_does_not_depend_on_what_was_asked_before(
            rules in "[ab*!/?\\n]{0,20}", paths in proptest::collection::vec("[ab]{1,2}(/[ab]{1,2}){0,2}", 1..6)
        ) {
            if let Ok(mut together) = DockerIgnore::parse(&rules) {
                for path in &paths {
                    let alone = DockerIgnore::parse(&rules).unwrap().is_ignored(path);
                    proptest::prop_assert_eq!(together.is_ignored(path), alone);
                }
            }
        }
    }
}
