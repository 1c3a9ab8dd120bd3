//! What do two machines say to each other before they are one platform? One JSON message at a time, each of at most 4 KB.
//!
//! Keys are not among what is said: they are those of the TLS connection, which each side has proved to hold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::command::Refusal;
use super::document::Member;
use super::id::{NodeId, PlatformId};

/// Version of these messages on the wire.
pub const JOIN_FORMAT: u16 = 1;

/// A text that no log line shows; overwritten in memory when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(pub Zeroizing<String>);

impl SecretText {
    /// Of this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// One message, tagged by `kind`; one of a newer Kraken ends the handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JoinMessage {
    /// The first word of either side; whoever dialled speaks first.
    Hello(Hello),
    /// The joiner commits to its nonce before it sees the host's: SHA-256(tag ‖ its key ‖ nonce), hex.
    Commit {
        /// 64 hex digits.
        digest: String,
    },
    /// The host's nonce.
    Nonce {
        /// 64 hex digits.
        nonce: String,
    },
    /// The joiner's nonce, which must fit its commitment.
    Reveal {
        /// 64 hex digits.
        nonce: String,
    },
    /// The host proves that it knows the invite the joiner named.
    Proof {
        /// 64 hex digits.
        proof: String,
    },
    /// The joiner shows its invite, to a host that proved itself.
    Token {
        /// The secret of the token, 64 hex digits.
        secret: SecretText,
    },
    /// Somebody on this side compared the codes.
    Yes,
    /// This side ends it.
    No {
        /// Why, and what to do.
        refusal: Refusal,
    },
    /// Some members of the platform, to the joiner, after both said yes; [`Self::Handover`] is the last word of them.
    Members {
        /// By id.
        members: BTreeMap<NodeId, Member>,
    },
    /// The keys of the platform, to the joiner, after both said yes.
    Handover(Box<Handover>),
    /// The joiner has it on disk: from now on it is a member.
    Taken,
    /// Said by a newer Kraken.
    #[serde(other)]
    Unknown,
}

/// Who greets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Format version, see [`JOIN_FORMAT`].
    pub v: u16,
    /// What it is called.
    pub name: String,
    /// Fingerprint of its platform.
    pub platform: PlatformId,
    /// What its platform is called.
    pub platform_name: String,
    /// Whether it may join another platform: it is alone and has no app.
    pub is_fresh: bool,
    /// Whether somebody set a password there.
    pub has_password: bool,
    /// The port its own join service listens on.
    pub port: u16,
    /// The invite it comes with, by a name that tells nothing about it: 16 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<String>,
}

/// What makes a machine a member.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// Format version, see [`JOIN_FORMAT`].
    pub v: u16,
    /// The joiner's name in the platform.
    pub name: String,
    /// The platform.
    pub platform: PlatformId,
    /// What it is called.
    pub platform_name: String,
    /// Every member, the joiner among them; on the wire they travel before, in [`JoinMessage::Members`].
    #[serde(default)]
    pub members: BTreeMap<NodeId, Member>,
    /// `secret.key` as the joiner shall have it.
    pub keyring: SecretText,
}

impl std::fmt::Debug for Handover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handover({} of {}, {} members)", self.name, self.platform, self.members.len())
    }
}

#[cfg(test)]
impl Hello {
    /// A fresh machine's greeting, for tests.
    pub(crate) fn sample() -> Self {
        Self {
            v: JOIN_FORMAT,
            name: "pi4".into(),
            platform: "0123456789abcdef".parse().unwrap(),
            platform_name: "home".into(),
            is_fresh: true,
            has_password: false,
            port: 7373,
            invite: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_like_this_on_the_wire() {
        let text = serde_json::to_string(&JoinMessage::Hello(Hello::sample())).unwrap();
        assert_eq!(
            text,
            r#"{"kind":"hello","v":1,"name":"pi4","platform":"0123456789abcdef","platform_name":"home","is_fresh":true,"has_password":false,"port":7373}"#
        );
        assert_eq!(serde_json::to_string(&JoinMessage::Yes).unwrap(), r#"{"kind":"yes"}"#);
        let commit = JoinMessage::Commit { digest: "ab".into() };
        assert_eq!(serde_json::to_string(&commit).unwrap(), r#"{"kind":"commit","digest":"ab"}"#);
    }

    #[test]
    fn what_a_newer_kraken_says_is_known_as_unknown() {
        let read: JoinMessage = serde_json::from_str(r#"{"kind":"zero_knowledge","x":1}"#).unwrap();
        assert_eq!(read, JoinMessage::Unknown);
    }

    #[test]
    fn no_secret_shows_in_a_log() {
        let members = BTreeMap::new();
        let (name, platform_name) = ("pi4".to_owned(), "home".to_owned());
        let platform = "0123456789abcdef".parse().unwrap();
        let handover = Handover { v: 1, name, platform, platform_name, members, keyring: SecretText::new("SECRET") };
        assert!(!format!("{:?}", JoinMessage::Handover(Box::new(handover))).contains("SECRET"));
        assert!(!format!("{:?}", JoinMessage::Token { secret: SecretText::new("SECRET") }).contains("SECRET"));
    }
}
