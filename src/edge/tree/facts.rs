//! What does detection need to know of a source? Its paths, and the texts that tell its kind.

use super::{ReadTreeError, Tree};
use crate::model::facts::Facts;

/// Longest file looked into, in bytes; a longer one is unlike anything a person writes.
const LONGEST: u64 = 256 * 1024;

/// Gathers the facts; `name` is what the repository or folder is called. A file that is a link, too long or no text counts as
/// present but unread.
///
/// # Errors
/// The stored source cannot be read.
pub fn facts(tree: &dyn Tree, name: &str) -> Result<Facts, ReadTreeError> {
    let mut failed = None;
    let paths = tree.entries().iter().map(|entry| entry.path.clone());
    let facts = Facts::collect(name, paths, |path| match tree.read_file(path, LONGEST) {
        Ok(content) => content.and_then(|content| String::from_utf8(content).ok()),
        Err(error @ ReadTreeError::Read { .. }) => {
            failed = Some(error);
            None
        }
        Err(_) => None,
    });
    failed.map_or(Ok(facts), Err)
}

#[cfg(test)]
mod tests {
    use super::super::tests::tree;
    use super::*;

    #[test]
    fn the_paths_and_the_telling_texts_are_seen() {
        let (_dir, tree) =
            tree(&[("package.json", 0o644, "{}"), ("src/requirements.txt", 0o644, "flask"), ("index.html", 0o644, "")]);
        let facts = facts(&*tree, "shop").unwrap();
        assert_eq!(facts.name, "shop");
        assert!(facts.has("src/requirements.txt") && facts.has("index.html"));
        assert_eq!((facts.text("package.json"), facts.text("requirements.txt")), (Some("{}"), None));
    }

    #[test]
    fn a_link_or_an_endless_file_is_there_but_unread() {
        let long = " ".repeat(300 * 1024);
        let (_dir, tree) = tree(&[("package.json", 0o644, &long), ("Dockerfile", 0o777, "package.json")]);
        let facts = facts(&*tree, "shop").unwrap();
        assert!(facts.has("package.json") && facts.has("Dockerfile"));
        assert!(facts.texts.is_empty());
    }
}
