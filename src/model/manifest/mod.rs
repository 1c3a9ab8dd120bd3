//! What does a shipwreck.toml say? The parsed, checked manifest of one app, with its defaults filled in.
//!
//! [`crate::decide::manifest::parse`] makes one; records, plans and the API carry it. `docs/shipwreck.md` is the reference.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod build;
mod deploy;
mod finding;
mod reach;
mod run;

pub use build::{BuildTable, ConfigTable, Lang};
pub use deploy::{AutoDeploy, DeployTable, Keep, PlaceTable, Prefer, Strategy};
pub use finding::{Finding, Severity};
pub use reach::{Access, RouteTable, TcpPort, Volume};
pub use run::{HealthTable, ResourcesTable, ScaleTable, SleepMode, SleepTable};

/// One app as its shipwreck.toml describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Manifest {
    /// Who it is.
    pub app: AppTable,
    /// What runs.
    pub config: ConfigTable,
    /// How its image is made.
    #[serde(default)]
    pub build: BuildTable,
    /// Plain values for its environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Names of the sealed values it needs, each with what it is for (empty where the file does not say).
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// When it counts as well.
    #[serde(default)]
    pub health: HealthTable,
    /// How many replicas.
    #[serde(default)]
    pub scale: ScaleTable,
    /// When it may sleep.
    #[serde(default)]
    pub sleep: SleepTable,
    /// What it may use.
    #[serde(default)]
    pub resources: ResourcesTable,
    /// Where it answers HTTP.
    #[serde(default)]
    pub route: RouteTable,
    /// How it is updated.
    #[serde(default)]
    pub deploy: DeployTable,
    /// Where it may run.
    #[serde(default)]
    pub place: PlaceTable,
    /// Data that outlives its containers, in the file's order.
    #[serde(default)]
    pub volumes: Vec<Volume>,
    /// Its TCP ports on the LAN beside HTTP, in the file's order.
    #[serde(default)]
    pub ports: Vec<TcpPort>,
    /// Which keys the file itself set (`scale.replicas`), so that a page can say "set here; the file says 2".
    #[serde(default)]
    pub set: BTreeSet<String>,
}

impl Manifest {
    /// Whether the file itself set `key` (`table.key`); else its value is a default.
    #[must_use]
    pub fn says(&self, key: &str) -> bool {
        self.set.contains(key)
    }

    /// Whether some of its data may be used by one replica only.
    #[must_use]
    pub fn has_exclusive_volume(&self) -> bool {
        self.volumes.iter().any(|volume| !volume.shared)
    }
}

/// `[app]`: who the app is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AppTable {
    /// Free text; the app id is its slug.
    pub name: String,
    /// The author's own version, for display only.
    pub version: Option<String>,
    /// Who wrote it, for display only.
    pub author: Option<String>,
    /// The path that "open" goes to, such as `/admin`.
    pub endpoint: Option<String>,
}

#[cfg(test)]
mod tests;
