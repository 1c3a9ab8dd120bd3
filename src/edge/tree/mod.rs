//! What lies in an app's source at its pinned commit? One face for a Git commit and for an uploaded folder.
//!
//! Nothing is checked out: files are read and build contexts are written straight from the repository's objects or the stored
//! archive, so no path of a stranger's repository ever becomes a path on this machine.

mod content_hash;
mod context;
mod facts;
mod lfs;

use std::io::{self, Read};

use crate::model::source::{Authorship, Commit};

pub use content_hash::ContentHash;
pub use context::{ContextFiles, WriteContextError, context_stream, write_context};
pub use facts::facts;

/// Most entries of one tree.
pub const MOST_ENTRIES: usize = 200_000;

/// One file, link or submodule of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the tree's root, `/` between parts.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes of content; of a link: of its target's text.
    pub size: u64,
}

/// What an entry is. Folders are implied by paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File {
        /// Its executable bit.
        executable: bool,
    },
    /// A symbolic link; its content is the target's text.
    Symlink,
    /// Another repository, pinned by commit.
    Submodule,
}

/// A source at one commit, below the app's `root`.
pub trait Tree: Send {
    /// The commit, or the content hash of an upload.
    fn commit(&self) -> &Commit;

    /// Seconds since 1970 for every file of a build context: the same for the same commit, later for a later one, so that
    /// web servers which derive validators from it notice an update.
    fn modified(&self) -> u64;

    /// Who wrote the commit, and when; none for an upload.
    fn authorship(&self) -> Option<Authorship> {
        None
    }

    /// First line of the commit's message; empty for an upload.
    fn summary(&self) -> &str {
        ""
    }

    /// All entries, sorted by path.
    fn entries(&self) -> &[Entry];

    /// An entry's content, exactly `entry.size` bytes.
    ///
    /// # Errors
    /// The object or archive cannot be read.
    fn content(&self, entry: &Entry) -> io::Result<Box<dyn Read + '_>>;

    /// The entry at `path`.
    fn entry(&self, path: &str) -> Option<&Entry> {
        let entries = self.entries();
        entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok().and_then(|at| entries.get(at))
    }

    /// A regular file's content; `None` where there is no such file.
    ///
    /// # Errors
    /// The path leaves the tree, is or passes a link, names a folder or submodule, or the file has more than `limit` bytes.
    fn read_file(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadTreeError> {
        let Some(entry) = self.regular_file(path)? else { return Ok(None) };
        if entry.size > limit {
            return Err(ReadTreeError::TooLarge { path: entry.path.clone(), size: entry.size, limit });
        }
        let content =
            read_whole(self.content(entry)).map_err(|source| ReadTreeError::Read { path: entry.path.clone(), source })?;
        Ok(Some(content))
    }

    /// The entry of the regular file at `path`, under the rules of [`Tree::read_file`]; also how a Dockerfile is checked before a build.
    ///
    /// # Errors
    /// As [`Tree::read_file`].
    fn regular_file(&self, path: &str) -> Result<Option<&Entry>, ReadTreeError> {
        let path = &inner_path(path)?;
        let mut above = path.match_indices('/').filter_map(|(at, _)| path.get(..at)).chain([path.as_str()]);
        if let Some(link) = above.find(|part| self.entry(part).is_some_and(|entry| entry.kind == EntryKind::Symlink)) {
            return Err(ReadTreeError::BehindSymlink { path: path.clone(), link: link.to_owned() });
        }
        match self.entry(path) {
            Some(entry) if entry.kind == EntryKind::Submodule => Err(ReadTreeError::NotAFile { path: path.clone() }),
            Some(entry) => Ok(Some(entry)),
            None if self.has_folder(path) => Err(ReadTreeError::NotAFile { path: path.clone() }),
            None => Ok(None),
        }
    }

    /// Whether anything lies below `path`.
    fn has_folder(&self, path: &str) -> bool {
        let below = format!("{path}/");
        let at = self.entries().partition_point(|entry| entry.path < below);
        self.entries().get(at).is_some_and(|entry| entry.path.starts_with(&below))
    }
}

/// A file of a source that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadTreeError {
    /// Absolute, or climbing with `..`.
    #[error("\"{path}\" lies outside the repository: name a path inside it, relative to the app's root")]
    Outside {
        /// As asked for.
        path: String,
    },
    /// A link on the way.
    #[error("\"{path}\" is reached through the symbolic link \"{link}\": links are not followed, put the file itself there")]
    BehindSymlink {
        /// As asked for.
        path: String,
        /// The first link on the way.
        link: String,
    },
    /// A folder or submodule.
    #[error("\"{path}\" is not a file")]
    NotAFile {
        /// As asked for.
        path: String,
    },
    /// More bytes than whoever asks can use.
    #[error("\"{path}\" has {}, more than the {} it may have", megabytes(*size), megabytes(*limit))]
    TooLarge {
        /// As asked for.
        path: String,
        /// Bytes.
        size: u64,
        /// Bytes.
        limit: u64,
    },
    /// The object or archive is unreadable.
    #[error("cannot read \"{path}\" from the stored source")]
    Read {
        /// As asked for.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// A source that Kraken does not build, for a reason that stands in its files.
#[derive(Debug, thiserror::Error)]
pub enum OpenTreeError {
    /// The app's `root` is no folder.
    #[error("the repository has no folder \"{root}\" at this commit: correct the app's root")]
    MissingRoot {
        /// As asked for.
        root: String,
    },
    /// Files of other repositories.
    #[error("the repository uses submodules ({}), which are not fetched: copy their files into the repository, or deploy from a folder with `kraken deploy DIR`", paths.join(", "))]
    Submodules {
        /// The first few.
        paths: Vec<String>,
    },
    /// Files that are only pointers.
    #[error(
        "\"{path}\" is a Git LFS pointer, not the file itself, and LFS files are not fetched: commit the file without LFS (`git lfs migrate export`), or deploy from a folder with `kraken deploy DIR`"
    )]
    LargeFileStorage {
        /// The first one found.
        path: String,
    },
    /// Files larger than the limit altogether.
    #[error("the source is too large: its files have {}, the limit is {}; leave large files out of it and use a [[volume]] for data", megabytes(*size), megabytes(*limit))]
    TooLarge {
        /// Bytes of all files.
        size: u64,
        /// Bytes.
        limit: u64,
    },
    /// More files than the limit.
    #[error("the source has more than {MOST_ENTRIES} files: leave generated folders such as node_modules out of it")]
    TooMany,
    /// A name that no container image could hold portably.
    #[error("the source has a file whose name is not UTF-8 ({name}): rename it")]
    NameNotUtf8 {
        /// With replacement characters.
        name: String,
    },
    /// The stored copy is damaged or gone.
    #[error("cannot read the stored source")]
    Read(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Refuses what cannot be built from these files: submodules, LFS pointers, too much.
///
/// # Errors
/// The first reason found.
pub fn check_tree(tree: &dyn Tree, limit: u64) -> Result<(), OpenTreeError> {
    let entries = tree.entries();
    let submodules: Vec<String> =
        entries.iter().filter(|entry| entry.kind == EntryKind::Submodule).map(|entry| entry.path.clone()).take(5).collect();
    if !submodules.is_empty() {
        return Err(OpenTreeError::Submodules { paths: submodules });
    }
    let size = entries.iter().map(|entry| entry.size).fold(0, u64::saturating_add);
    if size > limit {
        return Err(OpenTreeError::TooLarge { size, limit });
    }
    match lfs::first_pointer(tree)? {
        Some(path) => Err(OpenTreeError::LargeFileStorage { path }),
        None => Ok(()),
    }
}

fn read_whole(content: io::Result<Box<dyn Read + '_>>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    content?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// `path` without `./` and doubled slashes.
///
/// # Errors
/// It is absolute, climbs, or names nothing.
pub fn inner_path(path: &str) -> Result<String, ReadTreeError> {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if path.starts_with('/') || parts.contains(&"..") || path.contains(['\\', '\0']) || parts.is_empty() {
        return Err(ReadTreeError::Outside { path: path.chars().take(200).collect() });
    }
    Ok(parts.join("/"))
}

/// Whether a link at `path` with this target stays inside, by its text alone: nothing is looked up.
#[must_use]
pub fn is_inner_link(path: &str, target: &str) -> bool {
    let mut depth = path.matches('/').count();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return false,
            },
            _ => depth += 1,
        }
    }
    !target.starts_with('/') && !target.is_empty()
}

/// Bytes for people: `12.3 MB`; small amounts in bytes.
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    const MEGA: u64 = 1_000_000;
    if bytes < MEGA / 10 {
        return format!("{bytes} bytes");
    }
    let tenths = bytes.saturating_mul(10).div_ceil(MEGA);
    if tenths.is_multiple_of(10) { format!("{} MB", tenths / 10) } else { format!("{}.{} MB", tenths / 10, tenths % 10) }
}

#[cfg(test)]
pub(crate) mod tests;
