//! What is not ours: containers, images, networks and volumes that were there before are there after, untouched.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use crate::support::agent::TestAgent;
use crate::support::docker::tiny_image;
use crate::support::dockerd::Dockerd;
use crate::support::git_server::GitServer;
use crate::support::repository::Repository;

/// Everything on an engine, each with what would change if somebody touched it.
fn everything(docker: &dyn Fn(&[&str]) -> String) -> BTreeSet<String> {
    let containers = docker(&["ps", "-aq", "--no-trunc"]);
    let started = containers.split_whitespace().map(|id| {
        docker(&["inspect", "--format", "container {{.Id}} {{.Name}} {{.Image}} {{.State.Status}} {{.State.StartedAt}} {{.RestartCount}} {{json .NetworkSettings.Networks}}", id])
    });
    let lists = [
        docker(&["images", "-a", "--no-trunc", "--format", "image {{.ID}} {{.Repository}}:{{.Tag}}"]),
        docker(&["network", "ls", "--no-trunc", "--format", "network {{.ID}} {{.Name}}"]),
        docker(&["volume", "ls", "--format", "volume {{.Name}} {{.Driver}} {{.Mountpoint}}"]),
    ];
    started.collect::<String>().lines().chain(lists.iter().flat_map(|list| list.lines())).map(str::to_owned).collect()
}

#[test]
fn foreign_things_are_the_same_after_deploy_update_prune_destroy_and_restart() {
    let engine = Dockerd::start(91);
    let (socket, host) = (engine.socket(), format!("unix://{}", engine.socket()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(tiny_image(&socket));
    let docker = |args: &[&str]| {
        let output = Command::new("docker").args(["-H", &host]).args(args).output().unwrap();
        assert!(output.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    docker(&["network", "create", "--subnet", "198.18.93.0/24", "foreign-net"]);
    docker(&["volume", "create", "foreign-data"]);
    docker(&[
        "run",
        "-d",
        "--name",
        "foreign",
        "--network",
        "foreign-net",
        "-v",
        "foreign-data:/data",
        "kraken-test/tiny:1",
        "sh",
        "-c",
        "echo mine > /data/file; sleep 3600",
    ]);
    docker(&["run", "--name", "foreign-stopped", "kraken-test/tiny:1", "true"]);
    docker(&["commit", "foreign-stopped"]);
    docker(&["commit", "foreign-stopped", "foreign/tagged:1"]);
    let before = everything(&docker);
    {
        let mut agent = TestAgent::with(&[
            ("KRAKEN_DOCKER_HOST", &host),
            ("KRAKEN_SUBNET", "198.18.92.0/24"),
            ("KRAKEN_QUOTA_IMAGES", "1MB"),
        ]);
        let server = GitServer::start();
        let repository = Repository::create(server.folder(), "web");
        let manifest = "[app]\nname = \"web\"\n[config]\nlang = \"custom\"\nport = 8080\n[deploy]\nkeep = { versions = 1, age = \"0s\" }\n[[volume]]\nname = \"data\"\npath = \"/data\"\n";
        let dockerfile = |mark: &str| {
            format!(
                "FROM kraken-test/tiny:1\nRUN mkdir /www && echo -n {mark} > /www/index.html\nCMD [\"httpd\",\"-f\",\"-p\",\"8080\",\"-h\",\"/www\"]\n"
            )
        };
        repository.commit(&[("shipwreck.toml", manifest), ("Dockerfile", &dockerfile("v0"))]);
        agent.ok(["deploy", &server.url("web")]);
        for version in ["v1", "v2", "v3"] {
            repository.commit(&[("Dockerfile", &dockerfile(version))]);
            agent.ok(["update", "web"]);
            assert_eq!(agent.get("web", "/"), (200, version.to_owned()));
        }
        let ours = |docker: &dyn Fn(&[&str]) -> String| {
            docker(&["images", "--format", "{{.Repository}}:{{.Tag}}"])
                .lines()
                .filter(|name| name.starts_with("kraken-") && !name.starts_with("kraken-test"))
                .count()
        };
        agent.wait_until("old versions are pruned", Duration::from_secs(60), || (ours(&docker) < 4).then_some(()));
        agent.kill();
        agent.begin();
        agent.ok(["destroy", "web", "--now", "--yes"]);
        agent.wait_until("it is gone", Duration::from_secs(60), || {
            let is_ours = |list: &[&str]| !docker(list).trim().is_empty();
            let left = is_ours(&["ps", "-aq", "--filter", "label=kraken.app=web"])
                || is_ours(&["volume", "ls", "-q", "--filter", "label=kraken.app=web"]);
            (!left && ours(&docker) == 0).then_some(())
        });
        assert_eq!(before.difference(&everything(&docker)).collect::<Vec<_>>(), Vec::<&String>::new());
    }
    assert_eq!(before.difference(&everything(&docker)).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(docker(&["exec", "foreign", "cat", "/data/file"]), "mine\n");
}
