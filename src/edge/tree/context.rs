//! What does Docker's build get to see? A tar of the source: deterministic, without `.git`, and without what `.dockerignore` hides.

use std::collections::BTreeMap;
use std::io::{self, Write};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{Entry, EntryKind, ReadTreeError, Tree, inner_path, read_whole};
use crate::decide::dockerignore::{DockerIgnore, ParseDockerIgnoreError};

/// Longest `.dockerignore` read, in bytes.
const LONGEST_IGNORE: u64 = 1_000_000;
/// Bytes per piece of the stream.
const PIECE: usize = 64 * 1024;
/// Pieces that wait for Docker before the writer does.
const PIECES_AHEAD: usize = 8;

/// What the build wants beside the source's own files.
#[derive(Clone, Debug, Default)]
pub struct ContextFiles {
    /// Paths that are shipped even if `.dockerignore` hides them: the Dockerfile in use.
    pub always: Vec<String>,
    /// Files of Kraken's own, by path; one with the path of a source file takes its place.
    pub extra: BTreeMap<String, Vec<u8>>,
}

/// A build context that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteContextError {
    /// A pattern that is none.
    #[error(transparent)]
    Ignore(#[from] ParseDockerIgnoreError),
    /// The `.dockerignore` itself is a link, or too long.
    #[error(transparent)]
    ReadIgnore(#[from] ReadTreeError),
    /// A path of [`ContextFiles`] or of the source leaves the context.
    #[error("cannot write the build context")]
    Write(#[from] io::Error),
}

enum Item<'a> {
    Source(&'a Entry),
    Extra(&'a [u8]),
}

/// Writes the context: entries sorted by path, owned by root, modes 0644 and 0755, one time for all.
///
/// # Errors
/// See [`WriteContextError`]; `out` may have received a part.
pub fn write_context(tree: &dyn Tree, files: &ContextFiles, out: impl Write) -> Result<(), WriteContextError> {
    let items = items(tree, files)?;
    let mut tar = tar::Builder::new(out);
    let mut folder = String::new();
    for (path, item) in &items {
        write_folders(&mut tar, tree.modified(), &mut folder, path)?;
        write_item(&mut tar, tree, path, item)?;
    }
    tar.into_inner()?.flush()?;
    Ok(())
}

/// [`write_context`] as a stream for the Docker API. Dropping the stream ends the writing.
///
/// Must be called within a tokio runtime.
pub fn context_stream(
    tree: Box<dyn Tree>,
    files: ContextFiles,
) -> impl Stream<Item = Result<Bytes, WriteContextError>> + Send + 'static {
    let (pieces, stream) = mpsc::channel(PIECES_AHEAD);
    tokio::task::spawn_blocking(move || {
        let out = PieceWriter { pieces: pieces.clone(), piece: BytesMut::with_capacity(PIECE) };
        if let Err(error) = write_context(tree.as_ref(), &files, out) {
            // Fails only when nobody listens any more, which is also what ended the writing.
            let _ = pieces.blocking_send(Err(error));
        }
    });
    ReceiverStream::new(stream)
}

fn items<'a>(tree: &'a dyn Tree, files: &'a ContextFiles) -> Result<BTreeMap<&'a str, Item<'a>>, WriteContextError> {
    let ignore = tree.read_file(".dockerignore", LONGEST_IGNORE)?.unwrap_or_default();
    let mut ignore = DockerIgnore::parse(&String::from_utf8_lossy(&ignore))?;
    let mut kept =
        |path: &str| path == ".dockerignore" || files.always.iter().any(|always| always == path) || !ignore.is_ignored(path);
    let mut items = BTreeMap::new();
    for entry in tree.entries().iter().filter(|entry| !is_git(&entry.path) && kept(&entry.path)) {
        items.insert(entry.path.as_str(), Item::Source(entry));
    }
    for (path, content) in &files.extra {
        inner_path(path)?;
        items.insert(path.as_str(), Item::Extra(content));
    }
    Ok(items)
}

/// Git's own folder (or the file that stands for it), which an uploaded folder may hold at any depth.
fn is_git(path: &str) -> bool {
    path.split('/').any(|part| part == ".git")
}

/// The folders of `path` that do not contain the previous path either. Docker 20.10 makes folders it is not told about unreadable.
fn write_folders(tar: &mut tar::Builder<impl Write>, modified: u64, previous: &mut String, path: &str) -> io::Result<()> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for (at, _) in folder.match_indices('/').chain([(folder.len(), "")]) {
        let part = folder.get(..at).unwrap_or_default();
        let written = previous == part || previous.strip_prefix(part).is_some_and(|rest| rest.starts_with('/'));
        if part.is_empty() || written {
            continue;
        }
        let mut header = header(tar::EntryType::Directory, 0o755, 0, modified);
        tar.append_data(&mut header, format!("{part}/"), io::empty())?;
    }
    folder.clone_into(previous);
    Ok(())
}

fn write_item(tar: &mut tar::Builder<impl Write>, tree: &dyn Tree, path: &str, item: &Item<'_>) -> io::Result<()> {
    let modified = tree.modified();
    let entry = match item {
        Item::Extra(content) => {
            let mut header = header(tar::EntryType::Regular, 0o644, content.len() as u64, modified);
            return tar.append_data(&mut header, path, *content);
        }
        Item::Source(entry) => entry,
    };
    match entry.kind {
        EntryKind::Submodule => Ok(()),
        EntryKind::Symlink => {
            let target = String::from_utf8(read_whole(tree.content(entry))?).map_err(io::Error::other)?;
            let mut header = header(tar::EntryType::Symlink, 0o777, 0, modified);
            tar.append_link(&mut header, path, target)
        }
        EntryKind::File { executable } => {
            let mode = if executable { 0o755 } else { 0o644 };
            let mut header = header(tar::EntryType::Regular, mode, entry.size, modified);
            tar.append_data(&mut header, path, tree.content(entry)?)
        }
    }
}

fn header(kind: tar::EntryType, mode: u32, size: u64, modified: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(modified);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Hands what is written to the stream, piece by piece; waits where Docker is slower.
struct PieceWriter {
    pieces: mpsc::Sender<Result<Bytes, WriteContextError>>,
    piece: BytesMut,
}

impl PieceWriter {
    fn send(&mut self) -> io::Result<()> {
        let piece = self.piece.split().freeze();
        if piece.is_empty() {
            return Ok(());
        }
        self.pieces.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for PieceWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}
