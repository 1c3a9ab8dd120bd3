//! Which images may go, and in which order? Ours, unused, not built upon; the oldest first, until the rest fits.

use std::collections::{BTreeMap, BTreeSet};

/// An image as far as its removal is concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// Docker's id.
    pub id: String,
    /// The image it was built on; empty when not known.
    pub parent: String,
    /// Seconds since 1970.
    pub created: i64,
    /// With all layers below.
    pub bytes: u64,
    /// Made or pulled by Kraken, and nobody else gave it a name.
    pub is_ours: bool,
    /// A container, running or not, was made from it.
    pub is_used: bool,
    /// Filled in by [`to_remove`]: what it adds to its parent.
    pub own_bytes: u64,
}

/// What to remove, in this order, so that our images take at most `quota` bytes. An image is only removed after all that
/// were built on it, so what stays below a kept image stays.
#[must_use]
pub fn to_remove(images: &[Candidate], keep: BTreeSet<&str>, quota: u64) -> Vec<Candidate> {
    let bytes: BTreeMap<&str, u64> = images.iter().map(|image| (image.id.as_str(), image.bytes)).collect();
    let own = |image: &Candidate| image.bytes.saturating_sub(bytes.get(image.parent.as_str()).copied().unwrap_or(0));
    let mut total: u64 = images.iter().filter(|image| image.is_ours).map(own).sum();
    let mut children: BTreeMap<&str, usize> = BTreeMap::new();
    for image in images {
        *children.entry(image.parent.as_str()).or_default() += 1;
    }
    let mut left: Vec<&Candidate> =
        images.iter().filter(|image| image.is_ours && !image.is_used && !keep.contains(image.id.as_str())).collect();
    left.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    let mut removed = Vec::new();
    while total > quota {
        let is_leaf = |image: &&Candidate| children.get(image.id.as_str()).is_none_or(|&count| count == 0);
        let Some(at) = left.iter().position(is_leaf) else { break };
        let image = left.remove(at);
        if let Some(count) = children.get_mut(image.parent.as_str()) {
            *count -= 1;
        }
        total = total.saturating_sub(own(image));
        removed.push(Candidate { own_bytes: own(image), ..image.clone() });
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn image(id: &str, parent: &str, created: i64, bytes: u64) -> Candidate {
        Candidate { id: id.into(), parent: parent.into(), created, bytes, is_ours: true, ..Candidate::default() }
    }

    fn ids(images: &[Candidate], keep: &[&str], quota: u64) -> Vec<String> {
        to_remove(images, keep.iter().copied().collect(), quota).into_iter().map(|image| image.id).collect()
    }

    #[test]
    fn the_oldest_goes_first_and_no_more_than_needed() {
        let images = [image("new", "", 3, 100), image("old", "", 1, 100), image("mid", "", 2, 100)];
        assert_eq!(ids(&images, &[], 250), ["old"]);
        assert_eq!(ids(&images, &[], 100), ["old", "mid"]);
        assert_eq!(ids(&images, &[], 300), Vec::<String>::new());
    }

    #[test]
    fn what_is_kept_or_used_or_foreign_stays() {
        let mut images =
            [image("kept", "", 1, 100), image("used", "", 2, 100), image("theirs", "", 3, 100), image("free", "", 4, 100)];
        images[1].is_used = true;
        images[2].is_ours = false;
        assert_eq!(ids(&images, &["kept"], 0), ["free"]);
    }

    #[test]
    fn the_steps_below_a_kept_image_stay_and_those_below_a_removed_one_follow_it() {
        let images =
            [image("step", "base", 1, 60), image("top", "step", 2, 90), Candidate { is_ours: false, ..image("base", "", 0, 50) }];
        assert_eq!(ids(&images, &["top"], 0), Vec::<String>::new());
        let removed = to_remove(&images, BTreeSet::new(), 0);
        assert_eq!(
            removed.iter().map(|image| (image.id.as_str(), image.own_bytes)).collect::<Vec<_>>(),
            [("top", 30), ("step", 10)]
        );
    }

    #[test]
    fn a_shared_base_is_counted_once() {
        let images = [image("base", "", 1, 1000), image("a", "base", 2, 1010), image("b", "base", 3, 1010)];
        assert_eq!(ids(&images, &[], 1020), Vec::<String>::new());
        assert_eq!(ids(&images, &[], 1015), ["a"]);
    }

    proptest! {
        #[test]
        fn nothing_that_must_stay_is_ever_removed(
            shape in prop::collection::vec((0usize..8, 0i64..9, 0u64..100, prop::bool::ANY, prop::bool::ANY, prop::bool::ANY), 1..12),
            quota in 0u64..300,
        ) {
            let images: Vec<Candidate> = shape.iter().enumerate().map(|(n, &(parent, created, bytes, is_ours, is_used, _))| {
                let parent = if parent < n { parent.to_string() } else { String::new() };
                Candidate { is_ours, is_used, ..image(&n.to_string(), &parent, created, bytes) }
            }).collect();
            let keep: Vec<String> = shape.iter().enumerate().filter(|(_, image)| image.5).map(|(n, _)| n.to_string()).collect();
            let removed = to_remove(&images, keep.iter().map(String::as_str).collect(), quota);
            for (at, image) in removed.iter().enumerate() {
                prop_assert!(image.is_ours && !image.is_used && !keep.contains(&image.id));
                let stays = |child: &&Candidate| child.parent == image.id && !removed[..at].iter().any(|gone| gone.id == child.id);
                prop_assert!(!images.iter().any(|child| stays(&child)), "{} was built on", image.id);
            }
        }
    }
}
