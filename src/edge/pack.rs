//! How does a folder on a person's machine become a source? Packed by the CLI, to be uploaded to a node.
//!
//! `.gitignore` and `.dockerignore` are honoured, `.git` never goes along, links stay links. The same files give the same bytes and the
//! same content hash, wherever and whenever they are packed.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use ignore::WalkBuilder;

use crate::decide::dockerignore::{DockerIgnore, ParseDockerIgnoreError};
use crate::edge::tree::{ContentHash, Entry, EntryKind, MOST_ENTRIES, is_inner_link, megabytes};
use crate::model::source::Commit;

/// A folder, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The content hash, which is the source's commit.
    pub commit: Commit,
    /// Files and links.
    pub files: usize,
    /// Bytes of all files, unpacked.
    pub bytes: u64,
}

/// A folder that cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// No folder, or one that cannot be listed.
    #[error("cannot read the folder {}", path.display())]
    Folder {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing is left after the ignore files.
    #[error("there is nothing to deploy in {}: it is empty, or .gitignore and .dockerignore hide everything", path.display())]
    Empty {
        /// Where.
        path: PathBuf,
    },
    /// A broken `.dockerignore`.
    #[error(transparent)]
    Ignore(#[from] ParseDockerIgnoreError),
    /// A file that cannot be read, or changed meanwhile.
    #[error("cannot pack \"{path}\": it must be readable and must not change while it is packed")]
    Read {
        /// Relative to the folder.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A link out of the folder.
    #[error(
        "\"{path}\" is a link to \"{target}\", outside the folder: replace it by the file itself, or hide it in .dockerignore"
    )]
    LinkLeaves {
        /// Relative to the folder.
        path: String,
        /// Where it leads.
        target: String,
    },
    /// A name that no archive holds portably.
    #[error("the folder has a file whose name is not UTF-8 ({name}): rename it, or hide it in .dockerignore")]
    NameNotUtf8 {
        /// With replacement characters.
        name: String,
    },
    /// Over the limit.
    #[error(
        "the folder is too large: {} in {files} files, the limits are {} and {MOST_ENTRIES} files; the largest is \"{largest}\"; hide what the app does not need in .dockerignore",
        megabytes(*size), megabytes(*limit)
    )]
    TooLarge {
        /// Bytes.
        size: u64,
        /// Files and links.
        files: usize,
        /// Bytes.
        limit: u64,
        /// The largest file.
        largest: String,
    },
    /// The archive cannot be written.
    #[error("cannot write the packed folder")]
    Write(#[source] io::Error),
}

/// Packs `folder` as a gzipped tar into `out`; `progress` is told the bytes packed so far, after each file.
///
/// # Errors
/// See [`PackError`]; `out` may have received a part.
pub fn pack(folder: &Path, limit: u64, out: impl Write, progress: &dyn Fn(u64)) -> Result<Packed, PackError> {
    let entries = entries(folder)?;
    let bytes = entries.iter().map(|entry| entry.size).sum();
    check_size(folder, &entries, bytes, limit)?;
    // No name and no time in the gzip header: the same folder is the same archive.
    let mut tar = tar::Builder::new(GzBuilder::new().write(out, Compression::fast()));
    let mut hash = ContentHash::default();
    let mut done = 0;
    for entry in &entries {
        append(&mut tar, folder, entry, &mut hash)?;
        done += entry.size;
        progress(done);
    }
    let mut out = tar.into_inner().and_then(flate2::write::GzEncoder::finish).map_err(PackError::Write)?;
    out.flush().map_err(PackError::Write)?;
    Ok(Packed { commit: hash.commit(), files: entries.len(), bytes })
}

fn check_size(folder: &Path, entries: &[Entry], size: u64, limit: u64) -> Result<(), PackError> {
    let Some(largest) = entries.iter().max_by_key(|entry| entry.size) else {
        return Err(PackError::Empty { path: folder.to_owned() });
    };
    if size > limit || entries.len() > MOST_ENTRIES {
        return Err(PackError::TooLarge { size, files: entries.len(), limit, largest: largest.path.clone() });
    }
    Ok(())
}

/// What is packed, sorted by path.
fn entries(folder: &Path) -> Result<Vec<Entry>, PackError> {
    let failed = |source| PackError::Folder { path: folder.to_owned(), source };
    let mut ignored = dockerignore(folder)?;
    let is_in_git = folder.canonicalize().map_err(failed)?.ancestors().any(|above| above.join(".git").exists());
    let mut walk = WalkBuilder::new(folder);
    // Only what lies in the folder or its repository counts, not what this person's machine ignores elsewhere.
    walk.standard_filters(false).git_ignore(true).git_exclude(true).parents(is_in_git).require_git(false);
    walk.filter_entry(|entry| entry.file_name() != ".git");
    let mut found = Vec::new();
    for item in walk.build() {
        let item = item.map_err(|error| failed(io::Error::other(error)))?;
        let Some(path) = relative(folder, item.path())? else { continue };
        if ignored.is_ignored(&path) && !is_always_packed(&path) {
            continue;
        }
        found.extend(entry(folder, path)?);
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn dockerignore(folder: &Path) -> Result<DockerIgnore, PackError> {
    match fs::read(folder.join(".dockerignore")) {
        Ok(bytes) => Ok(DockerIgnore::parse(&String::from_utf8_lossy(&bytes))?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(DockerIgnore::default()),
        Err(source) => Err(PackError::Read { path: ".dockerignore".into(), source }),
    }
}

/// Files the build needs though it does not copy them: people hide their Dockerfile from the context, and it still builds.
fn is_always_packed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    matches!(path, ".dockerignore" | "shipwreck.toml")
        || name == "dockerfile"
        || name.starts_with("dockerfile.")
        || name.ends_with(".dockerfile")
}

fn relative(folder: &Path, path: &Path) -> Result<Option<String>, PackError> {
    let inner = path.strip_prefix(folder).unwrap_or(path);
    let text = inner.to_str().ok_or_else(|| PackError::NameNotUtf8 { name: inner.to_string_lossy().into_owned() })?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Files and links; folders are implied, sockets and the like are nothing an image could hold.
fn entry(folder: &Path, path: String) -> Result<Option<Entry>, PackError> {
    let at = folder.join(&path);
    let metadata = fs::symlink_metadata(&at).map_err(|source| PackError::Read { path: path.clone(), source })?;
    if metadata.is_file() {
        let executable = metadata.permissions().mode() & 0o111 != 0;
        return Ok(Some(Entry { path, kind: EntryKind::File { executable }, size: metadata.len() }));
    }
    if !metadata.is_symlink() {
        return Ok(None);
    }
    let target = link_target(&at, &path)?;
    if !is_inner_link(&path, &target) {
        return Err(PackError::LinkLeaves { path, target });
    }
    Ok(Some(Entry { path, kind: EntryKind::Symlink, size: target.len() as u64 }))
}

fn link_target(at: &Path, path: &str) -> Result<String, PackError> {
    let target = fs::read_link(at).map_err(|source| PackError::Read { path: path.to_owned(), source })?;
    target.into_os_string().into_string().map_err(|name| PackError::NameNotUtf8 { name: name.to_string_lossy().into_owned() })
}

fn append(tar: &mut tar::Builder<impl Write>, folder: &Path, entry: &Entry, hash: &mut ContentHash) -> Result<(), PackError> {
    let at = folder.join(&entry.path);
    let failed = |source| PackError::Read { path: entry.path.clone(), source };
    let mut header = tar::Header::new_gnu();
    hash.entry(entry);
    if entry.kind == EntryKind::Symlink {
        let target = link_target(&at, &entry.path)?;
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_mode(0o777);
        header.set_size(0);
        hash.write_all(target.as_bytes()).map_err(failed)?;
        return tar.append_link(&mut header, &entry.path, target).map_err(PackError::Write);
    }
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(if entry.kind == (EntryKind::File { executable: true }) { 0o755 } else { 0o644 });
    header.set_size(entry.size);
    let file = File::open(&at).map_err(failed)?;
    let mut content = Exactly { inner: file, left: entry.size, hash };
    tar.append_data(&mut header, &entry.path, &mut content).map_err(failed)
}

/// Reads the size that was announced, no more and no less, and hashes it on the way.
struct Exactly<'a> {
    inner: File,
    left: u64,
    hash: &'a mut ContentHash,
}

impl Read for Exactly<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let Some(out) = out.get_mut(..wanted).filter(|out| !out.is_empty()) else { return Ok(0) };
        let read = self.inner.read(out)?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"));
        }
        self.left -= read as u64;
        self.hash.write_all(out.get(..read).unwrap_or_default())?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let at = dir.path().join(path);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(at, content).unwrap();
        }
        dir
    }

    fn packed(dir: &Path) -> (Packed, Vec<u8>) {
        let mut out = Vec::new();
        (pack(dir, 1_000_000, &mut out, &|_| ()).unwrap(), out)
    }

    fn paths(dir: &Path) -> Vec<String> {
        entries(dir).unwrap().into_iter().map(|entry| entry.path).collect()
    }

    #[test]
    fn what_the_ignore_files_hide_stays_home_and_the_dockerfile_does_not() {
        let dir = folder(&[
            (".gitignore", "node_modules/\n*.log\n"),
            ("web/.gitignore", "dist\n"),
            (".dockerignore", "docs\nDockerfile\nshipwreck.toml\n"),
            (".git/config", "x"),
            (".env.example", "x"),
            ("node_modules/a/b.js", "x"),
            ("web/dist/a", "x"),
            ("docs/a.md", "x"),
            ("a.log", "x"),
            ("Dockerfile", "FROM x"),
            ("shipwreck.toml", "x"),
            ("web/a.js", "x"),
        ]);
        let expected =
            [".dockerignore", ".env.example", ".gitignore", "Dockerfile", "shipwreck.toml", "web/.gitignore", "web/a.js"];
        assert_eq!(paths(dir.path()), expected);
    }

    #[test]
    fn a_folder_inside_a_repository_obeys_the_repositorys_gitignore() {
        let dir = folder(&[(".gitignore", "*.log"), ("apps/web/a.log", ""), ("apps/web/a.js", "")]);
        assert_eq!(paths(&dir.path().join("apps/web")), ["a.js", "a.log"]);
        fs::create_dir(dir.path().join(".git")).unwrap();
        assert_eq!(paths(&dir.path().join("apps/web")), ["a.js"]);
    }

    #[test]
    fn the_same_folder_is_the_same_archive_and_any_change_is_another_commit() {
        let (one, other) = (folder(&[("b", "1"), ("a/c", "2")]), folder(&[("a/c", "2"), ("b", "1")]));
        fs::File::options().write(true).open(one.path().join("b")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(packed(one.path()), packed(other.path()));
        assert_eq!((packed(one.path()).0.files, packed(one.path()).0.bytes), (2, 2));
        let commit = |dir: &Path| packed(dir).0.commit;
        let before = commit(one.path());
        fs::set_permissions(one.path().join("b"), PermissionsExt::from_mode(0o755)).unwrap();
        let executable = commit(one.path());
        fs::write(one.path().join("b"), "3").unwrap();
        assert!(before != executable && executable != commit(one.path()));
    }

    #[test]
    fn links_stay_links_and_never_lead_outside() {
        let dir = folder(&[("a/b", "x")]);
        symlink("a/b", dir.path().join("inner")).unwrap();
        symlink("a", dir.path().join("folder")).unwrap();
        assert_eq!(paths(dir.path()), ["a/b", "folder", "inner"]);
        for target in ["/etc/passwd", "../x", "a/../../x"] {
            let link = dir.path().join("outer");
            symlink(target, &link).unwrap();
            let error = entries(dir.path()).unwrap_err().to_string();
            assert!(error.contains("outer") && error.contains(target), "{error}");
            fs::remove_file(link).unwrap();
        }
    }

    #[test]
    fn a_folder_over_the_limit_names_its_largest_file() {
        let dir = folder(&[("small", "1"), ("big.bin", "1234567890")]);
        let error = pack(dir.path(), 10, io::sink(), &|_| ()).unwrap_err().to_string();
        assert!(error.contains("11 bytes in 2 files") && error.contains("big.bin"), "{error}");
    }

    #[test]
    fn an_empty_or_missing_folder_is_told_apart() {
        let dir = folder(&[(".git/config", "")]);
        assert!(matches!(pack(dir.path(), 10, io::sink(), &|_| ()), Err(PackError::Empty { .. })));
        assert!(matches!(pack(&dir.path().join("missing"), 10, io::sink(), &|_| ()), Err(PackError::Folder { .. })));
    }
}
