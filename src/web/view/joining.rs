//! What is shown of machines that want to join, of invites, and of what removing a machine does?

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::glance::Glance;
use super::moment::Moment;
use super::words::count;
use crate::model::document::{Machine, NodeWish};
use crate::model::id::{AppId, NodeId, PlatformId};
use crate::model::world::World;

/// Joining, as the machine that answers sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Joining {
    /// Whether this machine may join another platform: it is alone and has no app.
    pub can_join: bool,
    /// Why it may not, if so.
    pub reason: Option<String>,
    /// What to do about that.
    pub next: Option<String>,
    /// Machines of other platforms on this network, by name.
    pub found: Vec<FoundMachine>,
    /// Handshakes under way and those that just ended, oldest first.
    pub handshakes: Vec<Handshake>,
}

/// A machine of another platform on this network. Nothing of this is proved yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FoundMachine {
    /// The id it says it has.
    pub node: NodeId,
    /// What it says it is called.
    pub name: String,
    /// Fingerprint of its platform.
    pub platform: PlatformId,
    /// Where it can be reached, such as `192.168.1.20:7373`.
    pub address: String,
}

/// Two machines that want to be one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Handshake {
    /// Names it on this machine.
    pub id: String,
    /// The part of the machine that answers.
    pub part: JoinPart,
    /// How far it is.
    pub state: JoinState,
    /// Why it stands there, or why it ended.
    pub reason: String,
    /// What to do.
    pub next: Option<String>,
    /// The other machine, once it said who it is.
    pub node: Option<NodeId>,
    /// What it is called.
    pub name: Option<String>,
    /// Where it is.
    pub address: String,
    /// What the platform is called that there will be one of.
    pub platform: Option<String>,
    /// Six digits that both machines show, such as `482 913`; whoever says yes has compared them.
    pub code: Option<String>,
    /// Whether somebody said yes on this machine.
    pub yes_here: bool,
    /// Whether somebody said yes on the other machine.
    pub yes_there: bool,
    /// When it is given up.
    pub until: Moment,
}

/// Which part a machine has in a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JoinPart {
    /// It is not known yet.
    Unknown,
    /// The other machine joins this one's platform.
    Host,
    /// This machine joins the other one's platform, and gives up its own.
    Joiner,
}

/// How far a handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JoinState {
    /// The machines greet each other.
    Greeting,
    /// Both show the code, and wait for a yes on each.
    Comparing,
    /// Both said yes; keys and members are handed over.
    HandingOver,
    /// It is one platform.
    Joined,
    /// It was refused or given up; `reason` says why.
    Ended,
}

/// An invite, without the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invite {
    /// Names it.
    pub id: String,
    /// Who made it.
    pub by: String,
    /// When it was made.
    pub created_at: Moment,
    /// When it stops working.
    pub expires_at: Moment,
}

/// An invite, with the token that is shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewInvite {
    /// Names it.
    pub id: String,
    /// For `kraken join TOKEN` on the new machine; lets in one machine, once, and is never shown again.
    pub token: String,
    /// When it stops working.
    pub expires_at: Moment,
}

impl std::fmt::Debug for NewInvite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewInvite({})", self.id)
    }
}

/// What people set about a machine; none = as its own config says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NodeSettings {
    /// Who leads: the highest of those that are heard. 1 to 254, 0 = never.
    #[schema(maximum = 254)]
    pub priority: Option<u8>,
    /// What `[place] labels` of an app may ask for, each 1 to 32 of a-z, 0-9 and `-`.
    pub labels: Option<Vec<String>>,
    /// Whether it is one to rely on.
    pub machine: Option<Machine>,
}

impl From<NodeWish> for NodeSettings {
    fn from(wish: NodeWish) -> Self {
        Self { priority: wish.priority, labels: wish.labels.map(Vec::from_iter), machine: wish.machine }
    }
}

impl From<NodeSettings> for NodeWish {
    fn from(settings: NodeSettings) -> Self {
        let labels = settings.labels.map(|labels| labels.into_iter().collect());
        Self { priority: settings.priority, labels, machine: settings.machine }
    }
}

/// What removing a machine does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeRemoval {
    /// What is lost, one line each.
    pub goes: Vec<String>,
    /// What stays, one line each.
    pub stays: Vec<String>,
    /// Apps whose data is on it: they cannot run elsewhere with it.
    pub apps: Vec<AppId>,
    /// Values it has read, which should be changed where they came from.
    pub to_change: Vec<KnownValue>,
}

/// A sealed value a machine could read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct KnownValue {
    /// Whose; none: the platform's, such as the key of a repository.
    pub app: Option<AppId>,
    /// What it is called.
    pub name: String,
}

/// What removing `node` does.
#[must_use]
pub fn node_removal(glance: &Glance<'_>, node: &NodeId) -> NodeRemoval {
    let world = glance.world;
    let homed: Vec<_> = world.volumes.values().filter(|volume| volume.home == *node).collect();
    let mut apps: Vec<AppId> = homed.iter().map(|volume| volume.app.clone()).collect();
    apps.sort();
    apps.dedup();
    let mut goes: Vec<String> = homed.iter().map(|volume| format!("The data in {} of {}", volume.name, volume.app)).collect();
    let copies = world.inventories.get(node).map_or(0, |inventory| inventory.replicas.len());
    if copies > 0 {
        goes.push(format!("{} of apps there; apps without data start again elsewhere", count(copies, "copy", "copies")));
    }
    goes.push("Its place in the platform: its identity never returns".to_owned());
    let stays = vec![
        "Its containers and files, on its own disk".to_owned(),
        "What was deployed from it, on every other machine".to_owned(),
    ];
    NodeRemoval { goes, stays, apps, to_change: known_values(world) }
}

/// Every sealed value: each machine can read them all.
fn known_values(world: &World) -> Vec<KnownValue> {
    let apps = world.apps.iter().filter(|(_, app)| app.is_listed());
    let secrets =
        apps.flat_map(|(id, app)| app.secrets.keys().map(|name| KnownValue { app: Some(id.clone()), name: name.clone() }));
    let platform = world.settings.iter().filter_map(|(name, value)| {
        let what = if name.starts_with("deploy-key/") {
            "deploy key of"
        } else if name.starts_with("source-token/") {
            "access token of"
        } else {
            return None;
        };
        Some(KnownValue { app: None, name: format!("{what} {}", value.get("url")?.as_str()?) })
    });
    secrets.chain(platform).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::Sealed;
    use crate::model::time::WallTime;
    use crate::web::view::sample::{self, running};
    use crate::web::view::{MachineFacts, StatsNow, Viewer};

    #[test]
    fn removing_a_machine_names_the_values_it_could_read() {
        let (mut world, _) = running();
        let sealed = Sealed { generation: 1, nonce: String::new(), ciphertext: String::new(), at: WallTime(1) };
        let web: AppId = "web".parse().unwrap();
        let app = std::sync::Arc::make_mut(&mut world.apps).get_mut(&web).unwrap();
        std::sync::Arc::make_mut(app).secrets.insert("API_KEY".into(), sealed);
        let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        let removal = node_removal(&Glance::new(&world, &machine, &stats, &viewer), &sample::me());
        assert_eq!(removal.to_change, [KnownValue { app: Some(web), name: "API_KEY".into() }]);
        assert!(removal.goes.iter().any(|line| line.contains("copy of apps there")), "{:?}", removal.goes);
    }

    #[test]
    fn settings_that_are_not_there_are_as_the_config_says() {
        let read: NodeSettings = serde_json::from_str(r#"{"priority":0}"#).unwrap();
        let wish = NodeWish::from(read);
        assert_eq!((wish.priority, wish.labels, wish.machine), (Some(0), None, None));
        assert!(serde_json::from_str::<NodeSettings>(r#"{"prio":0}"#).is_err());
    }
}
