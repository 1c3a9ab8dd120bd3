//! Which program holds a port of this machine? From the kernel's socket tables and each process's open files; see `proc(5)`.

use std::fs;

/// The kernel's number for a socket that listens (`include/net/tcp_states.h`).
const LISTEN: &str = "0A";

/// A program that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// What it is called.
    pub name: String,
}

/// Who listens on TCP port `port`. None: nobody, or this user may not look into that process. Blocking.
#[must_use]
pub fn port_holder(port: u16) -> Option<Holder> {
    let v4 = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    // A kernel without IPv6 has no such file.
    let v6 = fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    let sockets: Vec<String> = inodes(&v4, port).chain(inodes(&v6, port)).map(|inode| format!("socket:[{inode}]")).collect();
    let processes = fs::read_dir("/proc").ok().filter(|_| !sockets.is_empty())?;
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.into_iter().find(|pid| has_open(*pid, &sockets)).map(|pid| Holder { pid, name: name(pid) })
}

/// The inodes of sockets that listen on `port`.
fn inodes(table: &str, port: u16) -> impl Iterator<Item = &str> {
    table.lines().filter_map(move |line| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, _, state) = (fields.next()?, fields.next()?, fields.next()?);
        let is_it = state == LISTEN && u16::from_str_radix(local.split_once(':')?.1, 16).ok()? == port;
        fields.nth(5).filter(|_| is_it)
    })
}

fn has_open(pid: u32, sockets: &[String]) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    files
        .filter_map(|file| fs::read_link(file.path()).ok())
        .any(|target| sockets.iter().any(|socket| target.as_os_str() == socket.as_str()))
}

fn name(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_that_listens_is_found_and_one_that_left_is_not() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let holder = port_holder(port).unwrap();
        assert_eq!(holder.pid, std::process::id());
        assert!(!holder.name.is_empty());
        drop(listener);
        assert_eq!(port_holder(port), None);
    }

    #[test]
    fn only_a_listening_socket_of_that_port_counts() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0\n\
            1: 0100007F:0050 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0\n\
            2: 00000000:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0\n";
        assert_eq!(inodes(table, 80).collect::<Vec<_>>(), ["4711"]);
        assert_eq!(inodes("garbage\n1: x", 80).count(), 0);
    }
}
