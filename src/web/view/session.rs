//! What is shown of who may come in?

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::moment::Moment;
use crate::model::setting::Scope;

/// Whether the one who asks is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Whether the cookie, token or socket opens anything.
    pub signed_in: bool,
    /// Whether a password was set; if not, `kraken login` gives a link to set one.
    pub has_password: bool,
    /// What the platform is called.
    pub platform: String,
}

/// A program's key, without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Names it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last used since the agent started.
    pub last_used_at: Option<Moment>,
}

/// A program's key, shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewToken {
    /// Names it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// To be sent as `Authorization: Bearer …`; never shown again.
    pub token: String,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewToken({})", self.id)
    }
}
