//! Ownership: what does not carry our labels stays as it is, whatever is asked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use bollard::models::{ContainerCreateBody, NetworkCreateRequest, VolumeCreateRequest};
use bollard::query_parameters::{
    BuildImageOptionsBuilder, CreateContainerOptionsBuilder, InspectContainerOptions, InspectNetworkOptions,
    RemoveContainerOptionsBuilder, RemoveImageOptions, RemoveVolumeOptions, StartContainerOptions, TagImageOptionsBuilder,
};
use kraken::edge::docker::{Docker, DockerError, Labels, Restart};
use kraken::model::id::{ContainerId, ImageId};

use crate::support::docker::{Corner, TINY};

/// Makes and starts a container that is nobody's of ours.
async fn foreign_container(corner: &Corner, name: &str) -> ContainerId {
    let body =
        ContainerCreateBody { image: Some(TINY.into()), cmd: Some(vec!["sleep".into(), "600".into()]), ..Default::default() };
    let made = corner.raw().create_container(Some(CreateContainerOptionsBuilder::new().name(name).build()), body).await.unwrap();
    corner.raw().start_container(&made.id, None::<StartContainerOptions>).await.unwrap();
    ContainerId::try_from(made.id).unwrap()
}

fn is_foreign<T>(outcome: Result<T, DockerError>) -> bool {
    matches!(outcome, Err(DockerError::Foreign { .. }))
}

#[tokio::test]
async fn a_foreign_container_is_neither_listed_nor_stopped_nor_replaced() {
    let corner = Corner::with_network("theirs", 50).await;
    let spec = corner.spec("web", "sleep 600");
    let theirs = foreign_container(&corner, &spec.name).await;
    let docker = &corner.docker;
    assert_eq!(docker.list_ours().await.unwrap(), []);
    assert!(is_foreign(docker.stop(&theirs, Duration::ZERO).await));
    assert!(is_foreign(docker.remove(&theirs).await));
    assert!(is_foreign(docker.set_restart(&theirs, Restart::No).await));
    assert!(is_foreign(docker.start_again(&theirs).await));
    assert!(docker.inspect(&theirs).await.unwrap_err().is_not_found());
    let error = docker.create_and_start(&spec).await.unwrap_err();
    assert!(error.to_string().contains(&spec.name) && is_foreign(Err::<(), _>(error)));
    let seen = corner.raw().inspect_container(theirs.as_str(), None::<InspectContainerOptions>).await.unwrap();
    assert_eq!(seen.state.unwrap().running, Some(true));
    corner.raw().remove_container(theirs.as_str(), Some(RemoveContainerOptionsBuilder::new().force(true).build())).await.unwrap();
}

#[tokio::test]
async fn another_node_on_the_same_docker_is_foreign_too() {
    let corner = Corner::with_network("mine", 51).await;
    let started = corner.docker.create_and_start(&corner.spec("web", "sleep 600")).await.unwrap();
    let other =
        Docker::connect(Some(corner.docker.socket()), Labels { platform: "kraken-test".into(), node: "another".into() }).unwrap();
    assert_eq!(other.list_ours().await.unwrap(), []);
    assert!(is_foreign(other.remove(&started.id).await));
    assert!(is_foreign(other.remove_network(&corner.network).await));
    assert_eq!(corner.docker.list_ours().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_foreign_network_or_volume_keeps_its_name_and_its_data() {
    let corner = Corner::new(None, "data", 52).await;
    let client = corner.raw();
    let name = corner.network.clone();
    client.create_network(NetworkCreateRequest { name: name.clone(), ..Default::default() }).await.unwrap();
    client.create_volume(VolumeCreateRequest { name: Some(name.clone()), ..Default::default() }).await.unwrap();
    assert!(is_foreign(corner.docker.ensure_network(&name, Some(corner.subnet)).await));
    assert!(is_foreign(corner.docker.remove_network(&name).await));
    assert!(is_foreign(corner.docker.ensure_volume(&name, &BTreeMap::new()).await));
    assert!(is_foreign(corner.docker.remove_volume(&name).await));
    assert_eq!(corner.docker.list_volumes().await.unwrap(), []);
    client.remove_network(&name).await.expect("it is still there");
    client.remove_volume(&name, None::<RemoveVolumeOptions>).await.expect("it is still there");
}

/// An image with one small layer on [`TINY`].
async fn image(corner: &Corner, name: &str, labels: HashMap<String, String>) -> ImageId {
    let tag = corner.tag(name);
    let dockerfile = format!("FROM {TINY}\nRUN echo {tag} > /name\n");
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(dockerfile.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "Dockerfile", dockerfile.as_bytes()).unwrap();
    let options = BuildImageOptionsBuilder::new().t(&tag).labels(&labels).rm(true).nocache(true).build();
    let client = corner.raw();
    let body = bollard::body_full(tar.into_inner().unwrap().into());
    let mut steps = client.build_image(options, None, Some(body));
    while let Some(step) = futures_util::StreamExt::next(&mut steps).await {
        step.unwrap();
    }
    corner.docker.inspect_image(&tag).await.unwrap().id
}

#[tokio::test]
async fn only_old_images_of_ours_are_pruned() {
    let corner = Corner::with_network("prune", 53).await;
    let ours = corner.docker.labels().with(&BTreeMap::new());
    let (old, kept, used, named) = (
        image(&corner, "old", ours.clone()).await,
        image(&corner, "kept", ours.clone()).await,
        image(&corner, "used", ours.clone()).await,
        image(&corner, "named", ours).await,
    );
    let (theirs, recorded) = (image(&corner, "theirs", HashMap::new()).await, image(&corner, "recorded", HashMap::new()).await);
    let mut spec = corner.spec("web", "sleep 600");
    spec.image = used.to_string();
    corner.docker.create_and_start(&spec).await.unwrap();
    let foreign_name = format!("theirs-{}", std::process::id());
    let options = TagImageOptionsBuilder::new().repo(&foreign_name).tag("1").build();
    corner.raw().tag_image(named.as_str(), Some(options)).await.unwrap();

    let records = BTreeMap::from([(recorded.clone(), BTreeSet::from([corner.tag("recorded")]))]);
    let freed = corner.docker.prune(&BTreeSet::from([kept.clone()]), &records, 0).await.unwrap();

    assert_eq!(freed.removed.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&old, &recorded]));
    for id in [&kept, &used, &named, &theirs] {
        corner.docker.inspect_image(id.as_str()).await.expect("it stays");
    }
    for name in [corner.tag("theirs"), format!("{foreign_name}:1")] {
        let _ = corner.raw().remove_image(&name, None::<RemoveImageOptions>, None).await;
    }
}

#[tokio::test]
async fn the_bridge_is_made_once_with_its_own_addresses() {
    let corner = Corner::new(None, "bridge", 54).await;
    let first = corner.docker.ensure_network(&corner.network, Some(corner.subnet)).await.unwrap();
    let second = corner.docker.ensure_network(&corner.network, None).await.unwrap();
    assert_eq!(first, second);
    assert_eq!((first.gateway.to_string().as_str(), first.subnet), ("198.18.54.1", corner.subnet));
    let seen = corner.raw().inspect_network(&corner.network, None::<InspectNetworkOptions>).await.unwrap();
    assert_eq!(seen.options.unwrap()["com.docker.network.bridge.enable_icc"], "false");
    // An idle bridge follows the config; the first free range is not one that is taken.
    let moved = "198.18.55.0/24".parse().unwrap();
    assert_eq!(corner.docker.ensure_network(&corner.network, Some(moved)).await.unwrap().subnet, moved);
    corner.docker.remove_network(&corner.network).await.unwrap();
    let chosen = corner.docker.ensure_network(&corner.network, None).await.unwrap();
    assert_eq!(chosen.subnet.prefix(), 20);
}
