//! What does a test get? Some hosts on one LAN, ready or not, a Git server beside them, and nothing left when it ends.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::host::Host;
use super::lan::{BESIDE, GATEWAY, Lan};
use super::leftover;
use super::network::Network;
use super::shell::try_run;
use crate::support::git_server::GitServer;
use crate::support::repository::Repository;

/// The image of the app that serves.
pub const WEB: &str = "kraken-lab/web:1";
/// What stands in its page.
pub const PAGE: &str = "the web of the lab";
/// A static busybox, a page, and a script that says which copy answers.
const WEB_DOCKERFILE: &str = r#"
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV PATH=/bin
RUN mkdir -p /tmp /etc /www/cgi-bin && echo 'the web of the lab' > /www/index.html && \
    printf '#!/bin/sh\necho; hostname\n' > /www/cgi-bin/who && chmod +x /www/cgi-bin/who
CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]
"#;

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
        let mut fleet = Self { hosts: Vec::new(), lan, git, remains, _alone: alone };
        for _ in 0..hosts {
            fleet.add_host();
        }
        fleet
    }

    /// One more host, without power; answers its number.
    pub fn add_host(&mut self) -> usize {
        let host = Host::make(self.id(), &leftover::folder(self.id()), self.hosts.len() + 1);
        self.lan.plug_in(host.place, &host.network);
        host.address(&address(host.place), GATEWAY);
        host.configure("");
        self.hosts.push(host);
        self.hosts.len() - 1
    }

    /// Hosts whose engines and agents run; each has [`WEB`].
    pub fn running(hosts: usize) -> Self {
        let mut fleet = Self::of(hosts);
        fleet.power_on();
        fleet.load_images();
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

    /// An app that takes some seconds in each phase: built from [`WEB`], tested, and slow to listen. Answers its address.
    pub fn slow_app(&self, name: &str) -> String {
        let manifest = format!(
            "[app]\nname = \"{name}\"\nversion = \"1.0.0\"\n\n[config]\nlang = \"custom\"\nport = 8080\ntest = \"sleep 1\"\n"
        );
        let dockerfile = format!("FROM {WEB}\nRUN sleep 2\nCMD sleep 2; exec httpd -f -p 8080 -h /www\n");
        self.repository(name, &[("shipwreck.toml", &manifest), ("Dockerfile", &dockerfile)]).1
    }

    /// [`WEB`] on every host: made by the first one's engine, as the machine's own is none of the lab's business, and kept
    /// from run to run.
    fn load_images(&self) {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lab-web-1.tar");
        if !kept.exists() {
            let (first, context) = (&self.hosts[0], leftover::folder(self.id()).join("web"));
            std::fs::create_dir_all(&context).unwrap();
            let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| Path::new(path).exists());
            std::fs::copy(busybox.expect("install busybox-static"), context.join("busybox")).unwrap();
            std::fs::write(context.join("Dockerfile"), WEB_DOCKERFILE).unwrap();
            let part = kept.with_extension(format!("{}.part", self.id()));
            for args in
                [["build", "-q", "-t", WEB, context.to_str().unwrap()].as_slice(), &["save", "-o", part.to_str().unwrap(), WEB]]
            {
                let said = first.docker(args);
                assert_eq!(said.code, 0, "{said:?}");
            }
            std::fs::rename(part, &kept).unwrap();
        }
        self.hosts.iter().for_each(|host| host.load_image(&kept));
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
    let said = try_run("nsenter", &[&net, "busybox", "ping", "-c", &count, "-i", "0.005", "-W", "1", to]);
    let milliseconds = |line: &str| line.split_once("time=")?.1.split(' ').next()?.parse().ok();
    said.out.lines().filter_map(milliseconds).collect()
}
