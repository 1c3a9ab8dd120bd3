//! What does a test get? Some hosts on one LAN, ready or not, a Git server beside them, and nothing left when it ends.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::host::{Host, save_image};
use super::lan::{BESIDE, GATEWAY, Lan};
use super::leftover;
use super::network::Network;
use super::shell::try_run;
use crate::support::docker::{TINY, tiny_image};
use crate::support::git_server::GitServer;
use crate::support::repository::Repository;

/// The image of the app that serves: [`TINY`] with a page and a script that says which copy answers.
pub const WEB: &str = "kraken-lab/web:1";
/// What stands in its page.
pub const PAGE: &str = "the web of the lab";

/// One lab at a time: two would share two cores, and figures would be of neither.
static ALONE: Mutex<()> = Mutex::new(());

/// Hosts on a LAN. Fields are dropped in this order: what runs, what it stands on, and then whatever is left.
pub struct Fleet {
    /// The hosts; the one called `pi1` is the first.
    pub hosts: Vec<Host>,
    /// The LAN.
    pub lan: Lan,
    git: GitServer,
    remains: Remains,
    _alone: MutexGuard<'static, ()>,
}

/// Whatever is left of a lab goes when this is dropped.
struct Remains(String);

impl Drop for Remains {
    fn drop(&mut self) {
        leftover::remove(&self.0);
    }
}

impl Fleet {
    /// Hosts without power, at 198.18.0.1 and so on.
    pub fn of(hosts: usize) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        leftover::assert_possible();
        leftover::remove_of_dead_labs();
        let id = leftover::own_id();
        let folder = leftover::folder(&id);
        std::fs::create_dir_all(&folder).unwrap();
        let remains = Remains(id.clone());
        let lan = Lan::make(&id);
        let git = GitServer::on(lan.network().inside(|| std::net::TcpListener::bind((BESIDE, 3000))).unwrap());
        let hosts = (1..=hosts).map(|place| Host::make(&id, &folder, place)).collect();
        let fleet = Self { hosts, lan, git, remains, _alone: alone };
        for host in &fleet.hosts {
            fleet.lan.plug_in(host.place, &host.network);
            host.address(&address(host.place), GATEWAY);
            host.configure("");
        }
        fleet
    }

    /// Hosts whose engines and agents run; each has [`WEB`].
    pub fn running(hosts: usize) -> Self {
        let mut fleet = Self::of(hosts);
        fleet.power_on();
        let image = fleet.web_image();
        for host in &fleet.hosts {
            host.load_image(&image);
        }
        fleet.hosts.iter_mut().for_each(Host::start_agent);
        fleet.hosts.iter().for_each(Host::wait_for_agent);
        fleet
    }

    /// Gives every host without power power, and waits for the engines.
    pub fn power_on(&mut self) {
        self.hosts.iter_mut().filter(|host| !host.has_power()).for_each(Host::power_on);
        self.hosts.iter().for_each(Host::wait_for_engine);
    }

    /// The power of one host fails: its processes are gone and its link is down.
    pub fn power_cut(&mut self, host: usize) {
        self.lan.cable(self.hosts[host].place, false);
        self.hosts[host].power_cut();
    }

    /// The name under which everything of this lab is found.
    pub fn id(&self) -> &str {
        &self.remains.0
    }

    /// A repository that hosts can fetch, with one commit of these files; answers its address.
    pub fn repository(&self, name: &str, files: &[(&str, &str)]) -> (Repository, String) {
        let repository = Repository::create(self.git.folder(), name);
        repository.commit(files);
        (repository, self.git.url(name))
    }

    /// The app that serves [`WEB`], in a repository; answers its address.
    pub fn web_app(&self, name: &str) -> String {
        let manifest = format!(
            "[app]\nname = \"{name}\"\nversion = \"1.0.0\"\n\n[config]\nlang = \"image\"\nimage = \"{WEB}\"\nport = 8080\n"
        );
        self.repository(name, &[("shipwreck.toml", &manifest)]).1
    }

    /// A file with [`WEB`], to be loaded on hosts.
    pub fn web_image(&self) -> PathBuf {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(tiny_image("/var/run/docker.sock"));
        let folder = leftover::folder(self.id());
        let dockerfile = format!(
            "FROM {TINY}\nRUN mkdir -p /www/cgi-bin && echo '{PAGE}' > /www/index.html && \
             printf '#!/bin/sh\\necho; hostname\\n' > /www/cgi-bin/who && chmod +x /www/cgi-bin/who\n\
             CMD [\"httpd\", \"-f\", \"-p\", \"8080\", \"-h\", \"/www\"]\n"
        );
        std::fs::create_dir_all(folder.join("web")).unwrap();
        std::fs::write(folder.join("web/Dockerfile"), dockerfile).unwrap();
        let build = Command::new("docker")
            .args(["build", "-q", "-t", WEB, folder.join("web").to_str().unwrap()])
            .env("DOCKER_BUILDKIT", "0")
            .output()
            .unwrap();
        assert!(build.status.success(), "{build:?}");
        let tar = folder.join("web.tar");
        save_image(WEB, &tar);
        tar
    }

    /// Addresses of the front doors of the hosts.
    pub fn doors(&self) -> Vec<std::net::SocketAddr> {
        self.hosts.iter().map(|host| format!("{}:80", address(host.place)).parse().unwrap()).collect()
    }
}

/// The address that a host has at first.
pub fn address(place: usize) -> String {
    format!("198.18.0.{place}")
}

/// Milliseconds of `ping` answers from a network; none for each that was lost.
pub fn ping(from: &Network, to: &str, count: u32) -> Vec<f64> {
    let net = format!("--net={}", from.path().display());
    let count = count.to_string();
    let said = try_run("nsenter", &[&net, "busybox", "ping", "-c", &count, "-i", "0.02", "-W", "1", to]);
    let milliseconds = |line: &str| line.split_once("time=")?.1.split(' ').next()?.parse().ok();
    said.out.lines().filter_map(milliseconds).collect()
}
