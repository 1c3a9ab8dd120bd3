//! What should the election know of the world? Who the members are, how gladly this node leads, what it holds, and its gateway.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Elections, gateway};
use crate::decide::election::{Gateway, Input, Settings};
use crate::decide::members;
use crate::decide::priority::{Steady, Traits, priority};
use crate::edge::clock;
use crate::edge::link::keys_of;
use crate::model::document::Machine;
use crate::model::id::NodeId;
use crate::model::vector::Vector;
use crate::model::world::World;

/// How long a better node follows before it asks for the lead.
const PREEMPT: Duration = Duration::from_secs(30);
/// Between looks at cable and power.
const LOOK: Duration = Duration::from_secs(30);
/// Between questions to the gateway; a node alone asks none.
const ASK: Duration = Duration::from_secs(1);

/// What this node's config says about leading, and what it is made of.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// 1 to 254, 0 = never; none = computed.
    pub priority: Option<u8>,
    /// Whether people rely on it.
    pub reliance: Machine,
    /// Whether it asks for the lead from a leader of lower priority.
    pub preempt: bool,
    /// Bytes of memory.
    pub memory: u64,
    /// Processors.
    pub cpus: u32,
    /// Whether it can have a gateway at all: one that listens on loopback has none.
    pub has_gateway: bool,
}

impl Wishes {
    /// What the election starts with in `world`.
    #[must_use]
    pub fn settings(&self, world: &World) -> Settings {
        self.settings_with(world, priority(&self.traits(world)))
    }

    fn settings_with(&self, world: &World, computed: u8) -> Settings {
        let wish = world.node_wishes.get(&world.me.node);
        let said = wish.and_then(|wish| wish.priority).or(self.priority);
        Settings {
            members: members(world),
            priority: said.unwrap_or(computed),
            preempt: self.preempt.then_some(PREEMPT),
            calm: false,
        }
    }

    fn traits(&self, world: &World) -> Traits {
        let wish = world.node_wishes.get(&world.me.node).and_then(|wish| wish.machine);
        Traits {
            reliance: wish.unwrap_or(self.reliance),
            is_wired: is_wired(Path::new("/")),
            is_on_mains: is_on_mains(Path::new("/")),
            memory: self.memory,
            cpus: self.cpus,
        }
    }
}

/// The other members, by the keys that let them in.
fn members(world: &World) -> BTreeSet<NodeId> {
    keys_of(world).into_keys().collect()
}

/// A number that differs where what is held does.
fn digest(holds: &Vector) -> u64 {
    let text = serde_json::to_vec(holds).expect("ids and numbers always serialize into memory");
    u64::from_be_bytes(Sha256::digest(&text)[..8].try_into().expect("a digest has 32 bytes"))
}

/// Tells `elections` what changes in the world and around this machine, until `shutdown` or the end of the loop.
pub async fn follow_world(elections: Elections, wishes: Wishes, mut world: watch::Receiver<World>, shutdown: CancellationToken) {
    let (mut told, mut held, mut asked) = (None, None, Gateway::None);
    let now = world.borrow().clone();
    let mut steady = Steady::new(priority(&wishes.traits(&now)));
    let (mut look, mut ask) = (tokio::time::interval(LOOK), tokio::time::interval(ASK));
    let mut computed = steady.take(priority(&wishes.traits(&now)), clock::now());
    loop {
        let now = world.borrow_and_update().clone();
        let settings = wishes.settings_with(&now, computed);
        let has_peers = !settings.members.is_empty();
        if told.as_ref() != Some(&settings) {
            elections.input(Input::Settings(settings.clone()));
            told = Some(settings);
        }
        let has_synced = members::has_synced(&now);
        if held.as_ref().is_none_or(|(before, did)| !Arc::ptr_eq(before, &now.holds) || *did != has_synced) {
            elections.input(Input::Holds { digest: digest(&now.holds), has_synced });
            held = Some((Arc::clone(&now.holds), has_synced));
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = world.changed() => if changed.is_err() { return },
            _ = look.tick() => computed = steady.take(priority(&wishes.traits(&now)), clock::now()),
            _ = ask.tick(), if wishes.has_gateway && has_peers => {
                let answer = gateway::ask().await;
                if answer != asked {
                    elections.input(Input::Gateway(answer));
                    asked = answer;
                }
            }
        }
    }
}

/// Whether the default route goes over a cable; without one, nothing goes over the air.
fn is_wired(root: &Path) -> bool {
    let table = std::fs::read_to_string(root.join("proc/net/route")).unwrap_or_default();
    let default = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let interface = default.filter(|fields| fields.get(1) == Some(&"00000000")).find_map(|fields| fields.first().copied());
    interface.is_some_and(|name| !root.join("sys/class/net").join(name).join("wireless").exists())
}

/// Whether a mains adapter is in, or there is no battery to run from.
fn is_on_mains(root: &Path) -> bool {
    let entries = std::fs::read_dir(root.join("sys/class/power_supply")).into_iter().flatten().flatten();
    let text = |path: &Path, file: &str| std::fs::read_to_string(path.join(file)).unwrap_or_default().trim().to_owned();
    let supplies: Vec<_> = entries.map(|entry| (text(&entry.path(), "type"), text(&entry.path(), "online"))).collect();
    let has_battery = supplies.iter().any(|(kind, _)| kind == "Battery");
    !has_battery || supplies.iter().any(|(kind, online)| kind == "Mains" && online == "1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;
    use crate::model::document::NodeWish;

    fn wishes(priority: Option<u8>) -> Wishes {
        Wishes { priority, reliance: Machine::Ordinary, preempt: true, memory: 0, cpus: 0, has_gateway: false }
    }

    #[test]
    fn what_people_set_wins_over_the_config_and_that_over_what_is_computed() {
        let mut world = sample::world();
        let said = |wishes: &Wishes, world: &World| wishes.settings_with(world, 120).priority;
        assert_eq!([None, Some(0), Some(200)].map(|config| said(&wishes(config), &world)), [120, 0, 200]);
        let wish = NodeWish { priority: Some(7), ..NodeWish::default() };
        Arc::make_mut(&mut world.node_wishes).insert(world.me.node.clone(), wish);
        assert_eq!(said(&wishes(Some(200)), &world), 7);
    }

    #[test]
    fn a_laptop_on_its_battery_over_wireless_is_neither_wired_nor_on_mains() {
        let root = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        assert!(!is_wired(root.path()) && is_on_mains(root.path()), "no route, and no battery");
        write("proc/net/route", "Iface Destination Gateway\nwlan0\t00000000\t0102A8C0\t0003\n");
        assert!(is_wired(root.path()));
        write("sys/class/net/wlan0/wireless/x", "");
        assert!(!is_wired(root.path()));
        write("sys/class/power_supply/BAT0/type", "Battery\n");
        assert!(!is_on_mains(root.path()));
        write("sys/class/power_supply/AC/type", "Mains\n");
        write("sys/class/power_supply/AC/online", "1\n");
        assert!(is_on_mains(root.path()));
    }

    #[test]
    fn equal_records_have_equal_digests_and_others_do_not() {
        let mut one = Vector::default();
        let origin = sample::world().me.origin.clone();
        one.raise(&origin, 1);
        let mut two = one.clone();
        assert_eq!(digest(&one), digest(&two));
        two.raise(&origin, 2);
        assert_ne!(digest(&one), digest(&two));
        assert_eq!(digest(&Vector::default()), 0x4f53_cda1_8c2b_aa0c, "of the text []");
    }
}
