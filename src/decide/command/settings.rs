//! What do env, secrets, scale and route change? A changed env or secret is a deployment without a build.

use std::collections::BTreeMap;

use crate::model::command::{Refusal, RefusalKind};
use crate::model::deployment::Cause;
use crate::model::document::{AppEnv, AppRoute, AppScale, Document, Sealed, Wanted};
use crate::model::id::AppId;
use crate::model::record::{Concern, Draft, ObjectKey};
use crate::model::world::{App, World};

use super::deploy::app_draft;
use super::{Asker, Verdict, accepted, draft_of, listed, repeated, requested};

/// The most replicas one app may have.
const MOST_REPLICAS: u32 = 100;

pub(super) fn set_env(world: &World, asker: Asker<'_>, id: &AppId, set: BTreeMap<String, String>, reset: &[String]) -> Verdict {
    let app = listed(world, id)?;
    if let Some(accepted) = repeated(world, asker, id) {
        return Ok((Vec::new(), accepted));
    }
    for name in set.keys() {
        refuse_bad_name(name)?;
    }
    let mut changed = app.clone();
    changed.env.set.retain(|name, _| !reset.contains(name));
    changed.env.set.extend(set);
    if changed.env == app.env {
        return Ok((Vec::new(), accepted(id, None, "nothing changed")));
    }
    let env = AppEnv { set: changed.env.set.clone() };
    let drafts = vec![app_draft(id, Concern::Env, Document::AppEnv(env))];
    Ok(with_deployment(world, asker, id, &changed, drafts, "its environment changed"))
}

pub(super) fn set_secret(world: &World, asker: Asker<'_>, id: &AppId, name: &str, value: Option<Sealed>) -> Verdict {
    refuse_bad_name(name)?;
    let drafts =
        vec![Draft { object: ObjectKey::Secret(id.clone(), name.to_owned()), document: value.clone().map(Document::Secret) }];
    let Some(app) = world.apps.get(id).map(|app| &**app).filter(|app| app.is_listed()) else {
        let says = format!("{name} is kept for the first deployment of {id}");
        return Ok((drafts, accepted(id, None, says)));
    };
    if let Some(accepted) = repeated(world, asker, id) {
        return Ok((Vec::new(), accepted));
    }
    let mut changed = app.clone();
    match value {
        Some(sealed) => changed.secrets.insert(name.to_owned(), sealed),
        None => changed.secrets.remove(name),
    };
    let is_used = world
        .current(app)
        .and_then(|current| world.version_of(current))
        .is_some_and(|version| version.manifest.secrets.contains_key(name));
    if !is_used {
        return Ok((drafts, accepted(id, None, format!("{name} is kept; the version that serves does not ask for it"))));
    }
    Ok(with_deployment(world, asker, id, &changed, drafts, &format!("secret {name} changed")))
}

/// Adds the deployment that brings changed settings into force, if the app runs.
pub(super) fn with_deployment(
    world: &World,
    asker: Asker<'_>,
    id: &AppId,
    changed: &App,
    mut drafts: Vec<Draft>,
    why: &str,
) -> (Vec<Draft>, crate::model::command::Accepted) {
    let current = world.current(changed).and_then(|current| world.version_of(current));
    let (Some(version), Wanted::On) = (current, changed.wanted()) else {
        return (drafts, accepted(id, None, "saved; in force with the next start"));
    };
    let mut deployment = requested(world, asker, id, Cause::Settings, why.to_owned());
    // A newer version under way takes the settings along: it is validated again rather than lost.
    match world.open(changed).filter(|open| open.cause != Cause::Settings) {
        Some(open) => {
            deployment.cause = open.cause;
            deployment.commit = open.commit.clone();
        }
        None => {
            deployment.commit = Some(version.commit.clone());
            deployment.version = Some(version.id.clone());
            deployment.settings = Some(crate::decide::validate::settings(changed, &version.manifest));
        }
    }
    let deployment_id = deployment.id;
    drafts.push(draft_of(deployment));
    (drafts, accepted(id, Some(deployment_id), format!("saved; {id} restarts with it")))
}

pub(super) fn set_scale(world: &World, id: &AppId, replicas: Option<u32>) -> Verdict {
    let app = listed(world, id)?;
    if replicas.is_some_and(|replicas| !(1..=MOST_REPLICAS).contains(&replicas)) {
        return Err(invalid(format!("an app has 1 to {MOST_REPLICAS} replicas"), format!("To stop it: kraken stop {id}.")));
    }
    let manifest = world.current(app).and_then(|current| world.version_of(current)).map(|version| &version.manifest);
    if replicas.is_some_and(|n| n > 1) && manifest.is_some_and(|manifest| manifest.has_exclusive_volume()) {
        return Err(invalid(
            format!("{id} has a volume that only one replica may use"),
            "If the app can share it, say shared = true in its [[volume]].".to_owned(),
        ));
    }
    let drafts = vec![app_draft(id, Concern::Scale, Document::AppScale(AppScale { replicas }))];
    let says = match replicas {
        Some(n) => format!("{id} goes to {n} replica{}", if n == 1 { "" } else { "s" }),
        None => format!("{id} has as many replicas as its file says"),
    };
    Ok((drafts, accepted(id, None, says)))
}

pub(super) fn set_route(world: &World, id: &AppId, publish: Option<u16>, hosts: Option<Vec<String>>) -> Verdict {
    let app = listed(world, id)?;
    if let Some(port) = publish {
        refuse_bad_port(world, id, port)?;
    }
    let hosts = hosts.map(|hosts| hosts.iter().map(|host| checked_host(world, id, host)).collect()).transpose()?;
    let manifest = world.current(app).and_then(|current| world.version_of(current)).map(|version| &version.manifest);
    let file = manifest.and_then(|manifest| manifest.route.publish);
    let port = publish.or(file).or(app.route.port);
    let drafts = vec![app_draft(id, Concern::Route, Document::AppRoute(AppRoute { publish, hosts, port }))];
    Ok((drafts, accepted(id, None, "saved; in force now")))
}

fn refuse_bad_port(world: &World, id: &AppId, port: u16) -> Result<(), Refusal> {
    use crate::decide::ports;
    if crate::decide::manifest::is_reserved_port(port) || world.me.reserved_ports.contains(&port) {
        return Err(invalid(format!("port {port} is reserved"), "Take one from 1024 up that Kraken does not use itself.".into()));
    }
    match ports::taken(world, id).find(|(taken, _)| *taken == port) {
        Some((_, holder)) => Err(Refusal::new(
            RefusalKind::Conflict,
            format!("port {port} belongs to {holder}"),
            Some("Take another port, or none: then Kraken chooses.".to_owned()),
        )),
        None => Ok(()),
    }
}

/// The host name as it is routed.
fn checked_host(world: &World, id: &AppId, host: &str) -> Result<String, Refusal> {
    crate::decide::manifest::check_host(host, &crate::decide::validate::context(world, id)).map_err(|refusal| {
        let shown: String = host.chars().take(80).collect();
        invalid(format!("\"{shown}\" {refusal}"), "Give a full name such as notes.example.org.".to_owned())
    })
}

/// A name an environment can have: letters, digits, `_`, not starting with a digit (POSIX), and not one Kraken sets itself.
fn refuse_bad_name(name: &str) -> Result<(), Refusal> {
    let starts_well = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    if !starts_well || name.len() > 128 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(invalid(
            format!("\"{}\" is not a name for a value", name.chars().take(40).collect::<String>()),
            "Use letters, digits and _, such as API_KEY.".to_owned(),
        ));
    }
    if name == "PORT" || name.starts_with("KRAKEN_") {
        return Err(invalid(format!("{name} is set by Kraken"), "Take another name; the port is config.port.".to_owned()));
    }
    Ok(())
}

fn invalid(because: String, next: String) -> Refusal {
    Refusal::new(RefusalKind::Invalid, because, Some(next))
}
