//! What of the agent's answers do commands show? Only these parts; what a newer agent adds or leaves out does no harm.

#![allow(missing_docs, reason = "the fields are the API's, described in its OpenAPI document")]

use serde::Deserialize;

mod deployment;

pub use deployment::{Accepted, BuildLines, Commit, Deployment, Step, Version, Waiting};

/// An app, from a list or alone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct App {
    pub id: String,
    pub name: String,
    pub state: State,
    pub version: Option<VersionRef>,
    pub address: Option<String>,
    pub addresses: Addresses,
    pub stats: Option<Stats>,
    pub lang: Option<String>,
    pub deployment: Option<OpenDeployment>,
    pub source: Source,
    pub replicas: Vec<Replica>,
    pub volumes: Vec<Volume>,
    pub notes: Vec<crate::model::manifest::Finding>,
    pub deployments: Vec<Deployment>,
}

/// How an app stands.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct State {
    pub kind: String,
    pub since: String,
    pub reason: String,
    pub next: Option<String>,
    pub retry_at: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct VersionRef {
    pub number: u32,
    pub id: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Addresses {
    pub localhost: String,
    pub lan: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Stats {
    pub cpu_percent: f64,
    pub memory_bytes: u64,
    pub memory_limit: u64,
}

/// The deployment a list points at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OpenDeployment {
    pub id: String,
    pub phase: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Source {
    pub url: Option<String>,
    pub upload: Option<String>,
    pub reference: Reference,
    pub root: Option<String>,
    pub commit: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Reference {
    pub kind: String,
    pub name: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Replica {
    pub id: String,
    pub node: String,
    pub version_number: Option<u32>,
    pub phase: String,
    pub reason: String,
    pub started_at: Option<String>,
    pub restarts: u32,
    pub stats: Option<Stats>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Volume {
    pub name: String,
    pub path: String,
    pub state: String,
    pub size_bytes: Option<u64>,
}

/// Something that was changed on two sides at once.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Conflict {
    pub object: String,
    pub what: String,
    pub kept: ConflictSide,
    pub others: Vec<ConflictSide>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ConflictSide {
    pub revision: String,
    pub at: String,
    pub node: String,
    pub says: String,
}

/// An entry of the ledgers of failures and aborts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Failure {
    pub app: String,
    pub version_number: Option<u32>,
    pub at: String,
    pub step: String,
    pub reason: String,
    pub next: Option<String>,
    pub log_tail: Vec<String>,
    pub kind: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct EnvVar {
    pub name: String,
    pub value: String,
    pub set_here: bool,
    pub file: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SecretName {
    pub name: String,
    pub is_set: bool,
    pub wanted: bool,
    pub set_at: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LogPage {
    pub lines: Vec<LogLine>,
    pub cursor: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LogLine {
    pub cursor: String,
    pub at: String,
    pub replica: String,
    pub stream: String,
    pub text: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Destruction {
    pub goes: Vec<String>,
    pub stays: Vec<String>,
    pub volumes: Vec<Volume>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Node {
    pub id: String,
    pub name: String,
    pub arch: String,
    pub leads: bool,
    pub state: String,
    pub reason: String,
    pub version: String,
    pub vitals: Option<Vitals>,
    pub api_port: Option<u16>,
    pub addresses: Vec<String>,
    pub uptime_ms: Option<u64>,
    pub apps: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Vitals {
    pub cpu_percent: f64,
    pub memory_used: u64,
    pub memory_total: u64,
    pub disk_used: u64,
    pub disk_total: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Check {
    pub name: String,
    pub state: String,
    pub says: String,
    pub next: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AuditEntry {
    pub at: String,
    pub who: String,
    pub verb: String,
    pub object: String,
    pub outcome: String,
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Token {
    pub id: String,
    pub name: String,
    pub scopes: Vec<String>,
    pub created_at: String,
    pub last_used_at: Option<String>,
}

/// Its `token` is shown once.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewToken {
    pub id: String,
    pub token: String,
}

/// What looking at a source told.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Inspection {
    pub commit: InspectedCommit,
    pub manifest: InspectedManifest,
    pub findings: Vec<crate::model::manifest::Finding>,
    pub app: Option<InspectedApp>,
    pub ok: bool,
    pub secrets: Vec<String>,
    pub host_key: Option<HostKey>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct InspectedCommit {
    pub id: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct InspectedManifest {
    pub origin: String,
    pub text: String,
    pub why: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct InspectedApp {
    pub id: String,
    pub clash: Option<String>,
}

/// The key by which an ssh server proves itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct HostKey {
    pub host: String,
    pub fingerprint: String,
    pub new: bool,
    pub first_seen: String,
}

/// The public half of a repository's deploy key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PublicKey {
    pub public_key: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Uploaded {
    pub upload: String,
}

/// Joining, as the agent sees it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Joining {
    pub found: Vec<FoundMachine>,
    pub handshakes: Vec<Handshake>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FoundMachine {
    pub name: String,
    pub address: String,
}

/// Two machines that want to be one platform.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Handshake {
    pub id: String,
    pub part: String,
    pub state: String,
    pub reason: String,
    pub next: Option<String>,
    pub name: Option<String>,
    pub address: String,
    pub platform: Option<String>,
    pub code: Option<String>,
    pub yes_here: bool,
    pub yes_there: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Platform {
    pub name: String,
    pub nodes: usize,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Invite {
    pub id: String,
    pub by: String,
    pub created_at: String,
    pub expires_at: String,
}

/// Its `token` is shown once.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewInvite {
    pub id: String,
    pub token: String,
}

/// What people set about a machine, as it is read and written back.
#[derive(Debug, Clone, Default, Deserialize, serde::Serialize)]
#[serde(default)]
pub struct NodeSettings {
    pub priority: Option<u8>,
    pub labels: Option<Vec<String>>,
    pub machine: Option<String>,
}

/// What removing a machine does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NodeRemoval {
    pub goes: Vec<String>,
    pub stays: Vec<String>,
    pub to_change: Vec<KnownValue>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct KnownValue {
    pub app: Option<String>,
    pub name: String,
}
