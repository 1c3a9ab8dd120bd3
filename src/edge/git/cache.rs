//! Where do fetched repositories lie? One bare repository each, so that the next fetch is a delta; one fetch at a time in each.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use git2::{Repository, RepositoryInitOptions};
use sha2::{Digest, Sha256};
use tokio::sync::OwnedMutexGuard;

use super::setup::OpenSourcesError;
use crate::edge::disk;
use crate::model::source::{Commit, SourceUrl};

/// Written after each fetch; its time says when the repository was last of use.
const USED: &str = "kraken-used";

/// All repositories of this node.
#[derive(Debug)]
pub(super) struct Caches {
    directory: PathBuf,
    locks: Mutex<BTreeMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>,
}

/// One repository, locked.
#[derive(Debug)]
pub(super) struct Cache {
    directory: PathBuf,
    _lock: OwnedMutexGuard<()>,
}

impl Caches {
    pub(super) fn open(directory: PathBuf) -> Result<Self, OpenSourcesError> {
        match disk::make_private_dir(&directory) {
            Ok(()) => Ok(Self { directory, locks: Mutex::default() }),
            Err(error) => Err(OpenSourcesError::Directory { path: directory, source: std::io::Error::other(error) }),
        }
    }

    /// `NAME-HASH.git`: the name for people who look, the hash so that no address becomes a path.
    pub(super) fn directory_of(&self, url: &SourceUrl) -> PathBuf {
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(url.identity()));
        let name: String = url.repository_name().chars().filter(char::is_ascii_alphanumeric).take(40).collect();
        self.directory.join(format!("{name}-{}.git", hash.get(..16).unwrap_or(&hash)))
    }

    pub(super) async fn lock(&self, url: &SourceUrl) -> Cache {
        let directory = self.directory_of(url);
        let lock = self.lock_of(&directory);
        Cache { directory, _lock: lock.lock_owned().await }
    }

    fn lock_of(&self, directory: &Path) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        // Locks nobody holds or waits for are forgotten, or the map would grow with every address ever typed.
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(locks.entry(directory.to_owned()).or_default())
    }

    pub(super) fn prune(&self, most_bytes: u64) -> io::Result<u64> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let used = fs::metadata(path.join(USED)).and_then(|used| used.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            found.push((used, bytes_below(&path)?, path));
        }
        found.sort();
        let mut left: u64 = found.iter().map(|(_, bytes, _)| bytes).sum();
        let mut freed = 0;
        for (_, bytes, path) in found {
            let lock = self.lock_of(&path);
            let Some(_lock) = (left > most_bytes).then(|| lock.try_lock().ok()).flatten() else { continue };
            fs::remove_dir_all(&path)?;
            left -= bytes;
            freed += bytes;
        }
        Ok(freed)
    }
}

impl Cache {
    /// Opens the repository, or makes it; says whether it is new.
    pub(super) fn open(&self) -> Result<(Repository, bool), git2::Error> {
        self.sweep();
        if let Ok(repository) = Repository::open_bare(&self.directory) {
            return Ok((repository, false));
        }
        // What cannot be opened is what a crash left of the first fetch.
        self.remove();
        let mut options = RepositoryInitOptions::new();
        options.bare(true).no_reinit(true).external_template(false);
        Ok((Repository::init_opts(&self.directory, &options)?, true))
    }

    /// Notes that the repository was of use.
    pub(super) fn touch(&self) {
        // Only the order of pruning hangs on it.
        let _ = fs::write(self.directory.join(USED), "");
    }

    /// Removes all of it.
    pub(super) fn remove(&self) {
        // What cannot be removed is found by the next fetch or by pruning.
        let _ = fs::remove_dir_all(&self.directory);
    }

    /// Removes what an interrupted fetch left: libgit2 gives a pack its name only when it is whole.
    pub(super) fn sweep(&self) {
        for folder in ["objects/pack", "objects", "."] {
            let Ok(entries) = fs::read_dir(self.directory.join(folder)) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                if name.starts_with("pack_git2_")
                    || name.starts_with("tmp_")
                    || name.contains("_git2_")
                    || name.ends_with(".lock")
                {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
    }
}

/// The reference that keeps a fetched commit, and says that all of it is here.
pub(super) fn kept_reference(commit: &Commit) -> String {
    format!("refs/kraken/{commit}")
}

/// Bytes of all files below `path`, links not followed.
fn bytes_below(path: &Path) -> io::Result<u64> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    fs::read_dir(path)?.map(|entry| bytes_below(&entry?.path())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caches(dir: &Path) -> Caches {
        Caches::open(dir.to_owned()).unwrap()
    }

    fn url(text: &str) -> SourceUrl {
        text.parse().unwrap()
    }

    #[test]
    fn no_address_names_its_own_folder() {
        let caches = caches(tempfile::tempdir().unwrap().path());
        let name = |text: &str| caches.directory_of(&url(text)).file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name("https://h.lan/a/my-app.git").starts_with("myapp-"));
        assert_eq!(name("https://h.lan/a/b"), name("https://h.lan/a/b.git"));
        assert_ne!(name("https://h.lan/a/b"), name("https://h.lan/c/b"));
        assert!(!name("git@h.lan:a/..%2f..%2fetc").contains(['/', '%']));
    }

    #[tokio::test]
    async fn what_a_crash_left_of_a_fetch_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let caches = caches(dir.path());
        let cache = caches.lock(&url("https://h.lan/a/b")).await;
        assert!(cache.open().unwrap().1);
        let left = caches.directory_of(&url("https://h.lan/a/b")).join("objects/pack/pack_git2_abc");
        fs::write(&left, "half a pack").unwrap();
        assert!(!cache.open().unwrap().1);
        assert!(!left.exists());
    }

    #[tokio::test]
    async fn pruning_takes_the_longest_unused_and_leaves_what_is_being_fetched() {
        let dir = tempfile::tempdir().unwrap();
        let caches = caches(dir.path());
        let mut directories = Vec::new();
        for (at, text) in ["https://h.lan/old", "https://h.lan/busy", "https://h.lan/new"].into_iter().enumerate() {
            let cache = caches.lock(&url(text)).await;
            cache.open().unwrap();
            cache.touch();
            let used = fs::File::options().write(true).open(cache.directory.join(USED)).unwrap();
            used.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(at as u64)).unwrap();
            directories.push(cache.directory.clone());
        }
        let _busy = caches.lock(&url("https://h.lan/busy")).await;
        let all: u64 = bytes_below(dir.path()).unwrap();
        let one = bytes_below(&directories[0]).unwrap();
        assert_eq!(caches.prune(all).unwrap(), 0);
        assert_eq!(caches.prune(all - 1).unwrap(), one);
        assert!(!directories[0].exists() && directories[1].exists() && directories[2].exists());
        caches.prune(0).unwrap();
        assert!(directories[1].exists() && !directories[2].exists());
    }
}
