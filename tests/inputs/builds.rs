//! Builds that fail.

use super::house::{House, STEADY, manifest};
use crate::support::repository::Change;

fn dockerfile(step: &str) -> String {
    format!("FROM kraken-test/tiny:1\n{step}\nCMD [\"sleep\",\"1\"]\n")
}

#[test]
fn a_build_that_fails_shows_its_last_twenty_lines_and_the_step() {
    let house = House::start();
    let text = dockerfile("RUN for i in $(seq 1 30); do echo compiling part $i of 30; done; exit 3");
    let said = house.refuses_change(
        &[Change::File("Dockerfile", text.as_bytes())],
        &["Step 2/5 : RUN for i", "non-zero code: 3", "compiling part 30 of 30"],
    );
    let shown = said.err.lines().filter(|line| line.contains("  | ")).count();
    assert_eq!(shown, 20, "{}", said.err);
    let failures = house.agent.json(["failures", STEADY]);
    assert!(failures[0]["log_tail"].to_string().contains("compiling part 30 of 30"), "{failures}");
}

#[test]
fn a_build_over_its_memory_limit_names_the_key() {
    let house = House::start();
    let hungry = dockerfile("RUN awk 'BEGIN { s = \"0123456789abcdef\"; while (1) s = s s }'");
    let text = manifest(STEADY, "[build]\nmemory = \"64MB\"\n");
    let changes = [Change::File("Dockerfile", hungry.as_bytes()), Change::File("shipwreck.toml", text.as_bytes())];
    house.refuses_change(&changes, &["memory", "[build] memory"]);
}
