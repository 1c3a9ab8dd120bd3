//! What must libgit2 know before its first use? Timeouts, certificate authorities, and that no configuration of this machine counts.
//!
//! These options are global to the process and not synchronised by libgit2, so they are set exactly once, before any repository or
//! connection exists.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use git2::ConfigLevel;

/// Longest wait for a connection, in milliseconds.
const CONNECT_TIMEOUT_MS: i32 = 10_000;
/// Longest silence of a server, in milliseconds. A server that counts objects reports at least every five seconds.
const SERVER_TIMEOUT_MS: i32 = 20_000;

/// Sources that cannot be opened at start.
#[derive(Debug, thiserror::Error)]
pub enum OpenSourcesError {
    /// The cache directory.
    #[error("cannot make the directory for fetched repositories, {}", path.display())]
    Directory {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `sources.ca_file`.
    #[error("cannot take certificate authorities from {}: sources.ca_file must be a readable PEM file with at least one certificate", path.display())]
    CaFile {
        /// As configured.
        path: PathBuf,
        /// Why.
        source: git2::Error,
    },
    /// libgit2 refused an option.
    #[error("cannot prepare Git")]
    Options(#[source] git2::Error),
}

/// Which CA files were added so far; `None` until the options are set.
static PREPARED: Mutex<Option<Vec<PathBuf>>> = Mutex::new(None);

/// Sets the options once per process; adds `ca_file` unless it was added before.
pub(super) fn prepare(ca_file: Option<&Path>) -> Result<(), OpenSourcesError> {
    let mut prepared = PREPARED.lock().unwrap_or_else(PoisonError::into_inner);
    if prepared.is_none() {
        set_options().map_err(OpenSourcesError::Options)?;
    }
    let added = prepared.get_or_insert_default();
    if let Some(path) = ca_file.filter(|path| !added.iter().any(|known| known == path)) {
        add_ca_file(path).map_err(|source| OpenSourcesError::CaFile { path: path.to_owned(), source })?;
        added.push(path.to_owned());
    }
    Ok(())
}

#[allow(unsafe_code, reason = "libgit2's process-wide options have no safe face")]
fn set_options() -> Result<(), git2::Error> {
    // SAFETY: `PREPARED` is held, so no two threads set options at once, and no connection or repository exists yet that could read
    // them meanwhile: `GitSources` is made only after this returned.
    unsafe {
        git2::opts::set_server_connect_timeout_in_milliseconds(CONNECT_TIMEOUT_MS)?;
        git2::opts::set_server_timeout_in_milliseconds(SERVER_TIMEOUT_MS)?;
        // A `sslVerify = false` or `insteadOf` of whoever runs the agent must not change what Kraken trusts or dials.
        for level in [ConfigLevel::System, ConfigLevel::Global, ConfigLevel::XDG, ConfigLevel::ProgramData] {
            git2::opts::set_search_path(level, "")?;
        }
        // What lies below `sources.file_roots` was allowed by whoever administers the machine and often belongs to its user, not to the
        // agent; libgit2 runs no hook and no command a repository's configuration could name.
        git2::opts::set_verify_owner_validation(false)?;
    }
    Ok(())
}

#[allow(unsafe_code, reason = "libgit2's process-wide options have no safe face")]
fn add_ca_file(path: &Path) -> Result<(), git2::Error> {
    // SAFETY: `PREPARED` is held; OpenSSL's certificate store, to which this adds, has its own lock.
    unsafe { git2::opts::set_ssl_cert_file(path) }
}
