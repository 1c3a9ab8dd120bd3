//! How does the lab run programs, and wait for what they lead to?

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// What a program said.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// Runs a program that may fail.
pub fn try_run<S: AsRef<OsStr>>(program: &str, args: &[S]) -> Said {
    Command::new(program).args(args).stdin(Stdio::null()).output().map(Said::from).unwrap_or_else(|error| Said {
        code: -1,
        out: String::new(),
        err: format!("{program}: {error}"),
    })
}

/// Runs a program that must not fail; answers its standard output.
#[track_caller]
pub fn run<S: AsRef<OsStr>>(program: &str, args: &[S]) -> String {
    let said = try_run(program, args);
    let args: Vec<_> = args.iter().map(|arg| arg.as_ref().to_string_lossy()).collect();
    assert_eq!(said.code, 0, "{program} {args:?}: {}{}", said.out, said.err);
    said.out
}

/// Asks again and again until there is an answer; panics after `limit`.
#[track_caller]
pub fn wait_until<T>(what: &str, limit: Duration, mut reached: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = reached() {
            return found;
        }
        assert!(began.elapsed() < limit, "not reached in {limit:?}: {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
