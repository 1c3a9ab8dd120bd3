//! Where do uploaded folders go? Into the data directory, checked before they count.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::edge::git::Limits;
use crate::edge::upload::{UploadError, Uploads as Kept};
use crate::edge::work::chain;
use crate::web::ports::{Trouble, Uploads};

/// Keeps uploads on this node's disk.
pub struct RealUploads(pub Arc<Kept>);

impl Uploads for RealUploads {
    fn receive(&self, body: BoxStream<'static, io::Result<Bytes>>) -> BoxFuture<'_, Result<(String, u64), Trouble>> {
        Box::pin(async move {
            let kept = self.0.receive(body, Limits::default().bytes).await.map_err(|error| refused(&error))?;
            Ok((kept.commit.to_string(), kept.bytes))
        })
    }
}

fn refused(error: &UploadError) -> Trouble {
    let (slug, status) = match error {
        UploadError::TooLarge { .. } => ("too-large", 413),
        UploadError::Storage(_) => ("storage", 507),
        UploadError::BrokeOff { .. } => ("broke-off", 400),
        _ => ("bad-upload", 422),
    };
    Trouble { slug, status, because: format!("{}.", chain(error)), next: None }
}
