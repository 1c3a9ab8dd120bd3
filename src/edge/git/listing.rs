//! What does a Git server offer, and which commit does a reference mean right now?

use std::collections::BTreeMap;

use git2::{Direction, Remote};

use super::connection::{Access, Conversation};
use super::error::SourceError;
use super::stop::Stop;
use crate::model::source::{Commit, HostKey, Reference};

/// Most names of one kind that are handed out; a server with more is used, but only these can be named.
const MOST_NAMES: usize = 20_000;
/// How many similar names an error offers.
const NEAREST: usize = 3;

/// A branch or tag and the commit it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Without `refs/heads/` or `refs/tags/`.
    pub name: String,
    /// Of an annotated tag: the commit behind it.
    pub commit: Commit,
}

/// What a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// By name.
    pub branches: Vec<Tip>,
    /// By name.
    pub tags: Vec<Tip>,
    /// The branch HEAD names.
    pub default_branch: Option<String>,
    /// The server's host key, where none was pinned: to be kept from now on.
    pub new_host_key: Option<HostKey>,
}

/// A reference, pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What it means.
    pub commit: Commit,
    /// The branch or tag it was found under; for the default branch, that branch.
    pub reference: Reference,
    /// See [`Listing::new_host_key`].
    pub new_host_key: Option<HostKey>,
}

impl Listing {
    /// The commit `reference` means. A commit is taken as given: whether it exists shows when it is fetched.
    ///
    /// # Errors
    /// No such branch or tag, with the nearest names; an empty repository.
    pub fn resolve(&self, reference: &Reference) -> Result<Resolved, SourceError> {
        if self.branches.is_empty() && self.tags.is_empty() {
            return Err(SourceError::Empty);
        }
        let (commit, reference) = match reference {
            Reference::Commit { id } => (id.clone(), reference.clone()),
            Reference::Branch { name } => (find("branch", &self.branches, name)?, reference.clone()),
            Reference::Tag { name } => (find("tag", &self.tags, name)?, reference.clone()),
            Reference::DefaultBranch => {
                let name = self.default_branch.as_ref().ok_or(SourceError::NoDefaultBranch)?;
                (find("branch", &self.branches, name)?, Reference::branch(name.clone()))
            }
            Reference::Unknown => return Err(SourceError::UnknownReference),
        };
        Ok(Resolved { commit, reference, new_host_key: self.new_host_key.clone() })
    }
}

fn find(kind: &'static str, tips: &[Tip], name: &str) -> Result<Commit, SourceError> {
    let found = tips.iter().find(|tip| tip.name == name);
    found.map(|tip| tip.commit.clone()).ok_or_else(|| {
        let mut near: Vec<(usize, &str)> =
            tips.iter().map(|tip| (strsim::damerau_levenshtein(&tip.name, name), tip.name.as_str())).collect();
        near.sort();
        // Half the name must fit, or the guess only confuses.
        near.retain(|(distance, _)| *distance <= name.chars().count().div_ceil(2));
        let nearest = near.into_iter().take(NEAREST).map(|(_, name)| name.to_owned()).collect();
        SourceError::MissingReference { kind, name: name.chars().take(200).collect(), nearest }
    })
}

/// What one server answered, still with its reference names.
pub(super) struct Advertised {
    /// Full name → object id, as advertised (tags not peeled).
    pub(super) names: BTreeMap<String, git2::Oid>,
    /// Full name of what HEAD names.
    pub(super) head: Option<String>,
}

impl Advertised {
    pub(super) fn of(connection: &git2::RemoteConnection<'_, '_, '_>) -> Result<Self, git2::Error> {
        let mut names = BTreeMap::new();
        let mut head = None;
        for advertised in connection.list()? {
            if advertised.name() == "HEAD" {
                head = advertised.symref_target().map(str::to_owned);
            }
            names.insert(advertised.name().to_owned(), advertised.oid());
        }
        let head = head.or_else(|| connection.default_branch().ok().and_then(|name| name.as_str().ok().map(str::to_owned)));
        Ok(Self { names, head })
    }

    /// The name under which `commit` is a tip; branches first.
    pub(super) fn tip_of(&self, commit: git2::Oid) -> Option<&str> {
        let names =
            self.names.iter().filter(|(_, oid)| **oid == commit).map(|(name, _)| name.strip_suffix("^{}").unwrap_or(name));
        names.filter(|name| name.starts_with("refs/heads/") || name.starts_with("refs/tags/")).min()
    }

    fn tips(&self, prefix: &str) -> Vec<Tip> {
        let mut tips: BTreeMap<&str, git2::Oid> = BTreeMap::new();
        for (name, oid) in &self.names {
            // `refs/tags/v1^{}` sorts behind `refs/tags/v1` and replaces the tag object by the commit behind it.
            if let Some(name) = name.strip_prefix(prefix) {
                tips.insert(name.strip_suffix("^{}").unwrap_or(name), *oid);
            }
        }
        let tip = |(name, oid): (&str, git2::Oid)| Some(Tip { name: name.to_owned(), commit: oid.to_string().parse().ok()? });
        tips.into_iter().take(MOST_NAMES).filter_map(tip).collect()
    }
}

/// Asks the server; stores nothing.
pub(super) fn list(access: &Access, stop: &Stop) -> Result<Listing, SourceError> {
    let conversation = Conversation::new(access, stop);
    let advertised = advertised(access, &conversation).map_err(|error| conversation.explain(&error))?;
    let default_branch = advertised.head.as_deref().and_then(|head| head.strip_prefix("refs/heads/")).map(str::to_owned);
    Ok(Listing {
        branches: advertised.tips("refs/heads/"),
        tags: advertised.tips("refs/tags/"),
        default_branch,
        new_host_key: conversation.newly_seen(),
    })
}

fn advertised(access: &Access, conversation: &Conversation<'_>) -> Result<Advertised, git2::Error> {
    let mut remote = Remote::create_detached(access.url.to_string())?;
    let callbacks = conversation.callbacks(&|_| Ok(()));
    let connection = remote.connect_auth(Direction::Fetch, Some(callbacks), None)?;
    Advertised::of(&connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tip(name: &str, digit: &str) -> Tip {
        Tip { name: name.into(), commit: digit.repeat(40).parse().unwrap() }
    }

    fn listing() -> Listing {
        Listing {
            branches: vec![tip("develop", "1"), tip("main", "2")],
            tags: vec![tip("v1.0", "3")],
            default_branch: Some("main".into()),
            new_host_key: None,
        }
    }

    fn resolved(reference: &Reference) -> (String, Reference) {
        let resolved = listing().resolve(reference).unwrap();
        (resolved.commit.short().to_owned(), resolved.reference)
    }

    #[test]
    fn each_kind_of_reference_finds_its_commit() {
        assert_eq!(resolved(&Reference::DefaultBranch), ("2222222".into(), Reference::branch("main")));
        assert_eq!(resolved(&Reference::branch("develop")).0, "1111111");
        assert_eq!(resolved(&Reference::tag("v1.0")).0, "3333333");
        assert_eq!(resolved(&Reference::Commit { id: "a".repeat(40).parse().unwrap() }).0, "aaaaaaa");
    }

    #[test]
    fn a_missing_name_comes_with_the_nearest_ones() {
        let error = listing().resolve(&Reference::branch("develpo")).unwrap_err().to_string();
        assert_eq!(error, "the repository has no branch \"develpo\"; did you mean \"develop\"?");
        let error = listing().resolve(&Reference::tag("zzzzzz")).unwrap_err().to_string();
        assert_eq!(error, "the repository has no tag \"zzzzzz\"");
        assert!(listing().resolve(&Reference::tag("main")).is_err());
    }

    #[test]
    fn an_empty_repository_and_a_lost_default_branch_are_told_apart() {
        let empty = Listing { branches: vec![], tags: vec![], ..listing() };
        assert!(matches!(empty.resolve(&Reference::DefaultBranch), Err(SourceError::Empty)));
        let headless = Listing { default_branch: None, ..listing() };
        assert!(matches!(headless.resolve(&Reference::DefaultBranch), Err(SourceError::NoDefaultBranch)));
        assert!(matches!(listing().resolve(&Reference::Unknown), Err(SourceError::UnknownReference)));
    }

    #[test]
    fn an_annotated_tag_means_the_commit_behind_it() {
        let oid = |digit: &str| git2::Oid::from_str(&digit.repeat(40)).unwrap();
        let names = [("refs/tags/v1", "1"), ("refs/tags/v1^{}", "2"), ("refs/heads/main", "2")];
        let advertised = Advertised { names: names.map(|(name, digit)| (name.to_owned(), oid(digit))).into(), head: None };
        assert_eq!(advertised.tips("refs/tags/"), [tip("v1", "2")]);
        assert_eq!(advertised.tip_of(oid("2")), Some("refs/heads/main"));
        assert_eq!(advertised.tip_of(oid("9")), None);
    }
}
