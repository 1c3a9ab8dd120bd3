//! How does this machine join a platform? It meets another one, both show the same six digits, and somebody says yes to them.

use std::time::Duration;

use clap::Args;
use http::Method;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::cli::Here;
use crate::cli::clean::clean;
use crate::cli::client::AskAgentError;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::view::{Handshake, Joining, Platform};

/// Between two looks at how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// For the agent to start in its new platform.
const START: Duration = Duration::from_secs(60);

/// The flags of `kraken join`.
#[derive(Debug, Args)]
pub struct Join {
    /// An invite (kraken invite): then nobody is asked on the other machine
    pub token: Option<String>,
    /// Where a machine of the platform is, such as 192.168.1.20; without it, one that was found on the network
    #[arg(long, value_name = "ADDRESS")]
    pub at: Option<String>,
    /// Do not ask here: both codes were compared already
    #[arg(long)]
    pub yes: bool,
}

/// The flags of `kraken reset-identity`.
#[derive(Debug, Args)]
pub struct ResetIdentity {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// `kraken join`.
pub async fn run(here: &mut Here<'_>, args: &Join) -> Result<(), RunCommandError> {
    let answer = here.client.change(Method::POST, "/joining", &json!({ "token": args.token, "at": args.at })).await?;
    let mut handshake: Handshake = answer.read()?;
    if handshake.code.is_some() {
        compare(here, &handshake, args.yes).await?;
    }
    let name = handshake.name.clone().map_or_else(|| handshake.address.clone(), |name| clean(&name));
    let mut told = false;
    loop {
        match handshake.state.as_str() {
            "joined" if handshake.part == "host" => {
                here.out.note(&format!("{name} joined this machine's platform."));
                return Ok(());
            }
            "joined" => break,
            "ended" => return Err(RunCommandError::said(Exit::Refused, handshake.reason, next_of(handshake.next))),
            _ if handshake.yes_here && !handshake.yes_there && !told => {
                told = true;
                here.out
                    .note(&format!("Waiting for a yes on {name}: in its dashboard under Nodes, or with kraken nodes approve."));
            }
            _ => {}
        }
        sleep(LOOK_EVERY).await;
        match here.client.get("/joining").await {
            Ok(answer) => {
                let now: Joining = answer.read()?;
                // Gone: the agent has started anew meanwhile.
                let Some(found) = now.handshakes.into_iter().find(|now| now.id == handshake.id) else { break };
                handshake = found;
            }
            Err(error) if is_starting(&error) => break,
            Err(error) => return Err(error.into()),
        }
    }
    started(here, &name).await
}

/// Asks whether both machines show the same, and says yes for this one.
async fn compare(here: &mut Here<'_>, handshake: &Handshake, is_sure: bool) -> Result<(), RunCommandError> {
    let code = handshake.code.as_deref().unwrap_or_default();
    let name = handshake.name.as_deref().unwrap_or("the other machine");
    let platform = handshake.platform.as_deref().unwrap_or("its platform");
    let question = match handshake.part.as_str() {
        "host" => format!("Let {} join {}? Both show {code}", clean(name), clean(platform)),
        _ => format!("Join {} at {}? Both show {code}", clean(platform), clean(name)),
    };
    let path = |verb: &str| format!("/joining/{}/{verb}", handshake.id);
    if is_sure {
        here.out.note(&question);
    } else if !here.ask.is_terminal() {
        let next = format!("If the other machine shows {code} as well, say so: kraken nodes approve {}.", handshake.id);
        return Err(RunCommandError::said(Exit::Refused, format!("nobody is there to compare the codes: {question}"), next));
    } else if !matches!(here.ask.line(&format!("{question} (yes/no) "))?.to_ascii_lowercase().as_str(), "y" | "yes") {
        here.client.change(Method::POST, &path("refuse"), &json!({})).await?;
        return Err(RunCommandError::said(Exit::Refused, "it was refused here", "Nothing changed on either machine."));
    }
    here.client.change(Method::POST, &path("approve"), &json!({})).await?;
    Ok(())
}

/// Waits until the agent runs in its new platform.
async fn started(here: &mut Here<'_>, with: &str) -> Result<(), RunCommandError> {
    here.out.note(&format!("{with} said yes. The agent starts in its new platform."));
    let until = Instant::now() + START;
    loop {
        let asked = async { here.client.get("/platform").await?.read::<Platform>() };
        match asked.await {
            Ok(platform) if platform.nodes > 1 => {
                here.out.note(&format!(
                    "This machine belongs to {} now, with {} machines.",
                    clean(&platform.name),
                    platform.nodes
                ));
                return Ok(());
            }
            Err(error) if !is_starting(&error) => return Err(error.into()),
            _ if Instant::now() >= until => {
                let next = "See its log: journalctl -u kraken. What was decided is carried out at its next start.";
                return Err(RunCommandError::said(Exit::Waiting, "the agent did not come back within a minute", next));
            }
            _ => sleep(LOOK_EVERY).await,
        }
    }
}

/// Whether this is how an agent that starts anew looks from outside.
const fn is_starting(error: &AskAgentError) -> bool {
    matches!(error, AskAgentError::NotRunning { .. } | AskAgentError::BrokeOff(_) | AskAgentError::Socket { .. })
}

fn next_of(next: Option<String>) -> String {
    next.unwrap_or_else(|| "Try again; the code is a new one.".to_owned())
}

/// `kraken reset-identity`.
pub async fn reset_identity(here: &mut Here<'_>, args: &ResetIdentity) -> Result<(), RunCommandError> {
    here.out.note("This machine becomes another one: it leaves its platform, and its apps and values go with its old identity.");
    here.out.note("What it knows is kept as a file in the data directory, below states/.");
    if !args.yes {
        if !here.ask.is_terminal() {
            let because = "nothing was done: nobody is there to confirm it";
            return Err(RunCommandError::said(Exit::Refused, because, "Say that you mean it with --yes."));
        }
        if here.ask.line("Type reset to go on: ")? != "reset" {
            return Err(RunCommandError::said(Exit::Refused, "nothing was done", "Type reset exactly, or pass --yes."));
        }
    }
    here.client.change(Method::POST, "/identity/reset", &json!({})).await?;
    here.out.note("It starts anew. Let it join like a new machine: kraken join.");
    Ok(())
}
