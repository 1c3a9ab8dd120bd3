//! What is on disk when the agent is killed, or the disk is full?

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;

/// Where the killed child writes; set only for it.
const CHILD_DIR: &str = "KRAKEN_TEST_POWER_CUT_DIR";

/// Records of one batch.
const BATCH: u64 = 7;

/// Not a test of its own: the process that gets killed. Says each batch that was answered.
#[tokio::test]
#[ignore = "started, and killed, by the test below"]
async fn child_that_writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else { return };
    let (store, loaded) = open(Path::new(&dir));
    let mut next = loaded.vector.get(&origin()).map_or(0, |seq| seq / BATCH);
    loop {
        store.persist(batch(next * BATCH + 1..=(next + 1) * BATCH)).await.unwrap();
        next += 1;
        std::io::Write::write_all(&mut std::io::stderr(), format!("answered {next}\n").as_bytes()).unwrap();
    }
}

fn start_child(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "edge::store::tests::power_cut::child_that_writes_until_it_is_killed", "--nocapture"])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_agent_leaves_only_whole_batches_and_all_that_were_answered() {
    let dir = tempfile::tempdir().unwrap();
    let mut answered = 0;
    for round in 1..=5 {
        let mut child = start_child(dir.path());
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let enough = answered + 10 * round;
        while answered < enough {
            let line = lines.next().expect("the child answers until it is killed").unwrap();
            if let Some(batch) = line.strip_prefix("answered ") {
                answered = batch.parse().unwrap();
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let later = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("answered ")?.parse().ok());
        answered = later.fold(answered, u64::max);
        let (_store, loaded) = open(dir.path());
        let kept = loaded.records.len() as u64;
        assert_eq!(kept % BATCH, 0, "a part of a batch is on disk");
        assert!(kept >= answered * BATCH, "{kept} records kept, {} answered", answered * BATCH);
        assert_eq!(loaded.records, batch(1..=kept));
        assert_eq!(loaded.vector[&origin()], kept);
        answered = kept / BATCH;
    }
}

/// A file system of 2 MB, gone when this is dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None where this user may not mount.
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(dir.path()).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_database_goes_on_once_there_is_room() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: this user may not mount a tmpfs, so no disk can be filled");
        return;
    };
    let dir = disk.0.path().join("data");
    let (store, _) = open(&dir);
    store.persist(batch(1..=10)).await.unwrap();
    let ballast = disk.0.path().join("ballast");
    let filled = std::fs::write(&ballast, vec![1; 4 << 20]);
    assert!(filled.is_err(), "the disk was to be full");

    let big = (11..=600)
        .map(|seq| Arc::new(Record { object: ObjectKey::Setting(format!("x{}", "y".repeat(2000))), ..record(seq) }))
        .collect();
    let error = store.persist(big).await.unwrap_err();
    assert!(matches!(&error, WriteRecordsError::Store(UseStoreError::Full { .. })), "{error:?}");
    assert!(error.to_string().contains("free some space"), "{error}");

    std::fs::remove_file(&ballast).unwrap();
    store.persist(batch(11..=12)).await.unwrap();
    drop(store);
    assert_eq!(open(&dir).1.records, batch(1..=12));
}
