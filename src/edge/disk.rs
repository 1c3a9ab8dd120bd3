//! How does a small file get onto the disk? Whole or not at all, readable by nobody else.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tracing::warn;
use zeroize::Zeroizing;

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {}: {}", path.display(), advice(source))]
pub struct DiskError {
    verb: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// What a person can do about it.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full; free some space",
        io::ErrorKind::PermissionDenied => "this user may not; start the agent as the user that owns the data directory",
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only; a worn-out SD card looks like this",
        io::ErrorKind::NotFound => "it is not there",
        _ => "the system refused",
    }
}

fn failed<'a>(verb: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> DiskError + use<'a> {
    move |source| DiskError { verb, path: path.to_owned(), source }
}

/// Makes `dir` and its parents, mode 0700; an existing one that others may enter is closed to them.
///
/// # Errors
/// When it cannot be made, or belongs to somebody else.
pub fn make_private_dir(dir: &Path) -> Result<(), DiskError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed("make the directory", dir))?;
    let mode = dir.metadata().map_err(failed("look at", dir))?.mode();
    if mode & 0o077 != 0 {
        warn!(dir = %dir.display(), mode = format!("{:o}", mode & 0o777), "others could enter the data directory; closed it to them");
        std::fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(failed("close to others", dir))?;
    }
    Ok(())
}

/// Makes an empty file, mode 0600, where there is none; one that others may read is closed to them.
///
/// # Errors
/// When it cannot be made, or belongs to somebody else.
pub fn make_private_file(path: &Path) -> Result<(), DiskError> {
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    opened.and_then(|file| file.set_permissions(Permissions::from_mode(0o600))).map_err(failed("make", path))
}

/// The content of a private file of at most 1 MiB; none if there is no such file. One that others may read is closed to them.
///
/// # Errors
/// When it cannot be read.
pub fn read_private(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, DiskError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", path)(error)),
    };
    let mode = file.metadata().map_err(failed("look at", path))?.mode();
    if mode & 0o077 != 0 {
        warn!(file = %path.display(), mode = format!("{:o}", mode & 0o777), "others could read this secret file; closed it to them");
        file.set_permissions(Permissions::from_mode(0o600)).map_err(failed("close to others", path))?;
    }
    // Room for all of it at once: a vector that grows leaves copies of the secret behind.
    let mut content = Zeroizing::new(Vec::with_capacity(1 << 16));
    file.take(1 << 20).read_to_end(&mut content).map_err(failed("read", path))?;
    Ok(Some(content))
}

/// Puts `content` at `path`, mode 0600: after a power cut there is the old file or the new one, never a part.
///
/// # Errors
/// When the disk is full or refuses; the old file is still there.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), DiskError> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let written = write_and_sync(&fresh, content).and_then(|()| std::fs::rename(&fresh, path));
    if written.is_err() {
        // The first error is the one to tell; what could not be removed is overwritten next time.
        let _ = std::fs::remove_file(&fresh);
    }
    written.map_err(failed("write", path))?;
    // The name itself is on disk only once its directory is.
    let dir = path.parent().unwrap_or(Path::new("."));
    sync_dir(dir)
}

/// Waits until the names in `dir` are on disk.
///
/// # Errors
/// When the disk refuses.
pub fn sync_dir(dir: &Path) -> Result<(), DiskError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed("sync", dir))
}

fn write_and_sync(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o777
    }

    #[test]
    fn a_private_file_is_ours_alone_and_comes_back_as_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(read_private(&path).unwrap().unwrap().as_slice(), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_others_could_read_is_closed_to_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, "x").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(read_private(&path).unwrap().is_some());
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_file_made_private_keeps_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kraken.db");
        make_private_file(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        std::fs::write(&path, "x").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        make_private_file(&path).unwrap();
        assert_eq!((mode(&path), std::fs::read(&path).unwrap()), (0o600, b"x".to_vec()));
    }

    #[test]
    fn a_missing_file_is_none_and_no_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read_private(&dir.path().join("nothing")).unwrap().is_none());
    }

    #[test]
    fn a_data_directory_is_closed_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        make_private_dir(&inner).unwrap();
        assert_eq!(mode(&inner), 0o700);
        std::fs::set_permissions(&inner, Permissions::from_mode(0o755)).unwrap();
        make_private_dir(&inner).unwrap();
        assert_eq!(mode(&inner), 0o700);
    }

    #[test]
    fn what_cannot_be_written_is_named_and_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("no/such/secret");
        let error = write_private(&path, b"x").unwrap_err().to_string();
        assert!(error.contains("no/such/secret"), "{error}");
    }
}
