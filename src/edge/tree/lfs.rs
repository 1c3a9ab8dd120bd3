//! Does this source keep files in Git LFS? Then what it holds are pointers, which an app would serve as garbage.

use super::{Entry, EntryKind, OpenTreeError, Tree, read_whole};

/// First line of every pointer. Source: the Git LFS specification, `docs/spec.md`.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
/// "Pointer files must be less than 1024 bytes" (same source).
const LONGEST_POINTER: u64 = 1024;
/// Attribute files are short; a longer one is not searched.
const LONGEST_ATTRIBUTES: u64 = 1_000_000;

/// The first pointer among files of a tree whose attributes send files to LFS. Without such attributes Git itself would leave the
/// text alone, and so does Kraken; that also saves reading every small file.
pub(super) fn first_pointer(tree: &dyn Tree) -> Result<Option<String>, OpenTreeError> {
    let mut uses_lfs = false;
    for attributes in tree.entries().iter().filter(|entry| is_attributes(entry)) {
        let text = content(tree, attributes)?;
        uses_lfs |= String::from_utf8_lossy(&text).lines().any(|line| !line.starts_with('#') && line.contains("filter=lfs"));
    }
    if !uses_lfs {
        return Ok(None);
    }
    let small = |entry: &&Entry| {
        matches!(entry.kind, EntryKind::File { .. }) && entry.size < LONGEST_POINTER && entry.size > POINTER.len() as u64
    };
    for entry in tree.entries().iter().filter(small) {
        if content(tree, entry)?.starts_with(POINTER) {
            return Ok(Some(entry.path.clone()));
        }
    }
    Ok(None)
}

fn is_attributes(entry: &Entry) -> bool {
    let name = entry.path.rsplit('/').next();
    matches!(entry.kind, EntryKind::File { .. }) && name == Some(".gitattributes") && entry.size < LONGEST_ATTRIBUTES
}

fn content(tree: &dyn Tree, entry: &Entry) -> Result<Vec<u8>, OpenTreeError> {
    read_whole(tree.content(entry)).map_err(|error| OpenTreeError::Read(error.into()))
}
