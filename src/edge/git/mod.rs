//! How does source code get from a Git server onto this node? Remote listings, and one bare cache per repository.
//!
//! libgit2 blocks, so every operation runs on a blocking thread behind an async function with a deadline and a cancel token. The thread
//! notices both inside libgit2's callbacks; where the server is silent, the socket timeouts of [`setup`] end it.

mod cache;
mod connection;
mod credentials;
mod deploy_key;
mod error;
mod fetching;
mod file_roots;
mod listing;
mod setup;
mod stop;
mod tree;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::edge::tree::OpenTreeError;
use crate::model::source::{Commit, Reference, SourceUrl};

use cache::Caches;
use stop::run_until;

pub use connection::Access;
pub use credentials::{Credentials, Secret};
pub use deploy_key::{DeployKey, generate_deploy_key};
pub use error::SourceError;
pub use fetching::{FetchProgress, FetchRequest, Fetched, Limits};
pub use listing::{Listing, Resolved, Tip};
pub use setup::OpenSourcesError;
pub use tree::GitTree;

/// How long a remote listing may take.
pub const LISTING_DEADLINE: Duration = Duration::from_secs(30);

/// The repositories this node fetches from. Cheap to clone.
#[derive(Clone, Debug)]
pub struct GitSources {
    caches: Arc<Caches>,
    file_roots: Arc<[PathBuf]>,
}

impl GitSources {
    /// Keeps repositories below `directory`; `file://` addresses must lie below one of `file_roots`; `ca_file` (PEM) adds
    /// certificate authorities to the system's, for a forge at home.
    ///
    /// # Errors
    /// The directory cannot be made, or the CA file cannot be read.
    pub fn open(directory: &Path, file_roots: &[PathBuf], ca_file: Option<&Path>) -> Result<Self, OpenSourcesError> {
        setup::prepare(ca_file)?;
        let caches = Caches::open(directory.to_owned())?;
        Ok(Self { caches: Arc::new(caches), file_roots: file_roots.into() })
    }

    /// What the server offers: branches, tags, and which branch is the default.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub async fn list(&self, access: Access, deadline: Duration, cancel: &CancellationToken) -> Result<Listing, SourceError> {
        let roots = Arc::clone(&self.file_roots);
        run_until("listing the branches", deadline, cancel, move |stop| {
            file_roots::check(&access.url, &roots)?;
            listing::list(&access, &stop)
        })
        .await
    }

    /// The commit that `reference` means right now.
    ///
    /// # Errors
    /// See [`SourceError`]; a missing name comes with the nearest ones.
    pub async fn resolve(
        &self,
        access: Access,
        reference: &Reference,
        deadline: Duration,
        cancel: &CancellationToken,
    ) -> Result<Resolved, SourceError> {
        self.list(access, deadline, cancel).await?.resolve(reference)
    }

    /// Brings exactly one commit into the cache and checks that it can be built: within the limits, no submodules, no LFS pointers.
    /// Shallow where the server allows. `progress` is called on the fetching thread, at most once per received piece.
    ///
    /// # Errors
    /// See [`SourceError`]. What a failed fetch brought is removed.
    pub async fn fetch(
        &self,
        request: FetchRequest,
        progress: impl Fn(FetchProgress) + Send + Sync + 'static,
        cancel: &CancellationToken,
    ) -> Result<Fetched, SourceError> {
        let cache = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(SourceError::Cancelled),
            cache = self.caches.lock(&request.access.url) => cache,
        };
        let roots = Arc::clone(&self.file_roots);
        run_until("fetching the repository", request.limits.time, cancel, move |stop| {
            file_roots::check(&request.access.url, &roots)?;
            fetching::fetch(&request, &cache, &progress, &stop)
        })
        .await
    }

    /// The files of a fetched commit below `root` (empty for the whole repository). Blocking: reads the commit's trees.
    ///
    /// # Errors
    /// The commit was never fetched (or pruned), or `root` is no folder.
    pub fn tree(&self, url: &SourceUrl, commit: &Commit, root: &str) -> Result<GitTree, OpenTreeError> {
        GitTree::open(&self.caches.directory_of(url), commit, root)
    }

    /// Removes the repositories that were not fetched from for longest until at most `most_bytes` are left; returns the bytes freed.
    /// Blocking. Repositories being fetched are left alone.
    ///
    /// # Errors
    /// The cache directory cannot be read.
    pub fn prune(&self, most_bytes: u64) -> std::io::Result<u64> {
        self.caches.prune(most_bytes)
    }
}
