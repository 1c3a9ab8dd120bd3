//! How do two machines become one platform? A commit-reveal handshake whose code people compare, or an invite; pure.
//!
//! [`handshake`] is both state machines, [`code`] what is computed, [`eligible`] who may and who hosts, [`tries`] how often.

pub mod code;
pub mod eligible;
pub mod handshake;
pub mod tries;
