//! Does the lab do what it says? A cut that does not cut would let every scenario pass.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::fleet::{Fleet, address, ping};
use super::lan::{BESIDE, GATEWAY, lose};
use super::leftover;
use super::network::Network;
use super::shell::{try_run, wait_until};

const PINGS: u32 = 10;

fn reaches(from: &Network, to: &str) -> bool {
    !ping(from, to, 2).is_empty()
}

#[test]
fn a_cut_cuts_what_it_says_and_nothing_else() {
    let mut fleet = Fleet::of(3);
    let network = |fleet: &Fleet, host: usize| Network::of(fleet.hosts[host].network.name());
    let [one, two, three] = [0, 1, 2].map(|host| network(&fleet, host));
    let [at1, at2, at3] = [1, 2, 3].map(address);
    assert!(reaches(&one, &at2) && reaches(&two, &at3) && reaches(&one, GATEWAY) && reaches(&one, BESIDE));

    fleet.lan.part(&[1], &[2, 3]);
    assert!(!reaches(&one, &at2) && !reaches(&three, &at1), "a parted LAN lets through");
    assert!(reaches(&two, &at3) && reaches(&one, GATEWAY) && reaches(&one, BESIDE));
    fleet.lan.isolate(1, &[2, 3]);
    assert!(!reaches(&one, GATEWAY));
    fleet.lan.heal();
    assert!(reaches(&one, &at2));

    fleet.lan.part_one_way(1, 2);
    assert!(!reaches(&one, &at2) && reaches(&one, &at3));
    fleet.lan.heal();

    fleet.lan.cable(2, false);
    assert!(!reaches(&one, &at2) && reaches(&one, &at3));
    assert!(fleet.hosts[1].network.ip("link show eth0").contains("NO-CARRIER"), "the host sees it");
    fleet.lan.cable(2, true);
    wait_until("the cable is in again", Duration::from_secs(5), || reaches(&one, &at2).then_some(()));

    fleet.lan.gateway_answers(false);
    assert!(!reaches(&one, GATEWAY) && reaches(&one, &at2));
}

#[test]
fn ten_percent_loss_loses_ten_percent() {
    let fleet = Fleet::of(2);
    let (one, two) = (&fleet.hosts[0].network, &fleet.hosts[1].network);
    lose(two, Some(0.1));
    let sent = 600;
    let answered = ping(one, &address(2), sent).len() as f64;
    // One packet in ten is lost on the way there only: 540 come back, give or take four standard deviations (7.3 each).
    assert!((510.0..570.0).contains(&answered), "{answered} of {sent}");
    lose(two, None);
    assert_eq!(ping(one, &address(2), 50).len(), 50);
}

#[test]
fn a_slow_line_delays_and_jitters_and_carries_whole_files() {
    let mut fleet = Fleet::of(2);
    fleet.lan.slow(2, Duration::from_millis(20), Duration::from_millis(40), 7);
    let times = ping(&fleet.hosts[0].network, &address(2), 40);
    let (least, most) = times.iter().fold((f64::MAX, 0.0_f64), |(least, most), time| (least.min(*time), most.max(*time)));
    // There and back: twice 20 ms, and from 0 to 80 ms more.
    assert!(times.len() == 40 && least >= 40.0 && most < 180.0 && most - least > 20.0, "{times:?}");

    let listener = fleet.hosts[1].network.inside(|| std::net::TcpListener::bind((address(2), 900))).unwrap();
    let bytes = crate::support::repository::noise(3 << 20);
    let sent = bytes.clone();
    let server = std::thread::spawn(move || std::io::copy(&mut sent.as_slice(), &mut listener.accept().unwrap().0).unwrap());
    let mut got = Vec::new();
    let mut client = fleet.hosts[0].network.inside(|| std::net::TcpStream::connect((address(2), 900))).unwrap();
    std::io::Read::read_to_end(&mut client, &mut got).unwrap();
    server.join().unwrap();
    assert!(got == bytes, "{} of {} bytes came through", got.len(), bytes.len());
    assert!(fleet.lan.carried(2) > 80);

    fleet.lan.part(&[1], &[2]);
    assert!(!reaches(&fleet.hosts[0].network, &address(2)), "a slow line can be cut");
    fleet.lan.heal();
    fleet.lan.fast(2);
    let after = wait_until("the plain cable", Duration::from_secs(5), || {
        Some(ping(&fleet.hosts[0].network, &address(2), PINGS)).filter(|times| times.len() == PINGS as usize)
    });
    assert!(after.iter().all(|time| *time < 20.0), "{after:?}");
}

#[test]
fn a_rate_holds_back() {
    let fleet = Fleet::of(2);
    fleet.lan.rate(2, &fleet.hosts[1].network, Some(8_000_000));
    let listener = fleet.hosts[1].network.inside(|| std::net::TcpListener::bind((address(2), 900))).unwrap();
    let server = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        std::io::copy(&mut vec![7; 1_000_000].as_slice(), &mut stream).unwrap()
    });
    let began = Instant::now();
    let mut client = fleet.hosts[0].network.inside(|| std::net::TcpStream::connect((address(2), 900))).unwrap();
    let got = std::io::copy(&mut client, &mut std::io::sink()).unwrap();
    server.join().unwrap();
    // A megabyte at a megabyte per second.
    assert!(got == 1_000_000 && began.elapsed() > Duration::from_millis(800), "{:?}", began.elapsed());
    fleet.lan.rate(2, &fleet.hosts[1].network, None);
}

#[test]
fn addresses_change_at_once() {
    let fleet = Fleet::of(2);
    for host in &fleet.hosts {
        host.address(&format!("198.18.1.{}", host.place + 100), GATEWAY);
    }
    let one = &fleet.hosts[0].network;
    assert!(reaches(one, "198.18.1.102") && !reaches(one, &address(2)) && reaches(one, GATEWAY) && reaches(one, BESIDE));
}

#[test]
fn a_power_cut_ends_everything_and_nothing_is_left_of_a_lab() {
    let mut fleet = Fleet::running(1);
    let id = fleet.id().to_owned();
    let host = &mut fleet.hosts[0];
    let run = host.docker(&["run", "-d", "--name", "witness", "--restart", "always", super::fleet::WEB]);
    assert_eq!(run.code, 0, "{run:?}");
    let first = host.docker(&["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", "witness"]).out;
    assert_eq!(host.contained("httpd").len(), 1, "a container is a process of its host");
    let agent = host.agent().unwrap();
    host.signal_agent(Signal::STOP);
    assert!(host.api("/nodes").is_none(), "a frozen agent answers");
    host.signal_agent(Signal::CONT);
    assert!(host.api("/nodes").is_some());
    host.kill_agent();
    host.start_agent();
    host.wait_for_agent();
    assert_ne!(host.agent(), Some(agent));
    let httpd = host.contained("httpd")[0];

    fleet.power_cut(0);
    assert!(!std::path::Path::new(&format!("/proc/{httpd}")).exists(), "a container survived the power cut");
    fleet.power_on();
    let after = fleet.hosts[0].docker(&["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", "witness"]).out;
    assert_eq!(after.split(' ').next(), first.split(' ').next(), "its disk is as it was");
    assert_ne!(after, first, "it was started again, and that can be seen");
    assert!(leftover::traces(&id).len() > 5);
    drop(fleet);
    assert_eq!(leftover::traces(&id), Vec::<String>::new());
}

#[test]
fn what_a_killed_lab_left_is_found_and_removed() {
    // A lab of a process that is gone for sure: this child has ended and was waited for.
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let id = format!("kl{}", child.id());
    child.wait().unwrap();
    let alone = Fleet::of(0);
    let network = Network::make(&format!("{id}-pi1"));
    let mut orphan = network.command("sleep").arg("600").spawn().unwrap();
    let folder = leftover::folder(&id);
    std::fs::create_dir_all(folder.join("pi1")).unwrap();
    let is_process = |trace: &String| trace.starts_with("process");
    wait_until("its process is there", Duration::from_secs(5), || {
        leftover::traces(&id).iter().find_map(|trace| is_process(trace).then_some(()))
    });
    std::mem::forget(network);
    leftover::remove_of_dead_labs();
    orphan.wait().unwrap();
    assert_eq!(leftover::traces(&id), Vec::<String>::new());
    assert!(!leftover::traces(alone.id()).is_empty(), "a lab at work is left alone");
    assert_eq!(try_run("ip", &["netns", "pids", alone.lan.network().name()]).code, 0);
}
