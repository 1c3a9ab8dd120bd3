//! What would be destroyed, and what stays? Spelled out before anybody says yes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::glance::Glance;
use super::volume::{VolumeView, volume};
use super::words::count;
use crate::model::id::AppId;
use crate::model::world::App;

/// What destroying an app does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Destruction {
    /// What goes, one line each.
    pub goes: Vec<String>,
    /// What stays, one line each.
    pub stays: Vec<String>,
    /// Its data: kept in the trash for seven days, or deleted at once when asked for.
    pub volumes: Vec<VolumeView>,
    /// How many versions go with it.
    pub versions: usize,
}

/// What destroying `app` would do.
#[must_use]
pub fn destruction<'a>(glance: &Glance<'a>, id: &AppId, app: &'a App) -> Destruction {
    let volumes: Vec<VolumeView> = glance.world.volumes_of(id).map(|found| volume(glance, found)).collect();
    let copies = glance.replicas(id).len();
    let set = app.env.set.len();
    // An app with data can be brought back from the trash, so what it is made of waits there with it.
    let is_kept = !volumes.is_empty();
    let mut goes = Vec::new();
    if copies > 0 {
        goes.push(format!("{} of it that {} now", count(copies, "copy", "copies"), if copies == 1 { "runs" } else { "run" }));
    }
    let mut stays =
        vec!["The repository it came from".to_owned(), "The record of what was done, in the log of changes".to_owned()];
    if is_kept {
        let data = count(volumes.len(), "volume", "volumes");
        stays.insert(0, format!("{data} with its data, its versions and what was set, for seven days in the trash"));
        stays.extend(app.route.port.map(|port| format!("Its name and its port {port}, as long as it lies there")));
        return Destruction { goes, stays, volumes, versions: app.versions.len() };
    }
    if !app.versions.is_empty() {
        goes.push(format!(
            "{} and their images: there is no going back to them",
            count(app.versions.len(), "version", "versions")
        ));
    }
    if set + app.secrets.len() > 0 {
        goes.push(format!("{} and {} set here", count(set, "value", "values"), count(app.secrets.len(), "secret", "secrets")));
    }
    if let Some(port) = app.route.port {
        goes.push(format!("Its port {port} and its names, which other apps may then take"));
    }
    Destruction { goes, stays, volumes, versions: app.versions.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view::sample::{self, running};
    use crate::web::view::{MachineFacts, StatsNow, Viewer};

    #[test]
    fn everything_that_goes_is_counted() {
        let (mut world, _) = running();
        sample::app(&mut world, "web").route.port = Some(7211);
        let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        let id: AppId = "web".parse().unwrap();
        let told = destruction(&Glance::new(&world, &machine, &stats, &viewer), &id, &world.apps[&id]);
        assert_eq!(told.goes.len(), 3);
        assert_eq!(told.goes[0].replace('\u{a0}', " "), "1 copy of it that runs now");
        assert_eq!((told.versions, told.volumes.len()), (1, 0));
    }
}
