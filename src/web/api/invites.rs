//! How is a machine let in that nobody stands beside? With a token that works once, for an hour.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::At;
use super::wish::put;
use crate::model::setting::{self, INVITE, INVITE_LIFETIME, Invite, SETTING_FORMAT};
use crate::web::guard::identity::Caller;
use crate::web::guard::token::id_of;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::Web;
use crate::web::view::{self, Moment, NewInvite};

/// Invites at once.
const MOST: usize = 32;

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list_invites, make_invite)).routes(routes!(delete_invite))
}

fn all(web: &Web) -> Vec<(String, Invite)> {
    let settings = web.parts.world.borrow().settings.clone();
    let named = settings.range(INVITE.to_owned()..).take_while(|(name, _)| name.starts_with(INVITE));
    named.filter_map(|(name, value)| Some((name[INVITE.len()..].to_owned(), setting::read(Some(value))?))).collect()
}

/// Every invite that can still be used, without its token.
#[utoipa::path(get, path = "/invites", tag = "Machines", responses((status = 200, description = "Oldest first.", body = Vec<view::Invite>), Refusals))]
async fn list_invites(State(web): State<Web>) -> Json<Vec<view::Invite>> {
    let now = web.now();
    let usable = all(&web).into_iter().filter(|(_, invite)| invite.expires_at > now);
    let mut invites: Vec<_> = usable
        .map(|(digest, invite)| view::Invite {
            id: id_of(&digest).to_owned(),
            by: invite.by,
            created_at: Moment(invite.created_at),
            expires_at: Moment(invite.expires_at),
        })
        .collect();
    invites.sort_by_key(|invite| invite.created_at);
    Json(invites)
}

/// Makes an invite; its token is shown this once. Invites that are too old go with it.
#[utoipa::path(post, path = "/invites", tag = "Machines", responses((status = 200, description = "The invite.", body = NewInvite), Refusals))]
async fn make_invite(State(web): State<Web>, caller: Caller) -> Result<Json<NewInvite>, Problem> {
    let now = web.now();
    let (old, usable): (Vec<_>, Vec<_>) = all(&web).into_iter().partition(|(_, invite)| invite.expires_at <= now);
    if usable.len() >= MOST {
        let refused =
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too-many-invites", format!("There are {MOST} invites already."));
        return Err(refused.next("Withdraw those that nobody uses: kraken invite --list."));
    }
    let (token, digest) = web.parts.ports.joins.new_invite()?;
    let invite = Invite { v: SETTING_FORMAT, by: caller.name.clone(), created_at: now, expires_at: now.after(INVITE_LIFETIME) };
    let draft =
        setting::draft(&format!("{INVITE}{digest}"), &invite).map_err(|_| Problem::internal("The invite has no JSON form."))?;
    let gone = old.into_iter().map(|(digest, _)| setting::removal(&format!("{INVITE}{digest}")));
    put(&web, &caller.name, std::iter::once(draft).chain(gone).collect()).await?;
    Ok(Json(NewInvite { id: id_of(&digest).to_owned(), token: token.0, expires_at: Moment(invite.expires_at) }))
}

/// Withdraws an invite.
#[utoipa::path(delete, path = "/invites/{id}", tag = "Machines", params(("id" = String, Path, description = "Which invite.")),
    responses((status = 204, description = "Withdrawn."), Refusals))]
async fn delete_invite(State(web): State<Web>, caller: Caller, At(id): At<String>) -> Result<StatusCode, Problem> {
    let found = all(&web).into_iter().find(|(digest, _)| id_of(digest) == id);
    let (digest, _) = found.ok_or_else(|| Problem::not_found("invite", &id))?;
    put(&web, &caller.name, vec![setting::removal(&format!("{INVITE}{digest}"))]).await?;
    Ok(StatusCode::NO_CONTENT)
}
