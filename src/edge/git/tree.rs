//! What lies in a fetched commit? Read from the cache's objects; nothing is checked out.

use std::io::{self, Read};
use std::path::Path;

use git2::{Blob, ObjectType, Oid, Repository};

use crate::edge::tree::{Entry, EntryKind, MOST_ENTRIES, OpenTreeError, Tree, inner_path};
use crate::model::source::{Authorship, Commit};
use crate::model::time::WallTime;

/// Folders inside folders that are followed.
const DEEPEST: usize = 128;

/// Characters of a commit's first line that are kept.
const LONGEST_SUMMARY: usize = 200;
/// Characters of an author's name.
const LONGEST_AUTHOR: usize = 80;

/// A commit's files below the app's root.
pub struct GitTree {
    repository: Repository,
    commit: Commit,
    modified: u64,
    summary: String,
    authorship: Authorship,
    entries: Vec<Entry>,
    /// Beside `entries`: which object each one is.
    objects: Vec<Oid>,
}

impl GitTree {
    pub(super) fn open(cache: &Path, commit: &Commit, root: &str) -> Result<Self, OpenTreeError> {
        Self::of(cache, commit, root)
    }

    pub(super) fn of(cache: &Path, commit: &Commit, root: &str) -> Result<Self, OpenTreeError> {
        let repository = Repository::open_bare(cache).map_err(unreadable)?;
        let (modified, summary, authorship, found) = {
            let at = repository.find_commit(Oid::from_str(commit.as_str()).map_err(unreadable)?).map_err(unreadable)?;
            let tree = below_root(&repository, at.tree().map_err(unreadable)?, root)?;
            (u64::try_from(at.time().seconds()).unwrap_or(0), summary(&at), authorship(&at), walk(&repository, tree)?)
        };
        let (entries, objects) = found.into_iter().unzip();
        Ok(Self { repository, commit: commit.clone(), modified, summary, authorship, entries, objects })
    }
}

impl std::fmt::Debug for GitTree {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("GitTree").field("commit", &self.commit).field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

/// Who wrote a commit, shortened to what a list shows, and when; a time before 1970 is none.
fn authorship(commit: &git2::Commit<'_>) -> Authorship {
    let author = commit.author();
    let name = String::from_utf8_lossy(author.name_bytes());
    let seconds = u64::try_from(author.when().seconds()).unwrap_or(0);
    Authorship {
        author: name.chars().filter(|c| !c.is_control()).take(LONGEST_AUTHOR).collect(),
        at: WallTime(seconds.saturating_mul(1000)),
    }
}

/// The first line of a commit's message, shortened to what a list shows.
fn summary(commit: &git2::Commit<'_>) -> String {
    let message = String::from_utf8_lossy(commit.message_bytes());
    message.trim_start().lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(LONGEST_SUMMARY).collect()
}

fn unreadable(error: git2::Error) -> OpenTreeError {
    OpenTreeError::Read(error.into())
}

fn below_root<'r>(repository: &'r Repository, tree: git2::Tree<'r>, root: &str) -> Result<git2::Tree<'r>, OpenTreeError> {
    if matches!(root, "" | "." | "./") {
        return Ok(tree);
    }
    let missing = || OpenTreeError::MissingRoot { root: root.chars().take(200).collect() };
    let path = inner_path(root).map_err(|_| missing())?;
    let entry = tree.get_path(Path::new(&path)).map_err(|_| missing())?;
    if entry.kind() != Some(ObjectType::Tree) {
        return Err(missing());
    }
    repository.find_tree(entry.id()).map_err(unreadable)
}

/// All files, links and submodules, sorted by path.
fn walk(repository: &Repository, root: git2::Tree<'_>) -> Result<Vec<(Entry, Oid)>, OpenTreeError> {
    let odb = repository.odb().map_err(unreadable)?;
    let mut found = Vec::new();
    let mut open = vec![(String::new(), root.id(), 0)];
    while let Some((prefix, id, depth)) = open.pop() {
        let tree = repository.find_tree(id).map_err(unreadable)?;
        for item in &tree {
            let name = String::from_utf8_lossy(item.name_bytes());
            let path = format!("{prefix}{name}");
            if item.name().is_err() {
                return Err(OpenTreeError::NameNotUtf8 { name: path });
            }
            if found.len() + open.len() >= MOST_ENTRIES || depth > DEEPEST {
                return Err(OpenTreeError::TooMany);
            }
            // Git itself refuses to check out such names; a hand-made tree may hold them.
            if matches!(&*name, "" | "." | "..") || name.contains('/') {
                return Err(OpenTreeError::Read(format!("the commit holds a file named \"{name}\"").into()));
            }
            let kind = match item.filemode() {
                0o040_000 => {
                    open.push((format!("{path}/"), item.id(), depth + 1));
                    continue;
                }
                0o120_000 => EntryKind::Symlink,
                0o160_000 => EntryKind::Submodule,
                mode => EntryKind::File { executable: mode & 0o111 != 0 },
            };
            let size = if kind == EntryKind::Submodule { 0 } else { odb.read_header(item.id()).map_err(unreadable)?.0 as u64 };
            found.push((Entry { path, kind, size }, item.id()));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
    Ok(found)
}

impl Tree for GitTree {
    fn commit(&self) -> &Commit {
        &self.commit
    }

    /// The commit's own time.
    fn modified(&self) -> u64 {
        self.modified
    }

    fn authorship(&self) -> Option<Authorship> {
        Some(self.authorship.clone())
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn content(&self, entry: &Entry) -> io::Result<Box<dyn Read + '_>> {
        let at = self.entries.binary_search_by(|known| known.path.cmp(&entry.path)).map_err(|_| io::ErrorKind::NotFound)?;
        let id = self.objects.get(at).copied().ok_or(io::ErrorKind::NotFound)?;
        let blob = self.repository.find_blob(id).map_err(io::Error::other)?;
        Ok(Box::new(BlobReader { blob, at: 0 }))
    }
}

/// libgit2 holds a blob whole; this hands it on without a second copy.
struct BlobReader<'r> {
    blob: Blob<'r>,
    at: usize,
}

impl Read for BlobReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.blob.content().get(self.at..).unwrap_or_default().read(out)?;
        self.at += read;
        Ok(read)
    }
}
