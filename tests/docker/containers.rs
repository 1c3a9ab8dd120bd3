//! Containers: made once, adopted, hardened, limited, healthy or explained.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use kraken::decide::listening::{Listening, explain};
use kraken::edge::docker::{ContainerSpec, ContainerState, DockerError, Ended, LogRequest, Restart, VolumeMount};
use kraken::edge::probe::Probe;
use kraken::model::container::Hardening;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::docker::{Corner, TINY};

async fn said(corner: &Corner, spec: &ContainerSpec) -> (Ended, Vec<String>) {
    let (lines, mut reader) = mpsc::channel(1000);
    let ended = corner.docker.run_to_end(spec, Duration::from_secs(60), lines, &CancellationToken::new()).await.unwrap().unwrap();
    let mut texts = Vec::new();
    while let Some(line) = reader.recv().await {
        texts.push(line.text);
    }
    (ended, texts)
}

#[tokio::test]
async fn asking_twice_makes_one_container() {
    let corner = Corner::with_network("twice", 20).await;
    let spec = corner.spec("web", "sleep 600");
    let first = corner.docker.create_and_start(&spec).await.unwrap();
    let mut later = spec.clone();
    later.labels.epoch = "2.n2".into();
    let second = corner.docker.create_and_start(&later).await.unwrap();
    assert_eq!((first.adopted, second.adopted), (false, true));
    assert_eq!(first.id, second.id);
    let seen = corner.docker.list_ours().await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].labels.app.as_str(), seen[0].state, seen[0].address), ("web", ContainerState::Running, spec.address));
    assert_eq!(seen[0].spec, spec.digest());
}

#[tokio::test]
async fn a_half_made_or_outdated_container_does_not_block_its_name() {
    let corner = Corner::with_network("half", 21).await;
    let spec = corner.spec("web", "sleep 600");
    let first = corner.docker.create_and_start(&spec).await.unwrap();
    let changed = ContainerSpec { env: [("GREETING".to_owned(), "bye".to_owned())].into(), ..spec };
    let second = corner.docker.create_and_start(&changed).await.unwrap();
    assert!(!second.adopted && second.id != first.id);
    // Stopped between create and start: as after a crash of the agent.
    corner.docker.stop(&second.id, Duration::ZERO).await.unwrap();
    let third = corner.docker.create_and_start(&changed).await.unwrap();
    assert_eq!((third.id, third.adopted), (second.id, true));
    assert_eq!(corner.docker.list_ours().await.unwrap().len(), 1);
}

/// Loads an image that has no layer and this `architecture` and `user`.
async fn load(corner: &Corner, tag: &str, architecture: &str, user: &str) {
    let config = serde_json::json!({"architecture": architecture, "os": "linux", "config": {"User": user}, "rootfs": {"type": "layers", "diff_ids": []}});
    let manifest = serde_json::json!([{"Config": "config.json", "RepoTags": [tag], "Layers": []}]);
    let mut tar = tar::Builder::new(Vec::new());
    for (name, json) in [("config.json", config), ("manifest.json", manifest)] {
        let text = json.to_string();
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    let client = corner.raw();
    let body = bollard::body_full(tar.into_inner().unwrap().into());
    let mut steps = client.import_image(bollard::query_parameters::ImportImageOptions::default(), body, None);
    while let Some(step) = futures_util::StreamExt::next(&mut steps).await {
        step.unwrap();
    }
}

async fn unload(corner: &Corner, tag: &str) {
    let _ = corner.raw().remove_image(tag, None::<bollard::query_parameters::RemoveImageOptions>, None).await;
}

#[tokio::test]
async fn a_container_that_cannot_run_is_explained_and_leaves_nothing() {
    let corner = Corner::with_network("norun", 22).await;
    let (tag, native) = (corner.tag("norun"), corner.docker.info().await.unwrap().architecture);
    load(&corner, &tag, &native, "nobody-such").await;
    let spec = ContainerSpec { image: tag.clone(), ..corner.spec("web", "true") };
    let error = corner.docker.create_and_start(&spec).await.unwrap_err();
    let left = corner.docker.list_ours().await.unwrap();
    unload(&corner, &tag).await;
    assert!(matches!(&error, DockerError::CannotRun { because, .. } if because.contains("nobody-such")), "{error}");
    assert!(!error.is_worlds_fault());
    assert_eq!(left, []);
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_what_the_log_says() {
    let corner = Corner::with_network("noprog", 37).await;
    let spec = ContainerSpec { command: Some(vec!["no-such-program".into()]), ..corner.spec("web", "") };
    // The init process starts, and cannot find it.
    let (ended, texts) = said(&corner, &spec).await;
    assert_eq!(ended.exit_code, 127);
    assert!(texts.iter().any(|line| line.contains("no-such-program")), "{texts:?}");
}

#[tokio::test]
async fn an_image_that_is_not_here_is_named() {
    let corner = Corner::with_network("noimage", 23).await;
    let spec = ContainerSpec { image: "kraken-test/there-is-none:1".into(), ..corner.spec("web", "") };
    let error = corner.docker.create_and_start(&spec).await.unwrap_err();
    assert!(matches!(&error, DockerError::NoSuchImage { image } if image == "kraken-test/there-is-none:1"), "{error}");
}

#[tokio::test]
async fn an_image_for_another_machine_is_refused_before_it_starts() {
    let corner = Corner::with_network("arch", 24).await;
    let tag = corner.tag("arch");
    load(&corner, &tag, if cfg!(target_arch = "aarch64") { "amd64" } else { "arm64" }, "").await;
    let spec = ContainerSpec { image: tag.clone(), ..corner.spec("web", "true") };
    let error = corner.docker.create_and_start(&spec).await.unwrap_err();
    unload(&corner, &tag).await;
    assert!(matches!(error, DockerError::WrongArchitecture { .. }), "{error}");
    assert!(!error.is_worlds_fault());
    assert_eq!(corner.docker.list_ours().await.unwrap(), []);
}

#[tokio::test]
async fn the_kernel_agrees_that_a_container_is_hardened() {
    let corner = Corner::with_network("hard", 25).await;
    let script = "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status; id -u";
    let (_, strict) = said(&corner, &corner.spec("strict", script)).await;
    assert_eq!(strict, ["CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "0"]);
    let (_, image) = said(&corner, &ContainerSpec { hardening: Hardening::Image, ..corner.spec("image", script) }).await;
    // CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, KILL 5, SETGID 6, SETUID 7, NET_BIND_SERVICE 10.
    assert_eq!(image[0], format!("CapEff:\t{:016x}", 0b100_1110_1011));
}

#[tokio::test]
async fn an_app_over_its_memory_is_known_as_such() {
    let corner = Corner::with_network("oom", 26).await;
    let spec = ContainerSpec { memory: 16 << 20, ..corner.spec("hungry", "exec tail -c 100000000 /dev/zero") };
    let (ended, _) = said(&corner, &spec).await;
    assert!(ended.oom, "{ended:?}");
    assert_eq!(ended.exit_code, 137);
}

#[tokio::test]
async fn output_and_exit_code_of_a_command_come_back_and_nothing_stays() {
    let corner = Corner::with_network("once", 27).await;
    let (ended, texts) = said(&corner, &corner.spec("test", "echo $GREETING; echo broken >&2; exit 5")).await;
    assert_eq!((ended, texts.len()), (Ended { exit_code: 5, oom: false }, 2));
    assert_eq!(corner.docker.list_ours().await.unwrap(), []);
}

#[tokio::test]
async fn data_in_a_volume_outlives_its_container() {
    let corner = Corner::with_network("volume", 28).await;
    let volume = format!("{}-data", corner.network);
    corner.docker.ensure_volume(&volume, &[("kraken.app".to_owned(), "web".to_owned())].into()).await.unwrap();
    let mounted = |script: &str| ContainerSpec {
        volumes: vec![VolumeMount { volume: volume.clone(), path: "/data".into() }],
        ..corner.spec("web", script)
    };
    said(&corner, &mounted("echo kept > /data/file")).await;
    corner.docker.ensure_volume(&volume, &Default::default()).await.unwrap();
    assert_eq!(said(&corner, &mounted("cat /data/file")).await.1, ["kept"]);
    let listed = corner.docker.list_volumes().await.unwrap();
    assert_eq!((listed.len(), listed[0].labels["kraken.app"].as_str()), (1, "web"));
    assert_eq!(listed[0].size().await, Some(5));
    corner.docker.remove_volume(&volume).await.unwrap();
    corner.docker.remove_volume(&volume).await.unwrap();
    assert_eq!(corner.docker.list_volumes().await.unwrap(), []);
}

#[tokio::test]
async fn usage_is_read_from_the_kernel_and_is_none_once_stopped() {
    let corner = Corner::with_network("stats", 29).await;
    // `tail` keeps what nobody takes from it.
    let script =
        "head -c 8000000 /dev/zero | tail -c 8000000 | sleep 600 & i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; wait";
    let started = corner.docker.create_and_start(&corner.spec("busy", script)).await.unwrap();
    let busy = async {
        loop {
            let usage = corner.docker.stats(&started.id).await.unwrap().expect("it runs");
            if usage.memory_bytes > 8_000_000 && usage.cpu_usage_ns > 50_000_000 {
                break usage;
            }
        }
    };
    let usage = tokio::time::timeout(Duration::from_secs(30), busy).await.expect("it uses what it was told to");
    assert_eq!(usage.memory_limit, Some(64 << 20));
    assert!(usage.memory_bytes < 64 << 20 && usage.pids >= 2 && usage.oom_kills == 0, "{usage:?}");
    let reader = corner.docker.usage_reader(&started.id).await.unwrap().unwrap();
    assert!(reader.read().is_some());
    corner.docker.stop(&started.id, Duration::ZERO).await.unwrap();
    assert_eq!(corner.docker.stats(&started.id).await.unwrap(), None);
    assert_eq!(reader.read(), None);
}

#[tokio::test]
async fn an_app_that_listens_is_found_healthy_at_its_own_address() {
    let corner = Corner::with_network("healthy", 30).await;
    let spec = corner.spec("web", "mkdir /tmp/w; echo hi > /tmp/w/index.html; sleep 0.3; exec httpd -f -p 7211 -h /tmp/w");
    let started = corner.docker.create_and_start(&spec).await.unwrap();
    let probe = Probe {
        target: SocketAddr::new(spec.address.unwrap().into(), 7211),
        path: Some("/index.html".into()),
        every: Duration::from_millis(50),
        timeout: Duration::from_secs(1),
        grace: Duration::from_secs(20),
    };
    probe.wait_healthy(std::future::pending()).await.unwrap();
    let seen = corner.docker.listening(&started.id).await.unwrap().expect("we are root");
    assert_eq!(seen.iter().map(|socket| socket.port).collect::<Vec<_>>(), [7211]);
    assert_eq!(explain(7211, Some(&seen)), None);
}

#[tokio::test]
async fn an_app_on_loopback_or_another_port_is_explained() {
    let corner = Corner::with_network("listens", 31).await;
    let spec = corner.spec("web", "mkdir /tmp/w; exec httpd -f -p 127.0.0.1:7211 -h /tmp/w");
    let started = corner.docker.create_and_start(&spec).await.unwrap();
    let probe = Probe {
        target: SocketAddr::new(spec.address.unwrap().into(), 7211),
        path: None,
        every: Duration::from_millis(50),
        timeout: Duration::from_secs(1),
        grace: Duration::from_millis(1500),
    };
    let unhealthy = probe.wait_healthy(std::future::pending()).await.unwrap_err();
    assert!(unhealthy.because.ends_with("nothing listens on port 7211"), "{unhealthy}");
    let seen = corner.docker.listening(&started.id).await.unwrap().unwrap();
    assert_eq!(seen, [Listening { address: IpAddr::from([127, 0, 0, 1]), port: 7211 }]);
    assert_eq!(explain(7211, Some(&seen)).unwrap(), "listens on 127.0.0.1:7211 only; make it 0.0.0.0:7211");
}

#[tokio::test]
async fn an_app_that_exits_at_once_ends_the_waiting_with_its_last_words() {
    let corner = Corner::with_network("exits", 32).await;
    let spec = corner.spec("web", "echo 'cannot find config.json' >&2; exit 2");
    let started = corner.docker.create_and_start(&spec).await.unwrap();
    let probe = Probe {
        target: SocketAddr::new(spec.address.unwrap().into(), 7211),
        path: None,
        every: Duration::from_millis(50),
        timeout: Duration::from_secs(1),
        grace: Duration::from_secs(60),
    };
    let exited = async {
        let ended = corner.docker.wait(&started.id).await.unwrap();
        format!("exited with code {}: {}", ended.exit_code, corner.docker.last_lines(&started.id, 20).await.join("\n"))
    };
    let unhealthy = probe.wait_healthy(exited).await.unwrap_err();
    assert_eq!(unhealthy.because, "exited with code 2: cannot find config.json");
    assert!(unhealthy.has_exited);
}

#[tokio::test]
async fn stopping_is_polite_then_final_and_can_be_repeated() {
    let corner = Corner::with_network("stop", 33).await;
    let polite = corner.spec("polite", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.1; done");
    let spec = ContainerSpec { restart: Restart::UnlessStopped, ..polite };
    let started = corner.docker.create_and_start(&spec).await.unwrap();
    let mut lines = std::pin::pin!(corner.docker.logs(&started.id, LogRequest { follow: true, ..Default::default() }));
    futures_util::StreamExt::next(&mut lines).await.unwrap().unwrap();
    corner.docker.stop(&started.id, Duration::from_secs(10)).await.unwrap();
    let seen = corner.docker.inspect(&started.id).await.unwrap();
    assert_eq!((seen.state, seen.exit_code, seen.pid), (ContainerState::Exited, 0, None));
    assert!(corner.docker.last_lines(&started.id, 5).await.contains(&"bye".to_owned()));
    corner.docker.stop(&started.id, Duration::from_secs(1)).await.unwrap();
    corner.docker.remove(&started.id).await.unwrap();
    corner.docker.remove(&started.id).await.unwrap();
    corner.docker.stop(&started.id, Duration::from_secs(1)).await.unwrap();
    assert!(corner.docker.inspect(&started.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_crashing_app_is_restarted_by_docker_until_that_is_taken_back() {
    let corner = Corner::with_network("crash", 34).await;
    let spec = ContainerSpec { restart: Restart::UnlessStopped, ..corner.spec("web", "exit 1") };
    let started = corner.docker.create_and_start(&spec).await.unwrap();
    let restarted = async {
        while corner.docker.inspect(&started.id).await.unwrap().restarts < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), restarted).await.expect("Docker starts it again");
    corner.docker.set_restart(&started.id, Restart::No).await.unwrap();
    let ended = async {
        while corner.docker.inspect(&started.id).await.unwrap().state != ContainerState::Exited {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.expect("it stays down");
}

#[tokio::test]
async fn apps_cannot_reach_each_other_but_the_host_reaches_them() {
    let corner = Corner::with_network("icc", 35).await;
    let server = corner.spec("server", "mkdir /tmp/w; echo hi > /tmp/w/index.html; exec httpd -f -p 80 -h /tmp/w");
    let server = ContainerSpec { hardening: Hardening::Image, ..server };
    corner.docker.create_and_start(&server).await.unwrap();
    let target = SocketAddr::new(server.address.unwrap().into(), 80);
    let probe = Probe {
        target,
        path: Some("/".into()),
        every: Duration::from_millis(50),
        timeout: Duration::from_secs(1),
        grace: Duration::from_secs(20),
    };
    probe.wait_healthy(std::future::pending()).await.unwrap();
    let (ended, texts) =
        said(&corner, &corner.spec("client", &format!("wget -T 2 -O - http://{}/", server.address.unwrap()))).await;
    assert_ne!(ended.exit_code, 0, "{texts:?}");
}

#[tokio::test]
async fn an_image_says_what_it_is() {
    let corner = Corner::new(None, "image", 36).await;
    let image = corner.docker.runnable_image(TINY).await.unwrap();
    assert_eq!((image.command, image.labels["kraken.base"].as_str()), (vec!["/bin/sh".to_owned()], "local"));
    assert!(image.size > 500_000 && image.tags.contains(&TINY.to_owned()));
}
