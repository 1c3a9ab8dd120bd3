//! How does the app run? `[health]`, `[scale]`, `[sleep]` and `[resources]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::quantity::{Bytes, Cores};
use crate::model::span;

/// `[health]`: when a replica counts as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HealthTable {
    /// The path that must answer below 500; none: the port must take a TCP connection.
    pub path: Option<String>,
    /// The pause between two checks of a running replica.
    #[serde(with = "span")]
    #[schema(value_type = String)]
    pub every: Duration,
    /// How long one check may take.
    #[serde(with = "span")]
    #[schema(value_type = String)]
    pub timeout: Duration,
    /// How long after its start a replica may take to answer the first time.
    #[serde(with = "span")]
    #[schema(value_type = String)]
    pub grace: Duration,
}

impl Default for HealthTable {
    fn default() -> Self {
        Self { path: None, every: Duration::from_secs(10), timeout: Duration::from_secs(5), grace: Duration::from_secs(60) }
    }
}

/// `[scale]`: how many replicas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScaleTable {
    /// Wished replicas.
    pub replicas: u32,
    /// Fewest that scaling by load leaves.
    pub min: Option<u32>,
    /// Most that scaling by load makes.
    pub max: Option<u32>,
    /// Processor use, in percent of its limit, that scaling by load aims at.
    pub cpu: Option<u32>,
}

impl Default for ScaleTable {
    fn default() -> Self {
        Self { replicas: 1, min: None, max: None, cpu: None }
    }
}

/// `[sleep]`: when an unused app sleeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SleepTable {
    /// Idle time before it is paused; none: it never sleeps.
    #[serde(with = "span::option")]
    #[schema(value_type = Option<String>)]
    pub after: Option<Duration>,
    /// Idle time before it is stopped.
    #[serde(with = "span")]
    #[schema(value_type = String)]
    pub stop: Duration,
    /// Which of the two steps it takes.
    pub mode: SleepMode,
    /// How long a request waits for it to wake.
    #[serde(with = "span")]
    #[schema(value_type = String)]
    pub hold: Duration,
    /// The hours of the day in which it is kept awake, `"07:00-22:30"`.
    pub hours: Option<String>,
}

impl Default for SleepTable {
    fn default() -> Self {
        Self { after: None, stop: Duration::from_secs(3600), mode: SleepMode::Auto, hold: Duration::from_secs(60), hours: None }
    }
}

/// Which steps of sleep an app takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SleepMode {
    /// Pause, later stop.
    Auto,
    /// Pause only.
    Pause,
    /// Stop at once.
    Stop,
    /// It works in the background: no sleep. A newer program's word means this too, as it loses nothing.
    #[serde(other)]
    Never,
}

/// `[resources]`: what one replica may use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ResourcesTable {
    /// The most memory; see [`ResourcesTable::memory_on`].
    #[schema(value_type = Option<String>)]
    pub memory: Option<Bytes>,
    /// The most processor cores; none: as many as are free.
    #[schema(value_type = Option<f64>)]
    pub cpu: Option<Cores>,
}

impl ResourcesTable {
    /// The most memory a replica may use on a node with `memory`: 512 MB, or a quarter of a small node, unless the file says.
    #[must_use]
    pub fn memory_on(&self, memory: Bytes) -> Bytes {
        self.memory.unwrap_or_else(|| Bytes(memory.0 / 4).min(Bytes::mib(512)))
    }
}
