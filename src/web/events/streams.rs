//! How many pages may listen at once? So many per session, and so many in all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::web::state::lock;

/// Streams of one session: a person's tabs.
const PER_SESSION: usize = 12;
/// Streams in all.
const IN_ALL: usize = 128;

/// The streams that are open, by session.
#[derive(Debug, Clone, Default)]
pub struct Streams(Arc<Mutex<BTreeMap<String, usize>>>);

/// A place among the open streams; given back when dropped.
#[derive(Debug)]
pub struct Place {
    streams: Streams,
    key: String,
}

impl Streams {
    /// A place for a stream of `key`'s; none when there are too many.
    #[must_use]
    pub fn enter(&self, key: &str) -> Option<Place> {
        let mut open = lock(&self.0);
        let own = open.get(key).copied().unwrap_or(0);
        if own >= PER_SESSION || open.values().sum::<usize>() >= IN_ALL {
            return None;
        }
        open.insert(key.to_owned(), own + 1);
        Some(Place { streams: self.clone(), key: key.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.streams.0);
        match open.get_mut(&self.key) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(open.remove(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_so_many_streams_and_a_closed_one_makes_room() {
        let streams = Streams::default();
        let mut held: Vec<_> = (0..PER_SESSION).map(|_| streams.enter("a").unwrap()).collect();
        assert!(streams.enter("a").is_none() && streams.enter("b").is_some());
        held.pop();
        assert!(streams.enter("a").is_some());
        drop(held);
        assert!(lock(&streams.0).is_empty());
    }
}
