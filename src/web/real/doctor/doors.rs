//! Can people reach the dashboard and the apps? The ports Kraken listens on, who has those it wanted, and the firewall.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Doors, failed, ok, warning};
use crate::edge::firewall;
use crate::edge::port_holder::{Holder, port_holder};
use crate::model::route::RouteTable;
use crate::web::view::Check;

/// Ports below this are root's, unless the kernel is told otherwise (ip(7), `ip_unprivileged_port_start`).
const FIRST_OPEN_TO_ALL: u16 = 1024;

/// Where the dashboard listens.
pub(super) async fn dashboard(doors: Doors) -> Vec<Check> {
    let wanted = doors.api_wanted.first().copied().unwrap_or(doors.api_port);
    vec![port("Dashboard port", "The dashboard", wanted, Some(doors.api_port)).await]
}

/// Where the ingress listens.
pub(super) async fn ingress(doors: Doors) -> Vec<Check> {
    let has = (doors.ingress_port)();
    let wanted = doors.ingress_wanted.first().copied().or(has).unwrap_or(80);
    vec![port("Ingress port", "The front door to the apps", wanted, has).await]
}

async fn port(name: &str, what: &str, wanted: u16, has: Option<u16>) -> Check {
    let holder = if has == Some(wanted) || wanted == 0 { None } else { holder_of(wanted).await };
    port_says(name, what, wanted, has, holder)
}

/// Every process's open files are looked at, which takes a moment.
async fn holder_of(port: u16) -> Option<Holder> {
    tokio::task::spawn_blocking(move || port_holder(port)).await.ok().flatten()
}

fn port_says(name: &str, what: &str, wanted: u16, has: Option<u16>, holder: Option<Holder>) -> Check {
    let because = match holder {
        Some(Holder { pid, name }) => format!("{wanted} is held by {name} (process {pid})"),
        None if wanted < FIRST_OPEN_TO_ALL => {
            format!("{wanted} could not be had: another program holds it, or this user may not")
        }
        None => format!("{wanted} could not be had when Kraken started"),
    };
    match has {
        // 0 asks for any port.
        Some(port) if port == wanted || wanted == 0 => ok(name, format!("{what} is at port {port}.")),
        Some(port) => {
            let says = format!("{what} is at port {port}: {}.", because);
            warning(
                name,
                says,
                format!("That works, at addresses that end in :{port}. To get {wanted}, stop what holds it and restart Kraken."),
            )
        }
        None => failed(name, format!("{what} has no port: {}.", because), "Stop what holds it; Kraken tries again by itself."),
    }
}

/// Ports of apps that could not be opened.
pub(super) async fn published(refused: Arc<BTreeMap<u16, String>>) -> Vec<Check> {
    let mut held = Vec::new();
    for (port, because) in refused.iter().take(20) {
        held.push((*port, because.as_str(), holder_of(*port).await));
    }
    vec![published_says(&held)]
}

fn published_says(refused: &[(u16, &str, Option<Holder>)]) -> Check {
    let name = "Published ports";
    if refused.is_empty() {
        return ok(name, "Every port that an app published could be opened.");
    }
    let each = refused.iter().map(|(port, because, holder)| match holder {
        Some(Holder { pid, name }) => format!("{port} ({because}; held by {name}, process {pid})"),
        None => format!("{port} ({because})"),
    });
    let says = format!("Could not be opened: {}.", each.collect::<Vec<_>>().join(", "));
    warning(name, says, "Stop what holds them, or give the app another LAN port on its page in the dashboard")
}

/// The ports that the network must reach.
pub(super) fn reached_from_outside(doors: &Doors, table: &RouteTable) -> BTreeSet<u16> {
    let own = [Some(doors.api_port), (doors.ingress_port)()].into_iter().flatten();
    own.chain(table.ports.keys().copied()).chain(table.relays.keys().copied()).collect()
}

/// Whether a firewall is active, and what opens it.
pub(super) async fn firewall(ports: BTreeSet<u16>) -> Vec<Check> {
    let active = firewall::active().await;
    if active.is_empty() {
        return vec![ok("Firewall", "Neither ufw nor firewalld is active.")];
    }
    let says = |one: firewall::Firewall| {
        let says = format!("{} is active; other devices reach Kraken only through ports it lets through.", one.name());
        warning("Firewall", says, format!("If they do not: {}", one.opening(&ports)))
    };
    active.into_iter().map(says).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view::CheckState;

    fn nginx() -> Option<Holder> {
        Some(Holder { pid: 7, name: "nginx".into() })
    }

    fn at(wanted: u16, has: Option<u16>, holder: Option<Holder>) -> (CheckState, String) {
        let check = port_says("Ingress port", "The front door", wanted, has, holder);
        (check.state, check.says)
    }

    #[test]
    fn a_door_elsewhere_says_where_and_who_holds_its_place() {
        assert_eq!(at(80, Some(80), nginx()), (CheckState::Ok, "The front door is at port 80.".into()));
        assert_eq!(at(0, Some(4711), None).0, CheckState::Ok);
        let elsewhere = "The front door is at port 8080: 80 is held by nginx (process 7).";
        assert_eq!(at(80, Some(8080), nginx()), (CheckState::Warning, elsewhere.into()));
        let unknown = "The front door has no port: 80 could not be had: another program holds it, or this user may not.";
        assert_eq!(at(80, None, None), (CheckState::Failed, unknown.into()));
    }

    #[test]
    fn a_published_port_that_could_not_be_opened_is_told_with_its_holder() {
        assert_eq!(published_says(&[]).state, CheckState::Ok);
        let check = published_says(&[(3000, "address in use", nginx()), (3001, "address in use", None)]);
        assert_eq!(check.says, "Could not be opened: 3000 (address in use; held by nginx, process 7), 3001 (address in use).");
    }

    #[test]
    fn the_network_must_reach_the_doors_and_what_apps_publish() {
        let doors =
            Doors { api_port: 8000, api_wanted: vec![8000], ingress_port: Arc::new(|| Some(80)), ingress_wanted: vec![80] };
        let mut table = RouteTable::default();
        table.ports.insert(3000, "web".parse().unwrap());
        table.relays.insert(5432, ("db".parse().unwrap(), 5432));
        assert_eq!(reached_from_outside(&doors, &table), BTreeSet::from([80, 3000, 5432, 8000]));
    }
}
