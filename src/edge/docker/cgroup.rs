//! How much CPU and memory does a container use? The kernel's own files, of cgroup v1 and v2, as text in and numbers out.

/// What a container uses, as its cgroup says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time since it started, in nanoseconds of one core.
    pub cpu_usage_ns: u64,
    /// Bytes, without the page cache that the kernel can take back (as `docker stats` counts).
    pub memory_bytes: u64,
    /// Bytes; none: no limit.
    pub memory_limit: Option<u64>,
    /// Processes and threads.
    pub pids: u32,
    /// Processes the kernel killed for passing the limit.
    pub oom_kills: u64,
}

/// Where a process's cgroup files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// One folder per controller.
    V1 {
        cpu: String,
        memory: String,
        pids: Option<String>,
    },
    V2 {
        folder: String,
    },
}

/// From `/proc/PID/cgroup` of the process and `/proc/self/mountinfo` of ours; see `cgroups(7)`. None: a machine without the
/// memory controller (a Raspberry Pi OS as shipped) in v1, or something we do not know.
pub(super) fn place(cgroup: &str, mountinfo: &str) -> Option<Place> {
    let v1 = |controller: &str| {
        let path = cgroup.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            controllers.split(',').any(|name| name == controller).then_some(path)
        })?;
        folder(mountinfo, Some(controller), path)
    };
    if let Some(memory) = v1("memory") {
        return Some(Place::V1 { cpu: v1("cpuacct")?, memory, pids: v1("pids") });
    }
    let path = cgroup.lines().find_map(|line| line.strip_prefix("0::"))?;
    Some(Place::V2 { folder: folder(mountinfo, None, path)? })
}

/// The folder of cgroup `path` below the mount of `controller` (none: of v2). A mount may show only a part of the tree, in
/// a container or a cgroup namespace: its root is then taken off the path.
fn folder(mountinfo: &str, controller: Option<&str>, path: &str) -> Option<String> {
    mountinfo.lines().find_map(|line| {
        let (mount, filesystem) = line.split_once(" - ")?;
        let mut filesystem = filesystem.split(' ');
        let (kind, options) = (filesystem.next()?, filesystem.nth(1)?);
        let fits = match controller {
            Some(name) => kind == "cgroup" && options.split(',').any(|option| option == name),
            None => kind == "cgroup2",
        };
        let mut fields = mount.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        let below = if root == "/" { path } else { path.strip_prefix(root)? };
        fits.then(|| format!("{point}{below}"))
    })
}

/// What the files of `place` say; `read` answers a file's text. None: a file that must be there is not: the container ended.
pub(super) fn usage(place: &Place, read: impl Fn(&str) -> Option<String>) -> Option<Usage> {
    match place {
        Place::V1 { cpu, memory, pids } => {
            let used = number(&read(&format!("{memory}/memory.usage_in_bytes"))?)?;
            let stat = read(&format!("{memory}/memory.stat"))?;
            let limit = read(&format!("{memory}/memory.limit_in_bytes")).and_then(|text| number(&text));
            Some(Usage {
                cpu_usage_ns: number(&read(&format!("{cpu}/cpuacct.usage"))?)?,
                memory_bytes: used.saturating_sub(field(&stat, "total_inactive_file").unwrap_or(0)),
                // "No limit" is the largest multiple of a page below 2^63.
                memory_limit: limit.filter(|&bytes| bytes < 1 << 62),
                pids: pids
                    .as_ref()
                    .and_then(|folder| read(&format!("{folder}/pids.current")))
                    .as_deref()
                    .and_then(small)
                    .unwrap_or(0),
                oom_kills: read(&format!("{memory}/memory.oom_control")).and_then(|text| field(&text, "oom_kill")).unwrap_or(0),
            })
        }
        Place::V2 { folder } => {
            let used = number(&read(&format!("{folder}/memory.current"))?)?;
            let stat = read(&format!("{folder}/memory.stat"))?;
            let micros = field(&read(&format!("{folder}/cpu.stat"))?, "usage_usec")?;
            Some(Usage {
                cpu_usage_ns: micros.saturating_mul(1000),
                memory_bytes: used.saturating_sub(field(&stat, "inactive_file").unwrap_or(0)),
                // Without a limit the file says `max`, which is no number.
                memory_limit: read(&format!("{folder}/memory.max")).and_then(|text| number(&text)),
                pids: read(&format!("{folder}/pids.current")).as_deref().and_then(small).unwrap_or(0),
                oom_kills: read(&format!("{folder}/memory.events")).and_then(|text| field(&text, "oom_kill")).unwrap_or(0),
            })
        }
    }
}

fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

fn small(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

/// The value in a file of `KEY VALUE` lines.
fn field(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| number(line.strip_prefix(key)?.strip_prefix(' ')?))
}

#[cfg(test)]
#[path = "cgroup_tests.rs"]
mod tests;
