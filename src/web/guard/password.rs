//! Is that the password? argon2id, one at a time: 19 MiB each would otherwise be a way to fill the memory.

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// Fewest characters of a new password.
pub const SHORTEST: usize = 8;
/// Longest password taken, in bytes.
pub const LONGEST: usize = 1024;

/// Why a new password is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetPasswordError {
    /// Too short.
    #[error("the password has fewer than {SHORTEST} characters")]
    Short,
    /// Too long.
    #[error("the password is longer than {LONGEST} bytes")]
    Long,
    /// It could not be hashed.
    #[error("the password could not be hashed")]
    Hash,
}

/// 19 MiB, two passes, one lane: the OWASP password storage cheat sheet's first choice for argon2id.
fn argon() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None).unwrap_or_default())
}

/// Whether a new password is within bounds.
///
/// # Errors
/// When it is too short or too long.
pub fn check(password: &str) -> Result<(), SetPasswordError> {
    match password {
        short if short.chars().count() < SHORTEST => Err(SetPasswordError::Short),
        long if long.len() > LONGEST => Err(SetPasswordError::Long),
        _ => Ok(()),
    }
}

/// The PHC string of a new password. Takes a tenth of a second; call it where blocking is allowed.
///
/// # Errors
/// When it is too short or too long.
pub fn hash(password: &str) -> Result<String, SetPasswordError> {
    check(password)?;
    let salt = SaltString::generate(&mut OsRng);
    let hash = argon().hash_password(password.as_bytes(), &salt).map_err(|_| SetPasswordError::Hash)?;
    Ok(hash.to_string())
}

/// Whether `password` is the one behind `phc`. Takes as long as [`hash`].
#[must_use]
pub fn verify(password: &str, phc: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(phc) else { return false };
    password.len() <= LONGEST && argon().verify_password(password.as_bytes(), &parsed).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_password_opens_and_no_other() {
        let phc = hash("correct horse").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("correct horse", &phc) && !verify("correct horsf", &phc) && !verify("", "nonsense"));
    }

    #[test]
    fn a_new_password_has_bounds() {
        assert_eq!(hash("short"), Err(SetPasswordError::Short));
        assert_eq!(hash(&"x".repeat(1025)), Err(SetPasswordError::Long));
    }
}
