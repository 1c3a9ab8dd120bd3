//! Which programs may come in?

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask::{self, At};
use super::wish::put;
use crate::model::setting::{self, ApiToken, SETTING_FORMAT, Scope};
use crate::web::guard::identity::Caller;
use crate::web::guard::token;
use crate::web::problem::{Problem, Refusals};
use crate::web::state::{Web, lock};
use crate::web::view::{Moment, NewToken, Token};

/// Tokens at once.
const MOST: usize = 100;
/// Longest name, in characters.
const LONGEST_NAME: usize = 64;

/// Its routes.
pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list_tokens, make_token)).routes(routes!(delete_token))
}

/// Every token, without the tokens.
#[utoipa::path(get, path = "/tokens", tag = "Session", responses((status = 200, description = "Oldest first.", body = Vec<Token>), Refusals))]
async fn list_tokens(State(web): State<Web>) -> Json<Vec<Token>> {
    let used = lock(&web.tokens_used).clone();
    let mut tokens: Vec<Token> = all(&web)
        .map(|(digest, held)| Token {
            id: token::id_of(&digest).to_owned(),
            name: held.name,
            scopes: held.scopes,
            created_at: Moment(held.created_at),
            last_used_at: used.get(&digest).copied().map(Moment),
        })
        .collect();
    tokens.sort_by(|a, b| a.created_at.cmp(&b.created_at).then_with(|| a.id.cmp(&b.id)));
    Json(tokens)
}

fn all(web: &Web) -> impl Iterator<Item = (String, ApiToken)> + use<> {
    let settings = web.parts.world.borrow().settings.clone();
    let named: Vec<_> = settings
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(setting::TOKEN)?.to_owned(), setting::read(Some(value))?)))
        .collect();
    named.into_iter()
}

/// A token to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MakeTokenRequest {
    /// What people call it, 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// What it may do.
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
}

/// Makes a token; it is shown this once.
#[utoipa::path(post, path = "/tokens", tag = "Session", request_body = MakeTokenRequest,
    responses((status = 200, description = "The token.", body = NewToken), Refusals))]
async fn make_token(
    State(web): State<Web>,
    caller: Caller,
    ask::Json(body): ask::Json<MakeTokenRequest>,
) -> Result<Json<NewToken>, Problem> {
    let refused = |detail: &str| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-token", detail);
    let name = body.name.trim().to_owned();
    let mut scopes = body.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) || scopes.is_empty() {
        return Err(refused("A token needs a name of 1 to 64 characters and at least one scope."));
    }
    if all(&web).count() >= MOST {
        return Err(refused("There are 100 tokens already.").next("Delete those that nobody uses."));
    }
    let token = token::fresh().map_err(|error| Problem::internal(format!("{error}.")))?;
    let token = format!("{}{token}", token::PREFIX);
    let digest = token::digest(&token);
    let held = ApiToken { v: SETTING_FORMAT, name: name.clone(), scopes: scopes.clone(), created_at: web.now() };
    let draft = setting::draft(&format!("{}{digest}", setting::TOKEN), &held)
        .map_err(|_| Problem::internal("The token has no JSON form."))?;
    put(&web, &caller.name, vec![draft]).await?;
    Ok(Json(NewToken { id: token::id_of(&digest).to_owned(), name, scopes, token }))
}

/// Deletes a token: it opens nothing any more.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "Session", params(("id" = String, Path, description = "Which token.")),
    responses((status = 204, description = "Deleted."), Refusals))]
async fn delete_token(State(web): State<Web>, caller: Caller, At(id): At<String>) -> Result<StatusCode, Problem> {
    let found = all(&web).find(|(digest, _)| token::id_of(digest) == id);
    let (digest, _) = found.ok_or_else(|| Problem::not_found("token", &id))?;
    put(&web, &caller.name, vec![setting::removal(&format!("{}{digest}", setting::TOKEN))]).await?;
    lock(&web.tokens_used).remove(&digest);
    Ok(StatusCode::NO_CONTENT)
}
