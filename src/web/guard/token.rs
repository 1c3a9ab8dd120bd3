//! How is a key made that nobody guesses? 256 bits from the kernel, as text.

use data_encoding::BASE32_NOPAD;

use crate::model::setting;

/// What an API token begins with, so that people and scanners know it.
pub const PREFIX: &str = "kraken_";

/// The kernel gives no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the kernel gives no randomness")]
pub struct MakeTokenError;

/// A fresh token: 52 letters and digits.
///
/// # Errors
/// When the kernel gives no randomness.
pub fn fresh() -> Result<String, MakeTokenError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| MakeTokenError)?;
    Ok(BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
}

/// What a token is kept and looked up by: its SHA-256, so that neither a backup nor a timing tells it.
#[must_use]
pub fn digest(token: &str) -> String {
    setting::digest(token.as_bytes())
}

/// What people name a token by: the first 16 digits of its digest.
#[must_use]
pub fn id_of(digest: &str) -> &str {
    digest.get(..16).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() {
        let (one, other) = (fresh().unwrap(), fresh().unwrap());
        assert_eq!((one.len(), digest(&one).len(), id_of(&digest(&one)).len()), (52, 64, 16));
        assert_ne!(one, other);
    }
}
