//! What does a deployment cost beside the same work by hand? Pairs of one push each, in turn: `kraken update`, and a person's
//! `git clone`, `docker build`, `docker run`; both until the new answer comes from a port of this machine.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures, and waits for other processes")]

#[allow(dead_code, missing_docs, clippy::panic, clippy::expect_used, reason = "the tests' own agent")]
#[path = "../tests/support/agent.rs"]
mod agent;
#[allow(dead_code, missing_docs, reason = "what the agent of the tests asks with")]
#[path = "../tests/support/hammer.rs"]
mod hammer;
#[allow(dead_code, missing_docs, reason = "the tests' own repository")]
#[path = "../tests/support/repository.rs"]
mod repository;
mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use agent::{TestAgent, get};
use kraken::decide::manifest::Context;
use kraken::decide::recipe;
use repository::Repository;
use support::git_host::GitHost;
use support::samples::{Samples, print_surroundings, verdict};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const APP: &str = "hello-node";
const RATIO: f64 = 1.15;
/// Between two measurements: what the last one left behind comes to rest.
const REST: Duration = Duration::from_millis(1500);
/// Between two looks whether the new answer is there, on both sides.
const LOOK: Duration = Duration::from_millis(4);
const LONGEST: Duration = Duration::from_secs(120);
/// What the app's page says, which every push changes.
const SAYS: &str = "It was a Git repository a moment ago.";

fn main() {
    print_surroundings();
    let pairs: usize = std::env::var("KRAKEN_BENCH_PAIRS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let folder = tempfile::tempdir().unwrap();
    let pushes = Pushes::new(folder.path());
    let git = GitHost::serve(folder.path());
    let url = git.url(APP);
    let agent = TestAgent::start();
    let hand = Hand { url: url.clone(), work: tempfile::tempdir().unwrap() };
    agent.ok(["deploy", &url, "--quiet"]);
    // Once each, unmeasured: every layer but the source's is in Docker's cache then, for both.
    by_kraken(&agent, &pushes);
    hand.deploy(&pushes);
    let (mut kraken, mut person, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..pairs {
        let (first, second) = if pair % 2 == 0 {
            let first = by_kraken(&agent, &pushes);
            (first, hand.deploy(&pushes))
        } else {
            let second = hand.deploy(&pushes);
            (by_kraken(&agent, &pushes), second)
        };
        println!("pair {:>2}: kraken {:>6.0} ms, by hand {:>6.0} ms", pair + 1, ms(first), ms(second));
        ratios.push(first.as_secs_f64() / second.as_secs_f64());
        kraken.push(first);
        person.push(second);
    }
    print_phases(&agent);
    let (kraken, person) = (Samples::new(kraken), Samples::new(person));
    kraken.print("kraken update, until the new answer");
    person.print("by hand, until the new answer");
    ratios.sort_by(f64::total_cmp);
    println!(
        "ratio of each pair: least {:.2}, median {:.2}, greatest {:.2}",
        ratios[0],
        ratios[ratios.len() / 2],
        ratios[ratios.len() - 1]
    );
    verdict("deployment against by hand, ratio of the medians", kraken.median() / person.median(), RATIO, "x");
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

/// The repository; every push changes one source file, and what it makes the app say was never said before.
struct Pushes {
    repository: Repository,
    server: String,
    count: std::cell::Cell<u32>,
}

impl Pushes {
    fn new(folder: &Path) -> Self {
        let repository = Repository::create(folder, APP);
        let read = |file: &str| std::fs::read_to_string(format!("{ROOT}/examples/{APP}/{file}")).unwrap();
        let server = read("server.js");
        assert!(server.contains(SAYS), "the example says something else now");
        let (package, manifest) = (read("package.json"), read("shipwreck.toml"));
        repository.commit(&[("package.json", &package), ("shipwreck.toml", &manifest), ("server.js", &server)]);
        Self { repository, server, count: std::cell::Cell::new(0) }
    }

    /// What the app will say.
    fn push(&self) -> String {
        self.count.set(self.count.get() + 1);
        let says = format!("This is push {:04}.", self.count.get());
        self.repository.commit(&[("server.js", &self.server.replace(SAYS, &says))]);
        says
    }
}

fn until_it_says(url: &str, says: &str) {
    let began = Instant::now();
    while !get(url).is_ok_and(|(status, body)| status == 200 && body.contains(says)) {
        assert!(began.elapsed() < LONGEST, "{url} never said: {says}");
        std::thread::sleep(LOOK);
    }
}

/// From `kraken update` to the new answer at the app's published port; the old version answers until then.
fn by_kraken(agent: &TestAgent, pushes: &Pushes) -> Duration {
    let url = format!("{}/", agent.address(APP));
    agent.wait_until("the last deployment is over", LONGEST, || {
        let app = agent.app(APP);
        (app["state"]["kind"] == "running" && app["replicas"].as_array()?.len() == 1).then_some(())
    });
    let says = pushes.push();
    std::thread::sleep(REST);
    let began = Instant::now();
    agent.ok(["update", APP, "--detach", "--quiet"]);
    until_it_says(&url, &says);
    began.elapsed()
}

/// A person with a terminal.
struct Hand {
    url: String,
    work: tempfile::TempDir,
}

const HAND: &str = "kraken-bench-by-hand";

impl Hand {
    /// From `git clone` to the answer at the published port. What stands between the clone and the build, the person would have
    /// in the repository: it is not counted.
    fn deploy(&self, pushes: &Pushes) -> Duration {
        self.tidy();
        let says = pushes.push();
        let clone = self.work.path().join("clone");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        std::thread::sleep(REST);
        let began = Instant::now();
        run(Command::new("git").args(["clone", "--quiet", "--depth", "1", &self.url]).arg(&clone));
        let cloned = began.elapsed();
        add_dockerfiles(&clone);
        let began = Instant::now();
        run(&mut Self::build(&clone));
        let mut start = Command::new("docker");
        start.args(["run", "--detach", "--init", "--name", HAND, "--restart", "unless-stopped", "--memory", "512m"]);
        start.args(["--env", "PORT=7211", "--publish", &format!("127.0.0.1:{port}:7211")]);
        run(start.args([HAND, "sh", "-c", "exec node server.js"]));
        until_it_says(&format!("http://127.0.0.1:{port}/"), &says);
        cloned + began.elapsed()
    }

    /// With the dockerfile, the stage and the arguments that Kraken uses for this app.
    fn build(clone: &Path) -> Command {
        let text = std::fs::read_to_string(clone.join("shipwreck.toml")).unwrap();
        let manifest = kraken::decide::manifest::parse(&text, &Context::default()).manifest.unwrap();
        let mut command = Command::new("docker");
        command.env("DOCKER_BUILDKIT", "0").args(["build", "--quiet", "--target", "source", "--tag", HAND]);
        for (name, value) in recipe::recipe(&manifest).args {
            command.arg("--build-arg").arg(format!("{name}={value}"));
        }
        command.arg("--file").arg(clone.join(".kraken/node.dockerfile")).arg(clone);
        command
    }

    fn tidy(&self) {
        drop(Command::new("docker").args(["rm", "--force", HAND]).stdout(Stdio::null()).stderr(Stdio::null()).status());
        drop(std::fs::remove_dir_all(self.work.path().join("clone")));
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.tidy();
        drop(Command::new("docker").args(["rmi", "--force", HAND]).stdout(Stdio::null()).stderr(Stdio::null()).status());
    }
}

fn add_dockerfiles(clone: &Path) {
    let folder = clone.join(recipe::FOLDER);
    std::fs::create_dir(&folder).unwrap();
    for (name, text) in recipe::FILES {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Where Kraken's own time went: the median of each phase, as the app's page shows it.
fn print_phases(agent: &TestAgent) {
    let app = agent.app(APP);
    for (phase, ms) in app["usual_ms"].as_object().unwrap() {
        println!("  {phase:<16} {ms:>6} ms");
    }
}
