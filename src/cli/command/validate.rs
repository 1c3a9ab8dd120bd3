//! Is this shipwreck.toml right? Every fault with its line and a caret; no agent is asked.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::source::facts;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::finding::with_caret;
use crate::cli::out::Out;
use crate::cli::words::count;
use crate::decide::detect;
use crate::decide::manifest::{Context, MAX_BYTES, Parsed, parse_bytes};

/// The flags of `kraken validate`.
#[derive(Debug, Args)]
pub struct Validate {
    /// The app's folder, or a shipwreck.toml
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    pub path: PathBuf,
}

/// `kraken validate [DIR|FILE]`; ends with 1 where the file has errors.
pub fn run(args: &Validate, out: &mut Out) -> Result<(), RunCommandError> {
    let file = if args.path.is_dir() { args.path.join("shipwreck.toml") } else { args.path.clone() };
    let bytes = match read(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && args.path.is_dir() => return without_file(&args.path, out),
        read => read.map_err(|source| RunCommandError::File { verb: "read", path: file.clone(), source })?,
    };
    let parsed = parse_bytes(&bytes, &Context::default());
    let errors = parsed.errors().count();
    tell(&file, &bytes, &parsed, out)?;
    if errors == 0 {
        out.note(&format!("{} is right.", file.display()));
        return Ok(());
    }
    let because = format!("{} has {}", file.display(), count(errors, "error", "errors"));
    Err(RunCommandError::Said { exit: Exit::AppAtFault, because, next: None })
}

/// One byte more than is taken, so that a file that is too long is seen to be.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn tell(file: &Path, bytes: &[u8], parsed: &Parsed, out: &mut Out) -> Result<(), RunCommandError> {
    if out.json {
        return out.line(&json!({ "ok": parsed.manifest.is_some(), "findings": parsed.findings }).to_string());
    }
    let text = String::from_utf8_lossy(bytes);
    let name = file.display().to_string();
    parsed.findings.iter().try_for_each(|finding| out.line(with_caret(&name, &text, finding).trim_end()))
}

/// Without a file, what Kraken would use instead.
fn without_file(dir: &Path, out: &mut Out) -> Result<(), RunCommandError> {
    match detect::detect(&facts(dir)) {
        Ok(offer) => {
            out.note(&format!("There is no shipwreck.toml; this would be used ({}). kraken init writes it.", offer.why));
            out.line(offer.text.trim_end())
        }
        Err(refusal) => Err(RunCommandError::said(Exit::AppAtFault, refusal.because, refusal.next)),
    }
}
