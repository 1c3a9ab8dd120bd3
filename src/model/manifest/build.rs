//! What runs, and how is its image made? `[config]` and `[build]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::quantity::Bytes;

/// `[config]`: what runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConfigTable {
    /// The TCP port the app listens on inside its container; also given to it as `PORT`.
    pub port: u16,
    /// What kind of app it is.
    pub lang: Lang,
    /// The command, given to `sh -c "exec …"`; none where the kind brings its own.
    pub run: Option<String>,
    /// The command that builds it, run while the image is made.
    pub build: Option<String>,
    /// The command that tests it, run in the built image.
    pub test: Option<String>,
    /// Whether a failed test stops the deployment.
    pub gate: bool,
    /// The folder of the repository that the app lives in; empty for the repository itself.
    pub root: String,
    /// Static: the folder that is served, below `root`; none means the usual ones are looked for.
    pub dir: Option<String>,
    /// Static: unknown paths answer with index.html.
    pub spa: bool,
}

impl Default for ConfigTable {
    fn default() -> Self {
        Self {
            port: 8080,
            lang: Lang::Unknown,
            run: None,
            build: None,
            test: None,
            gate: false,
            root: String::new(),
            dir: None,
            spa: false,
        }
    }
}

/// What kind of app it is. A version is none where the file names none: the default stands in `dockerfiles/` alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Lang {
    /// Node.js.
    Node {
        /// Such as `22` or `20.11`.
        version: Option<String>,
    },
    /// Python 3.
    Python3 {
        /// Such as `3.12`.
        version: Option<String>,
    },
    /// Files, served as they are.
    Static,
    /// The repository's own Dockerfile.
    Custom,
    /// A ready image, nothing is built.
    Image {
        /// As given to `docker pull`.
        reference: String,
    },
    /// A kind of a newer program than this one.
    #[serde(other)]
    Unknown,
}

impl Lang {
    /// The word in the file.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Node { .. } => "node",
            Self::Python3 { .. } => "python3",
            Self::Static => "static",
            Self::Custom => "custom",
            Self::Image { .. } => "image",
            Self::Unknown => "unknown",
        }
    }
}

/// `[build]`: how the image is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BuildTable {
    /// Custom: the Dockerfile, below `root`.
    pub dockerfile: String,
    /// Debian packages added to the image of a node or python3 app.
    pub packages: Vec<String>,
    /// Build arguments (`ARG`).
    pub args: BTreeMap<String, String>,
    /// The most memory the build may use; see [`BuildTable::memory_on`].
    #[schema(value_type = Option<String>)]
    pub memory: Option<Bytes>,
}

impl Default for BuildTable {
    fn default() -> Self {
        Self { dockerfile: "Dockerfile".to_owned(), packages: Vec::new(), args: BTreeMap::new(), memory: None }
    }
}

impl BuildTable {
    /// The most memory a build may use on a node with `memory`: half of it, at least 512 MB, unless the file says.
    #[must_use]
    pub fn memory_on(&self, memory: Bytes) -> Bytes {
        self.memory.unwrap_or_else(|| Bytes(memory.0 / 2).max(Bytes::mib(512)))
    }
}
