//! What may a lab leave on the machine? Nothing. Here is found, by name, what one that was killed had no time to remove.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::shell::{run, try_run};

/// Everything a lab makes is called `kl` and the process id of its test.
const PREFIX: &str = "kl";
/// How long killed processes may take to be gone.
const GONE: Duration = Duration::from_secs(10);

/// The name of what this process makes.
pub fn own_id() -> String {
    format!("{PREFIX}{}", std::process::id())
}

/// Where a lab's files are.
pub fn folder(id: &str) -> PathBuf {
    std::env::temp_dir().join(id)
}

/// What there is of a lab: namespaces, folders, control groups, processes. Empty when it has gone.
pub fn traces(id: &str) -> Vec<String> {
    let mut found: Vec<String> = networks(id).into_iter().map(|name| format!("network {name}")).collect();
    found.extend(
        processes(id)
            .into_iter()
            .map(|pid| format!("process {pid} {}", fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim())),
    );
    found.extend(groups(id).into_iter().map(|group| format!("control group {}", group.display())));
    let folder = folder(id);
    if folder.exists() {
        found.push(format!("folder {}", folder.display()));
    }
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    found.extend(mounts.lines().filter(|line| line.contains(&format!("/{id}"))).map(|line| format!("mount {line}")));
    found
}

/// Removes what is there of a lab, in the only order that works: processes, then what they held.
pub fn remove(id: &str) {
    let began = Instant::now();
    loop {
        let alive = processes(id);
        if alive.is_empty() || began.elapsed() > GONE {
            break;
        }
        for pid in alive.into_iter().filter_map(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    for name in networks(id) {
        let _ = try_run("ip", &["netns", "del", &name]);
    }
    for group in groups(id) {
        remove_group(&group, began);
    }
    let _ = fs::remove_dir_all(folder(id));
}

/// Removes what labs left whose test is no more.
pub fn remove_of_dead_labs() {
    let listed =
        |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = listed(Path::new("/run/netns")).chain(listed(&std::env::temp_dir())).collect();
    names.extend(controllers().iter().flat_map(|controller| listed(controller).collect::<Vec<_>>()));
    let mut dead: Vec<&str> = names
        .iter()
        .filter_map(|name| name.split('-').next())
        .filter(|id| id.strip_prefix(PREFIX).and_then(|pid| pid.parse().ok()).is_some_and(|pid: u32| !is_lab(pid)))
        .collect();
    dead.sort_unstable();
    dead.dedup();
    for id in dead {
        println!("removing what an earlier lab left: {id}");
        remove(id);
    }
}

/// Whether the process is a test of this kind: its id may be somebody else's by now.
fn is_lab(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("lab-"))
}

fn networks(id: &str) -> Vec<String> {
    let prefix = format!("{id}-");
    let entries = fs::read_dir("/run/netns").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.starts_with(&prefix)).collect()
}

/// Every process in one of the lab's networks; containers have networks of their own, but end with their host's first process.
fn processes(id: &str) -> Vec<i32> {
    let own = fs::metadata("/proc/self/ns/net").map(|meta| meta.ino()).ok();
    let inodes: Vec<u64> = networks(id)
        .iter()
        .filter_map(|name| fs::metadata(Path::new("/run/netns").join(name)).ok())
        .map(|meta| meta.ino())
        .filter(|inode| Some(*inode) != own)
        .collect();
    let is_in = |pid: &i32| fs::metadata(format!("/proc/{pid}/ns/net")).is_ok_and(|meta| inodes.contains(&meta.ino()));
    every_process().into_iter().filter(is_in).collect()
}

/// The ids of all processes of this machine.
pub fn every_process() -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn controllers() -> Vec<PathBuf> {
    fs::read_dir("/sys/fs/cgroup")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

/// The control groups below which a lab's containers were (`--cgroup-parent`).
fn groups(id: &str) -> Vec<PathBuf> {
    let prefix = format!("{id}-");
    let below = |controller: PathBuf| fs::read_dir(controller).into_iter().flatten().flatten();
    let is_ours = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&prefix));
    let links = |path: &PathBuf| path.symlink_metadata().is_ok_and(|meta| meta.is_dir());
    controllers().into_iter().filter(links).flat_map(below).map(|entry| entry.path()).filter(is_ours).collect()
}

/// A group can go once the kernel has buried its processes.
fn remove_group(group: &Path, began: Instant) {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            remove_group(&entry.path(), began);
        }
    }
    while fs::remove_dir(group).is_err() && group.exists() && began.elapsed() < GONE {
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// A lab must be root's, and have what it is made of.
pub fn assert_possible() {
    assert!(rustix::process::geteuid().is_root(), "the lab makes network namespaces and needs root");
    for program in ["ip", "nsenter", "unshare", "setpriv", "ebtables-nft-restore", "iptables", "tc", "dockerd"] {
        run("sh", &["-c", &format!("command -v {program} || {{ echo {program} is missing; exit 1; }}")]);
    }
}
