//! May this archive become a source? Every entry is looked at, and what passes is written anew.
//!
//! Extension headers are read here, with a bound, instead of by the tar library, which would hold one of any size in memory.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use tar::{EntryType, PaxExtensions};

use super::UploadError;
use crate::edge::tree::{EntryKind, MOST_ENTRIES, inner_path, is_inner_link};

/// Longest extension header, in bytes: a path and what other tools add.
const LONGEST_EXTENSION: u64 = 64 * 1024;
/// Longest path, in bytes (Linux's `PATH_MAX`).
const LONGEST_PATH: usize = 4096;

/// What extension headers said about the entry that follows them.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

/// Reads the gzipped tar at `packed` and writes what it holds to `plain`.
pub(super) fn rewrite(packed: &Path, plain: &Path, limit: u64) -> Result<(), UploadError> {
    let input = File::open(packed).map_err(UploadError::Storage)?;
    let new = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(plain);
    let output = new.map_err(UploadError::Storage)?;
    let mut archive = tar::Archive::new(MultiGzDecoder::new(BufReader::new(input)));
    let mut rewriter = Rewriter { tar: tar::Builder::new(BufWriter::new(output)), seen: BTreeMap::new(), left: limit, limit };
    let mut extension = Extension::default();
    for entry in archive.entries().map_err(UploadError::Malformed)?.raw(true) {
        let mut entry = entry.map_err(UploadError::Malformed)?;
        match entry.header().entry_type() {
            EntryType::GNULongName => extension.path = Some(long_name(&mut entry)?),
            EntryType::GNULongLink => extension.link = Some(long_name(&mut entry)?),
            EntryType::XHeader => read_pax(&bounded(&mut entry)?, &mut extension)?,
            EntryType::XGlobalHeader => {
                bounded(&mut entry)?;
            }
            _ => rewriter.take(&mut entry, std::mem::take(&mut extension))?,
        }
    }
    rewriter.finish()
}

fn bounded(entry: &mut impl Read) -> Result<Vec<u8>, UploadError> {
    let mut bytes = Vec::new();
    entry.take(LONGEST_EXTENSION + 1).read_to_end(&mut bytes).map_err(UploadError::Malformed)?;
    if bytes.len() as u64 > LONGEST_EXTENSION {
        return Err(UploadError::BadEntry { path: "an extension header".into(), because: "is longer than any path" });
    }
    Ok(bytes)
}

/// Ends with a NUL.
fn long_name(entry: &mut impl Read) -> Result<Vec<u8>, UploadError> {
    let mut name = bounded(entry)?;
    while name.last() == Some(&0) {
        name.pop();
    }
    Ok(name)
}

fn read_pax(bytes: &[u8], extension: &mut Extension) -> Result<(), UploadError> {
    for field in PaxExtensions::new(bytes) {
        let field = field.map_err(UploadError::Malformed)?;
        match field.key_bytes() {
            b"path" => extension.path = Some(field.value_bytes().to_vec()),
            b"linkpath" => extension.link = Some(field.value_bytes().to_vec()),
            // The header's own size would no longer be the entry's.
            b"size" => return Err(UploadError::BadEntry { path: "an entry".into(), because: "is larger than 8 GB" }),
            key if key.starts_with(b"GNU.sparse") => {
                return Err(UploadError::BadEntry {
                    path: "an entry".into(),
                    because: "is a sparse file: pack it without --sparse",
                });
            }
            _ => {}
        }
    }
    Ok(())
}

struct Rewriter<W: Write> {
    tar: tar::Builder<W>,
    seen: BTreeMap<String, EntryKind>,
    left: u64,
    limit: u64,
}

impl Rewriter<BufWriter<File>> {
    fn finish(self) -> Result<(), UploadError> {
        if self.seen.is_empty() {
            return Err(UploadError::Empty);
        }
        for path in self.seen.keys() {
            let mut above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
            if above.any(|above| self.seen.contains_key(above)) {
                return Err(bad(path, "lies below something that is no folder"));
            }
        }
        let writer = self.tar.into_inner().map_err(UploadError::Storage)?;
        let file = writer.into_inner().map_err(|error| UploadError::Storage(error.into_error()))?;
        file.sync_all().map_err(UploadError::Storage)
    }
}

impl<W: Write> Rewriter<W> {
    fn take<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>, extension: Extension) -> Result<(), UploadError> {
        let raw = extension.path.unwrap_or_else(|| entry.path_bytes().into_owned());
        let path = checked_path(&raw)?;
        let executable = entry.header().mode().map_err(UploadError::Malformed)? & 0o111 != 0;
        match entry.header().entry_type() {
            EntryType::Directory => Ok(()),
            // Some tools mark a folder only by its slash.
            EntryType::Regular | EntryType::Continuous if raw.ends_with(b"/") => Ok(()),
            EntryType::Regular | EntryType::Continuous => self.file(entry, nonempty(path)?, executable),
            EntryType::Symlink => {
                let target = extension.link.or_else(|| entry.link_name_bytes().map(|name| name.into_owned())).unwrap_or_default();
                self.link(nonempty(path)?, target)
            }
            EntryType::Link => Err(bad(&path, "is a hard link: pack it as a file of its own")),
            EntryType::GNUSparse => Err(bad(&path, "is a sparse file: pack it without --sparse")),
            _ => Err(bad(&path, "is neither a file nor a link: devices, pipes and sockets are no source")),
        }
    }

    fn note(&mut self, path: &str, kind: EntryKind) -> Result<(), UploadError> {
        if self.seen.len() >= MOST_ENTRIES {
            return Err(bad(path, "is one file too many: at most 200000 are taken"));
        }
        match self.seen.insert(path.to_owned(), kind) {
            Some(_) => Err(bad(path, "is in the archive twice")),
            None => Ok(()),
        }
    }

    fn file<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>, path: String, executable: bool) -> Result<(), UploadError> {
        self.note(&path, EntryKind::File { executable })?;
        // Declared sizes are counted before a byte is read, so that a bomb never unfolds.
        let size = entry.header().entry_size().map_err(UploadError::Malformed)?;
        self.left = self.left.checked_sub(size).ok_or(UploadError::TooLarge { limit: self.limit })?;
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(if executable { 0o755 } else { 0o644 });
        header.set_size(size);
        let mut reader = Blaming { inner: entry, failed: None };
        let written = self.tar.append_data(&mut header, &path, &mut reader);
        match (reader.failed, written) {
            (Some(error), _) => Err(UploadError::Malformed(error)),
            (None, written) => written.map_err(UploadError::Storage),
        }
    }

    fn link(&mut self, path: String, target: Vec<u8>) -> Result<(), UploadError> {
        self.note(&path, EntryKind::Symlink)?;
        let target = String::from_utf8(target).map_err(|_| bad(&path, "links to a name that is not UTF-8"))?;
        if target.len() > LONGEST_PATH || target.contains('\0') || !is_inner_link(&path, &target) {
            return Err(bad(&path, "is a link that leaves the folder"));
        }
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_mode(0o777);
        header.set_size(0);
        self.tar.append_link(&mut header, &path, target).map_err(UploadError::Storage)
    }
}

/// The path without `./`; empty for the folder itself.
fn checked_path(raw: &[u8]) -> Result<String, UploadError> {
    let text = std::str::from_utf8(raw).map_err(|_| bad(&String::from_utf8_lossy(raw), "has a name that is not UTF-8"))?;
    if matches!(text, "." | "./") {
        return Ok(String::new());
    }
    if text.len() > LONGEST_PATH {
        return Err(bad(text, "has a path longer than 4096 bytes"));
    }
    let path = inner_path(text).map_err(|_| bad(text, "leaves the folder"))?;
    if path.split('/').any(|part| part == ".git") {
        return Err(bad(text, "belongs to Git's own folder, which is no source"));
    }
    Ok(path)
}

fn nonempty(path: String) -> Result<String, UploadError> {
    if path.is_empty() { Err(bad(".", "is no folder")) } else { Ok(path) }
}

fn bad(path: &str, because: &'static str) -> UploadError {
    UploadError::BadEntry { path: path.chars().take(200).collect(), because }
}

/// Remembers that it was the archive that failed, not the disk.
struct Blaming<R> {
    inner: R,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Blaming<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.inner.read(out).map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error);
            kind.into()
        })
    }
}
