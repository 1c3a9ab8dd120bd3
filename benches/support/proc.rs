//! What does a process cost? Read from /proc, as proc(5) has it.

use std::fs::read_to_string;

/// What a process used up to now.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// CPU time of all its threads, in ticks of 1/100 s.
    pub ticks: u64,
    /// Bytes it caused to be written to disks.
    pub written: u64,
}

/// The memory of a process, in KiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub resident: u64,
    /// Of this, its own: the rest is pages of its file, which the kernel drops when memory is short.
    pub anonymous: u64,
    pub threads: u64,
}

pub fn used(pid: u32) -> Used {
    let stat = read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The second field, the name in brackets, may hold spaces.
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let field = |number: usize| rest.split(' ').nth(number - 3).unwrap().parse::<u64>().unwrap();
    Used { ticks: field(14) + field(15), written: value(&read_to_string(format!("/proc/{pid}/io")).unwrap(), "write_bytes:") }
}

pub fn memory(pid: u32) -> Memory {
    let status = read_to_string(format!("/proc/{pid}/status")).unwrap();
    Memory { resident: value(&status, "VmRSS:"), anonymous: value(&status, "RssAnon:"), threads: value(&status, "Threads:") }
}

fn value(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
