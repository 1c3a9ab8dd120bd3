//! Does history end where it should, and nothing that is true now?

use super::*;
use crate::decide::hlc::BUILD_DATE;

const DAY: u64 = 86_400_000;
const NOW: WallTime = WallTime(BUILD_DATE.0 + 1000 * DAY);

/// Record `seq` of `object`, written `days` ago, replacing `parent`.
fn aged(seq: u64, object: &str, days: u64, parent: Option<u64>, document: Option<Document>) -> Arc<Record> {
    Arc::new(Record {
        object: object.parse().unwrap(),
        hlc: Hlc { wall: NOW.0 - days * DAY, logical: u32::try_from(seq).unwrap() },
        parents: parent.map(revision).into_iter().collect(),
        document,
        ..record(seq)
    })
}

/// The sequences that are left of `records` after pruning and a restart.
async fn left_of(records: Vec<Arc<Record>>, now: WallTime) -> (Pruned, Vec<u64>) {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = open(dir.path());
    let last = records.iter().map(|record| record.revision.seq).max().unwrap();
    store.persist(records).await.unwrap();
    let pruned = store.prune(now, everywhere()).await.unwrap();
    drop(store);
    let loaded = open(dir.path()).1;
    assert_eq!(loaded.vector[&origin()], last, "a sequence is never used twice");
    let mut seqs: Vec<u64> = loaded.records.iter().map(|record| record.revision.seq).collect();
    seqs.sort_unstable();
    (pruned, seqs)
}

#[tokio::test]
async fn fifty_revisions_of_an_object_are_kept() {
    let records = (1..=60).map(|seq| aged(seq, "app/web/scale", 1, (seq > 1).then(|| seq - 1), scale(1))).collect();
    let (pruned, left) = left_of(records, NOW).await;
    assert_eq!(left, (11..=60).collect::<Vec<_>>());
    assert_eq!(pruned, Pruned { revisions: 10, objects: 0 });
}

#[tokio::test]
async fn what_was_replaced_over_ninety_days_ago_goes_and_what_is_true_now_stays() {
    let records = vec![
        aged(1, "app/web/scale", 200, None, scale(1)),
        aged(2, "app/web/scale", 100, Some(1), scale(2)),
        aged(3, "app/web/env", 300, None, scale(3)),
        aged(4, "app/api/scale", 95, None, scale(4)),
        aged(5, "app/api/scale", 89, Some(4), scale(5)),
        aged(6, "app/api/scale", 1, Some(5), scale(6)),
    ];
    assert_eq!(left_of(records, NOW).await.1, [2, 3, 5, 6]);
}

#[tokio::test]
async fn both_leaves_of_a_concurrent_edit_stay_whatever_their_age() {
    let records = vec![
        aged(1, "app/web/scale", 300, None, scale(1)),
        aged(2, "app/web/scale", 200, Some(1), scale(2)),
        aged(3, "app/web/scale", 199, Some(1), scale(3)),
    ];
    assert_eq!(left_of(records, NOW).await.1, [2, 3]);
}

#[tokio::test]
async fn a_tombstone_goes_after_thirty_days_with_all_before_it_but_a_members_never() {
    let member = format!("member/{}", "b".repeat(26));
    let records = vec![
        aged(1, "app/web/scale", 40, None, scale(1)),
        aged(2, "app/web/scale", 31, Some(1), None),
        aged(3, "app/api/scale", 40, None, scale(1)),
        aged(4, "app/api/scale", 29, Some(3), None),
        aged(5, &member, 500, None, None),
    ];
    let (pruned, left) = left_of(records, NOW).await;
    assert_eq!(left, [3, 4, 5]);
    assert_eq!(pruned, Pruned { revisions: 0, objects: 1 });
}

#[tokio::test]
async fn a_delete_that_somebody_edited_at_the_same_time_is_kept() {
    let records = vec![
        aged(1, "app/web/scale", 60, None, scale(1)),
        aged(2, "app/web/scale", 50, Some(1), None),
        aged(3, "app/web/scale", 50, Some(1), scale(3)),
    ];
    assert_eq!(left_of(records, NOW).await.1, [1, 2, 3]);
}

#[tokio::test]
async fn nothing_is_too_old_by_a_clock_that_was_never_set() {
    let records = vec![aged(1, "app/web/scale", 200, None, scale(1)), aged(2, "app/web/scale", 100, Some(1), None)];
    assert_eq!(left_of(records, WallTime(5)).await, (Pruned::default(), vec![1, 2]));
}
