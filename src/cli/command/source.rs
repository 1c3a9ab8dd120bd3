//! What did the person name: a repository, or a folder of this machine? And what is known of a folder?

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::cli::error::RunCommandError;
use crate::model::facts::Facts;

/// Most files looked at; enough to tell what a folder is.
const MOST: usize = 5_000;
/// The longest file whose text is looked at, in bytes.
const LONGEST: u64 = 256 << 10;

/// Where the code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A repository, as typed.
    Repository(String),
    /// A folder here.
    Folder(PathBuf),
}

/// A folder where there is one of that name, else a repository.
///
/// # Errors
/// When it is written as a path and no folder is there.
pub fn place(text: &str) -> Result<Place, RunCommandError> {
    let path = Path::new(text);
    if !text.contains("://") && path.is_dir() {
        return Ok(Place::Folder(path.to_owned()));
    }
    if !text.starts_with(['/', '.', '~']) && !text.is_empty() {
        return Ok(Place::Repository(text.to_owned()));
    }
    let because =
        if path.is_file() { format!("{text} is a file, not a folder") } else { format!("there is no folder \"{text}\"") };
    Err(RunCommandError::usage(
        because,
        "Name a folder that is there, or a repository such as https://github.com/NAME/REPOSITORY.",
    ))
}

/// What a folder has, as far as it tells its kind; what `.gitignore` hides is not counted.
#[must_use]
pub fn facts(folder: &Path) -> Facts {
    let mut walk = WalkBuilder::new(folder);
    walk.standard_filters(false).git_ignore(true).require_git(false).max_depth(Some(3));
    walk.filter_entry(|entry| entry.file_name() != ".git");
    let files = walk.build().flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let paths = files.take(MOST).filter_map(|entry| Some(entry.path().strip_prefix(folder).ok()?.to_str()?.to_owned()));
    let name = folder.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    Facts::collect(&name.unwrap_or_else(|| "app".to_owned()), paths.collect::<Vec<_>>(), |file| text(&folder.join(file)))
}

fn text(path: &Path) -> Option<String> {
    let is_short = std::fs::metadata(path).is_ok_and(|file| file.len() <= LONGEST);
    is_short.then(|| std::fs::read_to_string(path).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_there_is_a_folder_and_anything_else_a_repository() {
        let dir = tempfile::tempdir().unwrap();
        let here = dir.path().to_str().unwrap();
        assert_eq!(place(here).unwrap(), Place::Folder(dir.path().to_owned()));
        for url in ["https://github.com/a/b", "git@host:a/b", "github.com/a/b"] {
            assert_eq!(place(url).unwrap(), Place::Repository(url.to_owned()));
        }
        let missing = place(&format!("{here}/missing")).unwrap_err();
        assert!(missing.to_string().starts_with("there is no folder"), "{missing}");
        assert!(place("./also-missing").is_err());
    }

    #[test]
    fn what_is_ignored_does_not_tell_what_a_folder_is() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("node_modules")).unwrap();
        for (file, text) in [(".gitignore", "node_modules\n"), ("app.py", "x = 1"), ("node_modules/package.json", "{}")] {
            std::fs::write(dir.path().join(file), text).unwrap();
        }
        let facts = facts(dir.path());
        assert!(facts.has("app.py") && !facts.has("node_modules/package.json"));
        assert_eq!(facts.text("app.py"), Some("x = 1"));
    }
}
