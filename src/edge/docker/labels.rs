//! Which Docker objects are ours? Those that carry this platform's and this node's label.

use std::collections::{BTreeMap, HashMap};

/// The label keys Kraken writes.
pub mod label {
    /// The platform's name.
    pub const PLATFORM: &str = "kraken.platform";
    /// The node's id.
    pub const NODE: &str = "kraken.node";
    /// The app's id.
    pub const APP: &str = "kraken.app";
    /// The version's id.
    pub const VERSION: &str = "kraken.version";
    /// The deployment that brought it.
    pub const DEPLOYMENT: &str = "kraken.deployment";
    /// The replica's id.
    pub const REPLICA: &str = "kraken.replica";
    /// The epoch whose plan made it.
    pub const EPOCH: &str = "kraken.epoch";
    /// A digest of what the container was made from; see [`super::super::ContainerSpec::digest`].
    pub const SPEC: &str = "kraken.spec";
    /// On images made from Debian packages where no registry could be reached.
    pub const BASE: &str = "kraken.base";
}

/// Who owns what this node makes. Two agents on one Docker never touch each other's objects, because both must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// The platform's name, such as `home`.
    pub platform: String,
    /// The node's id.
    pub node: String,
}

/// What a container's labels say it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReplicaLabels {
    /// The app's id.
    pub app: String,
    /// The version's id.
    pub version: String,
    /// The replica's id.
    pub replica: String,
    /// The deployment that brought it.
    pub deployment: String,
    /// The epoch whose plan made it; for people, never compared.
    pub epoch: String,
}

impl Labels {
    /// Whether an object with these labels is this node's.
    #[must_use]
    pub fn own(&self, labels: &HashMap<String, String>) -> bool {
        labels.get(label::PLATFORM) == Some(&self.platform) && labels.get(label::NODE) == Some(&self.node)
    }

    /// Whether an object with these labels is this node's, or was before the node joined another platform.
    #[must_use]
    pub fn own_or_former(&self, labels: &HashMap<String, String>) -> bool {
        labels.contains_key(label::PLATFORM) && labels.get(label::NODE) == Some(&self.node)
    }

    /// The two owner labels and `more`; an owner label in `more` does not win.
    #[must_use]
    pub fn with(&self, more: &BTreeMap<String, String>) -> HashMap<String, String> {
        let own = [(label::PLATFORM, &self.platform), (label::NODE, &self.node)];
        more.iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .chain(own.map(|(key, value)| (key.to_owned(), value.clone())))
            .collect()
    }

    /// Docker's filter that finds our objects and no others, plus what the caller asks beside it.
    #[must_use]
    pub fn filter<const N: usize>(&self, more: [(&str, &[&str]); N]) -> HashMap<String, Vec<String>> {
        let own = vec![format!("{}={}", label::PLATFORM, self.platform), format!("{}={}", label::NODE, self.node)];
        more.into_iter()
            .map(|(key, values)| (key.to_owned(), values.iter().map(|&value| value.to_owned()).collect()))
            .chain([("label".to_owned(), own)])
            .collect()
    }
}

impl ReplicaLabels {
    /// What the labels of one of our containers say; a missing one is empty.
    #[must_use]
    pub fn read(labels: &HashMap<String, String>) -> Self {
        let get = |key: &str| labels.get(key).cloned().unwrap_or_default();
        Self {
            app: get(label::APP),
            version: get(label::VERSION),
            replica: get(label::REPLICA),
            deployment: get(label::DEPLOYMENT),
            epoch: get(label::EPOCH),
        }
    }

    /// As Docker labels.
    #[must_use]
    pub fn write(&self) -> BTreeMap<String, String> {
        [
            (label::APP, &self.app),
            (label::VERSION, &self.version),
            (label::REPLICA, &self.replica),
            (label::DEPLOYMENT, &self.deployment),
            (label::EPOCH, &self.epoch),
        ]
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us() -> Labels {
        Labels { platform: "home".into(), node: "n1".into() }
    }

    #[test]
    fn an_object_of_another_node_or_platform_is_not_ours() {
        let theirs = |platform: &str, node: &str| Labels { platform: platform.into(), node: node.into() }.with(&BTreeMap::new());
        assert!(us().own(&theirs("home", "n1")));
        assert!(!us().own(&theirs("home", "n2")));
        assert!(!us().own(&theirs("away", "n1")));
        assert!(!us().own(&HashMap::new()));
    }

    #[test]
    fn extra_labels_cannot_change_the_owner() {
        let forged = BTreeMap::from([(label::NODE.to_owned(), "n2".to_owned())]);
        assert_eq!(us().with(&forged)[label::NODE], "n1");
    }

    #[test]
    fn what_a_replica_is_survives_its_labels() {
        let replica = ReplicaLabels {
            app: "web".into(),
            version: "v1".into(),
            replica: "r1".into(),
            deployment: "d1".into(),
            epoch: "3.n1".into(),
        };
        assert_eq!(ReplicaLabels::read(&us().with(&replica.write())), replica);
    }

    #[test]
    fn the_filter_names_both_owners() {
        let filter = us().filter([("type", &["container"])]);
        assert_eq!(filter["label"], ["kraken.platform=home", "kraken.node=n1"]);
        assert_eq!(filter["type"], ["container"]);
    }
}
