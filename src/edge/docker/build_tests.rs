//! Does `build` keep its word?

use super::*;

fn request() -> BuildRequest {
    BuildRequest {
        target: None,
        tag: "kraken/web:1".into(),
        dockerfile: Dockerfile::Text("FROM scratch".into()),
        args: BTreeMap::from([("A".into(), "a b&c".into())]),
        labels: BTreeMap::new(),
        memory: 6 << 30,
        pull: false,
        limit: Duration::from_secs(60),
    }
}

#[test]
fn a_memory_limit_above_two_gib_reaches_docker_whole() {
    let modify = memory_limit(request().memory);
    let body = bollard::body_full(bytes::Bytes::new());
    let asked = http::Request::builder().uri("unix://2f/v1.41/build?t=x").body(body).unwrap();
    let asked = modify(asked);
    assert_eq!(asked.uri().query(), Some("t=x&memory=6442450944&memswap=6442450944"));
    assert_eq!(asked.uri().path(), "/v1.41/build");
}

#[test]
fn labels_are_one_instruction_and_cannot_break_out_of_it() {
    let labels = HashMap::from([("kraken.app".to_owned(), "web".to_owned()), ("a".to_owned(), "x\"\n $HOME\\".to_owned())]);
    assert_eq!(label_line(&labels), r#"LABEL "a"="x\" \$HOME\\" "kraken.app"="web""#);
}

#[test]
fn every_dockerfile_of_ours_is_labelled_above_its_source_and_nowhere_else() {
    let labels = super::super::Labels { platform: "home".into(), node: "n1".into() };
    let docker = Docker::connect(Some("/nonexistent/docker.sock"), labels).unwrap();
    let dockerfiles = crate::decide::recipe::FILES.iter().filter(|(name, _)| name.ends_with(".dockerfile"));
    for (name, text) in dockerfiles {
        let labelled = docker.labelled(text);
        assert_eq!(labelled.replace(r#"LABEL "kraken.node"="n1" "kraken.platform"="home""#, LABELS_HERE), *text, "{name}");
        assert_eq!(labelled.matches("LABEL").count(), 1, "{name}");
        let (above, below) = labelled.split_once("LABEL").unwrap();
        let copies_source =
            |part: &str| ["COPY ${DIR}", "COPY --from=built"].iter().any(|copy| part.contains(copy)) || part.contains(" . ./");
        assert!(copies_source(below), "{name}");
        assert!(above.contains("FROM"), "{name}");
    }
}

#[test]
fn the_memory_message_names_the_key() {
    let error = BuildError::from(BuildFailure::OutOfMemory { limit: 512 << 20 });
    assert!(error.is_out_of_memory() && !error.is_worlds_fault());
    assert_eq!(
        error.to_string(),
        "the build needed more than its 512 MB of memory; set a larger `memory` in [build] of shipwreck.toml"
    );
}

#[test]
fn room_is_known_for_a_folder_and_unknown_for_nothing() {
    assert!(room_at("/").is_some());
    assert_eq!(room_at("/nonexistent/folder"), None);
}
