//! Apps that build and do not serve.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;
use sha2::Digest;

use super::house::{House, STEADY, files, manifest};
use crate::support::repository::Change;

fn runs(command: &str) -> String {
    format!("FROM kraken-test/tiny:1\nCMD {command}\n")
}

#[test]
fn an_app_that_does_not_serve_is_told_why_and_takes_no_traffic() {
    let house = House::start();
    let dockerfile = |text: &str| [("Dockerfile", text.to_owned())];
    let tried = [
        ("echo no configuration found; exit 7", ["code 7", "no configuration found"]),
        ("exec sleep 600", ["listens on no port yet", "shipwreck.toml says 8080"]),
        ("exec httpd -f -p 127.0.0.1:8080 -h /bin", ["listens on 127.0.0.1:8080 only", "make it 0.0.0.0:8080"]),
        ("exec httpd -f -p 3030 -h /bin", ["listens on 3030", "shipwreck.toml says 8080"]),
    ];
    for (command, fragments) in tried {
        let [(path, text)] = dockerfile(&runs(command));
        house.does_not_serve(&[Change::File(path, text.as_bytes())], &fragments);
    }
}

#[test]
fn an_app_over_its_memory_limit_names_the_key() {
    let house = House::start();
    let hungry = runs("awk 'BEGIN { s = \"0123456789abcdef\"; while (1) s = s s }'");
    let text = manifest(STEADY, "[resources]\nmemory = \"64MB\"\n");
    let changes = [Change::File("Dockerfile", hungry.as_bytes()), Change::File("shipwreck.toml", text.as_bytes())];
    house.does_not_serve(&changes, &["[resources] memory"]);
}

#[test]
fn an_image_of_another_architecture_is_refused_before_it_is_started() {
    let house = House::start();
    let other = if cfg!(target_arch = "aarch64") { "linux/amd64" } else { "linux/arm64" };
    let name = format!("kraken-test/other-machine:{}", std::process::id());
    let (has, wants) = (other.trim_start_matches("linux/"), if other == "linux/arm64" { "amd64" } else { "arm64" });
    load_image(&name, has);
    let _gone = Image(name.clone());
    let text =
        format!("[app]\nname = \"{STEADY}\"\n[config]\nlang = \"image\"\nimage = \"{name}\"\nport = 8080\nrun = \"serve\"\n");
    house.refuses_manifest(&text, &[&format!("is for {has}, this node is {wants}")]);
}

/// Gives the machine's engine an image of one empty layer that is said to be for `arch`.
fn load_image(name: &str, arch: &str) {
    let layer = tar::Builder::new(Vec::new()).into_inner().unwrap();
    let digest = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(&layer));
    let config = json!({ "architecture": arch, "os": "linux", "config": {}, "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{digest}")] } });
    let manifest = json!([{ "Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"] }]);
    let mut image = tar::Builder::new(Vec::new());
    for (path, bytes) in
        [("layer.tar", layer), ("config.json", config.to_string().into()), ("manifest.json", manifest.to_string().into())]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        image.append_data(&mut header, path, bytes.as_slice()).unwrap();
    }
    let mut load = Command::new("docker").arg("load").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    load.stdin.take().unwrap().write_all(&image.into_inner().unwrap()).unwrap();
    assert!(load.wait().unwrap().success());
}

/// An image of a test's own.
struct Image(String);

impl Drop for Image {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rmi", &self.0]).stdout(Stdio::null()).status();
    }
}

#[test]
fn a_secret_without_a_value_stops_the_validation_and_may_be_set_before_the_first_deploy() {
    let house = House::start();
    let text = manifest("vault", "[secrets]\nAPI_KEY = \"opens the shop\"\n");
    let with_secret = |body: &str| {
        let mut files = files("vault", body);
        files[0].1.clone_from(&text);
        files[1].1 = "FROM kraken-test/tiny:1\nCMD mkdir -p /tmp/www && echo -n \"$API_KEY\" | md5sum > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www\n".into();
        files
    };
    let repository = crate::support::repository::Repository::create(house.server.folder(), "vault");
    super::house::commit(&repository, &with_secret("x"));
    let said = house.refuses(&[&house.server.url("vault")], 1, &["API_KEY", "kraken secret set vault API_KEY"]);
    assert!(said.err.contains("failed  validating"), "{}", said.err);
    let set = house.agent.kraken_with(["secret", "set", "locker", "API_KEY"], "hunter2hunter2\n");
    assert_eq!(set.code, 0, "{set:?}");
    house.agent.ok(["deploy", &house.server.url("vault"), "--name", "locker"]);
    let (status, body) = house.agent.get("locker", "/");
    assert_eq!((status, body.trim()), (200, "814bc41b610a1c9fd51bafcab6a224d7  -"));
}
