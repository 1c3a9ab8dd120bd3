//! How is the app updated, and where may it run? `[deploy]` and `[place]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::span;

/// `[deploy]`: how it is updated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeployTable {
    /// The branch that updates come from; none: the one it was first deployed from.
    pub branch: Option<String>,
    /// What brings a new commit here without a person.
    pub auto: AutoDeploy,
    /// The pause between two looks at the repository.
    #[serde(with = "span")]
    #[schema(value_type = String)]
    pub every: Duration,
    /// Which old versions stay ready for a rollback.
    pub keep: Keep,
    /// How the new version takes over. Already `stop-first` where a volume asks for it.
    pub strategy: Strategy,
}

impl Default for DeployTable {
    fn default() -> Self {
        Self {
            branch: None,
            auto: AutoDeploy::Off,
            every: Duration::from_secs(120),
            keep: Keep::default(),
            strategy: Strategy::Swap,
        }
    }
}

/// What brings a new commit here without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AutoDeploy {
    /// Kraken looks at the repository from time to time.
    Poll,
    /// The Git server calls.
    Hook,
    /// Nothing; also what a newer program's word means here.
    #[serde(other)]
    Off,
}

/// Old versions stay while they are among the newest `versions`, and those younger than `age` stay too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Keep {
    /// How many, beside the current one.
    pub versions: u32,
    /// How long.
    #[serde(with = "span")]
    #[schema(value_type = String)]
    pub age: Duration,
}

impl Default for Keep {
    fn default() -> Self {
        Self { versions: 3, age: Duration::from_secs(7 * 86_400) }
    }
}

/// How a new version takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The new replica serves before the old one stops: no gap.
    Swap,
    /// The old one stops before the new one starts. A newer program's word means this too: it never doubles a writer.
    #[serde(other)]
    StopFirst,
}

/// `[place]`: where it may run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PlaceTable {
    /// Architectures as Docker names them (`amd64`, `arm64`, `arm`); empty: any.
    pub arch: Vec<String>,
    /// Labels a node must all have.
    pub labels: Vec<String>,
    /// Which kind of node comes first.
    pub prefer: Option<Prefer>,
    /// Whether replicas go to different nodes.
    pub spread: bool,
}

/// Which kind of node comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Prefer {
    /// One that is always on.
    Anchor,
    /// One that may go at any time.
    Spare,
    /// A newer program's word: no preference.
    #[serde(other)]
    Unknown,
}
