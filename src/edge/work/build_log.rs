//! What did a build say? One bounded file per deployment, and its lines live for whoever watches.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::edge::disk;
use crate::model::id::DeploymentId;
use crate::model::time::WallTime;

/// Most bytes of one log; what comes after is counted, not kept.
const LOG_LIMIT: u64 = 8 << 20;
/// Lines a slow watcher may be behind before it misses some.
const AHEAD: usize = 1024;

/// One line of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Counts from 1.
    pub n: u64,
    /// When.
    pub at: WallTime,
    /// `step`, `out`, `err` or `note`.
    pub stream: String,
    /// Without its line end.
    pub text: String,
}

/// The build logs of this node. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BuildLogs {
    directory: PathBuf,
    live: Arc<Mutex<BTreeMap<DeploymentId, broadcast::Sender<LogEntry>>>>,
}

/// A log being written.
#[derive(Debug)]
pub struct BuildLog {
    file: std::fs::File,
    bytes: u64,
    lines: u64,
    live: broadcast::Sender<LogEntry>,
    logs: BuildLogs,
    deployment: DeploymentId,
}

impl BuildLogs {
    /// Logs in `directory`.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn open(directory: &Path) -> io::Result<Self> {
        disk::make_private_dir(directory).map_err(io::Error::other)?;
        Ok(Self { directory: directory.to_owned(), live: Arc::default() })
    }

    /// Begins, or goes on with, the log of a deployment.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin(&self, deployment: DeploymentId) -> io::Result<BuildLog> {
        let path = self.path(deployment);
        let (lines, bytes) = match std::fs::File::open(&path) {
            Ok(file) => (BufReader::new(&file).lines().count() as u64, file.metadata()?.len()),
            Err(_) => (0, 0),
        };
        let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        let live = broadcast::Sender::new(AHEAD);
        self.live().insert(deployment, live.clone());
        Ok(BuildLog { file, bytes, lines, live, logs: self.clone(), deployment })
    }

    /// Lines of a log from number `from` (1 is the first), at most `limit`; and whether more may come.
    #[must_use]
    pub fn read(&self, deployment: DeploymentId, from: u64, limit: usize) -> (Vec<LogEntry>, bool) {
        // Asked first: a log that ends in between is then read whole, and asked for once more.
        let is_live = self.live().contains_key(&deployment);
        let Ok(file) = std::fs::File::open(self.path(deployment)) else { return (Vec::new(), is_live) };
        let entries = BufReader::new(file)
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str::<LogEntry>(&line).ok())
            .filter(|entry| entry.n >= from)
            .take(limit)
            .collect();
        (entries, is_live)
    }

    /// Lines from now on; none if nothing is being written.
    #[must_use]
    pub fn follow(&self, deployment: DeploymentId) -> Option<broadcast::Receiver<LogEntry>> {
        self.live().get(&deployment).map(broadcast::Sender::subscribe)
    }

    /// Removes logs older than `age`, then the oldest until `bytes` are left; returns the bytes freed.
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub fn prune(&self, age: Duration, bytes: u64, now: SystemTime) -> io::Result<u64> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            files.push((meta.modified()?, meta.len(), entry.path()));
        }
        files.sort();
        let mut total: u64 = files.iter().map(|(_, len, _)| len).sum();
        let mut freed = 0;
        for (modified, len, path) in files {
            let is_old = now.duration_since(modified).unwrap_or_default() > age;
            if is_old || total > bytes {
                std::fs::remove_file(path)?;
                total -= len;
                freed += len;
            }
        }
        Ok(freed)
    }

    fn path(&self, deployment: DeploymentId) -> PathBuf {
        self.directory.join(format!("{deployment}.jsonl"))
    }

    fn live(&self) -> std::sync::MutexGuard<'_, BTreeMap<DeploymentId, broadcast::Sender<LogEntry>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BuildLog {
    /// Writes one line; a full disk or a full log loses it, never the build.
    pub fn write(&mut self, at: WallTime, stream: &str, text: &str) {
        self.lines += 1;
        let mut entry = LogEntry { n: self.lines, at, stream: stream.to_owned(), text: text.to_owned() };
        if self.bytes < LOG_LIMIT {
            self.append(&entry);
            if self.bytes >= LOG_LIMIT {
                entry =
                    LogEntry { stream: "note".to_owned(), text: "the log is full; what follows is not kept".to_owned(), ..entry };
                self.append(&entry);
            }
        }
        // Fails only when nobody watches.
        drop(self.live.send(entry));
    }

    fn append(&mut self, entry: &LogEntry) {
        let Ok(mut line) = serde_json::to_vec(entry) else { return };
        line.push(b'\n');
        self.bytes += line.len() as u64;
        if let Err(error) = self.file.write_all(&line) {
            tracing::warn!(deployment = %self.deployment, because = %error, "a line of a build log is lost");
        }
    }
}

impl Drop for BuildLog {
    /// Whoever watches sees the end; a log begun anew meanwhile is left alone.
    fn drop(&mut self) {
        let mut live = self.logs.live();
        if live.get(&self.deployment).is_some_and(|sender| sender.same_channel(&self.live)) {
            live.remove(&self.deployment);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment() -> DeploymentId {
        DeploymentId::new(&"web".parse().unwrap(), "k")
    }

    #[test]
    fn lines_are_read_back_by_number_and_go_on_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let logs = BuildLogs::open(dir.path()).unwrap();
        logs.begin(deployment()).unwrap().write(WallTime(1), "step", "Step 1/2 : FROM node");
        logs.begin(deployment()).unwrap().write(WallTime(2), "out", "added 50 packages");
        let (entries, is_live) = logs.read(deployment(), 2, 10);
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].n, entries[0].text.as_str(), is_live), (2, "added 50 packages", false));
    }

    #[tokio::test]
    async fn whoever_watches_sees_each_line_and_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let logs = BuildLogs::open(dir.path()).unwrap();
        let mut log = logs.begin(deployment()).unwrap();
        let mut live = logs.follow(deployment()).unwrap();
        log.write(WallTime(1), "out", "hello");
        assert_eq!(live.recv().await.unwrap().text, "hello");
        drop(log);
        assert!(live.recv().await.is_err());
        assert!(logs.follow(deployment()).is_none());
    }

    #[test]
    fn a_log_never_grows_over_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let logs = BuildLogs::open(dir.path()).unwrap();
        let mut log = logs.begin(deployment()).unwrap();
        let line = "x".repeat(64 << 10);
        for _ in 0..200 {
            log.write(WallTime(1), "out", &line);
        }
        let size = std::fs::metadata(logs.path(deployment())).unwrap().len();
        assert!(size < LOG_LIMIT + (130 << 10), "{size}");
    }

    #[test]
    fn old_logs_go_first() {
        let dir = tempfile::tempdir().unwrap();
        let logs = BuildLogs::open(dir.path()).unwrap();
        logs.begin(deployment()).unwrap().write(WallTime(1), "out", "old");
        let now = std::time::UNIX_EPOCH + Duration::from_millis(crate::edge::clock::wall().0);
        let later = now + Duration::from_secs(40 * 86_400);
        assert!(logs.prune(Duration::from_secs(30 * 86_400), u64::MAX, later).unwrap() > 0);
        assert!(logs.read(deployment(), 1, 10).0.is_empty());
    }
}
