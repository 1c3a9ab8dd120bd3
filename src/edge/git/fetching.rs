//! How does exactly one commit get into the cache? By the cheapest way the server allows, within the limits, or not at all.

use std::time::Duration;

use git2::{AutotagOption, Direction, FetchOptions, Oid, Repository};

use super::cache::{Cache, kept_reference};
use super::connection::{Access, Conversation};
use super::error::SourceError;
use super::listing::Advertised;
use super::stop::Stop;
use super::tree::GitTree;
use crate::edge::tree::check_tree;
use crate::model::source::{Commit, HostKey};

/// What a fetch may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes received, and bytes of the files at the commit.
    pub bytes: u64,
    /// From the first packet to the last check.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 500_000_000, time: Duration::from_mins(5) }
    }
}

/// Which commit is wanted.
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// The repository.
    pub access: Access,
    /// Exactly this one.
    pub commit: Commit,
    /// The app's folder, empty for the whole repository: only what lies in it must be buildable.
    pub root: String,
    /// What it may cost.
    pub limits: Limits,
}

/// How far a fetch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FetchProgress {
    /// Bytes so far.
    pub received_bytes: u64,
    /// Objects so far.
    pub received_objects: u64,
    /// Objects in all, as the server says.
    pub total_objects: u64,
}

/// A commit that is in the cache, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// What came over the network; all zero where the commit was there already.
    pub progress: FetchProgress,
    /// Whether the server sent the commit without its history.
    pub is_shallow: bool,
    /// See [`super::Listing::new_host_key`].
    pub new_host_key: Option<HostKey>,
}

/// Runs on a blocking thread.
pub(super) fn fetch(
    request: &FetchRequest,
    cache: &Cache,
    progress: &dyn Fn(FetchProgress),
    stop: &Stop,
) -> Result<Fetched, SourceError> {
    let (repository, is_new) = cache.open().map_err(SourceError::storage)?;
    let fetched = fetch_into(&repository, request, progress, stop);
    drop(repository);
    match &fetched {
        Ok(_) => cache.touch(),
        Err(_) if is_new => cache.remove(),
        Err(_) => cache.sweep(),
    }
    fetched
}

fn fetch_into(
    repository: &Repository,
    request: &FetchRequest,
    progress: &dyn Fn(FetchProgress),
    stop: &Stop,
) -> Result<Fetched, SourceError> {
    let oid =
        Oid::from_str(request.commit.as_str()).map_err(|_| SourceError::MissingCommit { commit: request.commit.clone() })?;
    let fetched = if is_here(repository, &request.commit, oid) {
        Fetched { progress: FetchProgress::default(), is_shallow: repository.is_shallow(), new_host_key: None }
    } else {
        Transfer { repository, request, oid, progress, stop }.run()?
    };
    let tree = GitTree::of(repository.path(), &request.commit, &request.root)?;
    check_tree(&tree, request.limits.bytes)?;
    Ok(fetched)
}

fn is_here(repository: &Repository, commit: &Commit, oid: Oid) -> bool {
    repository.find_reference(&kept_reference(commit)).is_ok() && repository.find_commit(oid).is_ok()
}

struct Transfer<'a> {
    repository: &'a Repository,
    request: &'a FetchRequest,
    oid: Oid,
    progress: &'a dyn Fn(FetchProgress),
    stop: &'a Stop,
}

/// One way to ask for the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Only the commit, without history.
    Shallow,
    /// All branches and tags: for servers that hand out tips only, and none that is shallow.
    Full,
}

impl Transfer<'_> {
    fn run(&self) -> Result<Fetched, SourceError> {
        match self.attempt(Way::Shallow) {
            // The server's way to say that it gives no single commits or no shallow history.
            Err(SourceError::Failed { .. } | SourceError::MissingCommit { .. }) => self.attempt(Way::Full),
            done => done,
        }
    }

    fn attempt(&self, way: Way) -> Result<Fetched, SourceError> {
        let conversation = Conversation::new(&self.request.access, self.stop);
        let last = std::cell::Cell::new(FetchProgress::default());
        let watch = |progress: &git2::Progress<'_>| {
            let so_far = FetchProgress {
                received_bytes: progress.received_bytes() as u64,
                received_objects: progress.received_objects() as u64,
                total_objects: progress.total_objects() as u64,
            };
            last.set(so_far);
            (self.progress)(so_far);
            let limit = self.request.limits.bytes;
            if so_far.received_bytes > limit {
                Err(SourceError::TooLarge { limit, so_far: so_far.received_bytes })
            } else {
                Ok(())
            }
        };
        self.transfer(way, &conversation, &watch).map_err(|error| match error {
            Refusal::Git(error) => conversation.explain(&error),
            Refusal::Missing => SourceError::MissingCommit { commit: self.request.commit.clone() },
        })?;
        Ok(Fetched { progress: last.get(), is_shallow: self.repository.is_shallow(), new_host_key: conversation.newly_seen() })
    }

    fn transfer(&self, way: Way, conversation: &Conversation<'_>, watch: super::connection::Watch<'_>) -> Result<(), Refusal> {
        let mut remote = self.repository.remote_anonymous(&self.request.access.url.to_string())?;
        let mut connection = remote.connect_auth(Direction::Fetch, Some(conversation.callbacks(watch)), None)?;
        let advertised = Advertised::of(&connection)?;
        let kept = kept_reference(&self.request.commit);
        let is_local = self.request.access.url.scheme() == crate::model::source::Scheme::File;
        let mut options = FetchOptions::new();
        options.remote_callbacks(conversation.callbacks(watch)).download_tags(AutotagOption::None).update_fetchhead(false);
        let wanted = match way {
            Way::Shallow => {
                // libgit2 reads a local repository directly and copies no shallow history.
                options.depth(if is_local { 0 } else { 1 });
                let name = advertised.tip_of(self.oid).map_or_else(|| self.oid.to_string(), str::to_owned);
                vec![format!("+{name}:{kept}")]
            }
            Way::Full => {
                options.depth(if self.repository.is_shallow() { i32::MAX } else { 0 });
                vec!["+refs/heads/*:refs/remotes/origin/*".to_owned(), "+refs/tags/*:refs/tags/*".to_owned()]
            }
        };
        connection.remote().fetch(&wanted, Some(&mut options), None)?;
        drop(connection);
        if self.repository.find_commit(self.oid).is_err() {
            return Err(Refusal::Missing);
        }
        self.repository.reference(&kept, self.oid, true, "fetched")?;
        Ok(())
    }
}

enum Refusal {
    Git(git2::Error),
    Missing,
}

impl From<git2::Error> for Refusal {
    fn from(error: git2::Error) -> Self {
        Self::Git(error)
    }
}
