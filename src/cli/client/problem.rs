//! Why did the agent refuse? A problem document (RFC 9457).

use serde::Deserialize;

use crate::cli::clean::clean;
use crate::model::manifest::Finding;

/// A refusal; whatever a newer agent leaves out is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// `urn:kraken:problem:SLUG`.
    #[serde(rename = "type")]
    pub kind: String,
    /// In a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, and where.
    pub detail: String,
    /// What to do.
    pub next: Option<String>,
    /// What reading a manifest found.
    pub findings: Vec<Finding>,
}

impl Problem {
    /// Whether it is of this kind.
    #[must_use]
    pub fn is(&self, slug: &str) -> bool {
        self.kind.strip_prefix("urn:kraken:problem:") == Some(slug)
    }

    /// What an answer of this status says, be it a problem document or not.
    #[must_use]
    pub fn of(status: u16, body: &[u8]) -> Self {
        let mut problem: Self = serde_json::from_slice(body).unwrap_or_default();
        problem.status = status;
        if problem.detail.is_empty() {
            let said: String = String::from_utf8_lossy(body).chars().take(200).collect();
            let told = if problem.title.is_empty() { said.trim().to_owned() } else { problem.title.clone() };
            problem.detail = if told.is_empty() { format!("the agent answered {status}") } else { told };
        }
        problem.detail = clean(&problem.detail);
        problem.next = problem.next.map(|next| clean(&next));
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_no_problem_document_still_says_something() {
        assert_eq!(Problem::of(502, b"Bad Gateway\n").detail, "Bad Gateway");
        assert_eq!(Problem::of(500, b"").detail, "the agent answered 500");
        assert_eq!(Problem::of(404, br#"{"title":"Not found","status":1}"#).detail, "Not found");
        assert_eq!(Problem::of(404, br#"{"title":"Not found","status":1}"#).status, 404);
        assert!(Problem::of(422, br#"{"type":"urn:kraken:problem:source-refused"}"#).is("source-refused"));
    }
}
