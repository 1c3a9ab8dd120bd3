//! What is a host of the lab? A machine as far as Kraken can tell: a network, process ids, mounts, a host name and a /run of
//! its own, a Docker engine, an agent, and a plug to pull.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::leftover::every_process;
use super::network::Network;
use super::shell::{Said, wait_until};
use crate::support::hammer::answer;

/// How long a machine's parts may take to come up; two cores may be busy with other things.
const START: Duration = Duration::from_secs(60);
/// How long an agent may take to answer a question.
const PATIENCE: Duration = Duration::from_secs(10);

/// A host; everything that runs on it ends when it is dropped.
#[derive(Debug)]
pub struct Host {
    /// From 1; its place at the bridge as well.
    pub place: usize,
    /// What the machine is called.
    pub name: String,
    /// Its network.
    pub network: Network,
    home: PathBuf,
    /// The control group its containers are in.
    group: String,
    /// Its first process (a child of `unshare`), while it has power.
    power: Option<Power>,
    /// Agents that the lab started on it.
    pub starts: u32,
}

/// What runs while there is power: `unshare`, whose only child is the first process of the host.
#[derive(Debug)]
struct Power {
    unshare: Child,
    first: i32,
    /// Entries into the host that were left running: the engine and the agents.
    entered: Vec<Child>,
}

impl Host {
    /// A machine without power.
    pub fn make(id: &str, folder: &Path, place: usize) -> Self {
        let name = format!("pi{place}");
        let network = Network::make(&format!("{id}-{name}"));
        let home = folder.join(&name);
        fs::create_dir_all(&home).unwrap();
        Self { place, group: format!("/{id}-{name}"), network, name, home, power: None, starts: 0 }
    }

    /// Gives it an address, and takes all that it had.
    pub fn address(&self, address: &str, gateway: &str) {
        self.network.ip("addr flush dev eth0");
        self.network.ip(&format!("addr add {address}/23 dev eth0"));
        self.network.ip(&format!("route replace default via {gateway}"));
    }

    /// Writes the agent's config: what every host of the lab has, and `more` lines.
    pub fn configure(&self, more: &str) {
        let place = self.place;
        let config = format!(
            "data = {:?}\nsocket = {:?}\nname = {:?}\ndocker_host = \"unix:///run/docker.sock\"\nsubnet = \"198.19.{}.0/20\"\n{more}\n",
            self.path("kraken"),
            self.socket(),
            self.name,
            place * 16
        );
        fs::write(self.path("kraken.toml"), config).unwrap();
    }

    /// A file of its own, seen from outside as from inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    fn socket(&self) -> PathBuf {
        self.path("api.sock")
    }

    /// Power, and the engine starts.
    pub fn power_on(&mut self) {
        self.boot();
        self.start_engine();
    }

    /// Power, and nothing but the first process. The thread that calls this must outlive the host: the kernel ends the host
    /// with it, so that a killed test leaves nothing that runs.
    pub fn boot(&mut self) {
        assert!(self.power.is_none(), "{} has power", self.name);
        let boot = format!("mount -t tmpfs -o mode=755 tmpfs /run && hostname {} && echo up && exec sleep infinity", self.name);
        let mut unshare = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "nsenter", &format!("--net={}", self.network.path().display())])
            .args(["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", &boot])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(self.log("boot.log"))
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(unshare.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "up\n", "{}", fs::read_to_string(self.path("boot.log")).unwrap());
        let first = child_of(unshare.id()).expect("it just spoke");
        self.power = Some(Power { unshare, first, entered: Vec::new() });
    }

    /// Starts its Docker engine; [`Self::wait_for_engine`] waits for it.
    pub fn start_engine(&mut self) {
        let (place, data, group) = (self.place * 16, self.path("docker"), self.group.clone());
        let args = [
            format!("--data-root={}", data.display()),
            "--exec-root=/run/docker".to_owned(),
            "--pidfile=/run/docker.pid".to_owned(),
            "--host=unix:///run/docker.sock".to_owned(),
            format!("--bip=198.18.{}.1/24", place),
            format!("--default-address-pool=base=198.18.{}.0/21,size=24", place + 8),
            format!("--cgroup-parent={group}"),
            "--ip6tables=false".to_owned(),
            "--log-level=warn".to_owned(),
            "--shutdown-timeout=5".to_owned(),
        ];
        let log = self.log("dockerd.log");
        let child = self.command("dockerd").args(args).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn();
        self.power.as_mut().expect("it has power").entered.push(child.unwrap());
    }

    /// Waits until the engine answers.
    pub fn wait_for_engine(&self) {
        wait_until(&format!("{}: Docker answers", self.name), START, || (self.docker(&["version"]).code == 0).then_some(()));
    }

    /// Loads an image that was saved with `docker save`.
    pub fn load_image(&self, tar: &Path) {
        let said = self.docker(&["load", "-q", "-i", tar.to_str().unwrap()]);
        assert_eq!(said.code, 0, "{said:?}");
    }

    /// Starts the agent; [`Self::wait_for_agent`] waits for it.
    pub fn start_agent(&mut self) {
        let log = self.log("agent.log");
        let child = self.command(program()).arg("agent").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.power.as_mut().expect("it has power").entered.push(child);
        self.starts += 1;
    }

    /// Waits until the agent answers.
    pub fn wait_for_agent(&self) {
        wait_until(&format!("{}: the agent answers", self.name), START, || self.api("/nodes"));
    }

    /// The plug is pulled: every process of the host, containers too, is gone at once; its page cache is not, as it is the
    /// machine's. Pull its cable as well ([`super::lan::Lan::cable`]).
    pub fn power_cut(&mut self) {
        let Some(mut power) = self.power.take() else { return };
        // The end of the first process is the end of all in its namespace, pid_namespaces(7).
        if let Some(first) = Pid::from_raw(power.first) {
            let _ = kill_process(first, Signal::KILL);
        }
        let _ = power.unshare.wait();
        for mut child in power.entered {
            // Those that were stopped with what they waited for cannot end by themselves.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Whether it has power.
    pub fn has_power(&self) -> bool {
        self.power.is_some()
    }

    /// A program on this host.
    pub fn command(&self, program: &str) -> Command {
        let first = self.power.as_ref().expect("it has power").first;
        let mut command = Command::new("nsenter");
        command.args(["--target", &first.to_string(), "--net", "--mount", "--uts", "--pid", program]);
        command
            .env("KRAKEN_CONFIG", self.path("kraken.toml"))
            .env("DOCKER_HOST", "unix:///run/docker.sock")
            .env("DOCKER_BUILDKIT", "0")
            .stdin(Stdio::null());
        command
    }

    /// `docker` on this host.
    pub fn docker(&self, args: &[&str]) -> Said {
        self.command("docker").args(args).output().unwrap().into()
    }

    /// `kraken` on this host.
    pub fn kraken(&self, args: &[&str]) -> Said {
        self.command(program()).args(args).output().unwrap().into()
    }

    /// `kraken`, which must do what it says; answers its standard output.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        let said = self.kraken(args);
        assert_eq!(said.code, 0, "{} kraken {args:?}: {}{}", self.name, said.out, said.err);
        said.out
    }

    /// GET below `/api/v1` over the local socket. None where nobody answers, or not with 200.
    pub fn api(&self, path: &str) -> Option<Value> {
        let (status, body) = self.ask(PATIENCE, "GET", path, None, None).ok()?;
        if status == 200 { serde_json::from_str(&body).ok() } else { None }
    }

    /// A change over the local socket, which must be taken.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(PATIENCE, "POST", path, None, Some(body)).unwrap();
        assert!((200..300).contains(&status), "{} POST {path}: {status} {answer}", self.name);
        serde_json::from_str(&answer).unwrap_or_default()
    }

    /// Any request over the local socket: status and body.
    pub fn ask(
        &self,
        patience: Duration,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> io::Result<(u16, String)> {
        let mut stream = UnixStream::connect(self.socket())?;
        stream.set_read_timeout(Some(patience))?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let key = key.map(|key| format!("Idempotency-Key: {key}\r\n")).unwrap_or_default();
        write!(
            stream,
            "{method} /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{key}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        answer(stream)
    }

    /// The agent's process, if it runs, by its id outside.
    pub fn agent(&self) -> Option<i32> {
        let power = self.power.as_ref()?;
        let space = |pid: i32| fs::metadata(format!("/proc/{pid}/ns/pid")).map(|meta| meta.ino()).ok();
        let own = space(power.first);
        let is_agent = |pid: &i32| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.ends_with(b"\0agent\0"));
        called("kraken").into_iter().find(|pid| is_agent(pid) && space(*pid) == own)
    }

    /// Processes of this name in this host's containers, by their ids outside.
    pub fn contained(&self, name: &str) -> Vec<i32> {
        let group = format!("{}/", self.group);
        let mut pids = called(name);
        pids.retain(|pid| fs::read_to_string(format!("/proc/{pid}/cgroup")).is_ok_and(|groups| groups.contains(&group)));
        pids
    }

    /// Sends the agent a signal; it must run.
    #[track_caller]
    pub fn signal_agent(&self, signal: Signal) {
        let pid = self.agent().and_then(Pid::from_raw).unwrap_or_else(|| panic!("{} has no agent", self.name));
        kill_process(pid, signal).unwrap();
        if signal == Signal::CONT {
            // `nsenter` stops itself when its child stops, and would never hear that it ended.
            let entered = self.power.iter().flat_map(|power| &power.entered);
            entered.for_each(|child| kill_process(Pid::from_child(child), Signal::CONT).unwrap_or_default());
        }
    }

    /// `kill -9` of the agent: it gets no chance to tidy up, and is gone when this returns.
    #[track_caller]
    pub fn kill_agent(&self) {
        self.signal_agent(Signal::KILL);
        wait_until(&format!("{}: the agent is gone", self.name), PATIENCE, || self.agent().is_none().then_some(()));
    }

    /// The containers of an app: id and start time, in order. The same list twice means that none was restarted.
    pub fn containers(&self, app: &str) -> Vec<String> {
        let ids = self.docker(&["ps", "-q", "--no-trunc", "--filter", &format!("label=kraken.app={app}")]).out;
        let ids: Vec<&str> = ids.split_whitespace().collect();
        if ids.is_empty() {
            return Vec::new();
        }
        let inspect = ["inspect", "--format", "{{.Id}} {{.State.StartedAt}} {{.RestartCount}}"];
        let mut found: Vec<String> = self.docker(&[&inspect, ids.as_slice()].concat()).out.lines().map(str::to_owned).collect();
        found.sort();
        found
    }

    /// When its engine made the first container of an app after `from`, by Docker's own events.
    pub fn created(&self, app: &str, from: SystemTime) -> Option<SystemTime> {
        let seconds = |at: SystemTime| format!("{:.9}", at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64());
        let (since, until, of) = (seconds(from), seconds(SystemTime::now()), format!("label=kraken.app={app}"));
        let range = ["events", "--since", &since, "--until", &until, "--filter", "event=create", "--filter", &of];
        let times = self.docker(&[range.as_slice(), &["--format", "{{.TimeNano}}"]].concat()).out;
        let nanos = times.lines().next()?.parse().ok()?;
        Some(SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos))
    }

    /// What the agent logged so far, over all its starts.
    pub fn agent_log(&self) -> String {
        fs::read_to_string(self.path("agent.log")).unwrap_or_default()
    }

    fn log(&self, name: &str) -> fs::File {
        OpenOptions::new().create(true).append(true).open(self.path(name)).unwrap()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.power_cut();
        if std::thread::panicking() {
            let log = self.agent_log();
            let last: Vec<&str> = log.lines().rev().take(40).collect();
            eprintln!("--- the agent on {} said last:\n{}", self.name, last.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}

/// The processes of this machine, whatever host they are on, with this name.
fn called(name: &str) -> Vec<i32> {
    let is_called = |pid: &i32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
    let mut pids = every_process();
    pids.retain(is_called);
    pids
}

/// The only child of a process.
fn child_of(parent: u32) -> Option<i32> {
    let parent_of = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // State and parent follow the name, which is in brackets and may contain anything; proc(5).
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u32>().ok()
    };
    every_process().into_iter().find(|pid| parent_of(*pid) == Some(parent))
}

/// The program that was built with the test, else the one that `KRAKEN_BINARY` names: figures are of what is shipped.
pub fn program() -> &'static str {
    static PROGRAM: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var("KRAKEN_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_kraken").to_owned()))
}
