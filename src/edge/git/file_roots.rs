//! May this `file://` address be read? Only below a configured root, after every symbolic link on the way is resolved.

use std::path::{Path, PathBuf};

use super::error::SourceError;
use crate::model::source::{Scheme, SourceUrl};

/// Passes every address that is no file.
pub(super) fn check(url: &SourceUrl, roots: &[PathBuf]) -> Result<(), SourceError> {
    if url.scheme() != Scheme::File {
        return Ok(());
    }
    let outside = || SourceError::OutsideFileRoots { path: url.path().into() };
    let Ok(real) = Path::new(url.path()).canonicalize() else {
        // Whether a path outside the roots exists is nobody's business.
        return Err(if roots.iter().any(|root| Path::new(url.path()).starts_with(root)) {
            SourceError::NotFound { url: url.clone(), with_credentials: false }
        } else {
            outside()
        });
    };
    let allowed = roots.iter().filter_map(|root| root.canonicalize().ok()).any(|root| real.starts_with(root));
    if allowed { Ok(()) } else { Err(outside()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(path: &Path) -> SourceUrl {
        format!("file://{}", path.display()).parse().unwrap()
    }

    #[test]
    fn only_what_really_lies_below_a_root_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let (root, elsewhere) = (dir.path().join("root"), dir.path().join("elsewhere"));
        std::fs::create_dir_all(root.join("app")).unwrap();
        std::fs::create_dir_all(elsewhere.join("app")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, root.join("link")).unwrap();
        let roots = [root.clone()];
        assert!(check(&address(&root.join("app")), &roots).is_ok());
        for (path, says) in [
            (elsewhere.join("app"), "file_roots"),
            (root.join("link/app"), "file_roots"),
            (root.join("../elsewhere/app"), "file_roots"),
            (elsewhere.join("missing"), "file_roots"),
            (root.join("missing"), "no repository"),
        ] {
            let error = check(&address(&path), &roots).unwrap_err().to_string();
            assert!(error.contains(says), "{}: {error}", path.display());
        }
        assert!(check(&address(&root.join("app")), &[]).is_err());
    }

    #[test]
    fn other_addresses_pass() {
        assert!(check(&"https://h.lan/a".parse().unwrap(), &[]).is_ok());
    }
}
