//! Which key did an SSH server show when it was first met? Pinned then; a change is an error.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A server's key as people compare it: `ssh-ed25519 SHA256:…`, the fingerprint as `ssh-keygen -l` prints it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HostKey {
    /// OpenSSH's name of the key's type.
    pub kind: String,
    /// `SHA256:` and base64 without padding.
    pub fingerprint: String,
}

impl fmt::Display for HostKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.kind, self.fingerprint)
    }
}
