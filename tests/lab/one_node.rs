//! What does one node do on its own host? It comes up in seconds, deploys, and serves others on the LAN.

use std::time::{Duration, Instant};

use super::fleet::{Fleet, PAGE};
use super::load::Load;
use super::shell::wait_until;
use crate::support::hammer::ask;

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn an_app_deployed_on_a_host_serves_another_host_and_survives_its_agent() {
    let began = Instant::now();
    let mut fleet = Fleet::running(2);
    println!("two hosts with engine and agent after {:?}", began.elapsed());
    let url = fleet.web_app("web");
    let from = Instant::now();
    fleet.hosts[0].ok(&["deploy", &url, "--yes", "--wait", "2m"]);
    println!("deployed after {:?}", from.elapsed());
    let before = fleet.hosts[0].containers("web");
    assert_eq!(before.len(), 1);
    let door = fleet.doors()[0];
    let published = fleet.hosts[0].api("/apps/web").unwrap()["addresses"]["port"].as_u64().unwrap();
    let published = std::net::SocketAddr::new(door.ip(), u16::try_from(published).unwrap());
    let (status, page) = fleet.hosts[1].network.inside(|| ask(published, "pi1", "/")).unwrap();
    assert!(status == 200 && page.contains(PAGE), "{status} {page}");

    let load = Load::begin(fleet.lan.network(), &[(published, "pi1")], "/", PAGE);
    let tally = load.after(20);
    assert_eq!(tally.failed, 0, "{tally:?}");
    fleet.hosts[0].kill_agent();
    wait_until("the door of a dead agent is shut", LIMIT, || (load.tally().failed > 0).then_some(()));
    fleet.hosts[0].start_agent();
    fleet.hosts[0].wait_for_agent();
    wait_until("visitors are served again", LIMIT, || {
        let (before, now) = (load.tally(), load.after(10));
        (now.failed == before.failed).then_some(())
    });
    println!("one agent killed and started again: {:?}", load.end());
    assert_eq!(fleet.hosts[0].containers("web"), before, "the app was restarted");
    assert_eq!(fleet.hosts[0].starts, 2);
}
