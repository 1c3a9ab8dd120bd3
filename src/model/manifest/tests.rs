//! The stored form of a manifest is pinned: records of today are read by the programs of tomorrow.

use std::time::Duration;

use super::*;
use crate::model::quantity::{Bytes, Cores};

fn recipes() -> Manifest {
    Manifest {
        app: AppTable { name: "recipes".to_owned(), ..AppTable::default() },
        config: ConfigTable {
            port: 3000,
            lang: Lang::Node { version: Some("22".to_owned()) },
            run: Some("npm start".to_owned()),
            ..ConfigTable::default()
        },
        build: BuildTable::default(),
        env: BTreeMap::from([("MODE".to_owned(), "home".to_owned())]),
        secrets: BTreeMap::from([("TOKEN".to_owned(), String::new())]),
        health: HealthTable::default(),
        scale: ScaleTable::default(),
        sleep: SleepTable { after: Some(Duration::from_secs(300)), ..SleepTable::default() },
        resources: ResourcesTable { memory: Some(Bytes::mib(256)), cpu: Some(Cores(500)) },
        route: RouteTable::default(),
        deploy: DeployTable { strategy: Strategy::StopFirst, ..DeployTable::default() },
        place: PlaceTable::default(),
        volumes: vec![Volume { name: "data".to_owned(), path: "/data".to_owned(), shared: false }],
        ports: vec![TcpPort { name: "ssh".to_owned(), listen: 2222, to: 22 }],
        set: BTreeSet::from(["config.port".to_owned()]),
    }
}

const STORED: &str = concat!(
    r#"{"app":{"name":"recipes","version":null,"author":null,"endpoint":null},"#,
    r#""config":{"port":3000,"lang":{"kind":"node","version":"22"},"run":"npm start","build":null,"test":null,"#,
    r#""gate":false,"root":"","dir":null,"spa":false},"#,
    r#""build":{"dockerfile":"Dockerfile","packages":[],"args":{},"memory":null},"#,
    r#""env":{"MODE":"home"},"secrets":{"TOKEN":""},"#,
    r#""health":{"path":null,"every":"10s","timeout":"5s","grace":"1m"},"#,
    r#""scale":{"replicas":1,"min":null,"max":null,"cpu":null},"#,
    r#""sleep":{"after":"5m","stop":"1h","mode":"auto","hold":"1m","hours":null},"#,
    r#""resources":{"memory":"256MB","cpu":0.5},"#,
    r#""route":{"hosts":[],"publish":null,"sticky":false,"access":"lan"},"#,
    r#""deploy":{"branch":null,"auto":"off","every":"2m","keep":{"versions":3,"age":"7d"},"strategy":"stop-first"},"#,
    r#""place":{"arch":[],"labels":[],"prefer":null,"spread":false},"#,
    r#""volumes":[{"name":"data","path":"/data","shared":false}],"#,
    r#""ports":[{"name":"ssh","listen":2222,"to":22}],"set":["config.port"]}"#,
);

#[test]
fn a_manifest_is_stored_in_this_form() {
    assert_eq!(serde_json::to_string(&recipes()).unwrap(), STORED);
    assert_eq!(serde_json::from_str::<Manifest>(STORED).unwrap(), recipes());
}

#[test]
fn tables_that_an_older_program_did_not_write_have_their_defaults() {
    let read: Manifest = serde_json::from_str(r#"{"app":{"name":"a"},"config":{"lang":{"kind":"static"}}}"#).unwrap();
    assert_eq!((read.config.port, read.scale.replicas, read.deploy.keep.versions), (8080, 1, 3));
    assert!(!read.says("config.port"));
}

#[test]
fn words_of_a_newer_program_are_read_as_what_does_no_harm() {
    let config: ConfigTable = serde_json::from_str(r#"{"lang":{"kind":"deno","version":"2"}}"#).unwrap();
    assert_eq!(config.lang, Lang::Unknown);
    assert_eq!(serde_json::from_str::<Strategy>(r#""canary""#).unwrap(), Strategy::StopFirst);
    assert_eq!(serde_json::from_str::<Access>(r#""family""#).unwrap(), Access::Unknown);
    assert_eq!(serde_json::from_str::<SleepMode>(r#""hibernate""#).unwrap(), SleepMode::Never);
    assert_eq!(serde_json::from_str::<AutoDeploy>(r#""push""#).unwrap(), AutoDeploy::Off);
}

#[test]
fn only_a_volume_that_is_not_shared_is_exclusive() {
    let mut app = recipes();
    assert!(app.has_exclusive_volume());
    app.volumes[0].shared = true;
    assert!(!app.has_exclusive_volume());
}

#[test]
fn memory_that_the_file_leaves_open_depends_on_the_node() {
    let gib = |count: u64| Bytes(count << 30);
    let (open, said) = (ResourcesTable::default(), recipes().resources);
    assert_eq!([open.memory_on(gib(1)), open.memory_on(gib(16)), said.memory_on(gib(16))], [256, 512, 256].map(Bytes::mib));
    let build = BuildTable::default();
    assert_eq!([build.memory_on(Bytes::mib(700)), build.memory_on(gib(8))], [Bytes::mib(512), gib(4)]);
}

#[test]
fn a_finding_reads_as_a_sentence_with_its_line() {
    let mut finding = Finding {
        severity: Severity::Error,
        line: Some(7),
        column: Some(8),
        length: Some(5),
        key: "config.port".to_owned(),
        value: Some("\"abc\"".to_owned()),
        message: "port = \"abc\" is not a number from 1 to 65535".to_owned(),
        next: None,
        suggestion: None,
    };
    assert_eq!(finding.to_string(), "shipwreck.toml line 7: port = \"abc\" is not a number from 1 to 65535");
    finding.next = Some("Did you mean `prt`?".to_owned());
    finding.line = None;
    assert!(finding.to_string().ends_with("65535. Did you mean `prt`?"));
    finding.next = Some("Choose one".to_owned());
    assert!(finding.to_string().ends_with("65535. Choose one."));
}
