//! Does a kill lose or double anything? The agent dies without warning in each phase of an app's life, and comes back.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests; how long each gap was is printed")]
#![allow(clippy::disallowed_methods, reason = "the time of a test is measured where it runs")]

mod support;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use support::agent::TestAgent;
use support::git_server::{Behaviour, GitServer};
use support::hammer::{Hammer, ask, failures};
use support::repository::Repository;

/// For what needs a build or a start; two cores may be busy with other things.
const LIMIT: Duration = Duration::from_secs(120);
/// Without a door, from the kill until the agent that was started again lets people in.
const GAP: Duration = Duration::from_secs(15);

/// Answers with its edition; begins to listen DELAY seconds late, and takes GRACE seconds to go.
const SERVER: &str = r#"
import http.server, os, signal, sys, time
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"edition EDITION"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
def leave(*_):
    time.sleep(GRACE)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
time.sleep(DELAY)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Answer).serve_forever()
"#;

/// One agent, an app that served before and serves throughout, and a Git server for the apps that come and go.
struct Scene {
    agent: TestAgent,
    git: GitServer,
    /// Asks the app at its container's own address: it must not notice anything.
    inside: Hammer,
    /// Asks it at its published port and through the ingress.
    doors: [Hammer; 2],
}

/// What the source of an app is made of.
#[derive(Default)]
struct Slow {
    /// More lines of [config] and what follows.
    config: &'static str,
    /// More lines of its Dockerfile.
    build: &'static str,
    delay: u32,
    grace: u32,
}

impl Scene {
    fn begin() -> Self {
        let agent = TestAgent::start();
        let git = GitServer::start();
        publish(&git, "bystander", "one", &Slow::default());
        agent.ok(["deploy", &git.url("bystander")]);
        let marks = ["edition one"];
        let inside = Hammer::begin(SocketAddr::new(serving(&agent, "bystander").1, 9000), "bystander", "/", &marks);
        let published = agent.published("bystander");
        let by_port = Hammer::begin(published, &published.to_string(), "/", &marks);
        let doors = [by_port, Hammer::begin(agent.ingress(), "bystander.localhost", "/", &marks)];
        Self { agent, git, inside, doors }
    }

    /// Kills the agent, starts it again, and waits until both doors are open; says how long they were shut.
    fn kill(&mut self, during: &str) {
        let killed = Instant::now();
        self.agent.kill();
        self.agent.begin();
        let doors = &self.doors;
        self.agent.wait_until("the doors are open again", LIMIT, || {
            doors.iter().all(|door| door.gap(killed).is_some() || door.count(0, killed) > 20).then_some(())
        });
        let gaps = self.doors.each_ref().map(|door| door.gap(killed).unwrap_or_default());
        println!("killed in {during}: the published port was shut for {:?}, the ingress for {:?}", gaps[0], gaps[1]);
        assert!(gaps.iter().all(|gap| *gap < GAP), "{gaps:?}\n{}", self.agent.log());
    }

    /// Wishes for something, and waits until its deployment is in this phase.
    fn until(&self, phase: &str, wish: &[&str]) -> String {
        let accepted = self.agent.json(wish.iter().copied().chain(["--detach"]));
        let id = accepted["deployment"].as_str().expect("a wish that leads to a deployment").to_owned();
        self.agent.wait_until(&format!("it is {phase}"), LIMIT, || {
            let deployment = self.agent.api(&format!("/deployments/{id}"))?;
            assert_eq!(deployment["state"], "under_way", "it was past {phase}: {deployment:#}");
            (deployment["phase"] == phase).then_some(())
        });
        id
    }

    /// Waits until the deployment is done, and looks whether anything is there twice.
    fn assert_done(&self, app: &str, deployment: &str, edition: &str, deployments: usize, versions: usize) {
        let agent = &self.agent;
        agent.wait_until("it is done", LIMIT, || {
            let found = agent.api(&format!("/deployments/{deployment}"))?;
            assert!(found["state"] != "failed" && found["state"] != "aborted", "{found:#}");
            (found["state"] == "done").then_some(())
        });
        agent.wait_until("one copy is left", LIMIT, || (agent.containers(app).len() == 1).then_some(()));
        let to = agent.published(app);
        agent.wait_until("it answers", LIMIT, || {
            let said = ask(to, &to.to_string(), "/").ok()?;
            assert!(said.0 != 200 || edition.is_empty() || said.1 == format!("edition {edition}"), "{said:?}");
            (said.0 == 200).then_some(())
        });
        let count = |what: &str| agent.api(&format!("/apps/{app}/{what}")).unwrap().as_array().unwrap().len();
        assert_eq!((count("deployments"), count("versions")), (deployments, versions), "{app}");
        let replicas = agent.app(app)["replicas"].as_array().unwrap().len();
        assert_eq!(replicas, 1, "{app}");
    }

    /// A new app whose first deployment meets the kill in `phase`.
    fn first_deployment(&mut self, phase: &str, slow: &Slow) {
        let name = format!("in-{}", phase.replace('_', "-"));
        publish(&self.git, &name, "one", slow);
        let id = self.until(phase, &["deploy", &self.git.url(&name)]);
        self.kill(phase);
        self.assert_done(&name, &id, "one", 1, 1);
        self.gone(&name);
    }

    /// Destroys an app and waits until nothing is left of it.
    fn gone(&self, app: &str) {
        self.agent.ok(["destroy", app, "--now", "--yes"]);
        self.agent.wait_until("it is gone", LIMIT, || {
            let is_known = self.agent.kraken(["status", app]).code != 4;
            (!is_known && self.agent.containers(app).is_empty()).then_some(())
        });
    }

    /// The app beside all this never stopped and was always there at its own address.
    fn end(self) {
        let heard = self.inside.end();
        let failed = failures(&heard);
        println!("the bystander was asked {} times at its own address; {} questions failed", heard.len(), failed.len());
        assert!(failed.is_empty(), "{:?}", failed[0]);
        assert_eq!(self.agent.docker(&["ps", "-aq"], None).len(), 1, "only the bystander is left");
    }
}

/// A commit of an app, in a repository of its name.
fn publish(git: &GitServer, name: &str, edition: &str, slow: &Slow) -> Repository {
    let repository = Repository::create(git.folder(), name);
    commit(&repository, name, edition, slow);
    repository
}

fn commit(repository: &Repository, name: &str, edition: &str, slow: &Slow) {
    let server =
        SERVER.replace("EDITION", edition).replace("DELAY", &slow.delay.to_string()).replace("GRACE", &slow.grace.to_string());
    let manifest = format!("[app]\nname = \"{name}\"\n\n[config]\nlang = \"custom\"\nport = 9000\n{}\n", slow.config);
    let dockerfile =
        format!("FROM python:3.11-slim-bookworm\nCOPY server.py /\n{}\nCMD [\"python\", \"/server.py\"]\n", slow.build);
    repository.commit(&[("shipwreck.toml", &manifest), ("Dockerfile", &dockerfile), ("server.py", &server)]);
}

/// The container that serves an app: its id and its address on the bridge.
fn serving(agent: &TestAgent, app: &str) -> (String, IpAddr) {
    agent.wait_until("a copy serves", LIMIT, || {
        let shown = agent.app(app);
        let replica = shown["replicas"].as_array()?.iter().find(|replica| replica["phase"] == "serving")?.clone();
        Some((replica["container"].as_str()?.to_owned(), replica["address"].as_str()?.parse().ok()?))
    })
}

#[test]
fn a_kill_in_any_phase_loses_nothing_and_doubles_nothing() {
    let began = Instant::now();
    let mut scene = Scene::begin();
    validating(&mut scene);
    fetching(&mut scene);
    // A number by which its container is known: one that a build makes has no label.
    scene.first_deployment("building", &Slow { build: "RUN sleep 4.271", ..Slow::default() });
    assert!(
        !docker(&["ps", "-a", "--no-trunc", "--format", "{{.Command}}"]).contains("sleep 4.271"),
        "a build's container is left"
    );
    scene.first_deployment("testing", &Slow { config: "test = \"sleep 4\"", ..Slow::default() });
    // Docker copies what the image has at a volume's path into the volume, before the container starts.
    let copied = "RUN mkdir /data && head -c 600000000 /dev/zero > /data/blob";
    let volume = "[[volume]]\nname = \"data\"\npath = \"/data\"";
    scene.first_deployment("starting", &Slow { config: volume, build: copied, ..Slow::default() });
    scene.first_deployment("waiting_healthy", &Slow { delay: 4, ..Slow::default() });
    updating(&mut scene);
    destroying(&mut scene);
    scene.end();
    println!("all phases in {:.1} s", began.elapsed().as_secs_f64());
}

/// The Git server holds each of its answers. (A first deployment looks at the repository before it is accepted: it has to know its name.)
fn validating(scene: &mut Scene) {
    let slow = GitServer::with(Behaviour { pause: Duration::from_secs(1), ..Behaviour::default() });
    let repository = publish(&slow, "in-validating", "one", &Slow::default());
    scene.agent.ok(["deploy", &slow.url("in-validating")]);
    commit(&repository, "in-validating", "two", &Slow::default());
    let id = scene.until("validating", &["update", "in-validating"]);
    scene.kill("validating");
    scene.assert_done("in-validating", &id, "two", 2, 2);
    scene.gone("in-validating");
}

/// A registry that takes the question and never answers; after the kill the image turns out to be here.
fn fetching(scene: &mut Scene) {
    let registry = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let reference = format!("{}/kraken-test/held:1", registry.local_addr().unwrap());
    let manifest = format!(
        "[app]\nname = \"in-fetching\"\n\n[config]\nlang = \"image\"\nimage = \"{reference}\"\nport = 9000\nrun = \"python -m http.server 9000\"\n"
    );
    let repository = Repository::create(scene.git.folder(), "in-fetching");
    repository.commit(&[("shipwreck.toml", &manifest)]);
    let id = scene.until("fetching", &["deploy", &scene.git.url("in-fetching")]);
    docker(&["tag", "python:3.11-slim-bookworm", &reference]);
    scene.kill("fetching");
    scene.assert_done("in-fetching", &id, "", 1, 1);
    scene.gone("in-fetching");
    docker(&["rmi", &reference]);
}

fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// While the new version is on its way the old one serves, at its own address even without an agent.
fn updating(scene: &mut Scene) {
    let repository = publish(&scene.git, "in-update", "one", &Slow::default());
    scene.agent.ok(["deploy", &scene.git.url("in-update")]);
    let (container, address) = serving(&scene.agent, "in-update");
    let old = Hammer::begin(SocketAddr::new(address, 9000), "in-update", "/", &["edition one"]);
    commit(&repository, "in-update", "two", &Slow { delay: 4, ..Slow::default() });
    let id = scene.until("waiting_healthy", &["update", "in-update"]);
    let from = Instant::now();
    scene.kill("updating");
    assert!(scene.agent.containers("in-update").contains(&container), "the old copy serves until the new one does");
    let heard = old.end();
    assert!(failures(&heard).is_empty(), "{:?}", failures(&heard)[0]);
    assert!(heard.iter().any(|heard| heard.asked > from));
    scene
        .agent
        .wait_until("it is done", LIMIT, || (scene.agent.api(&format!("/deployments/{id}"))?["state"] == "done").then_some(()));
    let to = scene.agent.published("in-update");
    scene.agent.wait_until("the new version answers", LIMIT, || {
        ask(to, &to.to_string(), "/").ok()?.1.contains("edition two").then_some(())
    });
    scene.assert_done("in-update", &id, "two", 2, 2);
    scene.gone("in-update");
}

/// It takes its time to go; when the agent is back it goes all the same, and its data is in the trash.
fn destroying(scene: &mut Scene) {
    let slow = Slow { grace: 4, config: "[[volume]]\nname = \"data\"\npath = \"/data\"", ..Slow::default() };
    publish(&scene.git, "in-destroying", "one", &slow);
    scene.agent.ok(["deploy", &scene.git.url("in-destroying")]);
    scene.agent.ok(["destroy", "in-destroying", "--yes"]);
    let state = |agent: &TestAgent| agent.api("/apps/in-destroying").map(|app: Value| app["state"]["kind"].clone());
    scene.agent.wait_until("it is being destroyed", LIMIT, || {
        let copy = scene.agent.api("/apps/in-destroying")?["replicas"][0]["phase"].clone();
        (copy == "stopping").then_some(())
    });
    assert_eq!(state(&scene.agent).unwrap(), "destroying");
    scene.kill("destroying");
    scene.agent.wait_until("nothing of it runs", LIMIT, || scene.agent.containers("in-destroying").is_empty().then_some(()));
    assert_eq!(scene.agent.docker(&["volume", "ls", "-q"], Some("in-destroying")).len(), 1);
    assert_eq!(state(&scene.agent).unwrap(), "destroyed");
    scene.agent.ok(["restore", "in-destroying"]);
    let deployments = scene.agent.api("/apps/in-destroying/deployments").unwrap();
    let newest = deployments[0]["id"].as_str().unwrap().to_owned();
    scene.assert_done("in-destroying", &newest, "one", 2, 1);
    scene.gone("in-destroying");
}

/// `docker inspect` of an app's one container: does Docker restart it by itself?
fn restart_policy(agent: &TestAgent, app: &str) -> Option<String> {
    let [container] = &agent.containers(app)[..] else { return None };
    Some(docker(&["inspect", "--format", "{{.HostConfig.RestartPolicy.Name}}", container]).trim().to_owned())
}

#[test]
fn docker_restarts_an_app_by_itself_only_once_it_served_whatever_becomes_of_the_agent() {
    let mut agent = TestAgent::start();
    let git = GitServer::start();
    publish(&git, "late", "one", &Slow { delay: 4, ..Slow::default() });
    let id = agent.json(["deploy", &git.url("late"), "--detach"])["deployment"].as_str().unwrap().to_owned();
    let shown = |agent: &TestAgent, name: &str| agent.api(&format!("/deployments/{id}")).map(|found| found[name].clone());
    agent.wait_until("it waits for its first answer", LIMIT, || (shown(&agent, "phase")? == "waiting_healthy").then_some(()));
    assert_eq!(restart_policy(&agent, "late").unwrap(), "no");
    agent.kill();
    agent.begin();
    assert_eq!(restart_policy(&agent, "late").unwrap(), "no");
    agent.wait_until("it is done", LIMIT, || (shown(&agent, "state")? == "done").then_some(()));
    let is_kept = |agent: &TestAgent| restart_policy(agent, "late").filter(|policy| policy == "unless-stopped").map(drop);
    agent.wait_until("Docker keeps it up", LIMIT, || is_kept(&agent));
    // As if the agent had died between the first answer and that change.
    agent.kill();
    docker(&["update", "--restart", "no", &agent.containers("late")[0]]);
    agent.begin();
    agent.wait_until("Docker keeps it up", LIMIT, || is_kept(&agent));
    agent.ok(["destroy", "late", "--now", "--yes"]);
}

/// Two deployments at once, one of them waiting for the other's build: both go on.
#[test]
fn a_kill_with_one_build_under_way_and_one_waiting_ends_both_well() {
    let mut agent = TestAgent::start();
    let git = GitServer::start();
    let slow = Slow { build: "RUN sleep 4", ..Slow::default() };
    let ids = ["former", "latter"].map(|name| {
        publish(&git, name, "one", &slow);
        agent.json(["deploy", &git.url(name), "--detach"])["deployment"].as_str().unwrap().to_owned()
    });
    let phases = |agent: &TestAgent| ids.each_ref().map(|id| agent.api(&format!("/deployments/{id}")).unwrap()["phase"].clone());
    agent.wait_until("one builds and one waits", LIMIT, || {
        let phases = phases(&agent);
        (phases.contains(&"building".into()) && phases.contains(&"delegating".into())).then_some(())
    });
    agent.kill();
    agent.begin();
    for (name, id) in ["former", "latter"].into_iter().zip(&ids) {
        agent.wait_until("it is done", LIMIT, || (agent.api(&format!("/deployments/{id}"))?["state"] == "done").then_some(()));
        assert_eq!(agent.containers(name).len(), 1, "{name}");
        assert_eq!(agent.get(name, "/"), (200, "edition one".to_owned()));
        agent.ok(["destroy", name, "--now", "--yes"]);
    }
    agent.wait_until("all is gone", LIMIT, || agent.docker(&["ps", "-aq"], None).is_empty().then_some(()));
}
