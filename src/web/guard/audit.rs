//! What was done? Every change that reached the door stands in the log of changes, done or refused, and never with a secret.

use axum::http::Method;
use axum::response::Response;

use crate::web::ports::Deed;
use crate::web::problem::{Meant, Told};
use crate::web::state::Web;

/// Longest path and answer noted, in characters.
const LONGEST: usize = 200;

/// What is done to what; none for what changes nothing.
#[must_use]
pub fn verb(method: &Method, path: &str) -> Option<(String, String)> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    let object = path.strip_prefix("/api/v1/")?;
    let parts: Vec<&str> = object.split('/').collect();
    let verb = match (method.as_str(), parts.as_slice()) {
        (_, ["sources", "inspect"] | ["manifests", "validate"]) => return None,
        ("POST", ["apps"]) => "deploy",
        ("POST", ["session"]) => "sign in",
        ("DELETE", ["session"]) => "sign out",
        ("POST", ["setup"]) | ("PUT", ["password"]) => "set password",
        ("POST", ["setup-link"]) => "make setup link",
        ("POST", ["tokens"]) => "make token",
        ("POST", ["uploads"]) => "upload",
        ("POST", ["sources", "keys"]) => "make deploy key",
        ("DELETE", ["sources", "hosts", ..]) => "forget host key",
        ("POST", ["conflicts", "settle"]) => "settle conflict",
        ("DELETE", ["apps", _]) => "destroy",
        ("DELETE", ["nodes", _]) => "remove machine",
        ("POST", ["joining"]) => "join",
        ("POST", ["invites"]) => "make invite",
        ("POST", ["identity", "reset"]) => "reset identity",
        ("POST", [.., last]) => last,
        ("PUT", [.., "secrets", _]) => "set secret",
        ("PUT", [.., last]) => return Some((format!("set {last}"), cut(object))),
        ("DELETE", [.., what, _]) => return Some((format!("delete {}", what.trim_end_matches('s')), cut(object))),
        _ => "ask",
    };
    Some((cut(verb), cut(object)))
}

/// What is noted of an answer.
#[must_use]
pub fn deed(who: String, (verb, object): (String, String), response: &Response) -> Deed {
    let status = response.status();
    let told = response.extensions().get::<Told>().map(|told| cut(&told.0));
    let outcome = if status.is_success() { "done" } else { "refused" };
    // A deployment is asked of all apps, and only its answer knows which.
    let meant = response.extensions().get::<Meant>().filter(|_| object == "apps");
    let object = meant.map_or(object, |meant| format!("apps/{}", meant.0));
    let detail = told.or_else(|| (!status.is_success()).then(|| status.to_string()));
    Deed { who, verb, object, outcome: outcome.to_owned(), detail }
}

/// Notes a deed, and tells the open pages.
pub async fn note(web: &Web, deed: Deed) {
    let entry = web.parts.ports.audit.append(deed).await;
    // Nobody may be listening.
    drop(web.deeds.send(entry));
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_is_noted_with_its_app() {
        let mut response = Response::new(axum::body::Body::empty());
        response.extensions_mut().insert(Meant("web".parse().unwrap()));
        let noted = |object: &str| deed("session".into(), ("deploy".into(), object.into()), &response).object;
        assert_eq!([noted("apps"), noted("apps/web/stop")], ["apps/web", "apps/web/stop"]);
        assert_eq!(deed("session".into(), ("deploy".into(), "apps".into()), &Response::default()).object, "apps");
    }

    #[test]
    fn every_change_has_a_verb_and_looking_has_none() {
        let told = |method: Method, path: &str| verb(&method, path).map(|(verb, object)| format!("{verb}: {object}"));
        assert_eq!(told(Method::POST, "/api/v1/apps").as_deref(), Some("deploy: apps"));
        assert_eq!(told(Method::POST, "/api/v1/apps/web/stop").as_deref(), Some("stop: apps/web/stop"));
        assert_eq!(told(Method::DELETE, "/api/v1/apps/web").as_deref(), Some("destroy: apps/web"));
        assert_eq!(told(Method::PUT, "/api/v1/apps/web/secrets/K").as_deref(), Some("set secret: apps/web/secrets/K"));
        assert_eq!(told(Method::DELETE, "/api/v1/volumes/v").as_deref(), Some("delete volume: volumes/v"));
        assert_eq!(told(Method::PUT, "/api/v1/apps/web/env").as_deref(), Some("set env: apps/web/env"));
        assert_eq!(told(Method::GET, "/api/v1/apps"), None);
        assert_eq!(told(Method::POST, "/api/v1/sources/inspect"), None);
    }
}
