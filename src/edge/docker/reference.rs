//! Is this text safe to put into a Docker URL? Names and image references come from manifests, so nothing passes unchecked.

use super::error::DockerError;

/// Checks a container, network or volume name by Docker's own rule: `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, at most 128 here.
///
/// # Errors
/// [`DockerError::BadName`].
pub(super) fn checked_name<'a>(kind: &'static str, text: &'a str) -> Result<&'a str, DockerError> {
    let starts_well = text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if starts_well && is_plain && text.len() <= 128 {
        Ok(text)
    } else {
        Err(DockerError::BadName { kind, text: text.to_owned() })
    }
}

/// An image reference in two parts, as `POST /images/create` wants it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// `nginx`, `ghcr.io/a/b`, `localhost:5000/x`.
    pub name: String,
    /// A tag, or a digest `sha256:…`. Never empty: without one Docker would pull every tag there is.
    pub tag: String,
}

/// Checks and splits an image reference; no tag means `latest`.
///
/// # Errors
/// [`DockerError::BadName`]: also for `..`, which would climb to another part of Docker's API.
pub(super) fn parse(text: &str) -> Result<Reference, DockerError> {
    let bad = || DockerError::BadName { kind: "image", text: text.to_owned() };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/:@".contains(&byte);
    if text.len() > 300 || !text.bytes().all(allowed) {
        return Err(bad());
    }
    let (name, tag) = match text.split_once('@') {
        Some((name, digest)) => (without_tag(name), digest),
        None => match text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((name, tag)) => (name, tag),
            None => (text, "latest"),
        },
    };
    let is_part = |part: &str| part.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric()) && !part.contains("..");
    if name.split('/').all(is_part) && is_part(tag) && !tag.contains(['/', '@']) {
        Ok(Reference { name: name.to_owned(), tag: tag.to_owned() })
    } else {
        Err(bad())
    }
}

/// `nginx:1.27@sha256:…` names one image by its digest; the tag beside it is decoration.
fn without_tag(name: &str) -> &str {
    name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(name, |(name, _)| name)
}

impl Reference {
    /// As one text, with its tag spelled out.
    pub fn full(&self) -> String {
        let separator = if self.tag.contains(':') { '@' } else { ':' };
        format!("{}{separator}{}", self.name, self.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_a_tag_means_latest_and_never_all_tags() {
        assert_eq!(parse("nginx").unwrap().full(), "nginx:latest");
        assert_eq!(parse("localhost:5000/x").unwrap().full(), "localhost:5000/x:latest");
        assert_eq!(parse("localhost:5000/x:2").unwrap().full(), "localhost:5000/x:2");
    }

    #[test]
    fn a_digest_wins_over_a_tag() {
        assert_eq!(parse("ghcr.io/a/b:1@sha256:00ff").unwrap().full(), "ghcr.io/a/b@sha256:00ff");
    }

    #[test]
    fn a_reference_that_would_climb_out_of_its_url_is_refused() {
        for text in
            ["", "../containers/web", "a/../../b", "a//b", "/a", "a?force=1", "a#b", "a%2e%2e", "a b", "a:", "a@", ".hidden", "ü"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_follow_dockers_rule() {
        assert!(checked_name("volume", "kraken-web_data.1").is_ok());
        for text in ["", "-a", "a/b", "../a", "a b", &"a".repeat(129)] {
            assert!(checked_name("volume", text).is_err(), "{text}");
        }
    }
}
