//! How is this machine doing? Processor, memory, disk and temperature, measured more often while somebody looks.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sysinfo::{Components, CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use super::clock;
use super::watchers::{LIVELY, QUIET, Watchers, Watching};
use crate::model::time::{Timestamp, WallTime};

/// Measurements kept: an hour.
const KEPT: usize = 120;

/// One measurement. What the machine does not tell is zero or none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Vitals {
    /// When.
    pub at: WallTime,
    /// Percent of all cores together, 0 to 100.
    pub cpu_percent: f64,
    /// Load average of the last minute.
    pub load1: f64,
    /// Bytes that programs cannot have: all but what the kernel calls available.
    pub memory_used: u64,
    /// Bytes of memory.
    pub memory_total: u64,
    /// Bytes in use on the file system of the data directory.
    pub disk_used: u64,
    /// Bytes that are in use or can be used there.
    pub disk_total: u64,
    /// Degrees Celsius of the processor.
    pub temperature_c: Option<f64>,
    /// Seconds since the machine started.
    pub uptime_s: u64,
}

/// The kernel's release.
#[must_use]
pub fn kernel() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

/// Cores that can be used; one where the machine does not tell.
#[must_use]
pub fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX))
}

/// Bytes of memory. Measures, so it is asked once, at the start.
#[must_use]
pub fn memory() -> u64 {
    Sampler::new(Path::new("/")).sample().memory_total
}

/// The measurements, shared with whoever shows them. Measuring ends when the last clone is gone.
#[derive(Debug, Clone)]
pub struct VitalsFeed {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    history: Mutex<History>,
    watchers: Arc<Watchers>,
}

#[derive(Debug, Default)]
struct History {
    latest: Option<Vitals>,
    kept: VecDeque<Vitals>,
    kept_at: Option<Timestamp>,
}

impl History {
    fn add(&mut self, vitals: Vitals, now: Timestamp) {
        self.latest = Some(vitals);
        // A little early counts: two quiet measurements are never exactly apart.
        let is_due = self.kept_at.is_none_or(|kept| now.saturating_sub(kept) + LIVELY / 2 >= QUIET);
        if is_due {
            if self.kept.len() == KEPT {
                self.kept.pop_front();
            }
            self.kept.push_back(vitals);
            self.kept_at = Some(now);
        }
    }
}

impl Shared {
    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl VitalsFeed {
    /// Starts measuring this machine and the disk of `data_dir`. Needs the runtime.
    #[must_use]
    pub fn start(data_dir: &Path) -> Self {
        let feed = Self { shared: Arc::default() };
        tokio::spawn(measure(Arc::downgrade(&feed.shared), Sampler::new(data_dir)));
        feed
    }

    /// The newest measurement; none in the first instant.
    #[must_use]
    pub fn latest(&self) -> Option<Vitals> {
        self.shared.history().latest
    }

    /// The last hour, every 30 s, the oldest first.
    #[must_use]
    pub fn last_hour(&self) -> Vec<Vitals> {
        self.shared.history().kept.iter().copied().collect()
    }

    /// Measures every 2 s as long as the answer lives.
    #[must_use]
    pub fn watch(&self) -> Watching {
        self.shared.watchers.watch()
    }
}

async fn measure(shared: std::sync::Weak<Shared>, mut sampler: Sampler) {
    loop {
        // Sensors can take their time, and a dead network disk answers never.
        let Ok((back, vitals)) = tokio::task::spawn_blocking(move || {
            let vitals = sampler.sample();
            (sampler, vitals)
        })
        .await
        else {
            return;
        };
        sampler = back;
        let Some(shared) = shared.upgrade() else { return };
        shared.history().add(vitals, clock::now());
        shared.watchers.pause().await;
    }
}

/// Reads the machine.
struct Sampler {
    system: Option<System>,
    sensors: Option<Components>,
    data_dir: PathBuf,
}

impl Sampler {
    fn new(data_dir: &Path) -> Self {
        let parts = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing().with_usage())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        Self {
            system: System::new_with_specifics(parts).ok(),
            sensors: Components::new_with_refreshed_list().ok(),
            data_dir: data_dir.to_owned(),
        }
    }

    fn sample(&mut self) -> Vitals {
        let (disk_used, disk_total) = disk(&self.data_dir);
        let mut vitals = Vitals {
            at: clock::wall(),
            load1: System::load_average().map_or(0.0, |load| load.one),
            disk_used,
            disk_total,
            temperature_c: self.sensors.as_mut().and_then(temperature),
            uptime_s: clock::now().since_boot().as_secs(),
            ..Vitals::default()
        };
        if let Some(system) = &mut self.system {
            system.refresh_cpu_usage();
            system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
            vitals.cpu_percent = percent(system.global_cpu_usage());
            vitals.memory_total = system.total_memory();
            vitals.memory_used = system.total_memory().saturating_sub(system.available_memory());
        }
        vitals
    }
}

/// A share that JSON can carry and a chart can draw.
fn percent(usage: f32) -> f64 {
    if usage.is_finite() { f64::from(usage).clamp(0.0, 100.0) } else { 0.0 }
}

/// Bytes in use, and in use or usable, where `dir` lies, as df(1) counts them: what is kept for root is neither.
fn disk(dir: &Path) -> (u64, u64) {
    let Ok(disk) = rustix::fs::statvfs(dir) else { return (0, 0) };
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    let used = bytes(disk.f_blocks.saturating_sub(disk.f_bfree));
    (used, used.saturating_add(bytes(disk.f_bavail)))
}

/// The hottest sensor of the processor.
fn temperature(sensors: &mut Components) -> Option<f64> {
    sensors.refresh(false);
    let of_processor = sensors.iter().filter(|sensor| is_processor(sensor.label()));
    of_processor.filter_map(sysinfo::Component::temperature).filter(|t| t.is_finite()).map(f64::from).reduce(f64::max)
}

/// Names that kernels give to processors' sensors: `cpu_thermal` (Pi), `coretemp` (Intel), `k10temp` (AMD).
fn is_processor(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    ["cpu", "core", "package", "k10temp", "tctl", "soc"].iter().any(|name| label.contains(name))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(second: u64) -> (Vitals, Timestamp) {
        (Vitals { at: WallTime(second * 1000), ..Vitals::default() }, Timestamp::new(Duration::from_secs(second)))
    }

    #[test]
    fn a_measurement_of_this_machine_makes_sense() {
        let vitals = Sampler::new(&std::env::temp_dir()).sample();
        assert!((0.0..=100.0).contains(&vitals.cpu_percent), "{vitals:?}");
        assert!(0 < vitals.memory_used && vitals.memory_used < vitals.memory_total, "{vitals:?}");
        assert!(0 < vitals.disk_used && vitals.disk_used <= vitals.disk_total, "{vitals:?}");
    }

    #[test]
    fn memory_in_use_is_what_is_not_available() {
        let field = |name: &str| -> u64 {
            let text = std::fs::read_to_string("/proc/meminfo").unwrap();
            let line = text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
            line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
        };
        let vitals = Sampler::new(Path::new("/")).sample();
        assert_eq!(vitals.memory_total, field("MemTotal:"));
        let used = field("MemTotal:") - field("MemAvailable:");
        assert!(vitals.memory_used.abs_diff(used) < vitals.memory_total / 10, "{} and {used}", vitals.memory_used);
    }

    #[test]
    fn a_directory_that_is_not_there_has_no_disk_and_nothing_breaks() {
        assert_eq!(disk(Path::new("/nonexistent")), (0, 0));
    }

    #[test]
    fn a_share_is_a_number_from_0_to_100() {
        assert_eq!([percent(f32::NAN), percent(-1.0), percent(400.0), percent(12.5)], [0.0, 0.0, 100.0, 12.5]);
    }

    #[test]
    fn the_last_hour_is_kept_every_30_seconds_however_often_it_is_measured() {
        let mut history = History::default();
        for second in (0..7200).step_by(2) {
            let (vitals, now) = at(second);
            history.add(vitals, now);
        }
        assert_eq!(history.kept.len(), KEPT);
        assert_eq!(history.latest, Some(at(7198).0));
        assert!(history.kept.iter().zip(history.kept.iter().skip(1)).all(|(a, b)| b.at.millis_since(a.at) == 30_000));
    }

    #[test]
    fn a_sensor_of_the_disk_is_not_the_processors() {
        for label in ["cpu_thermal temp1", "coretemp Package id 0", "k10temp Tctl", "Core 3"] {
            assert!(is_processor(label), "{label}");
        }
        assert!(!is_processor("nvme Composite"));
    }

    #[tokio::test]
    async fn a_feed_measures_at_once_and_ends_with_its_last_clone() {
        let feed = VitalsFeed::start(&std::env::temp_dir());
        let weak = Arc::downgrade(&feed.shared);
        while feed.latest().is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(feed.last_hour().len(), 1);
        // Wakes it, as the first who looks does.
        drop(feed.watch());
        drop(feed);
        while weak.strong_count() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
