//! What does a test against Docker need? Labels of its own, a tiny image, and a clean-up that also runs when it fails.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bollard::query_parameters::{BuildImageOptionsBuilder, ListImagesOptionsBuilder};
use futures_util::StreamExt;
use kraken::edge::docker::{ContainerSpec, Docker, Labels, ReplicaLabels, Restart, Subnet};
use kraken::model::container::Hardening;

/// The image all tests start from: a static busybox and nothing else.
pub const TINY: &str = "kraken-test/tiny:1";

/// Makes [`TINY`] where it is missing, on the engine behind `socket`, as tests/untouched.sh does. Needs Debian's package
/// busybox-static.
pub async fn tiny_image(socket: &str) {
    let client = raw(socket);
    if client.inspect_image(TINY).await.is_ok() {
        return;
    }
    let dockerfile = include_str!("tiny/Dockerfile");
    let busybox =
        ["/bin/busybox", "/usr/bin/busybox"].iter().find_map(|path| std::fs::read(path).ok()).expect("install busybox-static");
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes, mode) in [("Dockerfile", dockerfile.as_bytes(), 0o644), ("busybox", busybox.as_slice(), 0o755)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(mode);
        header.set_cksum();
        tar.append_data(&mut header, name, bytes).unwrap();
    }
    let options = BuildImageOptionsBuilder::new().t(TINY).rm(true).forcerm(true).build();
    let body = bollard::body_full(tar.into_inner().unwrap().into());
    let mut steps = client.build_image(options, None, Some(body));
    while let Some(step) = steps.next().await {
        step.expect("the tiny image is built");
    }
}

/// A connection that asks Docker directly, past Kraken: for what is foreign, and for looking.
pub fn raw(socket: &str) -> bollard::Docker {
    let version = bollard::ClientVersion { major_version: 1, minor_version: 41 };
    bollard::Docker::connect_with_unix(socket, 120, &version).unwrap()
}

/// One test's own corner of an engine. Dropping it removes all that carries its labels.
pub struct Corner {
    pub docker: Docker,
    pub network: String,
    pub subnet: Subnet,
    next: AtomicU32,
}

impl Corner {
    /// On the machine's engine, or the one at `socket`; `third` picks the test's addresses 198.18.THIRD.0/24 (RFC 2544).
    pub async fn new(socket: Option<&str>, name: &str, third: u8) -> Self {
        let socket = socket.unwrap_or("/var/run/docker.sock");
        tiny_image(socket).await;
        let node = format!("test-{name}-{}", std::process::id());
        let docker = Docker::connect(Some(socket), Labels { platform: "kraken-test".into(), node: node.clone() }).unwrap();
        let subnet = Subnet::around(Ipv4Addr::new(198, 18, third, 0), 24);
        Self { docker, network: format!("kraken-{node}"), subnet, next: AtomicU32::new(9) }
    }

    /// [`Self::new`] with its bridge made.
    pub async fn with_network(name: &str, third: u8) -> Self {
        let corner = Self::new(None, name, third).await;
        corner.docker.ensure_network(&corner.network, Some(corner.subnet)).await.unwrap();
        corner
    }

    /// A container that runs `script` in [`TINY`], at an address of its own.
    pub fn spec(&self, name: &str, script: &str) -> ContainerSpec {
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        ContainerSpec {
            name: format!("{}-{name}", self.network),
            image: TINY.into(),
            command: Some(["sh", "-c", script].map(str::to_owned).to_vec()),
            env: BTreeMap::from([("GREETING".into(), "hello".into())]),
            labels: ReplicaLabels {
                app: name.into(),
                version: "v1".into(),
                replica: "r1".into(),
                deployment: "d1".into(),
                epoch: "1.n1".into(),
            },
            network: self.network.clone(),
            address: self.subnet.nth(place),
            memory: 64 << 20,
            cpu_millis: None,
            pids: 50,
            hardening: Hardening::Strict,
            volumes: Vec::new(),
            restart: Restart::No,
            stop_timeout: Duration::from_secs(1),
            log_bytes: 3 << 20,
        }
    }

    /// A tag no other test uses.
    pub fn tag(&self, name: &str) -> String {
        format!("kraken/{}:{name}", self.docker.labels().node)
    }

    pub fn raw(&self) -> bollard::Docker {
        raw(self.docker.socket())
    }
}

impl Drop for Corner {
    fn drop(&mut self) {
        let (docker, network, client) = (self.docker.clone(), self.network.clone(), self.raw());
        // A test's runtime may be single-threaded and is being left: clean up on another.
        let cleaning = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                for container in docker.list_ours().await.unwrap_or_default() {
                    let _ = docker.remove(&container.id).await;
                }
                for volume in docker.list_volumes().await.unwrap_or_default() {
                    let _ = docker.remove_volume(&volume.name).await;
                }
                let _ = docker.remove_network(&network).await;
                let options = ListImagesOptionsBuilder::new().filters(&docker.labels().filter([])).build();
                for image in client.list_images(Some(options)).await.unwrap_or_default() {
                    for tag in image.repo_tags {
                        let _ = client.remove_image(&tag, None::<bollard::query_parameters::RemoveImageOptions>, None).await;
                    }
                }
            });
        });
        let _ = cleaning.join();
    }
}
