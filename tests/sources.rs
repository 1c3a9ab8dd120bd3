//! Does code really come from Git servers as promised? Git's own http-backend, TLS, OpenSSH and plain files, nothing simulated.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the lint does not know the functions that tests share")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kraken::edge::git::{
    Access, Credentials, FetchRequest, Fetched, GitSources, LISTING_DEADLINE, Limits, Listing, SourceError, generate_deploy_key,
};
use kraken::edge::tree::{ContextFiles, OpenTreeError, Tree, write_context};
use kraken::model::source::{Commit, HostKey, Reference};
use support::git_server::{Behaviour, GitServer, silent_server};
use support::repository::{Change, Repository, noise};
use support::ssh_server::SshServer;
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "s3cret-token";

/// A node's side.
struct Node {
    data: tempfile::TempDir,
    sources: GitSources,
}

impl Node {
    fn new() -> Self {
        Self::with(&[], None)
    }

    fn with(roots: &[PathBuf], ca_file: Option<&Path>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let sources = GitSources::open(&data.path().join("git"), roots, ca_file).unwrap();
        Self { data, sources }
    }

    async fn list(&self, access: &Access) -> Result<Listing, SourceError> {
        self.sources.list(access.clone(), LISTING_DEADLINE, &CancellationToken::new()).await
    }

    async fn resolve(&self, access: &Access, reference: Reference) -> Result<String, SourceError> {
        let resolved = self.sources.resolve(access.clone(), &reference, LISTING_DEADLINE, &CancellationToken::new()).await;
        resolved.map(|resolved| resolved.commit.to_string())
    }

    async fn fetch(&self, access: &Access, commit: &str) -> Result<Fetched, SourceError> {
        self.fetch_within(access, commit, Limits::default()).await
    }

    async fn fetch_within(&self, access: &Access, commit: &str, limits: Limits) -> Result<Fetched, SourceError> {
        self.sources.fetch(request(access, commit, "", limits), |_| (), &CancellationToken::new()).await
    }

    fn read(&self, access: &Access, commit: &str, path: &str) -> Option<String> {
        let tree = self.sources.tree(&access.url, &id(commit), "").unwrap();
        tree.read_file(path, 1_000_000).unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    /// Repositories in the cache.
    fn kept(&self) -> usize {
        std::fs::read_dir(self.data.path().join("git")).unwrap().count()
    }
}

fn id(commit: &str) -> Commit {
    commit.parse().unwrap()
}

fn request(access: &Access, commit: &str, root: &str, limits: Limits) -> FetchRequest {
    FetchRequest { access: access.clone(), commit: id(commit), root: root.to_owned(), limits }
}

fn public(url: &str) -> Access {
    Access::public(url.parse().unwrap())
}

fn with(url: &str, credentials: Credentials) -> Access {
    Access { credentials, ..public(url) }
}

/// The whole chain, as a person gets to read it.
fn chain(error: &SourceError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn branches_tags_and_commits_mean_what_the_server_says() {
    let (server, node) = (GitServer::start(), Node::new());
    let app = Repository::create(server.folder(), "app");
    let first = app.commit(&[("a.txt", "one")]);
    app.tag("v1", &first);
    let second = app.commit(&[("a.txt", "two")]);
    let feature = app.commit_to("feature/login", &[Change::File("b.txt", b"new")]);
    let access = public(&server.url("app"));
    let listing = node.list(&access).await.unwrap();
    assert_eq!(listing.branches.iter().map(|tip| tip.name.as_str()).collect::<Vec<_>>(), ["feature/login", "main"]);
    assert_eq!(listing.default_branch.as_deref(), Some("main"));
    for (reference, commit) in [
        (Reference::DefaultBranch, &second),
        (Reference::branch("main"), &second),
        (Reference::branch("feature/login"), &feature),
        (Reference::tag("v1"), &first),
        (Reference::Commit { id: id(&first) }, &first),
    ] {
        assert_eq!(&node.resolve(&access, reference).await.unwrap(), commit);
        node.fetch(&access, commit).await.unwrap();
    }
    assert_eq!(node.read(&access, &first, "a.txt").as_deref(), Some("one"));
    assert_eq!(node.read(&access, &second, "a.txt").as_deref(), Some("two"));
    assert_eq!(node.read(&access, &feature, "b.txt").as_deref(), Some("new"));
}

#[tokio::test]
async fn a_missing_branch_names_the_nearest_and_an_empty_repository_says_push() {
    let (server, node) = (GitServer::start(), Node::new());
    Repository::create(server.folder(), "app").commit(&[("a", "1")]);
    Repository::create(server.folder(), "empty");
    let error = node.resolve(&public(&server.url("app")), Reference::branch("mian")).await.unwrap_err();
    assert_eq!(error.to_string(), "the repository has no branch \"mian\"; did you mean \"main\"?");
    assert!(!error.is_worlds_fault());
    let error = node.resolve(&public(&server.url("empty")), Reference::DefaultBranch).await.unwrap_err();
    assert!(matches!(error, SourceError::Empty), "{error:?}");
}

#[tokio::test]
async fn a_tip_comes_without_history_and_the_next_one_as_a_delta() {
    let (server, node) = (GitServer::start(), Node::new());
    let app = Repository::create(server.folder(), "app");
    let big = noise(2_000_000);
    app.commit_to("main", &[Change::File("old.bin", &noise(1_500_000)), Change::File("big.bin", &big)]);
    let first = app.commit_to("main", &[Change::Remove("old.bin")]);
    let access = public(&server.url("app"));
    let fetched = node.fetch(&access, &first).await.unwrap();
    assert!(fetched.is_shallow);
    assert!((2_000_000..2_100_000).contains(&fetched.progress.received_bytes), "{fetched:?}");
    let second = app.commit(&[("small.txt", "x")]);
    let fetched = node.fetch(&access, &second).await.unwrap();
    assert!(fetched.progress.received_bytes < 10_000, "{fetched:?}");
    assert_eq!(node.read(&access, &second, "small.txt").as_deref(), Some("x"));
    let again = node.fetch(&access, &second).await.unwrap();
    assert_eq!(again.progress.received_bytes, 0);
    drop(server);
    node.fetch(&access, &second).await.expect("what is here needs no server");
}

#[tokio::test]
async fn a_pinned_commit_is_fetched_after_its_branch_moved() {
    let (server, node) = (GitServer::start(), Node::new());
    let app = Repository::create(server.folder(), "app");
    let pinned = app.commit(&[("a.txt", "pinned")]);
    let later = app.commit(&[("a.txt", "later")]);
    let access = public(&server.url("app"));
    // By the history of a branch, where the server gives out tips only …
    node.fetch(&access, &later).await.unwrap();
    let fetched = node.fetch(&access, &pinned).await.unwrap();
    assert!(!fetched.is_shallow);
    assert_eq!(node.read(&access, &pinned, "a.txt").as_deref(), Some("pinned"));
    // … and by itself, where it allows that.
    app.configure("uploadpack.allowAnySHA1InWant", "true");
    let other = Node::new();
    assert!(other.fetch(&access, &pinned).await.unwrap().is_shallow);
    assert_eq!(other.read(&access, &pinned, "a.txt").as_deref(), Some("pinned"));
}

#[tokio::test]
async fn a_commit_that_is_gone_is_told_from_a_repository_that_is() {
    let (server, node) = (GitServer::start(), Node::new());
    Repository::create(server.folder(), "app").commit(&[("a", "1")]);
    let gone = "1".repeat(40);
    let error = node.fetch(&public(&server.url("app")), &gone).await.unwrap_err();
    assert!(matches!(error, SourceError::MissingCommit { .. }), "{error:?}");
    let error = node.list(&public(&server.url("missing"))).await.unwrap_err();
    assert!(matches!(error, SourceError::NotFound { .. }) && !error.is_worlds_fault(), "{error:?}");
    assert_eq!(node.kept(), 0);
}

#[tokio::test]
async fn a_private_repository_opens_with_the_right_token_only() {
    let (server, node) = (GitServer::private(TOKEN), Node::new());
    let commit = Repository::create(server.folder(), "app").commit(&[("a.txt", "private")]);
    let url = server.url("app");
    let error = node.list(&public(&url)).await.unwrap_err();
    assert!(matches!(error, SourceError::AuthenticationNeeded { .. }) && error.to_string().contains("token field"), "{error:?}");
    let error = node.list(&with(&url, Credentials::token("wr0ng"))).await.unwrap_err();
    assert!(matches!(error, SourceError::AuthenticationRefused { .. }) && !chain(&error).contains("wr0ng"), "{error:?}");
    let access = with(&url, Credentials::token(TOKEN));
    node.list(&access).await.unwrap();
    node.fetch(&access, &commit).await.unwrap();
    assert_eq!(node.read(&access, &commit, "a.txt").as_deref(), Some("private"));
    let config = std::fs::read_dir(node.data.path().join("git")).unwrap().next().unwrap().unwrap().path().join("config");
    assert!(!std::fs::read_to_string(config).unwrap().contains(TOKEN));
}

#[tokio::test]
async fn only_a_named_authority_or_the_systems_is_trusted() {
    let (trusted, stranger, misnamed) = (GitServer::tls(), GitServer::tls(), GitServer::tls_named("elsewhere.example"));
    let node = Node::with(&[], Some(&trusted.ca_file()));
    for server in [&trusted, &stranger] {
        Repository::create(server.folder(), "app").commit(&[("a", "1")]);
    }
    let listing = node.list(&public(&trusted.url("app"))).await.unwrap();
    let access = public(&trusted.url("app"));
    node.fetch(&access, listing.branches[0].commit.as_str()).await.unwrap();
    let error = node.list(&public(&stranger.url("app"))).await.unwrap_err();
    assert!(matches!(error, SourceError::Certificate { .. }) && error.to_string().contains("ca_file"), "{}", chain(&error));
    // A known authority, but the certificate of another host.
    let node = Node::with(&[], Some(&misnamed.ca_file()));
    let error = node.list(&public(&misnamed.url("app"))).await.unwrap_err();
    assert!(matches!(error, SourceError::Certificate { .. }) && chain(&error).contains("hostname"), "{}", chain(&error));
}

#[test]
fn a_ca_file_that_is_none_is_refused_at_start() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, "no certificate").unwrap();
    let error = GitSources::open(dir.path(), &[], Some(&file)).unwrap_err();
    assert!(error.to_string().contains("sources.ca_file"), "{error}");
}

#[tokio::test]
async fn ssh_opens_with_a_generated_deploy_key_and_pins_the_host() {
    let (mut server, node) = (SshServer::start(), Node::new());
    let folder = tempfile::tempdir().unwrap();
    let app = Repository::create(folder.path(), "app");
    let commit = app.commit(&[("a.txt", "by ssh")]);
    let url = server.url(app.path());
    let error = node.list(&public(&url)).await.unwrap_err();
    assert!(matches!(error, SourceError::AuthenticationNeeded { .. }) && error.to_string().contains("deploy key"), "{error:?}");
    let key = generate_deploy_key("kraken-test").unwrap();
    let access = with(&url, Credentials::Key { private: key.private.clone() });
    let error = node.list(&access).await.unwrap_err();
    assert!(matches!(error, SourceError::AuthenticationRefused { .. }), "{}", chain(&error));
    server.authorize(&key.public);
    let seen = node.list(&access).await.unwrap().new_host_key.expect("nothing was pinned");
    assert_eq!(seen.kind, "ssh-ed25519");
    let access = Access { host_key: Some(seen.clone()), ..access };
    assert_eq!(node.list(&access).await.unwrap().new_host_key, None);
    let fetched = node.fetch(&access, &commit).await.unwrap();
    assert!(fetched.is_shallow);
    assert_eq!(node.read(&access, &commit, "a.txt").as_deref(), Some("by ssh"));
    let missing = Access { url: server.url(&folder.path().join("missing.git")).parse().unwrap(), ..access.clone() };
    let error = node.list(&missing).await.unwrap_err();
    assert!(matches!(error, SourceError::NotFound { .. }), "{}", chain(&error));
    server = server.replaced();
    server.authorize(&key.public);
    let error = node.list(&access).await.unwrap_err();
    let SourceError::HostKeyChanged { known, seen: now, .. } = &error else { panic!("{error:?}") };
    assert!(*known == seen && *now != seen && !error.is_worlds_fault());
    assert!(error.to_string().contains(&seen.fingerprint) && error.to_string().contains(&now.fingerprint));
}

#[tokio::test]
async fn a_file_address_works_below_its_roots_only() {
    let folder = tempfile::tempdir().unwrap();
    let app = Repository::create(folder.path(), "app");
    let commit = app.commit(&[("a.txt", "by file")]);
    let access = public(&format!("file://{}", app.path().display()));
    let error = Node::new().list(&access).await.unwrap_err();
    assert!(matches!(error, SourceError::OutsideFileRoots { .. }), "{error:?}");
    let node = Node::with(&[folder.path().to_owned()], None);
    assert_eq!(node.resolve(&access, Reference::DefaultBranch).await.unwrap(), commit);
    node.fetch(&access, &commit).await.unwrap();
    assert_eq!(node.read(&access, &commit, "a.txt").as_deref(), Some("by file"));
    let later = app.commit(&[("a.txt", "later")]);
    app.commit(&[("a.txt", "latest")]);
    node.fetch(&access, &later).await.unwrap();
    assert_eq!(node.read(&access, &later, "a.txt").as_deref(), Some("later"));
}

#[tokio::test]
async fn unreachable_broken_and_wrong_servers_are_told_apart() {
    let node = Node::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = node.list(&public(&format!("http://{free}/app.git"))).await.unwrap_err();
    assert!(
        matches!(&error, SourceError::Unreachable { server, .. } if *server == free.to_string()) && error.is_worlds_fault(),
        "{error:?}"
    );
    let error = node.list(&public("https://no-such-host.invalid/a/b")).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    for (status, worlds) in [(503, true), (500, true), (404, false), (403, false)] {
        let server = GitServer::with(Behaviour { status: Some(status), ..Behaviour::default() });
        let error = node.list(&public(&server.url("app"))).await.unwrap_err();
        assert_eq!(error.is_worlds_fault(), worlds, "{status}: {error:?}");
    }
    let (silent, task) = silent_server().await;
    let access = public(&format!("http://{silent}/app.git"));
    let error = node.sources.list(access, Duration::from_millis(300), &CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, SourceError::TimedOut { .. }) && error.is_worlds_fault(), "{error:?}");
    task.abort();
}

#[tokio::test]
async fn a_repository_over_the_limit_is_stopped_and_leaves_nothing() {
    let (server, node) = (GitServer::start(), Node::new());
    let app = Repository::create(server.folder(), "app");
    let commit = app.commit_to("main", &[Change::File("big.bin", &noise(20_000_000))]);
    let access = public(&server.url("app"));
    let limits = Limits { bytes: 4_000_000, ..Limits::default() };
    let error = node.fetch_within(&access, &commit, limits).await.unwrap_err();
    let SourceError::TooLarge { limit, so_far } = error else { panic!("{error:?}") };
    assert!(limit == 4_000_000 && (4_000_000..8_000_000).contains(&so_far), "{so_far}");
    assert_eq!(node.kept(), 0);
    // What compresses well is measured by what it becomes.
    let zeros = app.commit_to("zeros", &[Change::Remove("big.bin"), Change::File("zeros", &vec![0; 5_000_000])]);
    let error = node.fetch_within(&access, &zeros, limits).await.unwrap_err();
    assert!(matches!(error, SourceError::Tree(OpenTreeError::TooLarge { size: 5_000_000, .. })), "{error:?}");
    assert_eq!(node.kept(), 0);
    node.fetch(&access, &commit).await.expect("20 MB are within the default limit");
    assert!(!node.fetch_within(&access, &zeros, limits).await.unwrap_err().is_worlds_fault());
    assert_eq!(node.read(&access, &commit, "missing"), None);
}

#[tokio::test]
async fn a_fetch_is_cancelled_in_the_middle_and_leaves_nothing() {
    let server = GitServer::with(Behaviour { pause: Duration::from_millis(20), ..Behaviour::default() });
    let node = Node::new();
    let app = Repository::create(server.folder(), "app");
    // So that the server begins to send at once: noise cannot be compressed anyway.
    app.configure("pack.compression", "0");
    let commit = app.commit_to("main", &[Change::File("big.bin", &noise(40_000_000))]);
    let access = public(&server.url("app"));
    let cancel = CancellationToken::new();
    let (canceller, received) = (cancel.clone(), std::sync::Arc::new(AtomicU64::new(0)));
    let counter = std::sync::Arc::clone(&received);
    let progress = move |progress: kraken::edge::git::FetchProgress| {
        counter.store(progress.received_bytes, Ordering::Relaxed);
        if progress.received_bytes > 1_000_000 {
            canceller.cancel();
        }
    };
    let error = node.sources.fetch(request(&access, &commit, "", Limits::default()), progress, &cancel).await.unwrap_err();
    assert!(matches!(error, SourceError::Cancelled), "{error:?}");
    assert!((1_000_000..10_000_000).contains(&received.load(Ordering::Relaxed)));
    assert_eq!(node.kept(), 0);
    let limits = Limits { time: Duration::from_millis(1500), ..Limits::default() };
    let error = node.fetch_within(&access, &commit, limits).await.unwrap_err();
    assert!(matches!(error, SourceError::TimedOut { .. }) && error.to_string().contains("1.5 s"), "{error:?}");
    assert_eq!(node.kept(), 0);
}

#[tokio::test]
async fn submodules_and_lfs_pointers_are_refused_unless_they_lie_elsewhere() {
    const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n";
    let (server, node) = (GitServer::start(), Node::new());
    let app = Repository::create(server.folder(), "app");
    app.commit(&[("web/index.html", "<p>")]);
    let access = public(&server.url("app"));
    let submodule = app.commit_to("sub", &[Change::File(".gitmodules", b"[submodule]"), Change::Submodule("libs/other")]);
    let error = node.fetch(&access, &submodule).await.unwrap_err();
    assert!(error.to_string().contains("submodules (libs/other)") && !error.is_worlds_fault(), "{error}");
    let lfs = app
        .commit_to("lfs", &[Change::File("media/.gitattributes", b"*.bin filter=lfs\n"), Change::File("media/a.bin", POINTER)]);
    let error = node.fetch(&access, &lfs).await.unwrap_err();
    assert!(error.to_string().contains("media/a.bin"), "{error}");
    for commit in [&submodule, &lfs] {
        let elsewhere = request(&access, commit, "web", Limits::default());
        node.sources.fetch(elsewhere, |_| (), &CancellationToken::new()).await.unwrap();
        let tree = node.sources.tree(&access.url, &id(commit), "web").unwrap();
        assert_eq!(tree.entries().iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(), ["index.html"]);
    }
    let missing = request(&access, &lfs, "missing", Limits::default());
    let error = node.sources.fetch(missing, |_| (), &CancellationToken::new()).await.unwrap_err();
    assert!(error.to_string().contains("no folder \"missing\""), "{error}");
}

#[tokio::test]
async fn a_commits_context_is_the_same_every_time_and_later_for_a_later_commit() {
    let (server, node) = (GitServer::start(), Node::new());
    let app = Repository::create(server.folder(), "app");
    let first =
        app.commit_to("main", &[Change::Program("run.sh", b"#!"), Change::Link("link", "run.sh"), Change::File("a/b.txt", b"x")]);
    let second = app.commit(&[("a/b.txt", "y")]);
    let access = public(&server.url("app"));
    let mut contexts = Vec::new();
    for commit in [&first, &first, &second] {
        node.fetch(&access, commit).await.unwrap();
        let tree = node.sources.tree(&access.url, &id(commit), "").unwrap();
        let mut tar = Vec::new();
        write_context(&tree, &ContextFiles::default(), &mut tar).unwrap();
        contexts.push((tar, tree.modified()));
    }
    assert_eq!(contexts[0], contexts[1]);
    assert!(contexts[1].1 < contexts[2].1);
    let mut archive = tar::Archive::new(contexts[0].0.as_slice());
    let modes: Vec<(String, u32)> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.path().unwrap().to_str().unwrap().to_owned(), entry.header().mode().unwrap()))
        .collect();
    let expected = [("a/", 0o755), ("a/b.txt", 0o644), ("link", 0o777), ("run.sh", 0o755)];
    assert_eq!(modes, expected.map(|(path, mode)| (path.to_owned(), mode)));
    let tree = node.sources.tree(&access.url, &id(&first), "").unwrap();
    assert_eq!(tree.summary(), "change");
    let error = tree.regular_file("link").unwrap_err().to_string();
    assert!(error.contains("symbolic link"), "{error}");
}

#[test]
fn a_pinned_host_key_has_a_stable_form_on_disk() {
    let key = HostKey { kind: "ssh-ed25519".into(), fingerprint: "SHA256:abc".into() };
    assert_eq!(serde_json::to_string(&key).unwrap(), r#"{"kind":"ssh-ed25519","fingerprint":"SHA256:abc"}"#);
}
