//! Does `tree` keep its word?

use std::path::Path;

use futures_util::StreamExt;

use super::*;
use crate::edge::upload::tests::{archive, kept, stored};
use crate::edge::upload::{ArchiveTree, UploadError};

const FILE: u32 = 0o644;
const PROGRAM: u32 = 0o755;
/// In these fixtures: a link, its content is the target.
const LINK: u32 = 0o777;

/// A stored source with these files.
pub(crate) fn tree(files: &[(&str, u32, &str)]) -> (tempfile::TempDir, Box<dyn Tree>) {
    let (dir, stored) = uploaded(files);
    (dir, Box::new(stored.unwrap()))
}

/// Packs and uploads these files.
fn uploaded(files: &[(&str, u32, &str)]) -> (tempfile::TempDir, Result<ArchiveTree, UploadError>) {
    let dir = tempfile::tempdir().unwrap();
    for (path, mode, content) in files {
        write(dir.path(), path, *mode, content);
    }
    let stored = stored(dir.path());
    (dir, stored)
}

fn write(dir: &Path, path: &str, mode: u32, content: &str) {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let at = dir.join("source").join(path);
    std::fs::create_dir_all(at.parent().unwrap()).unwrap();
    if mode == LINK {
        return symlink(content, at).unwrap();
    }
    std::fs::write(&at, content).unwrap();
    std::fs::set_permissions(&at, PermissionsExt::from_mode(mode)).unwrap();
}

/// The context as (path, kind, mode, content or target), folders with a slash.
fn context(tree: &dyn Tree, files: &ContextFiles) -> Vec<(String, u32, String)> {
    let mut bytes = Vec::new();
    write_context(tree, files, &mut bytes).unwrap();
    let mut archive = tar::Archive::new(bytes.as_slice());
    let entry = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        assert_eq!((entry.header().uid().unwrap(), entry.header().gid().unwrap()), (0, 0));
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let mode = entry.header().mode().unwrap();
        let mut content = entry.link_name().unwrap().map(|link| link.to_str().unwrap().to_owned()).unwrap_or_default();
        entry.read_to_string(&mut content).unwrap();
        (path, mode, content)
    };
    archive.entries().unwrap().map(entry).collect()
}

fn paths(tree: &dyn Tree) -> Vec<String> {
    context(tree, &ContextFiles::default()).into_iter().map(|(path, _, _)| path).collect()
}

#[test]
fn a_context_keeps_links_and_executable_bits_and_names_every_folder() {
    let (_dir, tree) =
        tree(&[("bin/run.sh", PROGRAM, "#!"), ("a.txt", FILE, "hi"), ("bin/deep/x", FILE, ""), ("current", LINK, "bin/run.sh")]);
    let expected = [
        ("a.txt", 0o644, "hi"),
        ("bin/", 0o755, ""),
        ("bin/deep/", 0o755, ""),
        ("bin/deep/x", 0o644, ""),
        ("bin/run.sh", 0o755, "#!"),
        ("current", 0o777, "bin/run.sh"),
    ];
    assert_eq!(
        context(&*tree, &ContextFiles::default()),
        expected.map(|(path, mode, text)| (path.to_owned(), mode, text.to_owned()))
    );
}

#[test]
fn the_same_source_gives_the_same_bytes() {
    let files = [("b", FILE, "1"), ("a/c", FILE, "2")];
    let ((_one, one), (_other, other)) = (tree(&files), tree(&files));
    let bytes = |tree: &dyn Tree| {
        let mut bytes = Vec::new();
        write_context(tree, &ContextFiles::default(), &mut bytes).unwrap();
        // The stored archive's own time is the only difference, and it lies in the headers.
        (bytes.len(), tree.commit().clone())
    };
    assert_eq!(bytes(&*one), bytes(&*other));
}

#[test]
fn dockerignore_hides_files_but_never_the_dockerfile_in_use() {
    let (_dir, tree) = tree(&[
        (".dockerignore", FILE, "*\n!src\nsrc/secret"),
        ("src/a", FILE, ""),
        ("src/secret", FILE, ""),
        ("Dockerfile", FILE, "FROM x"),
    ]);
    assert_eq!(paths(&*tree), [".dockerignore", "src/", "src/a"]);
    let files =
        ContextFiles { always: vec!["Dockerfile".into()], extra: [("kraken.dockerfile".into(), b"FROM y".to_vec())].into() };
    let shipped: Vec<String> = context(&*tree, &files).into_iter().map(|(path, _, _)| path).collect();
    assert_eq!(shipped, [".dockerignore", "Dockerfile", "kraken.dockerfile", "src/", "src/a"]);
}

#[test]
fn a_file_of_krakens_own_takes_the_place_of_the_sources() {
    let (_dir, tree) = tree(&[("Dockerfile", FILE, "FROM theirs")]);
    let files = ContextFiles { extra: [("Dockerfile".into(), b"FROM ours".to_vec())].into(), ..ContextFiles::default() };
    assert_eq!(context(&*tree, &files), [("Dockerfile".to_owned(), 0o644, "FROM ours".to_owned())]);
    let outside = ContextFiles { extra: [("../x".into(), vec![])].into(), ..ContextFiles::default() };
    assert!(write_context(&*tree, &outside, io::sink()).is_err());
}

#[tokio::test]
async fn the_stream_carries_what_is_written_and_ends_when_nobody_listens() {
    let big = "x".repeat(300_000);
    let (_dir, tree) = tree(&[("a", FILE, &big), ("b", FILE, &big)]);
    let mut expected = Vec::new();
    write_context(&*tree, &ContextFiles::default(), &mut expected).unwrap();
    let pieces: Vec<_> = context_stream(tree, ContextFiles::default()).map(|piece| piece.unwrap()).collect().await;
    assert!(pieces.len() > 5);
    assert_eq!(pieces.concat(), expected);
}

#[tokio::test]
async fn a_broken_dockerignore_ends_the_stream_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let tree = kept(dir.path(), &archive(&[(tar::EntryType::Regular, ".dockerignore", "", "ok\n[")])).unwrap();
    let pieces: Vec<_> = context_stream(Box::new(tree), ContextFiles::default()).collect().await;
    assert!(pieces.last().unwrap().as_ref().unwrap_err().to_string().contains("line 2"));
}

#[test]
fn a_file_is_read_up_to_its_limit() {
    let (_dir, tree) = tree(&[("a/shipwreck.toml", FILE, "0123456789")]);
    assert_eq!(tree.read_file("./a//shipwreck.toml", 10).unwrap().unwrap(), b"0123456789");
    assert!(tree.read_file("missing", 10).unwrap().is_none());
    let error = tree.read_file("a/shipwreck.toml", 9).unwrap_err().to_string();
    assert_eq!(error, "\"a/shipwreck.toml\" has 10 bytes, more than the 9 bytes it may have");
}

#[test]
fn a_dockerfile_outside_or_behind_a_link_is_refused() {
    let (_dir, tree) = tree(&[("real/Dockerfile", FILE, ""), ("Dockerfile", LINK, "real/Dockerfile"), ("dir", LINK, "real")]);
    for (path, says) in [
        ("../Dockerfile", "outside the repository"),
        ("/etc/passwd", "outside the repository"),
        ("", "outside the repository"),
        ("real/../../x", "outside the repository"),
        ("Dockerfile", "symbolic link \"Dockerfile\""),
        ("dir/Dockerfile", "symbolic link \"dir\""),
        ("real", "is not a file"),
    ] {
        let error = tree.regular_file(path).unwrap_err().to_string();
        assert!(error.contains(says), "{path}: {error}");
    }
    assert!(tree.regular_file("real/Dockerfile").unwrap().is_some());
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n";

#[test]
fn lfs_pointers_are_refused_where_attributes_make_them_pointers() {
    let (_dir, with) = uploaded(&[(".gitattributes", FILE, "*.png filter=lfs diff=lfs\n"), ("img/a.png", FILE, POINTER)]);
    let error = with.unwrap_err().to_string();
    assert!(error.contains("img/a.png") && error.contains("LFS"), "{error}");
    let (_dir, without) = tree(&[(".gitattributes", FILE, "# filter=lfs\n"), ("docs/example", FILE, POINTER)]);
    assert!(check_tree(&*without, u64::MAX).is_ok());
}

#[test]
fn a_source_over_the_limit_names_both_sizes() {
    let (_dir, tree) = tree(&[("a", FILE, "12345"), ("b", FILE, "12345")]);
    assert!(check_tree(&*tree, 10).is_ok());
    let error = check_tree(&*tree, 9).unwrap_err().to_string();
    assert!(error.contains("10 bytes") && error.contains("limit is 9 bytes"), "{error}");
}

#[test]
fn sizes_are_rounded_up_so_that_over_the_limit_never_reads_as_the_limit() {
    assert_eq!(megabytes(500_000_000), "500 MB");
    assert_eq!(megabytes(500_000_001), "500.1 MB");
    assert_eq!(megabytes(1_250_000), "1.3 MB");
    assert_eq!(megabytes(99), "99 bytes");
}
