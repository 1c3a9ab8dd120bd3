//! How does a heartbeat travel? Sealed under a key of the platform; whoever does not have it can neither read nor write one.
//!
//! One datagram: `KRKH` (4 bytes), format (1), key generation (4, little-endian), nonce (24, random), then the sealed
//! heartbeat and its tag (XChaCha20-Poly1305, with all before the nonce as associated data). The key is
//! HKDF-SHA256(platform secret, info = `kraken heartbeat 1` ‖ generation).

use std::collections::BTreeMap;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::edge::keyring::Key;

const MAGIC: &[u8; 4] = b"KRKH";
const FORMAT: u8 = 1;
const HEAD: usize = 9;
const NONCE: usize = 24;
const PURPOSE: &[u8] = b"kraken heartbeat 1";
/// The largest datagram that is read; ten nodes need half of it.
pub(super) const LARGEST: usize = 4096;

/// The keys of heartbeats, by generation. The greatest generation is the current one.
pub struct HeartbeatKeys {
    current: u32,
    ciphers: BTreeMap<u32, XChaCha20Poly1305>,
}

impl HeartbeatKeys {
    /// Keys from the generations of the platform secret.
    #[must_use]
    pub fn new(secrets: &BTreeMap<u32, Key>) -> Self {
        let ciphers: BTreeMap<_, _> =
            secrets.iter().map(|(generation, secret)| (*generation, cipher(*generation, secret))).collect();
        Self { current: ciphers.keys().next_back().copied().unwrap_or(0), ciphers }
    }

    /// `heartbeat` as a datagram of the current generation; none without key or entropy, and then nothing may be sent.
    #[must_use]
    pub fn seal(&self, heartbeat: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).ok()?;
        self.seal_with(heartbeat, &nonce)
    }

    fn seal_with(&self, heartbeat: &[u8], nonce: &[u8; NONCE]) -> Option<Vec<u8>> {
        let head = head(self.current);
        let payload = Payload { msg: heartbeat, aad: &head };
        let sealed = self.ciphers.get(&self.current)?.encrypt(XNonce::from_slice(nonce), payload).ok()?;
        Some([&head[..], nonce, &sealed].concat())
    }

    /// The heartbeat in a datagram, and whether it was sealed with the current generation; none if it is not of this platform.
    #[must_use]
    pub fn open(&self, datagram: &[u8]) -> Option<(Vec<u8>, bool)> {
        let (head, rest) = datagram.split_at_checked(HEAD)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE)?;
        if head[..4] != MAGIC[..] || head[4] != FORMAT {
            return None;
        }
        let generation = u32::from_le_bytes(head[5..].try_into().ok()?);
        let opened = self.ciphers.get(&generation)?.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: head });
        Some((opened.ok()?, generation == self.current))
    }
}

fn head(generation: u32) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..4].copy_from_slice(MAGIC);
    head[4] = FORMAT;
    head[5..].copy_from_slice(&generation.to_le_bytes());
    head
}

fn cipher(generation: u32, secret: &Key) -> XChaCha20Poly1305 {
    let mut key = Zeroizing::new([0; 32]);
    let info = [PURPOSE, &generation.to_le_bytes()].concat();
    Hkdf::<Sha256>::new(None, &secret[..]).expand(&info, &mut key[..]).expect("32 bytes are one block of SHA-256");
    XChaCha20Poly1305::new(key[..].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(generations: &[(u32, u8)]) -> HeartbeatKeys {
        HeartbeatKeys::new(&generations.iter().map(|(generation, byte)| (*generation, Zeroizing::new([*byte; 32]))).collect())
    }

    #[test]
    fn a_datagram_reads_like_this() {
        let sealed = keys(&[(7, 1)]).seal_with(b"beat", &[9; NONCE]).unwrap();
        let hex = data_encoding::HEXLOWER.encode(&sealed);
        let nonce = "09".repeat(NONCE);
        assert_eq!(hex.strip_prefix(&format!("4b524b480107000000{nonce}")).map(str::len), Some(2 * (4 + 16)), "{hex}");
        assert_eq!(&hex[2 * (HEAD + NONCE)..], PINNED);
        assert_eq!(keys(&[(7, 1)]).open(&sealed), Some((b"beat".to_vec(), true)));
    }

    const PINNED: &str = "5a092eb1ef751549696dd35dea9536788c639550";

    #[test]
    fn an_older_generation_is_told_from_the_current_one_and_an_unknown_one_is_foreign() {
        let (old, new) = (keys(&[(1, 1)]), keys(&[(1, 1), (2, 2)]));
        let said = old.seal(b"beat").unwrap();
        assert_eq!(new.open(&said), Some((b"beat".to_vec(), false)));
        assert_eq!(old.open(&new.seal(b"beat").unwrap()), None);
        assert_eq!(keys(&[(1, 3)]).open(&said), None, "another platform's");
        assert_eq!(keys(&[]).seal(b"beat"), None);
    }

    #[test]
    fn no_changed_bit_and_no_missing_byte_goes_unnoticed() {
        let keys = keys(&[(1, 1), (0, 1)]);
        let said = keys.seal(b"beat").unwrap();
        for bit in 0..said.len() * 8 {
            let mut forged = said.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(keys.open(&forged), None, "bit {bit}");
        }
        for len in 0..said.len() {
            assert_eq!(keys.open(&said[..len]), None, "cut at {len}");
        }
        assert_ne!(keys.seal(b"beat").unwrap(), said, "no nonce twice");
    }
}
