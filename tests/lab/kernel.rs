//! What does the lab ask of the kernel that the standard library has no words for? Two things: another network namespace for
//! a thread (setns(2)), and all frames of an interface (packet(7)).
#![allow(unsafe_code, reason = "neither call has a safe face in the libraries at hand")]

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixDatagram;

/// Takes this thread, and no other, into a network namespace.
pub fn enter_network(namespace: &File) -> io::Result<()> {
    // SAFETY: takes a descriptor, which is open, and a flag; touches no memory of ours.
    checked(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) }).map(drop)
}

/// All frames that arrive at `interface` of this thread's namespace; what is sent leaves by it. Each frame has the header of
/// virtio before it (`PACKET_VNET_HDR`), so that checksums and segments left to the hardware pass through unfinished.
/// It is no Unix socket, yet whoever only sends and receives need not know.
pub fn frames(interface: &str) -> io::Result<UnixDatagram> {
    let every = i32::from((libc::ETH_P_ALL as u16).to_be());
    // SAFETY: no pointers.
    let raw = checked(unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, every) })?;
    // SAFETY: the kernel gave it to us a moment ago, and nobody else has it.
    let socket = unsafe { OwnedFd::from_raw_fd(raw) };
    for option in [libc::PACKET_VNET_HDR, libc::PACKET_IGNORE_OUTGOING] {
        let (yes, size) = (1_i32, size_of::<i32>() as libc::socklen_t);
        // SAFETY: `yes` lives over the call and has the size that is told.
        checked(unsafe { libc::setsockopt(raw, libc::SOL_PACKET, option, (&raw const yes).cast(), size) })?;
    }
    let name = CString::new(interface)?;
    // SAFETY: a string that ends with a zero and lives over the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    if index == 0 {
        return Err(io::Error::last_os_error());
    }
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: every as u16,
        sll_ifindex: index as i32,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let size = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: an address of the family's own type that lives over the call, and its size.
    checked(unsafe { libc::bind(raw, (&raw const address).cast(), size) })?;
    Ok(UnixDatagram::from(socket))
}

fn checked(answer: i32) -> io::Result<i32> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}
