//! Which agent is meant, and what opens its door? The local socket, or a server with a token.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cli::args::Global;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::edge::config::{Config, Flags, Surroundings};

/// Where the agent is.
#[derive(Clone)]
pub enum Target {
    /// On this machine: the first of these sockets where one listens.
    Sockets(Vec<PathBuf>),
    /// On the network.
    Server {
        /// `host:port`.
        authority: String,
        /// What opens the door.
        token: Zeroizing<String>,
    },
}

/// The agent that flags and environment mean: `--server`, `--data`, `KRAKEN_SERVER`, else the local one.
///
/// # Errors
/// When the address makes no sense, or the token is missing or readable by others.
pub fn target(global: &Global, around: &Surroundings) -> Result<Target, RunCommandError> {
    let by_variable = || around.env.get("KRAKEN_SERVER").filter(|text| !text.is_empty() && global.data.is_none());
    if let Some(server) = global.server.as_ref().or_else(by_variable) {
        return Ok(Target::Server { authority: authority(server)?, token: token(around)? });
    }
    let mut flags = Flags::new();
    if let Some(data) = &global.data {
        flags.insert("data", data.to_string_lossy().into_owned());
    }
    Ok(Target::Sockets(Config::sockets(&flags, around)?))
}

/// `http://pi4:8000` → `pi4:8000`; the dashboard's port where none stands.
fn authority(server: &str) -> Result<String, RunCommandError> {
    let wrong = |because: &str| {
        let because = format!("--server {server} is not an agent's address: {because}");
        RunCommandError::usage(because, "Write it as http://MACHINE:8000.")
    };
    let text = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
    let url = url::Url::parse(&text).map_err(|error| wrong(&error.to_string()))?;
    if url.scheme() != "http" {
        return Err(wrong("only http is spoken"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.path() != "/" || url.query().is_some() {
        return Err(wrong("it has more than a host and a port"));
    }
    let host = url.host_str().ok_or_else(|| wrong("it has no host"))?;
    // The parser drops a port that is the scheme's own, so port 80 must have been written out.
    let port = url.port().unwrap_or(if text.trim_end_matches('/').ends_with(":80") { 80 } else { 8000 });
    Ok(format!("{host}:{port}"))
}

fn token(around: &Surroundings) -> Result<Zeroizing<String>, RunCommandError> {
    if let Some(token) = around.env.get("KRAKEN_TOKEN").filter(|token| !token.trim().is_empty()) {
        return Ok(Zeroizing::new(token.trim().to_owned()));
    }
    let dir = |name: &str| around.env.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = dir("XDG_CONFIG_HOME").or_else(|| Some(dir("HOME")?.join(".config")));
    let next = "Make one on the machine itself with: kraken token create NAME. Put it into that file, mode 0600.";
    let Some(path) = config.map(|dir| dir.join("kraken/token")) else {
        return Err(RunCommandError::said(Exit::NotAllowed, "there is no token: neither KRAKEN_TOKEN nor HOME is set", next));
    };
    match read(&path) {
        Ok(token) if !token.trim().is_empty() => Ok(Zeroizing::new(token.trim().to_owned())),
        Err(Unread::Wide(mode)) => {
            let because = format!("others may read the token file {} (mode {mode:o})", path.display());
            Err(RunCommandError::said(Exit::NotAllowed, because, format!("Close it to them: chmod 600 {}", path.display())))
        }
        Err(Unread::Io(source)) if source.kind() != io::ErrorKind::NotFound => {
            Err(RunCommandError::File { verb: "read the token file", path, source })
        }
        _ => Err(RunCommandError::said(Exit::NotAllowed, format!("there is no token in {}", path.display()), next)),
    }
}

enum Unread {
    Wide(u32),
    Io(io::Error),
}

fn read(path: &Path) -> Result<Zeroizing<String>, Unread> {
    let file = std::fs::File::open(path).map_err(Unread::Io)?;
    let mode = file.metadata().map_err(Unread::Io)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Unread::Wide(mode));
    }
    let mut text = Zeroizing::new(String::new());
    io::Read::read_to_string(&mut io::Read::take(file, 4096), &mut text).map_err(Unread::Io)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn around(env: &[(&str, &str)]) -> Surroundings {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Surroundings { env, uid: 1000, is_system: false, host: "here".into() }
    }

    #[test]
    fn a_server_is_a_host_and_a_port_and_nothing_else() {
        assert_eq!(authority("http://pi4:8001").unwrap(), "pi4:8001");
        assert_eq!(authority("pi4").unwrap(), "pi4:8000");
        assert_eq!(authority("http://pi4.local:80/").unwrap(), "pi4.local:80");
        assert_eq!(authority("http://[2001:db8::1]:8000").unwrap(), "[2001:db8::1]:8000");
        for wrong in ["https://pi4", "http://me:pw@pi4", "http://pi4/apps", "http://"] {
            assert_eq!(authority(wrong).unwrap_err().exit(), Exit::Usage, "{wrong}");
        }
    }

    #[test]
    fn a_token_that_others_may_read_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let around = around(&[("HOME", home.path().to_str().unwrap())]);
        let file = home.path().join(".config/kraken/token");
        assert!(token(&around).unwrap_err().to_string().contains("there is no token in"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "kr_abc\n").unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
        let refused = token(&around).unwrap_err();
        assert!(refused.to_string().contains("mode 640"), "{refused}");
        assert_eq!(refused.exit(), Exit::NotAllowed);
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
        assert_eq!(token(&around).unwrap().as_str(), "kr_abc");
    }

    #[test]
    fn a_data_directory_means_the_local_agent_whatever_the_variable_says() {
        let around = around(&[("KRAKEN_SERVER", "http://pi4"), ("KRAKEN_TOKEN", "kr_x")]);
        assert!(matches!(target(&Global::default(), &around), Ok(Target::Server { .. })));
        let here = Global { data: Some("/srv/k".into()), ..Global::default() };
        let Ok(Target::Sockets(sockets)) = target(&here, &around) else { panic!("a server") };
        assert_eq!(sockets.len(), 1);
    }
}
