//! How exactly is an app's container made? The one place where limits and hardening are written down; pure.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::time::Duration;

use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HostConfig, HostConfigLogConfig, Mount, MountType,
    NetworkingConfig, RestartPolicy, RestartPolicyNameEnum,
};
use sha2::{Digest, Sha256};

use super::labels::{Labels, ReplicaLabels, label};
use crate::model::container::Hardening;

/// The capabilities an image's usual start script needs: chown its data, become another user, take port 80.
const KEPT: [&str; 7] = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE"];

/// What Docker does when the container's process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Start it again, also after Docker itself restarted, until somebody stops it.
    UnlessStopped,
    /// Leave it ended.
    No,
}

impl Restart {
    pub(super) fn policy(self) -> RestartPolicyNameEnum {
        match self {
            Self::UnlessStopped => RestartPolicyNameEnum::UNLESS_STOPPED,
            Self::No => RestartPolicyNameEnum::NO,
        }
    }
}

/// A volume and where the app sees it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct VolumeMount {
    /// The volume's name.
    pub volume: String,
    /// Absolute, inside the container.
    pub path: String,
}

/// Everything a container is made from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ContainerSpec {
    /// Unique on the engine.
    pub name: String,
    /// An image's id or reference.
    pub image: String,
    /// None: the image's own.
    pub command: Option<Vec<String>>,
    /// Environment, secrets included; it is shown by `docker inspect`.
    pub env: BTreeMap<String, String>,
    /// What it is.
    #[serde(skip)]
    pub labels: ReplicaLabels,
    /// The node's bridge.
    pub network: String,
    /// Given by the caller, who keeps it from being reused too soon; none: Docker's choice, for what nobody dials.
    pub address: Option<Ipv4Addr>,
    /// Bytes; swap is not added to it.
    pub memory: u64,
    /// Thousandths of a core; none: no limit.
    pub cpu_millis: Option<u32>,
    /// Processes and threads.
    pub pids: u32,
    /// What it may do.
    #[serde(skip)]
    pub hardening: Hardening,
    /// What it keeps.
    pub volumes: Vec<VolumeMount>,
    /// What happens when it ends. It changes over the container's life, so two made from the same wishes may differ in it.
    #[serde(skip)]
    pub restart: Restart,
    /// From the polite signal to the kill.
    pub stop_timeout: Duration,
    /// Bytes of log kept, in three files.
    pub log_bytes: u64,
}

impl ContainerSpec {
    /// What two containers made from the same wishes share. The epoch and the other labels are left out: a new reign must
    /// not restart an app.
    #[must_use]
    pub fn digest(&self) -> String {
        // A struct of strings, numbers and ordered maps always becomes JSON.
        let json = serde_json::to_vec(&(
            1,
            self,
            self.hardening == Hardening::Strict,
            &self.labels.app,
            &self.labels.version,
            &self.labels.replica,
        ))
        .unwrap_or_default();
        data_encoding::HEXLOWER.encode(&Sha256::digest(json))
    }

    /// As Docker wants it.
    pub(super) fn body(&self, owner: &Labels) -> ContainerCreateBody {
        let mut labels = self.labels.write();
        labels.insert(label::SPEC.to_owned(), self.digest());
        let endpoint = EndpointSettings {
            ipam_config: Some(EndpointIpamConfig {
                ipv4_address: self.address.map(|address| address.to_string()),
                ..Default::default()
            }),
            ..Default::default()
        };
        ContainerCreateBody {
            hostname: Some(self.hostname()),
            image: Some(self.image.clone()),
            cmd: self.command.clone(),
            env: Some(self.env.iter().map(|(key, value)| format!("{key}={value}")).collect()),
            labels: Some(owner.with(&labels)),
            stop_timeout: i64::try_from(self.stop_timeout.as_secs()).ok(),
            host_config: Some(self.host_config()),
            networking_config: Some(NetworkingConfig {
                endpoints_config: Some(HashMap::from([(self.network.clone(), endpoint)])),
            }),
            ..Default::default()
        }
    }

    /// What the app sees as its host name: its own, not the container's id, so that it is the same after an update.
    fn hostname(&self) -> String {
        let name = if self.labels.app.is_empty() { &self.name } else { &self.labels.app };
        name.chars().take(63).collect()
    }

    fn host_config(&self) -> HostConfig {
        let memory = i64::try_from(self.memory).unwrap_or(i64::MAX);
        HostConfig {
            init: Some(true),
            memory: Some(memory),
            // Equal to the memory: no swap on top, which would wear out an SD card.
            memory_swap: Some(memory),
            nano_cpus: self.cpu_millis.map(|millis| i64::from(millis) * 1_000_000),
            pids_limit: Some(i64::from(self.pids)),
            privileged: Some(false),
            security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
            cap_drop: Some(vec!["ALL".to_owned()]),
            cap_add: (self.hardening == Hardening::Image).then(|| KEPT.map(str::to_owned).to_vec()),
            network_mode: Some(self.network.clone()),
            restart_policy: Some(RestartPolicy { name: Some(self.restart.policy()), maximum_retry_count: None }),
            log_config: Some(self.log_config()),
            mounts: Some(self.volumes.iter().map(mount).collect()),
            ..Default::default()
        }
    }

    fn log_config(&self) -> HostConfigLogConfig {
        let file = (self.log_bytes / 3).max(64 * 1024);
        let options = [("max-size", format!("{file}b")), ("max-file", "3".to_owned()), ("compress", "false".to_owned())];
        HostConfigLogConfig {
            typ: Some("local".to_owned()),
            config: Some(options.map(|(key, value)| (key.to_owned(), value)).into()),
        }
    }
}

/// A named volume; Docker copies what the image has at that path into an empty one, with its owner.
fn mount(volume: &VolumeMount) -> Mount {
    Mount {
        target: Some(volume.path.clone()),
        source: Some(volume.volume.clone()),
        typ: Some(MountType::VOLUME),
        read_only: Some(false),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> ContainerSpec {
        ContainerSpec {
            name: "kraken-web-1".into(),
            image: "kraken/web:1".into(),
            command: None,
            env: BTreeMap::from([("PORT".into(), "7211".into())]),
            labels: ReplicaLabels {
                app: "web".into(),
                version: "v1".into(),
                replica: "r1".into(),
                deployment: "d1".into(),
                epoch: "1.n1".into(),
            },
            network: "kraken-n1".into(),
            address: Some(Ipv4Addr::new(10, 213, 0, 9)),
            memory: 64 << 20,
            cpu_millis: Some(500),
            pids: 100,
            hardening: Hardening::Strict,
            volumes: vec![VolumeMount { volume: "web-data".into(), path: "/data".into() }],
            restart: Restart::UnlessStopped,
            stop_timeout: Duration::from_secs(10),
            log_bytes: 30 << 20,
        }
    }

    fn host(spec: &ContainerSpec) -> HostConfig {
        spec.body(&Labels { platform: "home".into(), node: "n1".into() }).host_config.unwrap()
    }

    #[test]
    fn a_container_has_no_privilege_and_no_port_of_the_host() {
        let host = host(&spec());
        assert_eq!(host.privileged, Some(false));
        assert_eq!(host.security_opt.unwrap(), ["no-new-privileges:true"]);
        assert_eq!(host.cap_drop.unwrap(), ["ALL"]);
        assert_eq!((host.cap_add, host.port_bindings, host.binds), (None, None, None));
        assert_eq!(host.pids_limit, Some(100));
        assert_eq!(host.memory, host.memory_swap);
    }

    #[test]
    fn an_image_of_others_keeps_what_its_start_script_needs_and_no_more() {
        let host = host(&ContainerSpec { hardening: Hardening::Image, ..spec() });
        assert_eq!(host.cap_drop.unwrap(), ["ALL"]);
        assert_eq!(host.cap_add.unwrap(), ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE"]);
    }

    #[test]
    fn the_digest_ignores_the_epoch_and_the_restart_policy_and_nothing_else() {
        let digest = spec().digest();
        let mut later = ContainerSpec { restart: Restart::No, ..spec() };
        later.labels.epoch = "9.n2".into();
        assert_eq!(later.digest(), digest);
        for change in [
            |spec: &mut ContainerSpec| spec.env.clear(),
            |spec: &mut ContainerSpec| spec.image.push('2'),
            |spec: &mut ContainerSpec| spec.memory += 1,
            |spec: &mut ContainerSpec| spec.hardening = Hardening::Image,
            |spec: &mut ContainerSpec| spec.volumes.clear(),
            |spec: &mut ContainerSpec| spec.labels.version.push('2'),
            |spec: &mut ContainerSpec| spec.address = Some(Ipv4Addr::new(10, 213, 0, 10)),
        ] {
            let mut other = spec();
            change(&mut other);
            assert_ne!(other.digest(), digest);
        }
    }

    #[test]
    fn logs_are_bounded() {
        let log = host(&spec()).log_config.unwrap();
        assert_eq!(log.typ.unwrap(), "local");
        let options = log.config.unwrap();
        assert_eq!((options["max-size"].as_str(), options["max-file"].as_str()), ("10485760b", "3"));
    }
}
