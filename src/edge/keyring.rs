//! Which secrets does this node hold? The platform's and the data keys, in `secret.key` beside the database, never in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::disk::{DiskError, read_private, write_private};
use crate::model::id::PlatformId;

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
        let keyring = Self { platform: fresh_key()?, platform_generation: 1, data_keys: BTreeMap::from([(1, fresh_key()?)]) };
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
        let keyring = Self {
            platform: bytes(&file.platform)?,
            platform_generation: file.platform.generation,
            data_keys: data_keys.collect::<Result<_, OpenKeyringError>>()?,
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
        let file = OnDisk {
            v: FORMAT,
            platform: KeyOnDisk { generation: self.platform_generation, key: &platform },
            data_keys: keys.iter().map(|(generation, key)| KeyOnDisk { generation: *generation, key }).collect(),
        };
        let mut content = Zeroizing::new(Vec::with_capacity(4096));
        serde_json::to_writer(&mut *content, &file).expect("numbers and base64 text always serialize into memory");
        content
    }

    /// The platform's fingerprint: the first 8 bytes of SHA-256(tag ‖ platform secret), which tell nothing about the secret.
    #[must_use]
    pub fn platform_id(&self) -> PlatformId {
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
