//! Is Docker there, and can it do what apps need of it?

use std::path::PathBuf;

use super::{machine, ok, warning};
use crate::edge::docker::{Docker, DockerError, EngineInfo};
use crate::web::view::{Check, CheckState};

/// What apps without a Dockerfile of their own come from, where they name no other version; see `dockerfiles/`.
const BASES: [&str; 3] = ["node:22-bookworm-slim", "python:3.11-slim-bookworm", "nginx:stable"];

/// Docker itself, its memory limits, and the disk it fills.
pub(super) async fn engine(docker: Docker) -> Vec<Check> {
    match docker.info().await {
        Ok(info) => {
            let room = machine::room("Docker's disk", PathBuf::from(&info.root)).await;
            vec![reachable(&info), memory_limits(&info)].into_iter().chain(room).collect()
        }
        Err(error) => vec![unreachable(&error)],
    }
}

fn reachable(info: &EngineInfo) -> Check {
    ok("Docker", format!("Version {} answers, API {}, for {}.", info.version, info.api_version, info.architecture))
}

fn unreachable(error: &DockerError) -> Check {
    // Its text names what to do already.
    Check {
        name: "Docker".into(),
        state: CheckState::Failed,
        says: crate::edge::work::chain(error),
        next: Some("Apps that run go on running; Kraken waits for Docker.".into()),
    }
}

fn memory_limits(info: &EngineInfo) -> Check {
    if info.limits_memory {
        return ok("Memory limits", format!("They work (cgroup v{}, {}).", info.cgroup_version, info.cgroup_driver));
    }
    warning(
        "Memory limits",
        "The kernel enforces none: an app with a leak takes the whole machine down.",
        "On a Raspberry Pi, add `cgroup_enable=memory cgroup_memory=1` to the line in /boot/firmware/cmdline.txt and restart it.",
    )
}

/// Which of the usual base images are here already: those are not fetched for a first deployment.
pub(super) async fn base_images(docker: Docker) -> Vec<Check> {
    let mut here = Vec::new();
    for base in BASES {
        match docker.inspect_image(base).await {
            Ok(_) => here.push(base),
            Err(DockerError::NoSuchImage { .. }) => {}
            // Why is told by the check of Docker.
            Err(_) => return Vec::new(),
        }
    }
    vec![base_images_say(&here)]
}

fn base_images_say(here: &[&str]) -> Check {
    let says = match here {
        [] => "None is here yet; each is fetched at the first deployment that needs it, which takes the Internet.".to_owned(),
        here => format!("Here already: {}. Others are fetched when an app needs them.", here.join(", ")),
    };
    ok("Base images", says)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(limits_memory: bool) -> EngineInfo {
        EngineInfo {
            version: "20.10.24".into(),
            api_version: "1.41".into(),
            architecture: "arm64".into(),
            cgroup_version: 2,
            cgroup_driver: "systemd".into(),
            limits_memory,
            root: "/var/lib/docker".into(),
            memory: 1 << 30,
            cpus: 4,
            warnings: vec![],
        }
    }

    #[test]
    fn an_engine_that_answers_is_named_with_its_api() {
        assert_eq!(reachable(&info(true)).says, "Version 20.10.24 answers, API 1.41, for arm64.");
        assert_eq!(memory_limits(&info(true)).state, CheckState::Ok);
    }

    #[test]
    fn a_pi_without_the_memory_cgroup_is_told_which_line_to_change() {
        let check = memory_limits(&info(false));
        assert!(check.state == CheckState::Warning && check.next.unwrap().contains("cgroup_enable=memory"));
    }

    #[test]
    fn a_docker_that_is_stopped_has_failed() {
        let check = unreachable(&DockerError::Unreachable { socket: "/run/docker.sock".into(), source: None });
        assert!(check.state == CheckState::Failed && check.says.contains("/run/docker.sock"), "{check:?}");
    }

    #[test]
    fn the_usual_base_images_are_those_of_the_dockerfiles() {
        let files = [
            include_str!("../../../../dockerfiles/node.dockerfile"),
            include_str!("../../../../dockerfiles/python3.dockerfile"),
            include_str!("../../../../dockerfiles/static.dockerfile"),
        ];
        for (base, file) in BASES.iter().zip(files) {
            let version = file.lines().find_map(|line| line.strip_prefix("ARG VERSION=")).unwrap_or_default();
            assert!(file.replace("${VERSION}", version).contains(&format!("FROM {base}")), "{base}");
        }
    }

    #[test]
    fn base_images_that_are_missing_are_no_fault() {
        assert_eq!((base_images_say(&[]).state, base_images_say(&BASES).state), (CheckState::Ok, CheckState::Ok));
        assert!(base_images_say(&BASES[..1]).says.starts_with("Here already: node:22-bookworm-slim."));
    }
}
