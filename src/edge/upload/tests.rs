//! Does `upload` keep its word?

use std::convert::Infallible;

use flate2::{Compression, write::GzEncoder};
use futures_util::stream;
use tar::{EntryType, Header};

use super::*;
use crate::edge::pack::pack;

const LIMIT: u64 = 1_000_000;

/// What becomes of the folder `source` in `dir` when it is packed, uploaded and kept.
pub(crate) fn stored(dir: &Path) -> Result<ArchiveTree, UploadError> {
    let mut bytes = Vec::new();
    pack(&dir.join("source"), LIMIT, &mut bytes, &|_| ()).unwrap();
    kept(dir, &bytes)
}

/// What becomes of a packed archive.
pub(crate) fn kept(dir: &Path, packed: &[u8]) -> Result<ArchiveTree, UploadError> {
    let incoming = Incoming(dir.join("x.tar.gz"));
    fs::write(&incoming.0, packed).unwrap();
    let kept = keep(&incoming, &Incoming(dir.join("x.tar")), dir, LIMIT)?;
    Ok(ArchiveTree::open(&path_in(dir, &kept.commit), kept.commit, "")?)
}

fn uploads() -> (tempfile::TempDir, Uploads) {
    let dir = tempfile::tempdir().unwrap();
    let uploads = Uploads::open(dir.path()).unwrap();
    (dir, uploads)
}

fn left_in(dir: &Path) -> Vec<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn receive(uploads: &Uploads, bytes: Vec<u8>) -> Result<Uploaded, UploadError> {
    let pieces: Vec<Result<Bytes, Infallible>> = bytes.chunks(1000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    uploads.receive(stream::iter(pieces), LIMIT).await
}

/// An archive as somebody with bad intent may write it: names go into the header unchecked.
pub(crate) fn archive(entries: &[(EntryType, &str, &str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (kind, path, link, content) in entries {
        let mut header = Header::new_gnu();
        let old = header.as_old_mut();
        old.name[..path.len()].copy_from_slice(path.as_bytes());
        old.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

const FILE: EntryType = EntryType::Regular;

#[tokio::test]
async fn a_packed_folder_comes_back_file_by_file_under_the_same_hash() {
    let source = tempfile::tempdir().unwrap();
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(120));
    for (path, content) in [("a.txt", "hello"), (long.as_str(), "deep"), ("web/index.html", "<p>")] {
        fs::create_dir_all(source.path().join(path).parent().unwrap()).unwrap();
        fs::write(source.path().join(path), content).unwrap();
    }
    std::os::unix::fs::symlink("a.txt", source.path().join("link")).unwrap();
    let mut bytes = Vec::new();
    let packed = pack(source.path(), LIMIT, &mut bytes, &|_| ()).unwrap();
    let (dir, uploads) = uploads();
    let uploaded = receive(&uploads, bytes).await.unwrap();
    assert_eq!(uploaded, Uploaded { commit: packed.commit.clone(), bytes: packed.bytes, files: packed.files });
    assert_eq!(left_in(dir.path()), [format!("{}.tar", packed.commit)]);
    let tree = uploads.tree(&packed.commit, "").unwrap();
    assert_eq!(tree.read_file(&long, 10).unwrap().unwrap(), b"deep");
    assert_eq!(tree.entry("link").unwrap().kind, crate::edge::tree::EntryKind::Symlink);
    assert!(tree.modified() > 1_600_000_000);
    assert_eq!(uploads.tree(&packed.commit, "web").unwrap().read_file("index.html", 10).unwrap().unwrap(), b"<p>");
    assert!(matches!(uploads.tree(&packed.commit, "missing"), Err(OpenTreeError::MissingRoot { .. })));
    uploads.remove(&packed.commit).unwrap();
    uploads.remove(&packed.commit).unwrap();
    assert!(left_in(dir.path()).is_empty());
}

#[tokio::test]
async fn the_hash_does_not_depend_on_who_packed_it() {
    let (_dir, uploads) = uploads();
    let one = receive(&uploads, archive(&[(FILE, "b", "", "2"), (EntryType::Directory, "./", "", ""), (FILE, "./a", "", "1")]))
        .await
        .unwrap();
    let other = receive(&uploads, archive(&[(FILE, "a", "", "1"), (FILE, "b", "", "2")])).await.unwrap();
    assert_eq!(one, other);
}

#[tokio::test]
async fn hostile_archives_are_refused_and_leave_nothing() {
    let (dir, uploads) = uploads();
    let link = EntryType::Symlink;
    let long = "a".repeat(70_000);
    for (entries, says) in [
        (&[(FILE, "/etc/passwd", "", "x")] as &[_], "leaves the folder"),
        (&[(FILE, "a/../../x", "", "x")], "leaves the folder"),
        (&[(FILE, "a/.git/config", "", "x")], "Git's own folder"),
        (&[(link, "a", "/etc", "")], "link that leaves"),
        (&[(link, "a/b", "../../x", "")], "link that leaves"),
        (&[(link, "a", "", "")], "link that leaves"),
        (&[(link, "a", "b", ""), (FILE, "a/x", "", "x")], "no folder"),
        (&[(FILE, "a", "", "x"), (FILE, "a/x", "", "x")], "no folder"),
        (&[(FILE, "a", "", "x"), (FILE, "./a", "", "y")], "twice"),
        (&[(EntryType::Link, "a", "b", "")], "hard link"),
        (&[(EntryType::Block, "a", "", "")], "devices"),
        (&[(EntryType::Char, "a", "", "")], "devices"),
        (&[(EntryType::Fifo, "a", "", "")], "devices"),
        (&[(EntryType::GNUSparse, "a", "", "")], "sparse"),
        (&[(EntryType::XHeader, "x", "", "16 size=9999999\n")], "larger"),
        (&[(EntryType::GNULongName, "x", "", &long)], "longer than any path"),
        (&[], "no file"),
    ] {
        let error = receive(&uploads, archive(entries)).await.unwrap_err().to_string();
        assert!(error.contains(says), "{entries:?}: {error}");
        assert!(left_in(dir.path()).is_empty(), "{entries:?}");
    }
}

#[tokio::test]
async fn a_path_in_a_pax_header_is_checked_like_any_other() {
    let (_dir, uploads) = uploads();
    let pax = |record: &str| archive(&[(EntryType::XHeader, "x", "", record), (FILE, "short", "", "1")]);
    let uploaded = receive(&uploads, pax("15 path=longer\n")).await.unwrap();
    assert!(uploads.tree(&uploaded.commit, "").unwrap().entry("longer").is_some());
    assert!(receive(&uploads, pax("13 path=../x\n")).await.unwrap_err().to_string().contains("leaves"));
}

#[tokio::test]
async fn a_bomb_is_stopped_by_what_it_declares() {
    let (dir, uploads) = uploads();
    let zeros = "\0".repeat(1_000_001);
    let bomb = archive(&[(FILE, "a", "", &zeros)]);
    assert!(bomb.len() < 20_000);
    assert!(matches!(receive(&uploads, bomb).await, Err(UploadError::TooLarge { limit: LIMIT })));
    let noise: Vec<u8> = (0..2_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert!(matches!(receive(&uploads, noise).await, Err(UploadError::TooLarge { .. })));
    assert!(left_in(dir.path()).is_empty());
}

#[tokio::test]
async fn what_is_no_archive_or_breaks_off_says_so() {
    let (dir, uploads) = uploads();
    assert!(matches!(receive(&uploads, b"hello".to_vec()).await, Err(UploadError::Malformed(_))));
    let mut half = archive(&[(FILE, "a", "", &"x".repeat(5000))]);
    half.truncate(half.len() / 2);
    assert!(matches!(receive(&uploads, half).await, Err(UploadError::Malformed(_))));
    let broken = stream::iter([Ok(Bytes::from_static(b"x")), Err(io::Error::other("gone"))]);
    assert!(matches!(uploads.receive(broken, LIMIT).await, Err(UploadError::BrokeOff { received: 1, .. })));
    assert!(left_in(dir.path()).is_empty());
}

#[test]
fn what_a_crash_left_is_removed_at_the_next_start() {
    let (dir, _) = uploads();
    fs::write(dir.path().join("incoming-3.tar"), "half").unwrap();
    Uploads::open(dir.path()).unwrap();
    assert!(left_in(dir.path()).is_empty());
}
