//! Who is this node? An Ed25519 key that outlives addresses and host names, and the certificate that carries it.

use std::path::{Path, PathBuf};

use data_encoding::BASE32_NOPAD;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PublicKeyData, date_time_ymd};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::disk::{DiskError, read_private, write_private};
use crate::model::id::NodeId;

/// Its name in the data directory.
const FILE: &str = "key.pem";

/// The node's key and what follows from it.
pub struct Identity {
    node: NodeId,
    key: KeyPair,
    spki: Vec<u8>,
    certificate: Vec<u8>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.node)
    }
}

/// Why this node does not know who it is.
#[derive(Debug, thiserror::Error)]
pub enum OpenIdentityError {
    /// The key file could not be read or written.
    #[error("the node's key is out of reach")]
    Disk(#[from] DiskError),
    /// The file holds no Ed25519 key. A new key would be a new node, so none is made.
    #[error("{} holds no Ed25519 private key in PEM; put it back from a backup, or remove it to start as a new node", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
    /// Key or certificate could not be made.
    #[error("cannot make the node's key or certificate")]
    Make(#[source] rcgen::Error),
}

impl Identity {
    /// The identity in `dir`; made on the first start. The certificate is made anew from the key each time: peers pin the key.
    ///
    /// # Errors
    /// When the key is damaged or out of reach. A damaged one is never replaced.
    pub fn open(dir: &Path) -> Result<Self, OpenIdentityError> {
        let path = dir.join(FILE);
        let key = match read_private(&path)? {
            Some(content) => parse_key(&content).ok_or(OpenIdentityError::Damaged { path })?,
            None => {
                let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).map_err(OpenIdentityError::Make)?;
                write_private(&path, Zeroizing::new(key.serialize_pem()).as_bytes())?;
                key
            }
        };
        let spki = key.subject_public_key_info();
        let node = node_id(&spki);
        let certificate = certify(&key, &node).map_err(OpenIdentityError::Make)?;
        Ok(Self { node, key, spki, certificate })
    }

    /// This node's id.
    #[must_use]
    pub const fn node(&self) -> &NodeId {
        &self.node
    }

    /// The public key: SPKI, DER. What members are known by.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.spki
    }

    /// The private key, for TLS.
    #[must_use]
    pub const fn key(&self) -> &KeyPair {
        &self.key
    }

    /// The self-signed certificate: X.509, DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

/// The id of the node whose public key (SPKI, DER) this is.
#[must_use]
pub fn node_id(spki: &[u8]) -> NodeId {
    let text = BASE32_NOPAD.encode(&Sha256::digest(spki)[..16]).to_ascii_lowercase();
    text.parse().expect("16 bytes are 26 characters of base32")
}

fn parse_key(content: &[u8]) -> Option<KeyPair> {
    let key = KeyPair::from_pem(std::str::from_utf8(content).ok()?).ok()?;
    (key.algorithm() == &rcgen::PKCS_ED25519).then_some(key)
}

/// Valid from 1970, where a Pi without a clock wakes up, to the last moment X.509 can write (RFC 5280, 4.1.2.5).
fn certify(key: &KeyPair, node: &NodeId) -> Result<Vec<u8>, rcgen::Error> {
    let mut params = CertificateParams::new([format!("{node}.kraken.internal")])?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, node.to_string());
    params.not_before = date_time_ymd(1970, 1, 1);
    params.not_after = date_time_ymd(9999, 12, 31);
    Ok(params.self_signed(key)?.der().to_vec())
}

/// A node's name: what the config says, else what the machine is called, as lower-case letters, digits and `-`, at most 32.
///
/// Made unique among the members when it joins them.
#[must_use]
pub fn node_name(configured: Option<&str>, host: &str) -> String {
    let first_label = host.split('.').next().unwrap_or_default();
    let wish = configured.map(slug).filter(|name| !name.is_empty());
    match wish.unwrap_or_else(|| slug(first_label)) {
        // `kraken.local` is the dashboard and `localhost` is everybody.
        name if matches!(name.as_str(), "" | "localhost" | "kraken") => "node".to_owned(),
        name => name,
    }
}

fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(32);
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
        if slug.len() == 32 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_the_same_after_a_restart_and_no_two_are_the_same() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = Identity::open(dir.path()).unwrap();
        assert_eq!(Identity::open(dir.path()).unwrap().node(), first.node());
        assert_ne!(Identity::open(other.path()).unwrap().node(), first.node());
    }

    #[test]
    fn a_node_id_is_the_start_of_the_keys_digest_in_base32() {
        // printf '' | sha256sum: e3b0c44298fc1c149afbf4c8996fb924…
        assert_eq!(node_id(b"").as_str(), "4oymiquy7qobjgx36tejs35zeq");
    }

    #[test]
    fn the_certificate_carries_the_key_and_outlives_everybody() {
        let dir = tempfile::tempdir().unwrap();
        let identity = Identity::open(dir.path()).unwrap();
        let contains = |part: &[u8]| identity.certificate().windows(part.len()).any(|window| window == part);
        assert!(contains(identity.public_key()));
        assert!(contains(b"99991231000000Z"));
        assert!(contains(b"700101000000Z"));
    }

    #[test]
    fn a_damaged_key_is_refused_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let other_kind = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap().serialize_pem();
        for content in ["", "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----\n", other_kind.as_str()] {
            std::fs::write(&path, content).unwrap();
            let error = Identity::open(dir.path()).unwrap_err();
            assert!(matches!(error, OpenIdentityError::Damaged { .. }), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[test]
    fn the_private_key_shows_in_no_log() {
        let dir = tempfile::tempdir().unwrap();
        let shown = format!("{:?}", Identity::open(dir.path()).unwrap());
        assert_eq!(shown.len(), "Identity()".len() + 26);
    }

    #[test]
    fn a_node_is_called_what_the_config_says_else_what_the_machine_is_called() {
        assert_eq!(node_name(Some("Living Room Pi!"), "x"), "living-room-pi");
        assert_eq!(node_name(None, "pi4.fritz.box"), "pi4");
        assert_eq!(node_name(Some("ÄÖ"), "Pi_4"), "pi-4");
        assert_eq!(node_name(None, "localhost"), "node");
        assert_eq!(node_name(None, ""), "node");
        assert_eq!(node_name(Some(&"abc-".repeat(20)), "x").len(), 31);
    }
}
