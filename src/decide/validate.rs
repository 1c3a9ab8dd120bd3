//! May this source be deployed, and as what? From what was found at the pinned commit to a version with its settings.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::decide::manifest::{Context, NodeFacts, Parsed};
use crate::decide::{detect, machine, manifest, ports, recipe, route};
use crate::model::deployment::{Phase, Settings};
use crate::model::document::{AppRoute, AppSource, Document, ManifestOrigin, Version, Volume, VolumeState};
use crate::model::event::Inspection;
use crate::model::id::{AppId, NodeId};
use crate::model::manifest::{Finding, Manifest};
use crate::model::observed::{Fault, Trouble};
use crate::model::quantity::Bytes;
use crate::model::record::{Concern, Draft, ObjectKey};
use crate::model::world::{App, World};

/// A source that may be deployed.
#[derive(Debug, Clone, PartialEq)]
pub struct Validated {
    /// New, or the one that was built from the same before.
    pub version: Arc<Version>,
    /// In force with it.
    pub settings: Settings,
    /// The version if it is new, and a port the app needs.
    pub drafts: Vec<Draft>,
    /// What was found, for people.
    pub says: String,
}

/// The manifest in force for a source, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its text.
    pub text: String,
    /// Where it came from.
    pub origin: ManifestOrigin,
    /// What reading it gave.
    pub parsed: Parsed,
    /// Why detection offers it, if it does.
    pub why: Option<String>,
}

/// What a manifest of `app` is checked against.
#[must_use]
pub fn context(world: &World, app: &AppId) -> Context {
    let others = || world.apps.iter().filter(|(id, other)| *id != app && other.is_listed());
    Context {
        nodes: nodes(world),
        other_apps: others().map(|(id, _)| id.to_string()).collect(),
        other_hosts: others()
            .flat_map(|(id, other)| route::hosts(world, other).into_iter().map(move |host| (host, id.to_string())))
            .collect(),
        taken_ports: ports::taken(world, app).map(|(port, id)| (port, id.to_string())).collect(),
    }
}

/// The members, as far as they told what they are made of.
#[must_use]
pub fn nodes(world: &World) -> Vec<NodeFacts> {
    let known = machine::members(world).into_iter().filter_map(|node| machine::facts(world, node));
    known
        .map(|facts| NodeFacts { name: facts.name, arch: facts.arch, labels: facts.labels, memory: Bytes(facts.memory) })
        .collect()
}

/// The manifest in force: a person's edit, else the repository's file, else the detected one.
///
/// # Errors
/// Nothing is there and nothing can be detected.
pub fn find(edited: Option<&str>, inspection: &Inspection, context: &Context) -> Result<Found, Trouble> {
    let (text, origin, why) = match (edited, &inspection.manifest) {
        (Some(text), _) => (text.to_owned(), ManifestOrigin::Edited, None),
        (None, Some(text)) => (text.clone(), ManifestOrigin::File, None),
        (None, None) => {
            let offer = detect::detect(&inspection.facts).map_err(|refusal| trouble(refusal.because, Some(refusal.next)))?;
            (offer.text, ManifestOrigin::Detected, Some(offer.why))
        }
    };
    let parsed = manifest::parse(&text, context);
    Ok(Found { text, origin, parsed, why })
}

/// Decides whether `app` may be deployed from what was found.
///
/// # Errors
/// What is wrong, in words for people; always the app's fault.
pub fn validate(world: &World, id: &AppId, app: &App, inspection: &Inspection) -> Result<Validated, Trouble> {
    let source = app.source.as_ref().ok_or_else(|| trouble("its source is not known any more".into(), None))?;
    let found = find(source.manifest.as_deref(), inspection, &context(world, id))?;
    let Some(manifest) = found.parsed.manifest.clone() else {
        return Err(refused_file(&found.parsed.findings));
    };
    refuse_missing_secrets(id, app, &manifest)?;
    let version = version(world, id, source, inspection, &found, &manifest);
    let mut drafts = Vec::new();
    if !world.versions.contains_key(&version.id) {
        drafts.push(Draft {
            object: ObjectKey::Version(version.id.clone()),
            document: Some(Document::Version(Arc::clone(&version))),
        });
    }
    drafts.extend(port_draft(world, id, app, &manifest)?);
    let says = says(&found, inspection);
    Ok(Validated { version, settings: settings(app, &manifest), drafts, says })
}

/// What the file says, under what people set.
#[must_use]
pub fn settings(app: &App, manifest: &Manifest) -> Settings {
    let mut env = manifest.env.clone();
    env.extend(app.env.set.clone());
    let secrets = manifest.secrets.keys().filter(|name| app.secrets.contains_key(*name)).cloned().collect();
    Settings { env, secrets }
}

/// Names the manifest asks for that have no value.
#[must_use]
pub fn missing_secrets<'a>(app: Option<&App>, manifest: &'a Manifest) -> Vec<&'a str> {
    let is_set = |name: &str| app.is_some_and(|app| app.secrets.contains_key(name));
    manifest.secrets.keys().map(String::as_str).filter(|name| !is_set(name)).collect()
}

fn refuse_missing_secrets(id: &AppId, app: &App, manifest: &Manifest) -> Result<(), Trouble> {
    let missing = missing_secrets(Some(app), manifest);
    let Some(first) = missing.first() else { return Ok(()) };
    let plural = if missing.len() == 1 { "" } else { "s" };
    Err(trouble(
        format!("shipwreck.toml asks for the secret{plural} {}, and no value is set", missing.join(", ")),
        Some(format!("Set it: kraken secret set {id} {first}. Then deploy again.")),
    ))
}

/// A newly found version, or the known one of the same content.
fn version(
    world: &World,
    id: &AppId,
    source: &AppSource,
    inspection: &Inspection,
    found: &Found,
    manifest: &Manifest,
) -> Arc<Version> {
    let edited = (found.origin == ManifestOrigin::Edited).then_some(found.text.as_str());
    let version_id = recipe::version_id(id, &inspection.commit, manifest, edited);
    if let Some(known) = world.versions.get(&version_id) {
        return Arc::clone(known);
    }
    let last = world.versions.values().filter(|version| version.app == *id).map(|version| version.number).max();
    Arc::new(Version {
        id: version_id,
        app: id.clone(),
        number: last.unwrap_or(0) + 1,
        commit: inspection.commit.clone(),
        summary: inspection.summary.clone(),
        authorship: inspection.authorship.clone(),
        source: source.source.clone(),
        text: found.text.clone(),
        origin: found.origin,
        manifest: manifest.clone(),
        created_at: world.wall,
    })
}

/// Volumes of the manifest that the app does not have yet, made on `home`: there the app stays.
pub fn volume_drafts<'a>(
    world: &'a World,
    id: &'a AppId,
    manifest: &'a Manifest,
    home: &'a NodeId,
) -> impl Iterator<Item = Draft> + 'a {
    let kept: BTreeSet<&str> =
        world.volumes_of(id).filter(|volume| volume.state == VolumeState::Kept).map(|volume| volume.name.as_str()).collect();
    manifest.volumes.iter().filter(move |volume| !kept.contains(volume.name.as_str())).filter_map(move |volume| {
        // The stamp makes the name new: an app destroyed and made again must never find its predecessor's data.
        let name = format!("kraken-{}-{id}-{}-{:x}", world.me.platform.short(), volume.name, world.hlc.wall.max(world.wall.0));
        let volume_id: crate::model::id::VolumeId = name.parse().ok()?;
        let document = Volume {
            id: volume_id.clone(),
            app: id.clone(),
            name: volume.name.clone(),
            path: volume.path.clone(),
            home: home.clone(),
            state: VolumeState::Kept,
        };
        Some(Draft { object: ObjectKey::Volume(volume_id), document: Some(Document::Volume(document)) })
    })
}

/// The LAN port, if the app has none yet or the file now asks for another.
fn port_draft(world: &World, id: &AppId, app: &App, manifest: &Manifest) -> Result<Option<Draft>, Trouble> {
    let wish = app.route.publish.or(manifest.route.publish);
    if app.route.port.is_some() && (wish.is_none() || wish == app.route.port) {
        return Ok(None);
    }
    let relays = manifest.ports.iter().map(|port| port.listen).collect();
    let port = ports::choose(world, id, wish.unwrap_or(manifest.config.port), &relays).ok_or_else(|| {
        trouble("all ports from 20000 to 29999 are taken".into(), Some("Destroy apps that nobody needs.".into()))
    })?;
    let route = AppRoute { port: Some(port), ..app.route.clone() };
    Ok(Some(Draft { object: ObjectKey::App(id.clone(), Concern::Route), document: Some(Document::AppRoute(route)) }))
}

fn says(found: &Found, inspection: &Inspection) -> String {
    let origin = match found.origin {
        ManifestOrigin::File => "shipwreck.toml read",
        ManifestOrigin::Detected => "no shipwreck.toml; the detected one taken",
        ManifestOrigin::Edited => "the edited shipwreck.toml taken",
    };
    let hints = match found.parsed.findings.len() {
        0 => "no hint".to_owned(),
        1 => "1 hint".to_owned(),
        n => format!("{n} hints"),
    };
    format!("{origin} at {}: no error, {hints}", inspection.commit.short())
}

/// The errors of a file as one trouble; the first one leads.
fn refused_file(findings: &[Finding]) -> Trouble {
    let errors: Vec<String> = findings.iter().filter(|finding| finding.is_error()).map(Finding::to_string).collect();
    let because = errors.join("\n");
    trouble(because, Some("Mend shipwreck.toml, push it, and deploy again; or edit it in the deploy form.".into()))
}

fn trouble(because: String, next: Option<String>) -> Trouble {
    Trouble { fault: Fault::App, phase: Phase::Validating, because, next, log_tail: Vec::new() }
}
