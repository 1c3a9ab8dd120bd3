//! What does an event change in what this node knows?

pub mod heard;

use std::sync::Arc;

use crate::decide::hlc;
use crate::model::document::Document;
use crate::model::event::Event;
use crate::model::frame::Frame;
use crate::model::id::{AppId, NodeId};
use crate::model::record::{Concern, ObjectKey, Record, RevisionId};
use crate::model::standing::Standing;
use crate::model::time::WallTime;
use crate::model::vector::Vector;
use crate::model::world::{App, World};

/// Digests `event`, which happened at `wall`, into `world`.
pub fn fold(world: &mut World, wall: WallTime, event: &Event) {
    world.wall = wall;
    match event {
        Event::RoleChanged(role) => {
            world.role = role.clone();
            world.role_since = wall;
        }
        Event::StandingChanged(standing) => fold_standing(world, standing),
        Event::KeysChanged(facts) => world.keys = Arc::clone(facts),
        Event::LinkUp(peer) => {
            Arc::make_mut(&mut world.links).insert(peer.clone());
            // It may have another disk by now: what it holds is what it says from here on.
            Arc::make_mut(&mut world.peer_holds).remove(peer);
        }
        Event::LinkDown(peer) => drop(Arc::make_mut(&mut world.links).remove(peer)),
        Event::Persisted { records, upto, .. } => {
            for record in records {
                fold_record(world, record);
            }
            fold_upto(world, upto);
        }
        Event::Relisted { leaves, ends } => {
            for (object, leaves) in leaves {
                relist_leaves(world, object, leaves);
            }
            let holds = Arc::make_mut(&mut world.holds);
            ends.0.iter().for_each(|(origin, seq)| {
                holds.0.insert(origin.clone(), *seq);
            });
        }
        Event::FrameArrived { from, frame } => fold_frame(world, from, frame),
        Event::PlanArrived(plan) => {
            Arc::make_mut(&mut world.plans).insert(plan.node.clone(), Arc::clone(plan));
        }
        Event::Observed { node, observation } => heard::fold_observation(world, node, observation),
        Event::PortRefused { port, because } => {
            Arc::make_mut(&mut world.refused_ports).insert(*port, because.clone());
        }
        Event::PortOpened { port } => {
            Arc::make_mut(&mut world.refused_ports).remove(port);
        }
        _ => {}
    }
}

/// Takes in what a member holds (it said so, or it sent it), and what machines tell about themselves.
fn fold_frame(world: &mut World, from: &NodeId, frame: &Frame) {
    match frame {
        Frame::Holds { vector } | Frame::Records { upto: vector, .. } if world.removed.get(from).is_none() => {
            Arc::make_mut(&mut world.peer_holds).entry(from.clone()).or_default().merge(vector);
        }
        other => heard::fold_frame(world, other),
    }
}

/// Takes in who is heard now; a change of that is remembered with its time.
fn fold_standing(world: &mut World, standing: &Arc<Standing>) {
    let since = Arc::make_mut(&mut world.heard_since);
    since.retain(|node, _| standing.peers.contains_key(node));
    for (node, peer) in &standing.peers {
        let was_live = world.standing.peers.get(node).map(|before| before.is_live);
        if was_live != Some(peer.is_live) {
            since.insert(node.clone(), world.wall);
        }
    }
    world.standing = Arc::clone(standing);
}

/// Takes in that all up to `upto` is on the disk, as far as it was not pruned elsewhere.
pub fn fold_upto(world: &mut World, upto: &Vector) {
    if !world.holds.covers(upto) {
        Arc::make_mut(&mut world.holds).merge(upto);
    }
    if world.expected.iter().any(|revision| upto.get(&revision.origin) >= revision.seq) {
        Arc::make_mut(&mut world.expected).retain(|revision| upto.get(&revision.origin) < revision.seq);
    }
}

/// Takes a durable record in, once, in any order: it replaces its parents among the object's leaves, also those that come
/// later than it, and the head may change.
pub fn fold_record(world: &mut World, record: &Arc<Record>) {
    let RevisionId { origin, seq } = &record.revision;
    if *origin == world.me.origin {
        world.seq = world.seq.max(*seq);
        Arc::make_mut(&mut world.holds).raise(origin, *seq);
    }
    world.hlc = hlc::observe(world.hlc, record.hlc, world.wall);
    let was_replaced = world.expected.contains(&record.revision) && Arc::make_mut(&mut world.expected).remove(&record.revision);
    let leaves = Arc::make_mut(&mut world.leaves).entry(record.object.clone()).or_default();
    let is_old =
        was_replaced || leaves.iter().any(|leaf| leaf.revision == record.revision || leaf.parents.contains(&record.revision));
    for parent in &record.parents {
        let place = leaves.iter().position(|leaf| leaf.revision == *parent);
        if let Some(place) = place {
            leaves.remove(place);
        } else if world.holds.get(&parent.origin) < parent.seq {
            Arc::make_mut(&mut world.expected).insert(parent.clone());
        }
    }
    if !is_old {
        leaves.push(Arc::clone(record));
        leaves.sort_by(|a, b| precedence(a).cmp(&precedence(b)).reverse());
    } else if leaves.is_empty() {
        Arc::make_mut(&mut world.leaves).remove(&record.object);
    }
    project(world, &record.object);
}

/// Makes `leaves` the leaves of an object.
fn relist_leaves(world: &mut World, object: &ObjectKey, leaves: &[Arc<Record>]) {
    let known = Arc::make_mut(&mut world.leaves);
    if leaves.is_empty() {
        known.remove(object);
    } else {
        let mut leaves = leaves.to_vec();
        leaves.sort_by(|a, b| precedence(a).cmp(&precedence(b)).reverse());
        known.insert(object.clone(), leaves);
    }
    project(world, object);
}

/// Greatest first: the removal of a member beats all, a concurrent update beats a delete; then (HLC, origin).
fn precedence(record: &Record) -> (bool, bool, crate::model::time::Hlc, &crate::model::record::RevisionId) {
    let is_removal = matches!(record.document, Some(Document::Removal(_)));
    (is_removal, !record.is_tombstone(), record.hlc, &record.revision)
}

/// Renews what is put together from the object's head.
fn project(world: &mut World, object: &ObjectKey) {
    let document = world.head(object).and_then(|head| head.document.clone());
    match object {
        ObjectKey::App(app, concern) => change_app(world, app, |app| set_concern(app, *concern, document)),
        ObjectKey::Secret(app, name) => change_app(world, app, |app| {
            match document {
                Some(Document::Secret(sealed)) => app.secrets.insert(name.clone(), sealed),
                _ => app.secrets.remove(name),
            };
        }),
        ObjectKey::Version(id) => {
            let before = match document {
                Some(Document::Version(version)) => Arc::make_mut(&mut world.versions).insert(id.clone(), version),
                _ => Arc::make_mut(&mut world.versions).remove(id),
            };
            let app = before.as_ref().or_else(|| world.versions.get(id)).map(|version| version.app.clone());
            relist(world, app);
        }
        ObjectKey::Deployment(id) => {
            let before = match document {
                Some(Document::Deployment(deployment)) => Arc::make_mut(&mut world.deployments).insert(*id, deployment),
                _ => Arc::make_mut(&mut world.deployments).remove(id),
            };
            let is_known = before.is_some() && world.deployments.contains_key(id);
            let app = before.as_ref().or_else(|| world.deployments.get(id)).map(|deployment| deployment.app.clone());
            if !is_known {
                relist(world, app);
            }
        }
        ObjectKey::Volume(id) => {
            match document {
                Some(Document::Volume(volume)) => Arc::make_mut(&mut world.volumes).insert(id.clone(), volume),
                _ => Arc::make_mut(&mut world.volumes).remove(id),
            };
        }
        ObjectKey::Member(id) => {
            Arc::make_mut(&mut world.members).remove(id);
            match document {
                Some(Document::Member(member)) => drop(Arc::make_mut(&mut world.members).insert(id.clone(), member)),
                Some(Document::Removal(removal)) => {
                    Arc::make_mut(&mut world.removed).insert(id.clone(), removal);
                    heard::forget(world, id);
                }
                _ => {}
            }
        }
        ObjectKey::Node(id) => {
            match document {
                Some(Document::NodeWish(wish)) => Arc::make_mut(&mut world.node_wishes).insert(id.clone(), wish),
                _ => Arc::make_mut(&mut world.node_wishes).remove(id),
            };
        }
        ObjectKey::Command(id) => {
            Arc::make_mut(&mut world.queued).remove(id);
            Arc::make_mut(&mut world.done).remove(id);
            match document {
                Some(Document::Command(queued)) => drop(Arc::make_mut(&mut world.queued).insert(*id, Arc::from(queued))),
                Some(Document::Done(done)) => drop(Arc::make_mut(&mut world.done).insert(*id, Arc::from(done))),
                _ => {}
            }
        }
        ObjectKey::Setting(name) => {
            match document {
                Some(Document::Setting(setting)) => Arc::make_mut(&mut world.settings).insert(name.clone(), setting.value),
                _ => Arc::make_mut(&mut world.settings).remove(name),
            };
        }
    }
}

/// A document of another kind than its object's counts as none: it can only come from a fault or a newer version.
fn set_concern(app: &mut App, concern: Concern, document: Option<Document>) {
    match concern {
        Concern::Source => {
            app.source = document.and_then(|document| match document {
                Document::AppSource(source) => Some(source),
                _ => None,
            });
        }
        Concern::Env => {
            app.env = match document {
                Some(Document::AppEnv(env)) => env,
                _ => Default::default(),
            };
        }
        Concern::Scale => {
            app.scale = match document {
                Some(Document::AppScale(scale)) => scale,
                _ => Default::default(),
            };
        }
        Concern::Route => {
            app.route = match document {
                Some(Document::AppRoute(route)) => route,
                _ => Default::default(),
            };
        }
        Concern::Place => {
            app.place = match document {
                Some(Document::AppPlace(place)) => place,
                _ => Default::default(),
            };
        }
        Concern::Wanted => {
            app.wanted = document.and_then(|document| match document {
                Document::AppWanted(wanted) => Some(wanted),
                _ => None,
            });
        }
    }
}

fn change_app(world: &mut World, id: &AppId, change: impl FnOnce(&mut App)) {
    let apps = Arc::make_mut(&mut world.apps);
    let app = Arc::make_mut(apps.entry(id.clone()).or_default());
    change(app);
    if app.is_empty() {
        apps.remove(id);
    }
}

/// Renews an app's lists of deployments and versions.
fn relist(world: &mut World, app: Option<AppId>) {
    let Some(id) = app else { return };
    let mut deployments: Vec<_> = world.deployments.values().filter(|deployment| deployment.app == id).collect();
    deployments.sort_by_key(|deployment| (deployment.order, deployment.id));
    let deployments = deployments.into_iter().map(|deployment| deployment.id).collect();
    let mut versions: Vec<_> = world.versions.values().filter(|version| version.app == id).collect();
    versions.sort_by_key(|version| version.number);
    let versions = versions.into_iter().map(|version| version.id.clone()).collect();
    change_app(world, &id, |app| {
        app.deployments = deployments;
        app.versions = versions;
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;
    use crate::model::document::{AppWanted, Wanted};
    use crate::model::record::{Origin, RevisionId};
    use crate::model::time::Hlc;

    fn record(seq: u64, wall: u64, parents: &[u64], wanted: Option<Wanted>) -> Arc<Record> {
        let origin = sample::world().me.origin.clone();
        let revision = |seq| RevisionId { origin: origin.clone(), seq };
        Arc::new(Record {
            v: 1,
            object: "app/web/wanted".parse().unwrap(),
            revision: revision(seq),
            parents: parents.iter().map(|seq| revision(*seq)).collect(),
            hlc: Hlc { wall, logical: 0 },
            epoch: None,
            document: wanted.map(|state| Document::AppWanted(AppWanted { state, by: "session".into(), at: WallTime(wall) })),
        })
    }

    fn wanted_after(records: &[Arc<Record>]) -> Option<Wanted> {
        let mut world = sample::world();
        for record in records {
            fold_record(&mut world, record);
        }
        world.apps.values().next().map(|app| app.wanted())
    }

    #[test]
    fn a_revision_replaces_its_parent() {
        let (on, off) = (record(1, 10, &[], Some(Wanted::On)), record(2, 20, &[1], Some(Wanted::Off)));
        assert_eq!(wanted_after(&[on, off]), Some(Wanted::Off));
    }

    #[test]
    fn concurrent_edits_give_the_same_head_in_any_order_of_arrival() {
        let (on, off) = (record(1, 10, &[], Some(Wanted::On)), record(2, 20, &[], Some(Wanted::Off)));
        assert_eq!(wanted_after(&[on.clone(), off.clone()]), Some(Wanted::Off));
        assert_eq!(wanted_after(&[off, on]), Some(Wanted::Off));
    }

    #[test]
    fn a_port_that_was_refused_and_then_opened_is_as_good_as_any() {
        let mut world = sample::world();
        let wall = world.wall;
        fold(&mut world, wall, &Event::PortRefused { port: 3000, because: "in use".into() });
        assert!(world.refused_ports.contains_key(&3000));
        fold(&mut world, wall, &Event::PortOpened { port: 3000 });
        assert!(world.refused_ports.is_empty());
    }

    #[test]
    fn a_concurrent_update_beats_a_delete() {
        let (update, delete) = (record(1, 10, &[], Some(Wanted::On)), record(2, 20, &[], None));
        assert_eq!(wanted_after(&[update, delete]), Some(Wanted::On));
    }

    #[test]
    fn a_deleted_object_leaves_no_app_behind() {
        let (on, gone) = (record(1, 10, &[], Some(Wanted::On)), record(2, 20, &[1], None));
        assert_eq!(wanted_after(&[on, gone]), None);
    }

    #[test]
    fn a_record_seen_twice_changes_nothing() {
        let (on, off) = (record(1, 10, &[], Some(Wanted::On)), record(2, 20, &[1], Some(Wanted::Off)));
        assert_eq!(wanted_after(&[on.clone(), off.clone(), on, off]), Some(Wanted::Off));
    }

    #[test]
    fn the_sequence_follows_this_nodes_own_records_only() {
        let mut world = sample::world();
        let mut foreign = (*record(9, 10, &[], Some(Wanted::On))).clone();
        foreign.revision.origin = Origin { store: "ffffffffffffffff".parse().unwrap(), ..foreign.revision.origin };
        fold_record(&mut world, &Arc::new(foreign));
        assert_eq!(world.seq, 0);
        fold_record(&mut world, &record(3, 10, &[], Some(Wanted::On)));
        assert_eq!(world.seq, 3);
    }
}
