//! What is the app called in addresses? The slug of its name.

/// Longest slug, in characters: a label of a host name has 63, and Kraken adds to it.
const LONGEST: usize = 32;

/// Why a name gives no app id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlugRefusal {
    /// No letter or digit in it.
    #[error("has no letter a-z and no digit, so the app would have no address")]
    Empty,
    /// Kraken's own name, or every machine's.
    #[error("is taken: {0}.local and {0}.localhost mean something else already")]
    Reserved(String),
    /// Names that end so are the machines' and the fallback names of apps.
    #[error("ends with -kraken, as the names of Kraken's machines do")]
    KrakenSuffix,
}

/// The app id that `name` gives: `a-z 0-9 -`, at most 32 characters. Umlauts and accents become plain letters,
/// every other run of characters one hyphen.
///
/// # Errors
/// When nothing is left, or the id would be one that means something else.
pub fn slug(name: &str) -> Result<String, SlugRefusal> {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ => match plain(c) {
                "" if slug.ends_with('-') || slug.is_empty() => {}
                "" => slug.push('-'),
                letters => slug.push_str(letters),
            },
        }
        if slug.len() >= LONGEST {
            break;
        }
    }
    slug.truncate(LONGEST);
    let slug = slug.trim_end_matches('-');
    match slug {
        "" => Err(SlugRefusal::Empty),
        "kraken" | "localhost" => Err(SlugRefusal::Reserved(slug.to_owned())),
        _ if slug.ends_with("-kraken") => Err(SlugRefusal::KrakenSuffix),
        _ => Ok(slug.to_owned()),
    }
}

/// The plain letters of a lower-case Latin one; empty for everything else.
const fn plain(c: char) -> &'static str {
    match c {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' => "o",
        'ù' | 'ú' | 'û' => "u",
        'ý' | 'ÿ' => "y",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_becomes_what_fits_an_address() {
        let expected = [
            ("scapenode", "scapenode"),
            ("My Recipes!", "my-recipes"),
            ("  Küche & Café 2 ", "kueche-cafe-2"),
            ("--a__b--", "a-b"),
            ("krakens", "krakens"),
        ];
        for (name, id) in expected {
            assert_eq!(slug(name).as_deref(), Ok(id), "{name}");
        }
    }

    #[test]
    fn a_long_name_is_cut_without_a_hyphen_at_its_end() {
        assert_eq!(slug(&"a".repeat(100)), Ok("a".repeat(32)));
        assert_eq!(slug(&format!("{} tail", "a".repeat(31))), Ok("a".repeat(31)));
    }

    #[test]
    fn names_that_mean_something_else_are_refused() {
        for name in ["", "  ", "日本", "-"] {
            assert_eq!(slug(name), Err(SlugRefusal::Empty), "{name}");
        }
        assert_eq!(slug("Kraken"), Err(SlugRefusal::Reserved("kraken".to_owned())));
        assert_eq!(slug("localhost!"), Err(SlugRefusal::Reserved("localhost".to_owned())));
        assert_eq!(slug("pi 4 kraken"), Err(SlugRefusal::KrakenSuffix));
    }

    proptest! {
        #[test]
        fn a_slug_fits_a_host_name_and_is_its_own_slug(name in "\\PC*") {
            if let Ok(id) = slug(&name) {
                prop_assert!(!id.is_empty() && id.len() <= LONGEST);
                prop_assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
                prop_assert!(!id.starts_with('-') && !id.ends_with('-'));
                prop_assert_eq!(slug(&id), Ok(id));
            }
        }
    }
}
