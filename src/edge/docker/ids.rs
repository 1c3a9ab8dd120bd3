//! Is this what Docker calls its things? Ids go into URL paths, so only Docker's own form passes.

use crate::model::id::{ContainerId, ImageId};

fn is_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A container's id as Docker writes it: 64 hex digits.
pub(super) fn container(text: &str) -> Option<ContainerId> {
    is_hex(text).then(|| text.parse().ok()).flatten()
}

/// An image's id as Docker writes it: `sha256:` and 64 hex digits.
pub(super) fn image(text: &str) -> Option<ImageId> {
    text.strip_prefix("sha256:").filter(|digits| is_hex(digits)).and_then(|_| text.parse().ok())
}

/// The first 12 characters, as people see them.
pub(super) fn short(id: &ContainerId) -> &str {
    id.as_str().get(..12).unwrap_or(id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_leave_its_url_path_is_refused() {
        for text in ["", "web", "..", "../images/x", &"A".repeat(64), &format!("{}/", "a".repeat(63))] {
            assert_eq!(container(text), None, "{text}");
            assert_eq!(image(&format!("sha256:{text}")), None, "{text}");
        }
        assert_eq!(image(&"a".repeat(64)), None);
    }

    #[test]
    fn dockers_own_ids_pass() {
        let id = container(&"ab".repeat(32)).unwrap();
        assert_eq!(short(&id), "abababababab");
        assert!(image(&format!("sha256:{}", "0".repeat(64))).is_some());
    }
}
