//! What is shown of a change that was made on two sides at once?

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::glance::Glance;
use super::moment::Moment;
use crate::decide::conflict::{self, Conflict, Side};
use crate::model::id::AppId;

/// Something that was changed on two sides at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Conflict)]
pub struct ConflictView {
    /// Which object of the state, such as `app/web/env`.
    pub object: String,
    /// The app it belongs to, if one.
    pub app: Option<AppId>,
    /// What it is, for people.
    pub what: String,
    /// What is in force.
    pub kept: ConflictSide,
    /// What is not, the newest first.
    pub others: Vec<ConflictSide>,
}

/// One of the changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConflictSide {
    /// The name of its record.
    pub revision: String,
    /// When it was made, by the clock of the machine that took it.
    pub at: Moment,
    /// The name of that machine.
    pub node: String,
    /// What it says; never a secret.
    pub says: String,
    /// Whether it can be put in force.
    pub restorable: bool,
}

/// Every conflict, by object.
#[must_use]
pub fn conflicts(glance: &Glance<'_>) -> Vec<ConflictView> {
    conflict::conflicts(glance.world).into_iter().map(view).collect()
}

fn view(conflict: Conflict) -> ConflictView {
    ConflictView {
        object: conflict.object.to_string(),
        app: conflict.app,
        what: conflict.what,
        kept: side(conflict.kept),
        others: conflict.others.into_iter().map(side).collect(),
    }
}

fn side(side: Side) -> ConflictSide {
    ConflictSide {
        revision: side.revision.to_string(),
        at: Moment(side.at),
        node: side.node,
        says: side.says,
        restorable: side.is_restorable,
    }
}
