//! Does a state come back as it left, and is nothing taken that is wrong?

use super::*;
use crate::edge::keyring::Keyring;
use crate::model::document::{AppEnv, Volume, VolumeState};
use crate::model::record::{Origin, RECORD_FORMAT};
use crate::model::time::Hlc;

const NOW: WallTime = WallTime(1_795_251_855_042);
const PASSPHRASE: &str = "correct horse battery";

fn sealer() -> Sealer {
    Sealer::new(&Keyring::open(tempfile::tempdir().unwrap().path()).unwrap())
}

fn node() -> NodeId {
    "a".repeat(26).parse().unwrap()
}

fn platform() -> PlatformId {
    "0123456789abcdef".parse().unwrap()
}

fn leaf(object: &str, seq: u64, document: Option<Document>) -> (ObjectKey, Vec<Arc<Record>>) {
    let origin = Origin { node: node(), store: "0123456789abcdef".parse().unwrap() };
    let record = Record {
        v: RECORD_FORMAT,
        object: object.parse().unwrap(),
        revision: RevisionId { origin, seq },
        parents: Vec::new(),
        hlc: Hlc::default(),
        epoch: None,
        document,
    };
    (record.object.clone(), vec![Arc::new(record)])
}

fn env() -> Document {
    Document::AppEnv(AppEnv { set: BTreeMap::from([("A".to_owned(), "1".to_owned())]) })
}

fn secret(sealer: &Sealer) -> Document {
    Document::Secret(sealer.seal(&"secret/web/KEY".parse().unwrap(), "hunter2", NOW).unwrap())
}

/// The state of a platform with one env, one secret and one deleted app.
fn state(sealer: &Sealer) -> State {
    let leaves = BTreeMap::from([
        leaf("app/web/env", 1, Some(env())),
        leaf("app/old/env", 2, None),
        leaf("secret/web/KEY", 3, Some(secret(sealer))),
    ]);
    export((&platform(), &node(), NOW), &leaves, &BTreeMap::new())
}

fn refusal(text: &str) -> String {
    check(text, &sealer(), None, NOW).unwrap_err().to_string()
}

/// An otherwise empty state with `objects`.
fn with_objects(objects: &str) -> String {
    format!(r#"{{"kraken_state":1,"platform":"{}","node":"{}","objects":{objects}}}"#, platform(), node())
}

#[test]
fn a_state_reads_like_this() {
    let leaves = BTreeMap::from([leaf("app/web/env", 1, Some(env()))]);
    let json = export((&platform(), &node(), NOW), &leaves, &BTreeMap::new()).to_json();
    let expected = r#"{
  "kraken_state": 1,
  "exported_at": "2026-11-21T09:04:15.042Z",
  "platform": "0123456789abcdef",
  "node": "aaaaaaaaaaaaaaaaaaaaaaaaaa",
  "objects": {
    "app/web/env": {
      "kind": "app_env",
      "set": {
        "A": "1"
      }
    }
  }
}"#;
    assert_eq!(json, expected);
}

#[test]
fn what_leaves_comes_back_and_what_is_deleted_stays_away() {
    let sealer = sealer();
    let json = state(&sealer).to_json();
    assert!(!json.contains("hunter2"));
    let documents = check(&json, &sealer, None, NOW).unwrap();
    let keys: Vec<String> = documents.keys().map(ToString::to_string).collect();
    assert_eq!(keys, ["app/web/env", "secret/web/KEY"]);
    assert_eq!(documents[&"app/web/env".parse().unwrap()], env());
}

#[test]
fn what_a_newer_kraken_wrote_leaves_word_for_word_and_is_not_taken_by_an_older_one() {
    let (object, leaves) = leaf("setting/backup", 1, Some(Document::Unknown));
    let raw = serde_json::json!({"kind": "app_backup", "every": "1d"});
    let documents = BTreeMap::from([(leaves[0].revision.clone(), Some(raw.clone()))]);
    let state = export((&platform(), &node(), NOW), &BTreeMap::from([(object, leaves)]), &documents);
    assert_eq!(state.objects["setting/backup"], raw);
    assert!(refusal(&state.to_json()).contains("update this node first"));
}

#[test]
fn another_platform_reads_the_secrets_only_with_the_passphrase() {
    let (here, there) = (sealer(), sealer());
    let plain = state(&here).to_json();
    let told = check(&plain, &there, None, NOW).unwrap_err().to_string();
    assert!(told.contains("--with-secrets"), "{told}");

    let json = state(&here).with_secrets(&here, PASSPHRASE).unwrap().to_json();
    assert!(!json.contains("hunter2"));
    let told = check(&json, &there, None, NOW).unwrap_err().to_string();
    assert!(told.contains("give the passphrase"), "{told}");
    assert!(matches!(check(&json, &there, Some("wrong horse battery"), NOW), Err(ImportStateError::Passphrase)));
    let documents = check(&json, &there, Some(PASSPHRASE), NOW).unwrap();
    let key = "secret/web/KEY".parse().unwrap();
    let Document::Secret(sealed) = &documents[&key] else { unreachable!("it is a secret") };
    assert_eq!(*there.unseal(&key, sealed).unwrap(), "hunter2");
    assert!(here.unseal(&key, sealed).is_err(), "it is sealed anew");
}

#[test]
fn a_short_passphrase_is_refused() {
    let sealer = sealer();
    assert!(matches!(state(&sealer).with_secrets(&sealer, "short"), Err(ExportStateError::ShortPassphrase)));
}

#[test]
fn a_file_cannot_ask_for_all_the_memory() {
    assert!(stretch(PASSPHRASE, &[0; 16], [4_000_000, 2, 1]).is_none());
    assert!(stretch(PASSPHRASE, &[0; 16], [1024, 1_000_000, 1]).is_none());
}

#[test]
fn an_error_names_the_object_and_what_is_wrong() {
    let told = refusal(&with_objects(r#"{"app/web/mood":{"kind":"app_env","set":{}}}"#));
    assert_eq!(told, r#"objects."app/web/mood": "app/web/mood" names no object of the state"#);
    let told = refusal(&with_objects(r#"{"app/web/env":{"kind":"app_env","set":5}}"#));
    assert!(told.starts_with(r#"objects."app/web/env": invalid type"#), "{told}");
    let told = refusal(&with_objects(r#"{"app/web/env":{"kind":"app_scale","replicas":2}}"#));
    assert!(told.contains("not the one its key names"), "{told}");
}

#[test]
fn an_id_that_is_not_its_keys_is_refused() {
    let volume = Document::Volume(Volume {
        id: "web-data".parse().unwrap(),
        app: "web".parse().unwrap(),
        name: "data".into(),
        path: "/data".into(),
        home: node(),
        state: VolumeState::Kept,
    });
    let json = serde_json::to_string(&volume).unwrap();
    assert!(check(&with_objects(&format!(r#"{{"volume/web-data":{json}}}"#)), &sealer(), None, NOW).is_ok());
    assert!(refusal(&with_objects(&format!(r#"{{"volume/api-data":{json}}}"#))).contains("not the one its key names"));
}

#[test]
fn what_is_no_state_is_refused_with_its_place() {
    assert!(refusal("{\n\"kraken_state\": 1,\n}").contains("line 3"));
    assert!(refusal("[]").starts_with("this is no exported state"));
    assert!(refusal(&with_objects("{}").replace("\"objects\"", "\"objekts\"")).contains("objekts"));
    assert_eq!(refusal(r#"{"kraken_state":2,"more":1}"#), "kraken_state = 2: this Kraken knows 1; update this node first");
}
