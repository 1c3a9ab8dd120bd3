//! What is shown of the platform and its machines?

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::glance::Glance;
use super::moment::Moment;
use super::standing::{Standing, standing};
use super::words;
use crate::model::deployment::Waiting;
use crate::model::event::Role;
use crate::model::id::{AppId, Epoch, NodeId};
use crate::model::observed::Inventory;

/// The platform at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Platform {
    /// What it is called.
    pub name: String,
    /// Kraken's version on the machine that answers.
    pub version: String,
    /// The machine that answers.
    pub node: NodeId,
    /// Who leads, if anybody.
    pub leader: Option<LeaderView>,
    /// How many machines belong to it.
    pub nodes: usize,
    /// How many apps it has.
    pub apps: usize,
    /// Where the dashboard answers on the network.
    pub addresses: Vec<String>,
    /// Whether the machine that answers hears no other and not even its router, so that it follows and leads nobody.
    pub isolated: bool,
    /// Whether another machine uses the identity of the one that answers, so that it stands back.
    pub doubled: bool,
    /// Why the machine that answers has the part it has, or nobody leads.
    pub why: String,
}

/// Who leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaderView {
    /// The machine.
    pub node: NodeId,
    /// What it is called.
    pub name: String,
    /// Its reign.
    pub epoch: String,
    /// Since when, as the machine that answers saw it.
    pub since: Moment,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Node {
    /// Names it for ever.
    pub id: NodeId,
    /// What it is called.
    pub name: String,
    /// As Docker names it; empty while it did not tell yet, as all below.
    pub arch: String,
    /// Whether it leads.
    pub leads: bool,
    /// How it stands.
    pub state: NodeState,
    /// Why.
    pub reason: String,
    /// Since when it has its part.
    pub since: Moment,
    /// Kraken's version there.
    pub version: String,
    /// How it stands to the others.
    pub standing: Standing,
    /// Its kernel; only of the machine that answers.
    pub kernel: Option<String>,
    /// Its Docker engine.
    pub docker: DockerView,
    /// What was measured, if anything was yet; only of the machine that answers.
    pub vitals: Option<Vitals>,
    /// The port its front door listens on.
    pub ingress_port: Option<u16>,
    /// The port its dashboard listens on.
    pub api_port: Option<u16>,
    /// Its addresses on the network.
    pub addresses: Vec<String>,
    /// Milliseconds since it was started; only of the machine that answers.
    pub uptime_ms: Option<u64>,
    /// How often its agent was started; only of the machine that answers.
    pub incarnation: Option<u64>,
    /// Apps with a copy on it.
    pub apps: Vec<AppId>,
}

/// How a machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It takes apps.
    Ready,
    /// It started and looks at what runs.
    Starting,
    /// Its Docker cannot be used.
    NoDocker,
    /// It is not heard.
    Silent,
}

/// A Docker engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DockerView {
    /// Whether it can be used.
    pub reachable: bool,
    /// Its version, if it answered once.
    pub version: Option<String>,
    /// Why it cannot be used.
    pub reason: Option<String>,
    /// What to do about it.
    pub next: Option<String>,
}

/// What was measured on a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Vitals {
    /// When.
    pub at: Moment,
    /// Percent of all cores.
    pub cpu_percent: f64,
    /// Load average over one minute.
    pub load1: f64,
    /// Bytes in use.
    pub memory_used: u64,
    /// Bytes there are.
    pub memory_total: u64,
    /// Bytes in use where the data lies.
    pub disk_used: u64,
    /// Bytes there are where the data lies.
    pub disk_total: u64,
    /// Degrees Celsius of the processor, if it can be read.
    pub temperature_c: Option<f64>,
    /// The last hour, every 30 s.
    pub series: Vec<VitalsPoint>,
}

/// One measurement of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VitalsPoint {
    /// When.
    pub at: Moment,
    /// Percent of all cores.
    pub cpu_percent: f64,
    /// Bytes in use.
    pub memory_used: u64,
}

/// One thing that `doctor` looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// How it stands.
    pub state: CheckState,
    /// What was found.
    pub says: String,
    /// What to do about it.
    pub next: Option<String>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// All is well.
    Ok,
    /// It works, but not as it should.
    Warning,
    /// It does not work.
    Failed,
}

/// The platform called `name`.
#[must_use]
pub fn platform(glance: &Glance<'_>, name: &str) -> Platform {
    let (world, machine) = (glance.world, glance.machine);
    let url = |ip: &std::net::IpAddr| format!("http://{}", std::net::SocketAddr::new(*ip, machine.api_port));
    Platform {
        name: name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        node: world.me.node.clone(),
        leader: epoch(&world.role).map(|epoch| LeaderView {
            node: epoch.node.clone(),
            name: glance.node_name(&epoch.node),
            epoch: epoch.to_string(),
            since: Moment(world.role_since),
        }),
        nodes: world.members.len().max(1),
        apps: world.apps.values().filter(|app| app.is_listed()).count(),
        addresses: machine.addresses.iter().map(url).collect(),
        isolated: matches!(world.role, Role::Isolated) || world.standing.is_isolated,
        doubled: world.standing.is_doubled,
        why: world.standing.why.clone(),
    }
}

/// The reign there is, if anybody leads.
pub(super) const fn epoch(role: &Role) -> Option<&Epoch> {
    match role {
        Role::Leader { epoch } => Some(epoch),
        Role::Follower { leader } => leader.as_ref(),
        Role::Starting | Role::Isolated => None,
    }
}

/// Apps with a copy in it.
pub(super) fn apps_on(inventory: Option<&Inventory>) -> Vec<AppId> {
    let mut apps: Vec<AppId> =
        inventory.into_iter().flat_map(|one| one.replicas.values().map(|report| report.app.clone())).collect();
    apps.sort();
    apps.dedup();
    apps
}

/// The machine that answers.
#[must_use]
pub fn node(glance: &Glance<'_>, vitals: Option<Vitals>) -> Node {
    let (world, machine) = (glance.world, glance.machine);
    let (state, reason) = node_state(glance);
    let inventory = world.my_inventory();
    let trouble = inventory.and_then(|inventory| inventory.docker_trouble.as_ref());
    Node {
        id: world.me.node.clone(),
        name: glance.node_name(&world.me.node),
        arch: world.me.arch.clone(),
        leads: world.leads(),
        state,
        reason,
        since: Moment(world.role_since),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        standing: standing(glance, &world.me.node),
        kernel: Some(machine.kernel.clone()),
        docker: docker(trouble, machine.docker_version.clone()),
        vitals,
        ingress_port: machine.ingress_port,
        api_port: Some(machine.api_port),
        addresses: machine.addresses.iter().map(ToString::to_string).collect(),
        uptime_ms: Some(machine.uptime_ms),
        incarnation: Some(machine.incarnation),
        apps: apps_on(inventory.map(AsRef::as_ref)),
    }
}

fn node_state(glance: &Glance<'_>) -> (NodeState, String) {
    let world = glance.world;
    let Some(inventory) = world.my_inventory() else {
        return (NodeState::Starting, "It just started and looks at what runs.".into());
    };
    if let Some(trouble) = &inventory.docker_trouble {
        return (NodeState::NoDocker, words::sentence(&trouble.because));
    }
    if !inventory.surveyed {
        return (NodeState::Starting, "It just started and looks at what runs.".into());
    }
    if crate::decide::members::is_removed(world) {
        let because = "It was removed from its platform: its apps keep running, and no other machine hears it. Give it a new \
            identity with kraken reset-identity; then it can join like a new machine.";
        return (NodeState::Ready, because.to_owned());
    }
    let part = match &world.role {
        Role::Leader { .. } if world.members.len() <= 1 => "It leads: it is the only machine.".to_owned(),
        Role::Leader { .. } => "It leads.".to_owned(),
        Role::Follower { leader: Some(leader) } => format!("It follows {}.", glance.node_name(&leader.node)),
        Role::Follower { leader: None } => "Nobody leads right now; apps keep running.".to_owned(),
        Role::Starting => "It takes up its part.".to_owned(),
        Role::Isolated => {
            "It hears no other machine and not even the router, so it leads nobody; its apps keep running.".to_owned()
        }
    };
    (NodeState::Ready, part)
}

/// How a Docker engine stands.
pub(super) fn docker(waiting: Option<&Waiting>, version: Option<String>) -> DockerView {
    DockerView {
        reachable: waiting.is_none(),
        version,
        reason: waiting.map(|waiting| waiting.because.clone()),
        next: waiting.and_then(|waiting| waiting.next.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view::sample::{self, running};
    use crate::web::view::{MachineFacts, StatsNow, Viewer};

    fn look(world: &crate::model::world::World) -> (Platform, Node) {
        let machine = MachineFacts { addresses: vec!["192.0.2.7".parse().unwrap()], api_port: 8000, ..MachineFacts::default() };
        let (stats, viewer) = (StatsNow::default(), Viewer::Here);
        let glance = Glance::new(world, &machine, &stats, &viewer);
        (platform(&glance, "home"), node(&glance, None))
    }

    #[test]
    fn a_lone_machine_leads_and_says_why() {
        let (mut world, _) = running();
        world.role = Role::Leader { epoch: Epoch { counter: 3, node: sample::me() } };
        let (platform, node) = look(&world);
        let leader = platform.leader.unwrap();
        assert_eq!((leader.name.as_str(), leader.epoch.as_str()), ("nuc", "3.aaaaaaaa"));
        assert_eq!((platform.nodes, platform.apps), (1, 1));
        assert_eq!(platform.addresses, ["http://192.0.2.7:8000"]);
        assert_eq!((node.state, node.reason.as_str()), (NodeState::Ready, "It leads: it is the only machine."));
        assert_eq!(node.apps, ["web".parse().unwrap()]);
    }

    #[test]
    fn a_machine_without_docker_says_what_to_do() {
        let (mut world, _) = running();
        sample::inventory(&mut world).docker_trouble = Some(sample::waiting());
        let (_, node) = look(&world);
        assert_eq!((node.state, node.reason.as_str()), (NodeState::NoDocker, "Docker does not answer."));
        assert_eq!((node.docker.reachable, node.docker.next.as_deref()), (false, Some("Start Docker.")));
    }
}
