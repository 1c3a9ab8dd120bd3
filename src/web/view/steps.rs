//! Which phases did a deployment go through, which are to come, and which does it not need?

use super::app_state::stage_phase;
use super::deployment::{StepState, StepView};
use super::glance::Seen;
use super::moment::Moment;
use crate::model::deployment::{Cause, Deployment, Phase, Progress, Step};

/// The timeline: what was recorded, then what is to come. A phase that was passed over stands in its place, with the reason.
pub fn steps(deployment: &Deployment, copies: &[Seen<'_>]) -> Vec<StepView> {
    let mut views: Vec<StepView> = Vec::with_capacity(Phase::ALL.len());
    for step in &deployment.steps {
        for phase in passed_over(&views, step.phase) {
            views.push(absent(phase, StepState::Skipped, not_needed(deployment.cause, phase)));
        }
        views.push(recorded(deployment, step));
    }
    let reached = deployment.phase();
    let open = deployment.is_open();
    // Skipped is what was not needed; what a failure kept from happening stays to do.
    views.extend(Phase::ALL.into_iter().filter(|phase| *phase > reached).map(|phase| absent(phase, StepState::Todo, "")));
    if open {
        enliven(&mut views, deployment, copies);
    }
    views
}

/// The phases between the furthest one shown and `next`.
fn passed_over(views: &[StepView], next: Phase) -> Vec<Phase> {
    let furthest = views.iter().map(|view| view.phase).max();
    Phase::ALL.into_iter().filter(|phase| *phase < next && furthest.is_none_or(|furthest| *phase > furthest)).collect()
}

fn recorded(deployment: &Deployment, step: &Step) -> StepView {
    let given_up = matches!(deployment.progress, Progress::Aborted { .. });
    let is_last = deployment.steps.last().is_some_and(|last| std::ptr::eq(last, step));
    let state = match step.ended_at {
        _ if step.failed || (given_up && is_last) => StepState::Failed,
        None if deployment.is_open() => StepState::Now,
        _ => StepState::Done,
    };
    StepView {
        phase: step.phase,
        state,
        node: step.node.clone(),
        started_at: Some(Moment(step.started_at)),
        ended_at: step.ended_at.map(Moment),
        why: step.why.clone(),
    }
}

fn absent(phase: Phase, state: StepState, why: &str) -> StepView {
    StepView { phase, state, node: None, started_at: None, ended_at: None, why: why.to_owned() }
}

const fn not_needed(cause: Cause, phase: Phase) -> &'static str {
    match (phase, cause) {
        (Phase::Testing, _) => "Nothing to test.",
        (Phase::Fetching | Phase::Building, _) => "Its image is there already.",
        (Phase::Validating, Cause::Rollback | Cause::Restart | Cause::Settings) => "The version was checked before.",
        _ => "Not needed.",
    }
}

/// The step under way says what its machine says right now; that comes faster than the record.
fn enliven(views: &mut [StepView], deployment: &Deployment, copies: &[Seen<'_>]) {
    let Some(now) = views.iter_mut().rev().find(|view| view.state == StepState::Now) else { return };
    let live = copies.iter().find(|seen| seen.report.deployment == deployment.id && stage_phase(&seen.report.stage) == now.phase);
    if let Some(seen) = live.filter(|seen| !seen.report.why.is_empty()) {
        now.why.clone_from(&seen.report.why);
        now.node = Some(seen.node.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observed::Stage;
    use crate::model::time::WallTime;
    use crate::web::view::sample::{self, change, copy, running, version};
    use crate::web::view::{Glance, MachineFacts, StatsNow, Viewer};

    fn under_way() -> (crate::model::world::World, crate::model::id::DeploymentId) {
        let (mut world, _) = running();
        let v2 = version(&mut world, "web", 2);
        let second = sample::deployment(&mut world, "web", "2", Some(v2), Phase::Building, "step 1 of 9");
        (world, second)
    }

    fn look(world: &crate::model::world::World, id: crate::model::id::DeploymentId) -> Vec<StepView> {
        let (machine, stats, viewer) = (MachineFacts::default(), StatsNow::default(), Viewer::Here);
        let glance = Glance::new(world, &machine, &stats, &viewer);
        let deployment = &world.deployments[&id];
        steps(deployment, glance.replicas(&deployment.app))
    }

    fn states(views: &[StepView]) -> Vec<StepState> {
        views.iter().map(|view| view.state).collect()
    }

    #[test]
    fn what_was_what_is_and_what_comes_stand_in_order() {
        use StepState::{Done, Now, Skipped, Todo};
        let (world, id) = under_way();
        let views = look(&world, id);
        assert_eq!(states(&views), [Done, Skipped, Skipped, Skipped, Now, Todo, Todo, Todo, Todo]);
        assert_eq!(views.iter().map(|view| view.phase).collect::<Vec<_>>(), Phase::ALL);
    }

    #[test]
    fn the_step_under_way_says_what_its_machine_says_now() {
        let (mut world, id) = under_way();
        copy(&mut world, id, 0, Stage::Preparing { phase: Phase::Building }, "step 5 of 9");
        assert_eq!(look(&world, id)[4].why, "step 5 of 9");
    }

    #[test]
    fn a_deployment_given_up_shows_where_and_reaches_no_further() {
        let (mut world, id) = under_way();
        change(&mut world, id, |d| d.abort(WallTime(5), "a newer one came"));
        let views = look(&world, id);
        assert_eq!(views[4].state, StepState::Failed);
        assert!(views[5..].iter().all(|view| view.state == StepState::Todo));
    }

    #[test]
    fn a_phase_tried_twice_stands_twice() {
        let (mut world, id) = under_way();
        change(&mut world, id, |d| {
            d.enter(Phase::Validating, None, WallTime(2200), "again");
        });
        let views = look(&world, id);
        assert_eq!(views.iter().filter(|view| view.phase == Phase::Validating).count(), 2);
    }
}
