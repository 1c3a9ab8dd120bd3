//! A real agent of a test's own: the real binary, its own data directory, any free ports, the machine's Docker unless told.

use std::ffi::OsStr;
use std::io::Read;
use std::net::Ipv4Addr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use kraken::edge::config::{Config, Flags, Surroundings};
use serde_json::Value;

use super::hammer::exchange;

/// How long an agent may take to open its doors.
const START: Duration = Duration::from_secs(30);

/// A running agent; stopped, and everything of its platform removed from Docker, when dropped.
pub struct TestAgent {
    data: tempfile::TempDir,
    environment: Vec<(String, String)>,
    /// Holds this agent's addresses against other tests of this machine.
    _addresses: Option<UnixListener>,
    child: Option<Child>,
    /// Its id; by it what is left in Docker is found.
    node: String,
    /// The ports of its two doors: any free ones at first, the same ones after each restart.
    ports: [u16; 2],
}

/// What a command of the command line said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl TestAgent {
    /// An agent on the machine's Docker.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// An agent with more `KRAKEN_*` variables, such as `KRAKEN_DOCKER_HOST`.
    #[must_use]
    pub fn with(environment: &[(&str, &str)]) -> Self {
        let mut environment: Vec<_> = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut addresses = None;
        if !environment.iter().any(|(name, _)| name == "KRAKEN_SUBNET") {
            let (held, subnet) = free_subnet();
            addresses = Some(held);
            environment.push(("KRAKEN_SUBNET".to_owned(), subnet));
        }
        let mut agent = Self {
            data: tempfile::tempdir().unwrap(),
            environment,
            _addresses: addresses,
            child: None,
            node: String::new(),
            ports: [0, 0],
        };
        agent.begin();
        agent
    }

    /// Starts the agent, after [`Self::kill`] or [`Self::stop`] on the same data directory.
    pub fn begin(&mut self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log_path()).unwrap();
        let child = Command::new(program())
            .args(["agent", "--data"])
            .arg(self.data())
            .args([
                "--bind",
                "127.0.0.1",
                "--api-port",
                &self.ports[0].to_string(),
                "--ingress-port",
                &self.ports[1].to_string(),
                "--link-port",
                "0",
            ])
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let answer =
            self.wait_until("it answers", START, || Some(self.kraken(["--json", "nodes"])).filter(|said| said.code == 0));
        let nodes: Value = serde_json::from_str(&answer.out).unwrap();
        nodes[0]["id"].as_str().expect("a node has an id").clone_into(&mut self.node);
        let port = |name: &str| u16::try_from(nodes[0][name].as_u64().expect("a node says its ports")).unwrap();
        self.ports = [port("api_port"), port("ingress_port")];
    }

    /// `kill -9`: the agent gets no chance to tidy up.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the agent runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Stops it in order, as systemd does.
    pub fn stop(&mut self) {
        let mut child = self.child.take().expect("the agent runs");
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        child.wait().unwrap();
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the agent runs").id()
    }

    /// Its data directory.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    fn log_path(&self) -> PathBuf {
        self.data().join("agent.log")
    }

    /// What it logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Its id.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// The ingress, which goes by Host.
    #[must_use]
    pub fn ingress(&self) -> std::net::SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports[1]).into()
    }

    /// The app's published port.
    #[track_caller]
    pub fn published(&self, app: &str) -> std::net::SocketAddr {
        let port = self.app(app)["addresses"]["port"].as_u64().expect("the app has a published port");
        (Ipv4Addr::LOCALHOST, u16::try_from(port).unwrap()).into()
    }

    /// GET below `/api/v1` over the local socket: quick enough to watch a deployment go by. None where nobody answers, or not with 200.
    #[must_use]
    pub fn api(&self, path: &str) -> Option<Value> {
        let flags = Flags::from([("data", self.data().to_string_lossy().into_owned())]);
        let (config, _) = Config::load(&flags, &Surroundings::of_this_process()).unwrap();
        let mut stream = UnixStream::connect(config.socket).ok()?;
        let limit = Duration::from_secs(10);
        stream.set_read_timeout(Some(limit)).unwrap();
        let (status, body) = exchange(&mut stream, "localhost", &format!("/api/v1{path}"), limit).ok()?;
        if status == 200 { serde_json::from_str(&body).ok() } else { None }
    }

    /// The lines `docker LIST --filter label=…` prints: everything of this node, or of one of its apps.
    pub fn docker(&self, list: &[&str], app: Option<&str>) -> Vec<String> {
        let mut command = Command::new("docker");
        if let Some((_, host)) = self.environment.iter().find(|(name, _)| name == "KRAKEN_DOCKER_HOST") {
            command.args(["-H", host]);
        }
        command.args(list).arg("--filter").arg(format!("label=kraken.node={}", self.node));
        if let Some(app) = app {
            command.arg("--filter").arg(format!("label=kraken.app={app}"));
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// The ids of an app's containers, whatever they do.
    pub fn containers(&self, app: &str) -> Vec<String> {
        self.docker(&["ps", "-aq", "--no-trunc"], Some(app))
    }

    /// Runs a command of the command line against it.
    pub fn kraken<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Said {
        said(&self.command(args).stdin(Stdio::null()).output().unwrap())
    }

    /// The same with something on its standard input.
    pub fn kraken_with<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I, input: &str) -> Said {
        use std::io::Write as _;
        let mut child = self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        said(&child.wait_with_output().unwrap())
    }

    fn command<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Command {
        let mut command = Command::new(program());
        command.arg("--data").arg(self.data()).args(args);
        command
    }

    /// A command that must do what it says; answers its standard output.
    #[track_caller]
    pub fn ok<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> String {
        let said = self.kraken(args);
        assert_eq!(said.code, 0, "{said:?}\n{}", self.log());
        said.out
    }

    /// The JSON a command answers.
    #[track_caller]
    pub fn json<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Value {
        let args: Vec<_> =
            std::iter::once(OsStr::new("--json").to_owned()).chain(args.into_iter().map(|arg| arg.as_ref().to_owned())).collect();
        serde_json::from_str(&self.ok(args)).unwrap()
    }

    /// The app as the API shows it.
    #[track_caller]
    pub fn app(&self, app: &str) -> Value {
        self.json(["status", app])
    }

    /// Where the app answers: `http://127.0.0.1:PORT`, its published port.
    #[track_caller]
    pub fn address(&self, app: &str) -> String {
        let port = &self.app(app)["addresses"]["port"];
        format!("http://127.0.0.1:{port}")
    }

    /// GET of a path of the app at its published port: status and body.
    #[track_caller]
    pub fn get(&self, app: &str, path: &str) -> (u16, String) {
        get(&format!("{}{path}", self.address(app))).unwrap()
    }

    /// Waits until `reached` answers, by asking again and again; panics with the agent's log after `limit`.
    #[track_caller]
    pub fn wait_until<T>(&self, what: &str, limit: Duration, mut reached: impl FnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = reached() {
                return found;
            }
            assert!(began.elapsed() < limit, "not reached in {limit:?}: {what}\n{}", self.log());
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

/// The program that was built with the test, else the one that `KRAKEN_BINARY` names: benchmarks measure what is shipped.
fn program() -> std::ffi::OsString {
    std::env::var_os("KRAKEN_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_kraken").into())
}

/// GET with a small client of the test's own: one connection, at most five seconds.
pub fn get(url: &str) -> std::io::Result<(u16, String)> {
    use std::io::Write as _;
    let bad = || std::io::Error::other("not an answer");
    let rest = url.strip_prefix("http://").unwrap();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let target = authority.replace("localhost", "127.0.0.1");
    let target = target.rsplit_once(':').map(|(_, port)| format!("127.0.0.1:{port}")).unwrap();
    let mut stream = std::net::TcpStream::connect(target)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(bad)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(bad)?;
    Ok((status, body.to_owned()))
}

/// Addresses for one agent's containers, of those for tests (RFC 2544): more agents run at once here than a machine's own
/// choice is made for. The socket, which has a name and no file, is held by one test of this machine at a time.
fn free_subnet() -> (UnixListener, String) {
    let routes = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let is_routed = |third: u8| routes.contains(&format!("\t{:08X}\t", u32::from_le_bytes([198, 19, third, 0])));
    let held = |third: u8| {
        let name = SocketAddr::from_abstract_name(format!("kraken-test-198.19.{third}")).ok()?;
        UnixListener::bind_addr(&name).ok().filter(|_| !is_routed(third)).map(|held| (held, format!("198.19.{third}.0/24")))
    };
    (0..=255).find_map(held).expect("fewer than 256 agents are under test")
}

fn said(output: &Output) -> Said {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

impl Drop for TestAgent {
    /// Apps go through the agent's own way; what a failed test left behind goes by its labels.
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
        remove_of(
            &self.node,
            self.environment.iter().find(|(name, _)| name == "KRAKEN_DOCKER_HOST").map(|(_, host)| host.as_str()),
        );
    }
}

/// Removes what carries the node's label from Docker: containers, networks, volumes, images by name.
fn remove_of(node: &str, host: Option<&str>) {
    let docker = |args: &[&str]| {
        let mut command = Command::new("docker");
        if let Some(host) = host {
            command.args(["-H", host]);
        }
        command.args(args).output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
    };
    let filter = format!("label=kraken.node={node}");
    for (list, remove) in [
        (vec!["ps", "-aq", "--filter", &filter], vec!["rm", "-f"]),
        (vec!["network", "ls", "-q", "--filter", &filter], vec!["network", "rm"]),
        (vec!["volume", "ls", "-q", "--filter", &filter], vec!["volume", "rm", "-f"]),
        (vec!["images", "-q", "--filter", &filter], vec!["rmi", "-f"]),
    ] {
        let found = docker(&list);
        let ids: Vec<&str> = found.split_whitespace().collect();
        if !ids.is_empty() {
            docker(&remove.into_iter().chain(ids).collect::<Vec<_>>());
        }
    }
}
