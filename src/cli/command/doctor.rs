//! Is everything there that Kraken needs? Each check with what to do where it is not.

use super::tone;
use crate::cli::Here;
use crate::cli::clean::clean;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::out::Look;
use crate::cli::view::Check;

/// `kraken doctor`; ends with 7 where a check failed.
pub async fn run(here: &mut Here<'_>) -> Result<(), RunCommandError> {
    let answer = here.client.get("/doctor").await?;
    let checks: Vec<Check> = answer.read()?;
    here.out.show(&answer, |checks: Vec<Check>, look| checks.iter().flat_map(|check| told(check, look)).collect())?;
    let failed = checks.iter().filter(|check| check.state == "failed").count();
    if failed == 0 {
        return Ok(());
    }
    let because = format!("{failed} of {} checks failed", checks.len());
    Err(RunCommandError::Said { exit: Exit::Waiting, because, next: None })
}

fn told(check: &Check, look: &Look) -> Vec<String> {
    let word = look.paint(tone(&check.state), &format!("{:<8}", check.state));
    let mut lines = vec![format!("{word} {}: {}", clean(&check.name), clean(&check.says))];
    lines.extend(check.next.iter().map(|next| format!("         next: {}", clean(next))));
    lines
}
