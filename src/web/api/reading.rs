//! What does a manifest say, seen from this platform? The manifest's own rules, given what the platform already has.

use std::collections::{BTreeMap, BTreeSet};

use crate::decide::manifest::{Context, Parsed, parse, parse_bytes, slug};
use crate::decide::{machine, validate};
use crate::model::document::Version;
use crate::model::id::{AppId, NodeId};
use crate::model::manifest::{Finding, Severity};
use crate::model::world::World;
use crate::web::problem::Problem;

/// Reads a manifest's text.
pub fn text(world: &World, text: &str) -> Parsed {
    settle(world, &parse(text, &nodes(world)), |context| parse(text, context))
}

/// Reads a manifest as it lies in a repository.
pub fn bytes(world: &World, bytes: &[u8]) -> Parsed {
    settle(world, &parse_bytes(bytes, &nodes(world)), |context| parse_bytes(bytes, context))
}

/// What is good to know about a manifest in force.
pub fn notes(text: &str) -> Vec<Finding> {
    parse(text, &Context::default()).findings.into_iter().filter(|finding| finding.severity != Severity::Error).collect()
}

/// The app id that a name gives.
pub fn app_id(name: &str) -> Result<AppId, Problem> {
    let refused = |why: String| {
        Problem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "bad-name", format!("The name \"{name}\" {why}."))
    };
    let id = slug(name).map_err(|refusal| refused(refusal.to_string()).next("Choose another name."))?;
    id.parse().map_err(|_| refused("gives no app id".into()))
}

/// The machine that a name or an id means.
pub fn machine(world: &World, text: &str) -> Result<NodeId, Problem> {
    let found = machine::named(world, text).cloned();
    found.ok_or_else(|| Problem::not_found("machine", text).next("List the machines: kraken nodes."))
}

/// Once the app's own name is known, the names and ports of the others are known too; an app never clashes with itself.
fn settle(world: &World, alone: &Parsed, again: impl FnOnce(&Context) -> Parsed) -> Parsed {
    let own = alone.manifest.as_ref().and_then(|manifest| app_id(&manifest.app.name).ok());
    again(&context(world, own.as_ref()))
}

fn nodes(world: &World) -> Context {
    Context { nodes: validate::nodes(world), ..Context::default() }
}

fn context(world: &World, own: Option<&AppId>) -> Context {
    let others = || world.apps.iter().filter(|(id, app)| Some(*id) != own && app.is_listed());
    let in_force = |app| world.current(app).and_then(|current| world.version_of(current));
    let mut other_hosts: BTreeMap<String, String> = BTreeMap::new();
    let mut taken_ports: BTreeMap<u16, String> = BTreeMap::new();
    for (id, app) in others() {
        let version: Option<&Version> = in_force(app).map(AsRef::as_ref);
        let hosts = app.route.hosts.as_ref().or_else(|| version.map(|version| &version.manifest.route.hosts));
        other_hosts.extend(hosts.into_iter().flatten().map(|host| (host.clone(), id.to_string())));
        taken_ports.extend(app.route.port.map(|port| (port, id.to_string())));
        let relays = version.into_iter().flat_map(|version| &version.manifest.ports);
        taken_ports.extend(relays.map(|port| (port.listen, id.to_string())));
    }
    let other_apps: BTreeSet<String> = others().map(|(id, _)| id.to_string()).collect();
    Context { other_apps, other_hosts, taken_ports, ..nodes(world) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view::sample;

    const WEB: &str = "[app]\nname = \"web\"\n[config]\nlang = \"node\"\nport = 7211\n[route]\npublish = 7211\n";

    #[test]
    fn a_port_of_another_app_is_a_finding_and_ones_own_is_none() {
        let (mut world, _) = sample::running();
        sample::app(&mut world, "web").route.port = Some(7211);
        let clean = text(&world, WEB);
        assert!(clean.findings.iter().all(|finding| finding.key != "route.publish"), "{:?}", clean.findings);
        let other = text(&world, &WEB.replace("\"web\"", "\"other\""));
        assert!(other.findings.iter().any(|finding| finding.key == "route.publish"), "{:?}", other.findings);
    }

    #[test]
    fn a_name_gives_an_id_or_says_why_not() {
        assert_eq!(app_id("My App").unwrap().as_str(), "my-app");
        assert_eq!(app_id("kraken").unwrap_err().status, 422);
    }
}
