//! Where can a person go back to? The last twenty exported states, as files in the data directory.

use std::path::{Path, PathBuf};

use super::disk::{DiskError, make_private_dir, write_private};
use crate::model::time::WallTime;

/// States kept.
const KEPT: usize = 20;

/// Their folder in the data directory.
const FOLDER: &str = "states";

/// Keeps `state` as a file named after the time and `why` ("daily", "before-import"); the oldest go when there are more
/// than twenty. Blocks.
///
/// # Errors
/// When the disk is full or refuses.
pub fn keep(data: &Path, at: WallTime, why: &str, state: &[u8]) -> Result<PathBuf, DiskError> {
    let folder = data.join(FOLDER);
    make_private_dir(&folder)?;
    let time: String = at.to_string().chars().map(|c| if c == ':' { '-' } else { c }).collect();
    let path = folder.join(format!("{time}-{why}.json"));
    write_private(&path, state)?;
    for old in previous(data).into_iter().skip(KEPT) {
        if let Err(error) = std::fs::remove_file(&old) {
            tracing::warn!(file = %old.display(), %error, "an old state could not be removed");
        }
    }
    Ok(path)
}

/// The kept states, the newest first; none where the folder cannot be read.
#[must_use]
pub fn previous(data: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(data.join(FOLDER)) else {
        return Vec::new();
    };
    let mut states: Vec<_> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ext| ext == "json")).collect();
    states.sort_by(|a, b| b.cmp(a));
    states
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_state_comes_first_and_the_twenty_first_goes() {
        let dir = tempfile::tempdir().unwrap();
        for day in 0..22 {
            keep(dir.path(), WallTime(day * 86_400_000), "daily", b"{}").unwrap();
        }
        let states = previous(dir.path());
        assert_eq!(states.len(), KEPT);
        assert!(states[0].ends_with("states/1970-01-22T00-00-00.000Z-daily.json"), "{:?}", states[0]);
        assert!(states[19].ends_with("states/1970-01-03T00-00-00.000Z-daily.json"), "{:?}", states[19]);
    }

    #[test]
    fn a_node_without_states_has_none() {
        assert!(previous(Path::new("/nonexistent")).is_empty());
    }

    #[test]
    fn a_half_written_state_is_not_offered() {
        let dir = tempfile::tempdir().unwrap();
        keep(dir.path(), WallTime(5), "daily", b"{}").unwrap();
        std::fs::write(dir.path().join("states/x.json.new"), "{").unwrap();
        assert_eq!(previous(dir.path()).len(), 1);
    }
}
