//! Manifests that cannot be meant.

use std::fmt::Write as _;

use super::house::{DOCKERFILE, House, STEADY, manifest};
use crate::support::repository::Change;

fn with_port(port: &str) -> String {
    manifest(STEADY, "").replace("port = 8080", &format!("port = {port}"))
}

#[test]
fn a_manifest_with_a_fault_is_told_by_line_and_the_app_serves_on() {
    let house = House::start();
    house.refuses_manifest(&with_port("= 3"), &["shipwreck.toml line 6", "`port = = 3` is not TOML"]);
    for port in ["0", "70000", "\"abc\""] {
        house.refuses_manifest(
            &with_port(port),
            &[&format!("shipwreck.toml line 6: port = {port} is not a number from 1 to 65535")],
        );
    }
    let cobol = manifest(STEADY, "").replace("custom", "nodejs");
    house.refuses_manifest(&cobol, &["shipwreck.toml line 5: lang = \"nodejs\"", "Did you mean \"node\"?"]);
    let host = manifest(STEADY, "[route]\nhosts = [\"kraken.local\"]\n");
    house.refuses_manifest(&host, &["shipwreck.toml line 8: hosts = \"kraken.local\" is a name of Kraken's own"]);
    let outside = manifest(STEADY, "[build]\ndockerfile = \"../Dockerfile\"\n");
    house.refuses_manifest(&outside, &["shipwreck.toml line 8: dockerfile = \"../Dockerfile\" leaves the repository"]);
    let large = "#".repeat(10 << 20);
    house.refuses_manifest(&large, &["shipwreck.toml has 10485 kB", "more than 262 kB are not read"]);
}

#[test]
fn nothing_to_recognise_is_said_with_what_would_be_recognised() {
    let house = House::start();
    let url = house.repository("bare", &[("README.md", "# nothing else")]);
    house.refuses(&[&url], 1, &["there is no shipwreck.toml", "package.json", "kraken init"]);
    let gone = ["shipwreck.toml", "Dockerfile", "www/index.html"].map(Change::Remove);
    let rest = [Change::File("README.md", b"# nothing else")];
    house.refuses_change(&gone.into_iter().chain(rest).collect::<Vec<_>>(), &["shipwreck.toml"]);
}

#[test]
fn an_unknown_key_is_a_warning_with_the_nearest_one_and_the_app_runs() {
    let house = House::start();
    let text = manifest("typo", "prot = 9090\n");
    let url = house.repository("typo", &[("shipwreck.toml", &text), ("Dockerfile", DOCKERFILE), ("www/index.html", "runs")]);
    let said = house.agent.kraken(["deploy", &url]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(house.agent.get("typo", "/"), (200, "runs".to_owned()));
    let mut told = String::new();
    write!(told, "{} {}", said.err, house.agent.app("typo")).unwrap();
    assert!(told.contains("prot") && told.contains("port"), "{told}");
}

#[test]
fn a_name_that_another_repository_has_is_a_clash_that_suggests_another() {
    let house = House::start();
    let text = manifest(STEADY, "");
    let url = house.repository("other", &[("shipwreck.toml", &text), ("Dockerfile", DOCKERFILE), ("www/index.html", "other")]);
    house.refuses(&[&url], 5, &[STEADY, "--name"]);
}
