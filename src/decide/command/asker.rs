//! Who asks for a change, and what are they called in a sentence?

/// Who asks, and under which key.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// "session", "local root", "token ci".
    pub by: &'a str,
    /// The same key twice is the same wish.
    pub key: &'a str,
}

impl Asker<'_> {
    /// As people would name them.
    pub(super) fn name(&self) -> String {
        who(self.by)
    }
}

/// Who asked, in a sentence.
#[must_use]
pub fn who(by: &str) -> String {
    match by.split_once(' ') {
        None if by == "session" => "somebody in the dashboard".to_owned(),
        Some(("token", name)) => format!("the token {name}"),
        Some(("local", name)) => format!("{name} on the command line"),
        _ => by.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asked_is_named_as_people_would() {
        assert_eq!(Asker { by: "session", key: "" }.name(), "somebody in the dashboard");
        assert_eq!(who("token ci"), "the token ci");
        assert_eq!(who("local root"), "root on the command line");
        assert_eq!(who("kraken"), "kraken");
    }
}
