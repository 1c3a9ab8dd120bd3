//! What is shown of the data that outlives containers?

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::glance::Glance;
use super::moment::Moment;
use crate::model::document::{self as model, VolumeState, Wanted};
use crate::model::id::{AppId, NodeId, VolumeId};

/// One volume of one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VolumeView {
    /// Also the Docker volume's name.
    pub id: VolumeId,
    /// Whose.
    pub app: AppId,
    /// Its name in the manifest.
    pub name: String,
    /// Where it is mounted.
    pub path: String,
    /// The machine that holds it.
    pub node: NodeId,
    /// Bytes it holds, if measured.
    pub size_bytes: Option<u64>,
    /// What becomes of it.
    pub state: VolumeUse,
    /// When it was put into the trash.
    pub trashed_at: Option<Moment>,
    /// When it is deleted for good.
    pub deleted_after: Option<Moment>,
}

/// What becomes of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VolumeUse {
    /// A running app uses it.
    InUse,
    /// Its app is off; the data is kept.
    Kept,
    /// Its app was destroyed; restorable for a while.
    Trash,
    /// It is being deleted for good.
    Deleting,
}

/// A destroyed app whose data is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrashItem {
    /// Which.
    pub app: AppId,
    /// When it was destroyed.
    pub destroyed_at: Moment,
    /// What is left of its data.
    pub volumes: Vec<VolumeView>,
    /// Whether the app itself can be brought back too.
    pub restorable: bool,
}

/// One volume.
#[must_use]
pub fn volume(glance: &Glance<'_>, volume: &model::Volume) -> VolumeView {
    let used = glance.world.apps.get(&volume.app).is_some_and(|app| app.wanted() == Wanted::On);
    let (state, trashed_at, deleted_after) = match volume.state {
        VolumeState::Kept if used => (VolumeUse::InUse, None, None),
        VolumeState::Kept => (VolumeUse::Kept, None, None),
        VolumeState::Trash { at, until } => (VolumeUse::Trash, Some(Moment(at)), Some(Moment(until))),
        VolumeState::Deleting => (VolumeUse::Deleting, None, None),
    };
    VolumeView {
        id: volume.id.clone(),
        app: volume.app.clone(),
        name: volume.name.clone(),
        path: volume.path.clone(),
        node: volume.home.clone(),
        size_bytes: glance.stats.volumes.get(&volume.id).copied(),
        state,
        trashed_at,
        deleted_after,
    }
}

/// Every volume of the platform.
#[must_use]
pub fn volumes(glance: &Glance<'_>) -> Vec<VolumeView> {
    glance.world.volumes.values().map(|found| volume(glance, found)).collect()
}

/// Destroyed apps with data in the trash.
#[must_use]
pub fn trash(glance: &Glance<'_>) -> Vec<TrashItem> {
    let destroyed = glance.world.apps.iter().filter(|(_, app)| app.wanted() == Wanted::Destroyed);
    destroyed
        .map(|(id, app)| {
            let in_trash = glance.world.volumes_of(id).filter(|found| matches!(found.state, VolumeState::Trash { .. }));
            TrashItem {
                app: id.clone(),
                destroyed_at: Moment(app.wanted.as_ref().map_or_else(Default::default, |wanted| wanted.at)),
                volumes: in_trash.map(|found| volume(glance, found)).collect(),
                restorable: app.source.is_some(),
            }
        })
        .filter(|item| item.restorable || !item.volumes.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::time::WallTime;
    use crate::web::view::sample::{self, running, want};
    use crate::web::view::{MachineFacts, StatsNow, Viewer};

    fn with_data(state: VolumeState) -> crate::model::world::World {
        let (mut world, _) = running();
        let id: VolumeId = "web-data-1".parse().unwrap();
        let app = "web".parse().unwrap();
        let data = model::Volume { id: id.clone(), app, name: "data".into(), path: "/data".into(), home: sample::me(), state };
        Arc::make_mut(&mut world.volumes).insert(id, data);
        world
    }

    fn looked<T>(world: &crate::model::world::World, look: impl FnOnce(&Glance<'_>) -> T) -> T {
        let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        look(&Glance::new(world, &machine, &stats, &viewer))
    }

    #[test]
    fn data_of_a_running_app_is_in_use_and_of_one_turned_off_kept() {
        let mut world = with_data(VolumeState::Kept);
        assert_eq!(looked(&world, volumes)[0].state, VolumeUse::InUse);
        want(&mut world, "web", Wanted::Off);
        assert_eq!(looked(&world, volumes)[0].state, VolumeUse::Kept);
    }

    #[test]
    fn a_destroyed_app_lies_in_the_trash_with_its_data_and_its_end() {
        let mut world = with_data(VolumeState::Trash { at: WallTime(1000), until: WallTime(2000) });
        assert_eq!(looked(&world, trash), []);
        want(&mut world, "web", Wanted::Destroyed);
        let item = looked(&world, trash).remove(0);
        assert!(item.restorable);
        assert_eq!(item.volumes[0].deleted_after, Some(Moment(WallTime(2000))));
    }
}
