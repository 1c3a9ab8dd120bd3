//! How does this machine leave its platform for another one, or start anew, so that a crash at any point leaves it wholly in
//! one of the two? One file decides: once `switch.json` is on disk, the next start carries it out, from the beginning.
//!
//! `switch.json`: `{"v":1,"kind":"join",…}` or `{"v":1,"kind":"anew"}`. What a member knows before its first records:
//! `members.json`, `{"v":1,"platform_name":…,"members":{…},"met":[["NODE","ADDRESS"]]}`.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::edge::disk::{DiskError, read_private, sync_dir, write_private};
use crate::edge::keyring::Keyring;
use crate::edge::snapshot;
use crate::edge::states;
use crate::edge::store::{DirLock, OpenStoreError, Store};
use crate::model::document::Member;
use crate::model::id::NodeId;
use crate::model::join::{Handover, SecretText};
use crate::model::time::WallTime;
use crate::model::world::World;

/// The file that decides.
const FILE: &str = "switch.json";
/// What a member knows before its first records.
const MEMBERS: &str = "members.json";
/// Version of both formats.
const FORMAT: u16 = 1;

/// What belongs to the old platform. The node's key stays; `anew` takes it as well.
const OLD: [&str; 6] = ["kraken.db", "kraken.db-wal", "kraken.db-shm", "epoch", "addresses.json", MEMBERS];

#[derive(Serialize, Deserialize)]
struct Switch {
    v: u16,
    #[serde(flatten)]
    to: To,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum To {
    /// Become a member.
    Join { members: Known, keyring: SecretText },
    /// Become another machine.
    Anew,
}

/// What a member knows before its first records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Format version.
    v: u16,
    /// What the platform is called.
    pub platform_name: String,
    /// Every member when this machine joined, itself among them.
    pub members: BTreeMap<NodeId, Member>,
    /// Where some of them were met.
    pub met: Vec<(NodeId, SocketAddr)>,
}

/// Why a switch was not made, or not finished; the next start tries again.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// The disk.
    #[error("this machine cannot change its platform")]
    Disk(#[from] DiskError),
    /// A file that must go stays.
    #[error("cannot remove {path}")]
    Remove {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Another agent has the directory.
    #[error(transparent)]
    Busy(#[from] OpenStoreError),
    /// A file cannot be read.
    #[error("{file} is damaged or of a newer Kraken; remove it, and let this machine join once more")]
    Damaged {
        /// Which.
        file: &'static str,
    },
    /// The keys are not such as this Kraken knows.
    #[error("the keys of the platform cannot be read by this Kraken; update it")]
    Keys,
}

/// All that is known here, as a document to go back to.
///
/// # Errors
/// When the database cannot be read; in words for people.
pub async fn export(world: &World, store: &Store) -> Result<String, String> {
    let heads = world.leaves.values().filter_map(|leaves| leaves.first()).map(|head| head.revision.clone()).collect();
    let documents = store.documents(heads).await.map_err(|error| crate::edge::work::chain(&error))?;
    let state = snapshot::export((&world.me.platform, &world.me.node, world.wall), &world.leaves, &documents);
    Ok(state.to_json())
}

/// Keeps `state` as a file and decides that this machine becomes a member; the next start does it. Blocks.
///
/// # Errors
/// When the disk refuses, or the keys are none: then nothing changed.
pub fn prepare_join(
    data: &Path,
    at: WallTime,
    state: &str,
    handover: &Handover,
    met: (NodeId, SocketAddr),
) -> Result<(), SwitchError> {
    let keyring = Keyring::read(handover.keyring.0.as_bytes()).ok_or(SwitchError::Keys)?;
    if keyring.platform_id() != handover.platform {
        return Err(SwitchError::Keys);
    }
    let members =
        Known { v: FORMAT, platform_name: handover.platform_name.clone(), members: handover.members.clone(), met: vec![met] };
    decide(data, at, state, "before-joining", To::Join { members, keyring: handover.keyring.clone() })
}

/// Keeps `state` as a file and decides that this machine becomes another one; the next start does it. Blocks.
///
/// # Errors
/// When the disk refuses: then nothing changed.
pub fn prepare_anew(data: &Path, at: WallTime, state: &str) -> Result<(), SwitchError> {
    decide(data, at, state, "before-reset", To::Anew)
}

fn decide(data: &Path, at: WallTime, state: &str, why: &str, to: To) -> Result<(), SwitchError> {
    states::keep(data, at, why, state.as_bytes())?;
    let switch = zeroize::Zeroizing::new(serde_json::to_vec(&Switch { v: FORMAT, to }).map_err(|_| SwitchError::Keys)?);
    // From here on it is decided.
    Ok(write_private(&data.join(FILE), &switch)?)
}

/// Carries out what was decided, if anything was; before anything else of the directory is opened. Blocks.
///
/// # Errors
/// When another agent has the directory, or the disk refuses; what was decided stands.
pub fn finish(data: &Path) -> Result<(), SwitchError> {
    let Some(content) = read_private(&data.join(FILE))? else { return Ok(()) };
    let _alone = DirLock::take(data)?;
    let switch: Switch = serde_json::from_slice(&content).map_err(|_| SwitchError::Damaged { file: FILE })?;
    for step in steps(&switch)? {
        step.take(data)?;
    }
    tracing::info!("this machine starts in its new platform");
    Ok(())
}

/// One step; taken twice it is taken once.
enum Step {
    Remove(String),
    Write(&'static str, zeroize::Zeroizing<Vec<u8>>),
}

/// What is removed goes first: whatever is still there after a crash is removed or replaced by the next start.
fn steps(switch: &Switch) -> Result<Vec<Step>, SwitchError> {
    if switch.v != FORMAT {
        return Err(SwitchError::Damaged { file: FILE });
    }
    let mut steps: Vec<Step> = OLD.iter().map(|file| Step::Remove((*file).to_owned())).collect();
    match &switch.to {
        To::Join { members, keyring } => {
            let known = serde_json::to_vec(members).map_err(|_| SwitchError::Keys)?;
            steps.push(Step::Write(MEMBERS, known.into()));
            let keyring = Keyring::read(keyring.0.as_bytes()).ok_or(SwitchError::Keys)?;
            steps.push(Step::Write(Keyring::FILE, keyring.render()));
        }
        To::Anew => steps.extend(["key.pem", Keyring::FILE].map(|file| Step::Remove(file.to_owned()))),
    }
    steps.push(Step::Remove(FILE.to_owned()));
    Ok(steps)
}

impl Step {
    fn take(self, data: &Path) -> Result<(), SwitchError> {
        match self {
            Self::Write(file, content) => Ok(write_private(&data.join(file), &content)?),
            Self::Remove(file) => match std::fs::remove_file(data.join(&file)) {
                Ok(()) => Ok(sync_dir(data)?),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(source) => Err(SwitchError::Remove { path: data.join(file).display().to_string(), source }),
            },
        }
    }
}

/// What this machine was told when it joined; none for one that founded its platform.
///
/// # Errors
/// When the file is damaged or out of reach.
pub fn known(data: &Path) -> Result<Option<Known>, SwitchError> {
    let Some(content) = read_private(&data.join(MEMBERS))? else { return Ok(None) };
    let known: Known = serde_json::from_slice(&content).map_err(|_| SwitchError::Damaged { file: MEMBERS })?;
    if known.v == FORMAT { Ok(Some(known)) } else { Err(SwitchError::Damaged { file: MEMBERS }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::epoch::EpochFile;
    use crate::edge::identity::Identity;

    const OLD_LIFE: &str = "the old platform";

    /// A machine with a platform of its own, and what it is handed by another one.
    fn machine() -> (tempfile::TempDir, Handover) {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        drop(Store::open(dir.path()).unwrap());
        wait_until_closed(dir.path());
        Identity::open(dir.path()).unwrap();
        Keyring::open(dir.path()).unwrap();
        EpochFile::open(dir.path()).unwrap();
        let theirs = Keyring::open(other.path()).unwrap();
        let handover = Handover {
            v: 1,
            name: "pi4-2".into(),
            platform: theirs.platform_id(),
            platform_name: "home".into(),
            members: BTreeMap::new(),
            keyring: SecretText(theirs.export()),
        };
        (dir, handover)
    }

    fn wait_until_closed(dir: &Path) {
        while DirLock::take(dir).is_err() {
            std::thread::yield_now();
        }
    }

    fn met() -> (NodeId, SocketAddr) {
        ("b".repeat(26).parse().unwrap(), "192.0.2.1:7373".parse().unwrap())
    }

    fn platform(dir: &Path) -> String {
        Keyring::open(dir).unwrap().platform_id().to_string()
    }

    #[test]
    fn a_crash_at_any_point_leaves_the_machine_wholly_in_one_platform() {
        let count = OLD.len() + 3;
        for crash_after in 0..=count {
            let (dir, handover) = machine();
            let dir = dir.path();
            let (old, node) = (platform(dir), Identity::open(dir).unwrap().node().clone());
            let old_store = store_id(dir);
            prepare_join(dir, WallTime(5), OLD_LIFE, &handover, met()).unwrap();
            // The power fails after some of the steps, then the machine starts again.
            let switch: Switch = serde_json::from_slice(&std::fs::read(dir.join(FILE)).unwrap()).unwrap();
            for step in steps(&switch).unwrap().into_iter().take(crash_after) {
                step.take(dir).unwrap();
            }
            finish(dir).unwrap();
            assert_ne!(platform(dir), old, "after {crash_after} steps");
            assert_eq!(platform(dir), handover.platform.to_string());
            assert_eq!(*Identity::open(dir).unwrap().node(), node, "it is the same machine");
            assert_eq!(known(dir).unwrap().unwrap().met, [met()]);
            assert_ne!(store_id(dir), old_store, "its records are gone");
            assert!(!dir.join(FILE).exists());
            let kept = states::previous(dir);
            assert_eq!(std::fs::read_to_string(&kept[0]).unwrap(), OLD_LIFE);
        }
    }

    fn store_id(dir: &Path) -> String {
        wait_until_closed(dir);
        let (store, loaded) = Store::open(dir).unwrap();
        drop(store);
        wait_until_closed(dir);
        loaded.store_id.to_string()
    }

    #[test]
    fn before_it_is_decided_nothing_changes() {
        let (dir, mut handover) = machine();
        let old = platform(dir.path());
        let wrong = Handover { platform: "0123456789abcdef".parse().unwrap(), ..handover.clone() };
        assert!(matches!(prepare_join(dir.path(), WallTime(5), "{}", &wrong, met()), Err(SwitchError::Keys)));
        handover.keyring = SecretText::new("{}");
        assert!(matches!(prepare_join(dir.path(), WallTime(5), "{}", &handover, met()), Err(SwitchError::Keys)));
        finish(dir.path()).unwrap();
        assert_eq!(platform(dir.path()), old);
    }

    #[test]
    fn a_machine_that_starts_anew_is_another_one_whenever_the_power_fails() {
        for crash_after in 0..=OLD.len() + 3 {
            let (dir, _) = machine();
            let dir = dir.path();
            let (old, node) = (platform(dir), Identity::open(dir).unwrap().node().clone());
            prepare_anew(dir, WallTime(5), OLD_LIFE).unwrap();
            let switch: Switch = serde_json::from_slice(&std::fs::read(dir.join(FILE)).unwrap()).unwrap();
            for step in steps(&switch).unwrap().into_iter().take(crash_after) {
                step.take(dir).unwrap();
            }
            finish(dir).unwrap();
            assert_ne!(platform(dir), old);
            assert_ne!(*Identity::open(dir).unwrap().node(), node);
        }
    }

    #[test]
    fn while_an_agent_has_the_directory_nobody_carries_anything_out() {
        let (dir, handover) = machine();
        let (_store, _) = Store::open(dir.path()).unwrap();
        prepare_join(dir.path(), WallTime(5), "{}", &handover, met()).unwrap();
        assert!(matches!(finish(dir.path()), Err(SwitchError::Busy(_))));
        assert!(dir.path().join("kraken.db").exists());
    }
}
