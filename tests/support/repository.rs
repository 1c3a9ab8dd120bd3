//! A bare repository to be served: commits are made straight into it, no work tree, no Git command.

use std::io::Read;
use std::path::{Path, PathBuf};

use git2::{FileMode, ObjectType, Oid, Signature, Time, build::TreeUpdateBuilder};

/// A repository below a server's folder.
pub struct Repository {
    inner: git2::Repository,
    path: PathBuf,
}

/// What becomes of one path in a commit.
pub enum Change<'a> {
    File(&'a str, &'a [u8]),
    Program(&'a str, &'a [u8]),
    Link(&'a str, &'a str),
    Submodule(&'a str),
    Remove(&'a str),
}

impl Repository {
    /// Makes `NAME.git` in `folder`, with `main` as its default branch.
    pub fn create(folder: &Path, name: &str) -> Self {
        let path = folder.join(format!("{name}.git"));
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).initial_head("main");
        Self { inner: git2::Repository::init_opts(&path, &options).unwrap(), path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sets a configuration value, such as `uploadpack.allowAnySHA1InWant`.
    pub fn configure(&self, key: &str, value: &str) {
        self.inner.config().unwrap().set_str(key, value).unwrap();
    }

    /// Commits text files to `main`; returns the commit.
    pub fn commit(&self, files: &[(&str, &str)]) -> String {
        let changes: Vec<Change<'_>> = files.iter().map(|(path, text)| Change::File(path, text.as_bytes())).collect();
        self.commit_to("main", &changes)
    }

    /// Commits text files and one of `bytes` random bytes to `main`. By Git's command: it streams a large file into a pack,
    /// uncompressed, which takes seconds; the file is never whole in memory, and serving it costs no compression either.
    pub fn commit_random(&self, files: &[(&str, &str)], (name, bytes): (&str, u64)) -> String {
        for (key, value) in [("core.compression", "0"), ("pack.compression", "0"), ("core.bigFileThreshold", "1m")] {
            self.configure(key, value);
        }
        let work = tempfile::tempdir_in(self.path.parent().unwrap()).unwrap();
        let mut random = std::fs::File::open("/dev/urandom").unwrap().take(bytes);
        std::io::copy(&mut random, &mut std::fs::File::create(work.path().join(name)).unwrap()).unwrap();
        for (path, text) in files {
            std::fs::write(work.path().join(path), text).unwrap();
        }
        let git = |args: &[&str]| {
            let mut command = std::process::Command::new("git");
            command.arg("--git-dir").arg(&self.path).arg("--work-tree").arg(work.path());
            command.args(["-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "commit.gpgSign=false"]);
            let said = command.args(args).output().unwrap();
            assert!(said.status.success(), "{args:?}: {said:?}");
            String::from_utf8(said.stdout).unwrap().trim().to_owned()
        };
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", "a large file"]);
        git(&["rev-parse", "HEAD"])
    }

    /// Commits changes on top of a branch (made from `main` if it is new); returns the commit.
    pub fn commit_to(&self, branch: &str, changes: &[Change<'_>]) -> String {
        let repository = &self.inner;
        let tip = |name: &str| repository.find_reference(&format!("refs/heads/{name}")).ok()?.peel_to_commit().ok();
        let parent = tip(branch).or_else(|| tip("main"));
        let base = match &parent {
            Some(parent) => parent.tree().unwrap(),
            None => repository.find_tree(repository.treebuilder(None).unwrap().write().unwrap()).unwrap(),
        };
        let mut tree = TreeUpdateBuilder::new();
        for change in changes {
            let blob = |content: &[u8]| repository.blob(content).unwrap();
            match change {
                Change::File(path, content) => tree.upsert(*path, blob(content), FileMode::Blob),
                Change::Program(path, content) => tree.upsert(*path, blob(content), FileMode::BlobExecutable),
                Change::Link(path, target) => tree.upsert(*path, blob(target.as_bytes()), FileMode::Link),
                Change::Submodule(path) => tree.upsert(*path, Oid::from_str(&"1".repeat(40)).unwrap(), FileMode::Commit),
                Change::Remove(path) => tree.remove(*path),
            };
        }
        let tree = repository.find_tree(tree.create_updated(repository, &base).unwrap()).unwrap();
        // One second later than its parent: the same history is the same commits in every run.
        let when = parent.as_ref().map_or(1_700_000_000, |parent| parent.time().seconds() + 1);
        let author = Signature::new("Test", "test@example.com", &Time::new(when, 0)).unwrap();
        let name = format!("refs/heads/{branch}");
        let commit =
            repository.commit(None, &author, &author, "change", &tree, parent.iter().collect::<Vec<_>>().as_slice()).unwrap();
        repository.reference(&name, commit, true, "test").unwrap();
        commit.to_string()
    }

    /// Commits a folder as it is, without what `skip` names; returns the commit.
    pub fn commit_folder(&self, folder: &Path, skip: &[&str]) -> String {
        let mut files = Vec::new();
        files_below(folder, folder, &mut files);
        let kept: Vec<Change<'_>> = files
            .iter()
            .filter(|(path, _)| !skip.contains(&path.as_str()))
            .map(|(path, content)| Change::Program(path, content))
            .collect();
        self.commit_to("main", &kept)
    }

    /// Makes an annotated tag at a commit.
    pub fn tag(&self, name: &str, commit: &str) {
        let target = self.inner.find_object(Oid::from_str(commit).unwrap(), Some(ObjectType::Commit)).unwrap();
        let tagger = Signature::new("Test", "test@example.com", &Time::new(1_700_000_000, 0)).unwrap();
        self.inner.tag(name, &target, &tagger, "release", true).unwrap();
    }

    /// Moves a branch, as a force push does.
    pub fn move_branch(&self, branch: &str, commit: &str) {
        self.inner.reference(&format!("refs/heads/{branch}"), Oid::from_str(commit).unwrap(), true, "moved").unwrap();
    }
}

fn files_below(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(root, &path, files);
        } else {
            files.push((path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()));
        }
    }
}

/// Bytes that no compression shrinks, the same in every run.
pub fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut out: Vec<u8> = (0..bytes.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect();
    out.truncate(bytes);
    out
}
