//! How is a value sealed? With this platform's data key.

use std::sync::Arc;

use crate::edge::clock;
use crate::edge::seal::{SealError, Sealer};
use crate::model::document::Sealed;
use crate::model::record::ObjectKey;
use crate::web::ports::{Seal, Trouble};

use super::internal;

/// Seals with the node's key.
pub struct RealSeal(pub Arc<Sealer>);

impl Seal for RealSeal {
    fn seal(&self, object: &ObjectKey, plain: &str) -> Result<Sealed, Trouble> {
        self.0.seal(object, plain, clock::wall()).map_err(|error| match error {
            SealError::TooLong { .. } => Trouble { slug: "invalid", status: 422, because: format!("{error}."), next: None },
            other => internal(other),
        })
    }
}
