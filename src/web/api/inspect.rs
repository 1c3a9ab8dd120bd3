//! What would this source be, if it were deployed? Looked at, its manifest read, its name weighed against the apps there are.

use axum::http::StatusCode;

use super::reading;
use crate::decide::detect::detect;
use crate::decide::manifest::Parsed;
use crate::model::document::{ManifestOrigin, Source};
use crate::model::manifest::{Finding, Manifest};
use crate::model::setting;
use crate::model::source::{Pasted, Reference, Scheme};
use crate::model::world::World;
use crate::web::guard::identity::Caller;
use crate::web::ports::{LookAt, Looked, Secret};
use crate::web::problem::Problem;
use crate::web::state::Web;
use crate::web::view::{AppRef, InspectedManifest, Inspection, ReferenceView, VolumeMount};

/// What is to be looked at.
pub struct Look {
    /// As pasted.
    pub url: String,
    /// Branch, tag or commit, if given.
    pub reference: Option<ReferenceView>,
    /// Folder of the app, if given.
    pub root: Option<String>,
    /// A token for a private repository.
    pub token: Option<String>,
    /// A manifest edited instead of the repository's file.
    pub manifest: Option<String>,
}

/// A repository, looked at, with the manifest that would be in force.
pub struct Seen {
    /// As pasted, parsed.
    pub pasted: Pasted,
    /// What was found.
    pub looked: Looked,
    /// Where the manifest comes from.
    pub manifest: InspectedManifest,
    /// What reading it found.
    pub parsed: Parsed,
}

/// Parses what was pasted; a repository on this machine is reached from this machine only.
pub fn parse_url(text: &str, caller: &Caller) -> Result<Pasted, Problem> {
    let pasted: Pasted = text.trim().parse().map_err(|error: crate::model::source::ParseSourceUrlError| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-address", format!("{error}."))
    })?;
    if pasted.url.scheme() == Scheme::File && !caller.is_local() {
        let refused = Problem::new(
            StatusCode::FORBIDDEN,
            "only-here",
            "A repository on the machine itself is deployed on that machine only.",
        );
        return Err(refused.next("Use `kraken deploy` there, or serve the repository over https or ssh."));
    }
    Ok(pasted)
}

/// The reference a person gave.
pub fn reference(given: Option<ReferenceView>) -> Result<Option<Reference>, Problem> {
    given
        .map(Reference::try_from)
        .transpose()
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-commit", format!("{error}.")))
}

/// Looks at a repository and reads its manifest.
pub async fn look(web: &Web, world: &World, caller: &Caller, look: &Look) -> Result<Seen, Problem> {
    let pasted = parse_url(&look.url, caller)?;
    let at = LookAt::Git {
        pasted: Box::new(pasted.clone()),
        reference: reference(look.reference.clone())?,
        token: look.token.clone().filter(|token| !token.is_empty()).map(Secret),
    };
    let looked = web.parts.ports.sources.look(at, look.root.clone().filter(|root| !root.is_empty())).await?;
    let (manifest, parsed) = read(world, &looked, look.manifest.as_deref());
    Ok(Seen { pasted, looked, manifest, parsed })
}

/// The manifest that would be in force: the edited one, else the file, else what is detected.
pub fn read(world: &World, looked: &Looked, edited: Option<&str>) -> (InspectedManifest, Parsed) {
    if let Some(text) = edited {
        let manifest = InspectedManifest { origin: ManifestOrigin::Edited, text: text.to_owned(), why: None };
        return (manifest, reading::text(world, text));
    }
    if let Some(bytes) = &looked.file {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(crate::decide::manifest::MAX_BYTES)]).into_owned();
        return (InspectedManifest { origin: ManifestOrigin::File, text, why: None }, reading::bytes(world, bytes));
    }
    match detect(&looked.facts) {
        Ok(offer) => {
            let parsed = reading::text(world, &offer.text);
            (InspectedManifest { origin: ManifestOrigin::Detected, text: offer.text, why: Some(offer.why) }, parsed)
        }
        Err(refusal) => {
            let manifest =
                InspectedManifest { origin: ManifestOrigin::Detected, text: String::new(), why: Some(refusal.because.clone()) };
            // Findings end their own sentences.
            let finding = Finding::of_file(refusal.because, refusal.next.trim_end_matches('.'));
            (manifest, Parsed { manifest: None, findings: vec![finding] })
        }
    }
}

/// What a person is shown of it.
pub fn show(world: &World, seen: Seen, name: Option<&str>) -> Inspection {
    let Seen { pasted, looked, manifest, parsed } = seen;
    let says = parsed.manifest.as_ref();
    let app = named(world, &pasted, &looked, says, name);
    let has_errors = parsed.errors().next().is_some();
    let key = world.settings.get(setting_name(&setting::deploy_key_of(&pasted.url)).as_str());
    Inspection {
        url: pasted.url.to_string(),
        ok: !has_errors && app.as_ref().is_some_and(|app| app.clash.is_none()),
        app,
        reference: ReferenceView::from(&looked.reference),
        root: looked.root,
        commit: looked.commit,
        branches: looked.branches,
        tags: looked.tags,
        default_branch: looked.default_branch,
        secrets: says.map(|says| says.secrets.keys().cloned().collect()).unwrap_or_default(),
        env: says.map(|says| says.env.clone()).unwrap_or_default(),
        volumes: says.map(volumes).unwrap_or_default(),
        port: says.map(|says| says.config.port),
        public_key: setting::read::<setting::DeployKey>(key).map(|key| key.public),
        host_key: looked.host_key,
        manifest,
        findings: parsed.findings,
    }
}

fn volumes(manifest: &Manifest) -> Vec<VolumeMount> {
    manifest.volumes.iter().map(|volume| VolumeMount { name: volume.name.clone(), path: volume.path.clone() }).collect()
}

/// The key of a setting in the world's map.
pub fn setting_name(object: &crate::model::record::ObjectKey) -> String {
    match object {
        crate::model::record::ObjectKey::Setting(name) => name.clone(),
        other => other.to_string(),
    }
}

fn named(world: &World, pasted: &Pasted, looked: &Looked, says: Option<&Manifest>, name: Option<&str>) -> Option<AppRef> {
    let name = name.filter(|name| !name.is_empty()).or_else(|| says.map(|says| says.app.name.as_str()))?;
    let id = reading::app_id(name).ok()?;
    let there = world.apps.get(&id).filter(|app| app.is_listed()).and_then(|app| app.source.as_ref());
    let clash = there.and_then(|there| clash(&there.source, pasted, looked));
    Some(AppRef { id, name: name.to_owned(), exists: there.is_some(), clash })
}

/// Same name again: the same repository, reference and folder is an update; anything else a clash.
fn clash(there: &Source, pasted: &Pasted, looked: &Looked) -> Option<String> {
    match there {
        Source::Git { url, reference, root } => {
            let same = url.identity() == pasted.url.identity() && *reference == looked.reference && *root == looked.root;
            let folder = root.as_ref().map(|root| format!(" folder {root},")).unwrap_or_default();
            (!same)
                .then(|| format!("An app of this name comes from {url},{folder} {reference}. Choose another name to have both."))
        }
        Source::Upload { .. } => {
            Some("An app of this name comes from an uploaded folder. Choose another name to have both.".to_owned())
        }
    }
}
