//! How is a source looked at while somebody types? Listed, resolved and read, with every fault in words.

use futures_util::future::BoxFuture;

use crate::edge::git::{Listing, SourceError, generate_deploy_key};
use crate::edge::sources::{Raw, Sources as Reached};
use crate::edge::work::chain;
use crate::model::document::Source;
use crate::model::observed::{Fault, Trouble as Found};
use crate::model::source::{Commit, Pasted, Reference, SourceUrl};
use crate::web::ports::{LookAt, Looked, Secret, Sources, Trouble};
use crate::web::view::{CommitView, HostKeyUse, Moment, RemoteRef};

use super::internal;

/// The sources this node reaches.
pub struct RealSources(pub Reached);

impl Sources for RealSources {
    fn look(&self, at: LookAt, root: Option<String>) -> BoxFuture<'_, Result<Looked, Trouble>> {
        Box::pin(async move {
            match at {
                LookAt::Git { pasted, reference, token } => {
                    self.look_at_git(&pasted, reference, root, token.as_ref().map(|token| token.0.as_str())).await
                }
                LookAt::Upload { digest } => self.look_at_upload(digest, root).await,
            }
        })
    }

    fn new_key(&self, url: &SourceUrl) -> Result<(String, Secret), Trouble> {
        let key = generate_deploy_key(&format!("kraken-{}", url.repository_name())).map_err(internal)?;
        Ok((key.public, Secret(key.private.reveal().to_owned())))
    }
}

impl RealSources {
    async fn look_at_git(
        &self,
        pasted: &Pasted,
        reference: Option<Reference>,
        root: Option<String>,
        token: Option<&str>,
    ) -> Result<Looked, Trouble> {
        let listing = self.0.list(&pasted.url, token).await.map_err(|error| refused(&error))?;
        let names = |tips: &'_ [crate::edge::git::Tip]| tips.iter().map(|tip| tip.name.clone()).collect::<Vec<_>>();
        let (branches, tags) = (names(&listing.branches), names(&listing.tags));
        let (chosen, folder) = pasted.choose(branches.iter().map(String::as_str), tags.iter().map(String::as_str));
        let resolved = listing.resolve(&reference.unwrap_or(chosen)).map_err(|error| refused(&error))?;
        let root = root.or(folder);
        let source = Source::Git { url: pasted.url.clone(), reference: resolved.reference.clone(), root: root.clone() };
        let raw = self.0.read_raw(&source, &resolved.commit, token).await.map_err(unreadable)?;
        Ok(Looked {
            host_key: host_key(&pasted.url, &listing),
            ..looked(&listing, resolved.reference, root, &resolved.commit, raw)
        })
    }

    async fn look_at_upload(&self, digest: String, root: Option<String>) -> Result<Looked, Trouble> {
        let commit: Commit = digest.parse().map_err(|_| Trouble {
            slug: "not-found",
            status: 404,
            because: "There is no such upload.".to_owned(),
            next: Some("Send the folder again: kraken deploy DIR.".to_owned()),
        })?;
        let source = Source::Upload { digest, root: root.clone() };
        let raw = self.0.read_raw(&source, &commit, None).await.map_err(unreadable)?;
        let nothing = Listing { branches: Vec::new(), tags: Vec::new(), default_branch: None, new_host_key: None };
        Ok(looked(&nothing, Reference::Commit { id: commit.clone() }, root, &commit, raw))
    }
}

fn looked(listing: &Listing, reference: Reference, root: Option<String>, commit: &Commit, raw: Raw) -> Looked {
    let tips = |tips: &[crate::edge::git::Tip]| {
        tips.iter().map(|tip| RemoteRef { name: tip.name.clone(), commit: tip.commit.to_string() }).collect()
    };
    let summary = Some(raw.summary).filter(|summary| !summary.is_empty());
    let (author, at) = raw.authorship.map(|written| (written.author, Moment(written.at))).unzip();
    Looked {
        branches: tips(&listing.branches),
        tags: tips(&listing.tags),
        default_branch: listing.default_branch.clone(),
        reference,
        root,
        commit: CommitView { id: commit.to_string(), summary, author, at },
        file: raw.manifest,
        facts: raw.facts,
        host_key: None,
    }
}

fn host_key(url: &SourceUrl, listing: &Listing) -> Option<HostKeyUse> {
    let key = listing.new_host_key.as_ref()?;
    Some(HostKeyUse { host: url.authority(), fingerprint: key.fingerprint.clone(), new: true })
}

fn unreadable(found: Found) -> Trouble {
    let status = if found.fault == Fault::World { 502 } else { 422 };
    Trouble { slug: "source-unreadable", status, because: sentence(&found.because), next: found.next }
}

fn refused(error: &SourceError) -> Trouble {
    let (slug, status) = match error {
        SourceError::AuthenticationNeeded { .. } => ("source-needs-sign-in", 422),
        SourceError::AuthenticationRefused { .. } => ("source-refused", 422),
        SourceError::NotFound { .. } => ("source-not-found", 422),
        SourceError::HostKeyChanged { .. } => ("host-key-changed", 422),
        SourceError::MissingReference { .. } | SourceError::NoDefaultBranch => ("missing-branch", 422),
        SourceError::TooLarge { .. } => ("source-too-large", 422),
        error if error.is_worlds_fault() => ("source-unreachable", 502),
        _ => ("source-unusable", 422),
    };
    Trouble { slug, status, because: sentence(&chain(error)), next: Some(error.next()) }
}

/// With a capital and a full stop; an address keeps its small letters.
fn sentence(text: &str) -> String {
    let is_word = text.split(' ').next().is_some_and(|word| word.chars().all(char::is_alphabetic));
    let mut chars = text.chars();
    let first = chars.next().map(|c| if is_word { c.to_uppercase().collect() } else { c.to_string() }).unwrap_or_default();
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_becomes_a_sentence_and_an_address_stays_as_it_is() {
        assert_eq!(sentence("cannot reach git.lan"), "Cannot reach git.lan.");
        assert_eq!(sentence("ssh://git@git.lan/a is private"), "ssh://git@git.lan/a is private.");
        assert_eq!(sentence("did you mean \"main\"?"), "Did you mean \"main\"?");
    }

    #[test]
    fn every_refusal_of_a_source_says_what_to_do_next() {
        let url: SourceUrl = "ssh://git@git.lan/a".parse().unwrap();
        let refused = refused(&SourceError::AuthenticationNeeded { url });
        assert!(refused.next.unwrap().ends_with("kraken key show ssh://git@git.lan/a"));
        assert!(super::refused(&SourceError::Empty).next.is_some());
    }
}
