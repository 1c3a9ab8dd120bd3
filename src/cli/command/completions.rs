//! What does a shell offer after `kraken <Tab>`?

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::cli::args::Cli;
use crate::cli::error::RunCommandError;
use crate::cli::out::Out;

/// The flags of `kraken completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell
    pub shell: Shell,
}

/// `kraken completions SHELL`.
pub fn run(args: &Completions, out: &mut Out) -> Result<(), RunCommandError> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "kraken", &mut script);
    out.raw(&script)
}
