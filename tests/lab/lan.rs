//! What connects the hosts? A bridge in a network namespace of its own, where the machine's firewall and bridge netfilter do
//! not see it, with a cable to each host, and means to cut, slow and lose.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use super::line::Line;
use super::network::Network;

/// Where the LAN itself answers: what stands beside the hosts (Git server, visitors) has this address.
pub const BESIDE: &str = "198.18.0.253";
/// Where the gateway answers.
pub const GATEWAY: &str = "198.18.0.254";
/// The gateway's place at the bridge; hosts have 1 and more.
const GATEWAY_PORT: usize = 0;

/// A local network.
#[derive(Debug)]
pub struct Lan {
    network: Arc<Network>,
    gateway: Network,
    /// The slow lines, by place.
    lines: BTreeMap<usize, Line>,
    /// From whom to whom nothing passes.
    cuts: BTreeSet<(usize, usize)>,
}

impl Lan {
    /// A bridge without hosts, and a gateway.
    pub fn make(id: &str) -> Self {
        let network = Network::make(&format!("{id}-lan"));
        // The bridge's own address is told at the bridge only: unbridged cables hear broadcasts as well.
        network.run("sysctl", &["-qw", "net.ipv4.conf.all.arp_ignore=1"]);
        network.ip("link add br0 type bridge");
        network.ip("link set br0 up");
        network.ip(&format!("addr add {BESIDE}/23 dev br0"));
        let gateway = Network::make(&format!("{id}-gate"));
        let lan = Self { network: Arc::new(network), gateway, lines: BTreeMap::new(), cuts: BTreeSet::new() };
        lan.plug_in(GATEWAY_PORT, &lan.gateway);
        lan.gateway.ip(&format!("addr add {GATEWAY}/23 dev eth0"));
        lan
    }

    /// The network the bridge is in: what runs there is beside the hosts, and no partition holds it back.
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// A cable from `host`, where it is eth0, to the bridge.
    pub fn plug_in(&self, place: usize, host: &Network) {
        self.network.ip(&format!("link add w{place} type veth peer name eth0 netns {}", host.name()));
        self.network.ip(&format!("link set w{place} master br0 up"));
        host.ip("link set eth0 up");
    }

    /// Pulls a host's cable, or puts it back. The host sees that its link is down.
    pub fn cable(&self, place: usize, is_in: bool) {
        self.network.ip(&format!("link set w{place} {}", if is_in { "up" } else { "down" }));
    }

    /// Whether the gateway answers.
    pub fn gateway_answers(&self, does: bool) {
        self.cable(GATEWAY_PORT, does);
    }

    /// Nothing passes between the sides, in neither direction. What was cut before stays cut.
    pub fn part(&mut self, one: &[usize], other: &[usize]) {
        for (&a, &b) in one.iter().flat_map(|a| other.iter().map(move |b| (a, b))) {
            self.cuts.extend([(a, b), (b, a)]);
        }
        self.apply_cuts();
    }

    /// Nothing passes from one to the other; the way back stays open.
    pub fn part_one_way(&mut self, from: usize, to: usize) {
        self.cuts.insert((from, to));
        self.apply_cuts();
    }

    /// A host keeps its cable and reaches nobody, not even the gateway.
    pub fn isolate(&mut self, place: usize, others: &[usize]) {
        let others: Vec<usize> = others.iter().copied().chain([GATEWAY_PORT]).collect();
        self.part(&[place], &others);
    }

    /// Everything passes again.
    pub fn heal(&mut self) {
        self.cuts.clear();
        self.apply_cuts();
    }

    /// The whole list in one transaction. A slow line is another port of the bridge than a plain cable, so each has both names.
    fn apply_cuts(&self) {
        let mut table = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n".to_owned();
        for (from, to) in &self.cuts {
            for (a, b) in [("w", "w"), ("w", "b"), ("b", "w"), ("b", "b")] {
                table.push_str(&format!("-A FORWARD -i {a}{from} -o {b}{to} -j DROP\n"));
            }
        }
        let mut child = self.network.command("ebtables-nft-restore").stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(table.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{table}");
    }

    /// Each frame to and from a host takes `delay`, and up to `jitter` more.
    pub fn slow(&mut self, place: usize, delay: Duration, jitter: Duration, seed: u64) {
        self.fast(place);
        self.network.ip(&format!("link add i{place} type veth peer name b{place}"));
        for words in
            [format!("w{place} nomaster promisc on"), format!("i{place} promisc on up"), format!("b{place} master br0 up")]
        {
            self.network.ip(&format!("link set {words}"));
        }
        let line = Line::between(&self.network, &format!("w{place}"), &format!("i{place}"), delay, jitter, seed);
        self.lines.insert(place, line);
    }

    /// A plain cable again.
    pub fn fast(&mut self, place: usize) {
        let Some(line) = self.lines.remove(&place) else { return };
        drop(line);
        self.network.ip(&format!("link del i{place}"));
        self.network.ip(&format!("link set w{place} promisc off master br0"));
    }

    /// Frames that a host's slow line carried.
    pub fn carried(&self, place: usize) -> u64 {
        self.lines.get(&place).map_or(0, Line::passed)
    }

    /// Bits per second of a host's line, in both directions; none: as fast as it can.
    pub fn rate(&self, place: usize, host: &Network, bits: Option<u64>) {
        for (network, interface) in [(host, "eth0".to_owned()), (&*self.network, format!("w{place}"))] {
            let arguments = |action: &str| format!("qdisc {action} dev {interface} root");
            match bits {
                Some(bits) => {
                    let shape = format!("{} tbf rate {bits}bit burst 32kb latency 300ms", arguments("replace"));
                    network.run("tc", &shape.split(' ').collect::<Vec<_>>())
                }
                None => network.run("tc", &arguments("del").split(' ').collect::<Vec<_>>()),
            };
        }
    }
}

/// Loses this share of all packets that reach a host over the LAN; none: loses none any more.
pub fn lose(host: &Network, share: Option<f64>) {
    let (action, share) = (if share.is_some() { "-A" } else { "-F" }, share.map(|share| share.to_string()));
    let mut args = vec!["-w", "-t", "raw", action, "PREROUTING"];
    if let Some(share) = &share {
        args.extend(["-i", "eth0", "-m", "statistic", "--mode", "random", "--probability", share, "-j", "DROP"]);
    }
    host.run("iptables", &args);
}
