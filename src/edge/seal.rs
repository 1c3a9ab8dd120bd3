//! How is a secret kept from whoever finds the database? Sealed: XChaCha20-Poly1305, bound to its own name.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::keyring::{Key, Keyring};
use crate::model::document::Sealed;
use crate::model::record::ObjectKey;
use crate::model::time::WallTime;

/// The longest value that is sealed, in bytes: enough for a certificate chain with its key.
pub const LONGEST: usize = 64 * 1024;

/// Why a value was not sealed. Never says the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is too long.
    #[error("{object} has {found} bytes; a secret has at most {LONGEST}")]
    TooLong {
        /// Which.
        object: String,
        /// Bytes of the value.
        found: usize,
    },
    /// The kernel gave no random bytes.
    #[error("the kernel gives no random bytes")]
    Entropy,
}

/// Why a value was not unsealed. Never says the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// Its data key is not here.
    #[error("{object} was sealed with data key {generation}, which this node does not hold; set the value again")]
    NoKey {
        /// Which.
        object: String,
        /// Generation of the missing key.
        generation: u32,
    },
    /// It was changed, moved here from another name, or sealed by another platform.
    #[error("{object} cannot be read: it was sealed for another name or by another platform, or is damaged; set the value again")]
    Refused {
        /// Which.
        object: String,
    },
}

/// Seals and unseals with the data keys of this node.
pub struct Sealer(ArcSwap<Keys>);

struct Keys {
    keys: BTreeMap<u32, Key>,
    /// Generation of the last key, which new values are sealed with.
    newest: u32,
    /// Keys that another one of the same generation won over.
    former: Vec<(u32, Key)>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer(generation {})", self.0.load().newest)
    }
}

impl Sealer {
    /// One that uses the data keys of `keyring`.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        Self(ArcSwap::from_pointee(Keys::of(keyring)))
    }

    /// From now on uses the data keys of `keyring`.
    pub fn renew(&self, keyring: &Keyring) {
        self.0.store(Arc::new(Keys::of(keyring)));
    }

    /// Whether `sealed` should be sealed anew: not with the newest key, or with one that lost against it.
    #[must_use]
    pub fn is_old(&self, object: &ObjectKey, sealed: &Sealed) -> bool {
        let keys = self.0.load();
        let opens = |key: &Key| open(key, sealed, object.to_string().as_bytes()).is_some();
        sealed.generation != keys.newest || !keys.keys.get(&keys.newest).is_some_and(opens)
    }

    /// Seals `plain` for `object`; under another name it cannot be unsealed.
    ///
    /// # Errors
    /// When it is longer than [`LONGEST`], or the kernel has no random bytes.
    pub fn seal(&self, object: &ObjectKey, plain: &str, at: WallTime) -> Result<Sealed, SealError> {
        if plain.len() > LONGEST {
            return Err(SealError::TooLong { object: object.to_string(), found: plain.len() });
        }
        let keys = self.0.load();
        let mut nonce = [0; 24];
        getrandom::fill(&mut nonce).map_err(|_| SealError::Entropy)?;
        let key = keys.keys.get(&keys.newest).ok_or(SealError::Entropy)?;
        let ciphertext = encrypt(key, &nonce, plain.as_bytes(), object.to_string().as_bytes()).ok_or(SealError::Entropy)?;
        Ok(Sealed { generation: keys.newest, nonce: BASE64.encode(&nonce), ciphertext: BASE64.encode(&ciphertext), at })
    }

    /// The value that was sealed for `object`; overwritten in memory when dropped.
    ///
    /// # Errors
    /// When the key is not here, or the value was not sealed for this object by this platform.
    pub fn unseal(&self, object: &ObjectKey, sealed: &Sealed) -> Result<Zeroizing<String>, UnsealError> {
        let name = object.to_string();
        let keys = self.0.load();
        let former = keys.former.iter().filter(|(generation, _)| *generation == sealed.generation).map(|(_, key)| key);
        let mut fitting = keys.keys.get(&sealed.generation).into_iter().chain(former).peekable();
        if fitting.peek().is_none() {
            return Err(UnsealError::NoKey { object: name, generation: sealed.generation });
        }
        fitting.find_map(|key| open(key, sealed, name.as_bytes())).ok_or(UnsealError::Refused { object: name })
    }
}

impl Keys {
    fn of(keyring: &Keyring) -> Self {
        let keys = keyring.data_keys().clone();
        let newest = keys.last_key_value().map_or(0, |(generation, _)| *generation);
        Self { keys, newest, former: keyring.former().to_vec() }
    }
}

fn open(key: &Key, sealed: &Sealed, name: &[u8]) -> Option<Zeroizing<String>> {
    let nonce: [u8; 24] = BASE64.decode(sealed.nonce.as_bytes()).ok()?.try_into().ok()?;
    let ciphertext = BASE64.decode(sealed.ciphertext.as_bytes()).ok()?;
    let plain = decrypt(key, &nonce, &ciphertext, name)?;
    // Both steps keep the one buffer: no copy of the value stays behind.
    match String::from_utf8(plain) {
        Ok(text) => Some(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            None
        }
    }
}

/// Encrypts under `key`, bound to `name`; none only beyond the cipher's limit of 256 GiB.
pub(crate) fn encrypt(key: &Key, nonce: &[u8; 24], plain: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    XChaCha20Poly1305::new((&**key).into()).encrypt(XNonce::from_slice(nonce), Payload { msg: plain, aad: name }).ok()
}

/// Decrypts what [`encrypt`] made with the same key, nonce and name; none if anything differs.
pub(crate) fn decrypt(key: &Key, nonce: &[u8; 24], ciphertext: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    XChaCha20Poly1305::new((&**key).into()).decrypt(XNonce::from_slice(nonce), Payload { msg: ciphertext, aad: name }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer() -> Sealer {
        let dir = tempfile::tempdir().unwrap();
        Sealer::new(&Keyring::open(dir.path()).unwrap())
    }

    fn secret(name: &str) -> ObjectKey {
        format!("secret/web/{name}").parse().unwrap()
    }

    #[test]
    fn what_is_sealed_comes_back_and_is_not_seen_before() {
        let sealer = sealer();
        let sealed = sealer.seal(&secret("KEY"), "hunter2 ü", WallTime(5)).unwrap();
        assert_eq!(sealed.generation, 1);
        assert!(!serde_json::to_string(&sealed).unwrap().contains("hunter2"));
        assert_eq!(*sealer.unseal(&secret("KEY"), &sealed).unwrap(), "hunter2 ü");
    }

    #[test]
    fn the_same_value_never_looks_the_same_twice() {
        let sealer = sealer();
        let seal = || sealer.seal(&secret("KEY"), "hunter2", WallTime(5)).unwrap().ciphertext;
        assert_ne!(seal(), seal());
    }

    #[test]
    fn a_value_cannot_be_moved_to_another_name_or_platform() {
        let ours = sealer();
        let sealed = ours.seal(&secret("KEY"), "hunter2", WallTime(5)).unwrap();
        let moved = ours.unseal(&secret("OTHER"), &sealed).unwrap_err();
        assert_eq!(moved, UnsealError::Refused { object: "secret/web/OTHER".into() });
        assert!(matches!(sealer().unseal(&secret("KEY"), &sealed), Err(UnsealError::Refused { .. })));
    }

    #[test]
    fn a_changed_value_is_refused_whatever_was_changed() {
        let sealer = sealer();
        let sealed = sealer.seal(&secret("KEY"), "hunter2", WallTime(5)).unwrap();
        let changes: [fn(&mut Sealed); 4] = [
            |sealed| sealed.ciphertext = BASE64.encode(b"short"),
            |sealed| sealed.ciphertext = "not base64!".into(),
            |sealed| sealed.nonce = BASE64.encode(&[0; 24]),
            |sealed| sealed.nonce = BASE64.encode(&[0; 3]),
        ];
        for change in changes {
            let mut changed = sealed.clone();
            change(&mut changed);
            assert!(matches!(sealer.unseal(&secret("KEY"), &changed), Err(UnsealError::Refused { .. })));
        }
    }

    #[test]
    fn a_value_of_an_unknown_key_generation_says_so() {
        let sealer = sealer();
        let mut sealed = sealer.seal(&secret("KEY"), "hunter2", WallTime(5)).unwrap();
        sealed.generation = 9;
        let error = sealer.unseal(&secret("KEY"), &sealed).unwrap_err();
        assert!(error.to_string().contains("data key 9"), "{error}");
    }

    #[test]
    fn a_value_that_is_too_long_is_refused_without_saying_it() {
        let error = sealer().seal(&secret("KEY"), &"x".repeat(LONGEST + 1), WallTime(5)).unwrap_err().to_string();
        assert!(error.contains("secret/web/KEY has 65537 bytes"), "{error}");
        assert!(!error.contains("xx"));
    }
}
