//! How is an app removed? After saying what goes and what stays, and only when it is meant.

use clap::Args;
use http::Method;
use serde_json::json;

use super::follow::accepted;
use crate::cli::Here;
use crate::cli::args::Follow;
use crate::cli::clean::clean;
use crate::cli::client::app_path;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::view::Destruction;

/// The flags of `kraken destroy`.
#[derive(Debug, Args)]
pub struct Destroy {
    /// The app's name
    pub app: String,
    /// Delete its data too, instead of keeping it seven days in the trash
    #[arg(long)]
    pub now: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// `kraken destroy APP`.
pub async fn run(here: &mut Here<'_>, args: &Destroy) -> Result<(), RunCommandError> {
    let path = app_path(&args.app);
    let destruction: Destruction = here.client.get(&format!("{path}/destruction")).await?.read()?;
    told(&destruction, args.now).iter().for_each(|line| here.out.note(line));
    if !args.yes {
        confirm(here, &args.app)?;
    }
    let volumes = if args.now { "delete" } else { "keep" };
    let answer = here.client.change(Method::DELETE, &path, &json!({ "confirm": args.app, "volumes": volumes })).await?;
    accepted(here, &answer, &Follow { detach: true, wait: None, log: false }).await
}

/// With `--now` the data stands among what goes.
fn told(destruction: &Destruction, now: bool) -> Vec<String> {
    let volumes: Vec<String> = destruction.volumes.iter().map(|volume| format!("The data in {}, at once", volume.name)).collect();
    let is_data = |line: &&String| now && line.contains("volume");
    let goes = destruction.goes.iter().chain(if now { volumes.as_slice() } else { &[] });
    let stays = destruction.stays.iter().filter(|line| !is_data(line));
    let list = |title: &str, lines: Vec<&String>| {
        let rows = lines.into_iter().map(|line| format!("  - {}", clean(line)));
        std::iter::once(title.to_owned()).chain(rows).collect::<Vec<_>>()
    };
    [list("What goes:", goes.collect()), list("What stays:", stays.collect())].concat()
}

fn confirm(here: &mut Here<'_>, app: &str) -> Result<(), RunCommandError> {
    if !here.ask.is_terminal() {
        let because = format!("{app} was not destroyed: nobody is there to confirm it");
        return Err(RunCommandError::said(Exit::Refused, because, "Say that you mean it with --yes."));
    }
    if here.ask.line(&format!("Type {app} to destroy it: "))? == app {
        return Ok(());
    }
    let because = format!("{app} was not destroyed: that is not its name");
    Err(RunCommandError::said(Exit::Refused, because, "Type the name exactly, or pass --yes."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_that_is_deleted_at_once_is_not_said_to_stay() {
        let destruction: Destruction = serde_json::from_str(
            r#"{"goes":["1 copy of it that runs now"],"stays":["1 volume with its data, for seven days in the trash","The repository"],
                "volumes":[{"name":"data"}]}"#,
        )
        .unwrap();
        assert_eq!(
            told(&destruction, true),
            [
                "What goes:",
                "  - 1 copy of it that runs now",
                "  - The data in data, at once",
                "What stays:",
                "  - The repository"
            ]
        );
        assert_eq!(told(&destruction, false).len(), 5);
        assert!(told(&destruction, false)[3].contains("seven days"));
    }
}
