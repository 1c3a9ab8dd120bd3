//! What does every answer on port 8000 say to the browser? Whom it may serve, frame and tell: nobody but our own page.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// An app on another port is same-site and could otherwise frame the page, load from it, or learn its address.
const FIXED: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Adds them; an answer that says nothing about caching is not to be stored.
pub fn harden(headers: &mut HeaderMap) {
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_may_frame_sniff_or_store_an_answer() {
        let mut headers = HeaderMap::new();
        harden(&mut headers);
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("frame-ancestors 'none'"));
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("immutable"));
        harden(&mut headers);
        assert_eq!(headers[header::CACHE_CONTROL], "immutable");
    }
}
