//! The leader is lost: does another one lead in time, and does nobody notice who did not live there?

use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use super::fault::Fault;
use super::figures::Times;
use super::fleet::{Fleet, PAGE};
use super::load::Load;
use super::shell::wait_until;

/// From the loss to a container made by the order of the new leader.
const P99: Duration = Duration::from_secs(3);
const MOST: Duration = Duration::from_secs(5);
/// From a host's end to its apps on others, with the start of the app.
const ELSEWHERE: Duration = Duration::from_secs(17);
/// What one loss may take before the test gives up.
const LIMIT: Duration = Duration::from_secs(60);
/// How long one attempt of a person or script waits before it asks again.
const ATTEMPT: Duration = Duration::from_millis(1500);
/// Losses of each kind in the whole run.
const LOSSES: usize = 50;

/// A platform with an app on each host: `web-N` has visitors, `job-N` is started anew when there is a new leader.
fn housed(hosts: usize) -> Fleet {
    let fleet = Fleet::platform(hosts);
    for host in fleet.all() {
        fleet.deploy_on(0, &format!("web-{host}"), host);
        fleet.deploy_on(0, &format!("job-{host}"), host);
    }
    for host in fleet.all() {
        fleet.wait_until_served(host, &format!("web-{host}"));
    }
    fleet
}

/// One loss of the leader, under load: the time from the loss to the new container.
fn lose_the_leader(fleet: &mut Fleet, fault: Fault) -> Duration {
    let everybody = fleet.all();
    let old = fleet.wait_for_agreement(&everybody);
    let left = fleet.others(old.leader);
    let asked = left[0];
    let apps: Vec<String> = left.iter().map(|host| format!("web-{host}.localhost")).collect();
    let doors = fleet.doors();
    let doors: Vec<_> = left.iter().zip(&apps).map(|(host, app)| (doors[*host], app.as_str())).collect();
    let before: Vec<_> = left.iter().map(|host| fleet.hosts[*host].containers(&format!("web-{host}"))).collect();
    let load = Load::begin(fleet.lan.network(), &doors, "/", PAGE);
    load.after(10);

    let job = format!("job-{asked}");
    let from = SystemTime::now();
    fault.strike(fleet, old.leader);
    restart(fleet, asked, &job, &format!("loss-{}", from.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos()));
    let made = wait_until("the new leader has a container made", LIMIT, || fleet.hosts[asked].created(&job, from));
    let new = fleet.wait_for_agreement(&left);
    assert_ne!(new, old);

    let tally = load.end();
    assert_eq!(tally.failed, 0, "visitors of other hosts noticed: {tally:?}");
    let after: Vec<_> = left.iter().map(|host| fleet.hosts[*host].containers(&format!("web-{host}"))).collect();
    assert_eq!(after, before, "an app on another host was restarted");
    fault.mend(fleet, old.leader);
    made.duration_since(from).unwrap()
}

/// Asks for fresh copies with one key, as often as it takes until the wish is taken.
fn restart(fleet: &Fleet, host: usize, app: &str, key: &str) {
    let path = format!("/apps/{app}/restart");
    let mut heard = String::new();
    wait_until("the wish is taken", LIMIT, || {
        match fleet.hosts[host].ask(ATTEMPT, "POST", &path, Some(key), Some(&json!({}))) {
            Ok((202, _)) => return Some(()),
            Ok((status, body)) => heard = format!("{status} {body}"),
            Err(error) => heard = error.to_string(),
        }
        println!("asked again: {heard}");
        None
    });
}

fn lose_many(hosts: usize, fault: Fault) {
    let mut fleet = housed(hosts);
    let mut times = Times::default();
    for _ in 0..LOSSES {
        times.add(lose_the_leader(&mut fleet, fault));
    }
    println!("{hosts} hosts, leader {fault:?}: {times}");
    assert!(times.share(99) <= P99 && times.most() <= MOST, "{times}");
}

#[test]
#[ignore = "makes up a whole platform: make lab"]
fn a_killed_leader_is_replaced_and_the_next_one_orders() {
    let mut fleet = housed(2);
    let took = lose_the_leader(&mut fleet, Fault::Killed);
    println!("leader killed, container made by the next one's order after {took:?}");
    fleet.wait_for_agreement(&fleet.all());
}

#[test]
#[ignore = "long: make lab"]
fn the_app_of_a_dark_host_serves_elsewhere_and_runs_once_when_the_power_is_back() {
    let mut fleet = Fleet::platform(3);
    let url = fleet.web_app("free");
    fleet.hosts[0].ok(&["deploy", &url, "--yes", "--wait", "2m"]);
    let runs = |fleet: &Fleet| -> Vec<usize> {
        let all = fleet.all().into_iter().filter(|host| fleet.hosts[*host].has_power());
        all.filter(|host| !fleet.hosts[*host].containers("free").is_empty()).collect()
    };
    let home = runs(&fleet)[0];
    let left = fleet.others(home);
    let from = Instant::now();
    fleet.power_cut(home);
    left.iter().for_each(|host| fleet.wait_until_served(*host, "free"));
    println!("the app of a dark host serves through both others after {:?}", from.elapsed());
    assert!(from.elapsed() < ELSEWHERE, "{:?}", from.elapsed());
    Fault::Dark.mend(&mut fleet, home);
    wait_until("it runs once", LIMIT, || (runs(&fleet).len() == 1).then_some(()));
    fleet.all().iter().for_each(|host| fleet.wait_until_served(*host, "free"));
}

#[test]
#[ignore = "long: make lab"]
fn fifty_leaders_of_two_hosts_are_killed() {
    lose_many(2, Fault::Killed);
}

#[test]
#[ignore = "long: make lab"]
fn fifty_leaders_of_two_hosts_are_frozen() {
    lose_many(2, Fault::Frozen);
}

#[test]
#[ignore = "long: make lab"]
fn fifty_leaders_of_two_hosts_are_unplugged() {
    lose_many(2, Fault::Unplugged);
}

#[test]
#[ignore = "long: make lab"]
fn fifty_leaders_of_two_hosts_lose_power() {
    lose_many(2, Fault::Dark);
}

#[test]
#[ignore = "long: make lab"]
fn fifty_leaders_of_three_hosts_are_killed() {
    lose_many(3, Fault::Killed);
}

#[test]
#[ignore = "long: make lab"]
fn fifty_leaders_of_three_hosts_are_frozen() {
    lose_many(3, Fault::Frozen);
}

#[test]
#[ignore = "long: make lab"]
fn fifty_leaders_of_three_hosts_are_unplugged() {
    lose_many(3, Fault::Unplugged);
}

#[test]
#[ignore = "long: make lab"]
fn fifty_leaders_of_three_hosts_lose_power() {
    lose_many(3, Fault::Dark);
}
