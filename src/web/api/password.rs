//! Is that the password, and how is it changed?

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{self, Client};
use super::session::too_weak;
use super::wish::put;
use crate::model::record::Draft;
use crate::model::setting::{self, Password, SETTING_FORMAT};
use crate::web::guard::attempts::Verdict;
use crate::web::guard::identity::{Caller, Via};
use crate::web::guard::{password, session};
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Web, lock};

/// Its route.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(change_password))
}

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePasswordRequest {
    /// The one that is set.
    current: String,
    /// The new one, at least 8 characters.
    password: String,
}

/// Changes the password; every other session ends.
#[utoipa::path(put, path = "/password", tag = "Session", request_body = ChangePasswordRequest,
    responses((status = 204, description = "Changed."), Refusals))]
async fn change_password(
    State(web): State<Web>,
    caller: Caller,
    Client(client): Client,
    ask::Json(body): ask::Json<ChangePasswordRequest>,
) -> Result<StatusCode, Problem> {
    password::check(&body.password).map_err(|error| too_weak(&error))?;
    check_guess(&web, &client, body.current).await?;
    let own = match &caller.via {
        Via::Session(digest) => Some(digest.as_str()),
        _ => None,
    };
    let phc = hash_new(&web, body.password).await?;
    let mut drafts = session::end_all(&web.world(), own);
    drafts.push(new_password_draft(phc)?);
    put(&web, &caller.name, drafts).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a password was set.
pub fn has_password(web: &Web) -> bool {
    web.parts.world.borrow().settings.contains_key(setting::PASSWORD)
}

/// What writes the password.
pub fn new_password_draft(phc: String) -> Result<Draft, Problem> {
    let document = Password { v: SETTING_FORMAT, phc };
    setting::draft(setting::PASSWORD, &document).map_err(|_| Problem::internal("The password has no JSON form."))
}

/// Hashes a new password in its turn.
pub async fn hash_new(web: &Web, new: String) -> Result<String, Problem> {
    let _turn = web.password_turn.acquire().await.map_err(|_| Problem::internal("The agent is stopping."))?;
    let hashed = tokio::task::spawn_blocking(move || password::hash(&new)).await;
    hashed.map_err(|_| Problem::internal("The password could not be hashed."))?.map_err(|error| too_weak(&error))
}

/// Checks a guess in its turn. The pause is looked at inside the turn, so that guesses sent at once count one after the other.
pub async fn check_guess(web: &Web, client: &str, guess: String) -> Result<(), Problem> {
    let _queued = web.password_queue.try_acquire().map_err(|_| pause(std::time::Duration::from_secs(5)))?;
    let _turn = web.password_turn.acquire().await.map_err(|_| Problem::internal("The agent is stopping."))?;
    if let Some(left) = lock(&web.attempts).pause(client, Instant::now()) {
        return Err(pause(left));
    }
    let held: Option<Password> = setting::read(web.parts.world.borrow().settings.get(setting::PASSWORD));
    let Some(held) = held else {
        let refused = Problem::new(StatusCode::CONFLICT, "no-password", "No password was set yet.");
        return Err(refused.next("Run `kraken login` on the machine: it gives a link to set one."));
    };
    let right = tokio::task::spawn_blocking(move || password::verify(&guess, &held.phc)).await;
    if right.map_err(|_| Problem::internal("The password could not be checked."))? {
        lock(&web.attempts).right(client);
        return Ok(());
    }
    let verdict = lock(&web.attempts).wrong(client, Instant::now());
    Err(wrong(verdict))
}

fn wrong(verdict: Verdict) -> Problem {
    match verdict {
        Verdict::Pause(left) => pause(left),
        Verdict::Left(left) => {
            let tries = if left == 1 { "1 try left".to_owned() } else { format!("{left} tries left") };
            let detail = format!("That is not the password. {tries}, then a pause of 1 min.");
            Problem::new(StatusCode::UNAUTHORIZED, "wrong-password", detail)
        }
    }
}

fn pause(left: std::time::Duration) -> Problem {
    let seconds = left.as_secs().max(1);
    let words = if seconds <= 90 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) };
    let refused = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-guesses",
        format!("Too many wrong passwords. The next try is in {words}."),
    );
    refused.next("Forgotten? Run `kraken login --reset` as root on the machine.").retry_after(seconds)
}
