//! What kind of app is it? `lang`, its aliases and versions, and what a command tells where the file does not.

use toml_edit::Value;

use super::kinds::{Wrong, nearest};
use crate::model::manifest::Lang;

/// Every word that `lang` takes.
const WORDS: [&str; 7] = ["node", "python3", "static", "custom", "image", "python", "python36"];

/// `lang = "node@20"`; the image of `image` is filled in by the caller.
pub(super) fn lang(value: &Value) -> Result<Lang, Wrong> {
    let wrong = || Wrong::is_not("one of node, python3, static, custom, image (with a version: node@22, python3@3.12)");
    let text = value.as_str().ok_or_else(wrong)?.trim().to_ascii_lowercase();
    let (word, version) = match text.split_once('@') {
        Some((word, version)) => (word, Some(checked_version(version)?)),
        None => (text.as_str(), None),
    };
    match word {
        "node" => Ok(Lang::Node { version }),
        "python3" | "python" | "python36" => Ok(Lang::Python3 { version }),
        "static" | "custom" | "image" if version.is_some() => Err(Wrong::says("has a version, which only node and python3 take")),
        "static" => Ok(Lang::Static),
        "custom" => Ok(Lang::Custom),
        "image" => Ok(Lang::Image { reference: String::new() }),
        _ => Err(match nearest(word, WORDS.into_iter()) {
            Some(near) => wrong().suggest(near),
            None => wrong(),
        }),
    }
}

/// One to three numbers with dots; it becomes part of an image's tag.
fn checked_version(version: &str) -> Result<String, Wrong> {
    let parts: Vec<&str> = version.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
    if parts.len() <= 3 && parts.iter().all(is_number) {
        return Ok(version.to_owned());
    }
    Err(Wrong::says("has a version that is not numbers with dots, as in node@22 or python3@3.12"))
}

/// The kind that a command is for, by its first word.
pub(super) fn implied_by(run: &str) -> Option<Lang> {
    match run.split_whitespace().next()? {
        "node" | "npm" | "npx" | "yarn" | "pnpm" => Some(Lang::Node { version: None }),
        "python" | "python3" | "flask" | "uvicorn" | "gunicorn" | "fastapi" => Some(Lang::Python3 { version: None }),
        _ => None,
    }
}

/// The image of `lang = "image"`: as `docker pull` takes it, and nothing that could be taken for an option.
pub(super) fn image(value: &Value) -> Result<String, Wrong> {
    let wrong = || Wrong::is_not("an image such as \"nginx:1.27\" or \"ghcr.io/owner/name:tag\"");
    let text = value.as_str().ok_or_else(wrong)?.trim();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-/:@".contains(&b);
    let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    if !starts_well || text.len() > 255 || !text.bytes().all(allowed) || text.contains("//") {
        return Err(wrong());
    }
    let path = text.split('@').next().unwrap_or(text);
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    if name.split(':').next().is_some_and(|name| name.is_empty() || name.bytes().any(|b| b.is_ascii_uppercase())) {
        return Err(wrong());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Lang, Wrong> {
        lang(&Value::from(text))
    }

    #[test]
    fn the_old_words_for_python_still_mean_python3() {
        for word in ["python3", "python", "python36", "Python"] {
            assert_eq!(read(word), Ok(Lang::Python3 { version: None }), "{word}");
        }
        assert_eq!(read("python@3.11"), Ok(Lang::Python3 { version: Some("3.11".to_owned()) }));
    }

    #[test]
    fn a_version_is_numbers_with_dots_and_only_where_it_means_something() {
        assert_eq!(read("node@20.11.1"), Ok(Lang::Node { version: Some("20.11.1".to_owned()) }));
        for wrong in ["node@", "node@lts", "node@20.", "node@1.2.3.4", "node@20 && x"] {
            assert!(read(wrong).unwrap_err().sentence.contains("numbers with dots"), "{wrong}");
        }
        assert!(read("static@2").unwrap_err().sentence.contains("only node and python3"));
    }

    #[test]
    fn an_unknown_word_offers_the_nearest() {
        let near = |word| read(word).unwrap_err().suggestion;
        assert_eq!(near("nodejs").as_deref(), Some("\"node\""));
        assert_eq!(near("pyton").as_deref(), Some("\"python\""));
        assert_eq!(near("cobol-on-rails"), None);
    }

    #[test]
    fn an_image_is_what_docker_pull_takes() {
        for good in ["nginx", "nginx:1.27", "ghcr.io/a/b:v1.2", "localhost:5000/a:b", "a@sha256:0123"] {
            assert_eq!(image(&Value::from(good)).as_deref(), Ok(good));
        }
        for bad in ["", "-v", "a b", "a//b", "Nginx", "/a", "a/", "a;b"] {
            assert!(image(&Value::from(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_command_tells_its_kind_by_its_first_word() {
        assert_eq!(implied_by("npm start"), Some(Lang::Node { version: None }));
        assert_eq!(implied_by("python36 app.py"), None);
        assert_eq!(implied_by(""), None);
    }
}
