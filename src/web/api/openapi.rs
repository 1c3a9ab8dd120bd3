//! What can be asked, for programs? The OpenAPI document, made from the routes themselves.

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, SecurityRequirement};
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
    let mut document = super::documented().into_openapi();
    let_files_be_null(&mut document);
    document.to_pretty_json().unwrap_or_default()
}

/// What a file says of a setting may be nothing; utoipa loses that where the `Option` is of a generic type.
fn let_files_be_null(document: &mut OpenApi) {
    let schemas = document.components.iter_mut().flat_map(|components| components.schemas.iter_mut());
    for (_, schema) in schemas.filter(|(name, _)| name.starts_with("Setting_")) {
        let RefOr::T(Schema::Object(setting)) = schema else { continue };
        let Some(file) = setting.properties.get_mut("file") else { continue };
        if !matches!(file, RefOr::T(Schema::OneOf(_))) {
            let value = std::mem::replace(file, RefOr::T(Schema::default()));
            let null = ObjectBuilder::new().schema_type(Type::Null);
            *file = RefOr::T(Schema::OneOf(OneOfBuilder::new().item(null).item(value).build()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_of_a_setting_may_be_null() {
        let document: serde_json::Value = serde_json::from_str(&openapi_json()).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let files: Vec<_> = schemas.iter().filter(|(name, _)| name.starts_with("Setting_")).collect();
        assert!(files.len() >= 3, "{files:?}");
        for (name, setting) in files {
            assert_eq!(setting["properties"]["file"]["oneOf"][0]["type"], "null", "{name}: {setting}");
        }
    }
}
