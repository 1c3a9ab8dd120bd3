//! Which secrets does the platform have now, and who may have them? What is said of them; the secrets stay at the edge.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::id::NodeId;
use super::join::SecretText;
use super::time::Hlc;

/// Version of an offer on the wire.
pub const KEYS_FORMAT: u16 = 1;

/// A generation of the platform's secrets; of two, the greater (generation, stamp) counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFacts {
    /// Counts up with each removal.
    pub generation: u32,
    /// Tells two that were made apart from each other.
    #[serde(default)]
    pub hlc: Hlc,
    /// The members it was made for; none: those of a platform from which nobody was ever removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<BTreeSet<NodeId>>,
}

impl Default for KeyFacts {
    fn default() -> Self {
        Self { generation: 1, hlc: Hlc::default(), members: None }
    }
}

impl KeyFacts {
    /// Whether these count against `other`.
    #[must_use]
    pub fn is_above(&self, other: &Self) -> bool {
        (self.generation, self.hlc) > (other.generation, other.hlc)
    }
}

/// Secrets on their way to a member. They never travel as a record, and never to whom they were not made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyOffer {
    /// Format version, see [`KEYS_FORMAT`].
    pub v: u16,
    /// Which.
    pub facts: KeyFacts,
    /// `secret.key` as the giver has it.
    pub keyring: SecretText,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_reads_like_this_and_shows_no_secret_in_a_log() {
        let facts =
            KeyFacts { generation: 2, hlc: Hlc { wall: 5, logical: 0 }, members: Some(["a".repeat(26).parse().unwrap()].into()) };
        let offer = KeyOffer { v: KEYS_FORMAT, facts, keyring: SecretText::new("SECRET") };
        assert_eq!(
            serde_json::to_string(&offer).unwrap(),
            r#"{"v":1,"facts":{"generation":2,"hlc":{"wall":5,"logical":0},"members":["aaaaaaaaaaaaaaaaaaaaaaaaaa"]},"keyring":"SECRET"}"#
        );
        assert!(!format!("{offer:?}").contains("SECRET"));
    }

    #[test]
    fn the_higher_generation_counts_and_of_two_alike_the_later() {
        let facts = |generation, wall| KeyFacts { generation, hlc: Hlc { wall, logical: 0 }, members: None };
        assert!(facts(2, 0).is_above(&facts(1, 9)) && facts(2, 2).is_above(&facts(2, 1)) && !facts(2, 1).is_above(&facts(2, 1)));
    }
}
