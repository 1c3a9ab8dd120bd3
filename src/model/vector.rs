//! What does a node hold? The last sequence of every origin it has on disk.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{NodeId, StoreId};
use super::record::Origin;

/// The last sequence of each origin; an origin that is not named stands at 0. A list on the wire, ordered by origin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(NodeId, StoreId, u64)>", into = "Vec<(NodeId, StoreId, u64)>")]
pub struct Vector(pub BTreeMap<Origin, u64>);

impl Vector {
    /// The last sequence of `origin`.
    #[must_use]
    pub fn get(&self, origin: &Origin) -> u64 {
        self.0.get(origin).copied().unwrap_or(0)
    }

    /// Whether all of `other` is here.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|(origin, seq)| self.get(origin) >= *seq)
    }

    /// Takes in that `origin` is here up to `seq`.
    pub fn raise(&mut self, origin: &Origin, seq: u64) {
        if seq > self.get(origin) {
            self.0.insert(origin.clone(), seq);
        }
    }

    /// Takes in all of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (origin, seq) in &other.0 {
            self.raise(origin, *seq);
        }
    }
}

impl From<Vec<(NodeId, StoreId, u64)>> for Vector {
    fn from(list: Vec<(NodeId, StoreId, u64)>) -> Self {
        Self(list.into_iter().map(|(node, store, seq)| (Origin { node, store }, seq)).collect())
    }
}

impl From<Vector> for Vec<(NodeId, StoreId, u64)> {
    fn from(vector: Vector) -> Self {
        vector.0.into_iter().map(|(origin, seq)| (origin.node, origin.store, seq)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(letter: &str) -> Origin {
        Origin { node: letter.repeat(26).parse().unwrap(), store: "0123456789abcdef".parse().unwrap() }
    }

    #[test]
    fn a_vector_covers_what_is_not_above_it() {
        let (mut more, mut less) = (Vector::default(), Vector::default());
        more.raise(&origin("a"), 3);
        less.raise(&origin("a"), 2);
        assert!(more.covers(&less) && !less.covers(&more));
        less.raise(&origin("b"), 1);
        assert!(!more.covers(&less));
        more.merge(&less);
        assert!(more.covers(&less) && more.get(&origin("a")) == 3);
    }

    #[test]
    fn it_reads_like_this_on_the_wire() {
        let mut vector = Vector::default();
        vector.raise(&origin("a"), 3);
        let text = r#"[["aaaaaaaaaaaaaaaaaaaaaaaaaa","0123456789abcdef",3]]"#;
        assert_eq!(serde_json::to_string(&vector).unwrap(), text);
        assert_eq!(serde_json::from_str::<Vector>(text).unwrap(), vector);
    }
}
