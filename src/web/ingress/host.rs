//! Which host does a request ask for? One Host header, or an absolute target.

use http::{Uri, header, request::Parts};

pub use crate::web::host::Host;

/// A request that does not say for whom it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadHostError {
    /// No Host header (RFC 9112 section 3.2).
    #[error("The request has no Host header.")]
    Missing,
    /// More than one: two programs on the way could each believe another.
    #[error("The request has more than one Host header.")]
    Several,
    /// Neither a name nor an address.
    #[error("The Host header is neither a name nor an address.")]
    Malformed,
}

/// The host a request asks for: exactly one Host header, and an absolute request target wins over it.
///
/// # Errors
/// What is wrong with the Host header; the answer is 400.
pub fn host_of(parts: &Parts) -> Result<Host<'_>, ReadHostError> {
    let mut headers = parts.headers.get_all(header::HOST).iter();
    let header = headers.next().ok_or(ReadHostError::Missing)?;
    if headers.next().is_some() {
        return Err(ReadHostError::Several);
    }
    let text = match authority(&parts.uri) {
        Some(authority) => authority,
        None => header.to_str().map_err(|_| ReadHostError::Malformed)?,
    };
    Host::parse(text).ok_or(ReadHostError::Malformed)
}

/// `host[:port]` of an absolute request target; user information makes it malformed.
#[must_use]
pub fn authority(uri: &Uri) -> Option<&str> {
    uri.authority().map(http::uri::Authority::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(head: http::request::Builder) -> Result<String, ReadHostError> {
        let (parts, ()) = head.body(()).unwrap().into_parts();
        host_of(&parts).map(|host| host.as_str().to_owned())
    }

    #[test]
    fn no_host_two_hosts_and_a_false_host_are_told_apart() {
        let get = || http::Request::builder().uri("/");
        assert_eq!(asked(get()), Err(ReadHostError::Missing));
        assert_eq!(asked(get().header("host", "a").header("host", "a")), Err(ReadHostError::Several));
        assert_eq!(asked(get().header("host", "a@b")), Err(ReadHostError::Malformed));
        assert_eq!(asked(get().header("host", "a")).as_deref(), Ok("a"));
    }

    #[test]
    fn an_absolute_target_wins_over_the_header() {
        let absolute = http::Request::builder().uri("http://Web.localhost:80/x").header("host", "evil");
        assert_eq!(asked(absolute).as_deref(), Ok("web.localhost"));
        let user = http::Request::builder().uri("http://u:p@web.localhost/x").header("host", "web");
        assert_eq!(asked(user), Err(ReadHostError::Malformed));
    }
}
