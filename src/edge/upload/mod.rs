//! How does an uploaded folder become a source on this node? Received with a limit, verified entry by entry, kept under its content hash.
//!
//! Nothing is unpacked: what was verified is rewritten as a plain tar of Kraken's own, and files are read from it in place.

mod archive;
mod verify;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::io::AsyncWriteExt;

use crate::edge::disk;
use crate::edge::tree::{ContentHash, OpenTreeError, Tree, check_tree, megabytes};
use crate::model::source::Commit;

pub use archive::ArchiveTree;

/// Begins the names of what is not verified yet.
const INCOMING: &str = "incoming-";

/// The uploaded folders of this node.
#[derive(Debug)]
pub struct Uploads {
    directory: PathBuf,
    next: AtomicU64,
}

/// An uploaded folder that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// Its content hash, which is its commit.
    pub commit: Commit,
    /// Bytes of all files.
    pub bytes: u64,
    /// Files and links.
    pub files: usize,
}

/// An upload that is not kept; nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The sender went away.
    #[error("the upload broke off after {}: send it again", megabytes(*received))]
    BrokeOff {
        /// Bytes.
        received: u64,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Over the limit.
    #[error("the upload is too large: more than {}, packed or unpacked; hide what the app does not need in .dockerignore", megabytes(*limit))]
    TooLarge {
        /// Bytes.
        limit: u64,
    },
    /// No gzipped tar.
    #[error("the upload is not a gzipped tar archive: send a folder with `kraken deploy DIR`")]
    Malformed(#[source] io::Error),
    /// An entry no source may have.
    #[error("the upload is refused: \"{path}\" {because}")]
    BadEntry {
        /// As in the archive, shortened.
        path: String,
        /// What is wrong with it.
        because: &'static str,
    },
    /// No entries.
    #[error("the upload holds no file")]
    Empty,
    /// What lies in it cannot be built.
    #[error(transparent)]
    Tree(#[from] OpenTreeError),
    /// This node's disk.
    #[error("cannot store the upload on this node: check its disk space")]
    Storage(#[source] io::Error),
}

impl Uploads {
    /// Keeps uploads in `directory`, and removes what a crash left there of unfinished ones.
    ///
    /// # Errors
    /// The directory cannot be made or listed.
    pub fn open(directory: &Path) -> io::Result<Self> {
        disk::make_private_dir(directory).map_err(io::Error::other)?;
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(INCOMING) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Self { directory: directory.to_owned(), next: AtomicU64::new(0) })
    }

    /// Takes a gzipped tar in, at most `limit` bytes packed and unpacked. The same content twice is one source.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub async fn receive<E>(
        &self,
        stream: impl Stream<Item = Result<Bytes, E>> + Send,
        limit: u64,
    ) -> Result<Uploaded, UploadError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let packed = Incoming(self.directory.join(format!("{INCOMING}{number}.tar.gz")));
        let plain = Incoming(self.directory.join(format!("{INCOMING}{number}.tar")));
        write_stream(&packed.0, stream, limit).await?;
        let directory = self.directory.clone();
        let kept = tokio::task::spawn_blocking(move || keep(&packed, &plain, &directory, limit));
        kept.await.unwrap_or_else(|error| Err(UploadError::Storage(io::Error::other(error))))
    }

    /// The files of an upload below `root` (empty for all). Blocking.
    ///
    /// # Errors
    /// The upload is gone, or `root` is no folder.
    pub fn tree(&self, commit: &Commit, root: &str) -> Result<ArchiveTree, OpenTreeError> {
        ArchiveTree::open(&self.path_of(commit), commit.clone(), root)
    }

    /// Forgets an upload whose versions are gone; one that is not there is fine.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self, commit: &Commit) -> io::Result<()> {
        match fs::remove_file(self.path_of(commit)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn path_of(&self, commit: &Commit) -> PathBuf {
        path_in(&self.directory, commit)
    }
}

/// A commit is hexadecimal digits, so it can be a file's name.
fn path_in(directory: &Path, commit: &Commit) -> PathBuf {
    directory.join(format!("{commit}.tar"))
}

/// A file that goes away unless it was renamed.
struct Incoming(PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        // Gone already where it was renamed; else the next start removes it.
        let _ = fs::remove_file(&self.0);
    }
}

async fn write_stream<E>(path: &Path, stream: impl Stream<Item = Result<Bytes, E>>, limit: u64) -> Result<(), UploadError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let new = tokio::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).await;
    let mut file = new.map_err(UploadError::Storage)?;
    let mut stream = std::pin::pin!(stream);
    let mut received: u64 = 0;
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| UploadError::BrokeOff { received, source: error.into() })?;
        received = received.saturating_add(piece.len() as u64);
        if received > limit {
            return Err(UploadError::TooLarge { limit });
        }
        file.write_all(&piece).await.map_err(UploadError::Storage)?;
    }
    file.flush().await.map_err(UploadError::Storage)
}

/// Verifies, hashes, and gives the archive its name.
fn keep(packed: &Incoming, plain: &Incoming, directory: &Path, limit: u64) -> Result<Uploaded, UploadError> {
    verify::rewrite(&packed.0, &plain.0, limit)?;
    let unnamed = "0".repeat(64).parse().map_err(|error| UploadError::Storage(io::Error::other(error)))?;
    let tree = ArchiveTree::open(&plain.0, unnamed, "")?;
    check_tree(&tree, limit)?;
    let commit = content_hash(&tree).map_err(UploadError::Storage)?;
    let uploaded = Uploaded { commit, bytes: tree.entries().iter().map(|entry| entry.size).sum(), files: tree.entries().len() };
    let kept = path_in(directory, &uploaded.commit);
    if !kept.exists() {
        fs::rename(&plain.0, kept).map_err(UploadError::Storage)?;
    }
    Ok(uploaded)
}

fn content_hash(tree: &dyn Tree) -> io::Result<Commit> {
    let mut hash = ContentHash::default();
    for entry in tree.entries() {
        hash.entry(entry);
        io::copy(&mut tree.content(entry)?, &mut hash)?;
    }
    Ok(hash.commit())
}

#[cfg(test)]
pub(crate) mod tests;
