//! Repositories that cannot be reached, opened, or built from.

use super::house::{House, commit, files, manifest, told};
use crate::support::git_server::GitServer;
use crate::support::repository::{Change, Repository};
use crate::support::ssh_server::SshServer;

#[test]
fn a_repository_that_cannot_be_opened_says_why_and_nothing_is_recorded() {
    let house = House::start();
    house.refuses(&["http://127.0.0.1:1/app.git"], 7, &["Cannot reach 127.0.0.1:1", "check the address"]);
    house.refuses(&[&house.server.url("missing")], 5, &["There is no repository at"]);
    let private = GitServer::private("s3cret-token");
    Repository::create(private.folder(), "app").commit(&[("shipwreck.toml", &manifest("app", ""))]);
    house.refuses(&[&private.url("app")], 5, &["is private or does not exist"]);
    let said = house.agent.kraken_with(["deploy", "--token-stdin", &private.url("app")], "wr0ng-token\n");
    assert_ne!(said.code, 0, "{said:?}");
    assert!(said.err.contains("refused the") && said.err.contains("\nnext: "), "{said:?}");
    assert!(!house.agent.log().contains("wr0ng-token"));
    let url = house.repository("branches", &[("README.md", "x")]);
    house.refuses(&[&url, "--branch", "mian"], 5, &["no branch \"mian\"", "\"main\""]);
    assert_eq!(house.agent.json(["apps"]).as_array().unwrap().len(), 1, "refused apps are not listed");
}

#[test]
fn submodules_and_dockerfiles_out_of_the_repository_are_refused() {
    let house = House::start();
    house.refuses_change(&[Change::Submodule("vendor/lib")], &["submodule", "vendor/lib"]);
    let house = House::start();
    house.refuses_change(&[Change::Link("Dockerfile", "/etc/hostname")], &["Dockerfile"]);
    let house = House::start();
    let through = manifest("steady", "[build]\ndockerfile = \"build/Dockerfile\"\n");
    let changes = [Change::File("shipwreck.toml", through.as_bytes()), Change::Link("build", "/etc")];
    house.refuses_change(&changes, &["build/Dockerfile"]);
}

#[test]
fn a_changed_host_key_stops_the_update_until_a_person_looked() {
    let house = House::start();
    let (ssh, folder) = (SshServer::start(), tempfile::tempdir().unwrap());
    let repository = Repository::create(folder.path(), "keyed");
    commit(&repository, &files("keyed", "by ssh"));
    let url = ssh.url(repository.path());
    house.refuses(&[&url], 5, &["ssh://", "is private or does not exist", "deploy key", "kraken key show ssh://"]);
    let key = house.agent.ok(["key", "show", &url]);
    ssh.authorize(key.trim());
    house.agent.ok(["deploy", &url]);
    let pinned = house.agent.json(["key", "hosts"])[0].clone();
    let (host, fingerprint) = (pinned["host"].as_str().unwrap(), pinned["fingerprint"].as_str().unwrap());
    commit(&repository, &files("keyed", "newer"));
    let ssh = ssh.replaced();
    ssh.authorize(key.trim());
    let said = house.agent.kraken(["update", "keyed"]);
    told(&said, 1, &["the host key of", fingerprint, &format!("kraken key forget {host}")]);
    assert_eq!(house.agent.get("keyed", "/"), (200, "by ssh".to_owned()));
    house.agent.ok(["key", "forget", host]);
    house.agent.ok(["update", "keyed"]);
    assert_eq!(house.agent.get("keyed", "/"), (200, "newer".to_owned()));
}

#[test]
fn a_repository_of_600_mb_is_refused_at_500_and_leaves_nothing() {
    let house = House::start();
    let large = Repository::create(house.server.folder(), "large");
    large.commit_random(&[("shipwreck.toml", &manifest("large", ""))], ("video.raw", 600_000_000));
    let began = std::time::Instant::now();
    house.refuses(&[&house.server.url("large")], 5, &["repository is too large", "the limit is 500 MB", "kraken deploy DIR"]);
    println!("refused after {:.1} s", began.elapsed().as_secs_f64());
    let kept = bytes_below(&house.agent.data().join("clones"));
    assert!(kept < 10_000_000, "{kept} bytes of it are kept");
    assert_eq!(house.agent.json(["apps"]).as_array().unwrap().len(), 1, "a refused app is not listed");
}

fn bytes_below(directory: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { bytes_below(&entry.path()) } else { entry.metadata().unwrap().len() }).sum()
}
