//! What do both machines compute, so that nobody between them can? Commitment, code, and the proofs of an invite.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Random bytes of one side.
pub type Nonce = [u8; 32];

/// The connection both sides are on: keys as TLS has proved them, and what only its two ends can know (RFC 5705, RFC 8446 7.5).
#[derive(Clone, PartialEq, Eq)]
pub struct Channel {
    /// This side's public key (SPKI, DER).
    pub mine: Vec<u8>,
    /// The other side's.
    pub theirs: Vec<u8>,
    /// The TLS exporter.
    pub exporter: [u8; 32],
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Channel")
    }
}

/// Each part with its length before it, so that no two lists of parts read the same.
fn hash(tag: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new().chain_update(tag).chain_update([0]);
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// What the joiner says before it has seen the host's nonce.
#[must_use]
pub fn commitment(joiner_key: &[u8], nonce: &Nonce) -> String {
    HEXLOWER.encode(&hash("kraken join commit 1", &[joiner_key, nonce]))
}

/// The six digits, as people read them: `482 913`.
#[must_use]
pub fn code(joiner_key: &[u8], host_key: &[u8], joiner: &Nonce, host: &Nonce, exporter: &[u8; 32]) -> String {
    let digest = hash("kraken join code 1", &[joiner_key, host_key, joiner, host, exporter]);
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    let number = u64::from_be_bytes(first) % 1_000_000;
    format!("{:03} {:03}", number / 1000, number % 1000)
}

/// By what a joiner names its invite: it tells nothing about the digest the platform keeps.
#[must_use]
pub fn invite_name(digest: &str) -> String {
    HEXLOWER.encode(&hash("kraken invite name 1", &[digest.as_bytes()])[..8])
}

/// What only a machine of the platform can say: it knows the invite's digest, and is the other end of this very connection.
#[must_use]
pub fn host_proof(digest: &str, host_key: &[u8], joiner_key: &[u8], exporter: &[u8; 32]) -> String {
    HEXLOWER.encode(&hash("kraken invite host 1", &[digest.as_bytes(), host_key, joiner_key, exporter]))
}

/// 32 bytes from 64 hex digits.
#[must_use]
pub fn bytes(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// As text on the wire.
#[must_use]
pub fn hex(bytes: &[u8; 32]) -> String {
    HEXLOWER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_code_is_six_digits_in_two_groups_and_the_same_for_ever() {
        assert_eq!(code(b"j", b"p", &[1; 32], &[2; 32], &[3; 32]), "902 721");
        assert_eq!(commitment(b"j", &[1; 32]).len(), 64);
    }

    proptest! {
        #[test]
        fn nothing_that_goes_into_the_code_can_be_changed_without_changing_what_is_hashed(
            key in proptest::collection::vec(any::<u8>(), 0..50), cut in 0_usize..50,
        ) {
            let cut = cut.min(key.len());
            let (a, b) = key.split_at(cut);
            let whole = hash("t", &[&key, b""]);
            prop_assert_eq!(whole == hash("t", &[a, b]), b.is_empty());
        }

        #[test]
        fn hex_comes_back_and_other_text_does_not(bytes_in in any::<[u8; 32]>(), other in "[0-9a-g]{0,70}") {
            prop_assert_eq!(bytes(&hex(&bytes_in)), Some(bytes_in));
            prop_assert_eq!(bytes(&other).is_some(), other.len() == 64 && !other.contains('g'));
        }
    }
}
