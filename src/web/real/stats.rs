//! What was measured, as the API shows it? The edge's feeds, and what this machine is; both answered from memory.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use crate::edge::docker::Docker;
use crate::edge::usage::{UsageFeed, UsageNow, UsagePoint, Used};
use crate::edge::vitals::{self, VitalsFeed};
use crate::edge::watchers::Watching;
use crate::edge::work::Tools;
use crate::edge::{addresses, clock};
use crate::model::id::AppId;
use crate::model::time::Timestamp;
use crate::web::ports::Stats;
use crate::web::state::lock;
use crate::web::view::{AppSeries, AppStats, MachineFacts, Moment, StatsNow, StatsPoint, Vitals, VitalsPoint};

/// Who asks for vitals twice within this long looks at them all the time.
const OFTEN: Duration = Duration::from_secs(5);
/// Who did not ask for this long looks no more.
const GONE: Duration = Duration::from_secs(10);
/// Between looks at the machine's addresses and Docker's version.
const FACTS_PAUSE: Duration = Duration::from_secs(30);

/// Where the ingress listens, if anywhere, asked whenever it is shown: it may get its port later.
pub type IngressPort = Arc<dyn Fn() -> Option<u16> + Send + Sync>;

/// Measurements of this machine and its apps. Measuring ends when it is dropped.
pub struct RealStats {
    usage: UsageFeed,
    vitals: VitalsFeed,
    kernel: String,
    ingress_port: IngressPort,
    api_port: u16,
    incarnation: u64,
    slow: Arc<Mutex<SlowFacts>>,
    attention: Arc<Mutex<Attention>>,
}

/// What takes a moment to find out, so it is found out ahead.
#[derive(Debug, Default)]
struct SlowFacts {
    addresses: Vec<IpAddr>,
    docker_version: Option<String>,
}

/// Does anybody look all the time? Told by how often vitals are asked for.
#[derive(Debug, Default)]
struct Attention {
    asked: Option<Timestamp>,
    watching: Option<[Watching; 2]>,
}

impl Attention {
    /// Vitals are asked for; answers whether somebody looks all the time now.
    fn ask(&mut self, now: Timestamp) -> bool {
        self.asked.replace(now).is_some_and(|before| now.saturating_sub(before) < OFTEN)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.asked.is_none_or(|asked| now.saturating_sub(asked) >= GONE)
    }
}

impl RealStats {
    /// Starts measuring with `tools`; `vitals` measures already. Needs the runtime.
    #[must_use]
    pub fn start(tools: &Tools, vitals: VitalsFeed, ingress_port: IngressPort, api_port: u16, incarnation: u64) -> Self {
        let usage = UsageFeed::start(tools.docker.clone(), tools.world.clone(), tools.tag_prefix());
        let slow = Arc::new(Mutex::new(SlowFacts { addresses: addresses::addresses(), docker_version: None }));
        tokio::spawn(look_around(Arc::downgrade(&slow), tools.docker.clone()));
        let kernel = format!("Linux {}", vitals::kernel());
        Self { usage, vitals, kernel, ingress_port, api_port, incarnation, slow, attention: Arc::default() }
    }

    /// While somebody looks all the time, both feeds measure often.
    fn attend(&self) {
        let mut attention = lock(&self.attention);
        if attention.ask(clock::now()) && attention.watching.is_none() {
            attention.watching = Some([self.vitals.watch(), self.usage.watch()]);
            tokio::spawn(end_attention(Arc::downgrade(&self.attention)));
        }
    }
}

async fn end_attention(attention: Weak<Mutex<Attention>>) {
    loop {
        tokio::time::sleep(GONE).await;
        let Some(attention) = attention.upgrade() else { return };
        let mut attention = lock(&attention);
        if attention.is_over(clock::now()) {
            attention.watching = None;
            return;
        }
    }
}

/// Keeps what takes a moment; Docker's version is asked for until it answered, and seldom after that: it may be upgraded.
async fn look_around(slow: Weak<Mutex<SlowFacts>>, docker: Docker) {
    for round in 0_u32.. {
        let is_known = slow.upgrade().is_some_and(|slow| lock(&slow).docker_version.is_some());
        let version =
            if !is_known || round.is_multiple_of(20) { docker.info().await.ok().map(|info| info.version) } else { None };
        // Reading the interfaces is quick, but it is the kernel's turn all the same.
        let addresses = tokio::task::spawn_blocking(addresses::addresses).await;
        let Some(slow) = slow.upgrade() else { return };
        {
            let mut slow = lock(&slow);
            slow.docker_version = version.or(slow.docker_version.take());
            slow.addresses = addresses.unwrap_or_default();
        }
        drop(slow);
        tokio::time::sleep(FACTS_PAUSE).await;
    }
}

impl Stats for RealStats {
    fn now(&self) -> Arc<StatsNow> {
        Arc::new(shown(&self.usage.now()))
    }

    fn series(&self, app: &AppId) -> AppSeries {
        series(self.usage.now().apps.get(app), &self.usage.last_hour(app))
    }

    fn vitals(&self) -> Option<Vitals> {
        self.attend();
        Some(vitals_view(self.vitals.latest()?, &self.vitals.last_hour()))
    }

    fn machine(&self) -> Arc<MachineFacts> {
        let slow = lock(&self.slow);
        Arc::new(MachineFacts {
            kernel: self.kernel.clone(),
            docker_version: slow.docker_version.clone(),
            ingress_port: (self.ingress_port)(),
            api_port: self.api_port,
            addresses: slow.addresses.clone(),
            uptime_ms: u64::try_from(clock::now().since_boot().as_millis()).unwrap_or(u64::MAX),
            incarnation: self.incarnation,
        })
    }
}

fn shown(now: &UsageNow) -> StatsNow {
    StatsNow {
        apps: now.apps.iter().map(|(app, used)| (app.clone(), stats(used))).collect(),
        replicas: now.replicas.iter().map(|(replica, used)| (replica.clone(), stats(used))).collect(),
        volumes: now.volumes.clone(),
        images: now.images.clone(),
    }
}

const fn stats(used: &Used) -> AppStats {
    AppStats { cpu_percent: used.cpu_percent, memory_bytes: used.memory, memory_limit: used.limit }
}

/// The limit of now; of an app that is off, the one it had.
fn series(now: Option<&Used>, points: &[UsagePoint]) -> AppSeries {
    let last = points.last().map(|point| point.used.limit);
    let point = |point: &UsagePoint| StatsPoint {
        at: Moment(point.at),
        cpu_percent: point.used.cpu_percent,
        memory_bytes: point.used.memory,
    };
    AppSeries {
        limit_bytes: now.map(|used| used.limit).or(last).unwrap_or(0),
        series: points.iter().map(point).collect(),
        deployments: Vec::new(),
    }
}

fn vitals_view(latest: vitals::Vitals, hour: &[vitals::Vitals]) -> Vitals {
    let point =
        |one: &vitals::Vitals| VitalsPoint { at: Moment(one.at), cpu_percent: one.cpu_percent, memory_used: one.memory_used };
    Vitals {
        at: Moment(latest.at),
        cpu_percent: latest.cpu_percent,
        load1: latest.load1,
        memory_used: latest.memory_used,
        memory_total: latest.memory_total,
        disk_used: latest.disk_used,
        disk_total: latest.disk_total,
        temperature_c: latest.temperature_c,
        series: hour.iter().map(point).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::WallTime;

    fn at(second: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(second))
    }

    #[test]
    fn a_stream_that_asks_every_2_seconds_looks_and_a_scrape_every_15_does_not() {
        let mut attention = Attention::default();
        assert_eq!([0, 15, 30, 32, 34].map(|second| attention.ask(at(second))), [false, false, false, true, true]);
        assert!(!attention.is_over(at(43)) && attention.is_over(at(44)));
    }

    #[test]
    fn an_app_that_is_off_keeps_the_limit_it_had() {
        let used = |limit| Used { cpu_percent: 5.0, memory: 7, limit };
        let points = [UsagePoint { at: WallTime(1), used: used(100) }, UsagePoint { at: WallTime(2), used: used(200) }];
        assert_eq!(series(None, &points).limit_bytes, 200);
        assert_eq!(series(Some(&used(300)), &points).limit_bytes, 300);
        assert_eq!(series(None, &[]), AppSeries::default());
        assert_eq!(series(None, &points).series[1], StatsPoint { at: Moment(WallTime(2)), cpu_percent: 5.0, memory_bytes: 7 });
    }

    #[test]
    fn vitals_are_shown_with_their_hour() {
        let one =
            vitals::Vitals { at: WallTime(3), cpu_percent: 12.5, memory_used: 4, disk_total: 9, ..vitals::Vitals::default() };
        let view = vitals_view(one, &[one]);
        assert_eq!((view.at, view.disk_total, view.series.len()), (Moment(WallTime(3)), 9, 1));
        assert_eq!(view.series[0], VitalsPoint { at: Moment(WallTime(3)), cpu_percent: 12.5, memory_used: 4 });
    }
}
