//! How long does what take? The figures behind these stand in `docs/simulation.md`.

use std::time::Duration;

/// Between two heartbeats.
pub const HEARTBEAT: Duration = Duration::from_millis(250);
/// Heartbeats spread by up to this, so that nodes started together do not speak together.
pub const JITTER_MS: u64 = 20;
/// The least and the most that a claim may be silent before it counts as dead.
pub const SILENCE: (Duration, Duration) = (Duration::from_millis(1250), Duration::from_secs(2));
/// What each better node that is alive makes one wait before claiming.
pub const SKEW: Duration = Duration::from_millis(150);
/// How long a node listens after its start before it claims.
pub const LISTEN: Duration = Duration::from_secs(3);
/// How long a new reign weighs nothing.
pub const PROBATION: Duration = Duration::from_secs(2);
/// A node whose own clock jumps by more was deaf (frozen, suspended, a stalled disk) ...
pub const DEAF_GAP: Duration = Duration::from_millis(400);
/// ... and accuses nobody for so long.
pub const DEAF: Duration = Duration::from_millis(600);
/// After a write failed: how long until the next.
pub const RETRY: Duration = Duration::from_secs(1);
/// How long a person's "make leader" waits for the node to be in sync.
pub const HAND_OVER: Duration = Duration::from_secs(10);
/// For how long a claim that was taken back is still said to be.
pub const WITHDRAWN: Duration = Duration::from_secs(1);
/// How long a run that shall stand back is told so after it was last heard.
pub const TELL_DOUBLE: Duration = Duration::from_secs(10);
