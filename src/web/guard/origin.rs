//! Does a change come from our own page? Scheme, host and port must be those the request was sent to.

use axum::http::{HeaderMap, header};

/// The header that no foreign page can set without asking first.
pub const OWN_HEADER: &str = "x-kraken";

/// Why a change is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForeignChange {
    /// The custom header is missing.
    #[error("the header X-Kraken: 1 is missing")]
    NoOwnHeader,
    /// No Origin.
    #[error("the Origin header is missing")]
    NoOrigin,
    /// Another page asks.
    #[error("the request comes from another page than this one")]
    OtherOrigin,
}

/// Checks a change that a cookie signs, or nothing yet.
///
/// # Errors
/// When the request may come from a foreign page: another site, or an app on another port of this machine.
pub fn check(headers: &HeaderMap) -> Result<(), ForeignChange> {
    if headers.get(OWN_HEADER).is_none_or(|value| value != "1") {
        return Err(ForeignChange::NoOwnHeader);
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = origins.next().and_then(|value| value.to_str().ok()).ok_or(ForeignChange::NoOrigin)?;
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let same = origins.next().is_none() && authority(origin).is_some_and(|origin| origin == with_port(host));
    if same { Ok(()) } else { Err(ForeignChange::OtherOrigin) }
}

/// `host:port` of an origin of our scheme.
fn authority(origin: &str) -> Option<String> {
    origin.strip_prefix("http://").map(with_port)
}

/// With the port that the scheme means where none stands.
fn with_port(authority: &str) -> String {
    let authority = authority.to_ascii_lowercase();
    let after_host = authority.rsplit(']').next().unwrap_or_default();
    if after_host.contains(':') { authority } else { format!("{authority}:80") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(host: &str, origin: Option<&str>, own: bool) -> Result<(), ForeignChange> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        if own {
            headers.insert(OWN_HEADER, "1".parse().unwrap());
        }
        check(&headers)
    }

    #[test]
    fn our_own_page_may_change_things() {
        assert_eq!(checked("pi4.local:8000", Some("http://pi4.local:8000"), true), Ok(()));
        assert_eq!(checked("pi4.local", Some("http://PI4.local"), true), Ok(()));
        assert_eq!(checked("[::1]:8000", Some("http://[::1]:8000"), true), Ok(()));
        assert_eq!(checked("[::1]", Some("http://[::1]:80"), true), Ok(()));
    }

    #[test]
    fn another_site_port_or_scheme_may_not() {
        for origin in [
            "http://evil.example",
            "http://pi4.local:3000",
            "http://pi4.local",
            "https://pi4.local:8000",
            "null",
            "http://pi4.local:8000.evil.example",
        ] {
            assert_eq!(checked("pi4.local:8000", Some(origin), true), Err(ForeignChange::OtherOrigin), "{origin}");
        }
        assert_eq!(checked("pi4.local:8000", None, true), Err(ForeignChange::NoOrigin));
        assert_eq!(checked("pi4.local:8000", Some("http://pi4.local:8000"), false), Err(ForeignChange::NoOwnHeader));
    }
}
