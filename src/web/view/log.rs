//! What is shown of lines and measurements, and of what people did?

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::moment::Moment;
use crate::model::id::{NodeId, ReplicaId};

/// A page of a build log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct BuildLog {
    /// In order.
    pub lines: Vec<BuildLine>,
    /// Where to read on.
    pub next: u64,
    /// Whether nothing comes any more.
    pub ended: bool,
}

/// One line of a build log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BuildLine {
    /// Its number, from 0.
    pub n: u64,
    /// When it was written.
    pub at: Moment,
    /// Who wrote it.
    pub stream: BuildStream,
    /// Without its newline.
    pub text: String,
}

/// Who wrote a line of a build log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BuildStream {
    /// A step begins.
    Step,
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// Kraken itself.
    Note,
}

/// A page of an app's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogPage {
    /// In order of time.
    pub lines: Vec<LogLine>,
    /// Where to read on.
    pub cursor: Option<String>,
}

/// One line an app wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// Its place; survives restarts of the agent and of the page.
    pub cursor: String,
    /// When it was written, RFC 3339 with nanoseconds.
    pub at: String,
    /// By which copy.
    pub replica: ReplicaId,
    /// On which machine.
    pub node: NodeId,
    /// By which version, if known.
    pub version_number: Option<u32>,
    /// Where it was written to.
    pub stream: LogStream,
    /// Without its newline.
    pub text: String,
    /// How much it matters, if it says.
    pub level: Option<Level>,
}

/// Where a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Something went wrong.
    Error,
    /// Something may go wrong.
    Warn,
    /// Good to know.
    Info,
    /// For whoever looks for a fault.
    Debug,
}

/// What an app used over the last hour.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct AppSeries {
    /// Bytes it may use.
    pub limit_bytes: u64,
    /// In order of time.
    pub series: Vec<StatsPoint>,
    /// When it changed its version.
    pub deployments: Vec<DeploymentMark>,
}

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatsPoint {
    /// When.
    pub at: Moment,
    /// Percent of one core.
    pub cpu_percent: f64,
    /// Bytes in use.
    pub memory_bytes: u64,
}

/// When an app changed its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentMark {
    /// When.
    pub at: Moment,
    /// To which.
    pub version_number: u32,
}

/// One change somebody made or tried to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its place; later ones are greater as text.
    pub id: String,
    /// When.
    pub at: Moment,
    /// `session`, `token NAME`, `local USER`, or `nobody` for who is not signed in.
    pub who: String,
    /// What: `deploy`, `stop`, `sign in`.
    pub verb: String,
    /// To what: `apps/web`.
    pub object: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// What was answered, never a secret.
    pub detail: Option<String>,
}
