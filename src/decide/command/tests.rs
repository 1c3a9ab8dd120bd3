//! Wishes against small worlds.

use super::*;
use crate::decide::sample;
use crate::model::record::Draft;

fn decide_as(world: &World, key: &str, command: Command) -> Result<(Vec<Draft>, Accepted), Refusal> {
    decide(world, Asker { by: "session", key }, command)
}

#[test]
fn a_retried_request_never_deploys_twice() {
    let mut world = sample::world();
    let (drafts, first) = decide_as(&world, "k", sample::wish("web")).unwrap();
    sample::write(&mut world, drafts);
    let (drafts, again) = decide_as(&world, "k", sample::wish("web")).unwrap();
    assert!(drafts.is_empty());
    assert_eq!(first.deployment, again.deployment);
}

#[test]
fn the_same_name_from_another_repository_is_a_clash_that_suggests_a_name() {
    let mut world = sample::world();
    sample::ask_deploy(&mut world, "web");
    let Command::Deploy(mut other) = sample::wish("other") else { unreachable!("a wish to deploy") };
    other.app = sample::app();
    let refusal = decide_as(&world, "k", Command::Deploy(other)).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Conflict);
    assert!(refusal.next.unwrap().contains("--name web-2"));
}

#[test]
fn an_app_in_the_trash_keeps_its_name() {
    let mut world = sample::world();
    sample::deploy_done_with(&mut world, "web", "[[volume]]\nname = \"data\"\npath = \"/data\"\n");
    sample::ask(&mut world, Command::Destroy { app: sample::app(), with_volumes: false });
    let refusal = decide_as(&world, "k", sample::wish("web")).unwrap_err();
    assert!(refusal.next.unwrap().contains("kraken restore web"));
    sample::ask(&mut world, Command::Restore { app: sample::app() });
    assert!(world.apps[&sample::app()].is_listed());
}

#[test]
fn what_a_person_set_survives_the_push_and_the_rollback() {
    let mut world = sample::world();
    sample::deploy_done_with(&mut world, "web", "[env]\nMOOD = \"calm\"\n");
    let first = world.apps[&sample::app()].versions[0].clone();
    let set = [("MOOD".to_owned(), "merry".to_owned())].into();
    sample::ask(&mut world, Command::SetEnv { app: sample::app(), set, reset: vec![] });
    sample::update_validated(&mut world, "web", "[env]\nMOOD = \"grim\"\n");
    let mood = |world: &World| {
        let app = &world.apps[&sample::app()];
        world.deployments_of(app).next_back().unwrap().settings.clone().unwrap().env["MOOD"].clone()
    };
    assert_eq!(mood(&world), "merry");
    sample::ask(&mut world, Command::Rollback { app: sample::app(), version: first });
    assert_eq!(mood(&world), "merry");
}

#[test]
fn a_changed_value_is_a_deployment_of_the_version_that_serves() {
    let mut world = sample::world();
    sample::deploy_done(&mut world, "web", 3000);
    let set = [("MOOD".to_owned(), "merry".to_owned())].into();
    let accepted = sample::ask(&mut world, Command::SetEnv { app: sample::app(), set, reset: vec![] });
    let deployment = &world.deployments[&accepted.deployment.unwrap()];
    assert_eq!(deployment.cause, Cause::Settings);
    assert_eq!(deployment.version.as_ref(), world.apps[&sample::app()].versions.first());
}

#[test]
fn a_name_that_no_environment_can_have_is_refused() {
    let mut world = sample::world();
    sample::deploy_done(&mut world, "web", 3000);
    for name in ["", "A B", "1A", "A=B", "PORT", "KRAKEN_HOST"] {
        let set = [(name.to_owned(), "x".to_owned())].into();
        let refused = decide_as(&world, "k", Command::SetEnv { app: sample::app(), set, reset: vec![] });
        assert!(refused.is_err(), "{name:?}");
    }
}

#[test]
fn a_port_of_another_app_is_refused_with_its_name() {
    let mut world = sample::world();
    sample::deploy_done(&mut world, "web", 3000);
    sample::deploy_done(&mut world, "api", 4000);
    let refusal = decide_as(&world, "k", Command::SetRoute { app: sample::app(), publish: Some(4000), hosts: None }).unwrap_err();
    assert!(refusal.because.contains("belongs to api"), "{}", refusal.because);
}

#[test]
fn an_unknown_app_is_not_found_whatever_is_asked_of_it() {
    let world = sample::world();
    let app = sample::app();
    for command in [
        Command::TurnOff { app: app.clone() },
        Command::Update { app: app.clone(), commit: None },
        Command::Restart { app: app.clone() },
        Command::Destroy { app: app.clone(), with_volumes: false },
        Command::SetScale { app, replicas: Some(2) },
    ] {
        assert_eq!(decide_as(&world, "k", command).unwrap_err().kind, RefusalKind::NotFound);
    }
}

#[test]
fn only_settings_are_put_past_the_rules() {
    let draft = Draft { object: "app/web/wanted".parse().unwrap(), document: None };
    assert!(decide_as(&sample::world(), "k", Command::Put { drafts: vec![draft] }).is_err());
}
