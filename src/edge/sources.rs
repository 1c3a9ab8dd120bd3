//! How does this node reach an app's source? With the credentials and host keys of the state, by Git or from an upload.

use std::io::Read;
use std::sync::Arc;

use futures_util::StreamExt;
use tokio::sync::watch;
use tokio_util::io::{StreamReader, SyncIoBridge};
use tokio_util::sync::CancellationToken;

use crate::decide::manifest::MAX_BYTES;
use crate::edge::clock;
use crate::edge::desk::Desk;
use crate::edge::git::{Access, Credentials, FetchRequest, GitSources, LISTING_DEADLINE, Limits, Listing, Secret, SourceError};
use crate::edge::seal::Sealer;
use crate::edge::tree::{self, ContextFiles, ReadTreeError, Tree, context_stream};
use crate::edge::upload::Uploads;
use crate::model::command::Command;
use crate::model::deployment::Phase;
use crate::model::document::{Document, Sealed, Setting, Source};
use crate::model::event::Inspection;
use crate::model::facts::Facts;
use crate::model::observed::{Fault, Trouble};
use crate::model::record::{Draft, ObjectKey};
use crate::model::setting;
use crate::model::source::{Authorship, Commit, HostKey, Reference, Scheme, SourceUrl};
use crate::model::world::World;

/// Longest file that detection reads, in bytes.
const FACT_LIMIT: u64 = 256 << 10;

/// The sources this node can reach. Cheap to clone.
#[derive(Clone)]
pub struct Sources {
    git: GitSources,
    uploads: Arc<Uploads>,
    sealer: Arc<Sealer>,
    desk: Desk,
    world: watch::Receiver<World>,
}

/// A source at one commit, as it lies there.
#[derive(Debug)]
pub struct Raw {
    /// shipwreck.toml of the root, if there is one; its characters are not checked.
    pub manifest: Option<Vec<u8>>,
    /// What detection needs.
    pub facts: Facts,
    /// First line of the commit's message; empty for a folder.
    pub summary: String,
    /// Who wrote it, and when; none for a folder.
    pub authorship: Option<Authorship>,
}

/// The files of a source at one commit.
pub struct SourceTree(Box<dyn Tree>);

impl Sources {
    /// Sources by `git` and from `uploads`; what opens them lies in the state.
    #[must_use]
    pub fn new(git: GitSources, uploads: Arc<Uploads>, sealer: Arc<Sealer>, desk: Desk, world: watch::Receiver<World>) -> Self {
        Self { git, uploads, sealer, desk, world }
    }

    /// The uploaded folders.
    #[must_use]
    pub fn uploads(&self) -> &Arc<Uploads> {
        &self.uploads
    }

    /// What a Git server offers; `token` before one that is stored.
    ///
    /// # Errors
    /// In words for people.
    pub async fn list(&self, url: &SourceUrl, token: Option<&str>) -> Result<Listing, SourceError> {
        let access = self.access(url, token);
        let listing = self.git.list(access, LISTING_DEADLINE, &CancellationToken::new()).await?;
        self.pin(url, listing.new_host_key.as_ref()).await;
        Ok(listing)
    }

    /// Reads a source at one commit: shipwreck.toml as it lies there, what detection needs, the commit's first line.
    ///
    /// # Errors
    /// In words for people, with whose fault it is.
    pub async fn read_raw(&self, source: &Source, commit: &Commit, token: Option<&str>) -> Result<Raw, Trouble> {
        let (tree, _) = self.fetch_with(source, commit, token, &CancellationToken::new()).await?;
        let name = name_of(source);
        let read = tokio::task::spawn_blocking(move || tree.raw(&name));
        read.await.map_err(|error| worlds(error.to_string()))?
    }

    /// Looks at a source: the commit, its manifest, what detection needs.
    ///
    /// # Errors
    /// In words for people, with whose fault it is.
    pub async fn inspect(&self, source: &Source, commit: Option<&Commit>) -> Result<Inspection, Trouble> {
        let commit = match (commit, source) {
            (Some(commit), _) => commit.clone(),
            (None, Source::Git { url, reference, .. }) => self.resolve(url, reference).await?,
            (None, Source::Upload { digest, .. }) => {
                digest.parse().map_err(|_| apps("the upload's name is no content hash".into()))?
            }
        };
        let (tree, says) = self.fetch_with(source, &commit, None, &CancellationToken::new()).await?;
        let name = name_of(source);
        let looked = tokio::task::spawn_blocking(move || tree.look(&name));
        let (manifest, raw) = looked.await.map_err(|error| worlds(error.to_string()))??;
        Ok(Inspection { commit, summary: raw.summary, authorship: raw.authorship, manifest, facts: raw.facts, says })
    }

    async fn resolve(&self, url: &SourceUrl, reference: &Reference) -> Result<Commit, Trouble> {
        let listing = self.list(url, None).await.map_err(|error| trouble(Phase::Validating, &error))?;
        let resolved = listing.resolve(reference).map_err(|error| trouble(Phase::Validating, &error))?;
        Ok(resolved.commit)
    }

    /// The files of a source at `commit`, and what it took, for people.
    ///
    /// # Errors
    /// In words for people, with whose fault it is.
    pub async fn fetch(
        &self,
        source: &Source,
        commit: &Commit,
        cancel: &CancellationToken,
    ) -> Result<(SourceTree, String), Trouble> {
        self.fetch_with(source, commit, None, cancel).await.map_err(|trouble| Trouble { phase: Phase::Fetching, ..trouble })
    }

    async fn fetch_with(
        &self,
        source: &Source,
        commit: &Commit,
        token: Option<&str>,
        cancel: &CancellationToken,
    ) -> Result<(SourceTree, String), Trouble> {
        let (root, says) = match source {
            Source::Git { url, root, .. } => {
                let root = root.clone().unwrap_or_default();
                let request = FetchRequest {
                    access: self.access(url, token),
                    commit: commit.clone(),
                    root: root.clone(),
                    limits: Limits::default(),
                };
                let fetched =
                    self.git.fetch(request, |_| {}, cancel).await.map_err(|error| trouble(Phase::Validating, &error))?;
                self.pin(url, fetched.new_host_key.as_ref()).await;
                (root, fetched_says(&fetched.progress))
            }
            Source::Upload { root, .. } => (root.clone().unwrap_or_default(), "the uploaded folder is here".to_owned()),
        };
        let (this, source, commit) = (self.clone(), source.clone(), commit.clone());
        let opened = tokio::task::spawn_blocking(move || this.open(&source, &commit, &root));
        Ok((opened.await.map_err(|error| worlds(error.to_string()))??, says))
    }

    fn open(&self, source: &Source, commit: &Commit, root: &str) -> Result<SourceTree, Trouble> {
        let tree: Box<dyn Tree> = match source {
            Source::Git { url, .. } => Box::new(self.git.tree(url, commit, root).map_err(|error| apps(error.to_string()))?),
            Source::Upload { .. } => Box::new(self.uploads.tree(commit, root).map_err(|error| apps(error.to_string()))?),
        };
        Ok(SourceTree(tree))
    }

    /// What opens a repository: `token` if given, else what the state holds.
    fn access(&self, url: &SourceUrl, token: Option<&str>) -> Access {
        let world = self.world.borrow();
        let pinned: Option<setting::HostKey> = read(&world, &setting::host_key_of(&url.authority()));
        let host_key = pinned.map(|pinned| HostKey { kind: pinned.kind, fingerprint: pinned.fingerprint });
        let credentials = match token {
            Some(token) => Credentials::token(token),
            None => self.stored(&world, url).unwrap_or_default(),
        };
        Access { url: url.clone(), credentials, host_key }
    }

    /// The token or the deploy key the state holds for a repository.
    fn stored(&self, world: &World, url: &SourceUrl) -> Option<Credentials> {
        let open = |object: &ObjectKey, sealed: &Sealed| {
            let opened = self.sealer.unseal(object, sealed);
            opened.inspect_err(|error| tracing::error!(%url, because = %error, "a stored credential cannot be opened")).ok()
        };
        if url.scheme() == Scheme::Ssh {
            let object = setting::deploy_key_of(url);
            let key: setting::DeployKey = read(world, &object)?;
            return open(&object, &key.private).map(|plain| Credentials::Key { private: Secret::new(plain.as_str()) });
        }
        let object = setting::source_token_of(url);
        let token: setting::SourceToken = read(world, &object)?;
        open(&object, &token.token).map(|plain| Credentials::token(plain.as_str()))
    }

    /// Pins a host key that was newly seen.
    async fn pin(&self, url: &SourceUrl, seen: Option<&HostKey>) {
        let Some(key) = seen else { return };
        let object = setting::host_key_of(&url.authority());
        let pinned = setting::HostKey {
            v: setting::SETTING_FORMAT,
            kind: key.kind.clone(),
            fingerprint: key.fingerprint.clone(),
            first_seen: clock::wall(),
        };
        let Ok(value) = serde_json::to_value(pinned) else { return };
        let drafts = vec![Draft { object, document: Some(Document::Setting(Setting { value })) }];
        let key = uuid::Uuid::new_v4().to_string();
        if let Err(refusal) = self.desk.ask("kraken", &key, Command::Put { drafts }).await {
            tracing::warn!(%url, because = %refusal, "a host key could not be pinned");
        }
    }
}

/// A setting of the state.
fn read<T: serde::de::DeserializeOwned>(world: &World, object: &ObjectKey) -> Option<T> {
    let ObjectKey::Setting(name) = object else { return None };
    setting::read(world.settings.get(name))
}

fn fetched_says(progress: &crate::edge::git::FetchProgress) -> String {
    match progress.received_objects {
        0 => "this commit was here already".to_owned(),
        objects => format!("{objects} objects, {} kB", progress.received_bytes.div_ceil(1000)),
    }
}

impl SourceTree {
    /// A Dockerfile of the repository.
    ///
    /// # Errors
    /// Not there, outside, behind a link, too long, or not text.
    pub fn dockerfile(&self, path: &str) -> Result<String, Trouble> {
        let next = "Name it in [build] dockerfile of shipwreck.toml, relative to the app's root.".to_owned();
        let refuse = |because: String| Trouble { next: Some(next.clone()), phase: Phase::Building, ..apps(because) };
        let bytes = self.0.read_file(path, FACT_LIMIT).map_err(|error| refuse(error.to_string()))?;
        let bytes = bytes.ok_or_else(|| refuse(format!("there is no {path} in the repository")))?;
        String::from_utf8(bytes).map_err(|_| refuse(format!("{path} is not UTF-8 text")))
    }

    /// The build context, as a tar to read on a blocking thread.
    #[must_use]
    pub fn into_context(self, files: ContextFiles) -> impl Read + Send + 'static {
        let stream = context_stream(self.0, files).map(|piece| piece.map_err(std::io::Error::other));
        SyncIoBridge::new(StreamReader::new(Box::pin(stream)))
    }

    /// The manifest, and all else. Blocking.
    fn look(&self, name: &str) -> Result<(Option<String>, Raw), Trouble> {
        let mut raw = self.raw(name)?;
        let manifest = raw.manifest.take().map(String::from_utf8).transpose();
        let manifest = manifest.map_err(|_| apps("shipwreck.toml is not UTF-8 text; save it as UTF-8".to_owned()))?;
        Ok((manifest, raw))
    }

    fn raw(&self, name: &str) -> Result<Raw, Trouble> {
        let manifest = match self.0.read_file("shipwreck.toml", MAX_BYTES as u64) {
            Ok(bytes) => bytes,
            Err(ReadTreeError::TooLarge { size, .. }) => {
                let because = format!("shipwreck.toml has {} kB; more than {} kB are not read", size / 1000, MAX_BYTES / 1000);
                let next = "A manifest is a page of text; move anything else into files of its own.".to_owned();
                return Err(Trouble { next: Some(next), ..apps(because) });
            }
            Err(error) => return Err(apps(error.to_string())),
        };
        Ok(Raw { manifest, facts: self.facts(name)?, summary: self.0.summary().to_owned(), authorship: self.0.authorship() })
    }

    /// What detection needs. Blocking.
    ///
    /// # Errors
    /// A file of it cannot be read.
    pub fn facts(&self, name: &str) -> Result<Facts, Trouble> {
        tree::facts(self.0.as_ref(), name).map_err(|error| apps(error.to_string()))
    }
}

/// What an app without a name is called after.
fn name_of(source: &Source) -> String {
    match source {
        Source::Git { url, root, .. } => {
            let folder =
                root.as_deref().and_then(|root| root.trim_matches('/').rsplit('/').next()).filter(|folder| !folder.is_empty());
            folder.unwrap_or_else(|| url.repository_name()).to_owned()
        }
        Source::Upload { .. } => String::new(),
    }
}

/// A source's error as a trouble.
#[must_use]
pub fn trouble(phase: Phase, error: &SourceError) -> Trouble {
    let is_worlds = error.is_worlds_fault();
    let next = if is_worlds {
        "Kraken tries again by itself; check the address and the network meanwhile.".to_owned()
    } else {
        error.next()
    };
    Trouble {
        fault: if is_worlds { Fault::World } else { Fault::App },
        phase,
        because: error.to_string(),
        next: Some(next),
        log_tail: Vec::new(),
    }
}

fn apps(because: String) -> Trouble {
    let next = Some("Mend it, push, and deploy again.".to_owned());
    Trouble { fault: Fault::App, phase: Phase::Validating, because, next, log_tail: Vec::new() }
}

fn worlds(because: String) -> Trouble {
    Trouble { fault: Fault::World, next: Some("Kraken tries again by itself.".to_owned()), ..apps(because) }
}
