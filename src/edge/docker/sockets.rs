//! On which ports does a container listen? The kernel's socket tables of its network, seen through its first process.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::client::Docker;
use super::error::DockerError;
use crate::decide::listening::Listening;
use crate::model::id::ContainerId;

/// The kernel's number for a socket that listens (`include/net/tcp_states.h`).
const LISTEN: &str = "0A";
/// Docker answers names for the container here, from inside its network; no socket of the app's.
const DOCKER_DNS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

impl Docker {
    /// TCP sockets a container of ours listens on, sorted; none: it is stopped, or we may not look.
    ///
    /// # Errors
    /// [`DockerError::NotFound`], or the world's.
    pub async fn listening(&self, id: &ContainerId) -> Result<Option<Vec<Listening>>, DockerError> {
        Ok(self.inspect(id).await?.pid.and_then(of_process))
    }
}

fn of_process(pid: u32) -> Option<Vec<Listening>> {
    let v4 = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).ok()?;
    // A kernel without IPv6 has no such file.
    let v6 = std::fs::read_to_string(format!("/proc/{pid}/net/tcp6")).unwrap_or_default();
    Some(listening(&v4, &v6))
}

/// From the texts of `/proc/net/tcp` and `tcp6`; see `proc(5)`. Addresses are hexadecimal words in the machine's byte order.
fn listening(v4: &str, v6: &str) -> Vec<Listening> {
    let mut sockets: Vec<Listening> = v4.lines().chain(v6.lines()).filter_map(socket).collect();
    sockets.retain(|socket| socket.address != IpAddr::V4(DOCKER_DNS));
    sockets.sort_unstable();
    sockets.dedup();
    sockets
}

fn socket(line: &str) -> Option<Listening> {
    let mut fields = line.split_whitespace().skip(1);
    let (local, _, state) = (fields.next()?, fields.next()?, fields.next()?);
    if state != LISTEN {
        return None;
    }
    let (address, port) = local.split_once(':')?;
    Some(Listening { address: address_of(address)?, port: u16::from_str_radix(port, 16).ok()? })
}

fn address_of(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(hex.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    match hex.len() {
        8 => Some(IpAddr::V4(word(0)?.into())),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let bytes: [u8; 16] = words.as_flattened().try_into().ok()?;
            Some(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        _ => None,
    }
}

#[cfg(test)]
#[cfg(target_endian = "little")]
mod tests {
    use super::*;

    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0 100 0 0 10 0
   1: 0B00007F:A3F1 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0 100 0 0 10 0
   2: 0900D50A:1C2B 0100D50A:C350 01 00000000:00000000 00:00000000 00000000  1000        0 13 1 0 100 0 0 10 0
";
    const TCP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000000000000:0BD6 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 00000000000000000000000001000000:0BD7 00000000000000000000000000000000:0000 0A 00000000:00000000
";

    #[test]
    fn listening_sockets_are_read_without_connections_and_dockers_own() {
        let seen = listening(TCP, TCP6);
        let expected = [
            Listening { address: Ipv4Addr::LOCALHOST.into(), port: 5000 },
            Listening { address: Ipv6Addr::UNSPECIFIED.into(), port: 3030 },
            Listening { address: Ipv6Addr::LOCALHOST.into(), port: 3031 },
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn nonsense_is_passed_over() {
        assert_eq!(listening("x\n 0: zz:1388 y 0A\n 0: 0100007F y 0A\n 0: 01:1 y 0A", ""), []);
        assert_eq!(of_process(u32::MAX), None);
    }

    #[test]
    fn our_own_listener_is_seen() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = of_process(std::process::id()).unwrap();
        assert!(seen.contains(&Listening { address: Ipv4Addr::LOCALHOST.into(), port }), "{seen:?}");
    }
}
