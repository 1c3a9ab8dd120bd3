//! In which ways does a leader go? And how is it brought back.

use rustix::process::Signal;

use super::fleet::Fleet;

/// A way to lose a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `kill -9` of the agent; its apps run on.
    Killed,
    /// The agent is stopped, and knows nothing of it when it goes on.
    Frozen,
    /// The cable is out; the agent runs.
    Unplugged,
    /// The power of all of it.
    Dark,
}

impl Fault {
    /// Happens to a host.
    pub fn strike(self, fleet: &mut Fleet, host: usize) {
        match self {
            Self::Killed => fleet.hosts[host].kill_agent(),
            Self::Frozen => fleet.hosts[host].signal_agent(Signal::STOP),
            Self::Unplugged => fleet.lan.cable(fleet.hosts[host].place, false),
            Self::Dark => fleet.power_cut(host),
        }
    }

    /// Is over.
    pub fn mend(self, fleet: &mut Fleet, host: usize) {
        match self {
            Self::Killed => fleet.hosts[host].start_agent(),
            Self::Frozen => fleet.hosts[host].signal_agent(Signal::CONT),
            Self::Unplugged => fleet.lan.cable(fleet.hosts[host].place, true),
            Self::Dark => {
                fleet.lan.cable(fleet.hosts[host].place, true);
                fleet.power_on();
                fleet.hosts[host].start_agent();
            }
        }
        fleet.hosts[host].wait_for_agent();
    }
}
