//! What did each app use over the last hour? A bounded ring for each.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{UsagePoint, Used};
use crate::edge::watchers::{LIVELY, QUIET};
use crate::model::id::AppId;
use crate::model::time::{Timestamp, WallTime};

/// What is older is forgotten.
const KEPT: Duration = Duration::from_secs(3600);

/// Measurements of the last hour, by app.
#[derive(Debug, Default)]
pub(super) struct History {
    apps: BTreeMap<AppId, VecDeque<(Timestamp, UsagePoint)>>,
    kept_at: Option<Timestamp>,
}

impl History {
    /// Keeps what was measured now, if the last that was kept is old enough.
    pub(super) fn add(&mut self, apps: &BTreeMap<AppId, Used>, at: WallTime, now: Timestamp) {
        // A little early counts: two quiet measurements are never exactly apart.
        if self.kept_at.is_some_and(|kept| now.saturating_sub(kept) + LIVELY / 2 < QUIET) {
            return;
        }
        self.kept_at = Some(now);
        for (app, &used) in apps {
            self.apps.entry(app.clone()).or_default().push_back((now, UsagePoint { at, used }));
        }
        self.apps.retain(|_, points| {
            points.retain(|(kept, _)| now.saturating_sub(*kept) < KEPT);
            !points.is_empty()
        });
    }

    /// The oldest first.
    pub(super) fn of(&self, app: &AppId) -> Vec<UsagePoint> {
        self.apps.get(app).into_iter().flatten().map(|(_, point)| *point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(history: &mut History, second: u64, apps: &[&str]) {
        let apps = apps.iter().map(|app| (app.parse().unwrap(), Used { memory: second, ..Used::default() })).collect();
        history.add(&apps, WallTime(second * 1000), Timestamp::new(Duration::from_secs(second)));
    }

    #[test]
    fn the_last_hour_is_kept_every_30_seconds_however_often_it_is_measured() {
        let mut history = History::default();
        (0..7200).step_by(2).for_each(|second| add(&mut history, second, &["web"]));
        let kept = history.of(&"web".parse().unwrap());
        assert_eq!((kept.len(), kept[119].used.memory), (120, 7170));
        assert!(kept.windows(2).all(|pair| pair[1].at.millis_since(pair[0].at) == 30_000));
    }

    #[test]
    fn an_app_that_is_gone_is_forgotten_after_an_hour() {
        let mut history = History::default();
        add(&mut history, 0, &["web", "shop"]);
        add(&mut history, 3000, &["web"]);
        assert_eq!(history.of(&"shop".parse().unwrap()).len(), 1);
        add(&mut history, 3600, &["web"]);
        assert_eq!(history.apps.keys().map(AppId::as_str).collect::<Vec<_>>(), ["web"]);
    }
}
