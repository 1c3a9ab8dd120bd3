//! What should this folder's shipwreck.toml say? Recognised from its files and written, if none is there.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::source::facts;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::out::Out;
use crate::decide::detect;

/// The flags of `kraken init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The app's folder
    #[arg(default_value = ".")]
    pub dir: PathBuf,
}

/// `kraken init [DIR]`.
pub fn run(args: &Init, out: &mut Out) -> Result<(), RunCommandError> {
    if !args.dir.is_dir() {
        return Err(RunCommandError::usage(format!("there is no folder \"{}\"", args.dir.display()), "Name the app's folder."));
    }
    let first = detect::init(&facts(&args.dir));
    let file = args.dir.join("shipwreck.toml");
    write_new(&file, &first.text)?;
    if out.json {
        return out.line(&json!({ "file": file, "why": first.why, "text": first.text }).to_string());
    }
    out.line(&file.display().to_string())?;
    out.note(&format!("Recognised: {}.", first.why));
    out.note(&format!("Look through it, then deploy: kraken deploy {}", args.dir.display()));
    Ok(())
}

/// What somebody wrote is never overwritten.
fn write_new(file: &Path, text: &str) -> Result<(), RunCommandError> {
    let opened = OpenOptions::new().write(true).create_new(true).open(file);
    match opened.and_then(|mut opened| opened.write_all(text.as_bytes())) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let because = format!("{} is there already", file.display());
            Err(RunCommandError::said(Exit::Refused, because, "Check it with: kraken validate"))
        }
        Err(source) => Err(RunCommandError::File { verb: "write", path: file.to_owned(), source }),
    }
}
