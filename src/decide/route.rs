//! Where do requests go? From wishes and observed replicas to the route table.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use crate::decide::machine;
use crate::model::deployment::{Deployment, Progress};
use crate::model::document::{Version, Wanted};
use crate::model::id::{AppId, NodeId, ReplicaId};
use crate::model::observed::{ReplicaReport, Stage};
use crate::model::route::{AppRoutes, RouteTable, Upstream};
use crate::model::world::{App, World};

/// The host names an app answers to beside those Kraken gives it: what people set, else what the file says.
#[must_use]
pub fn hosts(world: &World, app: &App) -> Vec<String> {
    if let Some(set) = &app.route.hosts {
        return set.clone();
    }
    shown_version(world, app).map(|version| version.manifest.route.hosts.clone()).unwrap_or_default()
}

/// The version people see: the one that serves, else the one under way.
#[must_use]
pub fn shown_version<'a>(world: &'a World, app: &'a App) -> Option<&'a Version> {
    let deployment = world.current(app).or_else(|| world.deployments_of(app).next_back())?;
    world.version_of(deployment).map(std::convert::AsRef::as_ref)
}

/// The replicas of one app, each with its machine and how it stands.
type Copies<'a> = [(&'a NodeId, &'a ReplicaId, &'a ReplicaReport)];

/// The replicas of each app: a table of many apps looks through all replicas once, not once for each app.
/// What a machine told that is not heard any more still stands there, but nobody is sent to it.
fn copies(world: &World) -> BTreeMap<&AppId, Vec<(&NodeId, &ReplicaId, &ReplicaReport)>> {
    let mut copies: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (node, inventory) in world.inventories.iter().filter(|(node, _)| machine::is_heard(world, node)) {
        for (replica, report) in &inventory.replicas {
            copies.entry(&report.app).or_default().push((node, replica, report));
        }
    }
    copies
}

/// The table for this node's ingress.
#[must_use]
pub fn table(world: &World) -> RouteTable {
    let mut table = RouteTable::default();
    let copies = copies(world);
    for (id, app) in world.apps.iter().filter(|(_, app)| app.is_listed()) {
        let Some(version) = shown_version(world, app) else { continue };
        let routes = routes(world, id, app, version, copies.get(id).map_or(&[], Vec::as_slice));
        // The port is open as soon as the app has served once, so that a visitor of a stopped app is told so.
        if app.wanted() == Wanted::On || world.current(app).is_some() {
            if let Some(port) = app.route.port {
                table.ports.insert(port, id.clone());
            }
            for port in &version.manifest.ports {
                table.relays.insert(port.listen, (id.clone(), port.to));
            }
        }
        for host in hosts(world, app) {
            table.hosts.entry(host).or_insert_with(|| id.clone());
        }
        table.apps.insert(id.clone(), routes);
    }
    table
}

fn routes(world: &World, id: &AppId, app: &App, version: &Version, copies: &Copies<'_>) -> AppRoutes {
    AppRoutes {
        name: app.source.as_ref().map_or_else(|| id.to_string(), |source| source.name.clone()),
        port: version.manifest.config.port,
        upstreams: upstreams(world, app, copies),
        because: because(world, app),
        sticky: version.manifest.route.sticky,
    }
}

/// The replicas of the current deployment that serve. One that is not healthy takes requests only where none is.
fn upstreams(world: &World, app: &App, copies: &Copies<'_>) -> Vec<Upstream> {
    if app.wanted() != Wanted::On {
        return Vec::new();
    }
    let Some(current) = world.current(app) else { return Vec::new() };
    let serving = pick(world, current, copies, |stage| matches!(stage, Stage::Serving));
    let chosen =
        if serving.is_empty() { pick(world, current, copies, |stage| matches!(stage, Stage::Unhealthy)) } else { serving };
    if !chosen.is_empty() {
        return chosen;
    }
    // After a failed change the way back may still run under an older deployment.
    pick_any(world, copies)
}

fn pick(world: &World, deployment: &Deployment, copies: &Copies<'_>, takes: fn(&Stage) -> bool) -> Vec<Upstream> {
    let port = world.version_of(deployment).map_or(0, |version| version.manifest.config.port);
    copies
        .iter()
        .filter(|(_, _, report)| report.deployment == deployment.id && takes(&report.stage))
        .filter_map(|(node, replica, report)| upstream(world, node, replica, report, port))
        .collect()
}

fn pick_any(world: &World, copies: &Copies<'_>) -> Vec<Upstream> {
    let was_done =
        |report: &ReplicaReport| world.deployments.get(&report.deployment).is_some_and(|deployment| deployment.is_done());
    copies
        .iter()
        .filter(|(_, _, report)| matches!(report.stage, Stage::Serving) && was_done(report))
        .filter_map(|(node, replica, report)| {
            let port = world.versions.get(&report.version)?.manifest.config.port;
            upstream(world, node, replica, report, port)
        })
        .collect()
}

fn upstream(world: &World, node: &NodeId, replica: &ReplicaId, report: &ReplicaReport, port: u16) -> Option<Upstream> {
    let address = SocketAddr::new(IpAddr::V4(report.address?), port);
    let node = (*node != world.me.node).then(|| node.clone());
    Some(Upstream { replica: replica.clone(), node, address })
}

/// Why an app does not answer, as the end of a sentence that begins with its name.
fn because(world: &World, app: &App) -> String {
    if app.wanted() == Wanted::Off {
        let by = app.wanted.as_ref().map(|wanted| format!(" by {}", wanted.by)).unwrap_or_default();
        return format!("was turned off{by}. Turn it on in the dashboard.");
    }
    match world.deployments_of(app).next_back().map(|deployment| &deployment.progress) {
        Some(Progress::Waiting(waiting)) => format!("waits: {}", waiting.because),
        Some(Progress::Failed(failure)) => format!("could not be started: {}", failure.because),
        Some(Progress::Aborted { because, .. }) => format!("is not running: {because}"),
        Some(Progress::UnderWay) => "is being deployed.".to_owned(),
        Some(Progress::Done { .. }) => away(world, app).unwrap_or_else(|| "is starting.".to_owned()),
        None => "was never deployed.".to_owned(),
    }
}

/// That it runs on machines which are not heard, if it does.
fn away(world: &World, app: &App) -> Option<String> {
    let current = world.current(app)?.id;
    let has =
        |inventory: &crate::model::observed::Inventory| inventory.replicas.values().any(|report| report.deployment == current);
    let (node, _) = world.inventories.iter().find(|(node, inventory)| has(inventory) && !machine::is_heard(world, node))?;
    let since = world.heard_since.get(node).map(|at| format!(" since {} UTC", at.clock())).unwrap_or_default();
    Some(format!("runs on {}, which is not heard{since}.", machine::name(world, node)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;
    use crate::model::observed::Observation;

    #[test]
    fn a_serving_replica_takes_requests_at_its_own_address() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        let table = table(&world);
        let routes = &table.apps[&sample::app()];
        assert_eq!(routes.upstreams.len(), 1);
        assert_eq!(routes.upstreams[0].address.port(), 3000);
        assert_eq!(table.ports.len(), 1);
    }

    #[test]
    fn an_app_that_is_off_answers_with_who_turned_it_off() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        sample::ask(&mut world, crate::model::command::Command::TurnOff { app: sample::app() });
        let routes = &table(&world).apps[&sample::app()];
        assert!(routes.upstreams.is_empty());
        assert!(routes.because.contains("turned off by session"), "{}", routes.because);
    }

    #[test]
    fn an_unhealthy_replica_serves_only_where_no_healthy_one_does() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        sample::set_stage(&mut world, "web", Stage::Unhealthy);
        assert_eq!(table(&world).apps[&sample::app()].upstreams.len(), 1);
    }

    #[test]
    fn a_replica_elsewhere_is_reached_through_its_machine_while_that_is_heard() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        let pi = sample::join(&mut world, "pi", 4);
        let (replica, order) = sample::orders(&world).pop_first().unwrap();
        sample::remove_replicas(&mut world, "web");
        sample::observe_on(&mut world, &pi, Observation::Replica(replica, Some(sample::serving(&order))));
        let routes = table(&world).apps.remove(&sample::app()).unwrap();
        assert_eq!(routes.upstreams[0].node, Some(pi.clone()));
        sample::hear(&mut world, &pi, false);
        let routes = table(&world).apps.remove(&sample::app()).unwrap();
        assert!(routes.upstreams.is_empty());
        assert!(routes.because.starts_with("runs on pi, which is not heard since"), "{}", routes.because);
    }
}
