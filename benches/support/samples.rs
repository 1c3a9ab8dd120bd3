//! What do many measurements say together? Order statistics, never a mean: one slow round must not hide, nor rule.

use std::time::{Duration, Instant};

/// Measurements in milliseconds, in order of size.
#[derive(Debug, Clone)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn new(measured: impl IntoIterator<Item = Duration>) -> Self {
        let mut all: Vec<f64> = measured.into_iter().map(|span| span.as_secs_f64() * 1000.0).collect();
        assert!(!all.is_empty(), "nothing was measured");
        all.sort_by(f64::total_cmp);
        Self(all)
    }

    /// Runs `what` so many times, after a tenth of that to warm up.
    pub fn of<T>(runs: usize, mut what: impl FnMut() -> T) -> Self {
        for _ in 0..runs.div_ceil(10) {
            std::hint::black_box(what());
        }
        Self::new((0..runs).map(|_| {
            let began = Instant::now();
            let made = std::hint::black_box(what());
            let took = began.elapsed();
            drop(made);
            took
        }))
    }

    /// The measurement below which `percent` of all lie (nearest rank).
    pub fn percentile(&self, percent: usize) -> f64 {
        self.0[(self.0.len() * percent).div_ceil(100).clamp(1, self.0.len()) - 1]
    }

    /// Of an even number, the mean of the two in the middle.
    pub fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len() % 2 == 1 { self.0[middle] } else { f64::midpoint(self.0[middle - 1], self.0[middle]) }
    }

    pub fn min(&self) -> f64 {
        self.0[0]
    }

    pub fn max(&self) -> f64 {
        self.0[self.0.len() - 1]
    }

    pub fn print(&self, what: &str) {
        println!(
            "{what:<44} min {:>9.2}  median {:>9.2}  p99 {:>9.2}  max {:>9.2} ms  (n = {})",
            self.min(),
            self.median(),
            self.percentile(99),
            self.max(),
            self.0.len()
        );
    }
}

/// Says whether a target is met. A benchmark tells, a person judges: another load on the machine is no broken build.
pub fn verdict(what: &str, figure: f64, target: f64, unit: &str) {
    let word = if figure <= target { "met" } else { "MISSED" };
    println!("{what}: {figure:.2} {unit}, target {target} {unit}: {word}");
}

/// What else the machine was doing, and when.
pub fn print_surroundings() {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let load = read("/proc/loadavg");
    let cpu = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name.to_owned()));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "load {} before the run; {cores} cores, {}; Linux {}",
        load.split(' ').take(2).collect::<Vec<_>>().join(" "),
        cpu.unwrap_or_else(|| "processor unknown".to_owned()),
        read("/proc/sys/kernel/osrelease").trim()
    );
}
