//! What does a refusal look like? A problem document (RFC 9457) with the next step.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::openapi::response::{Response as ResponseDoc, ResponseBuilder};
use utoipa::openapi::{Content, Ref, RefOr};
use utoipa::{IntoResponses, ToSchema};

use super::ports::Trouble;
use crate::model::command::{Refusal, RefusalKind};
use crate::model::id::AppId;
use crate::model::manifest::Finding;

/// Why a request was refused, and what to do (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:kraken:problem:SLUG`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What went wrong, in a few words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What is wrong, and where.
    pub detail: String,
    /// What to do about it.
    pub next: Option<String>,
    /// What reading a manifest found.
    #[serde(default, skip_serializing_if = "<[Finding]>::is_empty")]
    #[schema(value_type = Vec<Finding>, required = false)]
    pub findings: Box<[Finding]>,
    /// Seconds to wait before asking again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    pub retry_after: Option<NonZeroU32>,
}

/// The app that a change turned out to be about, where its address does not say; for the audit log.
#[derive(Debug, Clone)]
pub struct Meant(pub AppId);

/// What the audit log takes from an answer.
#[derive(Debug, Clone)]
pub struct Told(pub String);

impl Problem {
    /// A problem of kind `slug`.
    #[must_use]
    pub fn new(status: StatusCode, slug: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:kraken:problem:{slug}"),
            title: title(slug),
            status: status.as_u16(),
            detail: detail.into(),
            next: None,
            findings: Box::default(),
            retry_after: None,
        }
    }

    /// With the next step.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// With the seconds to wait.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = u32::try_from(seconds).ok().and_then(NonZeroU32::new);
        self
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(what: &str, name: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("There is no {what} \"{name}\"."))
    }

    /// The request makes no sense.
    #[must_use]
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", detail)
    }

    /// Something of our own failed.
    #[must_use]
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).next("Look at the agent's log.")
    }
}

/// `missing-branch` → `Missing branch`.
fn title(slug: &str) -> String {
    let words = slug.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, slug) = match refusal.kind {
            RefusalKind::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            RefusalKind::Conflict => (StatusCode::CONFLICT, "conflict"),
            RefusalKind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
            RefusalKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        };
        Self { next: refusal.next, ..Self::new(status, slug, refusal.because) }
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        let status = StatusCode::from_u16(trouble.status).unwrap_or(StatusCode::BAD_GATEWAY);
        Self { next: trouble.next, ..Self::new(status, trouble.slug, trouble.because) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let told = Told(self.detail.clone());
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.get()));
        }
        response.extensions_mut().insert(told);
        response
    }
}

/// The refusals every route may answer with, for the OpenAPI document.
#[derive(Debug)]
pub struct Refusals;

/// Statuses a problem may have, and what each means.
const STATUSES: [(&str, &str); 14] = [
    ("400", "The request makes no sense: its parameters, its JSON or its headers."),
    ("401", "Sign in first, or send a token; for a sign-in: that is not the password."),
    ("403", "This key, place or page may not do that."),
    ("404", "There is no such thing."),
    ("405", "That is not done at this path."),
    ("409", "It clashes with what is there."),
    ("413", "The body is larger than what is taken."),
    ("415", "The body is of another kind than what is taken."),
    ("421", "The Host header names no name of this machine; `hosts` in the config adds one."),
    ("422", "It is understood and cannot be done; `findings` say why for a manifest."),
    ("429", "Too many requests or sign-ins; wait as long as Retry-After says."),
    ("500", "A fault of Kraken's own."),
    ("502", "Another server (a Git host) failed or does not answer."),
    ("503", "Not now: the agent is busy or stopping, or its disk is full."),
];

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<ResponseDoc>> {
        let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
        STATUSES
            .iter()
            .map(|(status, meaning)| {
                let content = Content::new(Some(schema.clone()));
                let answer = ResponseBuilder::new().description(*meaning).content("application/problem+json", content).build();
                ((*status).to_owned(), RefOr::T(answer))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_like_this() {
        let problem =
            Problem::new(StatusCode::NOT_FOUND, "missing-branch", "There is no branch \"mian\".").next("Did you mean \"main\"?");
        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            r#"{"type":"urn:kraken:problem:missing-branch","title":"Missing branch","status":404,"detail":"There is no branch \"mian\".","next":"Did you mean \"main\"?"}"#
        );
    }

    #[test]
    fn a_refusal_keeps_its_next_step_and_gets_its_status() {
        let refusal = Refusal::new(RefusalKind::Conflict, "the name is taken", Some("Use --name.".into()));
        let problem = Problem::from(refusal);
        assert_eq!((problem.status, problem.next.as_deref()), (409, Some("Use --name.")));
    }

    #[test]
    fn an_answer_says_what_it_is_and_when_to_come_again() {
        let response = Problem::new(StatusCode::TOO_MANY_REQUESTS, "slow-down", "Too many.").retry_after(60).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[header::RETRY_AFTER], "60");
    }
}
