//! Is another agent at work in this directory? A lock that ends with its process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::schema::OpenStoreError;
use crate::edge::disk::make_private_dir;

/// Its name in the data directory; holds the agent's process id.
const FILE: &str = "lock";

/// Held as long as this lives (flock(2): the kernel frees it when the process ends).
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl DirLock {
    /// Takes the directory for this agent, and makes it if it is not there.
    ///
    /// # Errors
    /// When another agent has it, or the disk refuses.
    pub fn take(dir: &Path) -> Result<Self, OpenStoreError> {
        make_private_dir(dir)?;
        let refused = |source| OpenStoreError::Lock { dir: dir.to_owned(), source };
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(dir.join(FILE));
        let mut file = open.map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenStoreError::Locked { dir: dir.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(refused(source)),
        }
        write_pid(&mut file).map_err(refused)?;
        Ok(Self { _file: file })
    }
}

fn write_pid(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// "process 4711", or nothing better than "another process".
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(20).read_to_string(&mut text);
    match text.trim().parse::<u32>() {
        Ok(pid) if read.is_ok() => format!("process {pid}"),
        _ => "another process".to_owned(),
    }
}
