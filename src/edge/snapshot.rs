//! How does all that people wished leave this platform, and come back? One readable JSON document, checked before it is taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::keyring::Key;
use super::seal::{SealError, Sealer, UnsealError, decrypt, encrypt};
use crate::model::document::{Document, Sealed};
use crate::model::id::{NodeId, PlatformId};
use crate::model::record::{ObjectKey, Record, RevisionId};
use crate::model::time::WallTime;

/// Version of the document's format.
const FORMAT: u16 = 1;

/// The shortest passphrase for secrets, in characters.
const SHORTEST_PASSPHRASE: usize = 10;

/// Bound to the locked secrets, so that nothing else can be put in their place.
const LOCK_NAME: &[u8] = b"kraken state secrets 1";

/// A state, as it is written. Secrets are sealed as in the database; `secrets` holds them once more, under a passphrase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Format version.
    kraken_state: u16,
    /// When, for people.
    #[serde(default)]
    exported_at: String,
    /// The platform it is of.
    platform: PlatformId,
    /// The node that wrote it.
    node: NodeId,
    /// What each object says.
    objects: BTreeMap<String, serde_json::Value>,
    /// The secrets under a passphrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secrets: Option<Locked>,
}

/// Secrets under a passphrase: argon2id, then XChaCha20-Poly1305.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Locked {
    /// Argon2's memory in KiB, passes and lanes (RFC 9106).
    argon2id: [u32; 3],
    salt: String,
    nonce: String,
    ciphertext: String,
}

/// Why a state was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportStateError {
    /// Too easy to guess.
    #[error(
        "the passphrase is too short; it needs at least {SHORTEST_PASSPHRASE} characters, because whoever has the file may guess for years"
    )]
    ShortPassphrase,
    /// A secret cannot be read here.
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// The passphrase could not be used.
    #[error("cannot lock the secrets")]
    Lock,
}

/// Why a state was not taken; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportStateError {
    /// No JSON, or not of this shape.
    #[error("this is no exported state: {0}")]
    Shape(serde_json::Error),
    /// Written by a newer Kraken.
    #[error("kraken_state = {found}: this Kraken knows {FORMAT}; update this node first")]
    Newer {
        /// Its format.
        found: u64,
    },
    /// One object is wrong.
    #[error("objects.{key:?}: {because}")]
    Object {
        /// Its key.
        key: String,
        /// What is wrong with it.
        because: String,
    },
    /// Its secrets are of another platform.
    #[error("its secrets were sealed by another platform; {}", if *.has_locked { "give the passphrase they were exported with" } else { "export it there once more with --with-secrets" })]
    ForeignSecrets {
        /// Whether it holds them under a passphrase.
        has_locked: bool,
    },
    /// The passphrase does not fit.
    #[error("secrets: the passphrase does not fit, or the file was changed")]
    Passphrase,
    /// A secret could not be sealed for this platform.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The heads of all objects, as `documents` has them from the database (a newer Kraken's included), else as we know them.
#[must_use]
pub fn export(
    (platform, node, at): (&PlatformId, &NodeId, WallTime),
    leaves: &BTreeMap<ObjectKey, Vec<Arc<Record>>>,
    documents: &BTreeMap<RevisionId, Option<serde_json::Value>>,
) -> State {
    let heads = leaves.iter().filter_map(|(object, leaves)| Some((object, leaves.first()?)));
    let objects = heads.filter_map(|(object, head)| {
        let known = || serde_json::to_value(head.document.as_ref()?).ok();
        let document = documents.get(&head.revision).cloned().flatten().or_else(known)?;
        Some((object.to_string(), document))
    });
    State {
        kraken_state: FORMAT,
        exported_at: at.to_string(),
        platform: platform.clone(),
        node: node.clone(),
        objects: objects.collect(),
        secrets: None,
    }
}

impl State {
    /// Adds the secrets under `passphrase`, so that another platform can read them. Takes a second of a Pi's time.
    ///
    /// # Errors
    /// When the passphrase is short, or a secret cannot be read here.
    pub fn with_secrets(mut self, sealer: &Sealer, passphrase: &str) -> Result<Self, ExportStateError> {
        if passphrase.chars().count() < SHORTEST_PASSPHRASE {
            return Err(ExportStateError::ShortPassphrase);
        }
        let mut plain = BTreeMap::new();
        for (key, value) in &self.objects {
            let (Ok(object), Ok(Document::Secret(sealed))) = (key.parse(), serde_json::from_value(value.clone())) else {
                continue;
            };
            plain.insert(key, sealer.unseal(&object, &sealed)?);
        }
        self.secrets = Some(lock(&plain, passphrase).ok_or(ExportStateError::Lock)?);
        Ok(self)
    }

    /// As text, for a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("text keys and JSON values always serialize into memory")
    }
}

fn lock(plain: &BTreeMap<&String, Zeroizing<String>>, passphrase: &str) -> Option<Locked> {
    let text = Zeroizing::new(serde_json::to_vec(plain).ok()?);
    let (mut salt, mut nonce) = ([0; 16], [0; 24]);
    getrandom::fill(&mut salt).ok()?;
    getrandom::fill(&mut nonce).ok()?;
    let argon2id = [19 * 1024, 2, 1];
    let key = stretch(passphrase, &salt, argon2id)?;
    let ciphertext = encrypt(&key, &nonce, &text, LOCK_NAME)?;
    Some(Locked { argon2id, salt: BASE64.encode(&salt), nonce: BASE64.encode(&nonce), ciphertext: BASE64.encode(&ciphertext) })
}

fn unlock(locked: &Locked, passphrase: &str) -> Option<BTreeMap<String, Zeroizing<String>>> {
    let salt = BASE64.decode(locked.salt.as_bytes()).ok()?;
    let nonce: [u8; 24] = BASE64.decode(locked.nonce.as_bytes()).ok()?.try_into().ok()?;
    let ciphertext = BASE64.decode(locked.ciphertext.as_bytes()).ok()?;
    let key = stretch(passphrase, &salt, locked.argon2id)?;
    let text = Zeroizing::new(decrypt(&key, &nonce, &ciphertext, LOCK_NAME)?);
    serde_json::from_slice(&text).ok()
}

/// The key of a passphrase. What the file asks for is bounded: it may come from anywhere.
fn stretch(passphrase: &str, salt: &[u8], [memory, passes, lanes]: [u32; 3]) -> Option<Key> {
    if memory > 256 * 1024 || passes > 16 || lanes > 16 {
        return None;
    }
    let params = Params::new(memory, passes, lanes, Some(32)).ok()?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(passphrase.as_bytes(), salt, &mut *key).ok()?;
    Some(key)
}

/// What `text` says, if all of it can be taken here. Secrets of another platform are sealed anew at `now`, by `passphrase`.
///
/// # Errors
/// The first thing that is wrong, and where in the document.
pub fn check(
    text: &str,
    sealer: &Sealer,
    passphrase: Option<&str>,
    now: WallTime,
) -> Result<BTreeMap<ObjectKey, Document>, ImportStateError> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(ImportStateError::Shape)?;
    match value.get("kraken_state").and_then(serde_json::Value::as_u64) {
        Some(found) if found > u64::from(FORMAT) => return Err(ImportStateError::Newer { found }),
        _ => {}
    }
    // From the text once more: its errors name line and column.
    let state: State = serde_json::from_str(text).map_err(ImportStateError::Shape)?;
    let plain = match (&state.secrets, passphrase) {
        (Some(locked), Some(passphrase)) => unlock(locked, passphrase).ok_or(ImportStateError::Passphrase)?,
        _ => BTreeMap::new(),
    };
    let mut documents = BTreeMap::new();
    for (key, value) in state.objects {
        let refused = |because: String| ImportStateError::Object { key: key.clone(), because };
        let object: ObjectKey = key.parse().map_err(|error| refused(format!("{error}")))?;
        let document: Document = serde_json::from_value(value).map_err(|error| refused(error.to_string()))?;
        says_what_its_key_promises(&object, &document).map_err(|because| refused(because.to_owned()))?;
        let document = match document {
            Document::Secret(sealed) => {
                Document::Secret(ours(&object, sealed, plain.get(&key), sealer, state.secrets.is_some(), now)?)
            }
            other => other,
        };
        documents.insert(object, document);
    }
    Ok(documents)
}

/// A sealed value this platform can read.
fn ours(
    object: &ObjectKey,
    sealed: Sealed,
    plain: Option<&Zeroizing<String>>,
    sealer: &Sealer,
    has_locked: bool,
    now: WallTime,
) -> Result<Sealed, ImportStateError> {
    match (sealer.unseal(object, &sealed), plain) {
        (Ok(_), None) => Ok(sealed),
        (_, Some(plain)) => Ok(sealer.seal(object, plain, now)?),
        (Err(_), None) => Err(ImportStateError::ForeignSecrets { has_locked }),
    }
}

/// Whether a document belongs under its key, and repeats the same id.
fn says_what_its_key_promises(object: &ObjectKey, document: &Document) -> Result<(), &'static str> {
    use crate::model::record::Concern::{Env, Place, Route, Scale, Source, Wanted};
    let fits = match (object, document) {
        (_, Document::Unknown) => return Err("it is of a kind this Kraken does not know; update this node first"),
        (ObjectKey::App(_, Source), Document::AppSource(_))
        | (ObjectKey::App(_, Env), Document::AppEnv(_))
        | (ObjectKey::App(_, Scale), Document::AppScale(_))
        | (ObjectKey::App(_, Route), Document::AppRoute(_))
        | (ObjectKey::App(_, Wanted), Document::AppWanted(_))
        | (ObjectKey::Secret(..), Document::Secret(_))
        | (ObjectKey::App(_, Place), Document::AppPlace(_))
        | (ObjectKey::Member(_), Document::Member(_) | Document::Removal(_))
        | (ObjectKey::Node(_), Document::NodeWish(_))
        | (ObjectKey::Setting(_), Document::Setting(_)) => true,
        (ObjectKey::Version(id), Document::Version(version)) => version.id == *id,
        (ObjectKey::Deployment(id), Document::Deployment(deployment)) => deployment.id == *id,
        (ObjectKey::Volume(id), Document::Volume(volume)) => volume.id == *id,
        _ => false,
    };
    if fits { Ok(()) } else { Err("the document's kind or id is not the one its key names") }
}

#[cfg(test)]
#[path = "snapshot/tests.rs"]
mod tests;
