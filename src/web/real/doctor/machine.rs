//! Are the machine's disk, clock and directories fit for Kraken, and what has Git left here?

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{bytes, failed, ok, warning};
use crate::decide::hlc;
use crate::edge::clock as edge_clock;
use crate::model::setting;
use crate::model::time::WallTime;
use crate::model::world::World;
use crate::web::view::Check;

/// Less room than these shares of a disk, in percent, is told.
const LITTLE: u64 = 10;
const TOO_LITTLE: u64 = 3;
/// Files of the cache that are counted; more are not worth the wait.
const MOST_FILES: u32 = 100_000;

/// Room for the data directory.
pub(super) async fn disk(data: PathBuf) -> Vec<Check> {
    room("Disk", data).await
}

/// Room on the disk of `place`; nothing where it cannot be looked at (Docker's may be another machine's or hidden).
pub(super) async fn room(name: &'static str, place: PathBuf) -> Vec<Check> {
    let measured = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&place).map(|disk| (disk, place))).await;
    let Ok(Ok((disk, place))) = measured else { return Vec::new() };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let used = disk.f_blocks.saturating_sub(disk.f_bfree).saturating_mul(disk.f_frsize);
    vec![room_says(name, &place, free, used.saturating_add(free))]
}

fn room_says(name: &str, place: &Path, free: u64, total: u64) -> Check {
    let percent = free.saturating_mul(100).checked_div(total).unwrap_or(100);
    let says = format!("{} of {} are free at {} ({percent} %).", bytes(free), bytes(total), place.display());
    let next = "Make room: `docker system df` and `du -xhd1 /` show what takes it.";
    match percent {
        percent if percent < TOO_LITTLE => failed(name, says, next),
        percent if percent < LITTLE => warning(name, says, next),
        _ => ok(name, says),
    }
}

/// Whether the data directory is Kraken's alone.
pub(super) async fn data_dir(data: PathBuf) -> Vec<Check> {
    let name = "Data directory";
    let looked = tokio::task::spawn_blocking(move || {
        (std::fs::metadata(&data), rustix::fs::access(&data, rustix::fs::Access::WRITE_OK).is_ok(), data)
    })
    .await;
    let Ok((meta, writable, data)) = looked else { return vec![failed(name, "It could not be looked at.", "Try again.")] };
    let data = data.display();
    let check = match meta {
        Err(error) => failed(
            name,
            format!("{data} cannot be looked at: {error}."),
            "Was it moved while Kraken ran? Put it back and restart Kraken.",
        ),
        Ok(_) if !writable => failed(
            name,
            format!("{data} cannot be written to."),
            "Is its disk mounted read-only? A worn-out SD card looks like this.",
        ),
        Ok(meta) if meta.mode() & 0o077 != 0 => {
            warning(name, format!("Others on this machine may look into {data}."), format!("chmod 700 {data}"))
        }
        Ok(_) => ok(name, format!("{data} is Kraken's alone.")),
    };
    vec![check]
}

/// Whether the clock was set.
pub(super) async fn clock() -> Vec<Check> {
    vec![clock_says(edge_clock::wall())]
}

fn clock_says(wall: WallTime) -> Check {
    if hlc::is_set(wall) {
        return ok("Clock", format!("It shows {wall}."));
    }
    warning(
        "Clock",
        format!("It shows {wall}, which cannot be: it was never set. Git over https will refuse certificates."),
        "Connect the machine to the network, or turn on time synchronisation: sudo timedatectl set-ntp true",
    )
}

/// Which SSH servers are known by their key.
pub(super) fn git_hosts(world: &World) -> Check {
    let hosts: Vec<&str> = world.settings.keys().filter_map(|name| name.strip_prefix(setting::HOST_KEY)).collect();
    if hosts.is_empty() {
        return ok("Git hosts", "No Git server was met over SSH yet; each is known by its key from then on.");
    }
    ok("Git hosts", format!("Known by their key: {}. A server that shows another one is refused.", hosts.join(", ")))
}

/// What fetched repositories take.
pub(super) async fn git_cache(clones: PathBuf) -> Vec<Check> {
    let counted = tokio::task::spawn_blocking(move || size_below(&clones)).await.ok().flatten();
    let says = match counted {
        Some(size) => format!("Fetched repositories take {}; the oldest go when they pass their quota.", bytes(size)),
        None => format!("Fetched repositories are more than {MOST_FILES} files; they are not counted."),
    };
    vec![ok("Git cache", says)]
}

/// Bytes on disk below `dir`; none when there are too many files to count.
fn size_below(dir: &Path) -> Option<u64> {
    let (mut open, mut files, mut size) = (vec![dir.to_owned()], 0, 0_u64);
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            files += 1;
            if files > MOST_FILES {
                return None;
            }
            // Of the entry itself: a link's target lies elsewhere.
            let Ok(meta) = entry.metadata() else { continue };
            size = size.saturating_add(meta.blocks().saturating_mul(512));
            if meta.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Some(size)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::web::view::CheckState;

    #[test]
    fn a_full_disk_is_told_before_it_is_full() {
        let state = |free| room_says("Disk", Path::new("/d"), free, 100).state;
        assert_eq!(
            [100, 10, 9, 3, 2, 0].map(state),
            [CheckState::Ok, CheckState::Ok, CheckState::Warning, CheckState::Warning, CheckState::Failed, CheckState::Failed]
        );
        assert_eq!(room_says("Disk", Path::new("/d"), 0, 0).state, CheckState::Ok, "no disk is not a full one");
        assert_eq!(room_says("Disk", Path::new("/d"), 5 << 20, 10 << 20).says, "5.0 MB of 10 MB are free at /d (50 %).");
    }

    #[tokio::test]
    async fn a_data_directory_that_others_may_enter_or_that_is_gone_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        assert_eq!(data_dir(data.clone()).await[0].state, CheckState::Failed);
        std::fs::create_dir(&data).unwrap();
        for (mode, state) in [(0o755, CheckState::Warning), (0o700, CheckState::Ok)] {
            std::fs::set_permissions(&data, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(data_dir(data.clone()).await[0].state, state);
        }
    }

    #[test]
    fn a_clock_of_1970_was_never_set() {
        assert_eq!((clock_says(WallTime(0)).state, clock_says(hlc::BUILD_DATE).state), (CheckState::Warning, CheckState::Ok));
    }

    #[test]
    fn git_servers_are_named_by_what_the_state_keeps_of_them() {
        let mut world = crate::web::view::sample::world();
        assert!(git_hosts(&world).says.starts_with("No Git server"));
        let settings = std::sync::Arc::make_mut(&mut world.settings);
        settings.insert("host-key/git.example:22".into(), serde_json::json!({}));
        settings.insert("other".into(), serde_json::json!({}));
        assert!(git_hosts(&world).says.starts_with("Known by their key: git.example:22."));
    }

    #[test]
    fn what_was_fetched_is_counted_without_what_links_point_at() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("one")).unwrap();
        std::fs::write(dir.path().join("one/pack"), vec![1; 100_000]).unwrap();
        let alone = size_below(dir.path()).unwrap();
        assert!((100_000..200_000).contains(&alone), "{alone}");
        std::os::unix::fs::symlink("/usr", dir.path().join("link")).unwrap();
        assert!(size_below(dir.path()).unwrap() < alone + 10_000);
        assert_eq!(size_below(&dir.path().join("none")), Some(0));
    }
}
