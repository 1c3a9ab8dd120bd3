//! How do hosts become one platform, and who leads it? Asked of each host, as people there would.

use std::time::Duration;

use serde_json::{Value, json};

use super::fleet::{Fleet, PAGE};
use super::host::Host;
use super::shell::wait_until;

/// From the yes to a machine that is ready; the aim is 30 s.
pub const JOINED: Duration = Duration::from_secs(60);
/// Until everybody names the same leader, whatever happened before.
pub const AGREED: Duration = Duration::from_secs(60);
/// For what is fetched, placed and started.
pub const DEPLOYED: Duration = Duration::from_secs(120);

/// A reign, as a host sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reign {
    /// The host that leads, by its number in the fleet.
    pub leader: usize,
    /// The epoch in words.
    pub epoch: String,
}

impl Host {
    /// The machines it knows, by name, with their state.
    pub fn machines(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let nodes = self.api("/nodes").unwrap_or_default();
        let mut found: Vec<_> =
            nodes.as_array().into_iter().flatten().map(|node| (text(&node["name"]), text(&node["state"]))).collect();
        found.sort();
        found
    }
}

impl Fleet {
    /// Hosts that are one platform, by tokens of the first one's.
    pub fn platform(hosts: usize) -> Self {
        let fleet = Self::running(hosts);
        for joiner in 1..hosts {
            fleet.join_by_token(0, joiner);
        }
        fleet.wait_for_agreement(&fleet.all());
        fleet
    }

    /// The numbers of all hosts.
    pub fn all(&self) -> Vec<usize> {
        (0..self.hosts.len()).collect()
    }

    /// All hosts but this one.
    pub fn others(&self, host: usize) -> Vec<usize> {
        self.all().into_iter().filter(|other| *other != host).collect()
    }

    /// `joiner` joins the platform of `host` with an invite, and is waited for until both know all machines.
    #[track_caller]
    pub fn join_by_token(&self, host: usize, joiner: usize) {
        let known = self.hosts[host].machines().len();
        let invite = self.hosts[host].post("/invites", &json!({}));
        let token = invite["token"].as_str().expect("an invite has a token").to_owned();
        self.hosts[joiner].ok(&["join", &token]);
        for member in [host, joiner] {
            let member = &self.hosts[member];
            wait_until(&format!("{} sees {} machines, all ready", member.name, known + 1), JOINED, || {
                let machines = member.machines();
                (machines.len() == known + 1 && machines.iter().all(|(_, state)| state == "ready")).then_some(())
            });
        }
    }

    /// Who leads, as this host sees it.
    pub fn reign_at(&self, host: usize) -> Option<Reign> {
        let leader = self.hosts[host].api("/platform")?["leader"].clone();
        let (node, epoch) = (leader["name"].as_str()?, leader["epoch"].as_str()?.to_owned());
        let leader = self.hosts.iter().position(|host| host.name == node)?;
        Some(Reign { leader, epoch })
    }

    /// The reign that all of these see, one of whom leads.
    pub fn agreement(&self, hosts: &[usize]) -> Option<Reign> {
        let mut seen = hosts.iter().map(|host| self.reign_at(*host));
        let first = seen.next()??;
        (hosts.contains(&first.leader) && seen.all(|reign| reign.as_ref() == Some(&first))).then_some(first)
    }

    /// Waits until all of these see one of them lead.
    #[track_caller]
    pub fn wait_for_agreement(&self, hosts: &[usize]) -> Reign {
        wait_until(&format!("hosts {hosts:?} agree who leads"), AGREED, || self.agreement(hosts))
    }

    /// Deploys an app with one copy on each of these hosts' own terms: `NAME-N` runs on host N. Asked of host `at`.
    #[track_caller]
    pub fn deploy_on(&self, at: usize, name: &str, host: usize) {
        let url = self.web_app(name);
        self.hosts[at].ok(&["deploy", &url, "--yes", "--wait", "2m", "--node", &self.hosts[host].name]);
        wait_until(&format!("{name} is on {}", self.hosts[host].name), DEPLOYED, || {
            (self.hosts[host].containers(name).len() == 1).then_some(())
        });
    }

    /// Waits until the app answers at this host's front door.
    #[track_caller]
    pub fn wait_until_served(&self, host: usize, app: &str) {
        let (door, name) = (self.doors()[host], format!("{app}.localhost"));
        wait_until(&format!("{app} is served at {}", self.hosts[host].name), DEPLOYED, || {
            let answer = self.lan.network().inside(|| crate::support::hammer::ask(door, &name, "/"));
            answer.is_ok_and(|(status, body)| status == 200 && body.contains(PAGE)).then_some(())
        });
    }
}
