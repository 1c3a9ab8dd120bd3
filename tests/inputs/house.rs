//! A node, a Git server and an app that serves: what bad inputs are tried on.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use crate::support::agent::{Said, TestAgent};
use crate::support::docker::tiny_image;
use crate::support::git_server::GitServer;
use crate::support::repository::{Change, Repository};

/// The app that always served already.
pub const STEADY: &str = "steady";
/// Builds in a second, from an image that is here.
pub const DOCKERFILE: &str = "FROM kraken-test/tiny:1\nCOPY www /www\nCMD [\"httpd\",\"-f\",\"-p\",\"8080\",\"-h\",\"/www\"]\n";
/// The machine's engine.
pub const ENGINE: &str = "/var/run/docker.sock";

/// A manifest of an app with a Dockerfile; `more` follows `[config]`.
pub fn manifest(name: &str, more: &str) -> String {
    format!("[app]\nname = \"{name}\"\n\n[config]\nlang = \"custom\"\nport = 8080\n{more}\n[health]\ngrace = \"3s\"\n")
}

/// A page that is served and answers `body`.
pub fn files(name: &str, body: &str) -> Vec<(String, String)> {
    [("shipwreck.toml", manifest(name, "")), ("Dockerfile", DOCKERFILE.to_owned()), ("www/index.html", body.to_owned())]
        .map(|(path, text)| (path.to_owned(), text))
        .to_vec()
}

/// Makes the tiny image on an engine.
pub fn provide_tiny(socket: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(tiny_image(socket));
}

/// The node, its Git server, and the repository of [`STEADY`].
pub struct House {
    pub agent: TestAgent,
    pub server: GitServer,
    pub steady: Repository,
    socket: String,
}

impl House {
    /// On the machine's Docker.
    pub fn start() -> Self {
        Self::on(ENGINE, &[])
    }

    /// On the engine at `socket`.
    pub fn on(socket: &str, environment: &[(&str, &str)]) -> Self {
        provide_tiny(socket);
        let server = GitServer::start();
        let steady = Repository::create(server.folder(), STEADY);
        commit(&steady, &files(STEADY, "steady as ever"));
        let host = format!("unix://{socket}");
        let environment: Vec<(&str, &str)> = environment.iter().copied().chain([("KRAKEN_DOCKER_HOST", host.as_str())]).collect();
        let agent = TestAgent::with(&environment);
        let house = Self { agent, server, steady, socket: socket.to_owned() };
        house.agent.ok(["deploy", &house.server.url(STEADY)]);
        house.still_serves();
        house
    }

    /// A repository with these files.
    pub fn repository(&self, name: &str, files: &[(&str, &str)]) -> String {
        Repository::create(self.server.folder(), name).commit(files);
        self.server.url(name)
    }

    /// Deploying this must fail with all of `fragments`, a next step, and nothing left behind or lost.
    #[track_caller]
    pub fn refuses(&self, args: &[&str], code: i32, fragments: &[&str]) -> Said {
        let before = (self.leftovers(), self.images());
        let said = self.agent.kraken(["deploy"].iter().chain(args));
        told(&said, code, fragments);
        self.still_serves();
        let is_as_before = || (self.leftovers(), self.images()) == before;
        self.agent.wait_until("nothing is left behind", Duration::from_secs(30), || is_as_before().then_some(()));
        said
    }

    /// This change, pushed to [`STEADY`], must fail with all of `fragments`; the version before serves on. It is taken back.
    #[track_caller]
    pub fn refuses_change(&self, changes: &[Change<'_>], fragments: &[&str]) -> Said {
        let images = self.images();
        let said = self.does_not_serve(changes, fragments);
        self.agent.wait_until("no image is left behind", Duration::from_secs(30), || (self.images() == images).then_some(()));
        said
    }

    /// The same for a change that builds: its image is kept like that of every version, so that `kraken retry` is quick.
    #[track_caller]
    pub fn does_not_serve(&self, changes: &[Change<'_>], fragments: &[&str]) -> Said {
        let before = self.leftovers();
        self.steady.commit_to("main", changes);
        let said = self.agent.kraken(["update", STEADY]);
        told(&said, 1, fragments);
        assert!(said.err.contains("still serves"), "{said:?}");
        self.still_serves();
        self.agent.wait_until("nothing is left behind", Duration::from_secs(30), || (self.leftovers() == before).then_some(()));
        commit(&self.steady, &files(STEADY, "steady as ever"));
        said
    }

    /// The same with another manifest.
    #[track_caller]
    pub fn refuses_manifest(&self, text: &str, fragments: &[&str]) -> Said {
        self.refuses_change(&[Change::File("shipwreck.toml", text.as_bytes())], fragments)
    }

    #[track_caller]
    pub fn still_serves(&self) {
        let (status, body) = self.agent.get(STEADY, "/");
        assert_eq!((status, body.as_str()), (200, "steady as ever"), "{}", self.agent.log());
    }

    /// This node's containers, volumes and networks: what a refused input may not change.
    fn leftovers(&self) -> BTreeSet<String> {
        let lists: [&[&str]; 3] = [
            &["ps", "-a", "--format", "container {{.Names}}"],
            &["volume", "ls", "--format", "volume {{.Name}} {{.Labels}}"],
            &["network", "ls", "--format", "network {{.Name}}"],
        ];
        lists.iter().flat_map(|list| self.named(list)).collect()
    }

    /// This node's images, by name.
    fn images(&self) -> BTreeSet<String> {
        self.named(&["images", "--format", "{{.Repository}}:{{.Tag}}"])
    }

    /// The lines that name this node.
    fn named(&self, list: &[&str]) -> BTreeSet<String> {
        let short = self.node_short();
        self.docker(list).lines().filter(|line| line.contains(&short)).map(str::to_owned).collect()
    }

    /// The part of the node's id that its containers, images and network carry in their names.
    fn node_short(&self) -> String {
        self.agent.json(["nodes"])[0]["id"].as_str().unwrap().chars().take(8).collect()
    }

    /// What the Docker command answers, on this house's engine.
    fn docker(&self, args: &[&str]) -> String {
        let output = Command::new("docker").args(["-H", &format!("unix://{}", self.socket)]).args(args).output().unwrap();
        assert!(output.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Commits owned text files.
pub fn commit(repository: &Repository, files: &[(String, String)]) -> String {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    repository.commit(&files)
}

/// The command failed with this code, said all of this, and what to do next.
#[track_caller]
pub fn told(said: &Said, code: i32, fragments: &[&str]) {
    eprintln!("{}", said.err);
    assert_eq!(said.code, code, "{said:?}");
    for fragment in fragments {
        assert!(said.err.contains(fragment), "{fragment:?} is missing in:\n{}", said.err);
    }
    assert!(said.err.contains("\nnext: "), "no next step in:\n{}", said.err);
}
