//! What does a full house look like? A lone node that leads, with as many apps as asked for, all of which serve. Built by the
//! same public functions that digest real wishes: nothing in it that a person's clicks could not have made.
//! `decide/sample.rs` builds small worlds the same way, but exists only in the library's own tests, which a benchmark cannot link.

use std::net::Ipv4Addr;
use std::sync::Arc;

use kraken::decide::command::{self, Asker};
use kraken::decide::desired::{self, Desired};
use kraken::decide::fleet::Fleet;
use kraken::decide::fold::{fold, fold_record};
use kraken::decide::lifecycle::{self, Look};
use kraken::decide::{members, stamp};
use kraken::model::command::{Command, Deploy};
use kraken::model::document::Source;
use kraken::model::event::{Event, Inspection, Role};
use kraken::model::id::{AppId, Epoch, NodeId};
use kraken::model::observed::{Observation, ReplicaReport, Stage};
use kraken::model::record::{Draft, Origin};
use kraken::model::source::Reference;
use kraken::model::time::WallTime;
use kraken::model::world::{Me, World};

/// When it all began.
const BEGAN: WallTime = WallTime(1_800_000_000_000);

pub fn node() -> NodeId {
    "a".repeat(26).parse().unwrap()
}

/// `apps` apps, each in its version number `versions`, whose replicas serve.
pub fn platform(apps: u16, versions: u16) -> World {
    let mut world = World::new(Me {
        node: node(),
        name: "pi4".into(),
        key: "key".into(),
        platform: "0123456789abcdef".parse().unwrap(),
        incarnation: Default::default(),
        origin: Origin { node: node(), store: "00000000000000aa".parse().unwrap() },
        arch: "amd64".into(),
        memory: 256 << 30,
        labels: Default::default(),
        reserved_ports: Default::default(),
        subnet: None,
    });
    world.wall = BEGAN;
    world.role = Role::Leader { epoch: Epoch { counter: 1, node: node() } };
    observe(&mut world, Observation::Surveyed);
    let founded = members::own(&world);
    write(&mut world, founded.into_iter().collect());
    for number in 0..apps {
        for version in 0..versions {
            deploy(&mut world, number, version);
        }
    }
    world
}

/// From the wish to the replica that serves.
fn deploy(world: &mut World, number: u16, version: u16) {
    let name = format!("app-{number:04}");
    let id: AppId = name.parse().unwrap();
    world.wall = WallTime(world.wall.0 + 1);
    let wish = if version == 0 { first(&name) } else { Command::Update { app: id.clone(), commit: None } };
    let key = format!("{name} {version}");
    let (drafts, _) = command::decide(world, Asker { by: "session", key: &key }, wish).unwrap();
    write(world, drafts);
    advance(world, &id, &Look::Found(Ok(Box::new(inspection(&name, number, version)))));
    serve(world, &id, number, version);
    advance(world, &id, &Look::Pending);
    leave_surplus(world, &id);
}

fn first(name: &str) -> Command {
    Command::Deploy(Box::new(Deploy {
        app: name.parse().unwrap(),
        name: name.to_owned(),
        source: Source::Git {
            url: format!("https://git.home/{name}").parse().unwrap(),
            reference: Reference::DefaultBranch,
            root: None,
        },
        commit: None,
        manifest: None,
        env: [("GREETING", "hello"), ("TZ", "Europe/Berlin")].map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        secrets: Default::default(),
        node: None,
    }))
}

fn inspection(name: &str, number: u16, version: u16) -> Inspection {
    Inspection {
        commit: format!("{:040x}", u32::from(number) << 16 | u32::from(version)).parse().unwrap(),
        summary: format!("change {version}"),
        authorship: None,
        manifest: Some(format!(
            "[app]\nname = \"{name}\"\nversion = \"1.{version}\"\nauthor = \"somebody\"\n[config]\nport = 7211\nlang = \"node\"\n\
             run = \"npm start\"\n[env]\nLOG = \"info\"\n[health]\npath = \"/\"\n[route]\nhosts = [\"{name}.example.org\"]\n"
        )),
        facts: Default::default(),
        says: "1 commit".into(),
    }
}

/// What every machine shall run.
pub fn decide(world: &World) -> Desired {
    desired::desired(world, Fleet::glance(world), &Desired::default())
}

fn advance(world: &mut World, id: &AppId, look: &Look) {
    let app = Arc::clone(&world.apps[id]);
    let advance = lifecycle::advance(world, &decide(world), id, &app, look);
    write(world, advance.drafts);
}

fn serve(world: &mut World, id: &AppId, number: u16, version: u16) {
    let app = Arc::clone(&world.apps[id]);
    let deployment = Arc::clone(world.open(&app).unwrap());
    let made = Arc::clone(world.version_of(&deployment).unwrap());
    for replica in desired::targets(id, &app, &deployment, &made) {
        let report = ReplicaReport {
            app: id.clone(),
            deployment: deployment.id,
            version: made.id.clone(),
            stage: Stage::Serving,
            since: world.wall,
            why: "answered after 0.4 s".into(),
            placed: String::new(),
            address: Some(Ipv4Addr::from(0xc612_0000 + (u32::from(version) << 16) + u32::from(number))),
            container: Some(format!("{:064x}", u32::from(number) << 16 | u32::from(version)).parse().unwrap()),
            restarts: 0,
        };
        observe(world, Observation::Replica(replica, Some(report)));
    }
    observe(world, Observation::ImageHeld(made.id.clone()));
}

/// Replicas of older versions stop.
fn leave_surplus(world: &mut World, id: &AppId) {
    let current = world.current(&world.apps[id]).unwrap().id;
    let inventory = world.my_inventory().unwrap();
    let old: Vec<_> = inventory
        .replicas
        .iter()
        .filter(|(_, report)| report.app == *id && report.deployment != current)
        .map(|(replica, _)| replica.clone())
        .collect();
    for replica in old {
        observe(world, Observation::Replica(replica, None));
    }
}

fn write(world: &mut World, drafts: Vec<Draft>) {
    for record in stamp::stamp(world, drafts) {
        fold_record(world, &record);
    }
}

fn observe(world: &mut World, observation: Observation) {
    let wall = world.wall;
    fold(world, wall, &Event::Observed { node: node(), observation });
}
