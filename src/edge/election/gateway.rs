//! Is it my own cable? Asks the default gateway: one echo (RFC 792), else a connection, where even a refusal is an answer.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpStream, UdpSocket};

use crate::decide::election::Gateway;

/// For one answer.
const PATIENCE: Duration = Duration::from_millis(400);
/// Tries before it counts as silent.
const TRIES: u16 = 2;
/// Routers have their page here, or refuse it.
const PORT: u16 = 80;

/// What the default gateway does now.
pub(super) async fn ask() -> Gateway {
    let table = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    match default_gateway(&table) {
        None => Gateway::None,
        Some(gateway) if answers(gateway).await => Gateway::Answers,
        Some(_) => Gateway::Silent,
    }
}

async fn answers(gateway: Ipv4Addr) -> bool {
    for attempt in 0..TRIES {
        if echoes(gateway, attempt).await.unwrap_or(false) || accepts_or_refuses(gateway).await {
            return true;
        }
    }
    false
}

/// Whether it answers an echo. Needs no privilege where the kernel allows ping sockets (icmp(7), `ping_group_range`).
async fn echoes(gateway: Ipv4Addr, attempt: u16) -> io::Result<bool> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::ICMPV4))?;
    socket.set_nonblocking(true)?;
    // To tokio a ping socket is like any other of datagrams.
    let socket = UdpSocket::from_std(socket.into())?;
    socket.connect(SocketAddr::from((gateway, 0))).await?;
    // Type 8 = echo; checksum and identifier are the kernel's.
    let token = getrandom::u64().map_err(io::Error::other)?.to_be_bytes();
    let number = attempt.to_be_bytes();
    let question = [&[8, 0, 0, 0, 0, 0][..], &number, &token].concat();
    socket.send(&question).await?;
    let mut answer = [0; 64];
    let waiting = async {
        loop {
            let length = socket.recv(&mut answer).await?;
            if is_answer(&answer[..length], &question) {
                return io::Result::Ok(true);
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or(Ok(false))
}

/// Type 0 = echo reply, with what was sent.
fn is_answer(answer: &[u8], question: &[u8]) -> bool {
    answer.len() == question.len() && answer[..2] == [0, 0] && answer[6..] == question[6..]
}

async fn accepts_or_refuses(gateway: Ipv4Addr) -> bool {
    let connecting = TcpStream::connect((IpAddr::V4(gateway), PORT));
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => error.kind() == io::ErrorKind::ConnectionRefused,
        Err(_) => false,
    }
}

/// The gateway of the default route with the lowest metric (proc(5), `/proc/net/route`: numbers in hex, little-endian).
fn default_gateway(table: &str) -> Option<Ipv4Addr> {
    let routes = table.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| u32::from_str_radix(fields.get(at)?, 16).ok();
        let (to, gateway, mask) = (number(1)?, number(2)?, number(7)?);
        let metric: u32 = fields.get(6)?.parse().ok()?;
        (to == 0 && mask == 0 && gateway != 0).then_some((metric, Ipv4Addr::from(gateway.to_ne_bytes())))
    });
    routes.min_by_key(|(metric, _)| *metric).map(|(_, gateway)| gateway)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
        wlan0\t00000000\t0202A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
        eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
        eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n";

    #[test]
    fn the_gateway_is_that_of_the_default_route_with_the_lowest_metric() {
        assert_eq!(default_gateway(TABLE), Some(Ipv4Addr::new(192, 168, 2, 1)));
        assert_eq!(default_gateway(""), None);
        assert_eq!(default_gateway("Iface\nppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\n"), None, "no address to ask");
        assert_eq!(default_gateway("head\n? ? ?\nx\n"), None);
    }

    #[test]
    fn only_the_echo_of_this_very_question_is_an_answer() {
        let question = [8, 0, 1, 2, 3, 4, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9];
        let mut answer = question;
        answer[0] = 0;
        answer[2] = 77;
        assert!(is_answer(&answer, &question));
        assert!(!is_answer(&question, &question), "one's own question, on loopback");
        answer[15] = 1;
        assert!(!is_answer(&answer, &question));
        assert!(!is_answer(&[], &question));
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer() {
        assert!(accepts_or_refuses(Ipv4Addr::LOCALHOST).await);
    }
}
