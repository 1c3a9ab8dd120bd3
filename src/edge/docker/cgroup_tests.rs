//! Does `cgroup` keep its word?

use std::collections::BTreeMap;

use super::*;

const MOUNTS_V1: &str = "\
24 1 0:22 / /proc rw,relatime - proc proc rw
30 24 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
34 30 0:30 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory
35 30 0:31 / /sys/fs/cgroup/pids rw,nosuid - cgroup cgroup rw,pids
36 30 0:32 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw,nsdelegate
";
const CGROUP_V1: &str =
    "9:pids:/docker/abc\n4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n0::/docker/abc\n";

const MOUNTS_V2: &str =
    "29 23 0:25 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n";
const CGROUP_V2: &str = "0::/system.slice/docker-abc.scope\n";

fn files(entries: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
    let map: BTreeMap<String, String> = entries.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    move |path| map.get(path).cloned()
}

#[test]
fn version_1_has_a_folder_per_controller() {
    assert_eq!(
        place(CGROUP_V1, MOUNTS_V1),
        Some(Place::V1 {
            cpu: "/sys/fs/cgroup/cpu,cpuacct/docker/abc".into(),
            memory: "/sys/fs/cgroup/memory/docker/abc".into(),
            pids: Some("/sys/fs/cgroup/pids/docker/abc".into()),
        })
    );
}

#[test]
fn version_2_has_one_folder() {
    assert_eq!(place(CGROUP_V2, MOUNTS_V2), Some(Place::V2 { folder: "/sys/fs/cgroup/system.slice/docker-abc.scope".into() }));
}

#[test]
fn a_mount_that_shows_a_part_of_the_tree_takes_its_root_off_the_path() {
    let mounts = "34 30 0:30 /lxc/pi /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
    assert_eq!(place("0::/lxc/pi/docker/abc\n", mounts), Some(Place::V2 { folder: "/sys/fs/cgroup/docker/abc".into() }));
    assert_eq!(place("0::/elsewhere\n", mounts), None);
}

#[test]
fn nothing_known_is_none_and_no_crash() {
    for (cgroup, mounts) in
        [("", ""), ("0::/x", ""), ("garbage", "garbage - garbage"), ("4:memory:/x", MOUNTS_V2), ("4:memory", MOUNTS_V1)]
    {
        assert_eq!(place(cgroup, mounts), None, "{cgroup:?}");
    }
}

#[test]
fn version_1_is_read_without_the_page_cache() {
    let read = files(&[
        ("/m/memory.usage_in_bytes", "10000000\n"),
        ("/m/memory.stat", "cache 5\ninactive_file 1\ntotal_inactive_file 4000000\n"),
        ("/m/memory.limit_in_bytes", "67108864\n"),
        ("/m/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"),
        ("/c/cpuacct.usage", "123456789\n"),
        ("/p/pids.current", "7\n"),
    ]);
    let place = Place::V1 { cpu: "/c".into(), memory: "/m".into(), pids: Some("/p".into()) };
    let expected =
        Usage { cpu_usage_ns: 123_456_789, memory_bytes: 6_000_000, memory_limit: Some(64 << 20), pids: 7, oom_kills: 3 };
    assert_eq!(usage(&place, read), Some(expected));
}

#[test]
fn version_2_is_read_without_the_page_cache() {
    let read = files(&[
        ("/f/memory.current", "10000000\n"),
        ("/f/memory.stat", "anon 5000000\nfile 4500000\ninactive_file 4000000\nactive_file 500000\n"),
        ("/f/memory.max", "67108864\n"),
        ("/f/memory.events", "low 0\nhigh 0\nmax 12\noom 4\noom_kill 3\noom_group_kill 0\n"),
        ("/f/cpu.stat", "usage_usec 123456\nuser_usec 100000\nsystem_usec 23456\n"),
        ("/f/pids.current", "7\n"),
    ]);
    let place = Place::V2 { folder: "/f".into() };
    let expected =
        Usage { cpu_usage_ns: 123_456_000, memory_bytes: 6_000_000, memory_limit: Some(64 << 20), pids: 7, oom_kills: 3 };
    assert_eq!(usage(&place, read), Some(expected));
}

#[test]
fn no_limit_is_none_in_both_versions() {
    let v1 = files(&[
        ("/m/memory.usage_in_bytes", "1"),
        ("/m/memory.stat", ""),
        ("/m/memory.limit_in_bytes", "9223372036854771712\n"),
        ("/c/cpuacct.usage", "1"),
    ]);
    let place = Place::V1 { cpu: "/c".into(), memory: "/m".into(), pids: None };
    assert_eq!(usage(&place, v1).unwrap().memory_limit, None);
    let v2 = files(&[
        ("/f/memory.current", "1"),
        ("/f/memory.stat", ""),
        ("/f/memory.max", "max\n"),
        ("/f/cpu.stat", "usage_usec 1\n"),
    ]);
    assert_eq!(usage(&Place::V2 { folder: "/f".into() }, v2).unwrap().memory_limit, None);
}

#[test]
fn a_container_that_ended_has_no_files_and_no_usage() {
    assert_eq!(usage(&Place::V2 { folder: "/f".into() }, files(&[])), None);
    assert_eq!(usage(&Place::V2 { folder: "/f".into() }, files(&[("/f/memory.current", "not a number")])), None);
}

#[test]
fn cache_larger_than_usage_counts_as_nothing() {
    let read = files(&[("/f/memory.current", "5"), ("/f/memory.stat", "inactive_file 9\n"), ("/f/cpu.stat", "usage_usec 1\n")]);
    assert_eq!(usage(&Place::V2 { folder: "/f".into() }, read).unwrap().memory_bytes, 0);
}
