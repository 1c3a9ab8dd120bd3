//! Which small worlds do the tests of the views look at?

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::model::deployment::{Cause, Deployment, Failure, Phase, Progress, Waiting};
use crate::model::document::{AppSource, AppWanted, ManifestOrigin, Source, Version, Wanted};
use crate::model::id::{AppId, DeploymentId, NodeId, ReplicaId, VersionId};
use crate::model::manifest::{AppTable, ConfigTable, Lang, Manifest};
use crate::model::observed::{Inventory, ReplicaReport, Stage};
use crate::model::record::Origin;
use crate::model::source::{Authorship, Reference};
use crate::model::time::{Hlc, WallTime};
use crate::model::world::{App, Me, World};

/// The machine every sample runs on.
pub fn me() -> NodeId {
    "a".repeat(26).parse().unwrap()
}

/// A world with a machine called `nuc` that has looked around, and nothing else.
pub fn world() -> World {
    let mut world = World::new(Me {
        node: me(),
        name: "nuc".into(),
        key: "key".into(),
        platform: "0123456789abcdef".parse().unwrap(),
        incarnation: Default::default(),
        origin: Origin { node: me(), store: "0123456789abcdef".parse().unwrap() },
        arch: "amd64".into(),
        memory: 8 << 30,
        labels: Default::default(),
        reserved_ports: Default::default(),
        subnet: None,
    });
    world.wall = WallTime(1_000_000);
    inventory(&mut world).surveyed = true;
    world
}

/// What the machine tells, to change.
pub fn inventory(world: &mut World) -> &mut Inventory {
    Arc::make_mut(Arc::make_mut(&mut world.inventories).entry(me()).or_default())
}

/// The app, to change; made when there is none.
pub fn app<'a>(world: &'a mut World, id: &str) -> &'a mut App {
    let id: AppId = id.parse().unwrap();
    let made = || {
        let source = Source::Git {
            url: "https://git.example/nils/web".parse().unwrap(),
            reference: Reference::branch("main"),
            root: None,
        };
        Arc::new(App {
            source: Some(AppSource { name: id.to_string(), source, manifest: None, created_at: WallTime(1) }),
            ..App::default()
        })
    };
    Arc::make_mut(Arc::make_mut(&mut world.apps).entry(id.clone()).or_insert_with(made))
}

/// What a person wants of the app.
pub fn want(world: &mut World, id: &str, state: Wanted) {
    app(world, id).wanted = Some(AppWanted { state, by: "session".into(), at: WallTime(500) });
}

/// The manifest of a small node app.
pub fn manifest(name: &str) -> Manifest {
    Manifest {
        app: AppTable { name: name.into(), ..AppTable::default() },
        config: ConfigTable { port: 7211, lang: Lang::Node { version: None }, ..ConfigTable::default() },
        build: Default::default(),
        env: BTreeMap::from([("GREETING".into(), "hello".into())]),
        secrets: BTreeMap::from([("API_KEY".into(), String::new())]),
        health: Default::default(),
        scale: Default::default(),
        sleep: Default::default(),
        resources: Default::default(),
        route: Default::default(),
        deploy: Default::default(),
        place: Default::default(),
        volumes: vec![],
        ports: vec![],
        set: Default::default(),
    }
}

/// Adds version `number` of the app.
pub fn version(world: &mut World, id: &str, number: u32) -> VersionId {
    let version: VersionId = format!("{number:016x}").parse().unwrap();
    let source = app(world, id).source.clone().unwrap().source;
    let made = Version {
        id: version.clone(),
        app: id.parse().unwrap(),
        number,
        commit: format!("{number:040x}").parse().unwrap(),
        summary: format!("change {number}"),
        authorship: Some(Authorship { author: "Ada".into(), at: WallTime(1000) }),
        source,
        text: format!("# v{number}"),
        origin: ManifestOrigin::File,
        manifest: manifest(id),
        created_at: WallTime(u64::from(number) * 1000),
    };
    Arc::make_mut(&mut world.versions).insert(version.clone(), Arc::new(made));
    app(world, id).versions.push(version.clone());
    version
}

/// Adds a deployment of the app that stands in `phase`, under way.
pub fn deployment(world: &mut World, id: &str, key: &str, version: Option<VersionId>, phase: Phase, why: &str) -> DeploymentId {
    let app_id: AppId = id.parse().unwrap();
    let deployment = DeploymentId::new(&app_id, key);
    let mut made = Deployment {
        id: deployment,
        app: app_id,
        cause: Cause::Deploy,
        by: "session".into(),
        asked_at: WallTime(2000),
        order: Hlc::default(),
        commit: None,
        version,
        settings: None,
        before: None,
        steps: vec![],
        progress: Progress::UnderWay,
    };
    made.enter(Phase::Requested, None, WallTime(2000), "asked by session");
    made.enter(phase, Some(me()), WallTime(2100), why);
    Arc::make_mut(&mut world.deployments).insert(deployment, Arc::new(made));
    app(world, id).deployments.push(deployment);
    deployment
}

/// Changes a deployment.
pub fn change(world: &mut World, deployment: DeploymentId, how: impl FnOnce(&mut Deployment)) {
    how(Arc::make_mut(Arc::make_mut(&mut world.deployments).get_mut(&deployment).unwrap()));
}

/// Lets a deployment end well.
pub fn finish(world: &mut World, deployment: DeploymentId) {
    change(world, deployment, |d| d.finish(Some(me()), WallTime(3000), "it answers"));
}

/// Lets a deployment fail while its image is built.
pub fn fail(world: &mut World, deployment: DeploymentId) {
    change(world, deployment, |d| {
        d.fail(Failure {
            at: WallTime(3000),
            phase: Phase::Building,
            because: "npm ci ended with 1".into(),
            next: Some("Run npm ci on your machine.".into()),
            log_tail: vec!["npm ERR!".into()],
        });
    });
}

/// A copy of the app at `stage`.
pub fn copy(world: &mut World, deployment: DeploymentId, index: u32, stage: Stage, why: &str) -> ReplicaId {
    let d = Arc::clone(&world.deployments[&deployment]);
    let id = ReplicaId::new(&d.app, deployment, index);
    let report = ReplicaReport {
        app: d.app.clone(),
        deployment,
        version: d.version.clone().unwrap(),
        stage,
        since: WallTime(2500),
        why: why.into(),
        placed: String::new(),
        address: Some(Ipv4Addr::new(198, 18, 0, 2)),
        container: None,
        restarts: 0,
    };
    inventory(world).replicas.insert(id.clone(), report);
    id
}

/// The world's fault, tried again at a fixed moment.
pub fn waiting() -> Waiting {
    Waiting { because: "Docker does not answer".into(), next: Some("Start Docker.".into()), attempt: 2, retry_at: WallTime(9000) }
}

/// `web` runs version 1 in one copy.
pub fn running() -> (World, DeploymentId) {
    let mut world = world();
    want(&mut world, "web", Wanted::On);
    let v1 = version(&mut world, "web", 1);
    let first = deployment(&mut world, "web", "first", Some(v1.clone()), Phase::Starting, "");
    finish(&mut world, first);
    copy(&mut world, first, 0, Stage::Serving, "it answers");
    inventory(&mut world).images.insert(v1);
    (world, first)
}
