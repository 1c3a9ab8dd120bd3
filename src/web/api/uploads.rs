//! How does a local folder get here? As one compressed archive, streamed.

use std::io;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use futures_util::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::guard::identity::Caller;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::Web;

/// Its route.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(upload))
}

/// A folder was taken in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Upload {
    /// The content hash; deploy it by passing it as `upload`.
    upload: String,
    /// What it holds.
    bytes: u64,
}

/// Takes in a folder as tar.gz, at most 500 MB.
#[utoipa::path(post, path = "/uploads", tag = "Sources",
    request_body(content = Vec<u8>, content_type = "application/gzip", description = "A tar.gz of the folder."),
    responses((status = 200, description = "It was taken in.", body = Upload), Refusals))]
async fn upload(State(web): State<Web>, _caller: Caller, request: Request) -> Result<Json<Upload>, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !matches!(kind, "application/gzip" | "application/x-gzip") {
        let refused = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-gzip", "The body is not said to be a tar.gz.");
        return Err(refused.next("Send it with Content-Type: application/gzip."));
    }
    let body: Body = request.into_body();
    let chunks = body.into_data_stream().map_err(io::Error::other).boxed();
    let (upload, bytes) = web.parts.ports.uploads.receive(chunks).await?;
    Ok(Json(Upload { upload, bytes }))
}
