//! What is called what? One type per identity, so that a swapped argument does not compile.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Text that is not the identity it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not {expected}")]
pub struct ParseIdError {
    text: String,
    expected: &'static str,
}

/// Declares an identity made of text that a rule accepts.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $rule:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String)]
        pub struct $name(String);

        impl $name {
            /// The identity as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let rule: fn(&str) -> bool = $rule;
                if rule(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(ParseIdError { text: text.chars().take(80).collect(), expected: $expected })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

fn is_slug(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_hex(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_token(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

const NODE_LEN: usize = 26;

/// A machine: the first 16 bytes of SHA-256 of its public key (SPKI, DER), lower-case base32 without padding (RFC 4648).
/// Held in place, not on the heap: the election copies and compares thousands of them a second.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String)]
pub struct NodeId([u8; NODE_LEN]);

impl NodeId {
    /// The identity as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only a-z and 2-7 were let in")
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NodeId").field(&self.as_str()).finish()
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for NodeId {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match <[u8; NODE_LEN]>::try_from(text.as_bytes()) {
            Ok(bytes) if bytes.iter().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')) => Ok(Self(bytes)),
            _ => Err(ParseIdError { text: text.chars().take(80).collect(), expected: "a node id (26 characters a-z 2-7)" }),
        }
    }
}

impl TryFrom<String> for NodeId {
    type Error = ParseIdError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<NodeId> for String {
    fn from(id: NodeId) -> Self {
        id.as_str().to_owned()
    }
}

text_id!(
    /// An app: the slug of its name.
    AppId,
    "an app id (1 to 32 of a-z, 0-9 and -)",
    is_slug
);
text_id!(
    /// One built state of an app: hash of the commit, `[config]`, `[build]` and the edited manifest, 16 hex digits.
    VersionId,
    "a version id (16 hex digits)",
    |text| is_hex(text, 16)
);
text_id!(
    /// One container of an app: `APP-DEPLOYMENT-INDEX`.
    ReplicaId,
    "a replica id",
    is_token
);
text_id!(
    /// Docker's id of a container.
    ContainerId,
    "a container id",
    is_token
);
text_id!(
    /// Docker's id of an image (`sha256:…`).
    ImageId,
    "an image id",
    is_token
);
text_id!(
    /// One volume of one app; also the name of its Docker volume.
    VolumeId,
    "a volume id",
    is_token
);
text_id!(
    /// A database's life: 64 random bits, 16 hex digits. A restored or copied database is told from its twin by it.
    StoreId,
    "a store id (16 hex digits)",
    |text| is_hex(text, 16)
);
text_id!(
    /// The platform's fingerprint: 16 hex digits.
    PlatformId,
    "a platform id (16 hex digits)",
    |text| is_hex(text, 16)
);

impl NodeId {
    /// The short form people see and Docker names carry: the first eight characters.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.as_str()[..8]
    }
}

impl PlatformId {
    /// The short form Docker names carry: the first eight digits.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..8]
    }
}

impl ReplicaId {
    /// The replica `index` that `deployment` brings to `app`.
    #[must_use]
    pub fn new(app: &AppId, deployment: DeploymentId, index: u32) -> Self {
        Self(format!("{app}-{}-{index}", deployment.short()))
    }
}

/// Declares an identity made of a UUID.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self).map_err(|_| ParseIdError {
                    text: text.chars().take(80).collect(),
                    expected: "a UUID",
                })
            }
        }
    };
}

uuid_id!(
    /// The act of making one revision of an app current: `UUIDv5(app, idempotency key)`.
    DeploymentId
);
uuid_id!(
    /// One question to the agent; its answer carries the same id.
    RequestId
);

impl DeploymentId {
    /// The deployment that `key` asks of `app`: a retried request is the same deployment.
    #[must_use]
    pub fn new(app: &AppId, key: &str) -> Self {
        let name = format!("{app}\u{0}{key}");
        Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()))
    }

    /// Eight hex digits, enough to tell an app's deployments apart in names.
    #[must_use]
    pub fn short(&self) -> String {
        self.0.simple().to_string()[..8].to_owned()
    }
}

/// One reign: epochs compare as whole tuples, so two nodes can never hold the same one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Epoch {
    /// One more than any epoch its holder had ever seen.
    pub counter: u64,
    /// Who holds it.
    pub node: NodeId,
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.counter, self.node.short())
    }
}

/// One run of the agent: tells a restart from a clone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Incarnation {
    /// How often this node's agent was started.
    pub boot: u64,
    /// 64 random bits of this start.
    pub random: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_id_is_a_slug_and_nothing_else() {
        for good in ["a", "web", "my-app-2", &"x".repeat(32)] {
            assert!(good.parse::<AppId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "Web", "a b", "../x", "ä", &"x".repeat(33)] {
            assert!(bad.parse::<AppId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_same_key_is_the_same_deployment_and_another_app_is_another() {
        let web: AppId = "web".parse().unwrap();
        let api: AppId = "api".parse().unwrap();
        assert_eq!(DeploymentId::new(&web, "k"), DeploymentId::new(&web, "k"));
        assert_ne!(DeploymentId::new(&web, "k"), DeploymentId::new(&api, "k"));
    }

    #[test]
    fn epochs_compare_by_counter_then_node() {
        let a: NodeId = "a".repeat(26).parse().unwrap();
        let b: NodeId = "b".repeat(26).parse().unwrap();
        let epoch = |counter, node: &NodeId| Epoch { counter, node: node.clone() };
        assert!(epoch(2, &a) > epoch(1, &b));
        assert!(epoch(2, &b) > epoch(2, &a));
    }

    #[test]
    fn ids_are_plain_text_on_the_wire_and_bad_ones_are_refused() {
        let app: AppId = serde_json::from_str("\"web\"").unwrap();
        assert_eq!(serde_json::to_string(&app).unwrap(), "\"web\"");
        assert!(serde_json::from_str::<AppId>("\"../etc\"").is_err());
    }
}
