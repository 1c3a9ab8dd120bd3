//! Where do things lie on this machine? Data directory and socket, for root, for the service, and for anybody else.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::layers::{Layers, LoadConfigError};
use super::{Config, Flags, KEYS, value};

/// The config of a machine.
pub const SYSTEM_CONFIG: &str = "/etc/kraken/kraken.toml";
/// The data directory of root and of the service.
pub const SYSTEM_DATA: &str = "/var/lib/kraken";
/// Their socket.
pub const SYSTEM_SOCKET: &str = "/run/kraken/api.sock";

/// Bytes a socket's path may have, one less than `sun_path` (unix(7)).
const LONGEST_SOCKET: usize = 107;

/// What the config depends on beside its layers.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The user's number.
    pub uid: u32,
    /// Whether the user is root, or owns [`SYSTEM_DATA`] as the service's user does.
    pub is_system: bool,
    /// What the machine is called.
    pub host: String,
}

impl Surroundings {
    /// Those of this process. Variables that are not UTF-8 are left out.
    #[must_use]
    pub fn of_this_process() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let env = std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
        let owns_system = std::fs::metadata(SYSTEM_DATA).is_ok_and(|dir| dir.uid() == uid);
        Self {
            env: env.collect(),
            uid,
            is_system: uid == 0 || owns_system,
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        }
    }

    fn dir(&self, variable: &str) -> Option<PathBuf> {
        self.env.get(variable).map(PathBuf::from).filter(|path| path.is_absolute())
    }
}

/// What a person said, else systemd, else the system's for root and the service, else the user's own.
pub(super) fn data_dir(layers: &Layers, around: &Surroundings) -> Result<PathBuf, LoadConfigError> {
    if let Some(asked) = layers.text("data")? {
        let path = PathBuf::from(asked);
        // Relative to where the person stands, but the same one whatever directory the agent is in later.
        return Ok(std::path::absolute(&path).unwrap_or(path));
    }
    // A unit may list several, separated by colons (systemd.exec(5)).
    let by_systemd = around.env.get("STATE_DIRECTORY").and_then(|dirs| dirs.split(':').next()).map(PathBuf::from);
    if let Some(dir) = by_systemd.filter(|dir| dir.is_absolute()) {
        return Ok(dir);
    }
    if around.is_system {
        return Ok(PathBuf::from(SYSTEM_DATA));
    }
    let home = || Some(around.dir("HOME")?.join(".local/share"));
    let base = around.dir("XDG_DATA_HOME").or_else(home);
    Ok(base.unwrap_or_else(|| PathBuf::from("/tmp").join(format!("kraken-{}-data", around.uid))).join("kraken"))
}

/// What a person said; the system's for the system's data; else one of the user's own, named after the data directory so that
/// two agents of one user have two.
pub(super) fn socket(layers: &Layers, around: &Surroundings, data_dir: &Path) -> Result<PathBuf, LoadConfigError> {
    if let Some(asked) = layers.one("socket", value::absolute)? {
        layers.one("socket", |text| if text.len() <= LONGEST_SOCKET { Ok(()) } else { Err("a path of at most 107 bytes") })?;
        return Ok(asked);
    }
    if around.is_system && data_dir == Path::new(SYSTEM_DATA) {
        return Ok(PathBuf::from(SYSTEM_SOCKET));
    }
    let digest = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
    let name = format!("kraken-{}.sock", HEXLOWER.encode(&digest[..4]));
    let of_the_session = around.dir("XDG_RUNTIME_DIR").map(|dir| dir.join(&name));
    let short_enough = of_the_session.filter(|path| path.as_os_str().len() <= LONGEST_SOCKET);
    Ok(short_enough.unwrap_or_else(|| std::env::temp_dir().join(format!("kraken-{}", around.uid)).join(&name)))
}

impl Config {
    /// Where a command may find its agent, the likeliest first: only what a person named; else the user's own, then the
    /// system's.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn sockets(flags: &Flags, around: &Surroundings) -> Result<Vec<PathBuf>, LoadConfigError> {
        let (layers, _) = Layers::gather(KEYS, flags, around)?;
        let mine = socket(&layers, around, &data_dir(&layers, around)?)?;
        let is_named = layers.text("socket")?.is_some() || layers.text("data")?.is_some();
        let system = PathBuf::from(SYSTEM_SOCKET);
        Ok(if is_named || mine == system { vec![mine] } else { vec![mine, system] })
    }
}
