//! With what is an agent started? Its flags, which overrule environment and config file.

use std::path::PathBuf;

use clap::Args;

use super::args::Global;
use crate::edge::config::Flags;

/// The flags of `kraken agent`; `--data` is the one every command has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct AgentArgs {
    /// The data directory, filled in from the flag that every command has.
    #[arg(skip)]
    pub data: Option<PathBuf>,
    /// Another config file than /etc/kraken/kraken.toml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The node's name, instead of the machine's
    #[arg(long)]
    pub name: Option<String>,
    /// The port of dashboard and API, instead of 8000; 0 = any free one
    #[arg(long, value_name = "PORT")]
    pub api_port: Option<String>,
    /// The port of the apps' front door, instead of 80; 0 = any free one
    #[arg(long, value_name = "PORT")]
    pub ingress_port: Option<String>,
    /// The port for other machines, TCP and UDP, instead of 7373; 0 = any free one
    #[arg(long, value_name = "PORT")]
    pub link_port: Option<String>,
    /// The address its doors listen on, instead of all
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<String>,
    /// Where Docker listens, such as unix:///var/run/docker.sock
    #[arg(long, value_name = "URL")]
    pub docker_host: Option<String>,
}

impl AgentArgs {
    /// With the data directory of the flags that every command has.
    #[must_use]
    pub fn with(mut self, global: &Global) -> Self {
        self.data.clone_from(&global.data);
        self
    }

    /// As the config takes them.
    #[must_use]
    pub fn flags(&self) -> Flags {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let given = [
            ("data", path(&self.data)),
            ("config", path(&self.config)),
            ("name", self.name.clone()),
            ("api_port", self.api_port.clone()),
            ("ingress_port", self.ingress_port.clone()),
            ("link_port", self.link_port.clone()),
            ("bind", self.bind.clone()),
            ("docker_host", self.docker_host.clone()),
        ];
        given.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::args::{Cli, Command};
    use crate::edge::config::{Config, Surroundings};

    #[test]
    fn the_flags_reach_the_config() {
        let line = "kraken agent --data /srv/k --api-port 8123 --ingress-port 0 --link-port 7400 --bind 127.0.0.1 --name pi4 --docker-host unix:///x.sock";
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let Command::Agent(args) = cli.command else { panic!("another command") };
        let (config, warnings) = Config::load(&args.with(&cli.global).flags(), &Surroundings::default()).unwrap();
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!((config.data_dir, config.name), ("/srv/k".into(), "pi4".to_owned()));
        assert_eq!((config.api_ports, config.ingress_ports, config.link_port), (vec![8123], vec![0], 7400));
        assert_eq!((config.bind.to_string(), config.docker_host), ("127.0.0.1".to_owned(), "unix:///x.sock".to_owned()));
    }
}
