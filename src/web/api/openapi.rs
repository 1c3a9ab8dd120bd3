//! What can be asked, for programs? The OpenAPI document, made from the routes themselves.

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, SecurityRequirement};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::guard::session;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::Web;
use crate::web::view;

/// Its route.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(get_openapi))
}

/// The document's head: its title, its schemas beside those of routes, and the ways in.
pub fn head() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(
        info(
            title = "Kraken",
            description = "The computers on a home network as one app platform. Changes need the header `X-Kraken: 1` and, \
            with a cookie, the page's own Origin; send an `Idempotency-Key` to ask again safely."
        ),
        components(schemas(Problem, view::BuildLine, view::LogLine, view::Vitals, view::AppStats, view::AuditEntry))
    )]
    struct Head;
    let mut document = <Head as utoipa::OpenApi>::openapi();
    let components = document.components.get_or_insert_default();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(session::COOKIE)));
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.add_security_scheme("session", cookie);
    components.add_security_scheme("token", bearer);
    let none: [&str; 0] = [];
    document.security = Some(vec![SecurityRequirement::new("session", none), SecurityRequirement::new("token", none)]);
    document
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "Platform", responses((status = 200, description = "OpenAPI 3.1.", body = Object), Refusals))]
async fn get_openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], openapi_json())
}

/// The OpenAPI 3.1 document of every route.
#[must_use]
pub fn openapi_json() -> String {
    super::documented().into_openapi().to_pretty_json().unwrap_or_default()
}
