//! What do others see of it? `avahi-browse` every node, `tshark` no word of ours, the kernel's counters how little it takes.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::fleet::Fleet;
use super::host::Host;
use super::lan::BESIDE;
use super::network::Network;
use super::shell::{Said, wait_until};

const LIMIT: Duration = Duration::from_secs(30);
/// How long an idle platform is watched.
const IDLE: Duration = Duration::from_secs(60);
/// An app and a value that would be seen if they went over the LAN in clear.
const APP: &str = "marmalade";
/// What goes from host to host, as tshark says it.
const HOSTS: &str = "ip.src==198.18.0.0/28 && ip.dst==198.18.0.0/28";
const VALUE: &str = "the-value-nobody-may-read";

/// A host with Avahi instead of Kraken, as a desktop has it.
fn desktop(fleet: &mut Fleet) -> &Host {
    let place = fleet.add_host();
    let host = &mut fleet.hosts[place];
    host.boot();
    let script = "mkdir -p /run/dbus /run/avahi-daemon && dbus-daemon --system --fork && \
                  avahi-daemon --daemonize --no-drop-root --no-chroot --no-rlimits";
    let said: Said = host.command("sh").args(["-c", script]).output().unwrap().into();
    assert_eq!(said.code, 0, "{said:?}");
    &fleet.hosts[place]
}

/// What Avahi finds of a service: lines of fields, resolved ones begin with `=`.
fn browse(desktop: &Host, service: &str) -> Vec<String> {
    let said: Said = desktop.command("timeout").args(["20", "avahi-browse", "-rtp", service]).output().unwrap().into();
    said.out.lines().filter(|line| line.starts_with('=')).map(str::to_owned).collect()
}

#[test]
fn avahi_sees_every_node() {
    let mut fleet = Fleet::running(2);
    let desktop = desktop(&mut fleet);
    let names = ["pi1", "pi2"];
    let found = wait_until("avahi-browse -rt _kraken._tcp finds both", LIMIT, || {
        let found = browse(desktop, "_kraken._tcp");
        names.iter().all(|name| found.iter().any(|line| line.contains(name))).then_some(found)
    });
    for (place, name) in names.iter().enumerate() {
        let of_it: Vec<_> = found.iter().filter(|line| line.contains(name)).collect();
        assert!(
            of_it.iter().all(|line| line.contains(&format!("198.18.0.{}", place + 1)) && line.contains(";7373;")),
            "{of_it:?}"
        );
    }
}

/// `tshark` at every cable, writing to a file.
struct Tap {
    child: Child,
    file: std::path::PathBuf,
}

impl Tap {
    fn begin(fleet: &Fleet) -> Self {
        let file = super::leftover::folder(fleet.id()).join("tap.pcapng");
        let mut command = fleet.lan.network().command("tshark");
        command.args(["-q", "-w"]).arg(&file);
        for host in &fleet.hosts {
            command.args(["-i", &format!("w{}", host.place)]);
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(log.any(|line| line.contains("Capture started")), "tshark does not listen");
        // The rest must be read, or a full pipe would stop it.
        std::thread::spawn(move || log.for_each(drop));
        Self { child, file }
    }

    /// Waits until it took what was sent so far: it takes with a delay, and what it has not when it ends is lost.
    fn catch_up(&self, fleet: &Fleet) {
        for host in &fleet.hosts {
            let mark = format!("mark of {}", host.name);
            let socket = host.network.inside(|| UdpSocket::bind("0.0.0.0:0")).unwrap();
            socket.send_to(mark.as_bytes(), (BESIDE, 9)).unwrap();
            let has_it = || fs::read(&self.file).is_ok_and(|taken| taken.windows(mark.len()).any(|part| part == mark.as_bytes()));
            wait_until("tshark has taken everything", LIMIT, || has_it().then_some(()));
        }
    }

    /// Ends it; what it took stays.
    fn end(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::INT);
        let _ = self.child.wait();
    }

    /// The numbers of frames between hosts, but mDNS, that have this word in clear.
    fn containing(&self, word: &str) -> Vec<String> {
        let word = word.replace('"', "\\\"");
        self.read(&format!("{HOSTS} && !(udp.port==5353) && frame contains \"{word}\""), &["frame.number"])
    }

    /// These fields of all packets it took that pass `filter`, a line each.
    fn read(&self, filter: &str, fields: &[&str]) -> Vec<String> {
        let mut command = Command::new("tshark");
        command.args(["-r", self.file.to_str().unwrap(), "-d", "tcp.port==7373,tls", "-Y", filter, "-T", "fields"]);
        command.args(fields.iter().flat_map(|field| ["-e", field]));
        let said: Said = command.output().unwrap().into();
        assert_eq!(said.code, 0, "{said:?}");
        said.out.lines().map(str::to_owned).collect()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
fn a_word_in_clear_between_hosts_would_be_seen() {
    let fleet = Fleet::of(2);
    let mut tap = Tap::begin(&fleet);
    let listener = fleet.hosts[1].network.inside(|| std::net::TcpListener::bind(("198.18.0.2", 7373))).unwrap();
    let mut client = fleet.hosts[0].network.inside(|| std::net::TcpStream::connect(("198.18.0.2", 7373))).unwrap();
    client.write_all(VALUE.as_bytes()).unwrap();
    drop(client);
    let mut heard = String::new();
    listener.accept().unwrap().0.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, VALUE);
    tap.catch_up(&fleet);
    tap.end();
    assert!(!tap.containing(VALUE).is_empty());
    assert!(tap.containing(APP).is_empty());
}

#[test]
#[ignore = "long: make lab"]
fn tshark_sees_no_word_of_ours_between_nodes() {
    let fleet = Fleet::running(3);
    let mut tap = Tap::begin(&fleet);
    for joiner in 1..3 {
        fleet.join_by_token(0, joiner);
    }
    fleet.wait_for_agreement(&fleet.all());
    let url = fleet.web_app(APP);
    fleet.hosts[1].ok(&["deploy", &url, "--yes", "--wait", "2m", "--env", &format!("SECRET={VALUE}"), "--node", "pi3"]);
    fleet.wait_until_served(1, APP);
    tap.catch_up(&fleet);
    tap.end();

    let all = tap.read(HOSTS, &["_ws.col.Protocol"]);
    assert!(all.len() > 100, "only {} packets were seen", all.len());
    let foreign =
        tap.read(&format!("{HOSTS} && !(udp.port==7373) && !(tcp.port==7373) && !icmp"), &["frame.number", "_ws.col.Info"]);
    assert_eq!(foreign, Vec::<String>::new(), "between nodes there is nothing but 7373");
    let spoken = tap.read(
        &format!("{HOSTS} && tcp.port==7373 && tcp.len>0 && !tls && !tcp.analysis.retransmission"),
        &["frame.number", "tcp.len"],
    );
    println!("{} packets between nodes; {} on 7373 that tshark did not take for TLS (parts of records)", all.len(), spoken.len());
    let clear = tap.read(
        &format!("{HOSTS} && tls.handshake.type==1"),
        &["tls.handshake.extensions_alpn_str", "tls.handshake.extensions_server_name"],
    );
    println!("in clear in TLS's first message: {clear:?}");
    for word in [APP, VALUE, "\"kind\"", "shipwreck", super::fleet::PAGE] {
        assert_eq!(tap.containing(word), Vec::<String>::new(), "{word} went over the LAN in clear");
    }
}

/// What a process took since it started.
struct Taken {
    cpu: Duration,
    written: u64,
    sent: u64,
}

fn taken(host: &Host) -> Taken {
    let pid = host.agent().expect("the agent runs");
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // utime and stime are the 14th and 15th field, in hundredths of a second; proc(5).
    let fields: Vec<u64> =
        stat.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2).map(|field| field.parse().unwrap()).collect();
    let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap();
    let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap().parse().unwrap();
    Taken { cpu: Duration::from_millis((fields[0] + fields[1]) * 10), written, sent: heartbeat_bytes(&host.network) }
}

/// Bytes of UDP to 7373 that left a host, with IP headers.
fn heartbeat_bytes(network: &Network) -> u64 {
    let rules = network.run("iptables", &["-w", "-t", "raw", "-L", "OUTPUT", "-v", "-x", "-n"]);
    let counted = rules.lines().find(|line| line.contains("dpt:7373")).expect("the rule counts");
    counted.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[ignore = "long: make lab"]
fn an_idle_platform_of_three_takes_next_to_nothing() {
    let fleet = Fleet::platform(3);
    for host in &fleet.hosts {
        host.network.run("iptables", &["-w", "-t", "raw", "-A", "OUTPUT", "-o", "eth0", "-p", "udp", "--dport", "7373"]);
    }
    // What joining started has its end; then a quiet minute.
    std::thread::park_timeout(Duration::from_secs(20));
    let before: Vec<Taken> = fleet.hosts.iter().map(taken).collect();
    let from = Instant::now();
    while from.elapsed() < IDLE {
        std::thread::park_timeout(IDLE.saturating_sub(from.elapsed()));
    }
    let seconds = from.elapsed().as_secs_f64();
    for (host, before) in fleet.hosts.iter().zip(before) {
        let after = taken(host);
        let status = fs::read_to_string(format!("/proc/{}/status", host.agent().unwrap())).unwrap();
        let rss: u64 =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim().trim_end_matches(" kB").parse().unwrap();
        let cpu = (after.cpu - before.cpu).as_secs_f64() / seconds * 100.0;
        let written = (after.written - before.written) as f64 * 3600.0 / seconds / 1e6;
        let sent = (after.sent - before.sent) as f64 / seconds / 1e3;
        println!("{}: {rss} kB RSS, {cpu:.2} % of a core, {written:.2} MB/h written, heartbeats {sent:.2} kB/s", host.name);
        assert!(cpu <= 1.0 && written <= 1.0, "{} is not idle", host.name);
        // Nine others would be 20 kB/s at most; here are two.
        assert!(sent > 0.5 && sent <= 20.0 * 2.0 / 9.0, "{sent} kB/s of heartbeats");
    }
}
