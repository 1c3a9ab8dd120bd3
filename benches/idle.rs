//! What does a node cost that has nothing to do? The real program on the machine's Docker, with ten apps that serve and nobody
//! who asks for them: memory, processor time and bytes written, over two minutes (`KRAKEN_BENCH_SECONDS`).
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]
#![allow(clippy::disallowed_methods, reason = "a benchmark lets time pass")]

#[allow(dead_code, missing_docs, clippy::panic, clippy::expect_used, reason = "the tests' own agent")]
#[path = "../tests/support/agent.rs"]
mod agent;
#[allow(dead_code, missing_docs, reason = "what the agent of the tests asks with")]
#[path = "../tests/support/hammer.rs"]
mod hammer;
mod support;

use std::time::Duration;

use agent::TestAgent;
use support::proc::{memory, used};
use support::samples::{print_surroundings, verdict};

const APPS: usize = 10;
const HELLO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/hello-node");
/// Until what the last deployment left to do is done.
const SETTLE: Duration = Duration::from_secs(45);
const MEMORY_MIB: f64 = 30.0;
const CPU_PERCENT: f64 = 1.0;
const WRITTEN_MB_PER_HOUR: f64 = 1.0;

fn main() {
    print_surroundings();
    let mut agent = TestAgent::start();
    for number in 0..APPS {
        agent.ok(["deploy", HELLO, "--name", &format!("hello-{number}"), "--quiet"]);
    }
    for number in 0..APPS {
        assert_eq!(agent.get(&format!("hello-{number}"), "/").0, 200);
    }
    println!("{APPS} apps serve");
    measure("after ten deployments", &agent);
    agent.stop();
    agent.begin();
    measure("after a restart of the agent", &agent);
}

fn measure(when: &str, agent: &TestAgent) {
    std::thread::sleep(SETTLE);
    let seconds = std::env::var("KRAKEN_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(120);
    let (before, mut highest) = (used(agent.pid()), memory(agent.pid()));
    for _ in 0..seconds {
        std::thread::sleep(Duration::from_secs(1));
        let now = memory(agent.pid());
        if now.resident > highest.resident {
            highest = now;
        }
    }
    let after = used(agent.pid());
    let cpu = (after.ticks - before.ticks) as f64 / f64::from(seconds);
    let written = (after.written - before.written) as f64 / 1e6 * 3600.0 / f64::from(seconds);
    println!(
        "{when}, over {seconds} s: highest RSS {} KiB, of which its own {} KiB; {} threads",
        highest.resident, highest.anonymous, highest.threads
    );
    verdict("  memory (RSS)", highest.resident as f64 / 1024.0, MEMORY_MIB, "MiB");
    verdict("  processor, of one core", cpu, CPU_PERCENT, "%");
    verdict("  written", written, WRITTEN_MB_PER_HOUR, "MB/h");
}
