//! Builds: what comes out, what fails and how, and that nothing is left of a cancelled one.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::time::{Duration, Instant};

use bollard::query_parameters::{InspectContainerOptions, ListContainersOptionsBuilder};
use kraken::edge::docker::{BuildError, BuildFailure, BuildLine, BuildRequest, BuildStream, Built, DockerError, Dockerfile};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::docker::{Corner, TINY};
use crate::support::dockerd::Dockerd;

fn request(corner: &Corner, name: &str, steps: &str) -> BuildRequest {
    BuildRequest {
        target: None,
        tag: corner.tag(name),
        dockerfile: Dockerfile::Text(format!("FROM {TINY}\n{steps}\n")),
        args: BTreeMap::new(),
        labels: BTreeMap::from([("kraken.app".into(), name.into())]),
        memory: 256 << 20,
        pull: false,
        limit: Duration::from_secs(120),
    }
}

fn tar_of(files: &[(&str, &str)]) -> io::Cursor<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    io::Cursor::new(tar.into_inner().unwrap())
}

async fn build(corner: &Corner, request: &BuildRequest, files: &[(&str, &str)]) -> (Result<Built, BuildError>, Vec<BuildLine>) {
    let (lines, mut reader) = mpsc::channel(16);
    let reading = tokio::spawn(async move {
        let mut heard = Vec::new();
        while let Some(line) = reader.recv().await {
            heard.push(line);
        }
        heard
    });
    let outcome = corner.docker.build(request, tar_of(files), lines, &CancellationToken::new()).await;
    (outcome, reading.await.unwrap())
}

#[tokio::test]
async fn a_build_makes_a_labelled_image_and_tells_what_it_does() {
    let corner = Corner::new(None, "build-ok", 1).await;
    let request = BuildRequest {
        args: BTreeMap::from([("WHO".into(), "a b&c".into())]),
        ..request(&corner, "ok", "ARG WHO\nCOPY . /src\nRUN echo hello $WHO; echo oops >&2; ls -a /src")
    };
    let (built, lines) = build(&corner, &request, &[("index.html", "<h1>"), (".dockerignore", "*.md\n")]).await;
    let built = built.unwrap();
    let image = corner.docker.inspect_image(&corner.tag("ok")).await.unwrap();
    assert_eq!(image.id, built.image);
    assert_eq!((image.labels["kraken.app"].as_str(), image.labels["kraken.platform"].as_str()), ("ok", "kraken-test"));
    let said = |stream: BuildStream| {
        lines.iter().filter(|line| line.stream == stream).map(|line| line.text.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(said(BuildStream::Out), ["hello a b&c", ".", "..", "index.html"], "our own Dockerfile is not among the sources");
    assert_eq!(said(BuildStream::Err), ["oops"]);
    assert_eq!(said(BuildStream::Step).len() as u32, built.steps);
}

#[tokio::test]
async fn a_second_build_takes_all_from_the_cache_and_claims_nothing() {
    let corner = Corner::new(None, "build-cache", 2).await;
    let request = request(&corner, "cache", &format!("RUN echo {} > /x\nRUN echo 2 > /y", std::process::id()));
    let first = build(&corner, &request, &[("a", "1")]).await.0.unwrap();
    assert_eq!((first.intermediates.len(), first.cached_steps), (2, 0));
    let second = build(&corner, &request, &[("a", "1")]).await.0.unwrap();
    assert_eq!((second.intermediates.len(), second.cached_steps, second.image), (0, 3, first.image.clone()), "{:?}", first.steps);
}

#[tokio::test]
async fn a_step_that_fails_is_named_with_its_last_words() {
    let corner = Corner::new(None, "build-fails", 3).await;
    let (outcome, _) =
        build(&corner, &request(&corner, "fails", "RUN seq 1 30 >&2; echo 'no such module' >&2; exit 3"), &[("a", "1")]).await;
    let error = outcome.unwrap_err();
    assert!(!error.is_worlds_fault() && matches!(error.failure, BuildFailure::Step { .. }), "{error}");
    assert!(error.step.as_ref().unwrap().starts_with("Step 2/"), "{:?}", error.step);
    assert_eq!(error.last_lines.len(), 20);
    assert!(error.last_lines.iter().any(|line| line == "no such module"));
    assert!(error.to_string().contains("returned a non-zero code: 3"), "{error}");
}

#[tokio::test]
async fn a_build_over_its_memory_names_the_key() {
    let corner = Corner::new(None, "build-memory", 4).await;
    // The shell survives the kill of its child and ends with another code: only the kernel's event tells.
    let request =
        BuildRequest { memory: 24 << 20, ..request(&corner, "memory", "RUN tail -c 200000000 /dev/zero > /dev/null || exit 1") };
    let error = build(&corner, &request, &[("a", "1")]).await.0.unwrap_err();
    assert!(error.is_out_of_memory(), "{error}");
    assert!(error.to_string().contains("24 MB") && error.to_string().contains("[build]"), "{error}");
}

#[tokio::test]
async fn a_dockerfile_that_cannot_be_read_is_the_apps_fault() {
    let corner = Corner::new(None, "build-syntax", 5).await;
    for (steps, says) in [("FROBNICATE x", "FROBNICATE"), ("COPY nothing-here /", "nothing-here"), ("COPY --link a /", "link")] {
        let error = build(&corner, &request(&corner, "syntax", steps), &[("a", "1")]).await.0.unwrap_err();
        assert!(!error.is_worlds_fault(), "{error}");
        assert!(error.to_string().to_uppercase().contains(&says.to_uppercase()), "{error}");
    }
    let missing =
        BuildRequest { dockerfile: Dockerfile::InContext("deploy/Dockerfile".into()), ..request(&corner, "syntax", "") };
    let error = build(&corner, &missing, &[("a", "1")]).await.0.unwrap_err();
    assert!(!error.is_worlds_fault() && error.to_string().contains("deploy/Dockerfile"), "{error}");
}

#[tokio::test]
async fn a_custom_dockerfile_inside_the_context_is_used_as_it_is() {
    let corner = Corner::new(None, "build-custom", 6).await;
    let request =
        BuildRequest { dockerfile: Dockerfile::InContext("deploy/Dockerfile".into()), ..request(&corner, "custom", "") };
    let (built, lines) =
        build(&corner, &request, &[("deploy/Dockerfile", &format!("FROM {TINY}\nCOPY . /src\nRUN ls -a /src"))]).await;
    built.unwrap();
    assert!(
        lines.iter().any(|line| line.text == "deploy") && !lines.iter().any(|line| line.text.contains("kraken.dockerfile")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn sources_that_break_off_make_no_image() {
    /// The head of a large file, and then not all of it.
    struct BreaksOff(io::Cursor<Vec<u8>>);
    impl Read for BreaksOff {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("object 12ab is missing")),
                count => Ok(count),
            }
        }
    }
    let mut whole = tar_of(&[("large", &"x".repeat(1 << 20))]).into_inner();
    whole.truncate(300_000);
    let corner = Corner::new(None, "build-breaks", 7).await;
    let (lines, _reader) = mpsc::channel(16);
    let request = BuildRequest { dockerfile: Dockerfile::InContext("Dockerfile".into()), ..request(&corner, "breaks", "") };
    let error =
        corner.docker.build(&request, BreaksOff(io::Cursor::new(whole)), lines, &CancellationToken::new()).await.unwrap_err();
    assert!(
        matches!(&error.failure, BuildFailure::ReadContext(cause) if cause.to_string() == "object 12ab is missing"),
        "{error:?}"
    );
}

/// All containers of the engine, by id.
async fn all_containers(corner: &Corner) -> BTreeSet<String> {
    let options = ListContainersOptionsBuilder::new().all(true).build();
    corner.raw().list_containers(Some(options)).await.unwrap().into_iter().filter_map(|container| container.id).collect()
}

#[tokio::test]
async fn a_cancelled_build_is_dead_within_seconds_and_leaves_no_container() {
    let corner = Corner::new(None, "build-cancel", 8).await;
    let (lines, mut reader) = mpsc::channel(16);
    let cancel = CancellationToken::new();
    let request = request(&corner, "cancel", "RUN echo started; sleep 600");
    let (docker, token) = (corner.docker.clone(), cancel.clone());
    let building = tokio::spawn(async move { docker.build(&request, tar_of(&[("a", "1")]), lines, &token).await });
    while reader.recv().await.expect("the build says that it started").text != "started" {}
    let before = all_containers(&corner).await;
    let began = Instant::now();
    cancel.cancel();
    let error = building.await.unwrap().unwrap_err();
    assert!(matches!(error.failure, BuildFailure::Cancelled), "{error}");
    assert!(began.elapsed() < Duration::from_secs(5), "took {:?}", began.elapsed());
    let after = all_containers(&corner).await;
    let gone: Vec<_> = before.difference(&after).collect();
    assert!(!gone.is_empty(), "the build's container was there and is not");
}

#[tokio::test]
async fn a_build_whose_caller_went_away_dies_as_well() {
    let corner = Corner::new(None, "build-drop", 9).await;
    let (lines, mut reader) = mpsc::channel(16);
    let request = request(&corner, "drop", "RUN hostname; echo started; sleep 600");
    let docker = corner.docker.clone();
    let building =
        tokio::spawn(async move { docker.build(&request, tar_of(&[("a", "1")]), lines, &CancellationToken::new()).await });
    let mut container = String::new();
    loop {
        let line = reader.recv().await.expect("the build says that it started");
        match line.text.as_str() {
            "started" => break,
            text if line.stream == BuildStream::Out => container = text.to_owned(),
            _ => {}
        }
    }
    building.abort();
    let client = corner.raw();
    let gone = async {
        while client.inspect_container(&container, None::<InspectContainerOptions>).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("the step's container dies");
}

#[tokio::test]
async fn a_base_image_that_cannot_be_had_is_no_mystery() {
    let corner = Corner::new(None, "build-base", 10).await;
    let request = BuildRequest {
        dockerfile: Dockerfile::Text("FROM kraken-test/there-is-none:7\n".into()),
        ..request(&corner, "base", "")
    };
    let error = build(&corner, &request, &[("a", "1")]).await.0.unwrap_err();
    // With a registry in reach it does not exist; without, nobody can say.
    let BuildFailure::Docker(cause) = &error.failure else { panic!("{error}") };
    assert!(matches!(cause, DockerError::NoSuchImage { .. } | DockerError::RegistryUnreachable { .. }), "{cause}");
    assert!(cause.to_string().contains("image kraken-test/there-is-none"), "{cause}");
}

#[tokio::test]
async fn a_full_disk_is_the_worlds_fault_and_a_build_works_when_there_is_room_again() {
    let engine = Dockerd::with_disk_of(11, 160 << 20);
    let corner = Corner::new(Some(&engine.socket()), "build-full", 12).await;
    let filler = engine.fill(8 << 20);
    let request = request(&corner, "full", "RUN dd if=/dev/zero of=/big bs=1M count=60");
    let error = build(&corner, &request, &[("a", "1")]).await.0.unwrap_err();
    assert!(error.is_disk_full() && error.is_worlds_fault(), "{error} {:?}", error.last_lines);
    std::fs::remove_file(filler).unwrap();
    build(&corner, &request, &[("a", "1")]).await.0.unwrap();
}
