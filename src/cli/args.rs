//! What can a person type? The commands and their flags; each command's own file says what it does with them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use super::agent_args::AgentArgs;
use super::command::{
    completions, conflicts, deploy, destroy, env, events, failures, init, invite, join, key, lifecycle, login, logs, nodes, open,
    secret, state, token, validate,
};
use crate::model::span;

/// Turns the computers on a home network into one app platform.
#[derive(Debug, Parser)]
#[command(name = "kraken", version, max_term_width = 110, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_help = "Begin with: kraken deploy URL. Every command is explained in docs/cli.md.")]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which agent, and how to answer")]
pub struct Global {
    /// The agent of this data directory, on this machine
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "server")]
    pub data: Option<PathBuf>,
    /// An agent on the network, such as http://pi4:8000; its token is read from ~/.config/kraken/token
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Print the API's JSON, unchanged
    #[arg(long, global = true)]
    pub json: bool,
    /// Print results only, no progress and no remarks
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// No colours
    #[arg(long, global = true)]
    pub no_color: bool,
}

/// How long to stay with a deployment.
#[derive(Debug, Clone, Default, Args)]
pub struct Follow {
    /// Do not wait for the deployment
    #[arg(long)]
    pub detach: bool,
    /// Wait for at most this long, such as 10m; the deployment goes on
    #[arg(long, value_name = "TIME", value_parser = span::parse, conflicts_with = "detach")]
    pub wait: Option<Duration>,
    /// Show all that the build writes; a terminal shows its newest line anyway
    #[arg(long, conflicts_with = "detach")]
    pub log: bool,
}

/// One app.
#[derive(Debug, Clone, Args)]
pub struct Named {
    /// The app's name
    pub app: String,
}

/// One app, whose deployment is followed.
#[derive(Debug, Clone, Args)]
pub struct Followed {
    /// The app's name
    pub app: String,
    /// How long to stay.
    #[command(flatten)]
    pub follow: Follow,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Deploy a Git repository or a folder: a new app, or an update of the one it already is
    Deploy(deploy::Deploy),
    /// List the apps
    Apps,
    /// Show one app: how it stands and why, its copies, its last deployment
    Status(Named),
    /// Show what an app prints
    Logs(logs::Logs),
    /// Open an app in the browser
    Open(open::Open),
    /// Deploy the newest commit of an app's branch
    Update(lifecycle::Update),
    /// List an app's versions
    Versions(Named),
    /// Go back to an earlier version, without a build
    Rollback(lifecycle::Rollback),
    /// Deploy once more what failed
    Retry(Followed),
    /// Start fresh copies of the version that serves
    Restart(Followed),
    /// Set how many copies of an app run
    Scale(lifecycle::Scale),
    /// Choose the machine an app runs on, or let Kraken choose
    Place(lifecycle::Place),
    /// Turn an app off; its data and versions stay
    Stop(Named),
    /// Turn an app on
    Start(Followed),
    /// Give up a deployment that is under way
    Abort(lifecycle::Abort),
    /// Show or change an app's environment values
    Env(env::Env),
    /// Set, remove or list an app's secrets
    #[command(subcommand)]
    Secret(secret::Secret),
    /// Deploy keys of private repositories, and the ssh servers that are known
    #[command(subcommand)]
    Key(key::Key),
    /// Remove an app; its data stays in the trash for seven days
    Destroy(destroy::Destroy),
    /// Bring back an app that was destroyed
    Restore(Followed),
    /// List what failed or was given up, newest first
    Failures(failures::Failures),
    /// List who changed what, newest first
    Events(events::Events),
    /// List what was changed on two sides at once, and say which one counts
    Conflicts(conflicts::Conflicts),
    /// List the machines, or change one: priority, labels, who leads, who may join
    #[command(args_conflicts_with_subcommands = true)]
    Nodes {
        /// What to do; without it, the machines are listed.
        #[command(subcommand)]
        command: Option<nodes::Nodes>,
    },
    /// Join another platform: both machines show a code, or with an invite
    Join(join::Join),
    /// Print a token that lets one machine join, for an hour
    Invite(invite::Invite),
    /// Remove a machine for good, dead or alive
    Forget(nodes::Forget),
    /// Give this machine a new identity and a platform of its own
    ResetIdentity(join::ResetIdentity),
    /// Check that everything Kraken needs is there
    Doctor,
    /// Write a first shipwreck.toml for a folder (needs no agent)
    Init(init::Init),
    /// Check a shipwreck.toml (needs no agent)
    Validate(validate::Validate),
    /// Take everything that was wished out of the platform, or put it in
    #[command(subcommand)]
    State(state::State),
    /// Print a link that opens the dashboard and sets its password; works once, for an hour
    Login(login::Login),
    /// Make, list or revoke tokens for programs
    #[command(subcommand)]
    Token(token::Token),
    /// Run the agent: what makes this machine a node
    Agent(AgentArgs),
    /// Print completions for a shell
    Completions(completions::Completions),
    /// Print the API's OpenAPI document (needs no agent)
    Openapi,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("kraken").chain(line.split_whitespace()))
    }

    #[test]
    fn the_commands_and_flags_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_before_or_behind_the_command() {
        for line in ["--json --data /srv/k apps", "apps --json --data /srv/k"] {
            let cli = parse(line).unwrap();
            assert!(cli.global.json, "{line}");
            assert_eq!(cli.global.data, Some("/srv/k".into()), "{line}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for line in [
            "apps --data /srv/k --server http://pi4",
            "update web --detach --wait 5m",
            "deploy x --branch a --tag b",
            "update web --wait soon",
            "scale web many",
            "status",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn no_secret_can_be_typed_into_the_process_list() {
        for line in ["secret set web TOKEN value", "secret set web TOKEN --value x", "deploy x --token abc"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
