//! A real OpenSSH server on loopback, with keys and a configuration of its own. It lets in only the key it was given.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ssh_key::{Algorithm, LineEnding, PrivateKey, rand_core::OsRng};

/// `sshd`, stopped by its own id when dropped.
pub struct SshServer {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
    user: String,
}

impl SshServer {
    /// Starts it; it takes no key yet.
    pub fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self::start_at(port)
    }

    fn start_at(port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).unwrap().to_openssh(LineEnding::LF).unwrap();
        write_private(&folder.path().join("host_key"), &key);
        write_private(&folder.path().join("authorized_keys"), "");
        // A session gets the PATH of this test: Git may be installed anywhere.
        let path = std::env::var("PATH").unwrap();
        let lines = [
            format!("Port {port}"),
            "ListenAddress 127.0.0.1".to_owned(),
            format!("HostKey {}", at("host_key")),
            format!("AuthorizedKeysFile {}", at("authorized_keys")),
            format!("SetEnv PATH=\"{path}\""),
            "PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n".to_owned(),
        ];
        fs::write(at("sshd_config"), lines.join("\n")).unwrap();
        // Debian's sshd insists on this folder for its unprivileged half.
        fs::create_dir_all("/run/sshd").unwrap();
        let mut child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", &at("sshd_config")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("openssh-server is installed (installers/installer-dev.sh does it)");
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("Server listening") {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "sshd ended before it listened");
        }
        // The rest of the log must be read, or a full pipe would stop the server.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned();
        Self { child, folder, port, user }
    }

    /// Stops it and starts another one, with another host key, at the same port.
    pub fn replaced(mut self) -> Self {
        self.stop();
        Self::start_at(self.port)
    }

    /// Lets in who holds the private half of this key.
    pub fn authorize(&self, public: &str) {
        write_private(&self.folder.path().join("authorized_keys"), &format!("{public}\n"));
    }

    /// The address of a repository on this machine.
    pub fn url(&self, repository: &Path) -> String {
        format!("ssh://{}@127.0.0.1:{}{}", self.user, self.port, repository.display())
    }

    fn stop(&mut self) {
        // Our own child: its id cannot be anybody else's before it is waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
