//! What do commands show of a deployment, of the version it makes, and of its build?

#![allow(missing_docs, reason = "the fields are the API's, described in its OpenAPI document")]

use serde::Deserialize;

/// A wish was recorded.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Accepted {
    pub app: Option<String>,
    pub deployment: Option<String>,
    pub message: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Deployment {
    pub id: String,
    pub app: String,
    pub version_number: Option<u32>,
    pub before_version_number: Option<u32>,
    pub kind: String,
    pub asked_by: String,
    pub asked_at: String,
    pub ended_at: Option<String>,
    pub state: String,
    pub phase: String,
    pub steps: Vec<Step>,
    pub failure: Option<Failed>,
    pub waiting: Option<Waiting>,
    pub aborted_because: Option<String>,
    pub commit: Option<Commit>,
}

/// What a deployment is built from.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Commit {
    pub id: String,
    pub summary: String,
    pub author: Option<String>,
    pub at: Option<String>,
}

/// What a build said since the last news.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct BuildLines {
    pub lines: Vec<BuildLine>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct BuildLine {
    pub text: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Step {
    pub phase: String,
    pub state: String,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub why: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Failed {
    pub step: String,
    pub reason: String,
    pub next: Option<String>,
    pub log_tail: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Waiting {
    pub reason: String,
    pub next: Option<String>,
    pub attempt: u32,
    pub retry_at: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Version {
    pub id: String,
    pub number: u32,
    pub commit: String,
    pub summary: String,
    pub author: Option<String>,
    pub written_at: Option<String>,
    pub created_at: String,
    pub state: String,
    pub size_bytes: Option<u64>,
}
