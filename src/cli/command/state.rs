//! How does all that was wished leave the platform, and come back? As a JSON document, checked before it is taken.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use http::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::cli::Here;
use crate::cli::clean::clean;
use crate::cli::client::Client;
use crate::cli::error::RunCommandError;
use crate::cli::prompt::value;

/// The largest document that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// The commands below `kraken state`.
#[derive(Debug, Subcommand)]
pub enum State {
    /// Print everything that was wished, as JSON; secrets stay sealed
    Export {
        /// Put the secrets under a passphrase, which is asked for, so that another platform can read them
        #[arg(long)]
        with_secrets: bool,
    },
    /// Take in what was exported
    Import {
        /// The document; - for the standard input
        file: PathBuf,
        /// Only check it
        #[arg(long)]
        check: bool,
        /// Ask for the passphrase that its secrets are under
        #[arg(long)]
        with_secrets: bool,
    },
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Imported {
    message: String,
}

/// `kraken state …`.
pub async fn run(here: &mut Here<'_>, command: &State) -> Result<(), RunCommandError> {
    match command {
        State::Export { with_secrets } => {
            let client = if *with_secrets { under(here, true)? } else { here.client.clone() };
            let answer = client.get("/state/export").await?;
            here.out.line(answer.text.trim_end())
        }
        State::Import { file, check, with_secrets } => {
            if *with_secrets && file == Path::new("-") && !here.ask.is_terminal() {
                return Err(RunCommandError::usage(
                    "document and passphrase cannot both be piped in",
                    "Name the document's file.",
                ));
            }
            let document = read(file)?;
            let client = if *with_secrets { under(here, false)? } else { here.client.clone() };
            let path = if *check { "/state/import?check=1" } else { "/state/import" };
            let answer = client.change(Method::POST, path, &document).await?;
            here.out.show(&answer, |imported: Imported, _| vec![clean(&imported.message)])
        }
    }
}

/// Asks with a passphrase. A new one is typed twice: one that was mistyped opens nothing later.
fn under(here: &mut Here<'_>, is_new: bool) -> Result<Client, RunCommandError> {
    let passphrase = value(here.ask, "Passphrase of the secrets: ")?;
    if is_new && here.ask.is_terminal() && here.ask.secret("Once more: ")? != passphrase {
        return Err(RunCommandError::usage("the two passphrases differ", "Type the same one twice."));
    }
    // It travels in a header, which holds nothing else (RFC 9110, section 5.5).
    if !passphrase.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(RunCommandError::usage(
            "the passphrase has characters that are not ASCII",
            "Use letters without accents, digits, spaces and signs.",
        ));
    }
    Ok(here.client.under(passphrase))
}

fn read(file: &Path) -> Result<Value, RunCommandError> {
    let failed = |source| RunCommandError::File { verb: "read", path: file.to_owned(), source };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(LARGEST).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(LARGEST).read_to_string(&mut text))
    };
    read.map_err(failed)?;
    serde_json::from_str(&text).map_err(|error| {
        let because = format!("{} is not a JSON document: {error}", file.display());
        RunCommandError::usage(because, "Take one that kraken state export wrote.")
    })
}
