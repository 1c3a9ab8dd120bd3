//! How does the app run? `[health]`, `[scale]`, `[sleep]` and `[resources]`.

use std::time::Duration;

use toml_edit::{TableLike, Value};

use super::kinds::{self, Wrong};
use super::reader::Reader;
use crate::model::manifest::{HealthTable, ResourcesTable, ScaleTable, SleepMode, SleepTable};
use crate::model::quantity::Bytes;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// Docker itself refuses less.
const LEAST_MEMORY: Bytes = Bytes::mib(6);

pub(super) fn read_health(reader: &mut Reader<'_>, root: &dyn TableLike) -> HealthTable {
    let section = reader.section(root, "health");
    let default = HealthTable::default();
    let short = Duration::from_millis(100);
    let time = |value: &Value, least, most| kinds::time(value, least, most);
    HealthTable {
        path: reader.read(&section, "path", url_path),
        every: reader.read(&section, "every", |value| time(value, SECOND, HOUR)).unwrap_or(default.every),
        timeout: reader.read(&section, "timeout", |value| time(value, short, SECOND * 120)).unwrap_or(default.timeout),
        grace: reader.read(&section, "grace", |value| time(value, SECOND, HOUR)).unwrap_or(default.grace),
    }
}

/// The path and query of an address.
fn url_path(value: &Value) -> Result<String, Wrong> {
    let path = kinds::line(value)?;
    if path.chars().any(|c| !c.is_ascii_graphic() || c == '#') {
        return Err(Wrong::is_not("a path such as \"/healthz\""));
    }
    if path.starts_with('/') { Ok(path) } else { Err(Wrong::is_not("a path such as \"/healthz\"").suggest(format!("/{path}"))) }
}

pub(super) fn read_scale(reader: &mut Reader<'_>, root: &dyn TableLike) -> ScaleTable {
    let section = reader.section(root, "scale");
    let scale = ScaleTable {
        replicas: reader.read(&section, "replicas", replicas).unwrap_or(ScaleTable::default().replicas),
        min: reader.read(&section, "min", |value| kinds::count(value, 0..=100)),
        max: reader.read(&section, "max", |value| kinds::count(value, 1..=100)),
        cpu: reader.read(&section, "cpu", |value| kinds::count(value, 1..=100)),
    };
    if let (Some(min), Some(max)) = (scale.min, scale.max)
        && min > max
    {
        reader.refuse(&section, "min", Wrong::says(format!("is more than max = {max}")));
    }
    scale
}

fn replicas(value: &Value) -> Result<u32, Wrong> {
    kinds::count(value, 1..=100).map_err(|wrong| match value.as_integer() {
        Some(0) => wrong.next("To turn the app off, use kraken stop"),
        _ => wrong,
    })
}

pub(super) fn read_sleep(reader: &mut Reader<'_>, root: &dyn TableLike) -> SleepTable {
    let section = reader.section(root, "sleep");
    let default = SleepTable::default();
    let modes = [("auto", SleepMode::Auto), ("pause", SleepMode::Pause), ("stop", SleepMode::Stop), ("never", SleepMode::Never)];
    let sleep = SleepTable {
        after: reader.read(&section, "after", |value| kinds::time(value, SECOND, 30 * DAY)),
        stop: reader.read(&section, "stop", |value| kinds::time(value, SECOND, 365 * DAY)).unwrap_or(default.stop),
        mode: reader.read(&section, "mode", |value| kinds::choice(value, &modes)).unwrap_or(default.mode),
        hold: reader.read(&section, "hold", |value| kinds::time(value, SECOND, HOUR / 6)).unwrap_or(default.hold),
        hours: reader.read(&section, "hours", hours),
    };
    if let Some(after) = sleep.after.filter(|after| *after > sleep.stop && sleep.mode == SleepMode::Auto) {
        let stop = crate::model::span::render(sleep.stop);
        let wrong = Wrong::says(format!("is longer than stop = \"{stop}\", so it would stop before it pauses"));
        reader.refuse(&section, "after", wrong.next(format!("Set stop above {}", crate::model::span::render(after))));
    }
    sleep
}

/// `"07:00-22:30"`; the second may lie before the first, over midnight.
fn hours(value: &Value) -> Result<String, Wrong> {
    let text = kinds::line(value)?;
    let fits = text.split_once('-').is_some_and(|(from, to)| is_time(from) && is_time(to) && from != to);
    if fits { Ok(text) } else { Err(Wrong::is_not("hours such as \"07:00-22:30\"")) }
}

fn is_time(time: &str) -> bool {
    let is_two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let clock = time.split_once(':').filter(|(hour, minute)| is_two_digits(hour) && is_two_digits(minute));
    clock.is_some_and(|(hour, minute)| hour <= "23" && minute <= "59")
}

pub(super) fn read_resources(reader: &mut Reader<'_>, root: &dyn TableLike) -> ResourcesTable {
    let section = reader.section(root, "resources");
    ResourcesTable {
        memory: reader.read(&section, "memory", |value| kinds::size(value, LEAST_MEMORY)),
        cpu: reader.read(&section, "cpu", kinds::cores),
    }
}
