//! A Docker engine of a test's own, to stop, fill and start again while the machine's stays as it is. Needs root.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// An engine with its own data, its own bridge and addresses 198.18.THIRD.0/24 (RFC 2544). Dropping it stops it.
pub struct Dockerd {
    child: Option<Child>,
    home: tempfile::TempDir,
    bridge: String,
    has_tmpfs: bool,
}

impl Dockerd {
    /// Starts one whose data lies on the machine's disk.
    pub fn start(third: u8) -> Self {
        Self::with(third, None)
    }

    /// Starts one whose data lies on a disk of `bytes`, to be filled.
    pub fn with_disk_of(third: u8, bytes: u64) -> Self {
        Self::with(third, Some(bytes))
    }

    fn with(third: u8, room: Option<u64>) -> Self {
        let home = tempfile::Builder::new().prefix("kd").tempdir().unwrap();
        let bridge = format!("kd{third}-{}", std::process::id() % 100_000);
        let data = home.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        if let Some(bytes) = room {
            run("mount", &["-t", "tmpfs", "-o", &format!("size={bytes}"), "kraken-test", data.to_str().unwrap()]);
        }
        // `--bip` alone would give the machine's own docker0 another address.
        run("ip", &["link", "add", &bridge, "type", "bridge"]);
        run("ip", &["addr", "add", &format!("198.18.{third}.1/24"), "dev", &bridge]);
        run("ip", &["link", "set", &bridge, "up"]);
        let mut engine = Self { child: None, home, bridge, has_tmpfs: room.is_some() };
        engine.start_again();
        engine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Where it listens.
    pub fn socket(&self) -> String {
        self.path("docker.sock").display().to_string()
    }

    /// Where its data lies.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// What it printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Starts it (again) with the data it has, and waits until it answers.
    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let arg = |name: &str, value: String| format!("--{name}={value}");
        let child = Command::new("dockerd")
            .arg(arg("data-root", self.data().display().to_string()))
            .arg(arg("exec-root", self.path("exec").display().to_string()))
            .arg(arg("pidfile", self.path("pid").display().to_string()))
            .arg(arg("host", format!("unix://{}", self.socket())))
            .arg(arg("bridge", self.bridge.clone()))
            // The machine's engine owns the iptables chains; a second one would flush them.
            .args(["--iptables=false", "--ip6tables=false", "--shutdown-timeout=5"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("dockerd is installed");
        self.child = Some(child);
        wait_for("dockerd to answer", Duration::from_secs(60), || std::os::unix::net::UnixStream::connect(self.socket()).is_ok());
    }

    /// Asks it to stop (its containers stop as well), and waits until it has.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        signal(child.id(), Signal::TERM);
        let began = Instant::now();
        while child.try_wait().ok().flatten().is_none() {
            if began.elapsed() > Duration::from_secs(30) {
                let _ = child.kill();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Removes its containers and networks: the bridges of an engine that only stops stay on the machine.
    fn empty(&mut self) {
        if self.child.is_none() {
            self.start_again();
        }
        let host = format!("unix://{}", self.socket());
        let docker = |args: &[&str]| Command::new("docker").args(["-H", &host]).args(args).stderr(Stdio::null()).output();
        for (list, remove) in
            [(["ps", "-aq"].as_slice(), ["rm", "-f"]), (&["network", "ls", "-q", "--filter", "type=custom"], ["network", "rm"])]
        {
            let Ok(found) = docker(list) else { continue };
            let found = String::from_utf8_lossy(&found.stdout).into_owned();
            let ids: Vec<&str> = found.split_whitespace().collect();
            if !ids.is_empty() {
                let _ = docker(&[remove.as_slice(), &ids].concat());
            }
        }
    }

    /// Stops it answering without closing anything, as a machine that swaps itself to death. Answers once each of its
    /// threads stands still: the signal only asks for that.
    pub fn freeze(&self) {
        let Some(child) = &self.child else { return };
        signal(child.id(), Signal::STOP);
        wait_for("dockerd to stand still", Duration::from_secs(10), || stands_still(child.id()));
    }

    pub fn thaw(&self) {
        self.child.as_ref().inspect(|child| signal(child.id(), Signal::CONT));
    }

    /// Fills its disk but for `left` bytes; the file to delete is answered.
    pub fn fill(&self, left: u64) -> PathBuf {
        use std::io::Write;
        let path = self.data().join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        let block = vec![1; 1 << 20];
        while file.write_all(&block).is_ok() {}
        let size = file.metadata().unwrap().len();
        file.set_len(size.saturating_sub(left)).unwrap();
        path
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        self.thaw();
        self.empty();
        self.stop();
        // What containers left mounted, deepest first, then the disk.
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let below = |path: &str| Path::new(path).starts_with(self.home.path());
        for mount in mounts.lines().rev().filter_map(|line| line.split(' ').nth(1)).filter(|path| below(path)) {
            let _ = Command::new("umount").args(["-l", mount]).status();
        }
        let _ = Command::new("ip").args(["link", "del", &self.bridge]).status();
        if std::thread::panicking() {
            eprintln!("the engine said:\n{}", self.log().lines().rev().take(20).collect::<Vec<_>>().join("\n"));
        }
    }
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Whether every thread of a process is stopped (`T`, the field after the name in brackets; proc(5)).
fn stands_still(pid: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return false };
    threads.flatten().all(|thread| {
        let Ok(stat) = std::fs::read_to_string(thread.path().join("stat")) else { return false };
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    })
}

fn run(program: &str, args: &[&str]) {
    let status = Command::new(program).args(args).status().unwrap();
    assert!(status.success(), "{program} {args:?}");
}

fn wait_for(what: &str, limit: Duration, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < limit, "waited {limit:?} for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
