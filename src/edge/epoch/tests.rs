//! Is a reign ever given out twice, whatever the disk does?

use super::*;
use crate::model::id::NodeId;
use proptest::prelude::*;

fn node(letter: char) -> NodeId {
    letter.to_string().repeat(26).parse().unwrap()
}

fn seen(counter: u64) -> Epoch {
    Epoch { counter, node: node('b') }
}

fn damage(dir: &Path, slot: u64) {
    let file = OpenOptions::new().write(true).open(dir.join(FILE)).unwrap();
    file.write_all_at(&[0x5a; 20], offset(slot) + 40).unwrap();
}

#[test]
fn every_start_is_counted_and_differs_from_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let first = EpochFile::open(dir.path()).unwrap().claim_boot().unwrap();
    let second = EpochFile::open(dir.path()).unwrap().claim_boot().unwrap();
    assert_eq!((first.boot, second.boot), (1, 2));
    assert_ne!(first.random, second.random);
}

fn claimed(counter: u64) -> Durable {
    Durable { highest: Some(seen(counter)), fenced: None }
}

#[test]
fn what_is_kept_only_rises_and_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = EpochFile::open(dir.path()).unwrap();
    let fenced = |counter| Durable { highest: None, fenced: Some(seen(counter)) };
    assert_eq!(file.keep(&claimed(7)).unwrap(), claimed(7));
    assert_eq!(file.keep(&claimed(3)).unwrap(), claimed(7));
    file.keep(&fenced(5)).unwrap();
    let all = Durable { highest: Some(seen(7)), fenced: Some(seen(5)) };
    assert_eq!(file.keep(&fenced(4)).unwrap(), all);
    drop(file);
    let mut file = EpochFile::open(dir.path()).unwrap();
    assert_eq!(file.durable(), all);
    file.claim_boot().unwrap();
    assert_eq!(EpochFile::open(dir.path()).unwrap().durable(), all);
}

#[test]
fn what_is_on_disk_already_is_not_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = EpochFile::open(dir.path()).unwrap();
    file.keep(&claimed(7)).unwrap();
    let before = file.sequence;
    file.keep(&claimed(6)).unwrap();
    assert_eq!(file.sequence, before);
}

#[test]
fn a_torn_write_leaves_what_was_answered_before() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = EpochFile::open(dir.path()).unwrap();
    file.keep(&claimed(1)).unwrap();
    file.keep(&claimed(2)).unwrap();
    let next = (file.sequence + 1) % 2;
    damage(dir.path(), next);
    assert_eq!(EpochFile::open(dir.path()).unwrap().state().highest, Some(seen(2)));
    damage(dir.path(), 1 - next);
    assert!(matches!(EpochFile::open(dir.path()), Err(OpenEpochError::Damaged { .. })));
}

#[test]
fn a_damaged_slot_is_written_again_and_both_are_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = EpochFile::open(dir.path()).unwrap();
    file.keep(&claimed(1)).unwrap();
    damage(dir.path(), 0);
    let mut file = EpochFile::open(dir.path()).unwrap();
    file.keep(&claimed(2)).unwrap();
    damage(dir.path(), 1);
    assert_eq!(EpochFile::open(dir.path()).unwrap().state().highest, Some(seen(2)));
}

#[test]
fn an_empty_or_foreign_file_is_refused_with_a_next_step_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    for content in ["", "hello", &"x".repeat(2 * STRIDE), &"\0".repeat(2 * STRIDE)] {
        std::fs::write(dir.path().join(FILE), content).unwrap();
        let error = EpochFile::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("delete the file"), "{error}");
        assert_eq!(std::fs::read_to_string(dir.path().join(FILE)).unwrap(), content);
    }
}

#[test]
fn a_newer_format_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(EpochFile::open(dir.path()).unwrap());
    let file = OpenOptions::new().write(true).open(dir.path().join(FILE)).unwrap();
    file.write_all_at(&2_u16.to_le_bytes(), 8).unwrap();
    assert!(matches!(EpochFile::open(dir.path()), Err(OpenEpochError::Newer { found: 2, .. })));
}

#[test]
fn the_file_stays_as_large_as_it_was_made() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = EpochFile::open(dir.path()).unwrap();
    for counter in 1..20 {
        file.keep(&claimed(counter)).unwrap();
    }
    assert_eq!(dir.path().join(FILE).metadata().unwrap().len(), 2 * STRIDE as u64);
}

proptest! {
    #[test]
    fn a_slot_says_what_was_written(sequence: u64, boot: u64, random: u64, counter: u64, fenced: Option<u64>) {
        let state = EpochState { boot, random, highest: Some(seen(counter)), fenced: fenced.map(seen) };
        let Slot::Whole(read_sequence, read) = decode(&encode(&state, sequence)) else {
            return Err(TestCaseError::fail("not whole"));
        };
        prop_assert_eq!((read_sequence, read), (sequence, state));
    }

    #[test]
    fn no_changed_bit_goes_unnoticed(bit in 0..SLOT * 8) {
        let mut bytes = encode(&EpochState { boot: 3, ..EpochState::default() }, 9);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!matches!(decode(&bytes), Slot::Whole(..)));
    }
}
