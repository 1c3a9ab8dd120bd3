//! What does choosing a machine for an app change? The next plan; data stays where it is.

use crate::decide::machine;
use crate::model::command::{Refusal, RefusalKind};
use crate::model::document::{AppPlace, Document, VolumeState};
use crate::model::id::{AppId, NodeId};
use crate::model::record::Concern;
use crate::model::world::World;

use super::deploy::app_draft;
use super::{Verdict, accepted, listed};

pub(super) fn set_place(world: &World, id: &AppId, node: Option<NodeId>) -> Verdict {
    let app = listed(world, id)?;
    if let Some(node) = &node {
        refuse_misfit(world, id, node)?;
    }
    if app.place.node == node {
        return Ok((Vec::new(), accepted(id, None, "nothing changed")));
    }
    let says = match &node {
        Some(node) => format!("{id} runs on {} from now on", machine::name(world, node)),
        None => format!("Kraken chooses the machine for {id}"),
    };
    Ok((vec![app_draft(id, Concern::Place, Document::AppPlace(AppPlace { node }))], accepted(id, None, says)))
}

/// Only a member can be chosen, and for an app with data only the machine that holds it.
pub(super) fn refuse_misfit(world: &World, id: &AppId, node: &NodeId) -> Result<(), Refusal> {
    if !machine::members(world).contains(node) {
        let because = format!("{} is no machine of this platform", machine::name(world, node));
        return Err(Refusal::new(RefusalKind::NotFound, because, Some("List the machines: kraken nodes.".to_owned())));
    }
    let kept = |volume: &&crate::model::document::Volume| volume.state == VolumeState::Kept && volume.home != *node;
    match world.volumes_of(id).find(kept) {
        None => Ok(()),
        Some(volume) => Err(Refusal::new(
            RefusalKind::Conflict,
            format!(
                "volume {} of {id} is on {}, and an app runs where its data is",
                volume.name,
                machine::name(world, &volume.home)
            ),
            Some("Deploy it under another name on the other machine, and copy the data over.".to_owned()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::command::{Asker, decide};
    use crate::decide::sample;
    use crate::model::command::Command;

    fn refused(world: &World, node: NodeId) -> Refusal {
        let command = Command::SetPlace { app: sample::app(), node: Some(node) };
        decide(world, Asker { by: "session", key: "k" }, command).unwrap_err()
    }

    #[test]
    fn a_chosen_machine_is_remembered_until_kraken_may_choose_again() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        let pi = sample::join(&mut world, "pi", 4);
        let said = sample::ask(&mut world, Command::SetPlace { app: sample::app(), node: Some(pi.clone()) });
        assert_eq!(said.says, "web runs on pi from now on");
        assert_eq!(world.apps[&sample::app()].place.node, Some(pi));
        sample::ask(&mut world, Command::SetPlace { app: sample::app(), node: None });
        assert_eq!(world.apps[&sample::app()].place.node, None);
    }

    #[test]
    fn a_machine_that_is_no_member_cannot_be_chosen() {
        let mut world = sample::world();
        sample::deploy_done(&mut world, "web", 3000);
        let refusal = refused(&world, "z".repeat(26).parse().unwrap());
        assert_eq!(refusal.kind, RefusalKind::NotFound);
    }

    #[test]
    fn an_app_with_data_cannot_be_sent_away_from_it() {
        let mut world = sample::world();
        sample::deploy_done_with(&mut world, "web", "[[volume]]\nname = \"data\"\npath = \"/data\"\n");
        let pi = sample::join(&mut world, "pi", 4);
        let refusal = refused(&world, pi);
        assert!(refusal.because.contains("volume data of web is on pi4"), "{}", refusal.because);
    }

    #[test]
    fn a_deployment_may_name_its_machine() {
        let mut world = sample::world();
        let pi = sample::join(&mut world, "pi", 4);
        let Command::Deploy(mut deploy) = sample::wish("web") else { panic!("a wish deploys") };
        deploy.node = Some(pi.clone());
        sample::ask(&mut world, Command::Deploy(deploy));
        assert_eq!(world.apps[&sample::app()].place.node, Some(pi));
    }
}
