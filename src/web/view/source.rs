//! What is shown of a source before and after it is deployed?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::moment::Moment;
use crate::model::document::ManifestOrigin;
use crate::model::id::AppId;
use crate::model::manifest::Finding;
use crate::model::source::{ParseCommitError, Reference};

/// Which state of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ReferenceView {
    /// Whatever the repository's HEAD names.
    #[default]
    Default,
    /// The tip of a branch.
    Branch {
        /// Without `refs/heads/`.
        name: String,
    },
    /// What a tag points at.
    Tag {
        /// Without `refs/tags/`.
        name: String,
    },
    /// Exactly this commit.
    Commit {
        /// All digits.
        id: String,
    },
}

impl From<&Reference> for ReferenceView {
    fn from(reference: &Reference) -> Self {
        match reference {
            Reference::DefaultBranch | Reference::Unknown => Self::Default,
            Reference::Branch { name } => Self::Branch { name: name.clone() },
            Reference::Tag { name } => Self::Tag { name: name.clone() },
            Reference::Commit { id } => Self::Commit { id: id.to_string() },
        }
    }
}

impl TryFrom<ReferenceView> for Reference {
    type Error = ParseCommitError;

    fn try_from(view: ReferenceView) -> Result<Self, ParseCommitError> {
        Ok(match view {
            ReferenceView::Default => Self::DefaultBranch,
            ReferenceView::Branch { name } => Self::Branch { name },
            ReferenceView::Tag { name } => Self::Tag { name },
            ReferenceView::Commit { id } => Self::Commit { id: id.parse()? },
        })
    }
}

/// A source, looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Inspection {
    /// The repository's address, normalised.
    pub url: String,
    /// Its branches.
    pub branches: Vec<RemoteRef>,
    /// Its tags.
    pub tags: Vec<RemoteRef>,
    /// The branch its HEAD names.
    pub default_branch: Option<String>,
    /// What was looked at.
    pub reference: ReferenceView,
    /// The folder that was looked at, in a monorepo.
    pub root: Option<String>,
    /// The commit that was looked at; deploy it by passing it as `expected_commit`.
    pub commit: CommitView,
    /// The manifest that would be in force.
    pub manifest: InspectedManifest,
    /// What reading the manifest found.
    pub findings: Vec<Finding>,
    /// The app it would be; none where its name cannot be read.
    pub app: Option<AppRef>,
    /// Whether it can be deployed.
    pub ok: bool,
    /// Names of the secrets the manifest asks for.
    pub secrets: Vec<String>,
    /// Environment values of the manifest.
    pub env: BTreeMap<String, String>,
    /// Data that outlives its containers.
    pub volumes: Vec<VolumeMount>,
    /// What the app listens on.
    pub port: Option<u16>,
    /// SSH: the deploy key to add to the repository.
    pub public_key: Option<String>,
    /// SSH: the server's key.
    pub host_key: Option<HostKeyUse>,
}

/// A branch or tag of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemoteRef {
    /// Its name.
    pub name: String,
    /// What it points at.
    pub commit: String,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommitView {
    /// All digits.
    pub id: String,
    /// First line of its message.
    pub summary: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// When.
    pub at: Option<Moment>,
}

/// The manifest that would be in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InspectedManifest {
    /// Where its text comes from.
    pub origin: ManifestOrigin,
    /// As text; empty where there is none and nothing was detected.
    pub text: String,
    /// How it was detected.
    pub why: Option<String>,
}

/// The app a source would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppRef {
    /// Slug of the name.
    pub id: AppId,
    /// As the manifest or the person writes it.
    pub name: String,
    /// Whether there is such an app: then deploying updates it.
    pub exists: bool,
    /// Why deploying would be refused: another source has this name.
    pub clash: Option<String>,
}

/// A folder of the container that outlives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VolumeMount {
    /// Its name in the manifest.
    pub name: String,
    /// Where it is mounted.
    pub path: String,
}

/// An SSH server's key, as it was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HostKeyUse {
    /// `host:port`.
    pub host: String,
    /// `SHA256:…`.
    pub fingerprint: String,
    /// Whether it was pinned just now.
    pub new: bool,
}

/// A pinned SSH server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HostKeyView {
    /// `host:port`.
    pub host: String,
    /// `SHA256:…`.
    pub fingerprint: String,
    /// When it was pinned.
    pub first_seen: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_like_this_on_the_wire_and_comes_back() {
        let pairs = [
            (ReferenceView::Default, r#"{"kind":"default"}"#),
            (ReferenceView::Branch { name: "main".into() }, r#"{"kind":"branch","name":"main"}"#),
        ];
        for (view, text) in pairs {
            assert_eq!(serde_json::to_string(&view).unwrap(), text);
            assert_eq!(ReferenceView::from(&Reference::try_from(view.clone()).unwrap()), view);
        }
        assert!(Reference::try_from(ReferenceView::Commit { id: "abc".into() }).is_err());
    }
}
