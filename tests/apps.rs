//! Do real apps live here? Eight of them by Git address: deployed, updated without a failed request, taken back, their data kept.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests; what took how long is printed")]
#![allow(clippy::disallowed_methods, reason = "the time of a test is measured where it runs")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use support::agent::TestAgent;
use support::git_server::GitServer;
use support::hammer::{Hammer, Heard, ask, failures, gap};
use support::repository::Repository;
use support::ssh_server::SshServer;

/// For what needs a build or a start; two cores may be busy with other things.
const LIMIT: Duration = Duration::from_secs(180);
/// What going back may take beside the app's own start.
const BACK: Duration = Duration::from_secs(2);
/// Good answers of the new version, at each door, before an update counts as survived.
const ANSWERS: usize = 50;

/// An app of this test: what it is made of, and how its second commit differs.
struct App {
    name: &'static str,
    /// Below the repository's root.
    folder: &'static str,
    /// Files of the folder that are left out.
    without: &'static [&'static str],
    /// By what it is fetched.
    by: By,
    /// The path asked.
    path: &'static str,
    /// The file the second commit changes, and in it the text, which the answer has too, that becomes another.
    changed: &'static str,
    first: &'static str,
    second: &'static str,
    /// Whether an update has a gap: its volume has one writer.
    stops_first: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum By {
    Http,
    Https,
    Ssh,
}

const PLAIN: App = App {
    name: "hello-node",
    folder: "examples/hello-node",
    without: &[],
    by: By::Http,
    path: "/",
    changed: "server.js",
    first: "a Git repository a moment ago",
    second: "a Git repository two moments ago",
    stops_first: false,
};

const APPS: [App; 8] = [
    PLAIN,
    // About seventy packages from a lock file, a port of its own, `npm test` ends with 1.
    App { name: "express-board", folder: "tests/fixtures/express", first: "first edition", second: "second edition", ..PLAIN },
    App {
        name: "flask-notes",
        folder: "examples/flask-notes",
        by: By::Ssh,
        path: "/notes",
        changed: "notes.py",
        first: "\"1.0.0\"",
        second: "\"1.0.1\"",
        ..PLAIN
    },
    App {
        name: "static-site",
        folder: "examples/static-site",
        by: By::Https,
        changed: "site/index.html",
        first: "Version 1.0.0",
        second: "Version 1.0.1",
        ..PLAIN
    },
    App {
        name: "custom-dockerfile",
        folder: "examples/custom-dockerfile",
        changed: "www/index.html",
        first: "Version 1.0.0",
        second: "Version 1.0.1",
        ..PLAIN
    },
    // Nobody wrote a manifest: it is recognised, and called like its repository.
    App { name: "undeclared", without: &["shipwreck.toml"], by: By::Https, ..PLAIN },
    App {
        name: "sqlite-volume",
        folder: "examples/sqlite-volume",
        path: "/entries",
        changed: "guestbook.py",
        first: "\"1.0.0\"",
        second: "\"1.0.1\"",
        stops_first: true,
        ..PLAIN
    },
    App {
        name: "vite-page",
        folder: "examples/vite-page",
        changed: "index.html",
        first: "vite-page 1.0.0",
        second: "vite-page 1.0.1",
        ..PLAIN
    },
];

impl App {
    fn folder(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(self.folder)
    }

    /// How the answer of the first commit is told from that of the second.
    const fn marks(&self) -> [&'static str; 2] {
        [self.first, self.second]
    }
}

/// The Git servers, and a repository per app.
struct Forges {
    http: GitServer,
    https: GitServer,
    ssh: SshServer,
    ssh_folder: tempfile::TempDir,
}

impl Forges {
    fn start() -> Self {
        let ssh_folder = tempfile::tempdir().unwrap();
        Self { http: GitServer::start(), https: GitServer::tls(), ssh: SshServer::start(), ssh_folder }
    }

    /// The app's repository with its first commit, and its address.
    fn publish(&self, app: &App) -> (Repository, String) {
        let folder = match app.by {
            By::Http => self.http.folder(),
            By::Https => self.https.folder(),
            By::Ssh => self.ssh_folder.path(),
        };
        let repository = Repository::create(folder, app.name);
        repository.commit_folder(&app.folder(), app.without);
        let url = match app.by {
            By::Http => self.http.url(app.name),
            By::Https => self.https.url(app.name),
            By::Ssh => self.ssh.url(repository.path()),
        };
        (repository, url)
    }
}

/// An app that runs, with its repository.
struct Deployed {
    app: App,
    repository: Repository,
}

#[test]
fn eight_apps_are_deployed_updated_and_taken_back() {
    let began = Instant::now();
    let forges = Forges::start();
    let ca = forges.https.ca_file();
    let mut agent = TestAgent::with(&[("KRAKEN_SOURCES_CA_FILE", ca.to_str().unwrap())]);
    let apps = each(APPS.into_iter().collect(), |app| deploy(&agent, &forges, app));
    lap("deployed", began);
    let apps = each(apps, |one| {
        update(&agent, &one);
        one
    });
    lap("updated", began);
    // One after the other: this is timed.
    for one in &apps {
        go_back(&agent, one);
    }
    lap("taken back", began);
    survives_a_restart_of_the_agent(&mut agent, &apps);
    comes_back_from_the_trash(&agent);
    lap("restarted and restored", began);
    each(apps, |one| drop(agent.ok(["destroy", one.app.name, "--now", "--yes"])));
    agent.wait_until("all apps are gone", LIMIT, || agent.json(["apps"]).as_array().unwrap().is_empty().then_some(()));
    assert_eq!(agent.docker(&["ps", "-aq"], None), Vec::<String>::new());
    agent.wait_until("their data is gone", LIMIT, || agent.docker(&["volume", "ls", "-q"], None).is_empty().then_some(()));
    lap("destroyed", began);
}

/// Does the same with each, at the same time.
fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = items.into_iter().map(|item| scope.spawn(move || work(item))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn lap(what: &str, began: Instant) {
    println!("{what} after {:.1} s", began.elapsed().as_secs_f64());
}

/// First commit to first answer; then somebody sets a value.
fn deploy(agent: &TestAgent, forges: &Forges, app: App) -> Deployed {
    let (repository, url) = forges.publish(&app);
    if app.by == By::Ssh {
        let key = agent.json(["key", "show", &url]);
        forges.ssh.authorize(key["public_key"].as_str().unwrap());
    }
    let began = Instant::now();
    let deployment = agent.json(["deploy", &url]);
    assert_eq!(deployment["state"], "done", "{deployment:#}");
    println!("{}: deployed in {:.1} s", app.name, began.elapsed().as_secs_f64());
    assert_answers(agent, &app, 0);
    if app.name == "express-board" {
        let log = agent.api(&format!("/deployments/{}/log", deployment["id"].as_str().unwrap())).unwrap().to_string();
        assert!(log.contains("npm test ended with code 1; it is advice only"), "{log}");
    }
    if app.stops_first {
        sign(agent, &app, "before-all");
    }
    agent.ok(["env", app.name, "set", "GREETING=set by a person"]);
    assert_setting_stands(agent, &app);
    Deployed { app, repository }
}

/// A new commit becomes the new answer, and nobody who asks meanwhile is turned away.
fn update(agent: &TestAgent, one: &Deployed) {
    let app = &one.app;
    let began = Instant::now();
    let hammers = hammers(agent, app);
    let text = std::fs::read_to_string(app.folder().join(app.changed)).unwrap();
    assert!(text.contains(app.first), "{}: {} has no {:?}", app.name, app.changed, app.first);
    one.repository.commit(&[(app.changed, &text.replace(app.first, app.second))]);
    let deployment = agent.json(["update", app.name]);
    assert_eq!(deployment["state"], "done", "{deployment:#}");
    settled(agent, app, &hammers, 1, began);
    println!("{}: updated in {:.1} s", app.name, began.elapsed().as_secs_f64());
    assert_heard(app, hammers, [0, 1], began, "update");
    assert_setting_stands(agent, app);
    if app.stops_first {
        assert_signed(agent, app, &["before-all"]);
        sign(agent, app, "after-update");
    }
}

/// The version before, without a build, in hardly more than its own start.
fn go_back(agent: &TestAgent, one: &Deployed) {
    let app = &one.app;
    let from = Instant::now();
    let hammers = hammers(agent, app);
    agent.wait_until("both doors answer", LIMIT, || hammers.iter().all(|hammer| hammer.count(1, from) > 5).then_some(()));
    let began = Instant::now();
    let deployment = agent.json(["rollback", app.name]);
    let command = began.elapsed();
    assert_eq!(deployment["kind"], "rollback");
    assert_eq!(deployment["state"], "done", "{deployment:#}");
    for phase in ["fetching", "building", "testing"] {
        assert_eq!(step(&deployment, phase)["state"], "skipped", "{}: {deployment:#}", app.name);
    }
    settled(agent, app, &hammers, 0, began);
    let first = hammers.iter().map(|hammer| hammer.first(0, began).unwrap()).max().unwrap().duration_since(began);
    let own = took(step(&deployment, "waiting_healthy"));
    println!(
        "{}: the old answer {:.2} s after the wish, of which its own start {:.2} s; the command took {:.2} s",
        app.name,
        first.as_secs_f64(),
        own.as_secs_f64(),
        command.as_secs_f64()
    );
    assert!(first <= own + BACK, "{}: {first:?} for a start of {own:?}\n{deployment:#}", app.name);
    assert_heard(app, hammers, [1, 0], from, "rollback");
    assert_setting_stands(agent, app);
    if app.stops_first {
        assert_signed(agent, app, &["before-all", "after-update"]);
    }
}

/// Both doors of the app: its published port, and the ingress by Host.
fn hammers(agent: &TestAgent, app: &App) -> [Hammer; 2] {
    let marks = app.marks();
    let (port, host) = (agent.published(app.name), format!("{}.localhost", app.name));
    [Hammer::begin(port, &port.to_string(), app.path, &marks), Hammer::begin(agent.ingress(), &host, app.path, &marks)]
}

/// Waits until each door gave the version's answer many times and the copies of the one before are gone.
fn settled(agent: &TestAgent, app: &App, hammers: &[Hammer; 2], mark: usize, from: Instant) {
    agent.wait_until("the new version answers at both doors", LIMIT, || {
        hammers.iter().all(|hammer| hammer.count(mark, from) >= ANSWERS).then_some(())
    });
    agent.wait_until("the old copy is gone", LIMIT, || (agent.containers(app.name).len() == 1).then_some(()));
}

/// One version answered, then the other, never one again after the other, and no question was left without an answer.
fn assert_heard(app: &App, hammers: [Hammer; 2], [old, new]: [usize; 2], from: Instant, during: &str) {
    for (hammer, door) in hammers.into_iter().zip(["port", "host"]) {
        let heard: Vec<Heard> = hammer.end().into_iter().filter(|heard| heard.asked >= from).collect();
        let count = |mark: usize| heard.iter().filter(|heard| heard.outcome == Ok(mark)).count();
        assert!(count(old) > 0 && count(new) > 0, "{} at its {door}: {} and {}", app.name, count(old), count(new));
        let failed = failures(&heard);
        if app.stops_first {
            let gap = gap(&heard, from);
            println!(
                "{}: {during} at its {door}: a gap of {gap:?}, {} of {} questions refused",
                app.name,
                failed.len(),
                heard.len()
            );
        } else {
            println!("{}: {during} at its {door}: {} questions, none failed", app.name, heard.len());
            assert!(failed.is_empty(), "{} at its {door}: {} of {} failed: {:?}", app.name, failed.len(), heard.len(), failed[0]);
        }
        let switched = heard.iter().position(|heard| heard.outcome == Ok(new)).unwrap();
        // Two questions may overtake each other at the switch; both were asked before it was over.
        let done = heard[switched].at;
        assert!(heard.iter().all(|heard| heard.asked <= done || heard.outcome != Ok(old)), "{}: the {door} went back", app.name);
    }
}

fn survives_a_restart_of_the_agent(agent: &mut TestAgent, apps: &[Deployed]) {
    let ids = |agent: &TestAgent| apps.iter().flat_map(|one| agent.containers(one.app.name)).collect::<Vec<_>>();
    let before = ids(agent);
    let began = Instant::now();
    agent.stop();
    agent.begin();
    for one in apps {
        let agent = &*agent;
        agent.wait_until("it answers after the restart", LIMIT, || answer(agent, &one.app).contains(one.app.first).then_some(()));
        assert_setting_stands(agent, &one.app);
        if one.app.stops_first {
            assert_signed(agent, &one.app, &["before-all", "after-update"]);
        }
    }
    println!("after a restart of the agent all answer within {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(ids(agent), before, "the same containers serve on");
}

fn comes_back_from_the_trash(agent: &TestAgent) {
    let app = APPS.into_iter().find(|app| app.stops_first).unwrap();
    agent.ok(["destroy", app.name, "--yes"]);
    agent.wait_until("nothing of it runs", LIMIT, || agent.containers(app.name).is_empty().then_some(()));
    assert_eq!(agent.docker(&["volume", "ls", "-q"], Some(app.name)).len(), 1, "its data is in the trash");
    let began = Instant::now();
    agent.ok(["restore", app.name]);
    assert_answers(agent, &app, 0);
    println!("{}: back from the trash in {:.1} s", app.name, began.elapsed().as_secs_f64());
    assert_signed(agent, &app, &["before-all", "after-update"]);
    assert_setting_stands(agent, &app);
}

/// What it answers at its published port; nothing where nobody is there.
fn answer(agent: &TestAgent, app: &App) -> String {
    let to = agent.published(app.name);
    ask(to, &to.to_string(), app.path).map(|(_, body)| body).unwrap_or_default()
}

#[track_caller]
fn assert_answers(agent: &TestAgent, app: &App, mark: usize) {
    let to = agent.published(app.name);
    let doors = [(to, to.to_string()), (agent.ingress(), format!("{}.localhost", app.name))];
    for (to, host) in doors {
        let (status, body) = ask(to, &host, app.path).unwrap();
        assert_eq!(status, 200, "{host}: {body}");
        assert!(body.contains(app.marks()[mark]), "{host}: {body}");
    }
}

/// What a person set stands in the API, and in the container that serves.
#[track_caller]
fn assert_setting_stands(agent: &TestAgent, app: &App) {
    let value = agent.app(app.name)["env"].as_array().unwrap().iter().find(|value| value["name"] == "GREETING").cloned();
    assert_eq!(
        value.map(|value| (value["value"].clone(), value["set_here"].clone())),
        Some(("set by a person".into(), true.into()))
    );
    let serving = agent.wait_until("its copy serves", LIMIT, || {
        let replicas = agent.app(app.name)["replicas"].clone();
        let replica = replicas.as_array()?.iter().find(|replica| replica["phase"] == "serving")?;
        Some(replica["container"].as_str()?.to_owned())
    });
    let output = Command::new("docker").args(["inspect", "-f", "{{json .Config.Env}}", &serving]).output().unwrap();
    let env: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(env.contains(&"GREETING=set by a person".to_owned()), "{}: {env:?}", app.name);
}

fn sign(agent: &TestAgent, app: &App, name: &str) {
    use std::io::{Read as _, Write as _};
    let to = agent.published(app.name);
    let mut stream = std::net::TcpStream::connect(to).unwrap();
    let form = format!("name={name}");
    let head =
        format!("POST / HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    write!(stream, "{head}Content-Length: {}\r\n\r\n{form}", form.len()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 303"), "{said}");
}

#[track_caller]
fn assert_signed(agent: &TestAgent, app: &App, names: &[&str]) {
    let entries: Value = serde_json::from_str(&answer(agent, app)).unwrap();
    assert_eq!(entries["entries"], serde_json::json!(names));
}

/// The last step of a phase.
fn step<'a>(deployment: &'a Value, phase: &str) -> &'a Value {
    deployment["steps"].as_array().unwrap().iter().rfind(|step| step["phase"] == phase).unwrap()
}

fn took(step: &Value) -> Duration {
    let at = |name: &str| {
        let moment: kraken::web::view::Moment = serde_json::from_value(step[name].clone()).unwrap();
        moment.0.0
    };
    Duration::from_millis(at("ended_at").saturating_sub(at("started_at")))
}
