//! Who serves the repositories of a benchmark? `examples/serve-git.py`, git's own http-backend, on a free port of loopback.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A Git host over a folder of bare repositories; ended when dropped.
pub struct GitHost {
    child: Child,
    port: u16,
}

impl GitHost {
    pub fn serve(folder: &Path) -> Self {
        let port_file = folder.join("port");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/serve-git.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(folder).arg(&port_file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let began = Instant::now();
        let port = loop {
            if let Some(port) = std::fs::read_to_string(&port_file).ok().and_then(|text| text.parse().ok()) {
                break port;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "the Git host did not start");
            std::thread::sleep(Duration::from_millis(20));
        };
        Self { child, port }
    }

    pub fn url(&self, repository: &str) -> String {
        format!("http://127.0.0.1:{}/{repository}.git", self.port)
    }
}

impl Drop for GitHost {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
