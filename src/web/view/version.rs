//! What is shown of an app's versions, and how long is each kept?

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::glance::Glance;
use super::moment::Moment;
use super::words;
use crate::model::deployment::{Deployment, Progress};
use crate::model::document as model;
use crate::model::id::VersionId;
use crate::model::world::App;

/// One built state of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// For programs.
    pub id: VersionId,
    /// For people.
    pub number: u32,
    /// The commit it is built from.
    pub commit: String,
    /// First line of the commit's message; empty for a folder.
    pub summary: String,
    /// Who wrote the commit; none for a folder.
    pub author: Option<String>,
    /// When it was written.
    pub written_at: Option<Moment>,
    /// When it was first deployed.
    pub created_at: Moment,
    /// What became of it.
    pub state: VersionState,
    /// Until when its image stays ready; none = as long as it is among the newest few.
    pub kept_until: Option<Moment>,
    /// Bytes its image takes here.
    pub size_bytes: Option<u64>,
    /// Why it is as it is.
    pub why: String,
    /// Whether its manifest differs from that of the version before.
    pub manifest_changed: bool,
}

/// What became of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    /// It is current.
    Serving,
    /// Its image is there: going back to it needs no build.
    Kept,
    /// Its image was removed.
    Purged,
    /// It never served.
    Failed,
    /// It is being made.
    Building,
}

/// Every version of `app`, newest first.
#[must_use]
pub fn versions<'a>(glance: &Glance<'a>, app: &'a App) -> Vec<Version> {
    let known: Vec<&model::Version> =
        app.versions.iter().filter_map(|id| glance.world.versions.get(id)).map(AsRef::as_ref).collect();
    let mut views: Vec<Version> = Vec::with_capacity(known.len());
    for (at, version) in known.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| known.get(before));
        let manifest_changed = before.is_some_and(|before| before.text != version.text);
        views.push(view(glance, app, version, manifest_changed));
    }
    views.reverse();
    keep_newest(glance, app, &mut views);
    views
}

fn view<'a>(glance: &Glance<'a>, app: &'a App, version: &model::Version, manifest_changed: bool) -> Version {
    let state = state(glance, app, &version.id);
    Version {
        id: version.id.clone(),
        number: version.number,
        commit: version.commit.to_string(),
        summary: version.summary.clone(),
        author: version.authorship.as_ref().map(|written| written.author.clone()),
        written_at: version.authorship.as_ref().map(|written| Moment(written.at)),
        created_at: Moment(version.created_at),
        state,
        kept_until: None,
        size_bytes: glance.stats.images.get(&version.id).copied(),
        why: why(glance, app, &version.id, state),
        manifest_changed,
    }
}

fn state<'a>(glance: &Glance<'a>, app: &'a App, id: &VersionId) -> VersionState {
    let is = |deployment: &Deployment| deployment.version.as_ref() == Some(id);
    if glance.world.current(app).is_some_and(|current| is(current)) {
        return VersionState::Serving;
    }
    if glance.world.open(app).is_some_and(|open| is(open)) {
        return VersionState::Building;
    }
    if !glance.world.deployments_of(app).any(|deployment| is(deployment) && deployment.is_done()) {
        return VersionState::Failed;
    }
    let held = glance.world.inventories.values().any(|inventory| inventory.images.contains(id));
    if held { VersionState::Kept } else { VersionState::Purged }
}

fn why<'a>(glance: &Glance<'a>, app: &'a App, id: &VersionId, state: VersionState) -> String {
    let last = glance.world.deployments_of(app).rev().find(|deployment| deployment.version.as_ref() == Some(id));
    match (state, last.map(|last| &last.progress)) {
        (VersionState::Serving, _) => "It is the one that serves.".into(),
        (VersionState::Building, _) => "It is on its way.".into(),
        (VersionState::Kept, _) => "Going back to it needs no build.".into(),
        (VersionState::Purged, _) => "Its image was removed to save space; going back to it builds it again.".into(),
        (VersionState::Failed, Some(Progress::Failed(failure))) => words::sentence(&failure.because),
        (VersionState::Failed, Some(Progress::Aborted { because, .. })) => words::both("It was given up", because),
        (VersionState::Failed, _) => "It never served.".into(),
    }
}

/// Kept ones beyond the newest few stay only for a while.
fn keep_newest<'a>(glance: &Glance<'a>, app: &'a App, views: &mut [Version]) {
    let Some(keep) = glance.version_in_force(app).map(|version| version.manifest.deploy.keep) else { return };
    let newest = usize::try_from(keep.versions).unwrap_or(usize::MAX);
    for old in views.iter_mut().filter(|view| view.state == VersionState::Kept).skip(newest) {
        old.kept_until = Some(Moment(old.created_at.0.after(keep.age)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::deployment::Phase;
    use crate::model::world::World;
    use crate::web::view::sample::{self, fail, finish, running, version};
    use crate::web::view::{MachineFacts, StatsNow, Viewer};

    fn look(world: &World) -> Vec<Version> {
        let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        versions(&Glance::new(world, &machine, &stats, &viewer), &world.apps[&"web".parse().unwrap()])
    }

    fn deploy(world: &mut World, number: u32) {
        let id = version(world, "web", number);
        sample::inventory(world).images.insert(id.clone());
        let deployment = sample::deployment(world, "web", &number.to_string(), Some(id), Phase::Building, "");
        finish(world, deployment);
    }

    #[test]
    fn the_current_one_serves_older_ones_are_kept_and_a_removed_image_is_purged() {
        let (mut world, _) = running();
        deploy(&mut world, 2);
        deploy(&mut world, 3);
        sample::inventory(&mut world).images.remove(&"0000000000000001".parse().unwrap());
        let told: Vec<_> = look(&world).iter().map(|view| (view.number, view.state)).collect();
        assert_eq!(told, [(3, VersionState::Serving), (2, VersionState::Kept), (1, VersionState::Purged)]);
    }

    #[test]
    fn only_kept_ones_beyond_the_newest_three_have_an_end() {
        let (mut world, _) = running();
        (2..=6).for_each(|number| deploy(&mut world, number));
        let ends: Vec<_> = look(&world).iter().map(|view| view.kept_until.is_some()).collect();
        assert_eq!(ends, [false, false, false, false, true, true]);
    }

    #[test]
    fn a_version_that_never_served_says_why() {
        let (mut world, _) = running();
        let v2 = version(&mut world, "web", 2);
        let second = sample::deployment(&mut world, "web", "2", Some(v2), Phase::Building, "");
        assert_eq!(look(&world)[0].state, VersionState::Building);
        fail(&mut world, second);
        let newest = look(&world).remove(0);
        assert_eq!((newest.state, newest.why.as_str()), (VersionState::Failed, "npm ci ended with 1."));
        assert!(newest.manifest_changed);
    }
}
