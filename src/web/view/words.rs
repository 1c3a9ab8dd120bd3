//! How is it said? The few turns of phrase that every state shares.

pub use crate::decide::command::who;
use crate::model::deployment::Phase;

/// What a phase is called on screen.
pub const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Requested => "Asked for",
        Phase::Validating => "Checking the source",
        Phase::Delegating => "Choosing a machine",
        Phase::Fetching => "Fetching the code",
        Phase::Building => "Building the image",
        Phase::Testing => "Testing",
        Phase::Starting => "Starting the container",
        Phase::WaitingHealthy => "Waiting until it answers",
        Phase::Running => "Running",
    }
}

/// A phase inside a sentence: "while …".
pub const fn doing(phase: Phase) -> &'static str {
    match phase {
        Phase::Requested => "it was asked for",
        Phase::Validating => "its source was checked",
        Phase::Delegating => "a machine was chosen",
        Phase::Fetching => "its code was fetched",
        Phase::Building => "its image was built",
        Phase::Testing => "it was tested",
        Phase::Starting => "it was started",
        Phase::WaitingHealthy => "it was to answer for the first time",
        Phase::Running => "it ran",
    }
}

/// "1 copy", "3 copies", with a no-break space.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n}\u{a0}{}", if n == 1 { one } else { many })
}

/// A sentence: its first letter stays, its end has a stop.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

/// Two sentences, either of which may be empty.
pub fn both(first: &str, second: &str) -> String {
    [sentence(first), sentence(second)].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// "a", "a and b", "a, b and c".
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_once() {
        assert_eq!(both("It is full.", "Free some space"), "It is full. Free some space.");
        assert_eq!(both("", "Free some space?"), "Free some space?");
        assert_eq!(both("", ""), "");
    }

    #[test]
    fn lists_and_counts_read_aloud() {
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(count(1, "copy", "copies"), "1\u{a0}copy");
        assert_eq!(count(2, "copy", "copies"), "2\u{a0}copies");
    }
}
