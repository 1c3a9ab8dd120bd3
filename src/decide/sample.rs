//! Small worlds for tests, each built in one line.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::decide::command::{self, Asker};
use crate::decide::desired::{self, Desired};
use crate::decide::fleet::Fleet;
use crate::decide::fold::{fold, fold_record};
use crate::decide::lifecycle::{self, Look};
use crate::decide::stamp;
use crate::model::command::{Accepted, Command, Deploy};
use crate::model::deployment::{Failure, Phase};
use crate::model::document::{Document, Member, Removal, Source};
use crate::model::event::{Event, Inspection, Role};
use crate::model::frame::Frame;
use crate::model::id::{AppId, Epoch, Incarnation, NodeId, ReplicaId};
use crate::model::observed::{Inventory, MachineFacts, Observation, ReplicaReport, Stage};
use crate::model::plan::ReplicaOrder;
use crate::model::record::{Draft, ObjectKey, Origin};
use crate::model::source::Reference;
use crate::model::standing::Peer;
use crate::model::time::WallTime;
use crate::model::world::{Me, World};

pub fn node() -> NodeId {
    "a".repeat(26).parse().unwrap()
}

pub fn app() -> AppId {
    "web".parse().unwrap()
}

/// A lone node that leads and has looked around.
pub fn world() -> World {
    let mut world = World::new(Me {
        node: node(),
        name: "pi4".into(),
        key: "pi4-key".into(),
        platform: "0123456789abcdef".parse().unwrap(),
        incarnation: Default::default(),
        origin: Origin { node: node(), store: "00000000000000aa".parse().unwrap() },
        arch: "amd64".into(),
        memory: 8 << 30,
        labels: Default::default(),
        reserved_ports: Default::default(),
        subnet: None,
    });
    world.wall = WallTime(1_800_000_000_000);
    world.role = Role::Leader { epoch: Epoch { counter: 1, node: node() } };
    observe(&mut world, Observation::Surveyed);
    world
}

pub fn write(world: &mut World, drafts: Vec<Draft>) {
    for record in stamp::stamp(world, drafts) {
        fold_record(world, &record);
    }
}

/// Asks as the session, with a key of its own.
pub fn ask(world: &mut World, command: Command) -> Accepted {
    world.wall = WallTime(world.wall.0 + 1);
    let key = format!("key-{}", world.wall.0);
    let (drafts, accepted) = command::decide(world, Asker { by: "session", key: &key }, command).unwrap();
    write(world, drafts);
    accepted
}

pub fn wish(name: &str) -> Command {
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
        env: Default::default(),
        secrets: Default::default(),
        node: None,
    }))
}

pub fn ask_deploy(world: &mut World, name: &str) -> Accepted {
    ask(world, wish(name))
}

/// A Node app at commit number `n`, with `more` at the end of its shipwreck.toml.
pub fn inspection(n: u32, more: &str) -> Inspection {
    named_inspection("web", 3000, n, more)
}

pub fn named_inspection(name: &str, port: u16, n: u32, more: &str) -> Inspection {
    Inspection {
        commit: format!("{n:040x}").parse().unwrap(),
        summary: format!("change {n}"),
        authorship: None,
        manifest: Some(format!(
            "[app]\nname = \"{name}\"\n[config]\nport = {port}\nlang = \"node\"\nrun = \"npm start\"\n{more}"
        )),
        facts: Default::default(),
        says: "1 commit".into(),
    }
}

fn validate_newest(world: &mut World, name: &str, port: u16, more: &str) {
    let id: AppId = name.parse().unwrap();
    let n = u32::try_from(world.versions.len()).unwrap() + 1;
    let app = world.apps[&id].clone();
    let look = Look::Found(Ok(Box::new(named_inspection(name, port, n, more))));
    let advance = lifecycle::advance(world, &desired(world), &id, &app, &look);
    write(world, advance.drafts);
}

/// Deploys the next commit until it serves.
pub fn deploy_done(world: &mut World, name: &str, port: u16) {
    ask_deploy(world, name);
    validate_newest(world, name, port, "");
    serve_newest(world, name);
}

pub fn deploy_done_with(world: &mut World, name: &str, more: &str) {
    ask_deploy(world, name);
    validate_newest(world, name, 3000, more);
    serve_newest(world, name);
}

/// An update whose new version is known and not yet there.
pub fn update_validated(world: &mut World, name: &str, more: &str) {
    ask(world, Command::Update { app: name.parse().unwrap(), commit: None });
    validate_newest(world, name, 3000, more);
}

pub fn deploy_failed(world: &mut World, name: &str) {
    ask_deploy(world, name);
    let id: AppId = name.parse().unwrap();
    let app = world.apps[&id].clone();
    let mut deployment = (**world.open(&app).unwrap()).clone();
    deployment.fail(Failure {
        at: world.wall,
        phase: Phase::Building,
        because: "npm ci ended with 1".into(),
        next: None,
        log_tail: vec![],
    });
    let object = ObjectKey::Deployment(deployment.id);
    write(world, vec![Draft { object, document: Some(Document::Deployment(Arc::new(deployment))) }]);
}

/// Tells that every replica of the newest deployment is in `stage`; older ones leave once it serves.
pub fn report_newest(world: &mut World, name: &str, stage: Stage) {
    let id: AppId = name.parse().unwrap();
    let app = world.apps[&id].clone();
    let deployment = world.deployments_of(&app).next_back().unwrap().clone();
    let version = world.version_of(&deployment).unwrap().clone();
    for replica in desired::targets(&id, &app, &deployment, &version) {
        let report = ReplicaReport {
            app: id.clone(),
            deployment: deployment.id,
            version: version.id.clone(),
            stage: stage.clone(),
            since: world.wall,
            why: "answered after 0.4 s".into(),
            placed: "most room".into(),
            address: Some([198, 18, 0, 2].into()),
            container: None,
            restarts: 0,
        };
        observe(world, Observation::Replica(replica, Some(report)));
    }
}

fn serve_newest(world: &mut World, name: &str) {
    report_newest(world, name, Stage::Serving);
    let id: AppId = name.parse().unwrap();
    let app = world.apps[&id].clone();
    let advance = lifecycle::advance(world, &desired(world), &id, &app, &Look::Pending);
    write(world, advance.drafts);
    let wanted = orders(world);
    let surplus: Vec<_> =
        world.replicas_of(&id).map(|(_, replica, _)| replica.clone()).filter(|id| !wanted.contains_key(id)).collect();
    for replica in surplus {
        observe(world, Observation::Replica(replica, None));
    }
}

/// Puts every replica of the app into `stage`.
pub fn set_stage(world: &mut World, name: &str, stage: Stage) {
    let id: AppId = name.parse().unwrap();
    let all: Vec<_> = world.replicas_of(&id).map(|(_, replica, report)| (replica.clone(), report.clone())).collect();
    for (replica, report) in all {
        observe(world, Observation::Replica(replica, Some(ReplicaReport { stage: stage.clone(), ..report })));
    }
}

pub fn remove_replicas(world: &mut World, name: &str) {
    let id: AppId = name.parse().unwrap();
    let all: Vec<_> = world.replicas_of(&id).map(|(_, replica, _)| replica.clone()).collect();
    for replica in all {
        observe(world, Observation::Replica(replica, None));
    }
}

pub fn hold_all_images(world: &mut World) {
    let versions: Vec<_> = world.versions.keys().cloned().collect();
    for version in versions {
        observe(world, Observation::ImageHeld(version));
    }
}

pub fn observe(world: &mut World, observation: Observation) {
    let wall = world.wall;
    fold(world, wall, &Event::Observed { node: node(), observation });
}

/// Another member with so many GiB of memory: heard, linked, surveyed, with nothing on it.
pub fn join(world: &mut World, name: &str, gib: u64) -> NodeId {
    let letter = char::from(b'b' + u8::try_from(world.members.len() + world.removed.len()).unwrap());
    let node: NodeId = letter.to_string().repeat(26).parse().unwrap();
    let member = Member { name: name.to_owned(), key: String::new(), joined_at: world.wall };
    write(world, vec![Draft { object: ObjectKey::Member(node.clone()), document: Some(Document::Member(member)) }]);
    hear(world, &node, true);
    let facts = MachineFacts { arch: "amd64".into(), memory: gib << 30, ..MachineFacts::default() };
    let inventory = Inventory { surveyed: true, machine: Some(Box::new(facts)), ..Inventory::default() };
    tell_all(world, &node, 0, inventory);
    node
}

/// The other member is heard from now on, or not.
pub fn hear(world: &mut World, node: &NodeId, is_live: bool) {
    let mut standing = (*world.standing).clone();
    let incarnation = Some(Incarnation::default());
    standing.peers.insert(node.clone(), Peer { is_live, is_direct: is_live, incarnation, ..Peer::default() });
    let wall = world.wall;
    fold(world, wall, &Event::StandingChanged(Arc::new(standing)));
}

/// The other member tells all about itself, up to its observation `seq`.
pub fn tell_all(world: &mut World, node: &NodeId, seq: u64, inventory: Inventory) {
    let inventory = Arc::new(inventory);
    let frame = Frame::Inventory { node: node.clone(), incarnation: Incarnation::default(), seq, inventory };
    hear_frame(world, node, frame);
}

/// The other member observes something about itself.
pub fn observe_on(world: &mut World, node: &NodeId, observation: Observation) {
    let seq = world.told.get(node).map_or(0, |(_, seq)| *seq) + 1;
    let frame = Frame::Observed { node: node.clone(), incarnation: Incarnation::default(), seq, observation };
    hear_frame(world, node, frame);
}

pub fn hear_frame(world: &mut World, from: &NodeId, frame: Frame) {
    let wall = world.wall;
    fold(world, wall, &Event::FrameArrived { from: from.clone(), frame: Box::new(frame) });
}

pub fn remove_member(world: &mut World, node: &NodeId) {
    let removal = Removal { name: "gone".into(), at: world.wall, by: "session".into(), last: Default::default() };
    write(world, vec![Draft { object: ObjectKey::Member(node.clone()), document: Some(Document::Removal(removal)) }]);
}

/// The volumes of every app are at home on `node`.
pub fn move_volumes(world: &mut World, node: &NodeId) {
    for volume in Arc::make_mut(&mut world.volumes).values_mut() {
        volume.home = node.clone();
    }
}

/// What every machine shall run, as a new leader decides that hears from all.
pub fn desired(world: &World) -> Desired {
    desired::desired(world, Fleet::glance(world), &Desired::default())
}

/// What this node shall run.
pub fn orders(world: &World) -> BTreeMap<ReplicaId, ReplicaOrder> {
    desired(world).orders.remove(&world.me.node).unwrap_or_default()
}

/// Any member, this node too, observes something about itself.
pub fn observe_at(world: &mut World, at: &NodeId, observation: Observation) {
    if *at == world.me.node { observe(world, observation) } else { observe_on(world, at, observation) }
}

/// The copy of `order` serves.
pub fn serving(order: &ReplicaOrder) -> ReplicaReport {
    ReplicaReport {
        app: order.app.clone(),
        deployment: order.deployment,
        version: order.version.clone(),
        stage: Stage::Serving,
        since: WallTime(0),
        why: "answered after 0.4 s".into(),
        placed: order.why.clone(),
        address: Some([198, 18, 0, 2].into()),
        container: None,
        restarts: 0,
    }
}
