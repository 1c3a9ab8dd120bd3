//! Does a path stay where it belongs? Inside the repository, or absolute inside the container.

use toml_edit::Value;

use super::kinds::{self, Wrong};

/// A path below the repository's (or `root`'s) top, as `a/b`; empty for the top itself.
pub(super) fn inside(value: &Value) -> Result<String, Wrong> {
    let text = kinds::line(value)?;
    let next = "Write it from the top of the repository, such as \"web/public\"";
    if text.starts_with('/') || text.starts_with('~') || text.contains('\\') || text.chars().nth(1) == Some(':') {
        return Err(Wrong::says("is not a path inside the repository").next(next));
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err(Wrong::says("leaves the repository").next(next));
    }
    if parts.contains(&".git") {
        return Err(Wrong::says("lies in .git, which is never part of an app").next(next));
    }
    Ok(parts.join("/"))
}

/// The same where a Dockerfile has to name it: no blanks, quotes or dollars.
pub(super) fn inside_plain(value: &Value) -> Result<String, Wrong> {
    let path = inside(value)?;
    if path.chars().all(is_plain) {
        Ok(path)
    } else {
        Err(Wrong::says("has a character other than letters, digits and . _ - + @ /"))
    }
}

/// A folder of the container for a volume.
pub(super) fn mount_point(value: &Value) -> Result<String, Wrong> {
    let text = kinds::line(value)?;
    if !text.starts_with('/') {
        return Err(Wrong::is_not("an absolute path").next("It is a folder of the container, such as \"/data\""));
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| *part == ".." || *part == ".") {
        return Err(Wrong::says("contains . or .."));
    }
    if !text.chars().all(is_plain) {
        return Err(Wrong::says("has a character other than letters, digits and . _ - + @ /"));
    }
    match parts.first() {
        None => Err(Wrong::says("is the whole container").next("Name a folder, such as \"/data\"")),
        Some(&("proc" | "sys" | "dev")) => Err(Wrong::says("belongs to the system").next("Name a folder, such as \"/data\"")),
        Some(_) => Ok(format!("/{}", parts.join("/"))),
    }
}

const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(read: Result<String, Wrong>) -> String {
        read.unwrap_err().sentence
    }

    #[test]
    fn a_path_is_written_one_way() {
        for (text, path) in [("", ""), (".", ""), ("./web/", "web"), ("a//b/./c", "a/b/c"), ("..x/y..", "..x/y..")] {
            assert_eq!(inside(&Value::from(text)).as_deref(), Ok(path), "{text}");
        }
    }

    #[test]
    fn a_path_never_leaves_the_repository() {
        for text in ["..", "../x", "a/../../b", "a/.."] {
            assert_eq!(refusal(inside(&Value::from(text))), "leaves the repository", "{text}");
        }
        for text in ["/etc/passwd", "~/x", "C:\\x", "a\\b"] {
            assert_eq!(refusal(inside(&Value::from(text))), "is not a path inside the repository", "{text}");
        }
        assert_eq!(refusal(inside(&Value::from("a/.git/config"))), "lies in .git, which is never part of an app");
    }

    #[test]
    fn a_path_in_a_dockerfile_has_no_blanks() {
        assert!(inside(&Value::from("my app")).is_ok());
        assert!(inside_plain(&Value::from("my app")).is_err());
        assert!(inside_plain(&Value::from("$HOME")).is_err());
    }

    #[test]
    fn a_volume_is_an_absolute_folder_that_is_not_the_systems() {
        assert_eq!(mount_point(&Value::from("/data/")).as_deref(), Ok("/data"));
        let refused = [
            ("data", "is not an absolute path"),
            ("/", "is the whole container"),
            ("//", "is the whole container"),
            ("/a/../b", "contains . or .."),
            ("/proc/1", "belongs to the system"),
            ("/a b", "has a character other than letters, digits and . _ - + @ /"),
        ];
        for (text, why) in refused {
            assert_eq!(refusal(mount_point(&Value::from(text))), why, "{text}");
        }
    }
}
