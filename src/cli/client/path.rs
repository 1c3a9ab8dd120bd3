//! How does what a person typed become part of an address? So that it cannot lead elsewhere.

use crate::decide::manifest::slug;

/// One part of a path: what a person typed cannot lead elsewhere.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut path = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => path.push(char::from(byte)),
            b'.' if text.bytes().any(|other| other != b'.') => path.push('.'),
            other => path.push_str(&format!("%{other:02X}")),
        }
    }
    path
}

/// The id of an app that a person named, perhaps as it is written in its manifest: "My Shop" is my-shop.
#[must_use]
pub fn app_id(name: &str) -> String {
    slug(name).unwrap_or_else(|_| name.to_owned())
}

/// Where an app is, below the API's base.
#[must_use]
pub fn app_path(name: &str) -> String {
    format!("/apps/{}", segment(&app_id(name)))
}

/// `?a=1&b=2`, or nothing.
#[must_use]
pub fn query(pairs: &[(&str, String)]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    format!("?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_cannot_lead_to_another_path() {
        assert_eq!(segment("web-1"), "web-1");
        assert_eq!(segment("../tokens?x"), "..%2Ftokens%3Fx");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(segment("my app"), "my%20app");
        assert_eq!(app_path("My Shop"), "/apps/my-shop");
        assert_eq!(app_path("../"), "/apps/..%2F");
        assert_eq!(query(&[("q", "a&b=c".into()), ("tail", "5".into())]), "?q=a%26b%3Dc&tail=5");
    }
}
