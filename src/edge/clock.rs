//! What time is it on this machine? The only place that asks the kernel.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

pub use crate::decide::hlc::BUILD_DATE;
use crate::model::time::{Timestamp, WallTime};

/// Now, for measuring: CLOCK_BOOTTIME, which never jumps and counts suspend (clock_gettime(2)).
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::new(since_start(clock_gettime(ClockId::Boottime)))
}

/// Now, for people and for the hybrid logical clock. May jump, and is 1970 on a Pi that never reached the network.
#[must_use]
pub fn wall() -> WallTime {
    let millis = since_start(clock_gettime(ClockId::Realtime)).as_millis();
    WallTime(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// Both clocks count from a start; what lies before it (a clock set to 1969) is that start.
fn since_start(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos.min(999_999_999))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_time_does_not_go_back() {
        let first = now();
        assert!(now() >= first);
    }

    #[test]
    fn measured_time_is_what_the_kernel_calls_uptime() {
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
        let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
        assert!((now().since_boot().as_secs_f64() - uptime).abs() < 5.0);
    }

    #[test]
    fn a_clock_before_1970_is_1970() {
        assert_eq!(since_start(Timespec { tv_sec: -5, tv_nsec: 0 }), Duration::ZERO);
    }

    #[test]
    fn the_build_date_lies_in_the_past_of_a_set_clock() {
        assert!(wall() > BUILD_DATE, "this machine's clock shows {}", wall());
    }
}
