//! What was changed on two sides at once? Objects with more than one leaf, in words; the other leaf is kept and can be put in force.

use crate::model::document::{AppPlace, AppRoute, AppScale, AppSource, Document, NodeWish, Source, Wanted};
use crate::model::id::AppId;
use crate::model::record::{Concern, ObjectKey, Record, RevisionId};
use crate::model::time::WallTime;
use crate::model::world::World;

/// One object with more than one leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Which object.
    pub object: ObjectKey,
    /// The app it belongs to, if one.
    pub app: Option<AppId>,
    /// What it is, for people ("the environment of web").
    pub what: String,
    /// What is in force.
    pub kept: Side,
    /// What is not, the newest first.
    pub others: Vec<Side>,
}

/// One of the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its record.
    pub revision: RevisionId,
    /// When it was made, by the clock of the machine that took it.
    pub at: WallTime,
    /// The name of that machine.
    pub node: String,
    /// What it says, for people; never a secret.
    pub says: String,
    /// Whether this Kraken can put it in force.
    pub is_restorable: bool,
}

/// Every conflict that matters to people, by object. What Kraken itself writes settles by itself.
#[must_use]
pub fn conflicts(world: &World) -> Vec<Conflict> {
    let open = world.leaves.iter().filter(|(_, leaves)| leaves.len() > 1);
    open.filter_map(|(object, leaves)| {
        let (app, what) = named(world, object)?;
        let [kept, others @ ..] = leaves.as_slice() else { return None };
        let others: Vec<Side> =
            others.iter().filter(|other| other.document != kept.document).map(|other| side(world, other)).collect();
        (!others.is_empty()).then(|| Conflict { object: object.clone(), app, what, kept: side(world, kept), others })
    })
    .collect()
}

/// The app and the name of what people can decide about; none for the rest.
fn named(world: &World, object: &ObjectKey) -> Option<(Option<AppId>, String)> {
    Some(match object {
        ObjectKey::App(app, concern) => {
            let what = match concern {
                Concern::Source => format!("where the code of {app} comes from"),
                Concern::Env => format!("the environment of {app}"),
                Concern::Scale => format!("the number of copies of {app}"),
                Concern::Route => format!("the port and host names of {app}"),
                Concern::Wanted => format!("whether {app} runs"),
                Concern::Place => format!("the machine of {app}"),
            };
            (Some(app.clone()), what)
        }
        ObjectKey::Secret(app, name) => (Some(app.clone()), format!("the secret {name} of {app}")),
        ObjectKey::Node(node) => (None, format!("the settings of {}", node_name(world, node))),
        ObjectKey::Setting(name) if name == "password" => (None, "the password".to_owned()),
        ObjectKey::Version(_)
        | ObjectKey::Deployment(_)
        | ObjectKey::Volume(_)
        | ObjectKey::Member(_)
        | ObjectKey::Command(_)
        | ObjectKey::Setting(_) => return None,
    })
}

fn side(world: &World, leaf: &Record) -> Side {
    Side {
        revision: leaf.revision.clone(),
        at: WallTime(leaf.hlc.wall),
        node: node_name(world, &leaf.revision.origin.node),
        says: says(world, leaf.document.as_ref()),
        is_restorable: leaf.document != Some(Document::Unknown),
    }
}

/// What a machine is or was called; else the short form of its id.
#[must_use]
pub fn node_name(world: &World, node: &crate::model::id::NodeId) -> String {
    if *node == world.me.node {
        return world.me.name.clone();
    }
    let member = world.members.get(node).map(|member| member.name.clone());
    let removed = || world.removed.get(node).map(|removal| removal.name.clone());
    member.or_else(removed).unwrap_or_else(|| node.short().to_owned())
}

fn says(world: &World, document: Option<&Document>) -> String {
    match document {
        None => "removed".to_owned(),
        Some(Document::AppSource(AppSource { source, manifest, .. })) => {
            let edited = if manifest.is_some() { ", with an edited shipwreck.toml" } else { "" };
            match source {
                Source::Git { url, reference, .. } => format!("{reference} of {url}{edited}"),
                Source::Upload { digest, .. } => format!("an uploaded folder ({}){edited}", digest.get(..12).unwrap_or(digest)),
            }
        }
        Some(Document::AppEnv(env)) if env.set.is_empty() => "as the file says".to_owned(),
        Some(Document::AppEnv(env)) => {
            env.set.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
        }
        Some(Document::AppScale(AppScale { replicas })) => {
            replicas.map_or_else(|| "as the file says".to_owned(), |replicas| replicas.to_string())
        }
        Some(Document::AppRoute(AppRoute { publish, hosts, port })) => {
            let port = publish.or(*port).map(|port| format!("port {port}"));
            let hosts = hosts.as_ref().filter(|hosts| !hosts.is_empty()).map(|hosts| hosts.join(", "));
            let parts: Vec<String> = port.into_iter().chain(hosts).collect();
            if parts.is_empty() { "as the file says".to_owned() } else { parts.join(", ") }
        }
        Some(Document::AppWanted(wanted)) => match wanted.state {
            Wanted::On => "on".to_owned(),
            Wanted::Off => "off".to_owned(),
            Wanted::Destroyed => "destroyed".to_owned(),
            Wanted::Purged => "destroyed with its data".to_owned(),
        },
        Some(Document::AppPlace(AppPlace { node })) => {
            node.as_ref().map_or_else(|| "Kraken chooses".to_owned(), |node| node_name(world, node))
        }
        Some(Document::NodeWish(wish)) => wish_says(wish),
        Some(Document::Secret(_)) => "a value".to_owned(),
        Some(Document::Unknown) => "something only a newer Kraken understands".to_owned(),
        Some(_) => "another state".to_owned(),
    }
}

fn wish_says(wish: &NodeWish) -> String {
    let priority = wish.priority.map(|priority| format!("priority {priority}"));
    let labels = wish.labels.as_ref().map(|labels| format!("labels {}", labels.iter().cloned().collect::<Vec<_>>().join(", ")));
    let machine = wish.machine.map(|machine| format!("{machine:?}").to_lowercase());
    let parts: Vec<String> = priority.into_iter().chain(labels).chain(machine).collect();
    if parts.is_empty() { "as its own config says".to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::decide::fold::fold_record;
    use crate::decide::{sample, stamp};
    use crate::model::command::Command;
    use crate::model::record::Draft;

    /// The same world changed by two machines that do not hear each other, each by its own command.
    fn torn(here: Command, there: Command) -> World {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        let mut other = world.clone();
        let me = Arc::make_mut(&mut other.me);
        me.node = "b".repeat(26).parse().unwrap();
        me.origin.node = me.node.clone();
        (other.seq, other.wall) = (0, WallTime(other.wall.0 + 1000));
        sample::ask(&mut world, here);
        let before = other.leaves.clone();
        sample::ask(&mut other, there);
        let news = other.leaves.iter().filter(|(object, leaves)| before.get(*object) != Some(leaves));
        for record in news.flat_map(|(_, leaves)| leaves) {
            fold_record(&mut world, record);
        }
        world
    }

    fn scale(replicas: u32) -> Command {
        Command::SetScale { app: sample::app(), replicas: Some(replicas) }
    }

    #[test]
    fn two_edits_of_one_concern_are_shown_with_the_newer_in_force() {
        let world = torn(scale(2), scale(3));
        let found = conflicts(&world);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].what.as_str(), found[0].kept.says.as_str()), ("the number of copies of web", "3"));
        assert_eq!((found[0].others[0].says.as_str(), found[0].others[0].node.as_str()), ("2", "pi4"));
        assert_eq!(world.apps[&sample::app()].scale.replicas, Some(3));
    }

    #[test]
    fn edits_of_different_concerns_never_conflict_and_nor_does_the_same_edit_twice() {
        assert!(
            conflicts(&torn(scale(2), Command::SetRoute { app: sample::app(), publish: Some(4000), hosts: None })).is_empty()
        );
        assert!(conflicts(&torn(scale(2), scale(2))).is_empty());
    }

    #[test]
    fn a_concurrent_update_beats_a_delete_which_stays_visible() {
        let mut world = torn(scale(2), scale(3));
        let gone = Draft { object: "app/web/scale".parse().unwrap(), document: None };
        let mut late = (*stamp::stamp(&world, vec![gone]).remove(0)).clone();
        late.parents.clear();
        fold_record(&mut world, &Arc::new(late));
        assert_eq!(world.apps[&sample::app()].scale.replicas, Some(3));
        assert_eq!(conflicts(&world)[0].others.iter().filter(|side| side.says == "removed").count(), 1);
    }

    #[test]
    fn the_other_leaf_can_be_put_in_force_and_that_ends_the_conflict() {
        let mut world = torn(scale(2), scale(3));
        let found = conflicts(&world).remove(0);
        let revision = found.others[0].revision.clone();
        sample::ask(&mut world, Command::Settle { object: found.object, revision });
        assert_eq!(world.apps[&sample::app()].scale.replicas, Some(2));
        assert!(conflicts(&world).is_empty());
    }

    #[test]
    fn a_restored_environment_is_deployed() {
        let set = |mood: &str| [("MOOD".to_owned(), mood.to_owned())].into();
        let env = |mood| Command::SetEnv { app: sample::app(), set: set(mood), reset: vec![] };
        let mut world = torn(env("calm"), env("grim"));
        let found = conflicts(&world).remove(0);
        assert_eq!(found.kept.says, "MOOD=grim");
        let accepted =
            sample::ask(&mut world, Command::Settle { object: found.object, revision: found.others[0].revision.clone() });
        assert_eq!(world.deployments[&accepted.deployment.unwrap()].settings.as_ref().unwrap().env["MOOD"], "calm");
    }

    #[test]
    fn a_leaf_that_is_none_any_more_is_refused() {
        let mut world = torn(scale(2), scale(3));
        let found = conflicts(&world).remove(0);
        sample::ask(&mut world, scale(4));
        let asker = crate::decide::command::Asker { by: "session", key: "k" };
        let settle = Command::Settle { object: found.object, revision: found.others[0].revision.clone() };
        let refusal = crate::decide::command::decide(&world, asker, settle).unwrap_err();
        assert!(refusal.because.contains("settled already"), "{refusal}");
    }
}
