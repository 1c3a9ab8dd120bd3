//! How is a request read? Its parts as types; what cannot be read is a problem that never repeats a value.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use crate::web::guard::identity::{Caller, Peer};
use crate::web::host::Host;
use crate::web::problem::Problem;
use crate::web::state::{Scene, Web};
use crate::web::view::Viewer;

/// Largest JSON body; a manifest has at most 256 KB.
const LARGEST: usize = 1 << 20;
/// Longest idempotency key.
const LONGEST_KEY: usize = 128;

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Web> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Web) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            let refused = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "The body is not said to be JSON.");
            return Err(refused.next("Send it with Content-Type: application/json."));
        }
        read_json(request.into_body(), LARGEST).await.map(Self)
    }
}

/// Reads at most `limit` bytes of JSON.
pub async fn read_json<T: DeserializeOwned>(body: Body, limit: usize) -> Result<T, Problem> {
    let bytes = to_bytes(body, limit).await.map_err(|_| {
        let large = format!("The body is larger than {} KB, or broke off.", limit / 1024);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", large)
    })?;
    serde_json::from_slice(&bytes).map_err(|error| Problem::invalid(explain(&error)))
}

/// What is wrong with a JSON text, without the values in it: one may be a password.
fn explain(error: &serde_json::Error) -> String {
    let place = format!("line {} column {}", error.line(), error.column());
    if !error.is_data() {
        return format!("The body is not JSON at {place}.");
    }
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let told = if text.starts_with("missing field") || text.starts_with("unknown field") {
        text.to_owned()
    } else {
        text.rsplit_once("expected ")
            .map_or_else(|| "a value is not one that is taken".to_owned(), |(_, wanted)| format!("expected {wanted}"))
    };
    format!("The body does not fit at {place}: {told}.")
}

/// Parts of the path; what cannot be read names nothing.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let read = Path::<T>::from_request_parts(parts, web).await;
        read.map(|Path(value)| Self(value)).map_err(|_| Problem::not_found("such thing at", parts.uri.path()))
    }
}

/// The query.
pub struct Asking<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Web> for Asking<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let read = Query::<T>::from_request_parts(parts, web).await;
        read.map(|Query(value)| Self(value)).map_err(|_| {
            Problem::invalid("A parameter after the ? is unknown or has a value that is not taken.")
                .next("Look it up in /api/v1/openapi.json.")
        })
    }
}

impl FromRequestParts<Web> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        let missing = || Problem::new(StatusCode::UNAUTHORIZED, "not-signed-in", "Nobody is signed in.");
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}

/// Somebody who may come in, or nobody yet.
pub struct Maybe(pub Option<Caller>);

impl FromRequestParts<Web> for Maybe {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        Ok(Self(parts.extensions.get::<Caller>().cloned()))
    }
}

/// What guesses are counted by.
pub struct Client(pub String);

impl FromRequestParts<Web> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        Ok(Self(parts.extensions.get::<Peer>().map_or_else(|| "unknown".to_owned(), Peer::client)))
    }
}

/// The key under which a repeated request is the same wish; a fresh one where none was sent.
pub struct Key(pub String);

impl FromRequestParts<Web> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(uuid::Uuid::new_v4().to_string())) };
        let key = value.to_str().ok().filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
        key.map(|key| Self(key.to_owned())).ok_or_else(|| {
            Problem::invalid(format!("The Idempotency-Key is not 1 to {LONGEST_KEY} plain characters.")).next("Send a UUID.")
        })
    }
}

impl FromRequestParts<Web> for Scene {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        Ok(web.scene(viewer(parts)))
    }
}

fn viewer(parts: &Parts) -> Viewer {
    if matches!(parts.extensions.get::<Peer>(), Some(Peer::Socket { .. })) {
        return Viewer::Here;
    }
    let header = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    header.and_then(Host::parse).map_or(Viewer::Here, |host| Viewer::from_host(&host.in_url()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only its type matters")]
        password: String,
    }

    fn told(text: &str) -> String {
        explain(&serde_json::from_str::<Sample>(text).unwrap_err())
    }

    #[test]
    fn what_does_not_fit_is_named_without_its_value() {
        assert_eq!(told(r#"{"password":12345678}"#), "The body does not fit at line 1 column 20: expected a string.");
        assert_eq!(told("{}"), "The body does not fit at line 1 column 2: missing field `password`.");
        assert!(told(r#"{"passwort":"x"}"#).contains("unknown field `passwort`, expected `password`"));
        assert_eq!(told("{"), "The body is not JSON at line 1 column 1.");
        assert!(!told(r#""hunter2""#).contains("hunter2"));
    }
}
