//! How far were an app's logs read? One place in the log of each container, as text that a page can keep.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::edge::docker::LogCursor;
use crate::model::id::ContainerId;

/// A longer cursor is none of ours.
const LONGEST: usize = 64 << 10;

/// Up to where each container's log was read. By container and not by replica: one made anew begins anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places(BTreeMap<String, LogCursor>);

/// The text is no cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor of a log; start again without one")]
pub(super) struct ParsePlacesError;

/// As JSON, in base64url.
#[derive(Serialize, Deserialize)]
struct Text {
    v: u8,
    read: BTreeMap<String, String>,
}

impl Places {
    /// Where to go on in a container's log; none: at its beginning.
    pub(super) fn of(&self, container: &ContainerId) -> Option<LogCursor> {
        self.0.get(short(container)).copied()
    }

    /// Everything of a container up to `cursor` was read.
    pub(super) fn set(&mut self, container: &ContainerId, cursor: LogCursor) {
        self.0.insert(short(container).to_owned(), cursor);
    }

    /// Nothing comes from this container any more.
    pub(super) fn forget(&mut self, container: &ContainerId) {
        self.0.remove(short(container));
    }

    /// Forgets all containers but these.
    pub(super) fn keep<'a>(&mut self, containers: impl Iterator<Item = &'a ContainerId>) {
        let kept: Vec<&str> = containers.map(short).collect();
        self.0.retain(|container, _| kept.contains(&container.as_str()));
    }
}

/// As people see it.
fn short(container: &ContainerId) -> &str {
    container.as_str().get(..12).unwrap_or(container.as_str())
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = self.0.iter().map(|(container, cursor)| (container.clone(), cursor.to_string())).collect();
        let json = serde_json::to_vec(&Text { v: 1, read }).map_err(|_| fmt::Error)?;
        f.write_str(&BASE64URL_NOPAD.encode(&json))
    }
}

impl FromStr for Places {
    type Err = ParsePlacesError;

    fn from_str(text: &str) -> Result<Self, ParsePlacesError> {
        if text.len() > LONGEST {
            return Err(ParsePlacesError);
        }
        let json = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| ParsePlacesError)?;
        let Text { v: 1, read } = serde_json::from_slice(&json).map_err(|_| ParsePlacesError)? else {
            return Err(ParsePlacesError);
        };
        let places = read.into_iter().map(|(container, cursor)| Ok((container, cursor.parse().map_err(|_| ParsePlacesError)?)));
        places.collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(letter: &str) -> ContainerId {
        letter.repeat(64).parse().unwrap()
    }

    fn places() -> Places {
        let mut places = Places::default();
        places.set(&container("a"), "1.2.3.4.5".parse().unwrap());
        places.set(&container("b"), "9.0.1.9.7".parse().unwrap());
        places
    }

    #[test]
    fn a_cursor_stays_readable_for_pages_that_kept_one() {
        let json = r#"{"v":1,"read":{"aaaaaaaaaaaa":"1.2.3.4.5","bbbbbbbbbbbb":"9.0.1.9.7"}}"#;
        assert_eq!(places().to_string(), BASE64URL_NOPAD.encode(json.as_bytes()));
        assert_eq!(places().to_string().parse(), Ok(places()));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let encoded = |json: &str| BASE64URL_NOPAD.encode(json.as_bytes());
        let long = "a".repeat(LONGEST + 1);
        for text in
            ["", "x", "ü", &long, &encoded("{}"), &encoded(r#"{"v":2,"read":{}}"#), &encoded(r#"{"v":1,"read":{"a":"1"}}"#)]
        {
            assert_eq!(text.parse::<Places>(), Err(ParsePlacesError), "{text:.40}");
        }
    }

    #[test]
    fn a_container_that_is_not_in_it_is_read_from_its_beginning() {
        let mut places = places();
        assert_eq!(places.of(&container("c")), None);
        places.keep([container("b")].iter());
        assert_eq!((places.of(&container("a")), places.of(&container("b")).is_some()), (None, true));
        places.forget(&container("b"));
        assert_eq!(places, Places::default());
    }
}
