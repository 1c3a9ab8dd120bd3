//! What can Kraken ask of Docker? One small struct over the engine's API; every call has a deadline.
//!
//! Nothing here decides. Callers say what they want ([`BuildRequest`], [`ContainerSpec`]) and get an id, a plain
//! observation, or a [`DockerError`] that says whose fault it was. Objects without this node's labels are never
//! changed: every destructive call goes through [`owned`].
#![allow(clippy::disallowed_types, reason = "bollard's own types hold hash maps; none leaves this folder")]

mod build;
mod build_outcome;
mod build_output;
mod build_request;
mod cgroup;
mod client;
mod container;
mod container_body;
mod context;
mod error;
mod events;
mod ids;
mod image;
mod info;
mod labels;
mod log_frames;
mod logs;
mod network;
mod observe;
mod owned;
mod prune;
mod reference;
mod run_once;
mod sockets;
mod stats;
mod subnet;
mod timestamp;
mod volume;

pub use build_outcome::{BuildError, BuildFailure, Built};
pub use build_output::{BuildLine, BuildStream};
pub use build_request::{BuildRequest, Dockerfile};
pub use cgroup::Usage;
pub use client::Docker;
pub use container::Started;
pub use container_body::{ContainerSpec, Restart, VolumeMount};
pub use error::{DockerError, Verb};
pub use events::{ContainerChange, ContainerEvent, DockerEvent};
pub use image::{ImageInfo, PullProgress, Pulled};
pub use info::EngineInfo;
pub use labels::{Labels, ReplicaLabels, label};
pub use log_frames::{LogCursor, LogLine, LogStream};
pub use logs::LogRequest;
pub use network::Network;
pub use observe::{ContainerState, Observed};
pub use prune::Freed;
pub use run_once::Ended;
pub use stats::UsageReader;
pub use subnet::{POOLS, Subnet};
pub use volume::VolumeInfo;
