//! May this text go to a terminal? What came over the network may not move the cursor or retitle the window.

/// Without escape sequences and control characters; line ends become spaces, tabs stay.
#[must_use]
pub fn clean(text: &str) -> String {
    filter(text, false)
}

/// The same, but colours (SGR sequences) stay.
#[must_use]
pub fn clean_but_colours(text: &str) -> String {
    filter(text, true)
}

fn filter(text: &str, keeps_colours: bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if c == '\u{1b}' {
            let length = sequence(after);
            let (sequence, after) = after.split_at_checked(length).unwrap_or((after, ""));
            if keeps_colours && is_colour(sequence) {
                kept.push(c);
                kept.push_str(sequence);
            }
            rest = after;
            continue;
        }
        match c {
            '\t' => kept.push(c),
            '\n' => kept.push(' '),
            c if c.is_control() => {}
            c => kept.push(c),
        }
        rest = after;
    }
    kept
}

/// How many bytes after ESC belong to its sequence (ECMA-48: CSI ends with @ to ~, OSC with BEL or ESC \).
fn sequence(after: &str) -> usize {
    let bytes = after.as_bytes();
    match bytes.first() {
        Some(b'[') => bytes.iter().skip(1).position(|b| (0x40..=0x7e).contains(b)).map_or(bytes.len(), |at| at + 2),
        Some(b']') => bytes.iter().position(|b| *b == 7 || *b == 0x1b).map_or(bytes.len(), |at| at + 1),
        Some(b) if b.is_ascii() => 1,
        _ => 0,
    }
}

fn is_colour(sequence: &str) -> bool {
    let inner = sequence.strip_prefix('[').and_then(|rest| rest.strip_suffix('m'));
    inner.is_some_and(|inner| inner.bytes().all(|b| b.is_ascii_digit() || matches!(b, b';' | b':')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_an_app_prints_cannot_move_the_cursor_or_retitle_the_window() {
        assert_eq!(clean("a\u{1b}[2Jb\u{1b}]0;title\u{7}c\rd\ne\tf"), "abcd e\tf");
        assert_eq!(clean("\u{1b}[31mred\u{1b}[0m"), "red");
    }

    #[test]
    fn colours_stay_where_they_are_wanted() {
        assert_eq!(clean_but_colours("\u{1b}[31mred\u{1b}[0m\u{1b}[2J"), "\u{1b}[31mred\u{1b}[0m");
    }

    proptest! {
        #[test]
        fn no_text_leaves_a_control_character(text in any::<String>()) {
            prop_assert!(clean(&text).chars().all(|c| c == '\t' || !c.is_control()));
        }
    }
}
