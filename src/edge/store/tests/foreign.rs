//! Do records of other nodes come in and go out as they were written?

use serde_json::{Value, json};

use super::*;
use crate::decide::delta::MOST_RECORDS;
use crate::model::document::Removal;

/// As the wire has it.
fn wire(record: &Record) -> Value {
    serde_json::to_value(record).unwrap()
}

fn upto(seq: u64) -> Vector {
    Vector([(origin(), seq)].into())
}

async fn filled(count: u64) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    if count > 0 {
        store.persist(batch(1..=count)).await.unwrap();
    }
    (dir, store)
}

async fn all_of(store: &Store, since: Vector) -> Delta {
    store.delta(since, true).await.unwrap()
}

#[tokio::test]
async fn what_one_database_gives_another_takes_and_gives_on_the_same() {
    let (_a, one) = filled(9).await;
    let (dir, two) = filled(0).await;
    let given = all_of(&one, Vector::default()).await;
    assert!(given.cut.is_whole && given.heads.is_none());
    let taken = two.take(given.cut.items.clone(), given.cut.upto.clone(), None).await.unwrap();
    assert_eq!(taken.new.iter().map(|record| (**record).clone()).collect::<Vec<_>>(), (1..=9).map(record).collect::<Vec<_>>());
    assert!(two.take(given.cut.items.clone(), given.cut.upto, None).await.unwrap().new.is_empty(), "nothing is new twice");
    assert_eq!(all_of(&two, Vector::default()).await.cut.items, given.cut.items);
    drop(two);
    let loaded = open(dir.path()).1;
    assert_eq!((loaded.records.len(), loaded.vector[&origin()]), (9, 9));
}

#[tokio::test]
async fn a_frame_is_bounded_and_the_next_one_goes_on_where_it_ended() {
    let (_dir, store) = filled(1200).await;
    let (mut since, mut seen) = (Vector::default(), 0);
    loop {
        let part = all_of(&store, since.clone()).await.cut;
        assert!(part.items.len() <= MOST_RECORDS && part.since.get(&origin()) == since.get(&origin()));
        // The last one that is there already comes again, to be compared.
        seen += part.items.len() - usize::from(since.get(&origin()) > 0);
        since.merge(&part.upto);
        if part.is_whole {
            break;
        }
    }
    assert_eq!((seen, since.get(&origin())), (1200, 1200));
}

#[tokio::test]
async fn a_newer_krakens_record_keeps_every_field() {
    let (dir, store) = filled(0).await;
    let newer = json!({
        "v": 7, "object": "app/web/backup", "revision": revision(1), "parents": [], "hlc": { "wall": 5, "logical": 0 },
        "epoch": null, "document": { "kind": "app_backup", "deep": { "list": [1, 2.5, null] } }, "signature": { "by": "x" }
    });
    assert!(store.take(vec![newer.clone()], upto(1), None).await.unwrap().new.is_empty());
    assert_eq!(all_of(&store, Vector::default()).await.cut.items, [newer]);
    drop(store);
    assert!(open(dir.path()).1.records.is_empty(), "it is kept and not understood");
}

#[tokio::test]
async fn another_record_of_a_known_name_is_refused_with_its_frame_and_says_what_to_do() {
    let (dir, store) = filled(3).await;
    let twin = Record { document: scale(77), ..record(3) };
    let error = store.take(vec![wire(&twin), wire(&record(4))], upto(4), None).await.unwrap_err();
    assert!(error.to_string().contains("kraken reset-identity"), "{error}");
    drop(store);
    assert_eq!(open(dir.path()).1.vector[&origin()], 3);
}

#[tokio::test]
async fn a_hole_counts_as_held_and_what_was_pruned_does_not_come_back() {
    let (_dir, store) = filled(0).await;
    store.take(vec![wire(&record(5))], upto(5), None).await.unwrap();
    let late = store.take(vec![wire(&record(2))], upto(5), None).await.unwrap();
    assert!(late.new.is_empty());
    let given = all_of(&store, Vector::default()).await;
    assert_eq!((given.cut.items.len(), given.cut.upto.get(&origin())), (1, 5));
    assert!(given.heads.unwrap().names(&revision(5)));
}

#[tokio::test]
async fn what_the_others_replaced_and_pruned_is_forgotten_for_good() {
    let (dir, away) = filled(2).await;
    let (_b, home) = filled(0).await;
    home.take(vec![wire(&record(9))], upto(9), None).await.unwrap();
    let given = all_of(&home, upto(2)).await;
    let taken = away.take(given.cut.items, given.cut.upto, given.heads).await.unwrap();
    let leaves: Vec<_> = taken.relisted.values().flatten().map(|leaf| leaf.revision.seq).collect();
    assert_eq!(leaves, [9]);
    drop(away);
    assert_eq!(open(dir.path()).1.records.len(), 1);
}

#[tokio::test]
async fn a_removed_machines_later_records_go_and_what_they_replaced_counts_again() {
    let (dir, store) = filled(3).await;
    let me = Origin { node: "b".repeat(26).parse().unwrap(), store: "00000000000000bb".parse().unwrap() };
    let removal = Removal { name: "old".into(), at: WallTime(1), by: "session".into(), last: upto(2) };
    let removed = Record {
        object: ObjectKey::Member(origin().node),
        revision: RevisionId { origin: me.clone(), seq: 1 },
        parents: vec![],
        document: Some(Document::Removal(removal)),
        ..record(9)
    };
    let taken = store.take(vec![wire(&removed)], Vector([(me, 1)].into()), None).await.unwrap();
    let leaves: Vec<_> = taken.relisted.values().flatten().map(|leaf| leaf.revision.seq).collect();
    assert_eq!((leaves, taken.ends.get(&origin())), (vec![2], 2));
    drop(store);
    assert_eq!(open(dir.path()).1.vector[&origin()], 2);
}

#[tokio::test]
async fn members_come_ahead_of_a_long_delta_and_again_in_their_turn() {
    let (_a, one) = filled(1000).await;
    let member = Record { object: ObjectKey::Member(origin().node), parents: vec![], document: scale(1), ..record(1001) };
    one.persist(vec![Arc::new(member)]).await.unwrap();
    let (_b, two) = filled(0).await;
    let first = all_of(&one, Vector::default()).await.cut;
    assert!(!first.is_whole && first.items.last().unwrap()["revision"]["seq"] == 1001);
    crate::decide::delta::check(&first.since, &first.upto, &first.items).unwrap();
    two.take(first.items, first.upto.clone(), None).await.unwrap();
    assert_eq!(all_of(&two, first.upto.clone()).await.cut.upto, Vector::default(), "it does not count as held yet");
    let mut held = first.upto;
    for _ in 0..3 {
        let next = all_of(&one, held.clone()).await.cut;
        two.take(next.items, next.upto.clone(), None).await.unwrap();
        held.merge(&next.upto);
    }
    assert_eq!(held.get(&origin()), 1001);
}

#[tokio::test]
async fn a_tombstone_waits_for_the_member_that_was_away() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    store.persist(vec![Arc::new(Record { document: None, ..record(1) })]).await.unwrap();
    let now = WallTime(crate::decide::hlc::BUILD_DATE.0 + (100 * 86_400_000));
    assert_eq!(store.prune(now, Vector::default()).await.unwrap(), Pruned::default());
    assert_eq!(store.prune(now, upto(1)).await.unwrap().objects, 1);
}
