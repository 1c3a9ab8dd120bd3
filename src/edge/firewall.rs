//! Does a firewall stand before this machine, and which commands open it? Only looked at, never changed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// systemd answers at once or hangs.
const LIMIT: Duration = Duration::from_secs(2);

/// The firewalls of common distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firewall {
    /// Ubuntu's and Debian's.
    Ufw,
    /// Fedora's and its kin's.
    Firewalld,
}

impl Firewall {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ufw => "ufw",
            Self::Firewalld => "firewalld",
        }
    }

    /// The command that lets the network reach these TCP ports.
    #[must_use]
    pub fn opening(self, ports: &BTreeSet<u16>) -> String {
        let each = |text: fn(u16) -> String| ports.iter().map(|&port| text(port)).collect::<Vec<_>>();
        match self {
            Self::Ufw => each(|port| format!("sudo ufw allow {port}/tcp")).join(" && "),
            Self::Firewalld => {
                let added = each(|port| format!("--add-port={port}/tcp")).join(" ");
                format!("sudo firewall-cmd --permanent {added} && sudo firewall-cmd --reload")
            }
        }
    }
}

/// The firewalls that are active here.
pub async fn active() -> Vec<Firewall> {
    let mut active = Vec::new();
    if ufw_is_enabled(Path::new("/etc/ufw/ufw.conf")) {
        active.push(Firewall::Ufw);
    }
    if unit_is_active("firewalld").await {
        active.push(Firewall::Firewalld);
    }
    active
}

/// As ufw itself asks at boot.
fn ufw_is_enabled(config: &Path) -> bool {
    let text = std::fs::read_to_string(config).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("ENABLED="))
        .any(|value| value.trim_matches('"').eq_ignore_ascii_case("yes"))
}

/// False, too, on a machine without systemd.
async fn unit_is_active(unit: &str) -> bool {
    let mut asking = tokio::process::Command::new("systemctl");
    asking
        .args(["is-active", "--quiet", unit])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    matches!(tokio::time::timeout(LIMIT, asking.status()).await, Ok(Ok(status)) if status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ufw_is_active_when_its_file_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("ufw.conf");
        assert!(!ufw_is_enabled(&config));
        for (text, enabled) in
            [("# ENABLED=yes\nENABLED=no\n", false), ("LOGLEVEL=low\nENABLED=yes\n", true), ("ENABLED=\"Yes\"", true)]
        {
            std::fs::write(&config, text).unwrap();
            assert_eq!(ufw_is_enabled(&config), enabled, "{text}");
        }
    }

    #[test]
    fn the_commands_name_every_port() {
        let ports = BTreeSet::from([80, 8000]);
        assert_eq!(Firewall::Ufw.opening(&ports), "sudo ufw allow 80/tcp && sudo ufw allow 8000/tcp");
        let firewalld = "sudo firewall-cmd --permanent --add-port=80/tcp --add-port=8000/tcp && sudo firewall-cmd --reload";
        assert_eq!(Firewall::Firewalld.opening(&ports), firewalld);
    }

    #[tokio::test]
    async fn a_unit_that_does_not_exist_is_not_active() {
        assert!(!unit_is_active("kraken-no-such-unit").await);
    }
}
