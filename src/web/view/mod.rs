//! What does a person or a program get to see? The shapes of the API, and pure functions that make them from a snapshot.

mod address;
mod app;
mod app_state;
mod conflict;
mod deployment;
mod describe;
mod destruction;
mod failure;
mod glance;
mod joining;
mod log;
mod members;
mod moment;
mod node;
mod session;
mod settings_of;
mod source;
mod standing;
mod steps;
mod version;
mod volume;
mod words;

#[cfg(test)]
pub(crate) mod sample;

pub use address::Viewer;
pub use app::{
    AcceptedView, Addresses, App, AppState, AppStateKind, AppStats, AppSummary, EnvVar, ManifestView, OpenDeployment, Place,
    PlaceChoice, Placement, Replica, Route, SecretName, Setting, SourceView, VersionRef, WantedView,
};
pub use app_state::state_of;
pub use conflict::{ConflictSide, ConflictView, conflicts};
pub use deployment::{CommitRef, Deployment, DeploymentState, FailureView, StepState, StepView, WaitingView, deployment};
pub use describe::{app, summaries, summary};
pub use destruction::{Destruction, destruction};
pub use failure::{Failure, FailureKind, failures};
pub use glance::{Glance, MachineFacts, StatsNow};
pub use joining::{
    FoundMachine, Handshake, Invite, JoinPart, JoinState, Joining, KnownValue, NewInvite, NodeRemoval, NodeSettings, node_removal,
};
pub use log::{
    AppSeries, AuditEntry, BuildLine, BuildLog, BuildStream, DeploymentMark, Level, LogLine, LogPage, LogStream, StatsPoint,
};
pub use members::nodes;
pub use moment::Moment;
pub use node::{Check, CheckState, DockerView, LeaderView, Node, NodeState, Platform, Vitals, VitalsPoint, node, platform};
pub use session::{NewToken, SessionView, Token};
pub use settings_of::{env, secrets};
pub use source::{
    AppRef, CommitView, HostKeyUse, HostKeyView, InspectedManifest, Inspection, ReferenceView, RemoteRef, VolumeMount,
};
pub use standing::{Standing, standing};
pub use version::{Version, VersionState, versions};
pub use volume::{TrashItem, VolumeUse, VolumeView, trash, volumes};
