//! Which secrets does this node hold? The platform's and the data keys, in `secret.key` beside the database, never in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::disk::{DiskError, read_private, write_private};
use crate::model::id::PlatformId;
use crate::model::keys::KeyFacts;

/// Version of the file's format.
const FORMAT: u16 = 1;

/// 32 bytes nobody else may see; overwritten when dropped.
pub type Key = Zeroizing<[u8; 32]>;

/// The secrets of one node.
#[derive(Clone)]
pub struct Keyring {
    platform: Key,
    platform_generation: u32,
    data_keys: BTreeMap<u32, Key>,
    /// Its fingerprint from before its secret was first renewed; it names the platform for ever.
    id: Option<PlatformId>,
    /// Which generation this is, and for whom.
    facts: KeyFacts,
    /// Keys of a generation that another one of the same number won over; they only unseal.
    former: Vec<(u32, Key)>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyring(platform {}, {} data keys)", self.platform_id(), self.data_keys.len())
    }
}

/// Why the secrets could not be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenKeyringError {
    /// The file could not be read or written.
    #[error("the node's secrets are out of reach")]
    Disk(#[from] DiskError),
    /// The file is damaged. A new one would make every sealed value unreadable, so none is made.
    #[error("{} is damaged: {what}; put the file back from a backup (without it no sealed value can be read)", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it; never its content.
        what: &'static str,
    },
    /// The file was written by a newer Kraken.
    #[error("{} has format {found}, this Kraken knows {FORMAT}; start the newer Kraken again", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: u16,
    },
    /// The kernel gave no random bytes.
    #[error("the kernel gives no random bytes: {0}")]
    Entropy(getrandom::Error),
}

/// The file. Text is borrowed from the buffer that is overwritten afterwards.
#[derive(Serialize, Deserialize)]
struct OnDisk<'a> {
    v: u16,
    #[serde(borrow)]
    platform: KeyOnDisk<'a>,
    data_keys: Vec<KeyOnDisk<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<PlatformId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facts: Option<KeyFacts>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", borrow)]
    former: Vec<KeyOnDisk<'a>>,
}

#[derive(Serialize, Deserialize)]
struct KeyOnDisk<'a> {
    generation: u32,
    key: &'a str,
}

/// What every format has.
#[derive(Deserialize)]
struct Envelope {
    v: u16,
}

impl Keyring {
    /// Its name in the data directory.
    pub const FILE: &str = "secret.key";

    /// The secrets in `dir`; made on the first start.
    ///
    /// # Errors
    /// When the file is damaged, newer, or out of reach. A damaged one is never replaced.
    pub fn open(dir: &Path) -> Result<Self, OpenKeyringError> {
        let path = dir.join(Keyring::FILE);
        if let Some(content) = read_private(&path)? {
            return Self::parse(&content, &path);
        }
        let data_keys = BTreeMap::from([(1, fresh_key()?)]);
        let (id, facts, former) = (None, KeyFacts::default(), Vec::new());
        let keyring = Self { platform: fresh_key()?, platform_generation: 1, data_keys, id, facts, former };
        write_private(&path, &keyring.render())?;
        Ok(keyring)
    }

    fn parse(content: &[u8], path: &Path) -> Result<Self, OpenKeyringError> {
        let damaged = |what| OpenKeyringError::Damaged { path: path.to_owned(), what };
        let envelope: Envelope = serde_json::from_slice(content).map_err(|_| damaged("it is not the JSON it was written as"))?;
        if envelope.v != FORMAT {
            return Err(OpenKeyringError::Newer { path: path.to_owned(), found: envelope.v });
        }
        let file: OnDisk<'_> = serde_json::from_slice(content).map_err(|_| damaged("a part is missing"))?;
        let bytes = |key: &KeyOnDisk<'_>| decode_key(key.key).ok_or_else(|| damaged("a key is not 32 bytes in base64"));
        let data_keys = file.data_keys.iter().map(|key| Ok((key.generation, bytes(key)?)));
        let former = file.former.iter().map(|key| Ok((key.generation, bytes(key)?)));
        let keyring = Self {
            platform: bytes(&file.platform)?,
            platform_generation: file.platform.generation,
            data_keys: data_keys.collect::<Result<_, OpenKeyringError>>()?,
            former: former.collect::<Result<_, OpenKeyringError>>()?,
            facts: file.facts.unwrap_or(KeyFacts { generation: file.platform.generation, ..KeyFacts::default() }),
            id: file.id,
        };
        if keyring.data_keys.is_empty() { Err(damaged("it holds no data key")) } else { Ok(keyring) }
    }

    /// What [`Self::export`] made; none of what this Kraken does not know.
    #[must_use]
    pub fn read(content: &[u8]) -> Option<Self> {
        Self::parse(content, Path::new(Self::FILE)).ok()
    }

    /// All of them as text, for a machine that becomes a member: the same as the file.
    #[must_use]
    pub fn export(&self) -> Zeroizing<String> {
        let bytes = self.render();
        Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// As the file has it.
    #[must_use]
    pub fn render(&self) -> Zeroizing<Vec<u8>> {
        let encoded = |key: &Key| Zeroizing::new(BASE64.encode(&key[..]));
        let platform = encoded(&self.platform);
        let keys: Vec<_> = self.data_keys.iter().map(|(&generation, key)| (generation, encoded(key))).collect();
        let former: Vec<_> = self.former.iter().map(|(generation, key)| (*generation, encoded(key))).collect();
        let file = OnDisk {
            id: self.id.clone(),
            facts: self.facts.members.is_some().then(|| self.facts.clone()),
            former: former.iter().map(|(generation, key)| KeyOnDisk { generation: *generation, key }).collect(),
            v: FORMAT,
            platform: KeyOnDisk { generation: self.platform_generation, key: &platform },
            data_keys: keys.iter().map(|(generation, key)| KeyOnDisk { generation: *generation, key }).collect(),
        };
        let mut content = Zeroizing::new(Vec::with_capacity(4096));
        serde_json::to_writer(&mut *content, &file).expect("numbers and base64 text always serialize into memory");
        content
    }

    /// The platform's fingerprint: the first 8 bytes of SHA-256(tag ‖ its first secret), which tell nothing about the secret.
    #[must_use]
    pub fn platform_id(&self) -> PlatformId {
        if let Some(id) = &self.id {
            return id.clone();
        }
        let digest = Sha256::new().chain_update(b"kraken platform fingerprint 1\0").chain_update(&self.platform[..]).finalize();
        HEXLOWER.encode(&digest[..8]).parse().expect("8 bytes are 16 hex digits")
    }

    /// The secret all nodes of the platform share.
    #[must_use]
    pub const fn platform_secret(&self) -> &Key {
        &self.platform
    }

    /// That secret by its generation.
    #[must_use]
    pub fn platform_secrets(&self) -> BTreeMap<u32, Key> {
        BTreeMap::from([(self.platform_generation, self.platform.clone())])
    }

    /// Which generation this is, and for whom it was made.
    #[must_use]
    pub const fn facts(&self) -> &KeyFacts {
        &self.facts
    }

    /// Keys that only unseal, each with its generation.
    #[must_use]
    pub fn former(&self) -> &[(u32, Key)] {
        &self.former
    }

    /// The same platform with new secrets; what was sealed before can still be read.
    ///
    /// # Errors
    /// When the kernel gives no random bytes.
    pub fn renewed(&self, facts: KeyFacts) -> Result<Self, OpenKeyringError> {
        let mut next = self.clone();
        next.id = Some(self.platform_id());
        next.platform = fresh_key()?;
        next.platform_generation = facts.generation;
        if let Some(lost) = next.data_keys.insert(facts.generation, fresh_key()?) {
            next.former.push((facts.generation, lost));
        }
        next.facts = facts;
        Ok(next)
    }

    /// What a member of the same platform gave, and what only this node can still unseal; none if it is another platform's.
    #[must_use]
    pub fn taking(&self, given: Self) -> Option<Self> {
        if given.platform_id() != self.platform_id() || !given.facts.is_above(&self.facts) {
            return None;
        }
        let mut next = given;
        let mine =
            self.data_keys.iter().map(|(generation, key)| (*generation, key)).chain(self.former.iter().map(|(g, key)| (*g, key)));
        for (generation, key) in mine {
            match next.data_keys.get(&generation) {
                Some(theirs) if theirs == key => {}
                _ if next.former.iter().any(|(_, known)| known == key) => {}
                _ => next.former.push((generation, key.clone())),
            }
        }
        Some(next)
    }

    /// Puts these secrets in the place of those in `dir`. Blocks.
    ///
    /// # Errors
    /// When the disk refuses; then the old ones are still there.
    pub fn store(&self, dir: &Path) -> Result<(), DiskError> {
        write_private(&dir.join(Self::FILE), &self.render())
    }

    /// The data keys by generation; new values are sealed with the last one.
    #[must_use]
    pub const fn data_keys(&self) -> &BTreeMap<u32, Key> {
        &self.data_keys
    }
}

fn decode_key(text: &str) -> Option<Key> {
    let bytes = Zeroizing::new(BASE64.decode(text.as_bytes()).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

fn fresh_key() -> Result<Key, OpenKeyringError> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *key).map_err(OpenKeyringError::Entropy)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(content: &str) -> Result<Keyring, OpenKeyringError> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(Keyring::FILE), content).unwrap();
        Keyring::open(dir.path())
    }

    const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    #[test]
    fn a_second_start_finds_the_secrets_of_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = Keyring::open(dir.path()).unwrap();
        let second = Keyring::open(dir.path()).unwrap();
        assert_eq!(first.platform_id(), second.platform_id());
        assert_eq!(first.data_keys(), second.data_keys());
        assert_ne!(*first.data_keys()[&1], *first.platform);
    }

    #[test]
    fn the_file_reads_like_this() {
        let content = format!(
            r#"{{"v":1,"platform":{{"generation":2,"key":"{ZEROS}"}},"data_keys":[{{"generation":1,"key":"{ZEROS}"}}]}}"#
        );
        let keyring = written(&content).unwrap();
        assert_eq!(keyring.render().as_slice(), content.as_bytes());
        assert_eq!(keyring.platform_id().as_str().len(), 16);
    }

    fn facts(generation: u32, wall: u64) -> KeyFacts {
        let members = Some(["a".repeat(26).parse().unwrap()].into());
        KeyFacts { generation, hlc: crate::model::time::Hlc { wall, logical: 0 }, members }
    }

    #[test]
    fn new_secrets_are_of_the_same_platform_and_are_found_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let first = Keyring::open(dir.path()).unwrap();
        let second = first.renewed(facts(2, 5)).unwrap();
        second.store(dir.path()).unwrap();
        let found = Keyring::open(dir.path()).unwrap();
        assert_eq!((found.platform_id(), found.facts()), (first.platform_id(), &facts(2, 5)));
        assert_ne!(found.platform_secret(), first.platform_secret());
        assert_eq!(found.data_keys()[&1], first.data_keys()[&1], "what was sealed before can be read");
        assert_eq!(found.render(), second.render());
    }

    #[test]
    fn of_two_generations_made_apart_the_later_counts_and_the_other_still_unseals() {
        let dir = tempfile::tempdir().unwrap();
        let first = Keyring::open(dir.path()).unwrap();
        let (early, late) = (first.renewed(facts(2, 5)).unwrap(), first.renewed(facts(2, 6)).unwrap());
        assert!(late.taking(early.clone()).is_none());
        let merged = early.taking(late.clone()).unwrap();
        assert_eq!(merged.data_keys(), late.data_keys());
        assert_eq!(merged.former(), [(2, early.data_keys()[&2].clone())]);
        assert!(Keyring::read(merged.export().as_bytes()).unwrap().former() == merged.former());
    }

    #[test]
    fn another_platforms_secrets_are_never_taken() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (ours, theirs) = (Keyring::open(dir.path()).unwrap(), Keyring::open(other.path()).unwrap());
        assert!(ours.taking(theirs.renewed(facts(9, 9)).unwrap()).is_none());
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(Keyring::FILE);
        for content in
            ["", "{}", r#"{"v":1}"#, &format!(r#"{{"v":1,"platform":{{"generation":1,"key":"{ZEROS}"}},"data_keys":[]}}"#)]
        {
            std::fs::write(&path, content).unwrap();
            let error = Keyring::open(dir.path()).unwrap_err();
            assert!(matches!(error, OpenKeyringError::Damaged { .. }), "{content}: {error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[test]
    fn a_newer_file_is_refused() {
        assert!(matches!(written(r#"{"v":2,"keys":[]}"#), Err(OpenKeyringError::Newer { found: 2, .. })));
    }

    #[test]
    fn no_secret_shows_in_a_log_or_an_error() {
        let content =
            format!(r#"{{"v":1,"platform":{{"generation":1,"key":"{ZEROS}"}},"data_keys":[{{"generation":1,"key":"SECRET"}}]}}"#);
        assert!(!format!("{:?}", written(&content)).contains("SECRET"));
        let good = written(&content.replace("SECRET", ZEROS)).unwrap();
        assert!(!format!("{good:?}").contains("AAAA"));
    }
}
