//! The leader is killed in the middle of a deployment: is the end the same, whichever phase it was in?

use std::time::{Duration, Instant};

use serde_json::json;

use super::fault::Fault;
use super::fleet::Fleet;
use super::shell::wait_until;

const LIMIT: Duration = Duration::from_secs(120);

#[test]
#[ignore = "long: make lab"]
fn a_leader_killed_in_any_phase_leads_to_the_same_end() {
    let mut fleet = Fleet::platform(2);
    let phases = ["requested", "validating", "delegating", "fetching", "building", "testing", "starting", "waiting_healthy"];
    for (number, phase) in phases.into_iter().enumerate() {
        let old = fleet.wait_for_agreement(&[0, 1]);
        let left = fleet.others(old.leader)[0];
        let app = format!("slow-{number}");
        let wish = json!({ "url": fleet.slow_app(&app), "node": fleet.hosts[left].name });
        let accepted = fleet.hosts[left].post("/apps", &wish);
        let deployment = accepted["deployment"].as_str().expect("a deployment").to_owned();
        let from = Instant::now();
        wait_until(phase, LIMIT, || has_reached(&fleet, left, &deployment, phase).then_some(()));
        Fault::Killed.strike(&mut fleet, old.leader);
        println!("leader killed in {phase}, {:?} after the wish", from.elapsed());
        wait_until(&format!("killed in {phase}, it is done all the same"), LIMIT, || {
            let seen = fleet.hosts[left].api(&format!("/deployments/{deployment}"))?;
            assert_ne!(seen["state"], "failed", "{seen}");
            (seen["state"] == "done").then_some(())
        });
        println!("  done after {:?}", from.elapsed());
        fleet.wait_until_served(left, &app);
        let made = fleet.hosts[left].containers(&app);
        assert_eq!(made.len(), 1, "nothing is doubled");
        Fault::Killed.mend(&mut fleet, old.leader);
        fleet.wait_for_agreement(&[0, 1]);
        assert_eq!(fleet.hosts[left].containers(&app), made, "the one that returns changes nothing");
        assert!(fleet.hosts[old.leader].containers(&app).is_empty());
    }
}

/// Whether the deployment is in this phase, or is past it.
fn has_reached(fleet: &Fleet, host: usize, deployment: &str, phase: &str) -> bool {
    let seen = fleet.hosts[host].api(&format!("/deployments/{deployment}")).unwrap_or_default();
    let steps = seen["steps"].as_array().into_iter().flatten();
    steps.filter(|step| step["state"] != "todo").any(|step| step["phase"] == phase)
}
