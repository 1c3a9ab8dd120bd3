//! Where does the dashboard come from? From inside the binary; hashed files for ever, its page anew each time.

use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::RustEmbed;

use super::problem::Problem;

/// The built dashboard; empty where it was not built before the binary.
#[derive(RustEmbed)]
#[folder = "ui/dist"]
#[allow_missing = true]
struct Dashboard;

/// Said where the dashboard is missing.
const MISSING: &str = "<!doctype html><meta charset=utf-8><title>Kraken</title>\
    <p>The dashboard is not in this binary. Run <code>npm run build</code> in <code>ui/</code>, then build Kraken again.";

/// Answers what no route does: a file of the dashboard, its page for any other path, a problem below `/api`.
pub async fn serve(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Problem::not_found("route", uri.path()).next("Look it up in /api/v1/openapi.json.").into_response();
    }
    file(path).or_else(|| (!is_file_name(path)).then(|| file("index.html")).flatten()).unwrap_or_else(|| missing(path))
}

fn file(path: &str) -> Option<Response> {
    let found = Dashboard::get(path)?;
    let kind = HeaderValue::from_str(found.metadata.mimetype()).ok()?;
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = found.data.into_owned().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    Some(response)
}

/// A path of the dashboard's own routing has no dot in its last part.
fn is_file_name(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

fn missing(path: &str) -> Response {
    if is_file_name(path) {
        return Problem::not_found("file", path).into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, Html(MISSING)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unknown_route_of_the_api_is_a_problem_and_never_the_page() {
        for path in ["/api", "/api/v1/nothing"] {
            let response = serve(path.parse().unwrap()).await;
            assert_eq!(
                (response.status(), &response.headers()[header::CONTENT_TYPE]),
                (StatusCode::NOT_FOUND, &HeaderValue::from_static("application/problem+json"))
            );
        }
        assert_eq!(serve("/assets/nothing.js".parse().unwrap()).await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn any_other_path_is_the_page_or_says_how_to_build_it() {
        let response = serve("/apps/web".parse().unwrap()).await;
        assert!(response.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    }
}
