//! What does a person type, and what does it do? `kraken COMMAND`: everything goes through the agent's HTTP API.
//!
//! [`args`] has the commands, `command/` one file for each, [`client`] asks the agent, [`out`] and [`table`] answer the person.

pub mod agent;
pub mod agent_args;
pub mod args;
mod clean;
pub mod client;
mod command;
pub mod error;
pub mod exit;
mod finding;
mod network;
pub mod node;
pub mod out;
pub mod prompt;
mod table;
#[cfg(test)]
mod tests;
mod view;
mod words;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Builder;

use self::args::{Cli, Command};
use self::client::{Client, target};
use self::command as run;
use self::error::RunCommandError;
use self::exit::Exit;
use self::out::Out;
use self::prompt::{Ask, Terminal};
use crate::edge::config::Surroundings;
use crate::web::openapi_json;

/// What a command that asks the agent works with.
pub(crate) struct Here<'a> {
    /// The agent.
    pub client: Client,
    /// Where answers go.
    pub out: &'a mut Out,
    /// Who can be asked.
    pub ask: &'a mut dyn Ask,
}

/// Does what this process was called for, tells what went wrong once, at the end, and ends as `docs/cli.md` says.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // The help that was asked for ends well; there is nobody to tell when it cannot be printed.
            let _ = error.print();
            return if error.exit_code() == 0 { Exit::Done.into() } else { Exit::Usage.into() };
        }
    };
    let around = Surroundings::of_this_process();
    let mut out = Out::of_this_process(&cli.global, &around.env);
    let done = dispatch(cli, &around, &mut out, &mut Terminal);
    let Err(error) = done else { return Exit::Done.into() };
    out.err(&error.tell());
    error.exit().into()
}

/// Commands that need no agent are done at once; for the others a small runtime is enough.
fn dispatch(cli: Cli, around: &Surroundings, out: &mut Out, ask: &mut dyn Ask) -> Result<(), RunCommandError> {
    match cli.command {
        Command::Init(args) => run::init::run(&args, out),
        Command::Validate(args) => run::validate::run(&args, out),
        Command::Completions(args) => run::completions::run(&args, out),
        Command::Openapi => out.line(openapi_json().trim_end()),
        Command::Agent(args) => Ok(agent::run(&args.with(&cli.global).flags())?),
        _ => {
            let runtime = Builder::new_current_thread().enable_all().build().map_err(RunCommandError::Read)?;
            let done = runtime.block_on(ask_agent(cli, around, out, ask));
            // A blocking read of a file that is uploaded must not hold up the end.
            runtime.shutdown_background();
            done
        }
    }
}

/// The commands that ask the agent.
async fn ask_agent(cli: Cli, around: &Surroundings, out: &mut Out, ask: &mut dyn Ask) -> Result<(), RunCommandError> {
    let client = Client::new(target(&cli.global, around)?);
    let here = &mut Here { client, out, ask };
    match cli.command {
        Command::Deploy(args) => run::deploy::run(here, args).await,
        Command::Apps => run::apps::run(here).await,
        Command::Status(args) => run::status::run(here, &args).await,
        Command::Logs(args) => run::logs::run(here, &args).await,
        Command::Open(args) => run::open::run(here, &args).await,
        Command::Versions(args) => run::versions::run(here, &args).await,
        Command::Env(args) => run::env::run(here, args).await,
        Command::Secret(args) => run::secret::run(here, args).await,
        Command::Key(args) => run::key::run(here, args).await,
        Command::Destroy(args) => run::destroy::run(here, &args).await,
        Command::Failures(args) => run::failures::run(here, &args).await,
        Command::Events(args) => run::events::run(here, &args).await,
        Command::Conflicts(args) => run::conflicts::run(here, &args).await,
        Command::Nodes { command } => run::nodes::run(here, command).await,
        Command::Forget(args) => run::nodes::forget(here, &args).await,
        Command::Join(args) => run::join::run(here, &args).await,
        Command::ResetIdentity(args) => run::join::reset_identity(here, &args).await,
        Command::Invite(args) => run::invite::run(here, &args).await,
        Command::Doctor => run::doctor::run(here).await,
        Command::State(args) => run::state::run(here, &args).await,
        Command::Login(args) => run::login::run(here, &args).await,
        Command::Token(args) => run::token::run(here, args).await,
        other => run::lifecycle::run(here, other).await,
    }
}
