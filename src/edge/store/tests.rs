//! Does the database keep its word: whole batches, nothing lost, nothing used twice, nothing deleted?

mod foreign;
mod power_cut;
mod shelf_life;

use rusqlite::params;

use super::*;
use crate::model::document::{AppScale, Document};
use crate::model::id::Epoch;
use crate::model::record::{ObjectKey, RECORD_FORMAT};
use crate::model::time::Hlc;

fn origin() -> Origin {
    Origin { node: "a".repeat(26).parse().unwrap(), store: "0123456789abcdef".parse().unwrap() }
}

fn revision(seq: u64) -> RevisionId {
    RevisionId { origin: origin(), seq }
}

fn scale(replicas: u32) -> Option<Document> {
    Some(Document::AppScale(AppScale { replicas: Some(replicas) }))
}

/// The `seq`-th record, of object `app/web/scale`.
fn record(seq: u64) -> Record {
    Record {
        v: RECORD_FORMAT,
        object: "app/web/scale".parse().unwrap(),
        revision: revision(seq),
        parents: (1..seq).next_back().map(revision).into_iter().collect(),
        hlc: Hlc { wall: 1000 + seq, logical: 3 },
        epoch: Some(Epoch { counter: 2, node: origin().node }),
        document: scale(u32::try_from(seq % 100).unwrap()),
    }
}

/// What members that hold everything hold.
fn everywhere() -> Vector {
    Vector([(origin(), u64::MAX)].into())
}

fn batch(seqs: std::ops::RangeInclusive<u64>) -> Vec<Arc<Record>> {
    seqs.map(|seq| Arc::new(record(seq))).collect()
}

/// Opens the database of a directory, waiting for an agent that is just closing it.
fn open(dir: &Path) -> (Store, Loaded) {
    loop {
        match Store::open(dir) {
            Err(OpenStoreError::Locked { .. }) => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
}

/// The database itself, past the store.
fn raw(dir: &Path) -> Connection {
    Connection::open(dir.join(FILE)).unwrap()
}

/// Closes the store for good, so that the file can be looked at.
async fn close(store: Store, dir: &Path) {
    drop(store);
    drop(
        tokio::task::spawn_blocking({
            let dir = dir.to_owned();
            move || open(&dir)
        })
        .await
        .unwrap(),
    );
    while matches!(lock::DirLock::take(dir), Err(OpenStoreError::Locked { .. })) {
        tokio::task::yield_now().await;
    }
}

fn plan(counter: u64, seq: u64) -> NodePlan {
    NodePlan {
        v: 1,
        node: origin().node,
        epoch: Epoch { counter, node: origin().node },
        seq,
        replicas: BTreeMap::new(),
        names: BTreeMap::new(),
        delete_volumes: BTreeMap::new(),
    }
}

#[tokio::test]
async fn records_come_back_as_they_were_and_oldest_first() {
    let dir = tempfile::tempdir().unwrap();
    let (store, loaded) = open(dir.path());
    assert!(loaded.records.is_empty());
    let mut written = batch(1..=3);
    written.push(Arc::new(Record { document: None, epoch: None, ..record(4) }));
    let mut shuffled = written.clone();
    shuffled.swap(0, 2);
    store.persist(shuffled).await.unwrap();
    drop(store);
    let (_store, again) = open(dir.path());
    assert_eq!(again.records, written);
    assert_eq!(again.store_id, loaded.store_id);
    assert_eq!(again.vector, BTreeMap::from([(origin(), 4)]));
}

#[tokio::test]
async fn another_database_is_another_life() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_ne!(open(one.path()).1.store_id, open(two.path()).1.store_id);
}

#[tokio::test]
async fn a_record_that_is_there_already_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.persist(batch(1..=2)).await.unwrap();
    store.persist(batch(1..=3)).await.unwrap();
    drop(store);
    assert_eq!(open(dir.path()).1.records.len(), 3);
}

#[tokio::test]
async fn another_record_of_the_same_name_is_refused_with_its_whole_batch() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.persist(batch(1..=1)).await.unwrap();
    let twin = Arc::new(Record { document: scale(99), ..record(1) });
    let error = store.persist(vec![Arc::new(record(2)), twin]).await.unwrap_err();
    assert!(error.to_string().contains("kraken reset-identity"), "{error}");
    drop(store);
    assert_eq!(open(dir.path()).1.records, batch(1..=1));
}

#[tokio::test]
async fn what_a_newer_kraken_wrote_is_kept_word_for_word_and_never_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.persist(batch(1..=1)).await.unwrap();
    close(store, dir.path()).await;
    let text = r#"{"kind":"app_backup","every":"1d"}"#;
    let database = raw(dir.path());
    database.execute("UPDATE record SET document = ?1", params![text]).unwrap();
    database
        .execute(
            "INSERT INTO record SELECT 9, 'mood/web', node, store, 2, wall, logical, parents, epoch, 2, document, NULL FROM record",
            [],
        )
        .unwrap();
    drop(database);

    let (store, loaded) = open(dir.path());
    assert_eq!(loaded.records.len(), 1, "an object nobody knows here is left out");
    assert_eq!(loaded.records[0].document, Some(Document::Unknown));
    let documents = store.documents(vec![revision(1), revision(7)]).await.unwrap();
    assert_eq!(documents, BTreeMap::from([(revision(1), Some(serde_json::from_str(text).unwrap()))]));
    let again = Arc::new(Record { revision: revision(3), ..(*loaded.records[0]).clone() });
    assert!(matches!(store.persist(vec![again]).await, Err(WriteRecordsError::Unknown { .. })));
    close(store, dir.path()).await;
    let kept: u32 =
        raw(dir.path()).query_row("SELECT count(*) FROM record WHERE document = ?1", [text], |row| row.get(0)).unwrap();
    assert_eq!(kept, 2);
}

#[tokio::test]
async fn the_latest_plan_is_kept_and_an_older_one_never_replaces_it() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    for (counter, seq) in [(1, 9), (2, 1), (2, 3), (2, 2), (1, 50)] {
        store.store_plan(&plan(counter, seq)).await.unwrap();
    }
    drop(store);
    assert_eq!(open(dir.path()).1.plans, [plan(2, 3)]);
}

#[tokio::test]
async fn a_second_agent_is_refused_and_told_who_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let error = Store::open(dir.path()).unwrap_err().to_string();
    assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
    store.persist(batch(1..=1)).await.unwrap();
}

#[tokio::test]
async fn a_damaged_database_is_refused_with_the_way_back_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.persist(batch(1..=200)).await.unwrap();
    close(store, dir.path()).await;
    let state = crate::edge::states::keep(dir.path(), WallTime(5), "daily", b"{}").unwrap();
    let path = dir.path().join(FILE);
    let whole = std::fs::read(&path).unwrap();
    let mut torn = whole.clone();
    torn[4096 * 3..4096 * 5].fill(0x5a);
    for content in [b"not a database at all, but longer than its header would be; ".repeat(40), torn] {
        std::fs::write(&path, &content).unwrap();
        let error = Store::open(dir.path()).unwrap_err();
        assert!(matches!(error, OpenStoreError::Damaged { .. }), "{error:?}");
        let told = error.to_string();
        assert!(told.contains(&path.display().to_string()), "{told}");
        assert!(told.contains(&format!("kraken state import {}", state.display())), "{told}");
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_damage_and_names_its_object() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.persist(batch(1..=1)).await.unwrap();
    close(store, dir.path()).await;
    raw(dir.path()).execute("UPDATE record SET document = '{\"kind\":\"app_scale\",\"replicas\":\"x\"}'", []).unwrap();
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(&error, OpenStoreError::Damaged { what, .. } if what.contains("app/web/scale")), "{error:?}");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    close(open(dir.path()).0, dir.path()).await;
    raw(dir.path()).pragma_update(None, "user_version", 7).unwrap();
    assert!(matches!(Store::open(dir.path()), Err(OpenStoreError::Newer { found: 7, .. })));
}

#[tokio::test]
async fn before_a_migration_the_file_is_copied_with_all_it_held() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.persist(batch(1..=3)).await.unwrap();
    close(store, dir.path()).await;
    let path = dir.path().join(FILE);
    let known = schema::MIGRATIONS.len();
    let migrations = [schema::MIGRATIONS, &["DELETE FROM record; CREATE TABLE more (x)"]].concat();
    drop(schema::open(&path, &migrations).unwrap());
    let count = |path: &Path| {
        let database = Connection::open(path).unwrap();
        let version: u32 = database.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        (version, database.query_row("SELECT count(*) FROM record", [], |row| row.get::<_, u32>(0)).unwrap())
    };
    let known = u32::try_from(known).unwrap();
    assert_eq!(count(&path), (known + 1, 0));
    assert_eq!(count(&dir.path().join(format!("kraken.db.schema-{known}"))), (known, 3));
}

#[tokio::test]
async fn a_migration_that_fails_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    close(open(dir.path()).0, dir.path()).await;
    let path = dir.path().join(FILE);
    let migrations = [schema::MIGRATIONS, &["CREATE TABLE more (x); CREATE TABLE record (x)"]].concat();
    assert!(schema::open(&path, &migrations).is_err());
    drop(open(dir.path()));
}

#[tokio::test]
async fn the_audit_log_pages_backwards() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    for at in 1..=5 {
        store.audit(entry(at)).await.unwrap();
    }
    let ats = |rows: &[AuditRow]| rows.iter().map(|row| row.entry.at.0).collect::<Vec<_>>();
    let first = store.audit_page(None, 2).await.unwrap();
    assert_eq!(ats(&first), [5, 4]);
    let second = store.audit_page(Some(first[1].row), 10).await.unwrap();
    assert_eq!(ats(&second), [3, 2, 1]);
    assert_eq!(second[0].entry, entry(3));
}

#[tokio::test]
async fn the_audit_log_does_not_grow_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.audit(AuditEntry { outcome: "x".repeat(10_000), ..entry(1) }).await.unwrap();
    assert_eq!(store.audit_page(None, 1).await.unwrap()[0].entry.outcome.len(), 500);
    close(store, dir.path()).await;
    raw(dir.path()).execute("UPDATE sqlite_sequence SET seq = 20000 WHERE name = 'audit'", []).unwrap();
    let (store, _) = open(dir.path());
    store.audit(entry(2)).await.unwrap();
    assert_eq!(store.audit_page(None, 10).await.unwrap().len(), 1);
}

fn entry(at: u64) -> AuditEntry {
    AuditEntry {
        at: WallTime(at),
        by: "session".into(),
        verb: "deploy".into(),
        object: "web".into(),
        outcome: "done".into(),
        detail: Some("web is being deployed".into()),
    }
}
