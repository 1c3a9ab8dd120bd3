//! Who may come in, what may be seen, and whose things are left alone? The real binary, asked over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "also in what the tests share")]

mod support;

#[path = "security/door.rs"]
mod door;
#[path = "security/foreign.rs"]
mod foreign;
#[path = "security/secrets.rs"]
mod secrets;
#[path = "security/wire.rs"]
mod wire;
