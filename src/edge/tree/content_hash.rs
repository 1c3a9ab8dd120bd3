//! What is the commit of a folder that has none? The hash of what lies in it, the same wherever and whenever it is packed.

use std::io::Write;

use sha2::{Digest, Sha256};

use super::{Entry, EntryKind};
use crate::model::source::Commit;

/// Begins every hash, so that another rule can never yield the same one.
const DOMAIN: &[u8] = b"kraken-source-1\n";

/// Fed with entries in the order of their paths, each followed by its content. Names, kinds, executable bits and bytes count; times,
/// owners and how the archive was written do not.
#[derive(Clone, Debug)]
pub struct ContentHash(Sha256);

impl Default for ContentHash {
    fn default() -> Self {
        Self(Sha256::new_with_prefix(DOMAIN))
    }
}

impl ContentHash {
    /// Announces the next entry; exactly `entry.size` bytes of content must follow through [`Write`].
    pub fn entry(&mut self, entry: &Entry) {
        let kind = match entry.kind {
            EntryKind::File { executable: false } => b'f',
            EntryKind::File { executable: true } => b'x',
            EntryKind::Symlink => b'l',
            EntryKind::Submodule => b's',
        };
        // Lengths before texts: no two lists of entries feed the same bytes.
        self.0.update([kind]);
        self.0.update((entry.path.len() as u64).to_be_bytes());
        self.0.update(entry.path.as_bytes());
        self.0.update(entry.size.to_be_bytes());
    }

    /// The hash as a commit.
    #[must_use]
    pub fn commit(self) -> Commit {
        let hex = data_encoding::HEXLOWER.encode(&self.0.finalize());
        hex.parse().expect("64 lower-case hexadecimal digits are a commit")
    }
}

impl Write for ContentHash {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
