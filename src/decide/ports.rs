//! Which LAN port does an app get? Chosen once, kept.

use std::collections::BTreeSet;

use crate::decide::manifest::is_reserved_port;
use crate::decide::route;
use crate::model::action::Note;
use crate::model::document::{AppRoute, Document};
use crate::model::id::AppId;
use crate::model::record::{Concern, Draft, ObjectKey};
use crate::model::time::Hlc;
use crate::model::world::{App, World};

/// Where apps without a port of their own are put.
const POOL: std::ops::RangeInclusive<u16> = 20_000..=29_999;

/// Ports other apps than `app` hold: published ones and those of their `[[port]]` tables, each with its holder.
pub fn taken<'a>(world: &'a World, app: &'a AppId) -> impl Iterator<Item = (u16, &'a AppId)> {
    world.apps.iter().filter(move |(id, _)| *id != app).flat_map(move |(id, other)| {
        let newest = world.current(other).or_else(|| world.open(other)).and_then(|deployment| world.version_of(deployment));
        let relays = newest.into_iter().flat_map(|version| version.manifest.ports.iter().map(|port| port.listen));
        other.route.port.into_iter().chain(other.route.publish).chain(relays).map(move |port| (port, id))
    })
}

/// The port `app` is published at: `wish` if it is free, else the first free one of the pool.
/// None only when all ten thousand are taken.
#[must_use]
pub fn choose(world: &World, app: &AppId, wish: u16, own_relays: &BTreeSet<u16>) -> Option<u16> {
    let taken: BTreeSet<u16> = taken(world, app).map(|(port, _)| port).collect();
    let is_free = |port: &u16| {
        !taken.contains(port)
            && !own_relays.contains(port)
            && !is_reserved_port(*port)
            && !world.me.reserved_ports.contains(port)
            && !world.refused_ports.contains_key(port)
    };
    std::iter::once(wish).chain(POOL).find(is_free)
}

/// Another port for an app whose chosen one cannot be opened on this machine. One that people or the file asked for stays:
/// they are told, and it opens once whoever holds it lets go.
#[must_use]
pub fn moved(world: &World, id: &AppId, app: &App) -> Option<Draft> {
    let port = app.route.port.filter(|port| world.refused_ports.contains_key(port))?;
    let manifest = route::shown_version(world, app).map(|version| &version.manifest);
    let is_asked_for = app.route.publish == Some(port) || manifest.is_some_and(|manifest| manifest.route.publish == Some(port));
    if is_asked_for || !app.is_listed() {
        return None;
    }
    let relays = manifest.into_iter().flat_map(|manifest| manifest.ports.iter().map(|port| port.listen)).collect();
    let port = choose(world, id, manifest.map_or(port, |manifest| manifest.config.port), &relays)?;
    let route = AppRoute { port: Some(port), ..app.route.clone() };
    Some(Draft { object: ObjectKey::App(id.clone(), Concern::Route), document: Some(Document::AppRoute(route)) })
}

/// Another port for an app that shares its own with one that had it first: two sides chose the same while they did not hear
/// each other. The earlier record keeps it.
#[must_use]
pub fn yielded(world: &World, id: &AppId, app: &App) -> Option<(Draft, Note)> {
    let port = app.route.port.filter(|_| app.is_listed())?;
    let since = |id: &AppId| {
        let head = world.head(&ObjectKey::App(id.clone(), Concern::Route));
        (head.map_or(Hlc::default(), |head| head.hlc), id.clone())
    };
    let mine = since(id);
    let others = world.apps.iter().filter(|(other, app)| *other != id && app.is_listed() && app.route.port == Some(port));
    let holder = others.map(|(other, _)| since(other)).find(|other| *other < mine)?.1;
    let manifest = route::shown_version(world, app).map(|version| &version.manifest);
    let relays = manifest.into_iter().flat_map(|manifest| manifest.ports.iter().map(|port| port.listen)).collect();
    let next = choose(world, id, manifest.map_or(port, |manifest| manifest.config.port), &relays)?;
    // Whoever asked for the port on the other side asked for one that is taken now.
    let publish = app.route.publish.filter(|publish| *publish != port);
    let route = AppRoute { port: Some(next), publish, ..app.route.clone() };
    let says = format!("{id} and {holder} took port {port} on two sides at once; {holder} had it first, and {id} has {next} now");
    let draft = Draft { object: ObjectKey::App(id.clone(), Concern::Route), document: Some(Document::AppRoute(route)) };
    Some((draft, Note::Event { object: format!("apps/{id}"), says }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;

    #[test]
    fn an_app_gets_its_own_port_if_nobody_has_it() {
        assert_eq!(choose(&sample::world(), &sample::app(), 3000, &BTreeSet::new()), Some(3000));
    }

    #[test]
    fn a_reserved_or_refused_port_becomes_the_first_free_of_the_pool() {
        let mut world = sample::world();
        assert_eq!(choose(&world, &sample::app(), 8000, &BTreeSet::new()), Some(20_000));
        std::sync::Arc::make_mut(&mut world.refused_ports).insert(3000, "in use".into());
        assert_eq!(choose(&world, &sample::app(), 3000, &BTreeSet::from([20_000])), Some(20_001));
    }

    #[test]
    fn two_apps_never_share_a_port() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "other", 3000);
        assert_eq!(choose(&world, &sample::app(), 3000, &BTreeSet::new()), Some(20_000));
    }

    #[test]
    fn a_chosen_port_that_cannot_be_opened_is_given_up_for_another() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        let app = world.apps[&sample::app()].clone();
        assert_eq!(moved(&world, &sample::app(), &app), None);
        std::sync::Arc::make_mut(&mut world.refused_ports).insert(3000, "in use".into());
        let draft = moved(&world, &sample::app(), &app).unwrap();
        sample::write(&mut world, vec![draft]);
        assert_eq!(world.apps[&sample::app()].route.port, Some(20_000));
    }

    #[test]
    fn a_port_somebody_asked_for_is_never_given_up() {
        let mut world = sample::world();
        sample::deploy_done_with(&mut world, "web", "[route]\npublish = 4000\n");
        std::sync::Arc::make_mut(&mut world.refused_ports).insert(4000, "in use".into());
        let app = world.apps[&sample::app()].clone();
        assert_eq!(moved(&world, &sample::app(), &app), None);
    }

    #[test]
    fn of_two_apps_that_took_one_port_on_two_sides_the_later_gets_the_next_free_one() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        sample::deploy_done(&mut world, "api", 4000);
        let route = AppRoute { publish: Some(3000), hosts: None, port: Some(3000) };
        let object = "app/api/route".parse().unwrap();
        sample::write(&mut world, vec![Draft { object, document: Some(Document::AppRoute(route)) }]);
        let of =
            |world: &World, name: &str| (name.parse::<AppId>().unwrap(), world.apps[&name.parse::<AppId>().unwrap()].clone());
        let (web, first) = of(&world, "web");
        assert_eq!(yielded(&world, &web, &first), None, "the earlier one keeps it");
        let (api, second) = of(&world, "api");
        let (draft, note) = yielded(&world, &api, &second).unwrap();
        assert!(matches!(note, Note::Event { says, .. } if says.contains("web had it first")));
        sample::write(&mut world, vec![draft]);
        let (_, moved) = of(&world, "api");
        assert_eq!((moved.route.port, moved.route.publish), (Some(4000), None));
        assert_eq!(yielded(&world, &api, &moved), None);
    }
}
