//! Which machines could an app run on, and why not the others? In words for people.

use crate::decide::machine::{self, Facts};
use crate::decide::placement::{Ask, Misfit, need};
use crate::decide::room::{Room, size};
use crate::model::document::VolumeState;
use crate::model::id::{AppId, NodeId};
use crate::model::manifest::Manifest;
use crate::model::world::World;

/// One machine, as a place for an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<'a> {
    /// Which.
    pub node: &'a NodeId,
    /// Whether the app would run there now.
    pub fits: bool,
    /// How much room it has, or why it does not fit.
    pub why: String,
}

/// The machines that hold data of the app.
#[must_use]
pub fn homes(world: &World, id: &AppId) -> Vec<NodeId> {
    let kept = world.volumes_of(id).filter(|volume| volume.state == VolumeState::Kept);
    let mut homes: Vec<NodeId> = kept.map(|volume| volume.home.clone()).collect();
    homes.sort();
    homes.dedup();
    homes
}

/// Every member as a place for `id`, whatever machine was chosen; without a manifest any machine that is there fits.
#[must_use]
pub fn choices<'a>(world: &'a World, id: &AppId, manifest: Option<&Manifest>) -> Vec<Choice<'a>> {
    let (homes, room) = (homes(world, id), Room::told(world));
    let look = |node: &'a NodeId| {
        let facts = machine::facts(world, node);
        let refusal = absent(world, node).or_else(|| misfit(world, id, node, facts.as_ref(), manifest, &homes, &room));
        let free = facts.map_or(0, |facts| facts.memory.saturating_sub(room.beside(id, node)));
        let why = refusal.clone().unwrap_or_else(|| format!("{} free", size(free)));
        Choice { node, fits: refusal.is_none(), why }
    };
    machine::members(world).into_iter().map(look).collect()
}

fn misfit(
    world: &World,
    id: &AppId,
    node: &NodeId,
    facts: Option<&Facts>,
    manifest: Option<&Manifest>,
    homes: &[NodeId],
    room: &Room<'_>,
) -> Option<String> {
    let (manifest, facts) = (manifest?, facts?);
    let ask = Ask { manifest, chosen: None, homes };
    if let Some(misfit) = ask.misfit(node, facts) {
        return Some(match misfit {
            Misfit::Home | Misfit::Chosen => {
                let names: Vec<String> = homes.iter().map(|home| machine::name(world, home)).collect();
                format!("does not have its data, which is on {}", names.join(" and "))
            }
            Misfit::Arch => format!("is {}, and the app needs {}", facts.arch, manifest.place.arch.join(" or ")),
            Misfit::Labels => format!("has not all of the labels {}", manifest.place.labels.join(", ")),
            Misfit::Memory => format!("has {}, and a copy needs {}", size(facts.memory), size(need(manifest, facts.memory))),
        });
    }
    let (free, need) = (facts.memory.saturating_sub(room.beside(id, node)), need(manifest, facts.memory));
    (free < need).then(|| format!("has {} free, and a copy needs {}", size(free), size(need)))
}

/// Why nothing can be given to `node` right now, whatever the app: what is said after its name.
#[must_use]
pub fn absent(world: &World, node: &NodeId) -> Option<String> {
    if !machine::is_heard(world, node) {
        let last = world.heard_since.get(node).map(|at| format!("was last heard {} UTC", at.clock()));
        return Some(last.unwrap_or_else(|| "was not heard yet".to_owned()));
    }
    let Some(inventory) = world.inventories.get(node) else {
        return Some("has not told yet what it has".to_owned());
    };
    if let Some(trouble) = &inventory.docker_trouble {
        return Some(format!("cannot use its Docker: {}", trouble.because));
    }
    (!inventory.surveyed).then(|| "just started and looks at what runs".to_owned())
}

/// Why no machine takes the app, or no more copies of it: as the end of a sentence that begins with "waiting:".
#[must_use]
pub fn shortage(world: &World, id: &AppId, ask: Ask<'_>) -> String {
    if let [home, ..] = ask.homes {
        let why = absent(world, home).unwrap_or_else(|| "has not enough room".to_owned());
        let name = machine::name(world, home);
        return format!("its volume is on {name}, which {why}; an app runs only where its data is");
    }
    if let Some(chosen) = ask.chosen {
        let facts = machine::facts(world, chosen);
        let chosen_ask = || misfit(world, id, chosen, facts.as_ref(), Some(ask.manifest), &[], &Room::told(world));
        let why = absent(world, chosen).or_else(chosen_ask).unwrap_or_else(|| "takes no more copies".to_owned());
        return format!("it shall run on {}, which {why}", machine::name(world, chosen));
    }
    left_out(world, ask).unwrap_or_else(|| no_room(world, id, ask.manifest))
}

/// When a filter leaves out every machine: which.
fn left_out(world: &World, ask: Ask<'_>) -> Option<String> {
    let known: Vec<Facts> = machine::members(world).into_iter().filter_map(|node| machine::facts(world, node)).collect();
    let place = &ask.manifest.place;
    if !place.arch.is_empty() && !known.iter().any(|facts| place.arch.contains(&facts.arch)) {
        let mut skipped: Vec<String> = Vec::new();
        let mut archs: Vec<&str> = known.iter().map(|facts| facts.arch.as_str()).collect();
        archs.sort_unstable();
        for group in archs.chunk_by(|a, b| a == b) {
            skipped.push(format!("{} {} node{}", group.len(), group[0], if group.len() == 1 { "" } else { "s" }));
        }
        return Some(format!("no {} node; {} skipped", place.arch.join(" or "), skipped.join(" and ")));
    }
    let has_all = |facts: &Facts| place.labels.iter().all(|label| facts.labels.contains(label));
    if !known.iter().any(has_all) {
        return Some(format!("no node with the labels {}; {} skipped", place.labels.join(", "), known.len()));
    }
    None
}

fn no_room(world: &World, id: &AppId, manifest: &Manifest) -> String {
    let all = choices(world, id, Some(manifest));
    let told: Vec<String> = all
        .iter()
        .filter(|choice| !choice.fits)
        .take(3)
        .map(|choice| format!("{} {}", machine::name(world, choice.node), choice.why))
        .collect();
    if told.is_empty() { "no machine has more room".to_owned() } else { told.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::sample;

    fn manifest(more: &str) -> Manifest {
        let text = format!("[app]\nname = \"web\"\n[config]\nport = 3000\nlang = \"node\"\nrun = \"npm start\"\n{more}");
        crate::decide::manifest::parse(&text, &Default::default()).manifest.unwrap()
    }

    fn shortage_of(world: &World, more: &str) -> String {
        let manifest = manifest(more);
        let homes = homes(world, &sample::app());
        shortage(world, &sample::app(), Ask { manifest: &manifest, chosen: None, homes: &homes })
    }

    #[test]
    fn machines_of_another_architecture_are_counted() {
        let mut world = sample::world();
        sample::join(&mut world, "pi", 4);
        assert_eq!(shortage_of(&world, "[place]\narch = [\"arm64\"]\n"), "no arm64 node; 2 amd64 nodes skipped");
    }

    #[test]
    fn a_machine_without_room_says_how_much_it_has() {
        let mut world = sample::world();
        let told = shortage_of(&world, "[resources]\nmemory = \"9GB\"\n");
        assert_eq!(told, "pi4 has 8 GB, and a copy needs 9 GB");
        sample::deploy_done_with(&mut world, "api", "[resources]\nmemory = \"6GB\"\n");
        let told = shortage_of(&world, "[resources]\nmemory = \"3GB\"\n");
        assert_eq!(told, "pi4 has 2 GB free, and a copy needs 3 GB");
    }

    #[test]
    fn an_app_whose_data_is_away_says_where_and_since_when() {
        let mut world = sample::world();
        let volume = "[[volume]]\nname = \"data\"\npath = \"/data\"\n";
        let pi = sample::join(&mut world, "pi-2", 4);
        sample::deploy_done_with(&mut world, "web", volume);
        sample::move_volumes(&mut world, &pi);
        sample::hear(&mut world, &pi, false);
        let told = shortage_of(&world, volume);
        assert_eq!(told, "its volume is on pi-2, which was last heard 08:00 UTC; an app runs only where its data is");
    }

    #[test]
    fn every_member_is_a_choice_with_its_room_or_its_reason() {
        let mut world = sample::world();
        let pi = sample::join(&mut world, "pi", 4);
        sample::hear(&mut world, &pi, false);
        let manifest = manifest("");
        let choices = choices(&world, &sample::app(), Some(&manifest));
        let told: Vec<(bool, &str)> = choices.iter().map(|choice| (choice.fits, choice.why.as_str())).collect();
        assert_eq!(told, [(true, "8 GB free"), (false, "was last heard 08:00 UTC")]);
    }
}
