//! Which key does an SSH repository get to see? A fresh Ed25519 pair per repository, made on the node.

use ssh_key::rand_core::OsRng;
use ssh_key::{Algorithm, LineEnding, PrivateKey};

use super::credentials::Secret;

/// A deploy key, both halves as OpenSSH writes them.
#[derive(Clone, Debug)]
pub struct DeployKey {
    /// One line, `ssh-ed25519 AAAA… COMMENT`: what a person pastes into the forge.
    pub public: String,
    /// To be sealed at once.
    pub private: Secret,
}

/// A key that could not be made or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a deploy key")]
pub struct GenerateDeployKeyError(#[from] ssh_key::Error);

/// Makes a new key; `comment` (such as `kraken-home-web`) tells the person in the forge's list what it is for.
///
/// # Errors
/// The kernel gives no randomness, or the key cannot be written.
pub fn generate_deploy_key(comment: &str) -> Result<DeployKey, GenerateDeployKeyError> {
    let mut key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519)?;
    key.set_comment(comment);
    let private = key.to_openssh(LineEnding::LF)?;
    Ok(DeployKey { public: key.public_key().to_openssh()?, private: Secret::new(private.as_str()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_keys_differ_and_say_what_they_are_for() {
        let (one, other) = (generate_deploy_key("kraken-web").unwrap(), generate_deploy_key("kraken-web").unwrap());
        assert!(one.public.starts_with("ssh-ed25519 AAAA") && one.public.ends_with(" kraken-web"));
        assert!(one.private.reveal().starts_with("-----BEGIN OPENSSH PRIVATE KEY-----"));
        assert_ne!(one.public, other.public);
        assert_eq!(PrivateKey::from_openssh(one.private.reveal()).unwrap().public_key().to_openssh().unwrap(), one.public);
    }
}
