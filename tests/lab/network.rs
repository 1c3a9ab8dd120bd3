//! What is a network namespace to the lab? A name under /run/netns, where programs and threads can go.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::kernel;
use super::shell::run;

/// A network namespace; removed when dropped.
#[derive(Debug)]
pub struct Network {
    name: String,
    /// Whether it is removed with this.
    is_ours: bool,
}

impl Network {
    /// Makes it, with its loopback up and without IPv6: all traffic of the lab is on 198.18.0.0/15.
    pub fn make(name: &str) -> Self {
        run("ip", &["netns", "add", name]);
        let network = Self { name: name.to_owned(), is_ours: true };
        network.run("sysctl", &["-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"]);
        network.ip("link set lo up");
        network
    }

    /// One that somebody else made, and will remove.
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned(), is_ours: false }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn path(&self) -> PathBuf {
        Path::new("/run/netns").join(&self.name)
    }

    /// A program in this network. Never through `ip netns exec`, which remounts /sys and hides the cgroups.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.path().display())).arg(program);
        command
    }

    /// Runs a program that must not fail in it.
    #[track_caller]
    pub fn run(&self, program: &str, args: &[&str]) -> String {
        let net = format!("--net={}", self.path().display());
        run("nsenter", &[&[net.as_str(), program], args].concat())
    }

    /// `ip` in it, with words that have no spaces.
    #[track_caller]
    pub fn ip(&self, words: &str) -> String {
        run("ip", &[&["-n", self.name.as_str()], words.split(' ').collect::<Vec<_>>().as_slice()].concat())
    }

    /// Calls `work` on a thread that is in this network. Sockets made there stay there.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(self.path()).unwrap();
        std::thread::scope(|scope| {
            let thread = scope.spawn(move || {
                kernel::enter_network(&namespace).unwrap();
                work()
            });
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if self.is_ours {
            let _ = Command::new("ip").args(["netns", "del", &self.name]).status();
        }
    }
}
