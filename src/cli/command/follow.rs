//! How does a deployment go? Followed to its end, a line for each phase, with what it took and why.

use std::time::Duration;

use http::Method;
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::progress::Progress;
use crate::cli::Here;
use crate::cli::args::Follow;
use crate::cli::clean::clean;
use crate::cli::client::{Answer, Client, Feed, News, app_path, query, segment};
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::view::{Accepted, App, BuildLines, Deployment};
use crate::cli::words::sentence;
use crate::edge::clock;

/// How often the line of the phase under way is drawn anew.
const REDRAW: Duration = Duration::from_millis(200);
/// As long as nobody says `--wait`.
const A_DAY: Duration = Duration::from_secs(86_400);

/// Wishes for something, and follows the deployment it leads to, if any.
pub async fn wish(
    here: &mut Here<'_>,
    method: Method,
    path: &str,
    body: &impl Serialize,
    follow: &Follow,
) -> Result<(), RunCommandError> {
    let answer = here.client.change(method, path, body).await?;
    accepted(here, &answer, follow).await
}

/// Goes on from a wish that was recorded.
pub async fn accepted(here: &mut Here<'_>, answer: &Answer, follow: &Follow) -> Result<(), RunCommandError> {
    let accepted: Accepted = answer.read()?;
    match accepted.deployment.filter(|_| !follow.detach) {
        Some(id) => {
            here.out.note(&clean(&accepted.message));
            watch(here, &id, follow).await
        }
        None if here.out.json => here.out.line(answer.text.trim_end()),
        None => {
            here.out.note(&clean(&accepted.message));
            Ok(())
        }
    }
}

/// Stays with a deployment until it ends, the time is up, or Ctrl-C.
async fn watch(here: &mut Here<'_>, id: &str, follow: &Follow) -> Result<(), RunCommandError> {
    let wait = follow.wait;
    let is_drawn = here.out.err_look.is_terminal && !here.out.quiet && !here.out.json;
    let build = (is_drawn || follow.log).then(|| ("build", id.to_owned()));
    let wanted: Vec<_> = [("deployment", id.to_owned())].into_iter().chain(build).collect();
    let mut feed = Feed::open(here.client.clone(), format!("/events{}", query(&wanted)));
    let mut progress = Progress::new(here.out.err_look);
    let mut redraw = interval(REDRAW);
    redraw.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let time_is_up = sleep(wait.unwrap_or(A_DAY));
    tokio::pin!(time_is_up);
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let news = tokio::select! {
            biased;
            _ = &mut interrupted => return Err(goes_on(here, &mut progress, id)),
            () = &mut time_is_up => return Err(late(here, &mut progress, id, wait.unwrap_or(A_DAY))),
            news = feed.next() => news?,
            _ = redraw.tick(), if is_drawn => {
                let line = progress.redrawn(clock::now());
                here.out.err(&line);
                continue;
            }
        };
        if let News::Event(event) = &news
            && event.name == "build"
        {
            built(here, &mut progress, &event.data, follow.log);
            continue;
        }
        let Some((answer, deployment)) = heard(&here.client, news, id).await? else { continue };
        let lines = progress.digest(&deployment, clock::now());
        if !lines.is_empty() {
            let cleared = progress.cleared();
            here.out.note(&format!("{cleared}{}", lines.join("\n")));
        }
        if matches!(deployment.state.as_str(), "done" | "failed" | "aborted") {
            let cleared = progress.cleared();
            here.out.err(&cleared);
            return ended(here, &answer, &deployment).await;
        }
    }
}

/// What the build wrote: every line, or only the newest beside its phase.
fn built(here: &mut Here<'_>, progress: &mut Progress, data: &str, shows_all: bool) {
    // Lines that make no sense are no reason to leave the deployment.
    let said: BuildLines = serde_json::from_str(data).unwrap_or_default();
    if shows_all && !said.lines.is_empty() {
        let lines: Vec<String> = said.lines.iter().map(|line| format!("  | {}", clean(&line.text))).collect();
        let cleared = progress.cleared();
        here.out.note(&format!("{cleared}{}", lines.join("\n")));
    } else if let Some(last) = said.lines.iter().map(|line| clean(&line.text)).rfind(|text| !text.trim().is_empty()) {
        progress.says(last);
    }
}

/// The deployment as it stands after this news.
async fn heard(client: &Client, news: News, id: &str) -> Result<Option<(Answer, Deployment)>, RunCommandError> {
    let answer = match news {
        News::Opened => client.get(&format!("/deployments/{}", segment(id))).await?,
        News::Event(event) if event.name == "deployment" => Answer { text: event.data },
        News::Event(_) => return Ok(None),
    };
    let deployment: Deployment = answer.read()?;
    Ok((deployment.id == id).then_some((answer, deployment)))
}

/// Ctrl-C ends this command and nothing else.
fn goes_on(here: &mut Here<'_>, progress: &mut Progress, id: &str) -> RunCommandError {
    let cleared = progress.cleared();
    here.out.err(&cleared);
    here.out.note(&format!("The deployment goes on. Give it up with: kraken abort {id}"));
    RunCommandError::Interrupted
}

fn late(here: &mut Here<'_>, progress: &mut Progress, id: &str, after: Duration) -> RunCommandError {
    let cleared = progress.cleared();
    here.out.err(&cleared);
    let why = progress.waits_for().map(|why| format!(" It waits: {}", sentence(&why))).unwrap_or_default();
    let because = format!("the deployment has not ended within {}.{why}", crate::model::span::render(after));
    RunCommandError::said(Exit::Waiting, because, format!("It goes on by itself. Give it up with: kraken abort {id}"))
}

async fn ended(here: &mut Here<'_>, answer: &Answer, deployment: &Deployment) -> Result<(), RunCommandError> {
    if here.out.json {
        here.out.line(answer.text.trim_end())?;
    }
    let app = here.client.get(&app_path(&deployment.app)).await.ok().and_then(|answer| answer.read::<App>().ok());
    match deployment.state.as_str() {
        "done" => serves(here, deployment, app.as_ref()),
        "aborted" => {
            let why = deployment.aborted_because.as_deref().unwrap_or("it was given up");
            let next = format!("Deploy again with: kraken retry {}", deployment.app);
            Err(RunCommandError::said(Exit::AppAtFault, format!("the deployment was aborted: {}", clean(why)), next))
        }
        _ => Err(failed(here, deployment, app.as_ref())),
    }
}

fn serves(here: &mut Here<'_>, deployment: &Deployment, app: Option<&App>) -> Result<(), RunCommandError> {
    if here.out.json {
        return Ok(());
    }
    let version = deployment.version_number.map(|number| format!(" version {number}")).unwrap_or_default();
    here.out.note(&format!("{}{version} runs.", deployment.app));
    let address = app.and_then(|app| app.address.clone().or_else(|| app.addresses.lan.first().cloned()));
    address.map_or(Ok(()), |address| here.out.line(&clean(&address)))
}

fn failed(here: &mut Here<'_>, deployment: &Deployment, app: Option<&App>) -> RunCommandError {
    let failure = deployment.failure.clone().unwrap_or_default();
    if !here.out.json && !failure.log_tail.is_empty() {
        here.out.err("Its last lines:\n");
        let from = failure.log_tail.len().saturating_sub(20);
        failure.log_tail.iter().skip(from).for_each(|line| here.out.err(&format!("  | {}\n", clean(line))));
    }
    let serving = app.and_then(|app| app.replicas.iter().find(|replica| replica.phase == "serving")?.version_number);
    let safe = serving.map(|number| format!(" Version {number} still serves.")).unwrap_or_default();
    let because = format!("{} could not be deployed: {}{safe}", deployment.app, sentence(&clean(&failure.reason)));
    RunCommandError::Said { exit: Exit::AppAtFault, because, next: failure.next.map(|next| clean(&next)) }
}
