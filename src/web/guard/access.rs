//! What does a request need before it is answered? Everything needs a session, except what is named here.

use axum::http::Method;

use crate::model::setting::Scope;

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: the sign-in page, its assets, and the ways in.
    Nothing,
    /// A key of this scope; a session has all.
    Scope(Scope),
    /// The local socket.
    LocalSocket,
}

/// The ways in, by method and path.
const OPEN: [(Method, &str); 4] = [
    (Method::GET, "/api/v1/session"),
    (Method::POST, "/api/v1/session"),
    (Method::POST, "/api/v1/setup"),
    (Method::GET, "/healthz"),
];

/// Paths (and all below) that only an admin key opens, whatever the method.
const ADMIN: [&str; 6] =
    ["/api/v1/tokens", "/api/v1/password", "/api/v1/state", "/api/v1/audit", "/api/v1/joining", "/api/v1/invites"];

/// Paths (and all below) that only an admin key changes: who belongs to the platform, and who leads it.
const ADMIN_CHANGES: [&str; 2] = ["/api/v1/nodes", "/api/v1/platform"];

/// What `method` on `path` needs. `path` is the request's own, undecoded: routes match it byte by byte, so a spelling that
/// escapes this list reaches no route either.
#[must_use]
pub fn needs(method: &Method, path: &str) -> Needs {
    let reading = matches!(*method, Method::GET | Method::HEAD);
    let asked = if *method == Method::HEAD { &Method::GET } else { method };
    if OPEN.iter().any(|(open, at)| open == asked && *at == path) {
        return Needs::Nothing;
    }
    if matches!(path, "/api/v1/setup-link" | "/api/v1/identity/reset") {
        return Needs::LocalSocket;
    }
    let guarded = path == "/api" || path.starts_with("/api/") || path == "/metrics";
    match (guarded, reading) {
        (false, true) => Needs::Nothing,
        _ if ADMIN.iter().any(|at| is_below(path, at)) => Needs::Scope(Scope::Admin),
        (_, false) if ADMIN_CHANGES.iter().any(|at| is_below(path, at)) => Needs::Scope(Scope::Admin),
        (_, true) => Needs::Scope(Scope::Read),
        // Signing out is the right of every key.
        (_, false) if path == "/api/v1/session" => Needs::Scope(Scope::Read),
        (_, false) => Needs::Scope(Scope::Write),
    }
}

fn is_below(path: &str, at: &str) -> bool {
    path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a key with `scopes` may do what needs `scope`: admin may everything, write may read.
#[must_use]
pub fn allows(scopes: &[Scope], scope: Scope) -> bool {
    scopes.iter().any(|held| *held >= scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ways_in_and_the_page_itself_need_nothing() {
        for path in ["/", "/apps/web", "/assets/index-abc.js", "/healthz", "/api/v1/session"] {
            assert_eq!(needs(&Method::GET, path), Needs::Nothing, "{path}");
        }
        for path in ["/api/v1/apps", "/api/v1/openapi.json", "/api/v1/events", "/api", "/api/v1/session/", "/metrics"] {
            assert_eq!(needs(&Method::GET, path), Needs::Scope(Scope::Read), "{path}");
        }
        assert_eq!(needs(&Method::POST, "/api/v1/setup"), Needs::Nothing);
        assert_eq!(needs(&Method::DELETE, "/api/v1/session"), Needs::Scope(Scope::Read));
        assert_eq!(needs(&Method::POST, "/anything"), Needs::Scope(Scope::Write));
    }

    #[test]
    fn keys_and_the_whole_state_are_for_admins() {
        for path in ["/api/v1/tokens", "/api/v1/tokens/ab", "/api/v1/state/export", "/api/v1/audit"] {
            assert_eq!(needs(&Method::GET, path), Needs::Scope(Scope::Admin), "{path}");
        }
        assert_eq!(needs(&Method::GET, "/api/v1/tokensx"), Needs::Scope(Scope::Read));
        for path in ["/api/v1/nodes/a/lead", "/api/v1/platform/lead-anyway", "/api/v1/joining/x/approve", "/api/v1/invites"] {
            assert_eq!(needs(&Method::POST, path), Needs::Scope(Scope::Admin), "{path}");
        }
        assert_eq!(needs(&Method::GET, "/api/v1/nodes"), Needs::Scope(Scope::Read));
        assert_eq!(needs(&Method::POST, "/api/v1/setup-link"), Needs::LocalSocket);
        assert_eq!(needs(&Method::POST, "/api/v1/identity/reset"), Needs::LocalSocket);
    }

    #[test]
    fn a_wider_scope_includes_the_narrower_and_never_the_other_way() {
        assert!(allows(&[Scope::Admin], Scope::Write) && allows(&[Scope::Write], Scope::Read));
        assert!(!allows(&[Scope::Read], Scope::Write) && !allows(&[Scope::Write], Scope::Admin) && !allows(&[], Scope::Read));
    }
}
