//! Where does an app answer? Its address, opened in the browser.

use std::process::Stdio;

use clap::Args;
use tokio::process::Command;

use crate::cli::Here;
use crate::cli::clean::clean;
use crate::cli::client::app_path;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::view::App;

/// The flags of `kraken open`.
#[derive(Debug, Args)]
pub struct Open {
    /// The app's name
    pub app: String,
    /// Print the address instead
    #[arg(long)]
    pub print: bool,
}

/// `kraken open APP`.
pub async fn run(here: &mut Here<'_>, args: &Open) -> Result<(), RunCommandError> {
    let answer = here.client.get(&app_path(&args.app)).await?;
    if here.out.json {
        return here.out.line(answer.text.trim_end());
    }
    let app: App = answer.read()?;
    let address = app.address.clone().or_else(|| app.addresses.lan.first().cloned());
    let Some(address) = address.map(|address| clean(&address)).filter(|address| address.starts_with("http")) else {
        let because = format!("{} has no address yet: {}", app.id, clean(&app.state.reason));
        return Err(RunCommandError::said(Exit::Refused, because, format!("See how it stands with: kraken status {}", app.id)));
    };
    here.out.line(&address)?;
    if !args.print && !opened(&address).await {
        here.out.note("No browser could be opened here; open the address yourself.");
    }
    Ok(())
}

/// By the desktop's own way (xdg-open(1)); whether it knew one.
async fn opened(address: &str) -> bool {
    let quiet = || Stdio::null();
    let started = Command::new("xdg-open").arg(address).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
    let Ok(mut child) = started else { return false };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(5), child.wait()).await;
    // One that is still at work after so long has opened something.
    waited.is_err() || waited.is_ok_and(|ended| ended.is_ok_and(|status| status.success()))
}
