//! What lies in a kept upload? Read in place from the tar that [`super::verify`] wrote.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use tar::EntryType;

use crate::edge::tree::{Entry, EntryKind, OpenTreeError, Tree, inner_path};
use crate::model::source::Commit;

/// An uploaded folder's files below the app's root.
#[derive(Debug)]
pub struct ArchiveTree {
    file: File,
    commit: Commit,
    modified: u64,
    entries: Vec<Entry>,
    /// Beside `entries`.
    places: Vec<Place>,
}

/// Where an entry's content is.
#[derive(Debug)]
enum Place {
    /// In the archive, from this byte on.
    At(u64),
    /// A link's target.
    Target(String),
}

impl ArchiveTree {
    pub(super) fn open(path: &Path, commit: Commit, root: &str) -> Result<Self, OpenTreeError> {
        let file = File::open(path).map_err(unreadable)?;
        let modified = file.metadata().and_then(|metadata| metadata.modified()).map_err(unreadable)?;
        let mut found = entries(&file).map_err(unreadable)?;
        if !matches!(root, "" | "." | "./") {
            found = below_root(found, root)?;
        }
        found.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
        let (entries, places) = found.into_iter().unzip();
        // An upload has no time of its own; when it arrived is the same for every build of it.
        let modified = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Ok(Self { file, commit, modified, entries, places })
    }
}

fn unreadable(error: io::Error) -> OpenTreeError {
    OpenTreeError::Read(error.into())
}

fn entries(file: &File) -> io::Result<Vec<(Entry, Place)>> {
    let mut archive = tar::Archive::new(BufReader::new(file));
    let mut found = Vec::new();
    for item in archive.entries_with_seek()? {
        let item = item?;
        let path = String::from_utf8(item.path_bytes().into_owned()).map_err(io::Error::other)?;
        if item.header().entry_type() == EntryType::Symlink {
            let target = item.link_name_bytes().unwrap_or_default().into_owned();
            let target = String::from_utf8(target).map_err(io::Error::other)?;
            found.push((Entry { path, kind: EntryKind::Symlink, size: target.len() as u64 }, Place::Target(target)));
            continue;
        }
        let executable = item.header().mode()? & 0o111 != 0;
        found
            .push((Entry { path, kind: EntryKind::File { executable }, size: item.size() }, Place::At(item.raw_file_position())));
    }
    Ok(found)
}

fn below_root(found: Vec<(Entry, Place)>, root: &str) -> Result<Vec<(Entry, Place)>, OpenTreeError> {
    let missing = || OpenTreeError::MissingRoot { root: root.chars().take(200).collect() };
    let prefix = format!("{}/", inner_path(root).map_err(|_| missing())?);
    let below = |(entry, place): (Entry, Place)| {
        let path = entry.path.strip_prefix(&prefix)?.to_owned();
        Some((Entry { path, ..entry }, place))
    };
    let below: Vec<_> = found.into_iter().filter_map(below).collect();
    if below.is_empty() { Err(missing()) } else { Ok(below) }
}

impl Tree for ArchiveTree {
    fn commit(&self) -> &Commit {
        &self.commit
    }

    fn modified(&self) -> u64 {
        self.modified
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn content(&self, entry: &Entry) -> io::Result<Box<dyn Read + '_>> {
        let at = self.entries.binary_search_by(|known| known.path.cmp(&entry.path)).map_err(|_| io::ErrorKind::NotFound)?;
        match self.places.get(at).ok_or(io::ErrorKind::NotFound)? {
            Place::Target(target) => Ok(Box::new(target.as_bytes())),
            Place::At(at) => Ok(Box::new(Slice { file: &self.file, at: *at, left: entry.size })),
        }
    }
}

/// A part of a file, read without moving anybody's position.
struct Slice<'a> {
    file: &'a File,
    at: u64,
    left: u64,
}

impl Read for Slice<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let read = self.file.read_at(out.get_mut(..wanted).unwrap_or_default(), self.at)?;
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}
